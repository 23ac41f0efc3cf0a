// Package consumer is a stand-in for a case system that takes webhooks, for tests:
// it verifies each call as others' library of Standard Webhooks does, and can be
// slow, broken, gone or hostile.
package consumer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Consumer is a case system's endpoint.
type Consumer struct {
	server *httptest.Server

	mu      sync.Mutex
	secret  string
	behave  func(Message) Fault
	took    []Message
	seen    map[string]bool
	calls   int
	open    int
	most    int // calls open at once
	refused []string
	end     chan struct{}
	close   sync.Once
}

// Message is one call.
type Message struct {
	ID, Type   string
	Seq, Case  int64 // 0: of no case
	Signatures int
	Body       string
	Header     http.Header
	Again      bool // it was taken before
}

// Fault is how a call is answered; the zero value takes the message.
type Fault struct {
	Status     int           // 0: 204
	RetryAfter string        // header
	Location   string        // header
	Delay      time.Duration // before the answer
	Hang       bool          // no answer until the caller has gone
	Lost       bool          // the message is taken and the connection ends without an answer
	Garbage    bool          // what is answered is no HTTP
	Flood      bool          // an answer without an end
}

// New opens a consumer that knows a signing secret. Without one it takes what
// comes.
func New(secret string) *Consumer {
	d := &Consumer{secret: secret, end: make(chan struct{}), seen: map[string]bool{}}
	d.server = httptest.NewServer(d)
	return d
}

// URL is the endpoint's address, with a secret in its query.
func (d *Consumer) URL() string { return d.server.URL + "/hooks?key=s3cr3t-of-the-desk" }

// Close ends the server and every call.
func (d *Consumer) Close() {
	d.close.Do(func() {
		close(d.end)
		d.server.CloseClientConnections()
		d.server.Close()
	})
}

// Trust changes the secret by which calls are verified.
func (d *Consumer) Trust(secret string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.secret = secret
}

// Behave has f choose how each call is answered; nil: all are taken.
func (d *Consumer) Behave(f func(Message) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.behave = f
}

// Took are the messages that were taken, repeats too, in order.
func (d *Consumer) Took() []Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.took)
}

// Calls is how many calls came, and how many were open at once at the most.
func (d *Consumer) Calls() (calls, most int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls, d.most
}

// Refused says what was wrong with calls that no consumer should take.
func (d *Consumer) Refused() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.refused)
}

// Disorder says which first arrivals came after a later event of their case.
func (d *Consumer) Disorder() (found []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	last := map[int64]int64{}
	for _, m := range d.took {
		if m.Again || m.Case == 0 {
			continue
		}
		if m.Seq < last[m.Case] {
			found = append(found, fmt.Sprintf("event %d of case %d came after %d", m.Seq, m.Case, last[m.Case]))
		}
		last[m.Case] = max(last[m.Case], m.Seq)
	}
	return found
}

// ServeHTTP implements http.Handler.
func (d *Consumer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, problem := d.read(r)
	f := d.begin(m, problem)
	defer d.done()
	if problem != "" {
		http.Error(w, problem, http.StatusUnauthorized)
		return
	}
	if f.Hang {
		d.pause(r, time.Hour)
		return
	}
	if f.Delay > 0 && !d.pause(r, f.Delay) {
		return
	}
	if f.Lost || f.Status == 0 && !f.Garbage || f.Status/100 == 2 {
		d.take(m)
	}
	answer(w, f)
}

func answer(w http.ResponseWriter, f Fault) {
	if f.Lost || f.Garbage {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		if f.Garbage {
			_, _ = buf.WriteString("SSH-2.0 s3cr3t-of-the-desk\r\n\r\n")
			_ = buf.Flush()
		}
		_ = conn.Close()
		return
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	if f.Location != "" {
		w.Header().Set("Location", f.Location)
	}
	w.WriteHeader(cmp.Or(f.Status, http.StatusNoContent))
	for f.Flood {
		if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
			return
		}
	}
}

// read verifies a call.
func (d *Consumer) read(r *http.Request) (m Message, problem string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return m, "the body ends early"
	}
	d.mu.Lock()
	secret := d.secret
	d.mu.Unlock()
	if secret != "" {
		w, err := standardwebhooks.NewWebhook(secret)
		if err == nil {
			err = w.VerifyIgnoringTimestamp(body, r.Header) // tests set clocks of their own
		}
		if err != nil {
			return m, err.Error()
		}
	}
	var v struct {
		Type string
		Data struct {
			Event struct {
				Seq    int64
				CaseID int64 `json:"case_id"`
			}
		}
	}
	if err := json.Unmarshal(body, &v); err != nil || v.Type == "" || r.Method != http.MethodPost ||
		r.Header.Get("Content-Type") != "application/json" {
		return m, "no message: " + string(body)
	}
	return Message{ID: r.Header.Get("Webhook-Id"), Type: v.Type, Seq: v.Data.Event.Seq, Case: v.Data.Event.CaseID, Body: string(body),
		Signatures: len(strings.Fields(r.Header.Get("Webhook-Signature"))), Header: r.Header}, ""
}

func (d *Consumer) begin(m Message, problem string) Fault {
	d.mu.Lock()
	d.calls++
	d.open++
	d.most = max(d.most, d.open)
	if problem != "" {
		d.refused = append(d.refused, problem)
	}
	behave := d.behave
	d.mu.Unlock()
	if problem != "" || behave == nil {
		return Fault{}
	}
	return behave(m)
}

func (d *Consumer) done() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
}

func (d *Consumer) take(m Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m.Again = d.seen[m.ID]
	d.seen[m.ID] = true
	d.took = append(d.took, m)
}

// pause waits, and reports whether the caller did too.
func (d *Consumer) pause(r *http.Request, how time.Duration) bool {
	timer := time.NewTimer(how)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-d.end:
	}
	return false
}
