package webhook_test

import (
	"encoding/base64"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/simulator/consumer"
	"socialwatch/internal/store"
	"socialwatch/internal/store/storetest"
	"socialwatch/internal/vault"
)

// loopback is what tests allow calls to.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// rig is a program that tells endpoints, with a clock of its own.
type rig struct {
	storetest.Fixture
	deliverer *webhook.Deliverer
	manager   *webhook.Manager
	log       *logbook
	mu        sync.Mutex
	at        time.Time
}

func testKeys(t testing.TB) vault.Keys {
	t.Helper()
	keys, err := vault.ParseKeys(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func newRig(t testing.TB, fx storetest.Fixture, worker string, timeout time.Duration) *rig {
	t.Helper()
	r := &rig{Fixture: fx, at: storetest.Start, log: &logbook{}}
	sender := webhook.NewSender(webhook.Guard{Allow: loopback}, timeout, r.now)
	r.manager = &webhook.Manager{Directory: fx, Keys: testKeys(t), Sender: sender, Now: r.now}
	r.deliverer = &webhook.Deliverer{Queue: fx, Keys: testKeys(t), Sender: sender, Worker: worker, Now: r.now, Log: slog.New(slog.NewTextHandler(r.log, nil))}
	return r
}

func each(t *testing.T, f func(t *testing.T, r *rig)) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) { f(t, newRig(t, fx, "one", 20*time.Second)) })
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

func (r *rig) later(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = r.at.Add(d)
}

// desk opens an endpoint and adds it; f chooses what it is told.
func (r *rig) desk(t testing.TB, name string, f socialwatch.WebhookFilter) *consumer.Consumer {
	t.Helper()
	d := consumer.New("")
	t.Cleanup(d.Close)
	secret, err := r.manager.Add(t.Context(), name, d.URL(), f, -1, store.Terminal)
	if err != nil {
		t.Fatal(err)
	}
	d.Trust(secret)
	return d
}

var openedOnly = socialwatch.WebhookFilter{Kinds: []string{socialwatch.EventCaseOpened}}

// seed opens cases and numbers their events.
func (r *rig) seed(t testing.TB, prefix string, n int) []storetest.Seeded {
	t.Helper()
	seeded := r.Seed(t, prefix, n)
	r.Log(t, 0)
	return seeded
}

func (r *rig) pass(t testing.TB) {
	t.Helper()
	if err := r.deliverer.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// health is that of the only endpoint.
func (r *rig) health(t testing.TB) socialwatch.WebhookHealth {
	t.Helper()
	list, err := r.WebhookHealths(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	return list[0]
}

// until waits for something that another goroutine or process does.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	end := time.Now().Add(5 * time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		if time.Now().After(end) {
			t.Fatalf("not in five minutes: %s", what)
		}
		<-tick.C
	}
}

// logbook is a log that is read while it is written.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
