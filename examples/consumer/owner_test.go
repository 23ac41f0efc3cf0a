package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// shop is socialwatch with one case, as far as GET and claim of it go.
type shop struct {
	owner  string
	events []string // who claimed it, oldest first
	claims int
	lost   bool // the answer to the next claim
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		s.claimed("relay")
		if s.claims++; s.lost {
			s.lost = false
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
	m := map[string]any{"number": "K-1", "state": "open", "intent": "billing", "escalated": true, "version": 1}
	if s.owner != "" {
		m["external"] = map[string]any{"system": s.owner, "reference": "1"}
	}
	var events []any
	for _, system := range s.events {
		events = append(events, map[string]any{"kind": "case.claimed", "data": map[string]any{"system": system}})
	}
	m["events"] = events
	_ = json.NewEncoder(w).Encode(m)
}

func (s *shop) claimed(system string) { s.owner, s.events = system, append(s.events, system) }

// TestACaseThatWasTakenBackIsNotClaimedAgain: a case is read as it stands now, which
// may be later than the event that the relay is at.
func TestACaseThatWasTakenBackIsNotClaimedAgain(t *testing.T) {
	const last = "say to K-1: The case was given back: "
	type step struct {
		kind   string
		before func(*shop) // what happens before it is handled
	}
	released := func(s *shop) { s.owner = "" }
	for name, tc := range map[string]struct {
		steps  []step
		claims int
		owner  string
		says   string // once, as the last word; else nothing of that kind
	}{
		"released while the relay was down": {[]step{{"case.opened", nil}, {"mention.attached", released}, {"case.released", nil}, {"mention.attached", nil}},
			1, "", last + "people of socialwatch lead it from now on."},
		"released at its event": {[]step{{"case.opened", nil}, {"case.released", released}, {"mention.attached", nil}},
			1, "", last + "people of socialwatch lead it from now on."},
		"another system has it": {[]step{{"case.opened", nil}, {"mention.attached", func(s *shop) { s.claimed("crm") }}, {"mention.attached", nil}},
			1, "crm", last + "crm leads it from now on."},
		"the claim's answer was lost, then released": {[]step{{"case.opened", func(s *shop) { s.lost = true }}, {"case.opened", released}, {"case.released", nil}},
			1, "", last + "people of socialwatch lead it from now on."},
		"the claim's answer was lost": {[]step{{"case.opened", func(s *shop) { s.lost = true }}, {"case.opened", nil}, {"case.claimed", nil}}, 1, "relay", ""},
		"the claim had no effect":     {[]step{{"case.opened", func(s *shop) { s.lost = true }}, {"case.opened", func(s *shop) { *s = shop{claims: 1} }}}, 2, "relay", ""},
		"the relay's file was lost":   {[]step{{"case.opened", func(s *shop) { s.events = []string{"relay"} }}}, 0, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, said := &shop{}, &strings.Builder{}
			server := httptest.NewServer(s)
			defer server.Close()
			r := &relay{book: newBook(t), cases: socialwatch{caller{server.URL, "Authorization", "Bearer"}}, desk: paper{said}, name: "relay"}
			for i, step := range tc.steps {
				if step.before != nil {
					step.before(s)
				}
				lost := s.lost
				err := r.handle(t.Context(), news{id: fmt.Sprint(i), event: event{Seq: int64(5 + i), Kind: step.kind, Number: "K-1"}})
				if (err != nil) != lost {
					t.Fatalf("%s: %v", step.kind, err)
				}
			}
			if s.claims != tc.claims || s.owner != tc.owner {
				t.Errorf("%d claims, want %d; the owner is %q, want %q", s.claims, tc.claims, s.owner, tc.owner)
			}
			text := strings.TrimSpace(said.String())
			if tc.says == "" && strings.Contains(text, last) || tc.says != "" && (strings.Count(text, last) != 1 || !strings.HasSuffix(text, tc.says)) {
				t.Errorf("it says %q, want at last %q", text, tc.says)
			}
		})
	}
}

// TestACaseThatIsOursAgainIsLookedAfter: socialwatch was restored from a backup that
// is older than the release, or than the claim.
func TestACaseThatIsOursAgainIsLookedAfter(t *testing.T) {
	for _, owner := range []string{"relay", ""} {
		s := &shop{owner: owner}
		server := httptest.NewServer(s)
		defer server.Close()
		said := &strings.Builder{}
		r := &relay{book: newBook(t), cases: socialwatch{caller{server.URL, "Authorization", "Bearer"}}, desk: paper{said}, name: "relay"}
		must(t, r.book.keep(t.Context(), ticket{number: "K-1", id: "K-1", seq: 9, released: owner != ""}))
		must(t, r.book.restored(t.Context()))
		must(t, r.handle(t.Context(), news{id: "1", event: event{Seq: 4, Kind: "mention.attached", Number: "K-1"}}))
		if s.owner != "relay" || !strings.Contains(said.String(), "written again") {
			t.Errorf("of %q: the owner is %q, the ticket is told %q", owner, s.owner, said)
		}
	}
}
