package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/store"
)

// faulty is a queue with a fault of ours.
type faulty struct {
	webhook.Queue
	garbage, panics bool
}

func (f *faulty) ClaimDeliveries(ctx context.Context, c socialwatch.DeliveryClaim) ([]socialwatch.Letter, error) {
	letters, err := f.Queue.ClaimDeliveries(ctx, c)
	for i := range letters {
		if f.garbage {
			letters[i].Event.Data = json.RawMessage("{")
		}
	}
	return letters, err
}

func (f *faulty) EndDelivery(ctx context.Context, e socialwatch.DeliveryEnd) error {
	if f.panics {
		panic(errors.New("it ends nothing"))
	}
	return f.Queue.EndDelivery(ctx, e)
}

// TestAFaultOfOursIsOneOfTheCall and no more: the program lives, the log has it,
// and the call is made again, later.
func TestAFaultOfOursIsOneOfTheCall(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.desk(t, "desk", openedOnly)
		r.seed(t, "a", 2)
		sick := false
		clock := func() time.Time {
			if sick {
				panic(errors.New("the clock stands"))
			}
			return r.now()
		}
		queue := &faulty{Queue: r.Fixture}
		r.deliverer.Queue, r.deliverer.Sender = queue, webhook.NewSender(webhook.Guard{Allow: loopback}, 20*time.Second, clock)
		fails := func(why string) {
			t.Helper()
			if err := r.deliverer.Pass(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "tell the webhook desk: ") || !strings.Contains(err.Error(), why) {
				t.Errorf("want %q: %v", why, err)
			}
		}
		tries := func(n int, wait time.Duration) {
			t.Helper()
			all, _, err := r.Deliveries(t.Context(), store.DeliveryFilter{WebhookID: r.health(t).ID, State: socialwatch.DeliveryPending})
			if err != nil || len(all) != 2 {
				t.Fatalf("%d wait, %v", len(all), err)
			}
			for _, one := range all {
				rest := one.NextAt.Sub(r.now())
				if one.Tries != n || rest < wait*9/10 || rest > wait*11/10 || !strings.HasPrefix(one.Error, "not sent, by a fault on our side") {
					t.Errorf("want %d tries and %s: %+v", n, wait, one)
				}
			}
		}
		sick = true
		fails("panic: the clock stands")
		tries(1, 5*time.Second)
		r.pass(t) // nothing is due
		r.later(6 * time.Second)
		sick, queue.garbage = false, true
		fails("write the event")
		tries(2, 5*time.Minute)
		r.later(6 * time.Minute)
		queue.garbage, queue.panics = false, true
		fails("panic: it ends nothing") // after the calls
		r.later(6 * time.Minute)
		queue.panics = false
		r.pass(t)
		if h := r.health(t); h.Pending != 0 || len(d.Took()) < 2 {
			t.Errorf("%+v, took %d", h, len(d.Took()))
		}
	})
}

// TestAFaultOfOursIsLogged where the program runs.
func TestAFaultOfOursIsLogged(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.desk(t, "desk", openedOnly)
		r.seed(t, "a", 1)
		r.deliverer.Queue = &faulty{Queue: r.Fixture, garbage: true}
		_, stop := r.run(t)
		defer stop()
		until(t, "the log has it", func() bool {
			log := r.log.String()
			return strings.Contains(log, "webhook=desk") && strings.Contains(log, "write the event")
		})
	})
}
