// Package helpdesk has stand-ins for help desks, Zammad and Chatwoot, for tests of
// examples/consumer: as much of their HTTP APIs as a hand-off needs, with state,
// strict about what they are sent, and their signed webhooks.
package helpdesk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
)

// Ticket is a ticket of Zammad's or a conversation of Chatwoot's, as a test looks
// at it.
type Ticket struct {
	ID    int64
	Title string // of Chatwoot the contact's name
	State string
	Tags  []string
	Notes []string // all private
}

// Desk is what both stand-ins have.
type Desk struct {
	server *httptest.Server
	token  string
	secret string

	mu      sync.Mutex
	tickets []*Ticket
	refused []string
	lose    int    // answers that are lost from now on
	hook    string // where webhooks go
}

// URL is where the desk is.
func (d *Desk) URL() string { return d.server.URL }

// Close ends it.
func (d *Desk) Close() { d.server.Close() }

// Tell has webhooks go to an address.
func (d *Desk) Tell(url string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hook = url
}

// Lose loses the answers of the next n writes: they have their effect.
func (d *Desk) Lose(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lose = n
}

// Tickets are all tickets.
func (d *Desk) Tickets() (all []Ticket) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.tickets {
		c := *t
		c.Tags, c.Notes = slices.Clone(t.Tags), slices.Clone(t.Notes)
		all = append(all, c)
	}
	return all
}

// Refused says what was wrong with calls.
func (d *Desk) Refused() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.refused)
}

// handle has f answer calls that carry the token: a status, and what is sent.
func (d *Desk) handle(mux *http.ServeMux, header, pattern string, f func(r *http.Request, in map[string]any) (int, any)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		in := map[string]any{}
		if r.Method != http.MethodGet {
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
				in = nil
			}
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		status, out := http.StatusUnauthorized, any(map[string]any{"error": "Invalid token"})
		switch {
		case in == nil:
			status, out = http.StatusBadRequest, map[string]any{"error": "no JSON"}
		case r.Header.Get(header) == d.token:
			status, out = f(r, in)
		}
		if status >= 400 {
			d.refused = append(d.refused, fmt.Sprintf("%s %s: %d", r.Method, r.URL, status))
		} else if d.lose > 0 && r.Method != http.MethodGet {
			d.lose--
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(out)
	})
}

// ticket is the one that the address names; nil when there is none.
func (d *Desk) ticket(r *http.Request) *Ticket {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if id < 1 || int(id) > len(d.tickets) {
		return nil
	}
	return d.tickets[id-1]
}

var missing = map[string]any{"error": "Couldn't find it"}

// send sends a webhook and returns how it was answered.
func (d *Desk) send(body any, sign func(h http.Header, body []byte)) (status int, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	d.mu.Lock()
	to := d.hook
	d.mu.Unlock()
	req, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	sign(req.Header, b)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// change changes a ticket as a person does.
func (d *Desk) change(id int64, state string, tags []string) Ticket {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tickets[id-1]
	t.Tags = append(t.Tags, tags...)
	if state != "" {
		t.State = state
	}
	return *t
}

func text(in map[string]any, key string) string { s, _ := in[key].(string); return s }
