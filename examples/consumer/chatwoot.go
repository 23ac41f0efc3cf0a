package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// chatwootDesk is Chatwoot's application API. Each case is a contact of its own
// with one conversation.
type chatwootDesk struct {
	caller
	inbox  int
	secret string
}

type chatwootContact struct {
	ID             int64
	Identifier     string
	ContactInboxes []struct {
		SourceID string `json:"source_id"`
		Inbox    struct{ ID int }
	} `json:"contact_inboxes"`
}

type conversation struct {
	ID     int64
	Status string
	Labels []string
}

func (c *chatwootDesk) Open(ctx context.Context, m matter) (string, error) {
	contact, source, err := c.contact(ctx, m)
	if err != nil {
		return "", err
	}
	var found struct{ Payload []conversation }
	if err := c.call(ctx, http.MethodGet, fmt.Sprintf("/contacts/%d/conversations", contact), nil, &found); err != nil {
		return "", err
	}
	one := conversation{}
	if len(found.Payload) > 0 {
		one = found.Payload[0]
	} else if err := c.call(ctx, http.MethodPost, "/conversations", map[string]any{"source_id": source, "inbox_id": c.inbox,
		"contact_id": contact, "status": "open", "custom_attributes": map[string]any{"socialwatch_case": m.Number}}, &one); err != nil {
		return "", err
	}
	id := strconv.FormatInt(one.ID, 10)
	return id, c.Say(ctx, id, title(m)+"\n"+first(m), false)
}

// contact finds or makes the contact of a case.
func (c *chatwootDesk) contact(ctx context.Context, m matter) (id int64, source string, err error) {
	identifier := "socialwatch-" + m.Number
	var found struct{ Payload []chatwootContact }
	if err := c.call(ctx, http.MethodGet, "/contacts/search?q="+url.QueryEscape(identifier), nil, &found); err != nil {
		return 0, "", err
	}
	for _, one := range found.Payload {
		for _, in := range one.ContactInboxes {
			if one.Identifier == identifier && in.Inbox.ID == c.inbox {
				return one.ID, in.SourceID, nil
			}
		}
	}
	var made struct {
		Payload struct {
			Contact chatwootContact
			Inbox   struct {
				SourceID string `json:"source_id"`
			} `json:"contact_inbox"`
		}
	}
	err = c.call(ctx, http.MethodPost, "/contacts", map[string]any{"inbox_id": c.inbox, "name": m.Number, "identifier": identifier}, &made)
	return made.Payload.Contact.ID, made.Payload.Inbox.SourceID, err
}

func (c *chatwootDesk) Say(ctx context.Context, id, text string, again bool) error {
	if again {
		if err := c.call(ctx, http.MethodPost, "/conversations/"+id+"/toggle_status", map[string]any{"status": "open"}, nil); err != nil {
			return err
		}
	}
	return c.call(ctx, http.MethodPost, "/conversations/"+id+"/messages", map[string]any{"content": text, "message_type": "outgoing", "private": true}, nil)
}

func (c *chatwootDesk) State(ctx context.Context, id string) (closed, private bool, err error) {
	var one conversation
	err = c.call(ctx, http.MethodGet, "/conversations/"+id, nil, &one)
	return one.Status == "resolved", slices.Contains(one.Labels, privateMark), err
}

func (c *chatwootDesk) Name(id string) (string, string) {
	if !strings.HasPrefix(c.base, "https://") {
		return id, ""
	}
	return id, strings.Replace(c.base, "/api/v1/accounts/", "/app/accounts/", 1) + "/conversations/" + id
}

func (c *chatwootDesk) Moved(h http.Header, body []byte) (string, bool) {
	at, err := strconv.ParseInt(h.Get("X-Chatwoot-Timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
		return "", false
	}
	mac := hmac.New(sha256.New, []byte(c.secret))
	fmt.Fprintf(mac, "%d.%s", at, body)
	if !hmac.Equal([]byte(h.Get("X-Chatwoot-Signature")), []byte("sha256="+hex.EncodeToString(mac.Sum(nil)))) {
		return "", false
	}
	var m conversation
	err = json.Unmarshal(body, &m)
	return strconv.FormatInt(m.ID, 10), err == nil
}
