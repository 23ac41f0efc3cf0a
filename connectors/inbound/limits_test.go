package inbound

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"socialwatch/internal/store/storetest"
)

// extremes are values of a text as long and as odd as limits of ours and of
// databases make of interest.
func extremes() []string {
	values := []string{"\x00", "a\x00b", "\u202e", "post:"}
	for _, n := range []int{1, 200, 201, 300, 301, 512, 513, 2000, 2001, 5000} {
		for _, begin := range []string{"", "ü", "https://shop.example/", "post:"} {
			values = append(values, begin+strings.Repeat("x", max(n-len(begin), 0)), begin+strings.Repeat("x", n))
		}
	}
	return values
}

// extreme is a plain item with one field as given.
func extreme(kind, field, value string) map[string]any {
	at := time.Now().UTC().Add(-time.Hour)
	author, media := map[string]any{"id": "7"}, map[string]any{"kind": "image"}
	it := map[string]any{"kind": kind, "id": rand.Text(), "created_at": at, "edited_at": at, "text": "where is it?", "in_reply_to": "2",
		"author": author, "media": []any{media}}
	switch part, name, deep := strings.Cut(field, "."); {
	case !deep:
		it[field] = value
	case part == "author":
		author[name] = value
	default:
		media[name] = value
	}
	return it
}

// TestWhateverIsTakenCanBeStored: one item that the database refuses would keep
// back all that it came with, however often it is sent.
func TestWhateverIsTakenCanBeStored(t *testing.T) {
	conn, err := New(Options{Account: "shop", Network: "facebook", Host: "facebook.example", Secrets: secret, MaxLength: 500})
	must(t, err)
	c := conn.Receiver.(receiver).client
	fields := []string{"kind", "id", "url", "text", "language", "visibility", "in_reply_to", "thread",
		"author.id", "author.handle", "author.name", "author.url", "media.kind", "media.description"}
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		must(t, fx.EnsureAccount(t.Context(), "shop", "facebook", "facebook.example"))
		for _, kind := range []string{kindPost, kindEdit, kindDeletion, kindAnswer} {
			for _, field := range fields {
				var items []any
				for _, v := range extremes() {
					items = append(items, extreme(kind, field, v))
				}
				body, err := json.Marshal(map[string]any{"mentions": items})
				must(t, err)
				got, err := c.decode(body)
				must(t, err)
				if err := fx.PutPush(t.Context(), "shop", got.push, time.Now()); err != nil {
					t.Errorf("%s, kind %s: %.200v", field, kind, err)
				}
			}
		}
	})
}
