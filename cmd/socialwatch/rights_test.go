package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestDatabasePasswordApprovesNothing: who holds the configuration and the
// database, and no person's token or password, can stop publishing and can
// release nothing.
func TestDatabasePasswordApprovesNothing(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, kind, simulator.Options{})
			d := s.serve()
			s.post(1)
			until(t, time.Minute, "a draft waits", func() bool { return len(s.rows()) == 1 })
			s.rightsOfCommands()
			s.rightsOfTokens()
			if r := s.rows()[0]; r.state != socialwatch.ReplyAwaiting || len(s.public()) != 0 {
				t.Fatalf("somebody without the right moved the reply: %+v", r)
			}
			s.stopAndResume()
			s.stopInSQL(kind)
			d.end()
		})
	}
}

// as runs f with another token, or with none.
func (s *shop) as(token string, f func()) {
	old := s.env
	defer func() { s.env = old }()
	s.env = []string{"DATABASE=" + s.db.URL}
	if token != "" {
		s.env = append(s.env, "SOCIALWATCH_TOKEN="+token)
	}
	f()
}

func (s *shop) refused(says string, args ...string) {
	s.Helper()
	if a := s.do(args...); a.code != exitFailed || !strings.Contains(a.errors, says) || a.out != "" {
		s.Errorf("%v: %+v, want a refusal with %q", args, a, says)
	}
}

// decisions are the commands that release, end or settle a reply.
func (s *shop) decisions() [][]string {
	r, err := s.client().Reply(s.Context(), s.rows()[0].id)
	must(s.T, err)
	id := fmt.Sprint(r.ID)
	return [][]string{{"approve", id, "--hash", r.Hash}, {"reject", id, "--reason", "wrong_tone"},
		{"resolve", id, "--absent"}, {"resume"}}
}

func (s *shop) rightsOfCommands() {
	s.Helper()
	decisions := s.decisions()
	s.as("", func() {
		for _, args := range decisions {
			s.refused("SOCIALWATCH_TOKEN", args...)
		}
		tokens := s.number("select count(*) from tokens")
		for _, password := range []string{"not the password at all", ""} {
			a := s.doWith(password+"\n", "token", "add", "mine", "--person", shopLogin, "--scope", "read", "--scope", "decide")
			if a.code != exitFailed || a.out != "" || strings.Contains(a.errors, "swt_") {
				s.Errorf("a token with the password %q: %+v", password, a)
			}
		}
		if n := s.number("select count(*) from tokens"); n != tokens {
			s.Errorf("%d tokens after refusals, %d before", n, tokens)
		}
	})
}

func (s *shop) rightsOfTokens() {
	s.Helper()
	decisions := s.decisions()
	system := strings.TrimSpace(s.done("token", "add", "case-system", "--scope", "read"))
	a := s.doWith(shopPassword+"\n", "token", "add", "reader", "--person", shopLogin, "--scope", "read")
	reading := strings.TrimSpace(a.out)
	// The database's password is enough to write any scope into the table.
	forged := strings.TrimSpace(s.done("token", "add", "forged", "--scope", "read"))
	_, err := s.look().ExecContext(s.Context(), `update tokens set scopes = '["read","decide"]' where name = 'forged'`)
	must(s.T, err)
	for name, token := range map[string]string{"a system's": system, "a reading person's": reading, "a forged system's": forged} {
		c := &api.Client{BaseURL: s.url, Token: token}
		if _, err := c.Replies(s.Context(), api.Query{}); err != nil {
			s.Errorf("%s token cannot read: %v", name, err)
		}
		if _, err := c.Approve(s.Context(), s.rows()[0].id, decisions[0][3], ""); !errors.Is(err, socialwatch.ErrForbidden) {
			s.Errorf("%s token approves: %v, want 403", name, err)
		}
		s.as(token, func() {
			for _, args := range decisions {
				s.refused("", args...)
			}
		})
	}
	s.as("swt_made-up", func() {
		for _, args := range decisions {
			s.refused("", args...)
		}
	})
}

// stopAndResume: the database alone is enough to stop, resuming needs a lead.
func (s *shop) stopAndResume() {
	s.Helper()
	st := dbtest.Reopen(s.T, s.db)
	ben, err := addPerson(s.Context(), st, socialwatch.Person{Login: "ben",
		Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleApprover}}, shopPassword)
	must(s.T, err)
	approver, err := addToken(s.Context(), st, store.NewToken{Name: "ben", PersonID: &ben.ID, Scopes: api.Scopes}, 1)
	must(s.T, err)
	s.as("", func() { s.done("stop") })
	r := s.rows()[0]
	s.as(approver, func() {
		s.approve(r.parent)
		s.refused("lead", "resume")
		s.refused("lead", "resolve", fmt.Sprint(r.id), "--absent", "--attempt", "1")
	})
	if state := s.rows()[0].state; state != socialwatch.ReplyApproved {
		s.Errorf("approved while publishing is stopped: %s", state)
	}
	if len(s.public()) != 0 {
		s.Error("a reply went out while publishing was stopped")
	}
	s.done("resume")
	until(s.T, time.Minute, "the approved reply goes out", func() bool { return len(s.public()) == 1 && s.settled() })
	s.audit(s.public())
}

// stopInSQL runs the statement of docs/operations.md for the database.
func (s *shop) stopInSQL(kind store.Kind) {
	s.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	must(s.T, err)
	table := map[store.Kind]string{store.Postgres: `socialwatch\.settings`, store.SQLite: "settings"}[kind]
	stop := regexp.MustCompile("insert into " + table + " .*;").FindString(string(page))
	_, err = s.look().ExecContext(s.Context(), strings.ReplaceAll(stop, "socialwatch.", s.db.Schema+"."))
	must(s.T, err)
	post := s.post(2)
	until(s.T, time.Minute, "another draft waits", func() bool { return len(s.rows()) == 2 })
	s.approve(post)
	if state := s.rows()[1].state; state != socialwatch.ReplyApproved {
		s.Errorf("approved while publishing is stopped in SQL: %s", state)
	}
	s.done("resume")
	until(s.T, time.Minute, "it goes out after the stop", func() bool { return len(s.public()) == 2 && s.settled() })
}
