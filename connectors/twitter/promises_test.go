package twitter

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
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
		Hold: s.Late, Odd: s.Odd, Long: len(text) > 280})
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
			list = append(list, connectortest.Reply{PostID: p.ID, Text: p.Text, Visibility: socialwatch.Public,
				Addressed: h.addressed(t, p.ID)})
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

func TestConnectorKeepsItsPromises(t *testing.T) {
	connectortest.Run(t, func(t *testing.T) connectortest.Setup {
		// The promises say the same words again and again.
		r := newRig(t, sim.Options{DuplicateWindow: time.Nanosecond})
		_, err := r.sim.AddUser("other_shop")
		r.must(err)
		open := func(handle string) func(*testing.T) *connectors.Connector {
			return func(t *testing.T) *connectors.Connector {
				t.Helper()
				o := r.optionsOf(handle)
				o.Bearer, o.Links, o.Automated = r.sim.Bearer(), LinksPriced, true
				return r.connect(o)
			}
		}
		o := r.options()
		h := harness{r, map[string]string{}}
		return connectortest.Setup{
			Connect: open("shop_help"), Other: open("other_shop"), Pass: r.pass, People: h, Faults: h, Audit: h.audit,
			Secrets: []string{o.Auth.ConsumerSecret, o.Auth.AccessToken, o.Auth.AccessSecret, r.sim.Bearer(), "customer1"},
			Lacks:   lacks,
		}
	})
}
