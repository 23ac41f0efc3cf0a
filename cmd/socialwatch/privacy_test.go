package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/config"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// What customers wrote of themselves in this test, as they wrote it and as it
// is normalised, and the numbers that are typed fields.
var (
	plantedCard    = []string{"4111 1111 1111 1111", "4111111111111111"}
	plantedContact = []string{"+44 20 7946 0958", "442079460958", "Jane.Planted@mail.example", "jane.planted@mail.example", "12 Planted Street"}
	plantedNumbers = []string{"555-0000042-0000001", "RR473124829GB"}
	plantedWords   = []string{"zebra-striped", "warned of a giraffe", "a walrus on the label"}
)

func planted(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// TestPlantedDataLeavesByNoDoor plants personal data in posts and looks for it
// in every answer of the API, every view, the event log and the log at debug
// level; and in the stored rows for what the configuration wants out of them.
func TestPlantedDataLeavesByNoDoor(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		for _, mask := range []string{"[]", "[email, phone, address]"} {
			t.Run(fmt.Sprint(kind, mask), func(t *testing.T) {
				t.Parallel()
				s := newShop(t, kind, simulator.Options{})
				h := s.inside(mask)
				h.plant()
				h.answers()
				h.views()
				h.rows(mask != "[]")
				h.end()
				for _, word := range planted(plantedCard, plantedContact, plantedNumbers, plantedWords, []string{"customer42"}) {
					if strings.Contains(h.log.String(), word) {
						t.Errorf("the log holds %q", word)
					}
				}
				if !strings.Contains(h.log.String(), "level=DEBUG") {
					t.Error("the log is not at debug level")
				}
			})
		}
	}
}

// household is the program within the test, so that its log is at debug level.
type household struct {
	*shop
	log  *log
	stop context.CancelFunc
	done chan error
	read string // a token without the scope entities
	full string // a token with it
}

func (s *shop) inside(mask string) *household {
	s.Helper()
	cfg, err := config.Load(s.config)
	must(s.T, err)
	cfg.Database.URL, cfg.Database.URLEnv = s.db.URL, ""
	cfg.Triage.OrderPatterns = []string{"555-#######-#######"}
	if mask != "[]" {
		cfg.Privacy.MaskStored = strings.Split(strings.Trim(mask, "[]"), ", ")
	}
	h := &household{shop: s, log: &log{}, done: make(chan error, 1)}
	logger := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	logger.Debug("begins")
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	s.Cleanup(stop)
	a, err := wire(ctx, cfg, tuning{sweep: quick.Sweep, settle: quick.Settle, look: quick.Look, rate: 1000, log: logger})
	must(s.T, err)
	l, err := net.Listen("tcp", cfg.Listen)
	must(s.T, err)
	go func() {
		err := a.serve(ctx, l, true)
		h.done <- firstOf(err, a.close())
	}()
	h.read, err = addToken(s.Context(), a.store, store.NewToken{Name: "read", Scopes: []string{api.ScopeRead}}, 1)
	must(s.T, err)
	h.full, err = addToken(s.Context(), a.store, store.NewToken{Name: "full", Scopes: []string{api.ScopeRead, api.ScopeEntities}}, 1)
	must(s.T, err)
	return h
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *household) end() {
	h.Helper()
	h.stop()
	if err := <-h.done; err != nil {
		h.Error(err)
	}
}

// plant posts in every place a customer can write, has one reply sent and one
// refused, and lets things go wrong.
func (h *household) plant() {
	h.Helper()
	const text = "@shop_help@social.example zebra-striped, where is order 555-0000042-0000001, parcel RR473124829GB, for 12 days? " +
		"Ring +44 20 7946 0958 or write to Jane.Planted@mail.example, 12 Planted Street. I paid by 4111 1111 1111 1111"
	o := simulator.PostOptions{Spoiler: "warned of a giraffe, ring +44 20 7946 0958, card 4111111111111111",
		Media: []string{"a walrus on the label, 12 Planted Street, Jane.Planted@mail.example, 4111 1111 1111 1111"}}
	first, err := h.sim.Post("customer42@far.example", text, o)
	must(h.T, err)
	second, err := h.sim.Post("customer43@far.example", text, simulator.PostOptions{})
	must(h.T, err)
	odd := o
	odd.Odd = true
	_, err = h.sim.Post("customer44@far.example", text, odd)
	must(h.T, err)
	until(h.T, time.Minute, "drafts wait", func() bool { return len(h.shop.rows()) >= 2 })
	must(h.T, h.sim.Edit(first, text+" Hello?"))
	_, err = h.sim.Post("customer43@far.example", "@shop_help@social.example still nothing! "+text, simulator.PostOptions{InReplyTo: second})
	must(h.T, err)
	until(h.T, time.Minute, "the second post of the case is there", func() bool { return h.number("select count(*) from mentions") >= 3 })
	c := &api.Client{BaseURL: h.url, Token: h.token}
	until(h.T, time.Minute, "a reply is sent", func() bool {
		_, _ = approveAll(h.Context(), c)
		return h.number("select count(*) from replies where state = 'sent'") > 0
	})
	h.sim.CutStreams()
	must(h.T, h.sim.Outage(h.Context(), 1500*time.Millisecond)) // failing polls are logged
}

// get is the text of an answer of the API.
func (h *household) answer(token, path string) string {
	h.Helper()
	req, err := http.NewRequestWithContext(h.Context(), http.MethodGet, h.url+"/api/v1"+path, nil)
	must(h.T, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	must(h.T, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(h.T, err)
	if res.StatusCode != http.StatusOK {
		h.Errorf("%s: %d %s", path, res.StatusCode, b)
	}
	return string(b)
}

// answers looks at everything that the API can be asked.
func (h *household) answers() {
	h.Helper()
	paths := []string{"/me", "/replies", "/cases", "/events"}
	for _, r := range h.shop.rows() {
		paths = append(paths, fmt.Sprintf("/replies/%d", r.id))
	}
	for _, number := range h.column("select number from cases") {
		paths = append(paths, "/cases/"+number)
	}
	for _, state := range []socialwatch.ReplyState{socialwatch.ReplySent, socialwatch.ReplySuperseded, socialwatch.ReplyBlocked} {
		paths = append(paths, "/replies?state="+string(state))
	}
	full := ""
	for _, path := range paths {
		h.without("the API's "+path, h.answer(h.read, path), planted(plantedCard, plantedContact, plantedNumbers))
		text := h.answer(h.full, path)
		h.without("the API's "+path+" with entities", text, planted(plantedCard, plantedContact))
		full += text
	}
	for _, number := range plantedNumbers {
		if !strings.Contains(full, number) {
			h.Errorf("a token with the scope entities gets no %s", number)
		}
	}
}

// views looks at what consumers read in SQL.
func (h *household) views() {
	h.Helper()
	h.without("cases_v1", h.dump("cases_v1"), planted(plantedCard, plantedContact, plantedNumbers))
	h.without("case_events_v1", h.dump("case_events_v1"), planted(plantedCard, plantedContact, plantedNumbers, plantedWords))
	entities := h.dump("case_entities_v1")
	h.without("case_entities_v1", entities, planted(plantedCard, plantedContact))
	for _, number := range plantedNumbers {
		if !strings.Contains(entities, number) {
			h.Errorf("case_entities_v1 holds no %s", number)
		}
	}
}

// rows looks at what is stored.
func (h *household) rows(masked bool) {
	h.Helper()
	out := plantedCard
	if masked {
		out = planted(plantedCard, plantedContact)
	}
	all := ""
	for _, table := range []string{"mentions", "mention_revisions", "cases", "replies", "reply_versions", "events", "attempts", "gaps", "accounts"} {
		text := h.dump(table)
		h.without("the table "+table, text, out)
		all += text
	}
	if kept := strings.Contains(all, "+44 20 7946 0958"); kept == masked {
		h.Errorf("stored with the telephone number: %t, masked %t", kept, masked)
	}
	if !strings.Contains(all, "zebra-striped") {
		h.Error("the words themselves are not stored: the test looks at nothing")
	}
}

func (h *household) without(place, text string, words []string) {
	h.Helper()
	if text == "" {
		h.Errorf("%s is empty: the test looks at nothing", place)
	}
	for _, word := range words {
		if i := strings.Index(text, word); i >= 0 {
			h.Errorf("%s holds %q: …%s…", place, word, text[max(0, i-60):min(len(text), i+60)])
		}
	}
}

// dump is a table or view as one text.
func (h *household) dump(table string) string {
	h.Helper()
	rows, err := h.look().QueryContext(h.Context(), "select * from "+table)
	must(h.T, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(h.T, err)
	var b bytes.Buffer
	b.WriteString(table)
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		must(h.T, rows.Scan(into...))
		for _, v := range values {
			if raw, ok := v.([]byte); ok {
				v = string(raw)
			}
			fmt.Fprintf(&b, "|%v", v)
		}
		b.WriteByte('\n')
	}
	must(h.T, rows.Err())
	return b.String()
}

func (h *household) column(query string) []string {
	h.Helper()
	rows, err := h.look().QueryContext(h.Context(), query)
	must(h.T, err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		must(h.T, rows.Scan(&one))
		all = append(all, one)
	}
	must(h.T, rows.Err())
	return all
}
