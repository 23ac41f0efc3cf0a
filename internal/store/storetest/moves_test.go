package storetest

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store/dbtest"
)

var allStates = []socialwatch.ReplyState{socialwatch.ReplyProposed, socialwatch.ReplyChecked, socialwatch.ReplyAwaiting,
	socialwatch.ReplyApproved, socialwatch.ReplyHolding, socialwatch.ReplySending, socialwatch.ReplySent,
	socialwatch.ReplyBlocked, socialwatch.ReplyRejected, socialwatch.ReplyWithdrawn, socialwatch.ReplySuperseded,
	socialwatch.ReplyExpired, socialwatch.ReplyCancelled, socialwatch.ReplyFailed, socialwatch.ReplyUnknown}

// bench is a fixture with a way past the store.
type bench struct {
	Fixture
	db *sql.DB
}

// onBench runs f on a bench of each kind of database.
func onBench(t *testing.T, f func(t *testing.T, fx bench)) {
	Each(t, func(t *testing.T, fx Fixture) {
		db := dbtest.Raw(t, fx.Options)
		t.Cleanup(func() { db.Close() })
		f(t, bench{fx, db})
	})
}

// exec runs a statement past the store.
func (fx bench) exec(t testing.TB, query string) {
	t.Helper()
	if _, err := fx.db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

// put forces a reply into a state, past the store, with what the state needs:
// due for whatever may follow at Start plus 20 seconds.
func put(t *testing.T, fx bench, id int64, state socialwatch.ReplyState) {
	t.Helper()
	var post, key, lease, worker = "null", "'key ' || id", "null", ""
	switch state {
	case socialwatch.ReplySent:
		post = "'9050'"
	case socialwatch.ReplySending, socialwatch.ReplyUnknown:
		lease, worker = "(select max(opened_at) from replies)", "w" // Start: it has ended by then
	case socialwatch.ReplyAwaiting, socialwatch.ReplyBlocked:
		key = "null"
	}
	fx.exec(t, fmt.Sprintf(`update replies set state = '%s', post_id = %s, key = %s, worker = '%s', lease_until = %s,
attempt = 1, decided_by = 'lea', hold_until = opened_at, hold_from = opened_at, retry_at = opened_at, look_at = opened_at where id = %d`,
		state, post, key, worker, lease, id))
}

// dump is all that the store holds, as text.
func dump(t *testing.T, fx bench) string {
	t.Helper()
	var b strings.Builder
	for _, table := range []string{"replies", "reply_versions", "attempts", "events", "cases", "settings"} {
		rows, err := fx.db.Query("select * from " + table + " order by 1, 2")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, dest := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				dest[i] = &values[i]
			}
			if err := rows.Scan(dest...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %s\n", table, values)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// move is one method that takes a reply to another state. Nothing is done by
// those that look for what is due and find nothing: quiet.
type move struct {
	to    socialwatch.ReplyState
	by    string                   // who its event names; empty: socialwatch
	at    time.Duration            // after Start
	from  []socialwatch.ReplyState // if fewer than the life of a reply allows
	quiet bool
	stop  bool // publishing is stopped, by hand
	do    func(fx bench, t *testing.T, s Seeded, by socialwatch.Person) error
}

const due = 20 * time.Second

func decision(s Seeded, by socialwatch.Person) socialwatch.Decision {
	return socialwatch.Decision{ReplyID: s.Reply.ID, Hash: s.Reply.Hash, By: by}
}

func attempt(s Seeded) socialwatch.Attempt {
	return socialwatch.Attempt{Reply: s.Reply, N: 1, Worker: "w", LeaseUntil: Start}
}

func outcome(state socialwatch.ReplyState) socialwatch.Outcome {
	o := socialwatch.Outcome{State: state, At: Start.Add(due)}
	switch state {
	case socialwatch.ReplySent:
		o.Post = socialwatch.Published{PostID: "9051", URL: "https://social.example/@help/9051"}
	case socialwatch.ReplyFailed:
		o.RetryAt = o.At
	case socialwatch.ReplyUnknown:
		o.LookAt = o.At
	}
	return o
}

func moves() map[string]move {
	one := func(s ...socialwatch.ReplyState) []socialwatch.ReplyState { return s }
	m := map[string]move{
		"Reject": {by: "lea", to: socialwatch.ReplyRejected, do: func(fx bench, t *testing.T, s Seeded, by socialwatch.Person) error {
			d := decision(s, by)
			d.Reason = "wrong_tone"
			_, err := fx.Reject(t.Context(), d, Start)
			return err
		}},
		"Undo": {by: "lea", to: socialwatch.ReplyCancelled, do: func(fx bench, t *testing.T, s Seeded, by socialwatch.Person) error {
			_, err := fx.Undo(t.Context(), decision(s, by), Start)
			return err
		}},
		"Withdraw": {by: "lea", to: socialwatch.ReplyWithdrawn, from: one(socialwatch.ReplyAwaiting, socialwatch.ReplyApproved,
			socialwatch.ReplyHolding, socialwatch.ReplyBlocked, socialwatch.ReplyFailed), do: func(fx bench, t *testing.T, s Seeded, by socialwatch.Person) error {
			_, err := fx.Withdraw(t.Context(), decision(s, by), Start)
			return err
		}},
		"Block": {to: socialwatch.ReplyBlocked, do: func(fx bench, t *testing.T, s Seeded, _ socialwatch.Person) error {
			return fx.Block(t.Context(), s.Reply.ID, []socialwatch.Finding{{Rule: "r", Blocks: true}}, "test", Start)
		}},
		"Save": {to: socialwatch.ReplySuperseded, do: func(fx bench, t *testing.T, s Seeded, _ socialwatch.Person) error {
			c := fx.Changes(t)
			c.Moves = []socialwatch.ReplyMove{{ReplyID: s.Reply.ID, To: socialwatch.ReplySuperseded, Reason: "moved on"}}
			return fx.Save(t.Context(), c)
		}},
		"Supersede": {to: socialwatch.ReplySuperseded, do: func(fx bench, t *testing.T, s Seeded, _ socialwatch.Person) error {
			return fx.Supersede(t.Context(), s.Reply.ID, "the thread has moved", Start)
		}},
		"Expire": {at: 25 * time.Hour, to: socialwatch.ReplyExpired, quiet: true, do: func(fx bench, t *testing.T, _ Seeded, _ socialwatch.Person) error {
			_, err := fx.Expire(t.Context(), Start.Add(25*time.Hour))
			return err
		}},
		"Claim": {at: due, to: socialwatch.ReplySending, do: func(fx bench, t *testing.T, s Seeded, _ socialwatch.Person) error {
			_, err := fx.Claim(t.Context(), Claimable(s.Reply, "w"))
			return err
		}},
		"ExpireLeases": {at: due, to: socialwatch.ReplyUnknown, quiet: true, do: func(fx bench, t *testing.T, _ Seeded, _ socialwatch.Person) error {
			_, err := fx.ExpireLeases(t.Context(), Start.Add(due), time.Second)
			return err
		}},
	}
	for name, state := range map[string]socialwatch.ReplyState{"sent": socialwatch.ReplySent,
		"failed": socialwatch.ReplyFailed, "unknown": socialwatch.ReplyUnknown} {
		m["Finish "+name] = move{at: due, to: state, from: one(socialwatch.ReplySending),
			do: func(fx bench, t *testing.T, s Seeded, _ socialwatch.Person) error {
				return fx.Finish(t.Context(), attempt(s), outcome(state))
			}}
		if state == socialwatch.ReplyUnknown {
			continue
		}
		m["Settle "+name] = move{by: "lea", at: due, to: state, from: one(socialwatch.ReplyUnknown),
			do: func(fx bench, t *testing.T, s Seeded, by socialwatch.Person) error {
				o := outcome(state)
				_, err := fx.Settle(t.Context(), socialwatch.Settlement{ReplyID: s.Reply.ID, By: by, Attempt: 1, Post: o.Post,
					Absent: state == socialwatch.ReplyFailed, At: o.At})
				return err
			}}
	}
	m["FinishLook"] = move{at: due, to: socialwatch.ReplySent, from: one(socialwatch.ReplyUnknown),
		do: func(fx bench, t *testing.T, s Seeded, _ socialwatch.Person) error {
			return fx.FinishLook(t.Context(), attempt(s), outcome(socialwatch.ReplySent))
		}}
	return m
}

// stopAndGo are the moves that the switch makes, and those of an approval,
// which passes through a state.
func stopAndGo() map[string]move {
	one := func(s ...socialwatch.ReplyState) []socialwatch.ReplyState { return s }
	return map[string]move{
		"Approve": {by: "lea", to: socialwatch.ReplyHolding, from: one(socialwatch.ReplyAwaiting),
			do: func(fx bench, t *testing.T, s Seeded, by socialwatch.Person) error {
				_, err := fx.Approve(t.Context(), Yes(s.Reply, by))
				return err
			}},
		"Approve under Stop": {by: "lea", stop: true, to: socialwatch.ReplyApproved, from: one(socialwatch.ReplyAwaiting),
			do: func(fx bench, t *testing.T, s Seeded, by socialwatch.Person) error {
				_, err := fx.Approve(t.Context(), Yes(s.Reply, by))
				return err
			}},
		"Stop": {by: "lea", stop: true, to: socialwatch.ReplyApproved, from: one(socialwatch.ReplyHolding), quiet: true,
			do: func(fx bench, t *testing.T, _ Seeded, _ socialwatch.Person) error {
				return fx.Stop(t.Context(), "lea", Start)
			}},
		"Resume": {by: "lea", stop: true, to: socialwatch.ReplyHolding, from: one(socialwatch.ReplyApproved), quiet: true,
			do: func(fx bench, t *testing.T, _ Seeded, by socialwatch.Person) error {
				return fx.Resume(t.Context(), by, Start, due)
			}},
		"Revise": {to: socialwatch.ReplyAwaiting, from: one(socialwatch.ReplyAwaiting, socialwatch.ReplyBlocked),
			do: func(fx bench, t *testing.T, s Seeded, by socialwatch.Person) error {
				_, err := fx.Revise(t.Context(), Edit(s, by, "Sorry."))
				return err
			}},
		"Revise with words that block": {to: socialwatch.ReplyBlocked, from: one(socialwatch.ReplyAwaiting, socialwatch.ReplyBlocked),
			do: func(fx bench, t *testing.T, s Seeded, by socialwatch.Person) error {
				e := Edit(s, by, "Send us your card number.")
				e.Findings = []socialwatch.Finding{{Rule: "r", Blocks: true}}
				_, err := fx.Revise(t.Context(), e)
				return err
			}},
		"Revise and approve": {by: "lea", to: socialwatch.ReplyHolding, from: one(socialwatch.ReplyAwaiting, socialwatch.ReplyBlocked),
			do: func(fx bench, t *testing.T, s Seeded, by socialwatch.Person) error {
				e := Edit(s, by, "Sorry.")
				a := Yes(s.Reply, by)
				a.Hash = e.Payload.Hash()
				e.Approval = &a
				_, err := fx.Revise(t.Context(), e)
				return err
			}},
	}
}

// stopByHand writes the row that stops publishing, as an operator with the
// database's password alone would.
func stopByHand(t *testing.T, fx bench) {
	t.Helper()
	fx.exec(t, `insert into settings (name, value, actor, at)
select 'stop', '', 'operator', max(opened_at) from replies where not exists (select 1 from settings)`)
}

func TestRepliesMoveOnlyAsTheirLifeAllows(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		by := fx.Hire(t, "lea", socialwatch.RoleLead)
		all := moves()
		maps.Copy(all, stopAndGo())
		n, made := 0, steps{}
		for name, m := range all {
			for _, from := range allStates {
				t.Run(fmt.Sprintf("%s of %s", name, from), func(t *testing.T) {
					n++
					made.add(tryMove(t, fx, by, fmt.Sprintf("p%d", n), m, from))
				})
			}
		}
		for _, from := range allStates { // no batch of intake makes a move of its own
			for _, to := range allStates {
				t.Run(fmt.Sprintf("Save of %s to %s", from, to), func(t *testing.T) {
					n++
					made.add(trySave(t, fx, fmt.Sprintf("p%d", n), from, to))
				})
			}
		}
		made.judge(t)
		t.Logf("%d tries", n)
	})
}

// told are the reply's events since it was drafted.
func told(t *testing.T, fx bench, s Seeded) []socialwatch.Event {
	t.Helper()
	card, err := fx.Card(t.Context(), s.Reply.ID)
	if err != nil {
		t.Fatal(err)
	}
	events := slices.DeleteFunc(card.Events, func(e socialwatch.Event) bool { return !strings.HasPrefix(e.Kind, "reply.") })
	return events[3:] // the draft's own way: proposed, checked, awaiting
}

// tryMove makes a move and returns the events that it wrote.
func tryMove(t *testing.T, fx bench, by socialwatch.Person, prefix string, m move, from socialwatch.ReplyState) []socialwatch.Event {
	t.Cleanup(func() { clear(t, fx) })
	s := fx.Seed(t, prefix, 1)[0]
	put(t, fx, s.Reply.ID, from)
	if m.stop {
		stopByHand(t, fx)
	}
	if m.from == nil {
		m.from = socialwatch.Before(m.to)
	}
	before := dump(t, fx)
	err := m.do(fx, t, s, by)
	rc, readErr := fx.Context(t.Context(), s.Reply.ID)
	if readErr != nil {
		t.Fatal(readErr)
	}
	got := rc.Reply.State
	switch {
	case slices.Contains(m.from, from):
		if err != nil || got != m.to {
			t.Fatalf("is %s, want %s: %v", got, m.to, err)
		}
		if !from.May(got) && !(from == socialwatch.ReplyAwaiting || from == socialwatch.ReplyBlocked) {
			t.Errorf("the life of a reply has no such move")
		}
		wantEvent(t, fx, s, from, m)
	case m.quiet:
		if err != nil || got != from || !m.stop && dump(t, fx) != before {
			t.Errorf("is %s: %v", got, err)
		}
	default:
		if !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("refused by %v", err)
		}
		if after := dump(t, fx); after != before {
			t.Errorf("a refused move has changed something:\nbefore\n%s\nafter\n%s", before, after)
		}
		if got != from {
			t.Errorf("is %s", got)
		}
	}
	return told(t, fx, s)
}

// wantEvent checks that the last event of the reply tells the move, who made it
// and when, and that the first one since seeding begins where the reply was.
func wantEvent(t *testing.T, fx bench, s Seeded, from socialwatch.ReplyState, m move) {
	t.Helper()
	card, err := fx.Card(t.Context(), s.Reply.ID)
	if err != nil {
		t.Fatal(err)
	}
	to, actor, events := m.to, cmp.Or(m.by, socialwatch.System), told(t, fx, s)
	if len(events) == 0 {
		t.Fatal("no event")
	}
	first, last := events[0], events[len(events)-1]
	if first.Data["from"] != string(from) || last.Kind != "reply."+string(to) || last.Data["to"] != string(to) ||
		last.CaseVersion != card.Case.Version || last.Data["hash"] != card.Reply.Hash || last.Actor != actor || !last.At.Equal(Start.Add(m.at)) {
		t.Errorf("events %+v", events)
	}
	for i := 1; i < len(events); i++ {
		if events[i].Data["from"] != events[i-1].Data["to"] {
			t.Errorf("events do not follow each other: %+v", events)
		}
	}
}

// clear empties the store of what moves left.
func clear(t *testing.T, fx bench) {
	for _, table := range []string{"settings", "attempts", "reply_versions", "replies", "events", "mention_revisions", "mentions", "cases"} {
		fx.exec(t, "delete from "+table)
	}
}
