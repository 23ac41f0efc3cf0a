package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestAFloodOfOneSystemDelaysNoOther: however much one asks for, what another
// asks then is done in the next transaction, and the flood goes on beside it.
func TestAFloodOfOneSystemDelaysNoOther(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		crm, desk, shop := fx.System(t, "crm"), fx.System(t, "desk"), fx.System(t, "shop")
		s := fx.Seed(t, "post", 1)[0]
		const flood = 160
		note := Ask{Key: "f", Kind: store.CommandNote, Case: s.Case.Number, Data: `{"text": "seen"}`}
		crm.Flood(t, flood, note)
		waiting := "select count(*) from case_commands where state = 'waiting'"
		for round, n := 0, flood; n > 0; round++ {
			for _, calm := range []System{desk, shop} {
				if err := calm.Insert(t, Ask{Key: fmt.Sprint("k", round), Kind: store.CommandPing}); err != nil {
					t.Fatal(err)
				}
			}
			tried, err := fx.ApplyCommands(t.Context(), Start, masked)
			if err != nil {
				t.Fatal(err)
			}
			for _, calm := range []System{desk, shop} {
				says(t, fmt.Sprint(calm.Name, " in round ", round), calm.Answer(t, fmt.Sprint("k", round)), "applied")
			}
			left := count(t, fx, waiting)
			if tried < 3 || left != n+2-tried {
				t.Fatalf("%d tried, %d of %d wait", tried, left, n)
			}
			n = left
		}
		notes := fx.detail(t, s.Case.Number).Notes
		if len(notes) != flood {
			t.Errorf("%d notes of %d commands", len(notes), flood)
		}
	})
}

// TestACaseOnWhichSomebodyWorksDelaysItsCommandsAlone: those about other cases are
// done, and nobody else is kept from a case meanwhile.
func TestACaseOnWhichSomebodyWorksDelaysItsCommandsAlone(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		if fx.Kind() == store.SQLite {
			return // whoever writes has the whole file
		}
		crm, desk, lena := fx.System(t, "crm"), fx.System(t, "desk"), fx.Hire(t, "lena", socialwatch.RoleLead)
		s := fx.Seed(t, "post", 2)
		kept, free := s[0].Case, s[1].Case
		for i, number := range []string{kept.Number, free.Number} {
			for _, as := range []System{crm, desk} {
				if as.Name == desk.Name {
					number = free.Number
				}
				if err := as.Insert(t, Ask{Key: fmt.Sprint("k", i), Kind: store.CommandNote, Case: number, Data: `{"text": "x"}`}); err != nil {
					t.Fatal(err)
				}
			}
		}
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		work, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer work.Rollback()
		if _, err := work.Exec("select 1 from cases where id = $1 for update", kept.ID); err != nil {
			t.Fatal(err)
		}
		var tried int
		var wg sync.WaitGroup
		wg.Go(func() { tried, err = fx.ApplyCommands(t.Context(), Start, masked) })
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		end := time.Now().Add(time.Minute)
		for strings.HasPrefix(desk.Answer(t, "k0"), "waiting") {
			if <-tick.C; time.Now().After(end) {
				t.Fatal("the desk's command waits for somebody else's case")
			}
		}
		for _, key := range []string{"k0", "k1"} { // in its order
			says(t, "beside somebody's work", crm.Answer(t, key), "waiting")
		}
		if _, err := fx.AddNote(t.Context(), store.NewNote{CaseWork: workOn(free, lena), Body: "x"}); err != nil {
			t.Error(err)
		}
		if err := work.Rollback(); err != nil {
			t.Error(err)
		}
		if wg.Wait(); tried < 2 || err != nil {
			t.Errorf("%d tried, %v", tried, err)
		}
		says(t, "then", crm.Answer(t, "k0"), "applied")
		fx.apply(t)
		says(t, "at last", crm.Answer(t, "k1"), "applied")
	})
}

// TestAFailingCommandTakesNoOthersAlong: in the middle of several that are applied
// together stand one that is refused, one on which the database fails and one on
// which we do; each of the others has its effect and its outcome at once.
func TestAFailingCommandTakesNoOthersAlong(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		crm := fx.System(t, "crm")
		s := fx.Seed(t, "post", 1)[0]
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		fault := "alter table notes add check (body <> 'broken')"
		if fx.Kind() == store.SQLite {
			fault = "create trigger broken before insert on notes when new.body = 'broken' begin select raise(abort, 'broken'); end"
		}
		if _, err := db.Exec(fault); err != nil {
			t.Fatal(err)
		}
		mask := func(text string) string {
			if text == "panic" {
				panic(errors.New("it does"))
			}
			return text
		}
		for i, text := range []string{"one", " ", "broken", "panic", "two"} {
			a := Ask{Key: fmt.Sprint("k", i), Kind: store.CommandNote, Case: s.Case.Number, Data: fmt.Sprintf(`{"text": %q}`, text)}
			if err := crm.Insert(t, a); err != nil {
				t.Fatal(err)
			}
		}
		now := Start
		tried, err := fx.ApplyCommands(t.Context(), now, mask)
		if tried != 5 || err == nil || !strings.Contains(err.Error(), "panic: it does") || !strings.Contains(err.Error(), "command 3: ") {
			t.Fatalf("%d tried, %v", tried, err)
		}
		for i, want := range []string{"applied 1", "refused 0 a note has", "waiting", "waiting", "applied 1"} {
			says(t, fmt.Sprint("command ", i), crm.Answer(t, fmt.Sprint("k", i)), want)
		}
		if tried, err := fx.ApplyCommands(t.Context(), now, mask); tried != 0 || err != nil {
			t.Errorf("%d tried at once again, %v", tried, err)
		}
		for range 4 {
			now = now.Add(time.Minute)
			if tried, err := fx.ApplyCommands(t.Context(), now, mask); tried != 2 || err == nil {
				t.Errorf("later: %d tried, %v", tried, err)
			}
		}
		for _, key := range []string{"k2", "k3"} {
			says(t, key, crm.Answer(t, key), "refused 0 it failed again and again on our side")
		}
		bodies := fx.strings(t, "select body from notes order by id")
		if got := strings.Join(bodies, ","); got != "one,two" {
			t.Errorf("notes are %s", got)
		}
		if n := count(t, fx.Fixture, "select count(*) from events where kind = 'case.noted'"); n != 2 {
			t.Errorf("%d events of two notes", n)
		}
	})
}

// TestAnsweredCommandsAreForgottenInTheEnd and no sooner: until then the same key
// does nothing, and what waits stays however old it is.
func TestAnsweredCommandsAreForgottenInTheEnd(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		crm := fx.System(t, "crm")
		s := fx.Seed(t, "post", 1)[0]
		note := Ask{Key: "k", Kind: store.CommandNote, Case: s.Case.Number, Data: `{"text": "seen"}`}
		says(t, "a note", fx.asked(t, crm, note), "applied")
		crm.Flood(t, 1200, Ask{Key: "f", Kind: "none", Data: "{}"}) // more than one transaction forgets
		fx.exec(t, "update case_commands set state = 'refused', answered_at = (select answered_at from case_commands where key = 'k') where state = 'waiting'")
		if err := crm.Insert(t, Ask{Key: "waits", Kind: store.CommandPing}); err != nil {
			t.Fatal(err)
		}
		drop := func(before time.Time, want int) {
			t.Helper()
			if n, err := fx.DropCommands(t.Context(), before); n != want || err != nil {
				t.Errorf("%d are forgotten, want %d, %v", n, want, err)
			}
		}
		answered := Start.Add(time.Hour)
		drop(time.Time{}, 0)
		drop(answered, 0)
		says(t, "the same key", fx.asked(t, crm, note), "applied")
		if n := len(fx.detail(t, s.Case.Number).Notes); n != 1 {
			t.Errorf("%d notes of one command", n)
		}
		if err := crm.Insert(t, Ask{Key: "waits again", Kind: store.CommandPing}); err != nil {
			t.Fatal(err)
		}
		drop(answered.Add(time.Second), 1202)
		if n := count(t, fx.Fixture, "select count(*) from case_commands"); n != 1 {
			t.Errorf("%d are left, want the one that waits", n)
		}
		says(t, "then the key", fx.asked(t, crm, note), "applied")
		if n := len(fx.detail(t, s.Case.Number).Notes); n != 2 {
			t.Errorf("%d notes", n)
		}
	})
}
