package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// contractOf runs contract test and returns what it prints.
func contractOf(t *testing.T, o store.Options, more ...string) (string, error) {
	t.Helper()
	return here(t, "", "", append([]string{"contract", "test", "--dsn", o.URL, "--schema", o.Schema, "--wait", "2s"}, more...)...)
}

// loginAs makes a role that logs in and returns the database as it connects to
// it. SQLite stays as it is.
func loginAs(t *testing.T, o store.Options, roles *store.Roles) store.Options {
	t.Helper()
	if !strings.HasPrefix(o.URL, "postgres") {
		return o
	}
	role := "case_system" + o.Schema[len("test"):]
	db := dbtest.Raw(t, o)
	t.Cleanup(func() {
		if _, err := db.Exec("drop owned by " + role + "; drop role " + role); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	_, err := db.Exec("create role " + role + " login password 'secret'")
	must(t, err)
	if roles != nil {
		roles.Consumer = role
		grants, err := store.Grants(o, *roles)
		must(t, err)
		_, err = db.Exec(grants)
		must(t, err)
	}
	u, err := url.Parse(o.URL)
	must(t, err)
	u.User = url.UserPassword(role, "secret")
	o.URL = u.String()
	return o
}

// applying applies commands until the test ends.
func applying(t *testing.T, fx storetest.Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	bell, err := fx.Bell(ctx)
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-bell:
			case <-tick.C:
			}
			if _, err := fx.ApplyCommands(ctx, storetest.Start, strings.ToUpper); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// TestContractHolds on a database that was migrated from the first migration on,
// for a role that was granted what the documentation says.
func TestContractHolds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		fx := storetest.On(t, o)
		as := loginAs(t, o, &store.Roles{Entities: true, Commands: true})
		if text, err := contractOf(t, as); err != nil || !strings.Contains(text, "no event yet") {
			t.Errorf("of an empty database: %v\n%s", err, text)
		}
		fx.Seed(t, "post", 3)
		fx.Log(t, 0)
		applying(t, fx)
		text, err := contractOf(t, as, "--probe", "--wait", "1m")
		t.Log("\n" + text)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"cases_v1", "case_mentions_v1", "case_commands_v1", "12 events up to 12, rising", "applied after"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q", want)
			}
		}
		if o.Schema != "" && (strings.Contains(text, "warn") || !strings.Contains(text, "rings")) {
			t.Error("not all is well")
		}
	})
}

// TestContractHoldsWithTheStandardGrant, which is not for what is given to who
// needs it.
func TestContractHoldsWithTheStandardGrant(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		fx := storetest.On(t, o)
		as := loginAs(t, o, &store.Roles{Commands: true})
		fx.Seed(t, "post", 1)
		fx.Log(t, 0)
		text, err := contractOf(t, as)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if on := o.Schema != ""; on != (strings.Count(text, "not granted") == 2 && strings.Count(text, "--entities") == 2) {
			t.Errorf("what is not granted:\n%s", text)
		}
	})
}

// TestContractTestSaysWhatIsBroken and what to do about it.
func TestContractTestSaysWhatIsBroken(t *testing.T) {
	kinds := dbtest.Kinds(t)
	if !slices.Contains(kinds, store.Postgres) {
		return // what follows is about roles
	}
	read, all := store.Roles{}, store.Roles{Commands: true, Entities: true}
	for name, tc := range map[string]struct {
		roles  *store.Roles
		broken string // SQL of the owner
		args   []string
		want   string
	}{
		"no grants":      {nil, "", nil, "migrate --grants --role case_system"},
		"other schema":   {&read, "", []string{"--schema", "nowhere"}, "may not enter the schema nowhere"},
		"view gone":      {&read, "drop view replies_v1", nil, "BAD   replies_v1"},
		"column changed": {&read, "drop view replies_v1; create view replies_v1 as select cast(id as text) as reply_id from replies; grant select on replies_v1 to public", nil, "column 1 is reply_id text, promised is reply_id bigint"},
		"column gone":    {&read, "drop view case_events_v1; create view case_events_v1 as select seq from events; grant select on case_events_v1 to public", nil, "lacks kind"},
		"too much":       {&read, "grant update (body) on mentions to public; grant select on people to public", nil, "SELECT on people"},
		"may create":     {&read, "grant create on schema %s to public", nil, "CREATE on test_"},
		"may not ask":    {&read, "", []string{"--probe"}, "may not insert commands: the owner runs migrate --grants"},
		"nobody answers": {&all, "", []string{"--probe"}, "does socialwatch serve run"},
	} {
		t.Run(name, func(t *testing.T) {
			o := dbtest.New(t, store.Postgres)
			as := loginAs(t, o, tc.roles)
			if tc.broken != "" {
				db := dbtest.Raw(t, o)
				defer db.Close()
				_, err := db.Exec(strings.ReplaceAll(tc.broken, "%s", pq.QuoteIdentifier(o.Schema)))
				must(t, err)
			}
			text, err := contractOf(t, as, tc.args...)
			if err == nil || !strings.Contains(err.Error(), "promises are broken") || !strings.Contains(text, tc.want) || !strings.Contains(text, "BAD") {
				t.Errorf("%v\n%s\nwant %q", err, text, tc.want)
			}
			if strings.Contains(text, "secret") {
				t.Error("the password is printed")
			}
		})
	}
	away := store.Options{URL: "postgres://case_system:secret@127.0.0.1:1/shop?sslmode=disable"}
	if text, err := contractOf(t, away); err == nil || !strings.Contains(text, "BAD  connect") || strings.Contains(text, "secret") {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestCommandsAreAnsweredWithinASecond: 99 of 100 from a system's insert to the
// outcome that it reads, with all of serve running, alone and beside another
// system that asks for more than can be done. A file is looked at once a second,
// so there half of them.
func TestCommandsAreAnsweredWithinASecond(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		for _, flooded := range []bool{false, true} {
			name := map[bool]string{false: "alone", true: "beside a flood"}[flooded]
			t.Run(string(kind)+" "+name, func(t *testing.T) {
				s := newShop(t, kind, simulator.Options{})
				d := s.serve()
				defer d.end()
				fx := storetest.Fixture{Store: dbtest.Reopen(t, s.db), Options: s.db}
				crm := fx.System(t, "crm")
				n, share, most := 200, 0.99, time.Second
				if kind == store.SQLite {
					n, share, most = 10, 0.5, 1500*time.Millisecond // of ten, the worst is the machine's
				}
				if flooded {
					n = min(n, 100)
					defer s.flood(fx)()
				}
				var took []float64
				for i := range n {
					key, begun := fmt.Sprint("k", i), time.Now()
					must(t, crm.Insert(t, storetest.Ask{Key: key, Kind: store.CommandPing}))
					answered(t, crm, key)
					took = append(took, float64(time.Since(begun).Microseconds())/1000)
				}
				t.Logf("%s %s: insert to outcome of %d commands: p50 %.1f ms, p99 %.1f ms, worst %.1f ms", kind, name, n, quantile(took, 0.5), quantile(took, 0.99), quantile(took, 1))
				if got := time.Duration(quantile(took, share) * float64(time.Millisecond)); got > most {
					t.Errorf("%v of them took up to %s, want at most %s", share, got, most)
				}
			})
		}
	}
}

// flood has another system ask for notes on a case, so many that some wait until
// stop, which says how fast they are done.
func (s *shop) flood(fx storetest.Fixture) (stop func()) {
	s.Helper()
	s.post(1)
	until(s.T, time.Minute, "the case is open", func() bool { return s.number("select count(*) from cases") == 1 })
	const n = 20_000
	flood := fx.System(s.T, "flood")
	flood.Flood(s.T, n, storetest.Ask{Key: "f", Kind: store.CommandNote, Case: "K-1001", Data: `{"text": "seen"}`})
	begun := time.Now()
	return func() {
		left := s.number("select count(*) from case_commands where state = 'waiting'")
		if left == 0 {
			s.Error("the flood was over before its end")
		}
		s.Logf("the flood: %.0f commands a second", float64(n-left)/time.Since(begun).Seconds())
	}
}

// answered returns when a command has its outcome.
func answered(t *testing.T, s storetest.System, key string) {
	t.Helper()
	end := time.NewTimer(30 * time.Second)
	defer end.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for strings.HasPrefix(s.Answer(t, key), store.CommandWaiting) {
		select {
		case <-tick.C:
		case <-end.C:
			t.Fatal("no answer")
		}
	}
}
