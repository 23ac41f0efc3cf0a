package bridge

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Fault is something that goes wrong with the callback.
type Fault string

// Faults, until Inject("").
const (
	LostAfter    Fault = "it publishes, and cuts the connection"
	Cut          Fault = "it publishes, and cuts its answer"
	Gateway      Fault = "it publishes, and a proxy answers 504"
	ServerError  Fault = "it answers 500"
	Busy         Fault = "it answers 429, wait a minute"
	Resting      Fault = "it answers 503, wait a minute"
	Refuses      Fault = "it answers 401"
	Slow         Fault = "it answers after two seconds"
	Nameless     Fault = "it publishes, and names no post"
	Known        Fault = "it answers 409 with the post"
	Redirecting  Fault = "it redirects"
	Unacceptable Fault = "it answers 422"
)

// Inject begins a fault; "" ends it.
func (b *Bridge) Inject(f Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = f
}

// order is what the callback is told.
type order struct {
	Type       string `json:"type"`
	Key        string `json:"key"`
	Account    string `json:"account"`
	ParentID   string `json:"parent_id"`
	Author     Author `json:"author"`
	Text       string `json:"text"`
	Visibility string `json:"visibility"`
}

// ServeHTTP is the callback.
func (b *Bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var o order
	b.mu.Lock()
	fault := b.fault
	b.mu.Unlock()
	switch {
	case err != nil || b.sign.Verify(body, r.Header) != nil || fault == Refuses:
		w.WriteHeader(http.StatusUnauthorized)
		return
	case json.Unmarshal(body, &o) != nil || o.Account != b.opt.Account:
		w.WriteHeader(http.StatusBadRequest)
		return
	case before(w, r, fault):
		return
	}
	switch o.Type {
	case "probe":
		w.WriteHeader(http.StatusNoContent)
	case "find":
		b.list(w, o)
	case "reply":
		b.publish(w, r, o, fault)
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// before answers by faults that keep the callback from doing anything.
func before(w http.ResponseWriter, r *http.Request, f Fault) bool {
	switch f {
	case ServerError:
		w.WriteHeader(http.StatusInternalServerError)
	case Busy:
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	case Resting:
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusServiceUnavailable)
	case Redirecting:
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
	case Unacceptable:
		w.WriteHeader(http.StatusUnprocessableEntity)
	case Slow:
		select {
		case <-r.Context().Done():
			return true
		case <-time.After(2 * time.Second):
		}
		return false
	default:
		return false
	}
	return true
}

func (b *Bridge) publish(w http.ResponseWriter, r *http.Request, o order, fault Fault) {
	b.mu.Lock()
	b.calls++
	if o.Key == "" || o.Key != r.Header.Get("Idempotency-Key") || o.Text == "" {
		b.mu.Unlock()
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if _, known := b.posts[o.ParentID]; !known || b.gone[o.ParentID] {
		b.mu.Unlock()
		w.WriteHeader(http.StatusGone)
		return
	}
	reply, again := Reply{}, false
	for _, old := range b.replies {
		if b.opt.Keys && old.Key == o.Key {
			reply, again = old, true
		}
	}
	if !again {
		b.last++
		reply = Reply{fmt.Sprintf("700_%d", b.last), o.Key, o.ParentID, o.Author.ID, o.Text, o.Visibility}
		b.replies = append(b.replies, reply)
	}
	b.mu.Unlock()
	b.answer(w, reply, fault)
}

func address(id string) string { return "https://network.example/posts/" + id }

// answer tells of a reply that was published, as far as the fault lets it.
func (b *Bridge) answer(w http.ResponseWriter, r Reply, fault Fault) {
	told := map[string]string{"post_id": r.ID, "url": address(r.ID)}
	status := http.StatusCreated
	switch fault {
	case LostAfter:
		panic(http.ErrAbortHandler)
	case Cut:
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"post_id":"`+r.ID)
		panic(http.ErrAbortHandler)
	case Gateway:
		status, told = http.StatusGatewayTimeout, nil
	case Nameless:
		told = map[string]string{}
	case Known:
		status = http.StatusConflict
	}
	w.WriteHeader(status)
	if told != nil {
		_ = json.NewEncoder(w).Encode(told)
	}
}

func (b *Bridge) list(w http.ResponseWriter, o order) {
	b.mu.Lock()
	gone := b.gone[o.ParentID]
	b.mu.Unlock()
	if gone {
		w.WriteHeader(http.StatusGone)
		return
	}
	list := []map[string]string{}
	for _, r := range b.Published(o.ParentID) {
		list = append(list, map[string]string{"post_id": r.ID, "url": address(r.ID), "text": r.Text})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"replies": list})
}
