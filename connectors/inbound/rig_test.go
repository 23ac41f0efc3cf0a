package inbound

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/connectors/connectortest"
	"socialwatch/internal/simulator/bridge"
)

const (
	secret    = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	oldSecret = "whsec_YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI="

	otherSecret = "whsec_YW5vdGhlciBzZWNyZXQgdGhhdCBpcyBub3Qgb3Vycw=="
)

// tray is a connectors.Tray that keeps all.
type tray struct {
	mu   sync.Mutex
	all  socialwatch.Push
	puts int
	down bool
}

func (t *tray) PutPush(_ context.Context, _ string, p socialwatch.Push) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.down {
		return errors.New("no connection")
	}
	t.puts++
	t.all.Mentions = append(t.all.Mentions, p.Mentions...)
	t.all.Gone = append(t.all.Gone, p.Gone...)
	t.all.Aside = append(t.all.Aside, p.Aside...)
	return nil
}

func (t *tray) pushed() socialwatch.Push {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all
}

// rig is a bridge with its account at socialwatch.
type rig struct {
	*testing.T
	bridge *bridge.Bridge
	tray   *tray
	door   *httptest.Server // of the connector that was opened last
	newest atomic.Pointer[connectors.Connector]
	skew   atomic.Int64
}

func newRig(t *testing.T, keys bool) *rig {
	t.Helper()
	r := &rig{T: t, tray: &tray{}}
	r.door = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.newest.Load().Receiver.ServeHTTP(w, req)
	}))
	t.Cleanup(r.door.Close)
	var err error
	r.bridge, err = bridge.New(bridge.Options{Account: "shop", Secret: secret, Target: r.door.URL, Keys: keys})
	must(t, err)
	must(t, r.bridge.Start())
	t.Cleanup(r.bridge.Stop)
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) options() Options {
	return Options{Account: "shop", Network: "facebook", Host: "facebook.example", Secrets: secret, Callback: r.bridge.URL(),
		MaxLength: 500, Find: true, Tray: r.tray, Now: func() time.Time { return time.Now().Add(time.Duration(r.skew.Load())) }}
}

func (r *rig) open(o Options) *connectors.Connector {
	r.Helper()
	c, err := New(o)
	must(r.T, err)
	r.newest.Store(c)
	return c
}

// harness shows the bridge to connectortest.
type harness struct{ *rig }

func (h harness) Say(t *testing.T, s connectortest.Say) string {
	t.Helper()
	p := bridge.Post{Text: s.Text, InReplyTo: s.Under, Visibility: string(s.Visibility), Author: bridge.Author{Handle: cmp.Or(s.By, "customer1")}}
	if s.Odd {
		p.Odd = 1
	}
	id, err := h.bridge.Say(p)
	must(t, err)
	return id
}

func (h harness) Edit(t *testing.T, id, text string) { must(t, h.bridge.Edit(id, text)) }
func (h harness) Delete(t *testing.T, id string)     { must(t, h.bridge.Delete(id)) }
func (h harness) Block(t *testing.T, id string)      { must(t, h.bridge.Delete(id)) } // all that we learn of it

func (h harness) Begin(t *testing.T, f connectortest.Fault) {
	t.Helper()
	if f == connectortest.Down {
		h.bridge.Stop()
		return
	}
	fault := map[connectortest.Fault]bridge.Fault{
		connectortest.AnswerLost: bridge.LostAfter, connectortest.AnswerCut: bridge.Cut, connectortest.GatewayError: bridge.Gateway,
		connectortest.ServerError: bridge.ServerError, connectortest.Busy: bridge.Busy, connectortest.NoToken: bridge.Refuses,
		connectortest.Slow: bridge.Slow,
	}[f]
	if fault == "" {
		t.Fatalf("unknown fault %q", f)
	}
	h.bridge.Inject(fault)
}

func (h harness) Clear(t *testing.T) {
	t.Helper()
	h.bridge.Inject("")
	must(t, h.bridge.Start())
}

func (harness) CutStreams(*testing.T)      {}
func (harness) Release(*testing.T, string) {}

func (h harness) audit(_ *testing.T, parentID string) []connectortest.Reply {
	var list []connectortest.Reply
	for _, r := range h.bridge.Published(parentID) {
		list = append(list, connectortest.Reply{PostID: r.ID, Text: r.Text, Visibility: socialwatch.Visibility(r.Visibility), Addressed: []string{r.AuthorID}})
	}
	return list
}

func TestConnectorKeepsItsPromises(t *testing.T) {
	for _, guard := range []time.Duration{0, 24 * time.Hour} {
		t.Run("guard "+guard.String(), func(t *testing.T) {
			connectortest.RunPushed(t, func(t *testing.T) connectortest.Setup {
				r := newRig(t, guard > 0)
				h := harness{r}
				connect := func(t *testing.T) *connectors.Connector {
					o := r.options()
					o.Guard = guard
					return r.open(o)
				}
				connect(t)
				return connectortest.Setup{Connect: connect, Other: connect, Pass: func(time.Duration) {},
					People: h, Faults: h, Audit: h.audit, Pushed: func(*testing.T) socialwatch.Push { return r.tray.pushed() },
					Secrets: []string{secret, strings.TrimPrefix(secret, "whsec_"), "customer1"},
					Lacks:   connectortest.Lacks{Servers: true, Warnings: true, StreamDeletes: true}}
			})
		})
	}
}
