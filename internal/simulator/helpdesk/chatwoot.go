package helpdesk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// Chatwoot is Chatwoot 4: account 1 with inbox 7, of the channel API; contacts,
// conversations, messages, and webhooks.
type Chatwoot struct {
	Desk
	contacts []contact
	of       map[int64]int64 // conversations by contact
}

// Inbox is the id of its inbox.
const Inbox = 7

type contact struct {
	id         int64
	name       string
	identifier string
	source     string
}

// NewChatwoot opens one with a token of its API, and a secret that signs
// webhooks.
func NewChatwoot(token, secret string) *Chatwoot {
	c := &Chatwoot{Desk: Desk{token: token, secret: secret}, of: map[int64]int64{}}
	mux := http.NewServeMux()
	handle := func(method, path string, f func(r *http.Request, in map[string]any) (int, any)) {
		c.handle(mux, "api_access_token", method+" /api/v1/accounts/1"+path, f)
	}
	handle("GET", "/contacts/search", c.search)
	handle("POST", "/contacts", c.add)
	handle("GET", "/contacts/{id}/conversations", c.conversations)
	handle("POST", "/conversations", c.open)
	handle("GET", "/conversations/{id}", c.found(func(t *Ticket, _ map[string]any) (int, any) { return http.StatusOK, conversation(t) }))
	handle("POST", "/conversations/{id}/messages", c.found(message))
	handle("POST", "/conversations/{id}/toggle_status", c.found(func(t *Ticket, in map[string]any) (int, any) {
		t.State = text(in, "status")
		return http.StatusOK, map[string]any{"payload": map[string]any{"success": true, "current_status": t.State, "conversation_id": t.ID}}
	}))
	c.server = httptest.NewServer(mux)
	return c
}

func (c *Chatwoot) found(f func(t *Ticket, in map[string]any) (int, any)) func(*http.Request, map[string]any) (int, any) {
	return func(r *http.Request, in map[string]any) (int, any) {
		if t := c.ticket(r); t != nil {
			return f(t, in)
		}
		return http.StatusNotFound, missing
	}
}

func conversation(t *Ticket) map[string]any {
	return map[string]any{"id": t.ID, "account_id": 1, "inbox_id": Inbox, "status": t.State, "labels": append([]string{}, t.Tags...)}
}

// message takes private notes; any other message could go out.
func message(t *Ticket, in map[string]any) (int, any) {
	if text(in, "content") == "" || in["private"] != true {
		return http.StatusUnprocessableEntity, map[string]any{"error": "no private note"}
	}
	t.Notes = append(t.Notes, text(in, "content"))
	return http.StatusOK, map[string]any{"id": len(t.Notes), "content": text(in, "content"), "private": true}
}

func (one contact) shown() map[string]any {
	return map[string]any{"id": one.id, "name": one.name, "identifier": one.identifier,
		"contact_inboxes": []any{map[string]any{"source_id": one.source, "inbox": map[string]any{"id": Inbox}}}}
}

func (c *Chatwoot) search(r *http.Request, _ map[string]any) (int, any) {
	found := []any{}
	for _, one := range c.contacts {
		if strings.Contains(one.identifier, r.URL.Query().Get("q")) {
			found = append(found, one.shown())
		}
	}
	return http.StatusOK, map[string]any{"meta": map[string]any{"count": len(found)}, "payload": found}
}

func (c *Chatwoot) add(_ *http.Request, in map[string]any) (int, any) {
	one := contact{id: int64(len(c.contacts) + 100), name: text(in, "name"), identifier: text(in, "identifier"), source: fmt.Sprint("source-", len(c.contacts))}
	for _, was := range c.contacts {
		if was.identifier == one.identifier {
			return http.StatusUnprocessableEntity, map[string]any{"message": "Identifier has already been taken"}
		}
	}
	if in["inbox_id"] != float64(Inbox) {
		return http.StatusNotFound, missing
	}
	c.contacts = append(c.contacts, one)
	return http.StatusOK, map[string]any{"payload": map[string]any{"contact": one.shown(),
		"contact_inbox": map[string]any{"source_id": one.source, "inbox": map[string]any{"id": Inbox}}}}
}

func (c *Chatwoot) conversations(r *http.Request, _ map[string]any) (int, any) {
	all := []any{}
	for _, t := range c.tickets {
		if strconv.FormatInt(c.of[t.ID], 10) == r.PathValue("id") {
			all = append(all, conversation(t))
		}
	}
	return http.StatusOK, map[string]any{"payload": all}
}

func (c *Chatwoot) open(_ *http.Request, in map[string]any) (int, any) {
	for _, one := range c.contacts {
		if one.source == in["source_id"] && float64(one.id) == in["contact_id"] && in["inbox_id"] == float64(Inbox) {
			t := &Ticket{ID: int64(len(c.tickets) + 1), Title: one.name, State: text(in, "status")}
			c.tickets = append(c.tickets, t)
			c.of[t.ID] = one.id
			return http.StatusOK, conversation(t)
		}
	}
	return http.StatusNotFound, missing
}

// Work changes a conversation as an agent does, an empty state leaves it, and
// sends the webhook.
func (c *Chatwoot) Work(id int64, state string, labels ...string) (status int, err error) {
	t := c.change(id, state, labels)
	body := conversation(&t)
	body["event"] = "conversation_updated"
	if state != "" {
		body["event"] = "conversation_status_changed"
	}
	return c.send(body, func(h http.Header, body []byte) {
		at := strconv.FormatInt(time.Now().Unix(), 10)
		mac := hmac.New(sha256.New, []byte(c.secret))
		fmt.Fprintf(mac, "%s.%s", at, body)
		h.Set("X-Chatwoot-Timestamp", at)
		h.Set("X-Chatwoot-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	})
}
