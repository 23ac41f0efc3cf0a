package helpdesk

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
)

// Zammad is Zammad 6: tickets, articles, tags, and webhooks of a trigger.
type Zammad struct{ Desk }

// NewZammad opens one with a token of its API, and a secret that signs webhooks.
func NewZammad(token, secret string) *Zammad {
	z := &Zammad{Desk{token: "Token token=" + token, secret: secret}}
	mux := http.NewServeMux()
	handle := func(pattern string, f func(r *http.Request, in map[string]any) (int, any)) {
		z.handle(mux, "Authorization", pattern, f)
	}
	handle("GET /api/v1/tickets/search", z.search)
	handle("POST /api/v1/tickets", z.open)
	handle("PUT /api/v1/tickets/{id}", z.update)
	handle("GET /api/v1/tickets/{id}", func(r *http.Request, _ map[string]any) (int, any) {
		if t := z.ticket(r); t != nil {
			return http.StatusOK, shown(t)
		}
		return http.StatusNotFound, missing
	})
	handle("GET /api/v1/tags", func(r *http.Request, _ map[string]any) (int, any) {
		r.SetPathValue("id", r.URL.Query().Get("o_id"))
		t := z.ticket(r)
		if t == nil || r.URL.Query().Get("object") != "Ticket" {
			return http.StatusNotFound, missing
		}
		return http.StatusOK, map[string]any{"tags": append([]string{}, t.Tags...)}
	})
	z.server = httptest.NewServer(mux)
	return z
}

func shown(t *Ticket) map[string]any {
	return map[string]any{"id": t.ID, "number": fmt.Sprint(54000 + t.ID), "title": t.Title, "state": t.State, "group": "Users"}
}

func (z *Zammad) search(r *http.Request, _ map[string]any) (int, any) {
	found := []any{}
	for _, t := range slices.Backward(z.tickets) {
		if strings.Contains(t.Title, r.URL.Query().Get("query")) {
			found = append(found, shown(t))
		}
	}
	if r.URL.Query().Get("expand") != "true" {
		return http.StatusOK, map[string]any{"tickets": []int64{}, "assets": map[string]any{}}
	}
	return http.StatusOK, found
}

func (z *Zammad) open(_ *http.Request, in map[string]any) (int, any) {
	t := &Ticket{ID: int64(len(z.tickets) + 1), Title: text(in, "title"), State: "new"}
	if t.Title == "" || text(in, "group") == "" || text(in, "customer") == "" || !article(t, in) {
		return http.StatusUnprocessableEntity, map[string]any{"error": "Missing required value"}
	}
	z.tickets = append(z.tickets, t)
	return http.StatusCreated, shown(t)
}

func (z *Zammad) update(r *http.Request, in map[string]any) (int, any) {
	t := z.ticket(r)
	if t == nil {
		return http.StatusNotFound, missing
	}
	if in["article"] != nil && !article(t, in) {
		return http.StatusUnprocessableEntity, map[string]any{"error": "Missing required value"}
	}
	if state := text(in, "state"); state != "" {
		t.State = state
	}
	return http.StatusOK, shown(t)
}

// article adds a note; any other article could be an e-mail.
func article(t *Ticket, in map[string]any) bool {
	a, _ := in["article"].(map[string]any)
	if text(a, "body") == "" || text(a, "type") != "note" || a["internal"] != true {
		return false
	}
	t.Notes = append(t.Notes, text(a, "body"))
	return true
}

// Work changes a ticket as an agent does, an empty state leaves it, and has the
// trigger send its webhook.
func (z *Zammad) Work(id int64, state string, tags ...string) (status int, err error) {
	t := z.change(id, state, tags)
	return z.send(map[string]any{"ticket": shown(&t), "article": map[string]any{}}, func(h http.Header, body []byte) {
		mac := hmac.New(sha1.New, []byte(z.secret))
		mac.Write(body)
		h.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(mac.Sum(nil)))
	})
}
