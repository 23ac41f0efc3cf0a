package twitter

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/connectors/connectortest"
	sim "socialwatch/internal/simulator/twitter"
)

// harness shows the stand-in to connectortest.
type harness struct {
	*rig
	authors map[string]string // by post
}

// outside does what costs money and is none of the connector's doing.
func (r *rig) outside(do func()) {
	before := r.sim.Bill().Total
	do()
	r.aside += r.sim.Bill().Total - before
}

func (h harness) Say(t *testing.T, s connectortest.Say) string {
	t.Helper()
	author, other, _ := strings.Cut(cmp.Or(s.By, "customer1"), "@")
	if other != "" { // X has one server: it is another person
		author += "_f"
	}
	text := s.Text
	if s.ToUs {
		text = "@shop_help " + text
	}
	id, err := h.sim.Post(author, text, sim.PostOptions{InReplyTo: s.Under, Untagged: !s.ToUs,
		Hold: s.Late, Odd: s.Odd, Long: len(text) > lengthLimit})
	if err != nil {
		t.Fatal(err)
	}
	h.authors[id] = author
	return id
}

func (h harness) Edit(t *testing.T, id, text string) {
	t.Helper()
	_, err := h.sim.Edit(id, "@shop_help "+text)
	check(t, err)
}

func (h harness) Delete(t *testing.T, id string) { check(t, h.sim.Delete(id)) }
func (h harness) Block(t *testing.T, id string) {
	check(t, h.sim.Block(h.authors[id], "shop_help"))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h harness) Begin(t *testing.T, f connectortest.Fault) {
	t.Helper()
	const posting = "POST /2/tweets"
	faults := map[connectortest.Fault]sim.Fault{
		connectortest.AnswerLost:   {Kind: sim.FaultLostAfter, Route: posting},
		connectortest.AnswerCut:    {Kind: sim.FaultTruncated, Route: posting},
		connectortest.GatewayError: {Kind: sim.FaultGatewayTimeout, Route: posting},
		connectortest.ServerError:  {Kind: sim.FaultServerError, Route: posting},
		connectortest.Busy:         {Kind: sim.FaultRateLimited, Delay: time.Minute},
		connectortest.NoToken:      {Kind: sim.FaultUnauthorized},
		connectortest.ReadsFail:    {Kind: sim.FaultServerError, Route: "GET /2/users/{id}/mentions", Skip: 3},
		connectortest.Slow:         {Kind: sim.FaultLatency, Delay: 2 * time.Second},
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
	for _, p := range h.sim.Published("shop_help", parentID) {
		if !p.Deleted {
			reply := connectortest.Reply{PostID: p.ID, Text: p.Text, Visibility: socialwatch.Public}
			h.outside(func() { reply.Addressed = h.addressed(t, p.ID) })
			list = append(list, reply)
		}
	}
	return list
}

// addressed are the ids of all whom X tells of a post.
func (h harness) addressed(t *testing.T, id string) []string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.sim.URL()+"/2/tweets?tweet.fields=entities&ids="+id, nil)
	check(t, err)
	req.Header.Set("Authorization", "Bearer "+h.sim.Bearer())
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	defer resp.Body.Close()
	var a struct{ Data []post }
	check(t, json.NewDecoder(resp.Body).Decode(&a))
	var ids []string
	for _, p := range a.Data {
		for _, m := range p.Entities.Mentions {
			ids = append(ids, string(m.ID))
		}
	}
	return ids
}

// lacks is what X does not have.
var lacks = connectortest.Lacks{Servers: true, Warnings: true, Visibilities: true, LongestPost: 20_000,
	StreamDeletes: true, FreeThreads: true, ParentlessFind: true}

// pile is an inbox that nobody empties.
type pile struct {
	mu    sync.Mutex
	posts map[string]socialwatch.Mention
}

func (p *pile) Put(_ context.Context, _ string, mentions []socialwatch.Mention) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range mentions {
		if p.posts == nil {
			p.posts = map[string]socialwatch.Mention{}
		}
		p.posts[m.ID] = m
	}
	return nil
}

// byConsent are options with OAuth 2.0 and the stream.
func (r *rig) byConsent(handle string) Options {
	r.Helper()
	app := r.sim.RegisterClient(true, "http://127.0.0.1:9/back")
	access, refresh, err := r.sim.Tokens(app.ID, handle)
	r.must(err)
	o := r.optionsOf(handle)
	o.Auth = Auth{ClientID: app.ID, ClientSecret: app.Secret}
	o.Tokens = &keeper{token: connectors.Token{Access: access, Refresh: refresh}}
	o.Stream, o.Inbox = true, &pile{}
	return o
}

func TestConnectorKeepsItsPromises(t *testing.T) {
	for name, options := range map[string]func(*rig, string) Options{
		"OAuth 1.0a":            (*rig).optionsOf,
		"OAuth 2.0 and streams": (*rig).byConsent,
		"post.fields": func(r *rig, handle string) Options {
			o := r.optionsOf(handle)
			o.PostFields = true
			return o
		},
	} {
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, func(t *testing.T) connectortest.Setup {
				// The promises say the same words again and again.
				r := newRig(t, sim.Options{DuplicateWindow: -time.Hour})
				_, err := r.sim.AddUser("other_shop")
				r.must(err)
				ours, others := options(r, "shop_help"), options(r, "other_shop")
				open := func(o Options) func(*testing.T) *connectors.Connector {
					o.Bearer, o.Links, o.Automated = r.sim.Bearer(), LinksPriced, true
					return func(t *testing.T) *connectors.Connector { t.Helper(); return r.connect(o) }
				}
				h := harness{r, map[string]string{}}
				t.Cleanup(r.enough)
				return connectortest.Setup{
					Connect: open(ours), Other: open(others), Pass: r.pass, People: h, Faults: h, Audit: h.audit,
					Secrets: r.secrets(ours), Lacks: lacks,
				}
			})
		})
	}
}

// secrets must stand in no error.
func (r *rig) secrets(o Options) []string {
	list := []string{r.sim.Bearer(), "customer1"}
	for _, s := range []string{o.Auth.ConsumerSecret, o.Auth.AccessToken, o.Auth.AccessSecret, o.Auth.ClientSecret} {
		if s != "" {
			list = append(list, s)
		}
	}
	if k, ok := o.Tokens.(*keeper); ok {
		list = append(list, k.token.Access, k.token.Refresh)
	}
	return list
}

// enough fails the test unless the ledger has at least what X charges for. It
// may have more: a write that is in doubt counts as done.
func (r *rig) enough() {
	r.Helper()
	var ours, theirs int64
	for item, n := range r.books.counts() {
		ours += int64(n) * int64(DefaultPrices.Of(item))
	}
	for _, c := range r.sim.Bill().Charges {
		theirs += c.Amount
	}
	if theirs -= r.aside; ours < theirs {
		r.Errorf("the ledger has %d, X charges %d", ours, theirs)
	}
}
