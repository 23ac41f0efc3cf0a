package simulator

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// shortestOutage is how long an outage lasts in real time at any speed, so
// that those who watch the network can see it.
const shortestOutage = 250 * time.Millisecond

// Stage is a network on which a script is played.
type Stage interface {
	// Populate makes the accounts that the steps need, and the shop's.
	Populate(steps []Step) error
	// Perform posts, edits or deletes and returns the id of the post. ids holds
	// the posts so far by key.
	Perform(s Step, ids map[string]string) (id string, err error)
	// Stop and Start make an outage; state is kept.
	Stop()
	Start() error
}

// Stages are networks by the names that steps have for them. A step of one
// that is missing is played on Mastodon.
type Stages map[string]Stage

func (on Stages) of(s Step) Stage {
	if stage, ok := on[s.Network]; ok {
		return stage
	}
	return on[OnMastodon]
}

// player performs a script.
type player struct {
	on      Stages
	ids     map[string]string // by key
	stopped Stage             // the one with an outage in progress, else nil
	since   time.Time         // real time of its beginning
}

// Play performs the steps, each after its offset divided by speed; a speed of
// 0 or less, or infinite, means without waiting. After each step it calls
// onStep (if not nil) with the post id concerned, or "" for an outage. It
// returns the post ids by key, also when the context ends it early; an outage
// in progress is ended then.
//
// What a watcher of a network must know afterwards is told by its Truth.
func Play(ctx context.Context, on Stages, steps []Step, speed float64, onStep func(Step, string)) (map[string]string, error) {
	p := &player{on: on, ids: map[string]string{}}
	for name, stage := range on {
		own := slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return on.of(s) != stage })
		if err := stage.Populate(own); err != nil {
			return p.ids, fmt.Errorf("play on %s: %w", name, err)
		}
	}
	began := time.Now()
	for _, s := range steps {
		if err := waitUntil(ctx, dueTime(began, s.Offset, speed)); err != nil {
			return p.ids, p.abandon(err)
		}
		id, err := p.perform(ctx, s)
		if err != nil {
			return p.ids, p.abandon(fmt.Errorf("%s %s: %w", s.Action, s.Key, err))
		}
		if onStep != nil {
			onStep(s, id)
		}
	}
	return p.ids, nil
}

func dueTime(began time.Time, offset time.Duration, speed float64) time.Time {
	if speed <= 0 || math.IsInf(speed, 0) || math.IsNaN(speed) {
		return began
	}
	return began.Add(time.Duration(float64(offset) / speed))
}

func waitUntil(ctx context.Context, t time.Time) error {
	if d := time.Until(t); d > 0 {
		pause(ctx, d)
	}
	return ctx.Err()
}

// abandon ends an outage in progress and passes the error on.
func (p *player) abandon(err error) error {
	if p.stopped != nil {
		err = errors.Join(err, p.stopped.Start())
	}
	return fmt.Errorf("play: %w", err)
}

func (p *player) perform(ctx context.Context, s Step) (string, error) {
	stage := p.on.of(s)
	switch s.Action {
	case ActionOutageStart:
		stage.Stop()
		p.stopped, p.since = stage, time.Now()
		return "", nil
	case ActionOutageEnd:
		if err := waitUntil(ctx, p.since.Add(shortestOutage)); err != nil {
			return "", err
		}
		p.stopped = nil
		return "", stage.Start()
	}
	id, err := stage.Perform(s, p.ids)
	if err == nil && s.Action == ActionPost {
		p.ids[s.Key] = id
	}
	return id, err
}

// Populate makes the shop, the customers, and for the first customer from
// another server a local stranger of the same name, whom a bare handle would
// reach.
func (m *Mastodon) Populate(steps []Step) error {
	if _, err := m.AddAccount(DayHandle); err != nil {
		return err
	}
	stranger := false
	for _, s := range steps {
		if s.Author == "" {
			continue
		}
		if _, err := m.AddAccount(s.Author); err != nil {
			return err
		}
		if name, _, remote := strings.Cut(s.Author, "@"); remote && !stranger {
			stranger = true
			if _, err := m.AddAccount(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Perform does one step of a script.
func (m *Mastodon) Perform(s Step, ids map[string]string) (string, error) {
	switch s.Action {
	case ActionPost:
		o := PostOptions{Visibility: s.Visibility, Language: s.Language, Spoiler: s.Spoiler, Media: s.Media}
		if s.ReplyTo != "" {
			o.InReplyTo = ids[s.ReplyTo]
			if answer := m.latestAnswer(o.InReplyTo, DayHandle, s.Author); s.UnderAnswer && answer != "" {
				o.InReplyTo = answer
			}
		}
		return m.Post(s.Author, s.Text, o)
	case ActionEdit:
		return ids[s.Key], m.Edit(ids[s.Key], s.Text)
	case ActionDelete:
		return ids[s.Key], m.Delete(ids[s.Key])
	}
	return "", fmt.Errorf("unknown action %q", s.Action)
}

// latestAnswer is the newest direct answer by acct to the status that the
// reader may see, or "".
func (m *Mastodon) latestAnswer(id, acct, reader string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, author, by := m.statuses[id], m.find(acct), m.find(reader)
	if s == nil {
		return ""
	}
	latest := ""
	for _, c := range s.children {
		if c.author == author && c.visibleTo(by) {
			latest = c.id
		}
	}
	return latest
}
