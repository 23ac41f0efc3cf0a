package simulator

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
)

// shortestOutage is how long an outage lasts in real time at any speed, so
// that those who watch the network can see it.
const shortestOutage = 250 * time.Millisecond

// player performs a script.
type player struct {
	m       *Mastodon
	ids     map[string]string // by key
	stopped time.Time         // real time of the outage in progress, else zero
}

// Play performs the steps, each after its offset divided by speed; a speed of
// 0 or less, or infinite, means without waiting. After each step it calls
// onStep (if not nil) with the status id concerned, or "" for an outage. It
// makes the accounts that are missing, and for the first customer from another
// server a local stranger of the same name. It returns the status ids by key,
// also when the context ends it early; an outage in progress is ended then.
//
// What a watcher of the network must know afterwards is told by Truth.
func Play(ctx context.Context, m *Mastodon, steps []Step, speed float64, onStep func(Step, string)) (map[string]string, error) {
	p := &player{m: m, ids: map[string]string{}}
	if err := p.populate(steps); err != nil {
		return p.ids, fmt.Errorf("play: %w", err)
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

// populate makes the shop, the customers, and one stranger whom a bare handle
// would reach.
func (p *player) populate(steps []Step) error {
	if _, err := p.m.AddAccount(DayHandle); err != nil {
		return err
	}
	stranger := false
	for _, s := range steps {
		if s.Author == "" {
			continue
		}
		if _, err := p.m.AddAccount(s.Author); err != nil {
			return err
		}
		if name, _, remote := strings.Cut(s.Author, "@"); remote && !stranger {
			stranger = true
			if _, err := p.m.AddAccount(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// abandon ends an outage in progress and passes the error on.
func (p *player) abandon(err error) error {
	if !p.stopped.IsZero() && !p.m.isClosed() {
		if again := p.m.Start(); again != nil {
			return fmt.Errorf("play: %w (and then: %w)", err, again)
		}
	}
	return fmt.Errorf("play: %w", err)
}

func (p *player) perform(ctx context.Context, s Step) (string, error) {
	switch s.Action {
	case ActionPost:
		return p.post(s)
	case ActionEdit:
		return p.ids[s.Key], p.m.Edit(p.ids[s.Key], s.Text)
	case ActionDelete:
		return p.ids[s.Key], p.m.Delete(p.ids[s.Key])
	case ActionOutageStart:
		p.m.Stop()
		p.stopped = time.Now()
		return "", nil
	case ActionOutageEnd:
		if err := waitUntil(ctx, p.stopped.Add(shortestOutage)); err != nil {
			return "", err
		}
		p.stopped = time.Time{}
		return "", p.m.Start()
	}
	return "", fmt.Errorf("unknown action %q", s.Action)
}

func (p *player) post(s Step) (string, error) {
	o := PostOptions{Visibility: s.Visibility, Language: s.Language, Spoiler: s.Spoiler, Media: s.Media}
	if s.ReplyTo != "" {
		o.InReplyTo = p.ids[s.ReplyTo]
		if answer := p.m.latestAnswer(o.InReplyTo, DayHandle, s.Author); s.UnderAnswer && answer != "" {
			o.InReplyTo = answer
		}
	}
	id, err := p.m.Post(s.Author, s.Text, o)
	if err != nil {
		return "", err
	}
	p.ids[s.Key] = id
	return id, nil
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
