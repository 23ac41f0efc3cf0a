package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// zammadDesk is Zammad's REST API. An id is "ID/NUMBER".
type zammadDesk struct {
	caller
	group, customer, secret string
}

type zammadTicket struct {
	ID            int64
	Number, Title string
	State         string
}

func (t zammadTicket) id() string { return fmt.Sprintf("%d/%s", t.ID, t.Number) }

func (z *zammadDesk) Open(ctx context.Context, m matter) (string, error) {
	var found []zammadTicket
	if err := z.call(ctx, http.MethodGet, "/api/v1/tickets/search?expand=true&limit=20&query="+url.QueryEscape(m.Number), nil, &found); err != nil {
		return "", err
	}
	for _, t := range found {
		if strings.HasPrefix(t.Title, "["+m.Number+"] ") {
			return t.id(), nil
		}
	}
	var t zammadTicket
	err := z.call(ctx, http.MethodPost, "/api/v1/tickets", map[string]any{"title": title(m), "group": z.group, "customer": z.customer,
		"article": note(first(m))}, &t)
	return t.id(), err
}

// note is an article that only agents see, and no e-mail.
func note(text string) map[string]any {
	return map[string]any{"subject": "socialwatch", "body": text, "content_type": "text/plain", "type": "note", "internal": true}
}

func (z *zammadDesk) Say(ctx context.Context, id, text string, again bool) error {
	in := map[string]any{"article": note(text)}
	if again {
		in["state"] = "open"
	}
	number, _, _ := strings.Cut(id, "/")
	return z.call(ctx, http.MethodPut, "/api/v1/tickets/"+number, in, nil)
}

func (z *zammadDesk) State(ctx context.Context, id string) (closed, private bool, err error) {
	id, _, _ = strings.Cut(id, "/")
	var t zammadTicket
	if err := z.call(ctx, http.MethodGet, "/api/v1/tickets/"+id+"?expand=true", nil, &t); err != nil {
		return false, false, err
	}
	var of struct{ Tags []string }
	err = z.call(ctx, http.MethodGet, "/api/v1/tags?object=Ticket&o_id="+id, nil, &of)
	return t.State == "closed", slices.Contains(of.Tags, privateMark), err
}

func (z *zammadDesk) Name(id string) (string, string) {
	id, number, _ := strings.Cut(id, "/")
	if !strings.HasPrefix(z.base, "https://") {
		return number, ""
	}
	return number, strings.TrimSuffix(z.base, "/") + "/#ticket/zoom/" + id
}

func (z *zammadDesk) Moved(h http.Header, body []byte) (string, bool) {
	mac := hmac.New(sha1.New, []byte(z.secret))
	mac.Write(body)
	if !hmac.Equal([]byte(h.Get("X-Hub-Signature")), []byte("sha1="+hex.EncodeToString(mac.Sum(nil)))) {
		return "", false
	}
	var m struct{ Ticket zammadTicket }
	err := json.Unmarshal(body, &m)
	return m.Ticket.id(), err == nil
}
