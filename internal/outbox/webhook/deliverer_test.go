package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/outbox"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/simulator/consumer"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// run delivers as a program does, until the test or stop ends it.
func (r *rig) run(t *testing.T) (wake chan struct{}, stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	wake = make(chan struct{}, 1)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.deliverer.Run(ctx, wake); err != nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	return wake, stop
}

func TestASlowOrDeadEndpointHarmsNoOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		r := newRig(t, fx, "one", 10*time.Minute) // it hangs for as long as the test takes
		hanging := r.desk(t, "a_hanging", openedOnly)
		hanging.Behave(func(consumer.Message) consumer.Fault { return consumer.Fault{Hang: true} })
		dead := r.desk(t, "b_dead", openedOnly)
		dead.Close()
		good := r.desk(t, "c_good", openedOnly)
		r.seed(t, "a", 300)
		begin := time.Now()
		wake, _ := r.run(t)
		until(t, "the good endpoint has all", func() bool { return len(good.Took()) == 300 })
		t.Logf("300 deliveries in %s beside a hanging and a dead endpoint", time.Since(begin))
		r.seed(t, "b", 1)
		wake <- struct{}{}
		until(t, "news reaches the good endpoint", func() bool { return len(good.Took()) == 301 })
		if calls, most := hanging.Calls(); calls != 8 || most != 8 {
			t.Errorf("the hanging endpoint has %d calls, %d at once, want 8", calls, most)
		}
		hanging.Close() // so that the end need not wait for it
	})
}

func TestTheEndOfTheProgramLetsACallUnderWayEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		r := newRig(t, fx, "one", 20*time.Second)
		d := r.desk(t, "desk", openedOnly)
		d.Behave(func(consumer.Message) consumer.Fault { return consumer.Fault{Delay: 300 * time.Millisecond} })
		r.seed(t, "a", 1)
		_, stop := r.run(t)
		until(t, "the call is under way", func() bool { n, _ := d.Calls(); return n == 1 })
		stop()
		if h := r.health(t); len(d.Took()) != 1 || h.Pending != 0 || h.Failures != 0 {
			t.Errorf("%+v", h)
		}
	})
}

// chaos is a consumer that fails in every way, and never for good.
func chaos(m consumer.Message) consumer.Fault {
	switch rand.N(12) {
	case 0:
		return consumer.Fault{Status: 500}
	case 1:
		return consumer.Fault{Lost: true}
	case 2:
		return consumer.Fault{Garbage: true}
	case 3:
		return consumer.Fault{Delay: time.Duration(rand.N(20)) * time.Millisecond}
	}
	return consumer.Fault{}
}

// hurry is a queue whose failed deliveries are due at once: three days pass in
// seconds, and nothing dies.
type hurry struct{ webhook.Queue }

func (h hurry) EndDelivery(ctx context.Context, e socialwatch.DeliveryEnd) error {
	if !e.Delivered && !e.Back {
		e.Dead, e.NextAt = false, e.At
	}
	return h.Queue.EndDelivery(ctx, e)
}

// program is one process that numbers and delivers, in a hurry, by the real
// clock.
func program(t testing.TB, fx storetest.Fixture, worker string, timeout time.Duration) *webhook.Deliverer {
	sender := webhook.NewSender(webhook.Guard{Allow: loopback}, timeout, time.Now)
	return &webhook.Deliverer{Queue: hurry{fx}, Keys: testKeys(t), Sender: sender, Worker: worker, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// serve runs a program until ctx ends.
func serve(ctx context.Context, d *webhook.Deliverer, fx storetest.Fixture) {
	wake := make(chan struct{}, 1)
	var wg sync.WaitGroup
	wg.Go(func() { _ = d.Run(ctx, wake) })
	sequencer := &outbox.Sequencer{Store: fx}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		_ = sequencer.Pass(ctx)
		select {
		case wake <- struct{}{}:
		default:
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	wg.Wait()
}

// writers open cases and go on with them, n cases each.
func writers(t *testing.T, o store.Options, writers, n int) (stop func()) {
	var wg sync.WaitGroup
	fx := storetest.On(t, o)
	ana := fx.Hire(t, "ana", socialwatch.RoleLead)
	for w := range writers {
		seeded := fx.Seed(t, fmt.Sprintf("w%d", w), n)
		wg.Go(func() {
			for range 6 {
				for _, s := range seeded {
					note := store.NewNote{CaseWork: store.CaseWork{Number: s.Case.Number, By: ana, At: storetest.Start}, Body: "x"}
					if _, err := fx.AddNote(t.Context(), note); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	return wg.Wait
}

// complete checks that a consumer has every event of the log, in order.
func complete(t *testing.T, fx storetest.Fixture, d *consumer.Consumer) {
	t.Helper()
	var want []socialwatch.Event
	until(t, "the consumer has every event", func() bool {
		want = fx.Log(t, 0)
		have := map[int64]bool{}
		for _, m := range d.Took() {
			have[m.Seq] = true
		}
		return len(have) == len(want)
	})
	if bad := d.Disorder(); len(bad) > 0 {
		t.Errorf("%d out of order: %q", len(bad), bad[:min(len(bad), 5)])
	}
	if bad := d.Refused(); len(bad) > 0 {
		t.Errorf("refused: %q", bad[0])
	}
	if t.Failed() {
		return
	}
	took := d.Took()
	again := 0
	for _, m := range took {
		if m.Again {
			again++
		}
	}
	calls, _ := d.Calls()
	t.Logf("%d events, all seen, in order per case; %d calls, %d repeats", len(want), calls, again)
}

func TestTwoDeliverersAtOnceTellEachEventInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		r := newRig(t, fx, "admin", time.Second)
		d := r.desk(t, "desk", socialwatch.WebhookFilter{})
		d.Behave(chaos)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for _, worker := range []string{"one", "two"} {
			other := storetest.On(t, fx.Options)
			wg.Go(func() { serve(ctx, program(t, other, worker, 20*time.Second), other) })
		}
		writers(t, fx.Options, 3, 8)()
		complete(t, fx, d)
		cancel()
		wg.Wait()
	})
}

const childEnv = "SOCIALWATCH_TEST_DELIVERER"

// TestDelivererChild is the process that is killed; in an ordinary run it does
// nothing.
func TestDelivererChild(t *testing.T) {
	js := os.Getenv(childEnv)
	if js == "" {
		return
	}
	var o store.Options
	if err := json.Unmarshal([]byte(js), &o); err != nil {
		t.Fatal(err)
	}
	fx := storetest.On(t, o)
	serve(t.Context(), program(t, fx, fmt.Sprint(os.Getpid()), time.Second), fx) // so that its claims end soon after it does
}

// TestKilledAgainAndAgainEveryEventArrivesInOrder: two processes deliver and
// number, and one after the other is killed with -9 while writers write.
func TestKilledAgainAndAgainEveryEventArrivesInOrder(t *testing.T) {
	kills, cases := 6, 10
	if os.Getenv("SOCIALWATCH_SOAK") == "1" {
		kills, cases = 60, 100
	}
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		fx := storetest.On(t, o)
		r := newRig(t, fx, "admin", time.Second)
		d := r.desk(t, "desk", socialwatch.WebhookFilter{})
		d.Behave(chaos)
		start := func() *exec.Cmd {
			js, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestDelivererChild$")
			cmd.Env = append(os.Environ(), childEnv+"="+string(js))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			return cmd
		}
		children := []*exec.Cmd{start(), start()}
		defer func() {
			for _, c := range children {
				_ = c.Process.Kill()
				_ = c.Wait()
			}
		}()
		wait := writers(t, o, 3, cases)
		for n := range kills {
			before, _ := d.Calls()
			until(t, "calls are made", func() bool {
				now, _ := d.Calls()
				return now > before+10 || n > 0 && len(fx.Log(t, 0)) == len(distinct(d))
			})
			i := n % 2
			_ = children[i].Process.Kill()
			_ = children[i].Wait()
			children[i] = start()
		}
		wait()
		complete(t, fx, d)
	})
}

func distinct(d *consumer.Consumer) map[int64]bool {
	have := map[int64]bool{}
	for _, m := range d.Took() {
		have[m.Seq] = true
	}
	return have
}
