// Package alert tells people who are elsewhere: it writes what happens into
// channels of Slack and Teams, and watches for what needs somebody at once.
//
// Messages name cases by number, intent, account and level and lead into the
// console. They hold nothing that a customer has written or goes by.
package alert

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"socialwatch"
)

// Kind is how an endpoint wants its messages.
type Kind string

// Kinds of endpoint.
const (
	Slack Kind = "slack" // an incoming webhook of Slack, and of what takes the same
	Teams Kind = "teams" // a workflow of Teams that posts an Adaptive Card
)

// Topics are what an endpoint may be told, in the order of a message.
var Topics = []string{"stopped", "polling", "unattended", "spike", "breach"}

// Kinds of event about an account's polling, as the store writes them.
const (
	eventPaused   = "polling.paused"
	eventHalted   = "polling.halted"
	eventUnpaused = "polling.resumed"
)

// topics are the topics of events.
var topics = map[string]string{
	socialwatch.EventStopped:        "stopped",
	socialwatch.EventResumed:        "stopped",
	eventPaused:                     "polling",
	eventHalted:                     "polling",
	eventUnpaused:                   "polling",
	socialwatch.EventPollsMissed:    "polling",
	socialwatch.EventPollsWorking:   "polling",
	socialwatch.EventUnattended:     "unattended",
	socialwatch.EventAttended:       "unattended",
	socialwatch.EventIncidentOpened: "spike",
	socialwatch.EventIncidentEnded:  "spike",
	socialwatch.EventCaseBreached:   "breach",
}

// Endpoint is a channel that is told.
type Endpoint struct {
	Name     string
	Kind     Kind
	URL      string        // a secret: whoever has it may write into the channel
	On       []string      // of Topics
	Accounts []string      // none: all
	Digest   time.Duration // at most one message in this time
}

// Store is what telling needs of the database.
type Store interface {
	Alert(ctx context.Context, name string) (socialwatch.AlertState, error)
	// AlertEvents returns at most limit numbered events of the kinds after a
	// number, and the number to go on from.
	AlertEvents(ctx context.Context, kinds []string, afterSeq int64, limit int) ([]socialwatch.AlertEvent, int64, error)
	// MoveAlert takes an endpoint on to a number; toldAt is zero when there was
	// nothing to tell. ErrConflict when it is no longer where from says.
	MoveAlert(ctx context.Context, from socialwatch.AlertState, seq int64, toldAt time.Time) error
	FailAlert(ctx context.Context, name, why string, at, next time.Time) error
}

// Teller tells one endpoint. What has happened stands in the event log, and how
// far the endpoint was told in the database: a message is lost by no crash, and
// comes twice only when the program dies between its arrival and the note of
// it.
type Teller struct {
	Endpoint Endpoint
	Store    Store
	Sender   *Sender
	Words    Words
	// Hold runs work while no other process tells the endpoint;
	// ErrLeaseHeld when one does.
	Hold func(ctx context.Context, work func(context.Context) error) error
	Now  func() time.Time
}

const (
	batch     = 500              // events of one read
	passOver  = 1000             // events without news after which the endpoint moves on
	firstWait = 10 * time.Second // after a failure; then twice as long each time
	longWait  = 10 * time.Minute
	longRest  = 24 * time.Hour // the most that an endpoint may ask for
	noteTime  = 5 * time.Second
)

// Pass tells what there is to tell, in one message. That the endpoint does not
// take it is no error: it is noted, and tried again later.
func (t *Teller) Pass(ctx context.Context) error {
	state, n, upTo, err := t.due(ctx)
	switch {
	case err != nil:
		return err
	case !n.empty():
		return ignore(t.Hold(ctx, t.tell), socialwatch.ErrLeaseHeld)
	case upTo-state.Seq >= passOver:
		return ignore(t.Store.MoveAlert(ctx, state, upTo, time.Time{}), socialwatch.ErrConflict)
	}
	return nil
}

// ignore takes one class of error for none: another process was faster.
func ignore(err, class error) error {
	if errors.Is(err, class) {
		return nil
	}
	return err
}

// due reads what the endpoint is to be told now, and up to which event;
// nothing when it rests.
func (t *Teller) due(ctx context.Context) (state socialwatch.AlertState, n news, upTo int64, err error) {
	n.now, n.after = socialwatch.Micros(t.Now()), t.Endpoint.Digest+stale
	if state, err = t.Store.Alert(ctx, t.Endpoint.Name); err != nil || t.rests(state) {
		return state, n, state.Seq, err
	}
	upTo = state.Seq
	for more := true; more; {
		var found []socialwatch.AlertEvent
		if found, upTo, err = t.Store.AlertEvents(ctx, t.kinds(), upTo, batch); err != nil {
			return state, n, upTo, err
		}
		more = len(found) == batch
		for _, e := range found {
			if t.concerns(e) {
				n.add(e)
			}
		}
	}
	return state, n, upTo, nil
}

// rests reports whether the endpoint is not to be told now. Times further ahead
// than any rest were noted before a clock went back.
func (t *Teller) rests(s socialwatch.AlertState) bool {
	now := t.Now()
	if s.NextAt.After(now) && s.NextAt.Before(now.Add(longRest+longWait)) {
		return true
	}
	since := now.Sub(s.ToldAt)
	return since >= 0 && since < t.Endpoint.Digest
}

func (t *Teller) kinds() (kinds []string) {
	for kind, topic := range topics {
		if slices.Contains(t.Endpoint.On, topic) {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// concerns reports whether an event is of the endpoint's accounts, or of none.
func (t *Teller) concerns(e socialwatch.AlertEvent) bool {
	of := accounts(e)
	return len(t.Endpoint.Accounts) == 0 || len(of) == 0 ||
		slices.ContainsFunc(of, func(a string) bool { return slices.Contains(t.Endpoint.Accounts, a) })
}

// accounts are those that an event is of.
func accounts(e socialwatch.AlertEvent) (of []string) {
	if e.Account != "" {
		return []string{e.Account}
	}
	list, _ := e.Data["accounts"].([]any)
	for _, one := range list {
		if name, ok := one.(string); ok {
			of = append(of, name)
		}
	}
	return of
}

// tell sends one message with all that is due, which is read again: another
// process may have told it meanwhile.
func (t *Teller) tell(ctx context.Context) error {
	state, n, upTo, err := t.due(ctx)
	if err != nil || n.empty() {
		return err
	}
	failed := t.Sender.Send(ctx, t.Endpoint, t.Words.compose(n))
	now := socialwatch.Micros(t.Now())
	if failed == nil { // it has arrived: that is noted though we are told to stop
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
		defer cancel()
		return t.Store.MoveAlert(ctx, state, upTo, now)
	}
	if ctx.Err() != nil {
		return ctx.Err() // says nothing about the endpoint
	}
	var f *Failure
	if !errors.As(failed, &f) {
		return fmt.Errorf("tell %s: %w", t.Endpoint.Name, failed)
	}
	return t.Store.FailAlert(ctx, t.Endpoint.Name, f.Error(), now, now.Add(wait(state.Failures, f.RetryAfter)))
}

// wait is how long an endpoint is left alone after it has failed some times
// already: longer each time, never less than it asks for, and not quite as long
// as other endpoints, so that not all come back at once.
func wait(failures int, asked time.Duration) time.Duration {
	d := min(firstWait<<min(failures, 10), longWait)
	return max(d/2+rand.N(d/2+1), min(asked, longRest))
}
