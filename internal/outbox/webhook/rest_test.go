package webhook_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch/internal/simulator/consumer"
	"socialwatch/internal/store"
)

// TestACallInFlightEndsNoRestThatWasAskedFor: Retry-After of one message holds
// for all, also when another one is taken meanwhile.
func TestACallInFlightEndsNoRestThatWasAskedFor(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.desk(t, "desk", openedOnly)
		var n atomic.Int32
		asked := make(chan struct{})
		d.Behave(func(consumer.Message) consumer.Fault {
			if n.Add(1) == 1 {
				close(asked)
				return consumer.Fault{Status: 429, RetryAfter: "3600"}
			}
			<-asked
			return consumer.Fault{Delay: 100 * time.Millisecond}
		})
		r.seed(t, "a", 2)
		r.pass(t)
		d.Behave(nil)
		before, _ := d.Calls()
		r.seed(t, "b", 1)
		r.later(10 * time.Second)
		r.pass(t)
		if again, _ := d.Calls(); before != 2 || again != before {
			t.Errorf("%d calls, %d after 10 s", before, again)
		}
		r.later(time.Hour)
		r.pass(t)
		if again, _ := d.Calls(); again <= before {
			t.Errorf("no call after the rest")
		}
	})
}

// TestRotatingEndsNoSecretEarly: what cannot sign until its end is refused, and
// says from when on it can.
func TestRotatingEndsNoSecretEarly(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.desk(t, "desk", openedOnly)
		rotate := func(overlap time.Duration) error {
			_, err := r.manager.Rotate(t.Context(), "desk", overlap, store.Terminal)
			return err
		}
		for range 3 {
			if err := rotate(time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if err := rotate(time.Hour); err == nil || !strings.Contains(err.Error(), "rotate after "+r.at.Add(time.Hour).UTC().Format("2006-01-02 15:04")) {
			t.Errorf("a fourth within the overlap: %v", err)
		}
		if err := rotate(0); err != nil {
			t.Errorf("one that ends all others at once: %v", err)
		}
		for range 3 {
			if err := rotate(time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		r.later(time.Hour)
		if err := rotate(time.Hour); err != nil {
			t.Errorf("after they ended: %v", err)
		}
	})
}
