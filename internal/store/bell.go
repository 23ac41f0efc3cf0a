package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lib/pq"
)

// bells are listeners of this process.
type bells struct {
	mu       sync.Mutex
	channels map[chan struct{}]bool
}

// hang returns a bell that rings until ctx ends.
func (b *bells) hang(ctx context.Context) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.channels == nil {
		b.channels = map[chan struct{}]bool{}
	}
	c := make(chan struct{}, 1)
	b.channels[c] = true
	context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.channels, c)
	})
	return c
}

// ringAll rings every bell that is not ringing already.
func (b *bells) ringAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.channels {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Waits between tries to reach a lost server again.
const (
	listenerMinWait = 100 * time.Millisecond
	listenerMaxWait = 10 * time.Second
)

// Bell returns a channel that receives after commits which changed cases,
// replies or events, several of them perhaps as one. It is a doorbell, never
// data: bells can be lost (behind a pooler, between processes on one SQLite
// file, while the server is away), so whoever waits for it also looks now and
// then. The channel falls silent when ctx ends; it is never closed.
func (s *Store) Bell(ctx context.Context) (<-chan struct{}, error) {
	if err := s.listenOnce(ctx); err != nil {
		return nil, err
	}
	return s.bells.hang(ctx), nil
}

// FeedBell is Bell for who reads the feed: it rings after events have been
// numbered.
func (s *Store) FeedBell(ctx context.Context) (<-chan struct{}, error) {
	if err := s.listenOnce(ctx); err != nil {
		return nil, err
	}
	return s.feedBells.hang(ctx), nil
}

// listenOnce listens to the server if there is anything to hear.
func (s *Store) listenOnce(ctx context.Context) error {
	s.listening.mu.Lock()
	defer s.listening.mu.Unlock()
	if !s.RemoteBell() || s.listening.up {
		return nil
	}
	if err := s.listen(ctx); err != nil {
		return fmt.Errorf("listen to the database: %w", err)
	}
	s.listening.up = true
	return nil
}

// RemoteBell reports whether bells come from the server: then they ring for what
// any process, and any other system, has committed.
func (s *Store) RemoteBell() bool { return s.dialect.kind == Postgres && !s.opts.Pooler }

// channel names the bell: the schemas of a database share one name space.
func (s *Store) channel() string { return "socialwatch:" + s.opts.Schema }

// feedChannel is the bell of consumers, a part of the contract: it rings when
// case_events_v1 has more and when a command has its outcome.
func (s *Store) feedChannel() string { return FeedChannel(s.opts.Schema) }

// FeedChannel is the channel on which Postgres tells consumers of a schema that
// there is something new to read. The payload is always empty.
func FeedChannel(schema string) string { return "case_events_v1:" + schema }

// listen starts the goroutine that passes the server's bells on, on its own
// connection, which comes back by itself. Every reconnect rings, because bells
// may have been missed. It waits for the server no longer than ctx lasts.
func (s *Store) listen(ctx context.Context) error {
	l := pq.NewListener(s.opts.URL, listenerMinWait, listenerMaxWait, nil)
	up := make(chan error, 1)
	s.running.Go(func() { up <- errors.Join(l.Listen(s.feedChannel()), l.Listen(s.channel())) })
	select {
	case err := <-up:
		if err != nil {
			l.Close()
			return err
		}
	case <-s.ctx.Done():
		l.Close()
		return s.ctx.Err()
	case <-ctx.Done():
		l.Close()
		return ctx.Err()
	case <-time.After(listenerMaxWait):
		l.Close()
		return fmt.Errorf("no answer within %s", listenerMaxWait)
	}
	s.running.Go(func() {
		defer l.Close()
		for {
			select {
			case <-s.ctx.Done():
				return
			case n, ok := <-l.Notify: // nil after a reconnect
				if !ok {
					return
				}
				if n == nil || n.Channel != s.feedChannel() {
					s.bells.ringAll()
				}
				if n == nil || n.Channel == s.feedChannel() {
					s.feedBells.ringAll()
				}
			}
		}
	})
	return nil
}

// announce sends the bell within the writing transaction: it is delivered at
// commit, once.
func (s *Store) announce(ctx context.Context, t *tx) error {
	return t.notify(ctx, s.channel())
}

// notify rings a channel of the server at commit; SQLite has none.
func (t *tx) notify(ctx context.Context, channel string) error {
	if t.s.dialect.kind != Postgres {
		return nil
	}
	if _, err := t.exec(ctx, "select pg_notify(?, '')", channel); err != nil {
		return fmt.Errorf("ring: %w", err)
	}
	return nil
}

// announced rings in this process where the server does not.
func (s *Store) announced() {
	if !s.RemoteBell() {
		s.bells.ringAll()
	}
}
