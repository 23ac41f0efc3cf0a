package alert_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/alert"
	"socialwatch/internal/jobs"
	"socialwatch/internal/simulator/chat"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// words are the texts of messages with labels as they are.
var words = alert.Words{Base: "https://console.example", Label: func(_, value string) string { return value }}

// rig is an endpoint of one kind on a database.
type rig struct {
	storetest.Fixture
	*chat.Channel
	teller *alert.Teller
	mu     sync.Mutex
	at     time.Time
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

func (r *rig) later(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = r.at.Add(d)
}

// each runs f for both kinds of endpoint on both databases, five hours after
// storetest.Start: what was seeded is an hour late.
func each(t *testing.T, f func(t *testing.T, r *rig)) {
	for _, kind := range []alert.Kind{alert.Slack, alert.Teams} {
		t.Run(string(kind), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, fx storetest.Fixture) { f(t, newRig(t, fx, kind)) })
		})
	}
}

// kinds is each on one database, where only the endpoint matters.
func kinds(t *testing.T, f func(t *testing.T, r *rig)) {
	for _, kind := range []alert.Kind{alert.Slack, alert.Teams} {
		t.Run(string(kind), func(t *testing.T) { f(t, newRig(t, storetest.On(t, dbtest.New(t, store.SQLite)), kind)) })
	}
}

func newRig(t *testing.T, fx storetest.Fixture, kind alert.Kind) *rig {
	t.Helper()
	r := &rig{Fixture: fx, Channel: chat.New(kind == alert.Teams), at: storetest.Start.Add(5 * time.Hour)}
	t.Cleanup(r.Channel.Close)
	r.teller = r.tell(fx, kind, "one")
	r.pass(t) // it is not told the past
	return r
}

// tell is a teller as a process has one.
func (r *rig) tell(fx storetest.Fixture, kind alert.Kind, worker string) *alert.Teller {
	return &alert.Teller{Endpoint: alert.Endpoint{Name: "chat", Kind: kind, URL: r.URL(), On: alert.Topics, Digest: time.Minute},
		Store: fx, Sender: alert.NewSender(time.Minute, r.now), Words: words, Now: r.now,
		Hold: func(ctx context.Context, work func(context.Context) error) error {
			return jobs.Hold(ctx, fx, jobs.Lease{Name: "alert/chat", Holder: worker, TTL: 30 * time.Second, Now: r.now}, work)
		}}
}

func (r *rig) pass(t *testing.T) {
	t.Helper()
	if err := r.teller.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// breach makes n cases overdue now.
func (r *rig) breach(t *testing.T, prefix string, n int) []storetest.Seeded {
	t.Helper()
	seeded := r.Seed(t, prefix, n)
	for more := 1; more > 0; {
		var err error
		if more, err = r.Breach(t.Context(), r.now()); err != nil {
			t.Fatal(err)
		}
	}
	r.Log(t, 0)
	return seeded
}

// want checks the number of messages, and that every payload was a good one.
func (r *rig) want(t *testing.T, n int) []chat.Message {
	t.Helper()
	if bad := r.Refused(); len(bad) > 0 {
		t.Fatalf("the endpoint refused: %q", bad)
	}
	said := r.Said()
	if len(said) != n {
		t.Fatalf("%d messages, want %d: %+v", len(said), n, said)
	}
	return said
}

func TestABreachIsToldWithItsCaseAndNoWordOfTheCustomer(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c := r.breach(t, "a", 1)[0].Case
		r.later(12 * time.Minute)
		r.pass(t)
		m := r.want(t, 1)[0]
		want := "A case is past its target\n• " + c.Number + ": stuck_order, help, level 3, first_response 1 h late"
		if m.Text != want || !slices.Equal(m.Links, []string{"https://console.example/cases/" + c.Number}) {
			t.Errorf("said %q with %v, want %q", m.Text, m.Links, want)
		}
		for _, word := range []string{"100-2233", "has not moved", "by-a", "far.example", "Customer"} {
			if strings.Contains(m.Text+strings.Join(m.Links, " "), word) {
				t.Errorf("a customer's %q in %q", word, m.Text)
			}
		}
		r.later(time.Hour)
		r.pass(t)
		r.want(t, 1)
	})
}

func TestWhatADigestHeldBackIsToldInTime(t *testing.T) {
	kinds(t, func(t *testing.T, r *rig) {
		r.teller.Endpoint.Digest = 2 * time.Hour
		r.breach(t, "a", 1)
		r.pass(t)
		second := r.breach(t, "b", 1)[0].Case // the digest holds it back
		r.later(2*time.Hour + time.Minute)
		r.pass(t)
		if m := r.want(t, 2)[1]; !strings.Contains(m.Text, second.Number) || strings.Contains(m.Text, "Not told in time") {
			t.Errorf("said %q", m.Text)
		}
	})
}

func TestManyBreachesOfAMinuteAreOneMessage(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.breach(t, "a", 1)
		r.pass(t)
		for i := range 3 {
			r.later(15 * time.Second)
			r.breach(t, fmt.Sprint("b", i), 20)
			r.pass(t)
		}
		r.want(t, 1)
		r.later(15 * time.Second)
		r.pass(t)
		m := r.want(t, 2)[1]
		if lines := strings.Split(m.Text, "\n"); len(lines) != 12 || !strings.HasPrefix(m.Text, "60 cases are past") || lines[11] != "• and 50 more" || len(m.Links) != 10 {
			t.Errorf("said %q", m.Text)
		}
	})
}

func TestAfterDowntimeOneMessageSumsUp(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.breach(t, "a", 700)
		if err := r.Stop(t.Context(), "anna", r.now()); err != nil {
			t.Fatal(err)
		}
		r.later(3 * time.Hour)
		fresh := r.breach(t, "b", 1)[0].Case
		r.pass(t)
		m := r.want(t, 1)[0]
		want := "A case is past its target\n• " + fresh.Number + ": stuck_order, help, level 3, first_response 4 h late\n" +
			"Not told in time, since 2 Nov 14:00 UTC\n• cases past their target: 700\n• publishing stopped: 1"
		if m.Text != want {
			t.Errorf("said %q, want %q", m.Text, want)
		}
		r.later(time.Hour)
		r.pass(t)
		r.want(t, 1)
	})
}

func TestAnEndpointThatFailsIsTriedAgain(t *testing.T) {
	for name, f := range map[string]struct {
		fault chat.Fault
		error string
		rest  time.Duration // the least
	}{
		"limited":       {chat.Fault{Status: 429, RetryAfter: "77", Body: "rate_limited"}, "answered 429 rate_limited", 77 * time.Second},
		"limited until": {chat.Fault{Status: 429, RetryAfter: storetest.Start.Add(5*time.Hour + 90*time.Second).Format("Mon, 02 Jan 2006 15:04:05 GMT")}, "answered 429", 89 * time.Second},
		"broken":        {chat.Fault{Status: 500, Body: "<html>s3cr3t-of-the-channel</html>"}, "answered 500", 5 * time.Second},
		"gone":          {chat.Fault{Status: 404, Body: "no_service"}, "answered 404 no_service", 5 * time.Second},
		"workflow":      {chat.Fault{Status: 401, Body: `{"error":{"code":"DirectApiAuthorizationRequired","message":"sig=s3cr3t-of-the-channel"}}`}, "answered 401 DirectApiAuthorizationRequired", 5 * time.Second},
		"moved":         {chat.Fault{Status: 302}, "answered 302", 5 * time.Second},
		"cut":           {chat.Fault{}, "no answer: it closed the connection", 5 * time.Second},
		"slow":          {chat.Fault{Status: 200, Hang: time.Minute}, "no answer in time", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			kinds(t, func(t *testing.T, r *rig) {
				r.breach(t, "a", 1)
				r.Fail(f.fault)
				patient := r.teller.Sender
				if f.fault.Hang > 0 {
					r.teller.Sender = alert.NewSender(time.Second, r.now)
				}
				r.pass(t)
				r.teller.Sender = patient
				state, err := r.Alert(t.Context(), "chat")
				if err != nil || state.Error != f.error || state.Failures != 1 || strings.Contains(state.Error, r.Secret()) {
					t.Fatalf("the state is %+v, want error %q, %v", state, f.error, err)
				}
				if rest := state.NextAt.Sub(r.now()); rest < f.rest || rest > f.rest+10*time.Second {
					t.Errorf("rests %s, want %s", rest, f.rest)
				}
				r.later(state.NextAt.Sub(r.now()) - time.Second)
				r.pass(t)
				r.want(t, 0)
				r.later(time.Second)
				r.pass(t)
				r.want(t, 1)
				if state, err := r.Alert(t.Context(), "chat"); err != nil || state.Failures != 0 || state.Error != "" || state.Messages != 1 {
					t.Errorf("afterwards: %+v, %v", state, err)
				}
			})
		})
	}
}

func TestADeadEndpointRestsLongerEachTime(t *testing.T) {
	kinds(t, func(t *testing.T, r *rig) {
		r.breach(t, "a", 1)
		r.teller.Endpoint.URL = "http://127.0.0.1:1/" + r.Secret() // a port that is given to nobody
		var last time.Duration
		for i := range 9 {
			r.pass(t)
			state, err := r.Alert(t.Context(), "chat")
			if err != nil || state.Failures != i+1 || !strings.HasPrefix(state.Error, "no answer: connection refused") || strings.Contains(state.Error, r.Secret()) {
				t.Fatalf("failure %d: %+v, %v", i+1, state, err)
			}
			last = state.NextAt.Sub(r.now())
			r.later(last)
		}
		if last < 5*time.Minute || last > 10*time.Minute {
			t.Errorf("after nine failures it rests %s", last)
		}
	})
}

// TestKilledAfterTheMessageItComesAgain: at least once means that a lost answer
// or a crash before the note repeats the message, and nothing else does.
func TestKilledAfterTheMessageItComesAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.breach(t, "a", 3)
		r.Fail(chat.Fault{Keep: true})
		r.pass(t)
		r.later(time.Minute)
		r.pass(t)
		r.later(time.Hour)
		r.pass(t)
		said := r.want(t, 2)
		if !slices.Equal(said[0].Links, said[1].Links) {
			t.Errorf("first %v, then %v", said[0].Links, said[1].Links)
		}
	})
}

func TestTwoProcessesTellOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		other := r.tell(storetest.On(t, r.Options), r.teller.Endpoint.Kind, "two")
		for round := range 5 {
			r.breach(t, fmt.Sprint("a", round), 3)
			var wg sync.WaitGroup
			for _, teller := range []*alert.Teller{r.teller, other, r.teller, other} {
				wg.Go(func() {
					if err := teller.Pass(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			r.want(t, round+1)
			r.later(time.Minute)
		}
	})
}

func TestAMessageThatArrivedIsNotedThoughToldToStop(t *testing.T) {
	kinds(t, func(t *testing.T, r *rig) {
		r.breach(t, "a", 1)
		ctx, stop := context.WithCancel(t.Context())
		hold := r.teller.Hold
		r.teller.Hold = func(ctx context.Context, work func(context.Context) error) error {
			return hold(ctx, func(ctx context.Context) error { defer stop(); return work(ctx) })
		}
		if err := r.teller.Pass(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		r.teller.Hold = hold
		r.later(time.Hour)
		r.pass(t)
		r.want(t, 1)
	})
}

func TestAnEndpointHearsOfItsTopicsAndAccounts(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.breach(t, "a", 1)
		if err := r.Stop(t.Context(), "<!channel> & anna", r.now()); err != nil {
			t.Fatal(err)
		}
		for _, account := range []string{"help", "other"} {
			id, err := r.OpenIncident(t.Context(), socialwatch.Incident{Region: account, Accounts: []string{account}, Intent: socialwatch.MissingDelivery,
				Term: "their secret word", Kind: socialwatch.TermName, Severity: socialwatch.Major, BeganAt: r.now(), OpenedAt: r.now()}, nil)
			if err != nil || id == 0 {
				t.Fatal(id, err)
			}
		}
		r.Log(t, 0)
		r.teller.Endpoint.On, r.teller.Endpoint.Accounts = []string{"stopped", "spike"}, []string{"other"}
		r.pass(t)
		m := r.want(t, 1)[0]
		want := "Publishing\n• Publishing: stopped by <!channel> & anna at 14:00 UTC\nSpikes\n• Incident 2: major, missing_delivery, 0 cases, other"
		if m.Text != want || m.Links[1] != "https://console.example/incidents/2" {
			t.Errorf("said %q with %v, want %q", m.Text, m.Links, want)
		}
	})
}

// TestTheLongestMessageFits: Teams takes 28 KB.
func TestTheLongestMessageFits(t *testing.T) {
	kinds(t, func(t *testing.T, r *rig) {
		long := strings.Repeat("o", 64)
		r.teller.Words.Base = "https://" + long + ".example/" + long
		for i := range 12 {
			account := fmt.Sprintf("%s%02d", long[:62], i)
			data := map[string]any{"account": account, "case": "K-1042000", "level": 1, "intent": string(socialwatch.ServiceComplaint), "due_at": r.now()}
			for _, kind := range []string{socialwatch.AlarmUnattended, socialwatch.AlarmPolls} {
				e := socialwatch.Event{Kind: socialwatch.EventUnattended, Actor: socialwatch.System, At: r.now(), Data: data}
				if kind == socialwatch.AlarmPolls {
					e.Kind = socialwatch.EventPollsMissed
				}
				if ok, err := r.RaiseAlarm(t.Context(), socialwatch.Alarm{Kind: kind, Account: account, Since: r.now()}, e); !ok || err != nil {
					t.Fatal(ok, err)
				}
			}
		}
		r.breach(t, "a", 12)
		r.pass(t)
		if m := r.want(t, 1)[0]; strings.Count(m.Text, "and 2 more") != 3 {
			t.Errorf("said %q", m.Text)
		}
	})
}
