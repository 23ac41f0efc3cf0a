package webhook_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"socialwatch"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/simulator/consumer"
	"socialwatch/internal/store"
	"socialwatch/internal/store/storetest"
)

func TestAMessageIsTheEventAndItsCaseSigned(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.desk(t, "help_desk", openedOnly)
		one := r.seed(t, "a", 1)[0]
		r.pass(t)
		r.pass(t)
		took := d.Took()
		if bad := d.Refused(); len(took) != 1 || len(bad) > 0 {
			t.Fatalf("took %+v, refused %q", took, bad)
		}
		m := took[0]
		var p webhook.Payload
		if err := json.Unmarshal([]byte(m.Body), &p); err != nil {
			t.Fatal(err)
		}
		if p.Type != socialwatch.EventCaseOpened || !p.Timestamp.Equal(storetest.Start) || p.Data.Event.Kind != p.Type || *p.Data.Event.CaseID != one.Case.ID {
			t.Errorf("%s", m.Body)
		}
		if c := p.Data.Case; c == nil || c.Number != one.Case.Number || c.FirstPostMasked != one.Mention.Text || c.DueAt == nil || c.RespondedAt != nil || len(c.Tags) != 0 {
			t.Errorf("%s", m.Body)
		}
		if m.Header.Get("Webhook-Timestamp") != strconv.FormatInt(storetest.Start.Unix(), 10) || m.Signatures != 1 ||
			!strings.HasPrefix(m.ID, "msg_") || m.Header.Get("User-Agent") != "socialwatch" {
			t.Errorf("%v", m.Header)
		}
		if !strings.Contains(m.Body, `"tags":[]`) || !strings.Contains(m.Body, `"responded_at":null`) {
			t.Errorf("%s", m.Body)
		}
	})
}

// TestATestIsSignedForTheRealClock: the standard's own check, timestamp too.
func TestATestMessagePassesTheStandardsOwnCheck(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.at = time.Now()
		var secret atomic.Value
		var verified atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			body := make([]byte, q.ContentLength)
			_, _ = q.Body.Read(body)
			wh, err := standardwebhooks.NewWebhook(secret.Load().(string))
			if err == nil {
				err = wh.Verify(body, q.Header)
			}
			if err != nil || !strings.Contains(string(body), `"type":"webhook.test"`) {
				t.Errorf("%v: %s", err, body)
			}
			verified.Add(1)
		}))
		defer server.Close()
		s, err := r.manager.Add(t.Context(), "desk", server.URL, socialwatch.WebhookFilter{}, -1, store.Terminal)
		if err != nil || !strings.HasPrefix(s, "whsec_") {
			t.Fatal(s, err)
		}
		secret.Store(s)
		if err := r.manager.Test(t.Context(), "desk", store.Terminal); err != nil || verified.Load() != 1 {
			t.Error(err, verified.Load())
		}
	})
}

func TestWhileASecretIsRotatedBothSign(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.desk(t, "desk", openedOnly)
		old := r.desk(t, "unrelated", socialwatch.WebhookFilter{Kinds: []string{"incident.*"}})
		_ = old
		r.seed(t, "a", 1)
		r.pass(t)
		fresh, err := r.manager.Rotate(t.Context(), "desk", time.Hour, store.Terminal)
		if err != nil {
			t.Fatal(err)
		}
		r.seed(t, "b", 1)
		r.pass(t) // the desk still trusts the old one alone
		d.Trust(fresh)
		r.seed(t, "c", 1)
		r.pass(t)
		r.later(time.Hour)
		r.seed(t, "d", 1)
		r.pass(t)
		took := d.Took()
		if bad := d.Refused(); len(took) != 4 || len(bad) > 0 {
			t.Fatalf("took %d, refused %q", len(took), bad)
		}
		for i, want := range []int{1, 2, 2, 1} {
			if took[i].Signatures != want {
				t.Errorf("message %d has %d signatures, want %d", i, took[i].Signatures, want)
			}
		}
	})
}

func TestAMessageThatFailsIsTriedAgainInTime(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var target atomic.Int32
		inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { target.Add(1) }))
		defer inside.Close()
		for name, f := range map[string]struct {
			fault consumer.Fault
			error string
			rest  time.Duration // the least
			taken bool          // though no answer came
		}{
			"broken":      {consumer.Fault{Status: 500}, "answered 500", 4 * time.Second, false},
			"limited":     {consumer.Fault{Status: 429, RetryAfter: "77"}, "answered 429", 77 * time.Second, false},
			"until":       {consumer.Fault{Status: 503, RetryAfter: "in 90 s"}, "answered 503", 89 * time.Second, false},
			"forever":     {consumer.Fault{Status: 503, RetryAfter: "99999999999"}, "answered 503", 4 * time.Second, false},
			"redirecting": {consumer.Fault{Status: 307, Location: inside.URL}, "answered 307: redirects are not followed", 4 * time.Second, false},
			"hanging":     {consumer.Fault{Hang: true}, "no answer in time", 4 * time.Second, false},
			"slow":        {consumer.Fault{Delay: 10 * time.Second}, "no answer in time", 4 * time.Second, false},
			"closing":     {consumer.Fault{Lost: true}, "no answer: it closed the connection", 4 * time.Second, true},
			"garbage":     {consumer.Fault{Garbage: true}, "no answer that HTTP knows", 4 * time.Second, false},
			"flooding":    {consumer.Fault{Status: 400, Flood: true}, "answered 400", 4 * time.Second, false},
		} {
			t.Run(name, func(t *testing.T) {
				d := r.desk(t, name, openedOnly)
				defer func() {
					if err := r.RemoveWebhook(t.Context(), name, store.Terminal, r.now()); err != nil {
						t.Error(err)
					}
				}()
				if f.fault.RetryAfter == "in 90 s" {
					f.fault.RetryAfter = r.now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
				}
				d.Behave(func(consumer.Message) consumer.Fault { return f.fault })
				r.seed(t, name, 1)
				patient := r.deliverer.Sender
				if f.error == "no answer in time" {
					r.deliverer.Sender = webhook.NewSender(webhook.Guard{Allow: loopback}, time.Second, r.now)
				}
				r.pass(t)
				r.deliverer.Sender = patient
				h := r.health(t)
				if h.Failures != 1 || h.Error != f.error || h.Pending != 1 {
					t.Fatalf("%+v, want %q", h, f.error)
				}
				if s := h.Error + r.log.String(); strings.Contains(s, "s3cr3t") || strings.Contains(s, "127.0.0.1") {
					t.Errorf("the address or the answer is in %q", s)
				}
				d.Behave(nil)
				r.later(f.rest - time.Second)
				r.pass(t)
				if calls, _ := d.Calls(); calls != 1 {
					t.Errorf("%d calls before it may be tried again", calls)
				}
				r.later(25 * time.Hour)
				r.pass(t)
				if took := d.Took(); len(took) == 0 || f.taken != (len(took) == 2) || f.taken && took[0].ID != took[1].ID || r.health(t).Pending != 0 {
					t.Errorf("took %+v", took)
				}
			})
		}
		if target.Load() != 0 {
			t.Error("a redirect was followed")
		}
	})
}

func TestAfterThreeDaysADeliveryIsDeadAndAPersonBringsItBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.desk(t, "desk", openedOnly)
		d.Behave(func(consumer.Message) consumer.Fault { return consumer.Fault{Status: 500} })
		r.seed(t, "a", 1)
		begin, tries := r.now(), 0
		for range 200 {
			r.pass(t)
			if tries, _ = d.Calls(); r.health(t).Dead == 1 {
				break
			}
			r.later(30 * time.Minute)
		}
		if age := r.now().Sub(begin); tries != 10 || age < 66*time.Hour || age > 90*time.Hour {
			t.Errorf("given up after %d tries and %s", tries, age)
		}
		d.Behave(nil)
		r.later(100 * time.Hour)
		r.pass(t)
		if len(d.Took()) != 0 {
			t.Error("a dead delivery came")
		}
		if n, err := r.Redeliver(t.Context(), store.Redelivery{Name: "desk", By: store.Terminal, At: r.now()}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		r.pass(t)
		if took := d.Took(); len(took) != 1 || r.health(t).Dead != 0 {
			t.Errorf("%+v", took)
		}
	})
}

func TestAnEndpointThatIsGoneIsToldNoMore(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.desk(t, "desk", openedOnly)
		d.Behave(func(consumer.Message) consumer.Fault { return consumer.Fault{Status: 410} })
		r.seed(t, "a", 1)
		r.pass(t)
		r.later(time.Hour)
		r.pass(t)
		if calls, _ := d.Calls(); calls != 1 || r.health(t).State != socialwatch.WebhookDisabled {
			t.Errorf("%d calls, %+v", calls, r.health(t))
		}
	})
}

func TestADeadEndpointCostsOneCallAtATime(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.desk(t, "desk", openedOnly)
		d.Behave(func(consumer.Message) consumer.Fault { return consumer.Fault{Status: 500} })
		r.seed(t, "a", 50)
		for range 60 {
			r.pass(t)
			r.later(10 * time.Second)
		}
		if calls, _ := d.Calls(); calls > 20 {
			t.Errorf("%d calls in ten minutes", calls)
		}
		d.Behave(nil)
		r.later(6 * time.Minute)
		r.pass(t)
		r.later(time.Hour)
		r.pass(t)
		if took := d.Took(); len(took) != 50 || len(d.Disorder()) > 0 {
			t.Errorf("%d arrived, %q", len(took), d.Disorder())
		}
	})
}

func TestASecretThatNoKeyOpensIsSaidAndNothingIsLost(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.desk(t, "desk", openedOnly)
		good := r.deliverer.Keys
		r.deliverer.Keys = noKeys{}
		r.seed(t, "a", 1)
		if err := r.deliverer.Pass(t.Context()); err == nil || !strings.Contains(err.Error(), "the webhook desk") {
			t.Errorf("%v", err)
		}
		r.deliverer.Keys = good
		r.pass(t)
		if took := d.Took(); len(took) != 1 {
			t.Errorf("%+v", took)
		}
	})
}

type noKeys struct{}

func (noKeys) Seal(string, []byte) ([]byte, error) { return nil, errKey }
func (noKeys) Open(string, []byte) ([]byte, error) { return nil, errKey }

var errKey = socialwatch.ErrForbidden
