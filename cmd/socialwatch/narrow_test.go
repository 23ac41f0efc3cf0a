package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/responder"
)

// TestRepliesAreNoLongerThanANarrowNetworkTakes: where the configuration says
// that a network takes little, check names the templates that are longer and what
// to do, no such draft is made, a person is asked instead, and nothing longer is
// approved.
func TestRepliesAreNoLongerThanANarrowNetworkTakes(t *testing.T) {
	const room = 60
	s, b := newBridgeShop(t, store.SQLite, false, "")
	text, err := os.ReadFile(s.config)
	must(t, err)
	must(t, os.WriteFile(s.config, bytes.Replace(text, []byte("max_length: 2000"), fmt.Appendf(nil, "max_length: %d", room), 1), 0o600))

	a := s.do("check")
	if want := "BAD   account shop_help, templates: 14 templates are longer than the 60 characters of inbound.max_length"; a.code == exitDone ||
		!strings.Contains(a.out, want) || !strings.Contains(a.out, "raise inbound.max_length if facebook takes more") || strings.Count(a.out, "shop_help, templates") != 1 {
		t.Errorf("check says %d\n%s", a.code, a.out)
	}
	if out := s.done("templates", "try", "my order 555-0100123-0000001 never came"); !strings.Contains(out, "the account takes 60") {
		t.Errorf("templates try says\n%s", out)
	}

	d := s.serve()
	say(t, b, 0)
	st := dbtest.Reopen(t, s.db)
	until(t, time.Minute, "the case without a draft", func() bool { return s.number("select count(*) from cases") == 1 })
	list, _, err := st.Cases(t.Context(), store.CaseFilter{Escalated: true})
	if err != nil || len(list) != 1 || s.number("select count(*) from replies") != 0 {
		t.Fatalf("%+v, %v: nobody is asked to write", list, err)
	}
	d.end()

	must(t, os.MkdirAll(filepath.Join(s.dir, "words", "en"), 0o700))
	must(t, os.WriteFile(filepath.Join(s.dir, "words", "en", "short.tmpl"), []byte("---\nid: stuck-order\nversion: 2\nintent: stuck_order\nlanguage: en\nnetworks: facebook\nslots: case\nowner: care\ngloss: late\n---\nSorry that it is late. We look into it. {{case}}\n"), 0o600))
	must(t, os.WriteFile(s.config, append(bytes.Replace(text, []byte("max_length: 2000"), fmt.Appendf(nil, "max_length: %d", room), 1), "templates: words\n"...), 0o600))
	d = s.serve()
	defer d.end()
	say(t, b, 1)
	until(t, time.Minute, "a short draft", func() bool { return s.number("select count(*) from replies where state = 'awaiting'") == 1 })
	page, err := s.client().Replies(t.Context(), api.Query{})
	must(t, err)
	r := page.Items[0].Reply
	if r.Limit != room || r.Length > room || !strings.HasPrefix(r.Text, "Sorry that it is late.") {
		t.Fatalf("drafted %d of %d: %s", r.Length, r.Limit, r.Text)
	}
	longer := r.Text + strings.Repeat(".", room+1-len(r.Text))
	_, err = s.client().EditAndApprove(t.Context(), r.ID, r.Hash, longer, "")
	var p *api.Problem
	if !errors.As(err, &p) || !slices.ContainsFunc(p.Findings, func(f socialwatch.Finding) bool { return f.Rule == responder.RuleTooLong && f.Blocks }) {
		t.Fatalf("61 characters are answered %v", err)
	}
	detail, err := s.client().Reply(t.Context(), r.ID)
	must(t, err)
	if _, err := s.client().EditAndApprove(t.Context(), r.ID, detail.Hash, longer[:room], ""); errors.As(err, &p) && p.Confirm != "" {
		_, err = s.client().EditAndApprove(t.Context(), r.ID, detail.Hash, longer[:room], p.Confirm)
		must(t, err)
	}
	until(t, time.Minute, "it stands", func() bool { return len(b.Published("1001_1")) == 1 })
}
