package bridge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Fault is something that goes wrong with the callback.
type Fault string

// Faults, until Inject(""), or for one call by Answer.
const (
	LostAfter    Fault = "it publishes, and cuts the connection"
	LostBefore   Fault = "it cuts the connection"
	HangsAfter   Fault = "it publishes, and never answers"
	Unlisted     Fault = "it publishes, cuts the connection, and its list never shows the reply"
	Cut          Fault = "it publishes, and cuts its answer"
	Gateway      Fault = "it publishes, and a proxy answers 504"
	ServerError  Fault = "it answers 500"
	Busy         Fault = "it answers 429, and when to come again"
	Resting      Fault = "it answers 503, and when to come again"
	Refuses      Fault = "it answers 401"
	Slow         Fault = "it answers after two seconds"
	Nameless     Fault = "it publishes, and names no post"
	Bodiless     Fault = "it publishes, and answers 204"
	Known        Fault = "it publishes, and answers 409 with the post"
	KnownBare    Fault = "it publishes, and answers 409 alone"
	Redirecting  Fault = "it redirects to where it would publish"
	Invalid      Fault = "it answers 400"
	Unacceptable Fault = "it answers 422"
	Gone         Fault = "it answers 410"
)

// Inject begins a fault; "" ends it.
func (b *Bridge) Inject(f Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = f
}

// Answer has the next replies to a post meet these, one each; "" is none.
func (b *Bridge) Answer(parentID string, faults ...Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.script[parentID] = faults
}

// meets notes a call and returns the fault that it meets.
func (b *Bridge) meets(o order) Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o.Type != "reply" {
		return b.fault
	}
	b.calls[o.ParentID] = append(b.calls[o.ParentID], time.Now())
	if next := b.script[o.ParentID]; len(next) > 0 {
		b.script[o.ParentID] = next[1:]
		return next[0]
	}
	return b.fault
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
	switch {
	case err != nil || b.sign.Verify(body, r.Header) != nil:
		w.WriteHeader(http.StatusUnauthorized)
		return
	case json.Unmarshal(body, &o) != nil || o.Account != b.opt.Account:
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	fault := b.meets(o)
	if b.before(w, r, fault) {
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
func (b *Bridge) before(w http.ResponseWriter, r *http.Request, f Fault) bool {
	rest := fmt.Sprint(cmp.Or(b.opt.Rest, time.Minute).Seconds())
	switch f {
	case LostBefore:
		panic(http.ErrAbortHandler)
	case Refuses:
		w.WriteHeader(http.StatusUnauthorized)
	case Invalid:
		w.WriteHeader(http.StatusBadRequest)
	case Gone:
		w.WriteHeader(http.StatusGone)
	case ServerError:
		w.WriteHeader(http.StatusInternalServerError)
	case Busy:
		w.Header().Set("Retry-After", rest)
		w.WriteHeader(http.StatusTooManyRequests)
	case Resting:
		w.Header().Set("Retry-After", rest)
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
		reply = Reply{fmt.Sprintf("700_%d", b.last), o.Key, o.ParentID, o.Author.ID, o.Text, o.Visibility, fault == Unlisted}
		b.replies = append(b.replies, reply)
	}
	b.mu.Unlock()
	if fault == HangsAfter {
		<-r.Context().Done()
		return
	}
	b.answer(w, reply, fault)
}

func address(id string) string { return "https://network.example/posts/" + id }

// answer tells of a reply that was published, as far as the fault lets it.
func (b *Bridge) answer(w http.ResponseWriter, r Reply, fault Fault) {
	told := map[string]string{"post_id": r.ID, "url": address(r.ID)}
	status := http.StatusCreated
	switch fault {
	case LostAfter, Unlisted:
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
	case Bodiless:
		status, told = http.StatusNoContent, nil
	case Known:
		status = http.StatusConflict
	case KnownBare:
		status, told = http.StatusConflict, nil
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
		if !r.unlisted {
			list = append(list, map[string]string{"post_id": r.ID, "url": address(r.ID), "text": r.Text})
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"replies": list})
}
