// Package bridge is a shop's own program between socialwatch and a network for
// which the shop has access: it hands posts in by signed requests and publishes
// the replies that its callback is given. docs/inbound.md says how both look.
package bridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Options sets up a bridge.
type Options struct {
	Account string        // at socialwatch
	Secret  string        // whsec_…
	Target  string        // where posts are handed in
	Keys    bool          // it answers a key again with what it published under it
	Rest    time.Duration // that it asks for when it is busy; 0: a minute
}

// Bridge is a running one with its network. It is safe for concurrent use.
type Bridge struct {
	opt  Options
	sign *standardwebhooks.Webhook

	mu      sync.Mutex
	last    int
	posts   map[string]Post
	gone    map[string]bool
	replies []Reply
	fault   Fault
	script  map[string][]Fault // by the post that is answered
	calls   map[string][]time.Time

	listen sync.Mutex
	addr   string
	server *http.Server
	served chan struct{}
}

// Post is a customer's post, as it is handed in.
type Post struct {
	Kind       string    `json:"kind"`
	ID         string    `json:"id"`
	URL        string    `json:"url"`
	CreatedAt  time.Time `json:"created_at"`
	EditedAt   time.Time `json:"edited_at,omitzero"`
	Text       string    `json:"text"`
	Visibility string    `json:"visibility"`
	Author     Author    `json:"author"`
	InReplyTo  string    `json:"in_reply_to,omitempty"`
	Odd        any       `json:"odd,omitempty"` // a field that nobody knows
}

// Author wrote a post.
type Author struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
}

// Reply is one that the callback was given and that stands in public.
type Reply struct {
	ID, Key, ParentID, AuthorID, Text, Visibility string
	unlisted                                      bool
}

// New returns a bridge that is not started.
func New(o Options) (*Bridge, error) {
	w, err := standardwebhooks.NewWebhook(o.Secret)
	if err != nil {
		return nil, errors.New("bridge: the secret can't be read")
	}
	return &Bridge{opt: o, sign: w, posts: map[string]Post{}, gone: map[string]bool{},
		script: map[string][]Fault{}, calls: map[string][]time.Time{}}, nil
}

// Aim changes where posts are handed in.
func (b *Bridge) Aim(target string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opt.Target = target
}

// Say has a customer post something, and hands it in. What is empty of the
// post is filled.
func (b *Bridge) Say(p Post) (id string, err error) {
	b.mu.Lock()
	b.last++
	if p.ID == "" {
		p.ID = fmt.Sprintf("900%d_%d", b.last, 1000+b.last)
	}
	p.Kind, p.URL = "post", "https://network.example/posts/"+p.ID
	if p.CreatedAt.IsZero() {
		p.CreatedAt = time.Now().UTC()
	}
	if p.Author.Handle == "" {
		p.Author.Handle = "customer1"
	}
	if p.Author.ID == "" {
		p.Author.ID = "id-" + p.Author.Handle
	}
	b.posts[p.ID] = p
	b.mu.Unlock()
	return p.ID, b.HandIn(p)
}

// Edit changes a post's words, and hands that in.
func (b *Bridge) Edit(id, text string) error {
	b.mu.Lock()
	p := b.posts[id]
	p.Kind, p.Text, p.EditedAt = "edit", text, time.Now().UTC()
	b.posts[id] = p
	b.mu.Unlock()
	return b.HandIn(p)
}

// Delete takes a post away, and hands that in.
func (b *Bridge) Delete(id string) error {
	b.mu.Lock()
	b.gone[id] = true
	b.mu.Unlock()
	return b.handIn(map[string]string{"kind": "deletion", "id": id})
}

// HandIn hands posts in, signed, once.
func (b *Bridge) HandIn(posts ...Post) error {
	items := make([]any, len(posts))
	for i, p := range posts {
		items[i] = p
	}
	return b.handIn(items...)
}

func (b *Bridge) handIn(items ...any) error {
	body, err := json.Marshal(map[string]any{"mentions": items})
	if err != nil {
		return err
	}
	status, answer, err := b.Send(body)
	if err == nil && status != http.StatusAccepted {
		err = fmt.Errorf("hand in: HTTP %d: %s", status, answer)
	}
	return err
}

// Send sends a body with a signature of its own.
func (b *Bridge) Send(body []byte) (status int, answer string, err error) {
	b.mu.Lock()
	target := b.opt.Target
	b.last++
	id := fmt.Sprintf("msg_%d", b.last)
	b.mu.Unlock()
	at := time.Now()
	signature, err := b.sign.Sign(id, at, body)
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequest(http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
	req.Header.Set("webhook-signature", signature)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close() // it was read to its end
	got, err := io.ReadAll(res.Body)
	return res.StatusCode, string(got), err
}

// Published lists what stands in public under a post; under "" everything.
func (b *Bridge) Published(parentID string) []Reply {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []Reply
	for _, r := range b.replies {
		if parentID == "" || r.ParentID == parentID {
			list = append(list, r)
		}
	}
	return list
}

// Calls tells when the callback was given a reply to a post, however it
// answered; under "" to any, in no order.
func (b *Bridge) Calls(parentID string) (at []time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, calls := range b.calls {
		if parentID == "" || parentID == id {
			at = append(at, calls...)
		}
	}
	return at
}

// Start listens on 127.0.0.1, always at the same port.
func (b *Bridge) Start() error {
	b.listen.Lock()
	defer b.listen.Unlock()
	if b.server != nil {
		return nil
	}
	addr := b.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		return fmt.Errorf("start bridge: %w", err)
	}
	b.addr = l.Addr().String()
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	b.served = make(chan struct{})
	go func(s *http.Server, done chan struct{}) {
		defer close(done)
		_ = s.Serve(l) // ends by Stop
	}(b.server, b.served)
	return nil
}

// Stop refuses connections; Start brings it back with its state.
func (b *Bridge) Stop() {
	b.listen.Lock()
	defer b.listen.Unlock()
	if b.server == nil {
		return
	}
	_ = b.server.Close()
	<-b.served
	b.server = nil
}

// URL is the callback's address, the same over Stop and Start.
func (b *Bridge) URL() string {
	b.listen.Lock()
	defer b.listen.Unlock()
	return "http://" + b.addr + "/replies"
}
