package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/responder"
)

// wind numbers the events and keeps targets, in a calendar that is always open.
func (fx Fixture) wind(t testing.TB, targets responder.Targets) {
	t.Helper()
	fx.Log(t, 0)
	for {
		n, err := fx.KeepTargets(t.Context(), 3, func(c socialwatch.Case, rests []socialwatch.Rest) []socialwatch.Target {
			return targets.Of(c, rests, responder.Calendar{})
		})
		if err != nil {
			t.Fatal(err)
		}
		if n < 3 {
			return
		}
	}
}

// toldOf are the targets that events of a kind are about, in order, with the case.
func toldOf(events []socialwatch.Event, kind string) (list []string) {
	for _, e := range events {
		if e.Kind == kind {
			list = append(list, fmt.Sprint(e.CaseNumber, " ", e.Data["target"]))
		}
	}
	return list
}

// minute is so many minutes after Start.
func minute(n int) time.Time { return Start.Add(time.Duration(n) * time.Minute) }

// due runs the duties of a moment: as serve does.
func (fx Fixture) pass(t testing.TB, at time.Time) {
	t.Helper()
	_, first := fx.Breach(t.Context(), at)
	_, others := fx.BreachTargets(t.Context(), at)
	_, warned := fx.WarnTargets(t.Context(), at)
	if err := errors.Join(first, others, warned); err != nil {
		t.Fatal(err)
	}
}

func TestEachTargetWarnsOnceAndBreachesOnce(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 1)[0] // due four hours after Start, level 3
		targets := responder.DefaultTargets
		fx.wind(t, targets)
		number := s.Case.Number
		for _, step := range []struct {
			at               int
			warned, breached []string
		}{
			{179, nil, nil},
			{180, []string{number + " first_response"}, nil},
			{239, nil, nil},
			{240, nil, []string{number + " first_response"}},
			{18*60 - 1, nil, nil},
			{18 * 60, []string{number + " resolution"}, nil},
			{24 * 60, nil, []string{number + " resolution"}},
			{99 * 60, nil, nil},
		} {
			before := fx.Log(t, 0)
			fx.pass(t, minute(step.at))
			fx.wind(t, targets)
			news := fx.Log(t, before[len(before)-1].Seq)
			if w, b := toldOf(news, socialwatch.EventCaseWarned), toldOf(news, socialwatch.EventCaseBreached); !slices.Equal(w, step.warned) || !slices.Equal(b, step.breached) {
				t.Errorf("after %d minutes: warned of %v, breached %v; want %v and %v", step.at, w, b, step.warned, step.breached)
			}
		}
		d := fx.detail(t, number)
		if d.BreachedAt.IsZero() || d.Case.Version != s.Case.Version+4 {
			t.Errorf("case %+v", d.Case)
		}
	})
}

func TestWhatIsOverdueIsNotWarnedOf(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		fx.Seed(t, "post", 2)
		fx.wind(t, responder.DefaultTargets)
		fx.pass(t, minute(100*60)) // after an outage
		events := fx.Log(t, 0)
		if w, b := toldOf(events, socialwatch.EventCaseWarned), toldOf(events, socialwatch.EventCaseBreached); len(w) != 0 || len(b) != 4 {
			t.Errorf("warned of %v, breached %v", w, b)
		}
	})
}

func TestNextResponseRunsFromTheQuestionAndStandsWhileTheCaseWaits(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0]
		targets := responder.DefaultTargets // level 3: two hours
		if err := fx.Finish(ctx, fx.Sending(t, s.Reply, ana, "w"), outcome(socialwatch.ReplySent)); err != nil {
			t.Fatal(err)
		}
		fx.wind(t, targets)
		d := fx.detail(t, s.Case.Number)
		if !d.Case.AskedAt.IsZero() || d.Case.State != socialwatch.CaseWaiting {
			t.Fatalf("answered: %+v", d.Case)
		}
		if r := target(d, socialwatch.Resolution); r != nil && !r.Stands() {
			t.Errorf("the clock of a case that waits: %+v", r)
		}
		fx.ask(t, d.Case, "again", minute(60))
		fx.wind(t, targets)
		d = fx.detail(t, s.Case.Number)
		next := target(d, socialwatch.NextResponse)
		if next == nil || !next.Since.Equal(minute(60)) || !next.DueAt.Equal(minute(180)) || !next.WarnAt.Equal(minute(150)) {
			t.Fatalf("next response %+v", next)
		}
		// An hour is left when it waits, and when it goes on.
		c := fx.move(t, d.Case, socialwatch.CaseWaiting, ana, minute(120))
		fx.wind(t, targets)
		if next = target(fx.detail(t, c.Number), socialwatch.NextResponse); !next.Stands() {
			t.Errorf("while it waits: %+v", next)
		}
		fx.pass(t, minute(500))
		c = fx.move(t, c, socialwatch.CaseOpen, ana, minute(600))
		fx.wind(t, targets)
		if next = target(fx.detail(t, c.Number), socialwatch.NextResponse); !next.DueAt.Equal(minute(660)) {
			t.Errorf("going on: %+v", next)
		}
		fx.pass(t, minute(660))
		breached := target(fx.detail(t, c.Number), socialwatch.NextResponse)
		if breached.BreachedAt.IsZero() {
			t.Errorf("overdue: %+v", breached)
		}
		// Another calendar or target rewrites no breach.
		targets.Next[2] = 100 * time.Hour
		c = fx.move(t, fx.detail(t, c.Number).Case, socialwatch.CaseWaiting, ana, minute(661))
		c = fx.move(t, c, socialwatch.CaseOpen, ana, minute(662))
		fx.wind(t, targets)
		if next = target(fx.detail(t, c.Number), socialwatch.NextResponse); !next.BreachedAt.Equal(breached.BreachedAt) {
			t.Errorf("rewritten: %+v", next)
		}
		// A logged private answer is a response; the next question has a new clock.
		c = fx.detail(t, c.Number).Case
		w := workOn(c, ana)
		w.At = minute(700)
		c, err := fx.LogAnswer(ctx, w)
		if err != nil || !c.AskedAt.IsZero() {
			t.Fatalf("%+v, %v", c, err)
		}
		fx.ask(t, fx.detail(t, c.Number).Case, "third", minute(710))
		fx.wind(t, targets)
		if next = target(fx.detail(t, c.Number), socialwatch.NextResponse); !next.Since.Equal(minute(710)) || !next.BreachedAt.IsZero() {
			t.Errorf("a new question: %+v", next)
		}
	})
}

// target is one of a case's; nil when it has none of that name.
func target(d store.CaseDetail, name socialwatch.TargetName) *socialwatch.Target {
	for _, one := range d.Targets {
		if one.Name == name {
			return &one
		}
	}
	return nil
}

// ask attaches a post of the customer as intake does.
func (fx Fixture) ask(t testing.TB, c socialwatch.Case, id string, at time.Time) {
	t.Helper()
	m := Mention(id, c.Customer.ID)
	m.CreatedAt, m.Kind = at, socialwatch.KindFollowUp
	from := c.State
	c.State, c.AskedAt, c.UpdatedAt = socialwatch.CaseOpen, at, at
	changes := fx.Changes(t)
	changes.At, changes.Cases = at, []socialwatch.Case{c}
	changes.Entries = []socialwatch.Entry{{Mention: m, Assessment: Assessment(m), CaseID: c.ID}}
	changes.Events = []socialwatch.Event{{Kind: socialwatch.EventMentionAttached, CaseID: c.ID, CaseVersion: c.Version + 1, Data: map[string]any{"post_id": id}},
		{Kind: socialwatch.EventCaseState, CaseID: c.ID, CaseVersion: c.Version + 1, Data: map[string]any{"from": string(from), "to": "open"}}}
	fx.MustSave(t, changes)
}

func (fx Fixture) move(t testing.TB, c socialwatch.Case, to socialwatch.CaseState, by socialwatch.Person, at time.Time) socialwatch.Case {
	t.Helper()
	c, err := fx.SetCaseState(t.Context(), store.CaseMove{Number: c.Number, Version: c.Version, To: to, By: by, At: at})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A post that comes while the reply is on its way is answered by nothing yet.
func TestAnswerOwesWhatCameBehindIt(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0]
		a := fx.Sending(t, s.Reply, ana, "w")
		late := minute(20)
		fx.ask(t, fx.detail(t, s.Case.Number).Case, "late", late)
		if err := fx.Finish(t.Context(), a, outcome(socialwatch.ReplySent)); err != nil {
			t.Fatal(err)
		}
		if c := fx.detail(t, s.Case.Number).Case; !c.AskedAt.Equal(late) || c.RespondedAt.IsZero() {
			t.Errorf("asked at %v, responded at %v", c.AskedAt, c.RespondedAt)
		}
	})
}

func TestPrivateContactEndsTheWaitOrRaisesTheCase(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 4)
		for _, one := range s[:3] {
			o := outcome(socialwatch.ReplySent)
			o.Handoff, o.Post.PostID = true, "ours to "+one.Mention.ID
			if err := fx.Finish(ctx, fx.Sending(t, one.Reply, ana, "w"), o); err != nil {
				t.Fatal(err)
			}
		}
		came := fx.detail(t, s[0].Case.Number)
		if came.WaitsFor != socialwatch.WaitsForPrivate {
			t.Fatalf("waits for %q", came.WaitsFor)
		}
		c, err := fx.PrivateContact(ctx, workOn(came.Case, ana))
		if err != nil || c.State != socialwatch.CaseOpen || c.AskedAt.IsZero() {
			t.Fatalf("%+v, %v", c, err)
		}
		stale := workOn(came.Case, ana)
		for name, w := range map[string]store.CaseWork{"stale": stale, "came already": workOn(c, ana), "never asked": workOn(s[3].Case, ana)} {
			if _, err := fx.PrivateContact(ctx, w); !errors.Is(err, socialwatch.ErrConflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// The second answers in public: it waits no more, and is not raised.
		fx.ask(t, fx.detail(t, s[1].Case.Number).Case, "public", minute(30))
		asked := outcome(socialwatch.ReplySent).At
		for _, step := range []struct {
			at   time.Time
			want int
		}{{asked.Add(24*time.Hour - time.Microsecond), 0}, {asked.Add(24 * time.Hour), 1}, {asked.Add(48 * time.Hour), 0}} {
			if n, err := fx.MissPrivate(ctx, step.at, 24*time.Hour); err != nil || n != step.want {
				t.Errorf("at %v: raised %d, %v", step.at, n, err)
			}
		}
		d := fx.detail(t, s[2].Case.Number)
		if d.Case.State != socialwatch.CaseOpen || !d.Case.Escalated || d.Case.Escalation != socialwatch.EscalationMissed || d.WaitsFor != "" {
			t.Errorf("raised: %+v", d.Case)
		}
		if d.Events[1].Kind != socialwatch.EventPrivateMissed || d.Events[0].Kind != socialwatch.EventCaseState {
			t.Errorf("events %+v", d.Events[:2])
		}
		// Who comes late has come.
		if _, err := fx.PrivateContact(ctx, workOn(d.Case, ana)); err != nil {
			t.Error(err)
		}
	})
}
