package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// robot is a system as who works on cases.
var robot = socialwatch.Person{Login: socialwatch.SystemActor("robot")}

// token stores a system's token and returns its id.
func (fx Fixture) token(t *testing.T) int64 {
	t.Helper()
	if err := fx.AddToken(t.Context(), store.NewToken{Name: "robot", Hash: "h", CreatedAt: Start}); err != nil {
		t.Fatal(err)
	}
	all, err := fx.Tokens(t.Context(), nil)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	return all[0].ID
}

// begin claims the key of a request that nobody has.
func (fx Fixture) begin(t *testing.T, r store.Request) store.Request {
	t.Helper()
	r, _, again, err := fx.Begin(t.Context(), r)
	if err != nil || again {
		t.Fatalf("again %t, %v", again, err)
	}
	return r
}

// putOff is a system's work on a case.
func putOff(c socialwatch.Case, at time.Time) store.Snooze {
	return store.Snooze{CaseWork: store.CaseWork{Number: c.Number, Version: c.Version, By: robot, At: at}}
}

func TestAKeyIsOneRequestForADay(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		r := store.Request{TokenID: fx.token(t), Key: "k", Hash: "a", At: Start}
		first := fx.begin(t, r)
		if _, _, _, err := fx.Begin(t.Context(), r); !errors.Is(err, store.ErrKeyBusy) {
			t.Errorf("at the same time: %v", err)
		}
		other := r
		other.Hash = "b"
		if _, _, _, err := fx.Begin(t.Context(), other); !errors.Is(err, store.ErrKeyUsed) {
			t.Errorf("another request: %v", err)
		}
		if err := fx.Keep(t.Context(), first, store.Answer{Status: 200, Body: []byte("yes")}); err != nil {
			t.Fatal(err)
		}
		r.At = Start.Add(store.RequestKept - time.Second)
		if _, was, again, err := fx.Begin(t.Context(), r); err != nil || !again || was.Status != 200 || string(was.Body) != "yes" {
			t.Errorf("within the day: %+v, %t, %v", was, again, err)
		}
		other.At = Start.Add(store.RequestKept)
		fx.begin(t, other)
		if err := fx.DropRequests(t.Context(), other.At.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if n := count(t, fx, "select count(*) from requests"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

func TestAFreedKeyMayBeUsedAnew(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		r := store.Request{TokenID: fx.token(t), Key: "k", Hash: "a", At: Start}
		late := fx.begin(t, r)
		if err := fx.Free(t.Context(), late, store.Answer{Status: 409}); err != nil {
			t.Fatal(err)
		}
		r.Hash = "b"
		second := fx.begin(t, r)
		c := fx.Seed(t, "post", 1)[0].Case
		if _, err := fx.Snooze(store.Once(t.Context(), late), putOff(c, Start)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("the call that had given the key back: %v", err)
		}
		if _, err := fx.Snooze(store.Once(t.Context(), second), putOff(c, Start)); err != nil {
			t.Error(err)
		}
	})
}

// A process that dies between the effect and the answer leaves a key that says
// so, and one that dies before the effect leaves a key that is taken over.
func TestOfAllCallsWithOneKeyOneHasAnEffect(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Seed(t, "post", 1)[0].Case
		r := store.Request{TokenID: fx.token(t), Key: "k", Hash: "a", At: Start}
		slow := fx.begin(t, r)
		r.At = Start.Add(store.RequestBusy)
		second := fx.begin(t, r)
		if _, err := fx.Snooze(store.Once(t.Context(), slow), putOff(c, Start)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("the call that was taken over: %v", err)
		}
		if d := fx.detail(t, c.Number); d.Case.Version != c.Version {
			t.Error("it had an effect")
		}
		if err := fx.Keep(t.Context(), slow, store.Answer{Status: 409}); err != nil {
			t.Fatal(err)
		}
		if _, err := fx.Snooze(store.Once(t.Context(), second), putOff(c, Start)); err != nil {
			t.Fatal(err)
		}
		for _, a := range []store.Answer{{}, {Status: 409}} { // of what has had an effect the key stays
			if err := fx.Free(t.Context(), second, a); err != nil {
				t.Fatal(err)
			}
			if _, was, again, err := fx.Begin(t.Context(), r); err != nil || !again || was.Status != a.Status {
				t.Errorf("freed with %+v: %+v, %t, %v", a, was, again, err)
			}
		}
		d := fx.detail(t, c.Number)
		if d.Case.Version != c.Version+1 || d.Events[0].Actor != "system:robot" {
			t.Errorf("version %d, by %s", d.Case.Version, d.Events[0].Actor)
		}
	})
}

func TestKeptAnswersGoWithTheirTokenAndWithWhatIsErased(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		id := fx.token(t)
		r := fx.begin(t, store.Request{TokenID: id, Key: "k", Hash: "a", At: Start})
		if err := fx.Keep(t.Context(), r, store.Answer{Status: 200, Body: []byte("@" + s.Mention.Author.Handle)}); err != nil {
			t.Fatal(err)
		}
		c := fx.Changes(t)
		c.Gone = []string{s.Mention.ID}
		fx.MustSave(t, c)
		if n := count(t, fx, "select count(*) from requests where body is not null"); n != 0 {
			t.Error("an answer with what is erased is still kept")
		}
		if err := fx.RevokeToken(t.Context(), id, socialwatch.System, Start); err != nil {
			t.Fatal(err)
		}
		if n := count(t, fx, "select count(*) from requests"); n != 0 {
			t.Error("a key of a token that is no more")
		}
	})
}

// TestAnAnswerThatWasReadBeforeAnErasureIsNotKept: one that is on its way when
// something is erased may hold the words.
func TestAnAnswerThatWasReadBeforeAnErasureIsNotKept(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s, id := fx.Seed(t, "post", 2), fx.token(t)
		words := store.Answer{Status: 200, Body: []byte("@" + s[0].Mention.Author.Handle)}
		gone := func() {
			c := fx.Changes(t)
			c.Gone = []string{s[0].Mention.ID}
			fx.MustSave(t, c)
		}
		person := func() {
			of := socialwatch.Subject{Network: s[0].Mention.Network, Host: Host, ID: s[0].Mention.Author.ID}
			if _, err := fx.ErasePerson(t.Context(), socialwatch.Erasure{Subject: of, Actor: "terminal:test", Note: "letter of Monday", At: Start.Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
		for i, erase := range []func(){person, gone} {
			version := fx.detail(t, s[1].Case.Number).Case
			for j, end := range []func(context.Context, store.Request, store.Answer) error{fx.Keep, fx.Free} {
				done := store.Request{TokenID: id, Key: fmt.Sprint("done", i, j), Hash: "a", At: Start}
				idle := store.Request{TokenID: id, Key: fmt.Sprint("idle", i, j), Hash: "a", At: Start}
				effect, none := fx.begin(t, done), fx.begin(t, idle)
				c, err := fx.Snooze(store.Once(t.Context(), effect), putOff(version, Start.Add(time.Duration(2*i+j)*time.Second)))
				if err != nil {
					t.Fatal(err)
				}
				if version = c; j == 0 {
					erase()
				} else {
					gone()
				}
				for _, r := range []store.Request{effect, none} {
					if err := end(t.Context(), r, words); err != nil {
						t.Fatal(err)
					}
				}
				if n := count(t, fx, "select count(*) from requests where body is not null"); n != 0 {
					t.Errorf("%d, %d: an answer with what is erased was kept", i, j)
				}
				if _, was, again, err := fx.Begin(t.Context(), done); err != nil || !again || was.Status != 0 {
					t.Errorf("what has had its effect: %+v, %t, %v", was, again, err)
				}
				fx.begin(t, idle) // free for another try
			}
		}
		after := fx.begin(t, store.Request{TokenID: id, Key: "after", Hash: "a", At: Start})
		if err := fx.Keep(t.Context(), after, words); err != nil || count(t, fx, "select count(*) from requests where body is not null") != 1 {
			t.Errorf("an answer of afterwards: %v", err)
		}
	})
}

func TestSystemsWorkOnCasesAndDecideNothing(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		bo := fx.Hire(t, "bo", socialwatch.RoleApprover)
		w := store.CaseWork{Number: s.Case.Number, Version: s.Case.Version, By: robot, At: Start}
		c, err := fx.Assign(t.Context(), store.Assignment{CaseWork: w, Login: &bo.Login})
		if err != nil || c.Assignee != "bo" {
			t.Fatal(c.Assignee, err)
		}
		w.Version = c.Version
		nobody := robot.Login
		if _, err := fx.Assign(t.Context(), store.Assignment{CaseWork: w, Login: &nobody}); err == nil {
			t.Error("a case was given to a system, which is no person")
		}
		if _, err := fx.AddNote(t.Context(), store.NewNote{CaseWork: w, Body: "Sent again."}); err != nil {
			t.Error(err)
		}
		if _, err := fx.SetCaseState(t.Context(), store.CaseMove{Number: s.Case.Number, Version: w.Version, To: socialwatch.CaseOpen, By: robot, At: Start}); err != nil {
			t.Error(err)
		}
		d := socialwatch.Decision{ReplyID: s.Reply.ID, Hash: s.Reply.Hash, By: robot, Reason: "wrong_tone"}
		if _, err := fx.Reject(t.Context(), d, Start); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("reject: %v", err)
		}
		if _, err := fx.Withdraw(t.Context(), d, Start); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("withdraw: %v", err)
		}
		if _, err := fx.AddPerson(t.Context(), socialwatch.Person{Login: robot.Login, Name: "R"}, "", Start); err == nil {
			t.Error("a person has the login of a system")
		}
	})
}

// A filter that matches nothing for long gets on all the same.
func TestFilteredFeedGetsOn(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Changes(t)
		for range 2*store.PageMax + 3 {
			c.Events = append(c.Events, socialwatch.Event{Kind: "noise", Actor: "a", At: Start})
		}
		c.Events = append(c.Events, socialwatch.Event{Kind: "news", Actor: "a", At: Start})
		fx.MustSave(t, c)
		last := fx.Log(t, 0)
		f := store.FeedFilter{Kinds: []string{"news"}}
		var seen []socialwatch.Event
		for turns := 1; ; turns++ {
			events, next, err := fx.Feed(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, events...)
			if next == f.After {
				break
			}
			if f.After = next; turns > 3 {
				t.Fatalf("at %d after %d turns", next, turns)
			}
		}
		if len(seen) != 1 || seen[0].Kind != "news" || f.After < seen[0].Seq || len(last) == 0 {
			t.Errorf("%d events, at %d", len(seen), f.After)
		}
	})
}

func TestFeedBellRingsOnceEventsAreNumbered(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		listener := fx
		if fx.Kind() == store.Postgres {
			listener = On(t, fx.Options) // another process
		}
		bell, err := listener.FeedBell(ctx)
		if err != nil {
			t.Fatal(err)
		}
		fx.Seed(t, "post", 1)
		if n, err := fx.Number(ctx, 100); err != nil || n == 0 {
			t.Fatal(n, err)
		}
		select {
		case <-bell:
		case <-ctx.Done():
			t.Fatal("the bell did not ring")
		}
		if n, err := fx.Number(ctx, 100); err != nil || n != 0 {
			t.Fatal(n, err)
		}
		select {
		case <-bell:
			t.Error("rang though nothing was numbered")
		default:
		}
	})
}
