package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store/dbtest"
)

// item is what a program hands in, whatever it is.
type item map[string]any

// odd are posts that are allowed and as unusual as can be, by request.
func odd(now time.Time) map[string][]item {
	at := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339Nano) }
	post := func(id, text string, more item) item {
		it := item{"kind": "post", "id": id, "created_at": at(-time.Hour), "text": text, "author": item{"id": "post:" + id}}
		for k, v := range more {
			it[k] = v
		}
		return it
	}
	var words strings.Builder
	for i := range 150_000 {
		fmt.Fprintf(&words, "%05x ", i)
	}
	var many, media []item
	for i := range 500 {
		many = append(many, post(fmt.Sprint("many", i), "where is my order", nil))
	}
	for range 20 {
		media = append(media, item{"kind": "image", "description": strings.Repeat("a broken parcel ", 2000)})
	}
	long := strings.Repeat("9", 200)
	return map[string][]item{
		"many":      many,
		"words":     {post("words", "my order never came "+words.String(), nil)},
		"one word":  {post("word", "refund "+strings.Repeat("a", 900_000), nil)},
		"no spaces": {post("run", "refund "+strings.Repeat("退", 300_000), nil)},
		"marks":     {post("zalgo", "my order never came"+strings.Repeat("\u0301", 400_000), nil)},
		"media":     {post("media", "", item{"media": media})},
		"times": {post("t1", "refund", item{"created_at": "1990-01-01T00:00:00+14:00"}), post("t2", "refund", item{"created_at": at(23 * time.Hour)}),
			post("t3", "refund", item{"kind": "edit", "edited_at": at(-20 * 365 * 24 * time.Hour)}), post("t4", "refund", item{"created_at": "2024-02-29T23:59:59.999999999-12:00"})},
		"threads": {post("self", "refund", item{"in_reply_to": "self", "thread": "self"}), post("a", "refund", item{"in_reply_to": "b"}),
			post("b", "refund", item{"in_reply_to": "a"}), post(long, "refund", item{"thread": long[1:] + "8", "in_reply_to": long[1:] + "7"})},
		"versions": {post("v", "refund", nil), post("v", "refund now", item{"kind": "edit", "edited_at": at(-30 * time.Minute)}), post("v", "refund at once",
			item{"kind": "edit", "edited_at": at(-40 * time.Minute)})},
		"words of all kinds": {post("nul", "refund\u0000 \u202ethgir \u2066 \ufeff\u200d 🏴󠁧󠁢󠁥󠁮󠁧󠁿 <script>alert(1)</script> {{name}} %s ' or 1=1; --", item{"visibility": "direct",
			"language": strings.Repeat("x", 35), "url": "https://facebook.example/\"><script>"}), post("empty", "", nil), post("blank", "\u00a0\n\t", nil)},
		"authors": {post("w1", "refund", item{"author": item{"id": "same", "handle": strings.Repeat("ü", 150), "name": strings.Repeat("N", 300), "followers": 1<<63 - 1}}),
			post("w2", "refund", item{"author": item{"id": "same", "handle": "@@ @other", "name": "\r\n", "bot": true}})},
		"our own": {item{"kind": "answer", "id": "v", "created_at": at(0), "in_reply_to": "nobody's", "text": ""},
			item{"kind": "answer", "id": "ours", "created_at": at(0), "in_reply_to": "self", "text": "here it is"},
			item{"kind": "answer", "id": "theirs", "created_at": at(0), "in_reply_to": "self", "text": "here", "author": item{"id": "post:" + long}}, item{"kind": "deletion", "id": "nobody's"}},
	}
}

// TestNothingHandedInKeepsTheRestBack: what is answered 202 is taken in,
// whatever it is, and keeps nothing that comes after it waiting.
func TestNothingHandedInKeepsTheRestBack(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, b := newBridgeShop(t, kind, false, "")
			d := s.serve()
			defer d.end()
			var ids []string
			for name, items := range odd(time.Now().UTC()) {
				body, err := json.Marshal(map[string]any{"mentions": items})
				must(t, err)
				status, told, err := b.Send(body)
				for range 20 {
					if status != http.StatusServiceUnavailable { // as on a machine that is busy: it says when
						break
					}
					status, told, err = b.Send(body)
				}
				if err != nil || status != http.StatusAccepted || !strings.Contains(told, `"refused":[]`) {
					t.Fatalf("%s: %d %.300s %v", name, status, told, err)
				}
				for _, it := range items {
					if it["kind"] == "post" {
						ids = append(ids, it["id"].(string))
					}
				}
			}
			ids = append(ids, say(t, b, 1))
			until(t, 2*time.Minute, "all is taken in", func() bool { return s.has(ids) && s.number("select count(*) from inbox") == 0 })
			for id, n := range s.stored() {
				if n != 1 {
					t.Errorf("post %s is stored %d times", id, n)
				}
			}
			if n := s.number("select count(*) from mentions where post_id = 'v' and body = 'refund now'"); n != 1 {
				t.Error("an older version has replaced a newer one")
			}
			until(t, time.Minute, "search knows each case", func() bool {
				return s.number("select count(*) from cases c where not exists (select 1 from case_words w where w.case_id = c.id)") == 0
			})
		})
	}
}

// TestPausedAccountKeepsWhatIsHandedIn: while an account is paused what is
// handed in is stored and answered, and taken in when the pause ends, though the
// program was killed meanwhile.
func TestPausedAccountKeepsWhatIsHandedIn(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, b := newBridgeShop(t, kind, false, "")
			d := s.serve()
			first := say(t, b, 1)
			until(t, time.Minute, "the first post is stored", func() bool { return s.has([]string{first}) })
			st := dbtest.Reopen(t, s.db)
			admin, err := addPerson(t.Context(), st, socialwatch.Person{Login: "adam",
				Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleAdmin}}, shopPassword)
			must(t, err)
			must(t, st.Pause(t.Context(), "shop_help", admin, socialwatch.Micros(time.Now())))
			second := say(t, b, 2)
			must(t, b.Delete(first))
			d.kill()
			s.done("poll", "--once")
			if s.has([]string{second}) || s.number("select count(*) from inbox") != 1 || s.number("select count(*) from inbox_gone") != 1 {
				t.Error("something was taken in while the account is paused")
			}
			d = s.serve()
			third := say(t, b, 3)
			if out := s.done("unpause", "shop_help"); !strings.Contains(out, "shop_help") {
				t.Errorf("unpause says %s", out)
			}
			until(t, time.Minute, "all is taken in", func() bool {
				return s.has([]string{second, third}) && s.number("select count(*) from mentions where gone_at is not null") == 1
			})
			d.end()
		})
	}
}
