package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

// Watched is what watching needs of the database.
type Watched interface {
	// Present returns who has used the console or may decide by a token that
	// was used, after a time.
	Present(ctx context.Context, after, now time.Time) ([]socialwatch.Person, error)
	// FirstOverdue returns the first draft of an account that awaits past its
	// target; ErrNotFound when there is none.
	FirstOverdue(ctx context.Context, account string, now time.Time) (socialwatch.Overdue, error)
	// RaiseAlarm and EndAlarm append the event when they change something; an
	// event without a kind they never append.
	RaiseAlarm(ctx context.Context, a socialwatch.Alarm, e socialwatch.Event) (bool, error)
	EndAlarm(ctx context.Context, kind, account string, e socialwatch.Event) (bool, error)
}

// Polls is how reading an account does.
type Polls string

// States of reading an account.
const (
	PollsGood    Polls = "good"
	PollsMissed  Polls = "missed"
	PollsResting Polls = "resting" // by a person's or the network's word, which is told by itself
	PollsUnknown Polls = "unknown" // too early to tell
)

// Watcher raises and ends alarms. Any number of processes may run one: the
// database lets each alarm begin and end once.
type Watcher struct {
	Store    Watched
	Accounts []string
	// Away is how long after their last sign of use approvers count as away; 0:
	// nobody's absence is an alarm.
	Away time.Duration
	// Open reports whether people work on an account at a time: when they do
	// not, their absence is no alarm.
	Open func(account string, at time.Time) bool
	Now  func() time.Time
}

// Attendance looks whether overdue drafts wait without an approver, account by
// account.
func (w *Watcher) Attendance(ctx context.Context) error {
	now := socialwatch.Micros(w.Now())
	var present []socialwatch.Person
	if w.Away > 0 {
		var err error
		if present, err = w.Store.Present(ctx, now.Add(-w.Away), now); err != nil {
			return fmt.Errorf("watch over the queue: %w", err)
		}
	}
	var errs []error
	for _, account := range w.Accounts {
		if err := w.attend(ctx, account, present, now); err != nil {
			errs = append(errs, fmt.Errorf("watch over the queue: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (w *Watcher) attend(ctx context.Context, account string, present []socialwatch.Person, now time.Time) error {
	here := slices.ContainsFunc(present, func(p socialwatch.Person) bool { return p.May(socialwatch.RoleApprover, account) })
	var first socialwatch.Overdue
	err := error(socialwatch.ErrNotFound)
	if w.Away > 0 && !here && w.Open(account, now) {
		first, err = w.Store.FirstOverdue(ctx, account, now)
	}
	e := socialwatch.Event{Kind: socialwatch.EventAttended, Actor: socialwatch.System, At: now, Data: map[string]any{"account": account}}
	switch {
	case errors.Is(err, socialwatch.ErrNotFound):
		_, err = w.Store.EndAlarm(ctx, socialwatch.AlarmUnattended, account, e)
		return err
	case err != nil:
		return err
	}
	e.Kind = socialwatch.EventUnattended
	e.Data["case"], e.Data["level"], e.Data["intent"], e.Data["due_at"] = first.CaseNumber, first.Level, string(first.Intent), first.DueAt
	_, err = w.Store.RaiseAlarm(ctx, socialwatch.Alarm{Kind: socialwatch.AlarmUnattended, Account: account, Since: now}, e)
	return err
}

// Reading notes how reading an account does.
func (w *Watcher) Reading(ctx context.Context, account string, how Polls, goodAt time.Time) error {
	now := socialwatch.Micros(w.Now())
	e := socialwatch.Event{Actor: socialwatch.System, At: now, Data: map[string]any{"account": account}}
	var err error
	switch how {
	case PollsMissed:
		e.Kind = socialwatch.EventPollsMissed
		if !goodAt.IsZero() {
			e.Data["since"] = goodAt
		}
		_, err = w.Store.RaiseAlarm(ctx, socialwatch.Alarm{Kind: socialwatch.AlarmPolls, Account: account, Since: now}, e)
	case PollsGood:
		e.Kind = socialwatch.EventPollsWorking
		_, err = w.Store.EndAlarm(ctx, socialwatch.AlarmPolls, account, e)
	case PollsResting:
		_, err = w.Store.EndAlarm(ctx, socialwatch.AlarmPolls, account, e)
	}
	if err != nil {
		return fmt.Errorf("watch over the polls: %w", err)
	}
	return nil
}
