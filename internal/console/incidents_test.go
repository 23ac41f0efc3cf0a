package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// outage is an incident with n cases, each with a draft, the first 20 minutes ago.
func (s *shop) outage(t testing.TB, n int) (id int64, cases []socialwatch.Case) {
	t.Helper()
	var ids []int64
	for i := range n {
		cs := s.arrive(t, customer{handle: fmt.Sprintf("customer%d", i+1), text: fmt.Sprintf("@shop_help Quick Post <b>closed</b>? where is my order, number %d", i+1),
			ago: 20*time.Minute - time.Duration(i)*time.Minute})
		cases, ids = append(cases, cs), append(ids, cs.ID)
	}
	id, err := s.OpenIncident(t.Context(), socialwatch.Incident{Accounts: []string{account}, Intent: socialwatch.StuckOrder, Term: "quick post",
		Kind: socialwatch.TermName, Severity: socialwatch.Minor, BeganAt: s.now().Add(-20 * time.Minute), OpenedAt: s.now(),
		Evidence: socialwatch.SpikeEvidence{Written: "Quick Post", Cases: n, Of: n + 6, Days: []int{1, 0, 1, 0, 0, 0, 0}, Mean: .3, Sigma: .5, Before: .02}}, ids)
	must(t, err)
	return id, cases
}

func TestApprovalsLeadToTheIncident(t *testing.T) {
	s := newShop(t)
	id, _ := s.outage(t, 12)
	ana := s.enter(t, "ana")
	page := ana.get("/")
	page.has(t, "12 cases in 11 min: Quick Post, Stuck order", fmt.Sprintf(`href="/incidents/%d"`, id), `<span class="chip warn">spike</span>`)
	ana.get("/cases").has(t, `<span class="chip warn">spike</span>`)
	page = ana.get(fmt.Sprintf("/incidents/%d", id))
	page.has(t, "Quick Post, Stuck order", "minor", "12 of the 18 cases", "1, 0, 1, 0, 0, 0, 0", "goes on", "2 more wait", "customer1<", "&lt;b&gt;closed")
	if n := strings.Count(page.body, `/approve"`); n != cardsAtOnce {
		t.Errorf("%d drafts in full", n)
	}
	ana.get("/incidents").has(t, "Quick Post, Stuck order", "Nobody who poses as us was seen.")
	ana.get("/cases").hasNot(t, "cases in 11 min") // on Approvals alone
	must(t, s.FollowIncident(t.Context(), id, nil, true, s.now()))
	ana.get("/").hasNot(t, "12 cases in")
	ana.get("/incidents").has(t, "Quick Post, Stuck order")
	for _, path := range []string{"/incidents/999", "/incidents/x", "/incidents/-1"} {
		if r := ana.get(path); r.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, r.status)
		}
	}
}

func TestDraftsOfAnIncidentAreApprovedSinglyByWhatWasSeen(t *testing.T) {
	s := newShop(t)
	id, cases := s.outage(t, 12)
	ana := s.enter(t, "ana")
	at := fmt.Sprintf("/incidents/%d", id)
	page := ana.get(at)
	first, second := s.replyOf(t, cases[0].Number), s.replyOf(t, cases[1].Number)
	for i, r := range []socialwatch.Reply{first, second} {
		page.has(t, fmt.Sprintf(`action="/replies/%d/approve"`, r.ID), `value="`+r.Hash+`"`, fmt.Sprintf(`data-key="%d"`, i+1))
	}
	page.has(t, `data-key="0"`)
	r := ana.submit(page, fmt.Sprintf("/replies/%d/approve", first.ID), nil)
	if want := fmt.Sprintf("%s?done=%d", at, first.ID); r.status != http.StatusSeeOther || r.to != want {
		t.Fatalf("status %d to %q, want %q", r.status, r.to, want)
	}
	next := ana.get(r.to)
	next.has(t, "Approved "+cases[0].Number, "/undo")
	next.hasNot(t, fmt.Sprintf(`action="/replies/%d/approve"`, first.ID))
	if got := s.replyOf(t, cases[0].Number); got.State != socialwatch.ReplyHolding || got.DecidedBy != "ana" {
		t.Errorf("the first is %s by %q", got.State, got.DecidedBy)
	}
	for _, c := range cases[1:] {
		if got := s.replyOf(t, c.Number); got.State != socialwatch.ReplyAwaiting {
			t.Errorf("%s is %s", c.Number, got.State)
		}
	}
	otto := s.enter(t, "otto")
	edit := otto.submit(otto.get(fmt.Sprintf("/replies/%d/edit", second.ID)), "/edit", url.Values{"text": {"We look into it."}, "approve": {"no"}})
	if edit.status != http.StatusSeeOther {
		t.Fatalf("edit: status %d", edit.status)
	}
	if r = ana.submit(page, fmt.Sprintf("/replies/%d/approve", second.ID), nil); r.status != http.StatusConflict {
		t.Errorf("approved another text than was seen: status %d", r.status)
	}
	rita := s.enter(t, "rita").get(at)
	rita.hasNot(t, `/approve"`, "/anew\"")
	rita.has(t, "Quick Post")
}

func TestIncidentsOfOtherAccountsAreHidden(t *testing.T) {
	s := newShop(t)
	id, _ := s.outage(t, 10)
	hash, err := hashOnce()
	must(t, err)
	_, err = s.AddPerson(t.Context(), socialwatch.Person{Login: "eve", Name: "Eve", Roles: map[string]socialwatch.Role{"elsewhere": socialwatch.RoleAdmin}}, hash, s.now())
	must(t, err)
	eve := s.enter(t, "eve")
	for _, path := range []string{"/", "/incidents", "/cases"} {
		eve.get(path).hasNot(t, "Quick Post")
	}
	if r := eve.get(fmt.Sprintf("/incidents/%d", id)); r.status != http.StatusNotFound {
		t.Errorf("status %d", r.status)
	}
	if r := eve.post(fmt.Sprintf("/incidents/%d/anew", id), nil); r.status != http.StatusNotFound {
		t.Errorf("drafted anew: status %d", r.status)
	}
}

func TestWaitingDraftsAreDraftedAnewOnlyWhenAsked(t *testing.T) {
	s := newShop(t)
	s.desk.Redrafts = s.Store
	s.desk.Incident = func(_ context.Context, rc socialwatch.ReplyContext) (*socialwatch.Draft, error) {
		if strings.HasSuffix(rc.Parent.Text, "number 5") {
			return nil, nil // no wording fits
		}
		return &socialwatch.Draft{Account: account, Parent: rc.Parent.Post, Text: "Others report the same. Your reference is " + rc.Case.Number + ".",
			Language: "en", Template: "incident#2", TemplateV: 1}, nil
	}
	id, cases := s.outage(t, 6)
	ana, otto := s.enter(t, "ana"), s.enter(t, "otto")
	written := s.replyOf(t, cases[1].Number)
	otto.submit(otto.get(fmt.Sprintf("/replies/%d/edit", written.ID)), "/edit", url.Values{"text": {"We look into it."}, "approve": {"no"}})
	_, err := s.Lease(t.Context(), s.replyOf(t, cases[2].Number).ID, s.person(t, "bo"), s.now())
	must(t, err)
	approved := s.replyOf(t, cases[3].Number)
	ana.submit(ana.get(fmt.Sprintf("/replies/%d", approved.ID)), "/approve", nil)

	page := ana.get(fmt.Sprintf("/incidents/%d", id))
	page.has(t, "Draft 3 waiting replies anew for the incident")
	if got := s.replyOf(t, cases[0].Number); got.Payload.Template != "missing-delivery" {
		t.Fatalf("changed unasked: %+v", got.Payload)
	}
	r := ana.submit(page, "/anew", nil)
	ana.get(r.to).has(t, "Drafted anew: 2.", "Others report the same. Your reference is "+cases[0].Number)
	for i, want := range []string{"incident#2", "missing-delivery", "missing-delivery", "missing-delivery", "missing-delivery", "incident#2"} {
		if got := s.replyOf(t, cases[i].Number); got.Payload.Template != want {
			t.Errorf("case %d has %s, want %s", i, got.Payload.Template, want)
		}
	}
	d, err := s.Case(t.Context(), cases[0].Number)
	must(t, err)
	old, fresh := d.Replies[0], d.Replies[1]
	if old.State != socialwatch.ReplySuperseded || fresh.State != socialwatch.ReplyAwaiting || fresh.Author != socialwatch.System || len(d.Replies) != 2 {
		t.Errorf("replies %+v", d.Replies)
	}
	if e := d.Events[len(d.Events)-1]; e.Actor == "" {
		t.Errorf("event %+v", e)
	}
	asked := false
	for _, e := range d.Events {
		asked = asked || e.Kind == "reply.superseded" && e.Actor == "ana"
	}
	if !asked {
		t.Error("nobody is named for drafting anew")
	}
	yes := socialwatch.Decision{ReplyID: fresh.ID, Hash: fresh.Hash, By: s.person(t, "ana")}
	var ask *socialwatch.ConfirmError
	if _, err = s.desk.Approve(t.Context(), yes); errors.As(err, &ask) { // nobody has approved this wording yet
		yes.Confirm = ask.Digest
		_, err = s.desk.Approve(t.Context(), yes)
	}
	if err != nil {
		t.Errorf("who asked for it may approve it: %v", err)
	}
}

// poses stores a post by who poses as us under a case's post.
func (s *shop) poses(t testing.TB, under socialwatch.Case, n socialwatch.Network) {
	t.Helper()
	d, err := s.Case(t.Context(), under.Number)
	must(t, err)
	m := d.Mentions[0].Mention
	m.ID, m.ParentID, m.Text, m.URL = m.ID+"i", m.ID, "We are so sorry, send us your card number", "https://social.example/@shop_he1p/1"
	m.Author = socialwatch.Author{ID: "poser", Handle: "shop_he1p", Name: "Shop Help"}
	refs, err := s.NextCases(t.Context(), 1)
	must(t, err)
	a := assess(m)
	a.Signals = []socialwatch.Signal{{Name: socialwatch.SignalImpostor, Points: 1}}
	cs := socialwatch.Case{ID: refs[0].ID, Number: refs[0].Number, Account: account, Network: n, Host: host, Customer: m.Author, State: socialwatch.CaseNew,
		Level: 1, Intent: socialwatch.ScamReport, OpenedAt: s.now(), UpdatedAt: s.now(), DueAt: s.now().Add(time.Hour), Escalated: true, Escalation: "impostor"}
	k, err := s.Known(t.Context(), socialwatch.Ask{Account: account})
	must(t, err)
	must(t, s.Save(t.Context(), socialwatch.Changes{Account: account, Version: k.Version, At: s.now(), Cases: []socialwatch.Case{cs},
		Entries: []socialwatch.Entry{{Mention: m, Assessment: a, CaseID: cs.ID}}}))
}

func TestImpostorsAreShownWhereTheyPose(t *testing.T) {
	s := newShop(t)
	hit := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	other := s.arrive(t, customer{handle: "customer2", text: "@shop_help where is my order"})
	s.poses(t, hit, socialwatch.Mastodon)
	ana := s.enter(t, "ana")
	shown := []string{"Somebody poses as us here.", "<bdi>@shop_he1p</bdi>", "Shop Help", "send us your card number", `href="https://social.example/@shop_he1p/1"`, "Report it on Mastodon, in the menu of the post"}
	ana.get("/cases/"+hit.Number).has(t, shown...)
	ana.get("/replies/"+id(s.replyOf(t, hit.Number))).has(t, shown...)
	ana.get("/incidents").has(t, shown[1:]...)
	ana.get("/cases/"+other.Number).hasNot(t, "poses as us")
	v := s.console.impostors(nil)
	if len(v) != 0 {
		t.Errorf("of none: %+v", v)
	}
}

func TestTimelineCountsEveryCaseOnce(t *testing.T) {
	c := &Console{o: Options{}.withDefaults()}
	start := time.Date(2026, 11, 20, 12, 0, 30, 0, time.UTC)
	for _, length := range []time.Duration{0, 4 * time.Minute, 20 * time.Minute, time.Hour, 26 * time.Hour} {
		var opened []time.Time
		for i := range 14 {
			opened = append(opened, start.Add(length*time.Duration(i)/13))
		}
		sum, list := 0, c.timeline(opened)
		for _, s := range list {
			sum += s.Cases
		}
		if sum != 14 || len(list) > slots {
			t.Errorf("%s: %d cases in %d stretches", length, sum, len(list))
		}
	}
}
