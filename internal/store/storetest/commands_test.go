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

// masked is what the tests' mask makes of a text.
func masked(text string) string { return strings.ReplaceAll(text, "555-0100", "********") }

// apply applies all that waits, an hour after Start.
func (fx Fixture) apply(t testing.TB) {
	t.Helper()
	for {
		n, err := fx.ApplyCommands(t.Context(), Start.Add(time.Hour), masked)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// asked inserts a command, has it applied and returns the answer.
func (fx Fixture) asked(t testing.TB, s System, a Ask) string {
	t.Helper()
	if err := s.Insert(t, a); err != nil {
		t.Fatal(err)
	}
	fx.apply(t)
	return s.Answer(t, a.Key)
}

// says checks the beginning of an answer.
func says(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.HasPrefix(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func claimOf(c socialwatch.Case, key string) Ask {
	return Ask{Key: key, Kind: store.CommandClaim, Case: c.Number, Expected: c.Version, Data: `{"reference": "4711", "url": "https://crm.example/4711"}`}
}

// TestOneMaster: once a system has claimed a case, nobody else takes it to
// another state, gives it to anybody or ends it; posts, replies, notes and tags
// come to it as before, and its owner or a lead gives it back.
func TestOneMaster(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		crm, desk := fx.System(t, "crm"), fx.System(t, "desk")
		otto, lena := fx.Hire(t, "otto", socialwatch.RoleAuthor), fx.Hire(t, "lena", socialwatch.RoleLead)
		s := fx.Seed(t, "post", 1)[0]
		says(t, "claim", fx.asked(t, crm, claimOf(s.Case, "k1")), "applied 2 ")
		c := fx.detail(t, s.Case.Number).Case
		want := socialwatch.External{System: crm.Name, Ref: "4711", URL: "https://crm.example/4711"}
		if c.External != want {
			t.Fatalf("%+v, want %+v", c.External, want)
		}
		team := "trust"
		for what, err := range map[string]error{
			"state":  failed(fx.SetCaseState(ctx, store.CaseMove{Number: c.Number, Version: c.Version, To: socialwatch.CaseOpen, By: lena, At: Start})),
			"assign": failed(fx.Assign(ctx, store.Assignment{CaseWork: workOn(c, otto), Login: &otto.Login})),
			"team":   failed(fx.Escalate(ctx, store.Escalation{CaseWork: workOn(c, otto), Reason: "refund", Team: team})),
			"lesser": failed(fx.ReleaseCase(ctx, workOn(c, otto))),
		} {
			if !errors.Is(err, socialwatch.ErrForbidden) || what != "lesser" && !strings.Contains(err.Error(), crm.Name+" owns it as 4711 (https://crm.example/4711): change it there") {
				t.Errorf("%s of an owned case: %v", what, err)
			}
		}
		says(t, "claimed by another", fx.asked(t, desk, claimOf(c, "d1")), "refused 0 "+crm.Name+" owns it as 4711")
		says(t, "released by another", fx.asked(t, desk, Ask{Key: "d2", Kind: store.CommandRelease, Case: c.Number}), "refused 0 "+crm.Name+" owns it")
		says(t, "resolved by another", fx.asked(t, desk, Ask{Key: "d3", Kind: store.CommandResolve, Case: c.Number, Expected: c.Version}), "refused 0 "+crm.Name+" owns it")
		if after := fx.detail(t, c.Number).Case; after.Version != c.Version {
			t.Errorf("refusals raised the version from %d to %d", c.Version, after.Version)
		}

		// What is ours goes on.
		_, noted := fx.AddNote(ctx, store.NewNote{CaseWork: workOn(c, otto), Body: "seen"})
		_, tagged := fx.Tag(ctx, store.Tagging{CaseWork: workOn(c, otto), Add: []string{"vip"}})
		if err := errors.Join(noted, tagged); err != nil {
			t.Error(err)
		}
		TemplateApproved(t, fx.Options, s.Reply.Payload)
		fx.Hold(t, s.Reply, lena)
		fx.followUp(t, s)

		// Its owner ends and releases it.
		c = fx.detail(t, c.Number).Case
		says(t, "resolve under a reply", fx.asked(t, crm, Ask{Key: "k2", Kind: store.CommandResolve, Case: c.Number, Expected: c.Version}), "refused 0 its reply")
		if c.External != want {
			t.Errorf("a follow-up takes the case from its owner: %+v", c.External)
		}
		says(t, "release", fx.asked(t, crm, Ask{Key: "k3", Kind: store.CommandRelease, CaseID: c.ID}), fmt.Sprintf("applied %d ", c.Version+1))
		says(t, "release of ours", fx.asked(t, crm, Ask{Key: "k4", Kind: store.CommandRelease, CaseID: c.ID}), "refused 0 no system has claimed it")
		c = fx.detail(t, c.Number).Case
		says(t, "claimed again", fx.asked(t, desk, claimOf(c, "d4")), "applied ")
		c, err := fx.ReleaseCase(ctx, workOn(fx.detail(t, c.Number).Case, lena))
		if err != nil || c.External != (socialwatch.External{}) {
			t.Errorf("released by a lead: %+v, %v", c.External, err)
		}
		var told []string
		for _, e := range fx.Log(t, 0) {
			if strings.HasPrefix(e.Kind, "case.claimed") || strings.HasPrefix(e.Kind, "case.released") {
				told = append(told, fmt.Sprint(e.Kind, " ", e.Actor, " ", e.Data["system"], " ", e.Data["reference"], " ", e.CaseVersion > 1))
			}
		}
		if got, want := strings.Join(told, "\n"), fmt.Sprintf("case.claimed system:%[1]s %[1]s 4711 true\ncase.released system:%[1]s %[1]s 4711 true\n"+
			"case.claimed system:%[2]s %[2]s 4711 true\ncase.released lena %[2]s 4711 true", crm.Name, desk.Name); got != want {
			t.Errorf("told\n%s\nwant\n%s", got, want)
		}
	})
}

func failed[T any](_ T, err error) error { return err }

// followUp stores a post of the customer in the thread of a case, as intake does.
func (fx Fixture) followUp(t *testing.T, s Seeded) {
	t.Helper()
	m := Mention(s.Mention.ID+"-b", s.Mention.Author.ID)
	m.RootID, m.Kind = s.Mention.ID, socialwatch.KindFollowUp
	c := fx.Changes(t)
	one := fx.Know(t, []string{s.Mention.ID}, nil).Cases[0]
	one.UpdatedAt = Start.Add(time.Minute)
	c.Cases = []socialwatch.Case{one}
	c.Entries = []socialwatch.Entry{{Mention: m, Assessment: Assessment(m), CaseID: one.ID}}
	fx.MustSave(t, c)
}

// TestCommandsHaveOneEffect: the same key again does nothing, and any number of
// processes apply each command once, in the order of a system's inserts.
func TestCommandsHaveOneEffect(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		crm, desk := fx.System(t, "crm"), fx.System(t, "desk")
		s := fx.Seed(t, "post", 1)[0]
		const n = 20
		for i := range n {
			for range 2 {
				if err := crm.Insert(t, Ask{Key: fmt.Sprint("k", i), Kind: store.CommandNote, CaseID: s.Case.ID, Data: fmt.Sprintf(`{"text": "%d: ring 555-0100"}`, i)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := desk.Insert(t, Ask{Key: "k0", Kind: store.CommandPing}); err != nil { // keys are each system's own
			t.Fatal(err)
		}
		var work sync.WaitGroup
		for _, process := range []Fixture{fx, On(t, fx.Options), On(t, fx.Options)} {
			work.Go(func() { process.apply(t) })
		}
		work.Wait()
		notes := fx.detail(t, s.Case.Number).Notes
		if len(notes) != n {
			t.Errorf("%d notes of %d commands", len(notes), n)
		}
		for i, note := range notes {
			if want := fmt.Sprintf("%d: ring ********", i); note.Body != want || note.Author != socialwatch.SystemActor(crm.Name) {
				t.Errorf("note %d: %+v", i, note)
			}
		}
		says(t, "a note", crm.Answer(t, "k7"), "applied 1 ")
		says(t, "a ping", desk.Answer(t, "k0"), "applied 0 ")
		if err := crm.Insert(t, Ask{Key: "k7", Kind: store.CommandPing}); err != nil {
			t.Error(err)
		}
		fx.apply(t)
		if len(fx.detail(t, s.Case.Number).Notes) != n || count(t, fx, "select count(*) from case_commands") != n+1 {
			t.Error("an old key has a new effect")
		}
	})
}

// TestCommandsMoveCases as people do, under the version that the system saw.
func TestCommandsMoveCases(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		crm := fx.System(t, "crm")
		s := fx.Seed(t, "post", 1)[0]
		ask := func(key, kind string, version int) string {
			return fx.asked(t, crm, Ask{Key: key, Kind: kind, Case: s.Case.Number, Expected: version})
		}
		says(t, "resolve with a draft", ask("k1", store.CommandResolve, 1), "refused 0 its reply")
		fx.supersede(t, s)
		v := fx.detail(t, s.Case.Number).Case.Version
		says(t, "reopen what is open", ask("k2", store.CommandReopen, v), "refused 0 it is new")
		says(t, "resolve", ask("k3", store.CommandResolve, v), fmt.Sprintf("applied %d ", v+1))
		says(t, "stale", ask("k4", store.CommandReopen, v), "refused 0 it has changed since you saw it (case state by system:"+crm.Name)
		says(t, "reopen", ask("k5", store.CommandReopen, v+1), fmt.Sprintf("applied %d ", v+2))
		if c := fx.detail(t, s.Case.Number).Case; c.State != socialwatch.CaseOpen || !c.ResolvedAt.IsZero() {
			t.Errorf("%+v", c)
		}
	})
}

// supersede ends the draft of a case, as intake does.
func (fx Fixture) supersede(t *testing.T, s Seeded) {
	t.Helper()
	c := fx.Changes(t)
	c.Moves = []socialwatch.ReplyMove{{ReplyID: s.Reply.ID, To: socialwatch.ReplySuperseded, Reason: "answered"}}
	fx.MustSave(t, c)
}

// TestBadCommandsAreRefusedInWords, leave nothing behind and hold up nobody.
func TestBadCommandsAreRefusedInWords(t *testing.T) {
	long := strings.Repeat("x", store.NoteMax)
	onBench(t, func(t *testing.T, fx bench) {
		crm := fx.System(t, "crm")
		s := fx.Seed(t, "post", 2)
		a, b := s[0].Case, s[1].Case
		before := dump(t, fx)
		claim := func(data string) Ask {
			return Ask{Kind: store.CommandClaim, Case: a.Number, Expected: 1, Data: data}
		}
		for i, tc := range []struct {
			ask  Ask
			want string
		}{
			{Ask{Kind: "destroy", Case: a.Number}, "there is no such kind"},
			{Ask{Kind: "claim'; drop table cases; --", Case: a.Number}, "there is no such kind"},
			{Ask{Kind: store.CommandNote, Data: `{"text": "x"}`}, "case_id or case_number is missing"},
			{Ask{Kind: store.CommandNote, Case: "K-99999", Data: `{"text": "x"}`}, "there is no case with this case_number"},
			{Ask{Kind: store.CommandNote, CaseID: 1 << 60, Data: `{"text": "x"}`}, "there is no case with this case_id"},
			{Ask{Kind: store.CommandNote, CaseID: a.ID, Case: b.Number, Data: `{"text": "x"}`}, "case_id is of " + a.Number},
			{Ask{Kind: store.CommandClaim, Case: a.Number, Data: `{"reference": "1"}`}, "expected_version is missing"},
			{Ask{Kind: store.CommandResolve, Case: a.Number}, "expected_version is missing"},
			{Ask{Kind: store.CommandNote, Case: a.Number, Expected: 9, Data: `{"text": "x"}`}, "it has changed since you saw it"},
			{Ask{Kind: store.CommandNote, Case: a.Number, Data: `{"text": 7}`}, `the data of note is {"text": "…"}`},
			{Ask{Kind: store.CommandNote, Case: a.Number, Data: `["x"]`}, `the data of note is`},
			{Ask{Kind: store.CommandNote, Case: a.Number, Data: `null`}, `the data of note is`},
			{Ask{Kind: store.CommandNote, Case: a.Number, Data: `"x"`}, `the data of note is`},
			{Ask{Kind: store.CommandNote, Case: a.Number, Data: `{"text": "x", "as": "anna"}`}, `the data of note is`},
			{Ask{Kind: store.CommandNote, Case: a.Number, Data: strings.Repeat("[", 900) + strings.Repeat("]", 900)}, `the data of note is`},
			{Ask{Kind: store.CommandNote, Case: a.Number, Data: `{"text": "` + long + `x"}`}, "a note has 1 to 4000 bytes"},
			{Ask{Kind: store.CommandNote, Case: a.Number, Data: `{"text": "  "}`}, "a note has 1 to 4000 bytes"},
			{Ask{Kind: store.CommandPing, Data: `{"x": 1}`}, "the data of ping is {}"},
			{claim(`{}`), "a reference has 1 to 200 bytes"},
			{claim(`{"reference": "` + strings.Repeat("é", 101) + `"}`), "a reference has 1 to 200 bytes"},
			{claim(`{"reference": "a\nb"}`), "a reference has 1 to 200 bytes"},
			{claim(`{"reference": "a", "system": "another"}`), "the data of claim is"},
			{claim(`{"reference": "a", "url": "http://crm.example"}`), "an address begins with https://"},
			{claim(`{"reference": "a", "url": "javascript:alert(1)"}`), "an address begins with https://"},
			{claim(`{"reference": "a", "url": "https://crm:secret@crm.example"}`), "an address begins with https://"},
			{claim(`{"reference": "a", "url": "https://` + strings.Repeat("x", 1000) + `"}`), "an address begins with https://"},
		} {
			tc.ask.Key = fmt.Sprint("k", i)
			says(t, tc.ask.Kind+" "+tc.ask.Data, fx.asked(t, crm, tc.ask), "refused 0 "+tc.want)
		}
		if after := dump(t, fx); after != before || count(t, fx.Fixture, "select count(*) from notes") != 0 {
			t.Errorf("refused commands left something behind:\n%s\nbefore\n%s", after, before)
		}
	})
}

// TestCommandsAreBoundedAndSealed: what is too big never gets in, and a role can
// neither pass for another nor read, change or delete what is not for it.
func TestCommandsAreBoundedAndSealed(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		crm, desk := fx.System(t, "crm"), fx.System(t, "desk")
		for what, a := range map[string]Ask{
			"key":     {Key: strings.Repeat("k", 201), Kind: store.CommandPing},
			"no key":  {Kind: store.CommandPing},
			"kind":    {Key: "k", Kind: strings.Repeat("k", 41)},
			"no kind": {Key: "k"},
			"number":  {Key: "k", Kind: store.CommandNote, Case: strings.Repeat("k", 101)},
			"data":    {Key: "k", Kind: store.CommandNote, Data: `{"text": "` + strings.Repeat("x", 17000) + `"}`},
			"no JSON": {Key: "k", Kind: store.CommandNote, Data: `{"text": `},
		} {
			if err := crm.Insert(t, a); err == nil {
				t.Errorf("%s: inserted", what)
			}
		}
		if fx.Kind() == store.SQLite {
			return // whoever can open a file may all
		}
		says(t, "ping", fx.asked(t, crm, Ask{Key: "k", Kind: store.CommandPing}), "applied")
		var n int
		if err := desk.QueryRowContext(t.Context(), "select count(*) from case_commands_v1").Scan(&n); err != nil || n != 0 {
			t.Errorf("another system sees %d commands, %v", n, err)
		}
		for _, statement := range []string{
			"insert into case_commands_v1 (key, kind, system) values ('x', 'ping', 'crm')",
			"insert into case_commands_v1 (key, kind, state) values ('x', 'ping', 'applied')",
			"insert into case_commands (key, kind) values ('x', 'ping')",
			"select * from case_commands", "update case_commands_v1 set state = 'waiting'", "delete from case_commands_v1",
			"update counters set value = 0", "insert into events (kind, actor, at, data) values ('x', 'x', now(), '{}')",
			"set role " + desk.Name,
		} {
			if _, err := crm.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	})
}

// TestCommandThatFailsHoldsUpNobody and is refused in the end.
func TestCommandThatFailsHoldsUpNobody(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		crm := fx.System(t, "crm")
		s := fx.Seed(t, "post", 1)[0]
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		if _, err := db.Exec("alter table notes rename to away"); err != nil {
			t.Fatal(err)
		}
		now := Start
		for i, a := range []Ask{{Key: "bad", Kind: store.CommandNote, Case: s.Case.Number, Data: `{"text": "x"}`}, {Key: "good", Kind: store.CommandPing}} {
			if err := crm.Insert(t, a); err != nil {
				t.Fatal(i, err)
			}
		}
		if n, err := fx.ApplyCommands(t.Context(), now, masked); err == nil || n != 2 {
			t.Fatalf("a missing table is no failure: %d, %v", n, err)
		}
		says(t, "the next", crm.Answer(t, "good"), "applied")
		says(t, "the failed one", crm.Answer(t, "bad"), "waiting")
		for tries := 1; strings.HasPrefix(crm.Answer(t, "bad"), "waiting"); tries++ {
			now = now.Add(time.Minute)
			if _, err := fx.ApplyCommands(t.Context(), now, masked); err == nil || tries > 10 {
				t.Fatalf("try %d: %v", tries, err)
			}
		}
		says(t, "in the end", crm.Answer(t, "bad"), "refused 0 it failed again and again on our side")
	})
}

// TestPrivateContactEndsTheWait that a reply of ours began, for the case's owner
// too, and once.
func TestPrivateContactEndsTheWait(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		crm := fx.System(t, "crm")
		s := fx.Seed(t, "post", 1)[0]
		lena := fx.Hire(t, "lena", socialwatch.RoleLead)
		says(t, "claim", fx.asked(t, crm, claimOf(s.Case, "k1")), "applied")
		contact := Ask{Kind: store.CommandPrivateContact, Case: s.Case.Number}
		contact.Key = "k2"
		says(t, "unasked", fx.asked(t, crm, contact), "refused 0 it waits for no private contact")
		TemplateApproved(t, fx.Options, s.Reply.Payload)
		o := outcome(socialwatch.ReplySent)
		o.Handoff = true
		if err := fx.Finish(t.Context(), fx.Sending(t, s.Reply, lena, "w"), o); err != nil {
			t.Fatal(err)
		}
		if d := fx.detail(t, s.Case.Number); d.WaitsFor != socialwatch.WaitsForPrivate {
			t.Fatalf("it waits for %q", d.WaitsFor)
		}
		contact.Key = "k3"
		says(t, "asked", fx.asked(t, crm, contact), "applied")
		contact.Key = "k4"
		says(t, "twice", fx.asked(t, crm, contact), "refused 0 ")
		d := fx.detail(t, s.Case.Number)
		var told int
		for _, e := range fx.Log(t, 0) {
			if e.Kind == socialwatch.EventPrivateReceived && e.Actor == socialwatch.SystemActor(crm.Name) {
				told++
			}
		}
		if d.Case.State != socialwatch.CaseOpen || told != 1 {
			t.Errorf("it is %s, told %d times", d.Case.State, told)
		}
	})
}

// TestClocksOfAnOwnedCaseAreNotOurs, even before they are wound again.
func TestClocksOfAnOwnedCaseAreNotOurs(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		crm := fx.System(t, "crm")
		s := fx.Seed(t, "post", 1)[0]
		fx.Log(t, 0)
		late := Start.Add(time.Hour)
		_, err := fx.KeepTargets(t.Context(), 1000, func(socialwatch.Case, []socialwatch.Rest) []socialwatch.Target {
			return []socialwatch.Target{{Name: socialwatch.Resolution, Since: Start, WarnAt: Start.Add(time.Minute), DueAt: Start.Add(2 * time.Hour)}}
		})
		if err != nil {
			t.Fatal(err)
		}
		says(t, "claim", fx.asked(t, crm, claimOf(s.Case, "k1")), "applied")
		warned, err := fx.WarnTargets(t.Context(), late)
		breached, also := fx.BreachTargets(t.Context(), late.Add(2*time.Hour))
		if err = errors.Join(err, also); err != nil || warned+breached != 0 {
			t.Errorf("%d warned of, %d breached, %v", warned, breached, err)
		}
		says(t, "release", fx.asked(t, crm, Ask{Key: "k2", Kind: store.CommandRelease, Case: s.Case.Number}), "applied")
		if warned, err = fx.WarnTargets(t.Context(), late); err != nil || warned != 1 {
			t.Errorf("of ours %d are warned of, %v", warned, err)
		}
	})
}
