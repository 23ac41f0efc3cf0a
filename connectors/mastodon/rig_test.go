package mastodon

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/connectors/connectortest"
	"socialwatch/internal/simulator"
)

var flavours = []simulator.Flavour{simulator.FlavourMastodon, simulator.FlavourGoToSocial}

// rig is a stand-in server with the shop's account, "help".
type rig struct {
	*testing.T
	sim   *simulator.Mastodon
	base  string // of another server in front or instead
	token string
	skew  atomic.Int64 // of the connectors' clock, in nanoseconds
}

func newRig(t *testing.T, o simulator.Options) *rig {
	t.Helper()
	r := &rig{T: t, sim: simulator.NewMastodon(o)}
	t.Cleanup(r.sim.Close)
	r.must(r.sim.Start())
	r.token = r.account("help")
	return r
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// account makes a local account and returns its token.
func (r *rig) account(acct string) string {
	r.Helper()
	_, err := r.sim.AddAccount(acct)
	r.must(err)
	token, err := r.sim.Token(acct)
	r.must(err)
	return token
}

func (r *rig) now() time.Time       { return time.Now().Add(time.Duration(r.skew.Load())) }
func (r *rig) pass(d time.Duration) { r.skew.Add(int64(d)) }

// answerLimit is low, so that tests need not send megabytes.
const answerLimit = 1 << 20

func (r *rig) options() Options {
	return Options{Account: "shop", BaseURL: r.url(), Token: r.token, Now: r.now, AnswerLimit: answerLimit}
}
func (r *rig) ctx() context.Context        { return r.Context() }
func (r *rig) open() *connectors.Connector { return r.connect(r.options()) }

func (r *rig) url() string {
	if r.base != "" {
		return r.base
	}
	return r.sim.URL()
}

func (r *rig) connect(o Options) *connectors.Connector {
	r.Helper()
	c, err := New(o)
	r.must(err)
	return c
}

func (r *rig) post(author, text string, o simulator.PostOptions) string {
	r.Helper()
	id, err := r.sim.Post(author, text, o)
	r.must(err)
	return id
}

// fetchAll reads until there is no more and returns mentions by id.
func (r *rig) fetchAll(c *connectors.Connector, cursor *[]byte) map[string]socialwatch.Mention {
	r.Helper()
	got := map[string]socialwatch.Mention{}
	for range 1000 {
		b, err := c.Source.Fetch(r.ctx(), *cursor)
		r.must(err)
		for _, m := range b.Mentions {
			got[m.ID] = m
		}
		if b.Cursor != nil {
			*cursor = b.Cursor
		}
		if !b.More {
			return got
		}
	}
	r.Fatal("a thousand batches, and still more")
	return nil
}

func asNetwork(err error, ne **socialwatch.NetworkError) bool { return errors.As(err, ne) }

func counting(n *int) func(connectors.Ring) { return func(connectors.Ring) { *n++ } }

// harness shows the stand-in to connectortest.
type harness struct{ *rig }

func (h harness) Say(t *testing.T, s connectortest.Say) string {
	t.Helper()
	o := simulator.PostOptions{InReplyTo: s.Under, Spoiler: s.Warning, Hold: s.Late, Odd: s.Odd}
	if s.Visibility != "" {
		o.Visibility = visibilityName(s.Visibility)
	}
	text := s.Text
	if s.ToUs {
		text = "@help " + text
	}
	id, err := h.sim.Post(cmp.Or(s.By, "customer1"), text, o)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (h harness) Edit(t *testing.T, id, text string) { check(t, h.sim.Edit(id, "@help "+text)) }
func (h harness) Delete(t *testing.T, id string)     { check(t, h.sim.Delete(id)) }

func (h harness) Block(t *testing.T, id string) {
	t.Helper()
	for _, a := range h.sim.Addressed("help") {
		if a.StatusID == id {
			check(t, h.sim.Block(a.Author, "help"))
			return
		}
	}
	t.Fatal("no such mention")
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h harness) Begin(t *testing.T, f connectortest.Fault) {
	t.Helper()
	const posting = "POST /api/v1/statuses"
	faults := map[connectortest.Fault]simulator.Fault{
		connectortest.AnswerLost:   {Kind: simulator.FaultLostAfter, Route: posting},
		connectortest.AnswerCut:    {Kind: simulator.FaultTruncated, Route: posting},
		connectortest.GatewayError: {Kind: simulator.FaultGatewayTimeout, Route: posting},
		connectortest.ServerError:  {Kind: simulator.FaultServerError, Route: posting},
		connectortest.Busy:         {Kind: simulator.FaultRateLimited, Delay: time.Minute},
		connectortest.NoToken:      {Kind: simulator.FaultUnauthorized},
		connectortest.ReadsFail:    {Kind: simulator.FaultServerError, Route: "GET /api/v1/notifications", Skip: 3},
		connectortest.Slow:         {Kind: simulator.FaultLatency, Delay: 2 * time.Second},
	}
	if f == connectortest.Down {
		h.sim.Stop()
		return
	}
	fault, known := faults[f]
	if !known {
		t.Fatalf("unknown fault %q", f)
	}
	check(t, h.sim.Inject(fault))
}

func (h harness) Clear(t *testing.T) {
	t.Helper()
	h.sim.ClearFaults()
	check(t, h.sim.Start())
}

func (h harness) CutStreams(*testing.T)           { h.sim.CutStreams() }
func (h harness) Release(t *testing.T, id string) { check(t, h.sim.Release(id)) }

func (h harness) audit(t *testing.T, parentID string) []connectortest.Reply {
	t.Helper()
	var list []connectortest.Reply
	for _, p := range h.sim.Published("help", parentID) {
		if p.Deleted {
			continue
		}
		reply := connectortest.Reply{PostID: p.ID, Text: p.Text, Warning: p.Spoiler, Visibility: visibilityOf(p.Visibility)}
		for _, acct := range p.Mentions {
			id, err := h.sim.AddAccount(acct)
			check(t, err)
			reply.Addressed = append(reply.Addressed, id)
		}
		list = append(list, reply)
	}
	return list
}

func TestConnectorKeepsItsPromises(t *testing.T) {
	for _, flavour := range flavours {
		t.Run(string(flavour), func(t *testing.T) {
			connectortest.Run(t, func(t *testing.T) connectortest.Setup {
				r := newRig(t, simulator.Options{Flavour: flavour})
				other := r.account("other")
				o := r.options()
				o.SweepEvery = time.Nanosecond
				o.Reconnect = 100 * time.Millisecond
				h := harness{r}
				return connectortest.Setup{
					Connect: func(t *testing.T) *connectors.Connector { t.Helper(); return r.connect(o) },
					Other: func(t *testing.T) *connectors.Connector {
						t.Helper()
						foreign := o
						foreign.Token = other
						return r.connect(foreign)
					},
					Pass: r.pass, People: h, Faults: h, Audit: h.audit,
					Secrets: []string{r.token, "customer1"},
				}
			})
		})
	}
}
