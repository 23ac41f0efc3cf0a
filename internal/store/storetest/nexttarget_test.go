package storetest

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/migrations"
	"socialwatch/responder"
)

// again attaches a post of the customer with a draft, as intake does.
func (fx Fixture) again(t testing.TB, c socialwatch.Case, id string, at time.Time) {
	t.Helper()
	fx.ask(t, c, "first "+id, at)
	c = fx.detail(t, c.Number).Case
	m := Mention(id, c.Customer.ID)
	m.CreatedAt, m.Kind = at, socialwatch.KindFollowUp
	changes := fx.Changes(t)
	changes.At, changes.Cases = at, []socialwatch.Case{c}
	changes.Entries = []socialwatch.Entry{{Mention: m, Assessment: Assessment(m), CaseID: c.ID, Reply: Draft(m, "We look again.")}}
	changes.Events = []socialwatch.Event{{Kind: socialwatch.EventMentionAttached, CaseID: c.ID, CaseVersion: c.Version + 1, Data: map[string]any{"post_id": id}}}
	fx.MustSave(t, changes)
}

// order are the numbers of cases in the queue and in the list by deadline, and
// the deadline of the first of each.
func (fx Fixture) order(t testing.TB) (queue, cases []string, at [2]time.Time) {
	t.Helper()
	rows, _, err := fx.Queue(t.Context(), store.QueueFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		queue = append(queue, r.CaseNumber)
	}
	due, _, err := fx.Cases(t.Context(), store.CaseFilter{Due: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range due {
		cases = append(cases, r.Case.Number)
	}
	if len(rows) > 0 {
		at[0] = rows[0].NextAt
	}
	if len(due) > 0 {
		at[1] = due[0].NextAt
	}
	return queue, cases, at
}

// Who waits for a second answer stands where the target of that answer says, from
// the first moment to the end of the case.
func TestQueueAndCasesFollowWhatIsDueNext(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		ana := fx.Hire(t, "ana", socialwatch.RoleLead)
		s := fx.Seed(t, "post", 3) // due at minute 240
		fx.set(t, "cases", s[1].Case.ID, "due_at = %s", minute(100))
		fx.set(t, "replies", s[1].Reply.ID, "due_at = %s", minute(100))
		again, soon, late := s[0].Case.Number, s[1].Case.Number, s[2].Case.Number
		if err := fx.Finish(ctx, fx.Sending(t, s[0].Reply, ana, "w"), outcome(socialwatch.ReplySent)); err != nil {
			t.Fatal(err)
		}
		fx.wind(t, responder.DefaultTargets)
		want := func(when string, queue, cases []string, first time.Time) {
			t.Helper()
			q, c, at := fx.order(t)
			if !slices.Equal(q, queue) || !slices.Equal(c, cases) {
				t.Errorf("%s: queue %v and cases %v, want %v and %v", when, q, c, queue, cases)
			}
			if !at[0].Equal(first) || !at[1].Equal(first) {
				t.Errorf("%s: first due %v, want %v", when, at, first)
			}
		}
		want("answered, it waits", []string{soon, late}, []string{soon, late}, minute(100))

		fx.again(t, fx.detail(t, again).Case, "again", minute(20))
		want("not wound yet, as long as the first", []string{soon, late, again}, []string{soon, late}, minute(100))
		fx.wind(t, responder.DefaultTargets) // level 3: two hours
		want("asked again", []string{soon, again, late}, []string{soon, again, late}, minute(100))

		// The next answer's target is what makes it late.
		if _, err := fx.FirstOverdue(ctx, Account, minute(140)); err != nil {
			t.Error(err)
		}
		fx.set(t, "cases", s[1].Case.ID, "due_at = %s", minute(900))
		fx.set(t, "replies", s[1].Reply.ID, "due_at = %s", minute(900))
		if o, err := fx.FirstOverdue(ctx, Account, minute(141)); err != nil || o.CaseNumber != again || !o.DueAt.Equal(minute(140)) {
			t.Errorf("overdue %+v, %v", o, err)
		}
		want("the other has time", []string{again, late, soon}, []string{again, late, soon}, minute(140))
		taken := fx.take(t, store.Taking{By: ana, Now: minute(30)})
		if card, err := fx.Card(ctx, taken); err != nil || card.Case.Number != again || !card.NextAt.Equal(minute(140)) {
			t.Errorf("took %s, due %v, %v", card.Case.Number, card.NextAt, err)
		}

		// While it waits nothing is due; then the clock goes on.
		c := fx.move(t, fx.detail(t, again).Case, socialwatch.CaseWaiting, ana, minute(40))
		fx.wind(t, responder.DefaultTargets)
		want("it waits", []string{late, soon, again}, []string{late, soon}, minute(240))
		rows, _, err := fx.Queue(ctx, store.QueueFilter{})
		if err != nil || !rows[2].NextAt.IsZero() {
			t.Errorf("due %v while it waits, %v", rows[2].NextAt, err)
		}
		fx.move(t, c, socialwatch.CaseOpen, ana, minute(50))
		fx.wind(t, responder.DefaultTargets)
		want("it goes on", []string{again, late, soon}, []string{again, late, soon}, minute(150))

		// Answered in private, it is still to be resolved.
		w := workOn(fx.detail(t, again).Case, ana)
		w.At = minute(60)
		if _, err := fx.LogAnswer(ctx, w); err != nil {
			t.Fatal(err)
		}
		fx.wind(t, responder.DefaultTargets)
		want("answered in private", []string{late, soon, again}, []string{late, soon, again}, minute(240))
		fx.migrateAgain(t)
		want("migrated", []string{late, soon, again}, []string{late, soon, again}, minute(240))
	})
}

// migrateAgain loses what the migration computes and runs its updates.
func (fx bench) migrateAgain(t *testing.T) {
	t.Helper()
	fx.exec(t, "update cases set next_at = null")
	fx.exec(t, "update replies set due_at = opened_at where case_id in (select id from cases where responded_at is not null)")
	text, err := fs.ReadFile(migrations.Files, string(fx.Kind())+"/0028_nexttargets.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range strings.Split(string(text), ";") {
		if i := strings.Index(statement, "update "); i >= 0 && !strings.Contains(statement[:i], "alter ") {
			fx.exec(t, statement[i:])
		}
	}
}

// A case whose customer did not come stands out until they are answered or come.
func TestRaisedCasesStandOutUntilTheCustomerIsAnswered(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		ana := fx.Hire(t, "ana", socialwatch.RoleLead)
		s := fx.Seed(t, "post", 5)
		for i, one := range s[:4] {
			o := outcome(socialwatch.ReplySent)
			o.At = o.At.Add(time.Duration(3-i) * time.Minute) // the first was asked last
			o.Handoff, o.Post.PostID = true, "ours to "+one.Mention.ID
			if err := fx.Finish(ctx, fx.Sending(t, one.Reply, ana, "w"), o); err != nil {
				t.Fatal(err)
			}
		}
		first := outcome(socialwatch.ReplySent).At.Add(24 * time.Hour)
		for i := range 4 { // each at its own time
			if n, err := fx.MissPrivate(ctx, first.Add(time.Duration(i)*time.Minute), 24*time.Hour); err != nil || n != 1 {
				t.Fatalf("raised %d, %v", n, err)
			}
		}
		raised := func(f store.CaseFilter) (all []string) {
			for f.Raised = true; ; {
				rows, next, err := fx.Cases(ctx, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					if r.RaisedAt.IsZero() {
						t.Errorf("%s is listed without its time", r.Case.Number)
					}
					all = append(all, r.Case.Number)
				}
				if f.After = next; next == "" {
					return all
				}
			}
		}
		numbers := func(at ...int) (all []string) {
			for _, i := range at {
				all = append(all, s[i].Case.Number)
			}
			return all
		}
		if got := raised(store.CaseFilter{Limit: 3}); !slices.Equal(got, numbers(3, 2, 1, 0)) {
			t.Errorf("raised %v", got)
		}
		if d := fx.detail(t, s[3].Case.Number); !d.RaisedAt.Equal(first) {
			t.Errorf("raised at %v, want %v", d.RaisedAt, first)
		}
		if got := raised(store.CaseFilter{Accounts: []string{"another"}}); got != nil {
			t.Errorf("of another account %v", got)
		}
		// One comes late, one is answered, one is to wait for something else.
		late := first.Add(time.Hour)
		for i, do := range []func(store.CaseWork) (socialwatch.Case, error){
			func(w store.CaseWork) (socialwatch.Case, error) { return fx.PrivateContact(ctx, w) },
			func(w store.CaseWork) (socialwatch.Case, error) { return fx.LogAnswer(ctx, w) },
			func(w store.CaseWork) (socialwatch.Case, error) {
				return fx.SetCaseState(ctx, store.CaseMove{Number: w.Number, Version: w.Version, To: socialwatch.CaseWaiting, By: w.By, At: w.At})
			},
		} {
			w := workOn(fx.detail(t, s[i].Case.Number).Case, ana)
			w.At = late
			if _, err := do(w); err != nil {
				t.Fatal(err)
			}
			if d := fx.detail(t, s[i].Case.Number); !d.RaisedAt.IsZero() {
				t.Errorf("%d is still raised", i)
			}
		}
		if got := raised(store.CaseFilter{}); !slices.Equal(got, numbers(3)) {
			t.Errorf("raised %v", got)
		}
		// What the answered one asks next is another matter.
		fx.ask(t, fx.detail(t, s[1].Case.Number).Case, "more", late.Add(time.Hour))
		if got := raised(store.CaseFilter{}); !slices.Equal(got, numbers(3)) {
			t.Errorf("after another question %v", got)
		}
	})
}

func TestMergeTakesARaisedCaseAlongAndUndoBringsItBack(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		lea := fx.Hire(t, "lea", socialwatch.RoleLead)
		older, younger := fx.twoOfOne(t)
		fx.set(t, "cases", younger.ID, "state = 'open', raised_at = %s, asked_at = %s", minute(9), minute(9))
		raised := func() (all []string) {
			rows, _, err := fx.Cases(ctx, store.CaseFilter{Raised: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				all = append(all, r.Case.Number)
			}
			return all
		}
		c, err := fx.Merge(ctx, store.Merge{CaseWork: workOn(older, lea), Other: younger.Number, OtherVersion: younger.Version})
		if err != nil {
			t.Fatal(err)
		}
		if got := raised(); !slices.Equal(got, []string{older.Number}) {
			t.Errorf("after the merge %v", got)
		}
		u := store.Unmerge{CaseWork: workOn(younger, lea), IntoVersion: c.Version}
		u.Version++
		if _, err := fx.Unmerge(ctx, u); err != nil {
			t.Fatal(err)
		}
		if got := raised(); !slices.Equal(got, []string{younger.Number}) {
			t.Errorf("after its end %v", got)
		}
	})
}
