package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"socialwatch"
)

// Queue is what waits for endpoints, in the database. Its claims are leases with
// a fence, so any number of processes may deliver.
type Queue interface {
	// Webhooks returns the active endpoints.
	Webhooks(ctx context.Context) ([]socialwatch.Webhook, error)
	// FanOut makes deliveries of the next events; more says to ask again.
	FanOut(ctx context.Context, webhookID int64, now time.Time) (more bool, err error)
	// ClaimDeliveries gives out deliveries that are due, of each case the first.
	ClaimDeliveries(ctx context.Context, c socialwatch.DeliveryClaim) ([]socialwatch.Letter, error)
	// EndDelivery notes how a call ended; ErrLeaseHeld when the claim is over.
	EndDelivery(ctx context.Context, e socialwatch.DeliveryEnd) error
}

// Deliverer tells all endpoints, each by itself: one that is slow or dead keeps
// no other waiting. All fields are needed.
type Deliverer struct {
	Queue  Queue
	Keys   Keys
	Sender *Sender
	Worker string // unique among processes
	Now    func() time.Time
	Log    *slog.Logger
}

const (
	inFlight  = 8 // calls to one endpoint at once, by one process
	leases    = 4 // a claim lasts as long as so many calls at the most
	noteTime  = 5 * time.Second
	graceTime = 5 * time.Second // for calls under way when the program ends
	idle      = time.Second     // between two looks
	quiet     = time.Minute     // between two errors in the log
)

// Run delivers until ctx ends, then lets calls under way end. It looks each
// second, and at once when wake rings.
func (d *Deliverer) Run(ctx context.Context, wake <-chan struct{}) error {
	f := fleet{deliver: d, running: map[int64]bool{}, told: map[int64]time.Time{}}
	defer f.wait.Wait()
	for {
		hooks, err := d.Queue.Webhooks(ctx)
		f.note(ctx, 0, "all", err)
		for _, w := range hooks {
			f.start(ctx, w)
		}
		timer := time.NewTimer(idle)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// fleet are the endpoints that are being told.
type fleet struct {
	deliver *Deliverer
	wait    sync.WaitGroup
	mu      sync.Mutex
	running map[int64]bool // true: there is news since it began
	told    map[int64]time.Time
}

// start tells an endpoint what there is to tell, unless that goes on already:
// then it is looked at once more.
func (f *fleet) start(ctx context.Context, w socialwatch.Webhook) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, busy := f.running[w.ID]; busy {
		f.running[w.ID] = true
		return
	}
	f.running[w.ID] = false
	f.wait.Go(func() {
		for again := true; again; again = f.again(ctx, w.ID) {
			f.note(ctx, w.ID, w.Name, socialwatch.Guard(func() error { return f.deliver.tell(ctx, w) }))
		}
	})
}

func (f *fleet) again(ctx context.Context, id int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running[id] && ctx.Err() == nil {
		f.running[id] = false
		return true
	}
	delete(f.running, id)
	return false
}

// note logs an error of an endpoint's, once a minute at most.
func (f *fleet) note(ctx context.Context, id int64, name string, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.Sub(f.told[id]) >= quiet {
		f.told[id] = now
		f.deliver.Log.Error("webhook not told", "webhook", name, "err", err)
	}
}

// Pass tells all endpoints what is due, and waits for them. What ctx leaves no
// time for is told by the next pass.
func (d *Deliverer) Pass(ctx context.Context) error {
	hooks, err := d.Queue.Webhooks(ctx)
	if err != nil {
		return err
	}
	errs := make([]error, len(hooks))
	var wg sync.WaitGroup
	for i, w := range hooks {
		wg.Go(func() {
			if err := socialwatch.Guard(func() error { return d.tell(ctx, w) }); err != nil {
				errs[i] = fmt.Errorf("tell the webhook %s: %w", w.Name, err)
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return errors.Join(errs...)
}

// tell tells one endpoint until nothing is due.
func (d *Deliverer) tell(ctx context.Context, w socialwatch.Webhook) error {
	to, err := open(d.Keys, w)
	if err != nil {
		return err
	}
	for {
		for more := true; more; {
			if more, err = d.Queue.FanOut(ctx, w.ID, socialwatch.Micros(d.Now())); err != nil {
				return err
			}
		}
		letters, err := d.Queue.ClaimDeliveries(ctx, socialwatch.DeliveryClaim{WebhookID: w.ID, Version: w.Version, Worker: d.Worker,
			Now: socialwatch.Micros(d.Now()), Lease: leases * d.Sender.timeout, Limit: inFlight})
		if err != nil || len(letters) == 0 {
			return err
		}
		if err := d.sendAll(ctx, w, to, letters); err != nil {
			return err
		}
	}
}

// sendAll makes the calls of a claim, at once.
func (d *Deliverer) sendAll(ctx context.Context, w socialwatch.Webhook, to secrets, letters []socialwatch.Letter) error {
	errs := make([]error, len(letters))
	var wg sync.WaitGroup
	for i, l := range letters {
		wg.Go(func() { errs[i] = socialwatch.Guard(func() error { return d.send(ctx, w, to, l) }) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// faultOurs is what an endpoint's people read of a call that failed by a fault of ours.
const faultOurs = "not sent, by a fault on our side: the log of socialwatch has it"

// send makes one call and notes its end. A fault of ours is one of the call too:
// it is tried again, ever later, and keeps nothing else waiting.
func (d *Deliverer) send(ctx context.Context, w socialwatch.Webhook, to secrets, l socialwatch.Letter) error {
	calling, cancel := grace(ctx)
	defer cancel()
	end := socialwatch.DeliveryEnd{DeliveryID: l.DeliveryID, Attempt: l.Attempt, Back: true}
	var fault error
	// A call must end well before its claim does: of a process that was stopped
	// meanwhile another one has it.
	if ctx.Err() == nil && l.LeaseUntil.Sub(d.Now().Round(0)) > 2*d.Sender.timeout {
		var a answer
		if fault = socialwatch.Guard(func() (err error) { a, err = d.call(calling, w, to, l); return err }); fault != nil {
			a = answer{error: faultOurs}
		}
		if a.error == "" || calling.Err() == nil { // else it was cut off by us
			end = ended(l, a, socialwatch.Micros(d.Now()))
		}
	}
	end.Worker, end.At = d.Worker, socialwatch.Micros(d.Now())
	noting, done := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer done()
	if err := d.Queue.EndDelivery(noting, end); err != nil && !errors.Is(err, socialwatch.ErrLeaseHeld) {
		return errors.Join(fault, err)
	}
	return fault
}

// call writes a letter and calls once.
func (d *Deliverer) call(ctx context.Context, w socialwatch.Webhook, to secrets, l socialwatch.Letter) (answer, error) {
	m, err := letter(w.Ref, l)
	if err != nil {
		return answer{}, err
	}
	return d.Sender.send(ctx, to, m), nil
}

// grace is a context that ends a moment after ctx does.
func grace(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(graceTime)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}
