package twitter

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"socialwatch"
)

// answers is X with hand-made pages for the mentions timeline.
func answers(t *testing.T, body string) *client {
	t.Helper()
	c, _ := fake(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/2/users/me" {
			say(200, `{"data":{"id":"42","username":"shop_help"}}`)(w, r)
			return
		}
		say(200, body)(w, r)
	})
	return c
}

const users = `"includes":{"users":[{"id":"7001","username":"customer1","name":"C\u0000 One"}]}`

func TestOddShapesOfMentions(t *testing.T) {
	const id, later = "2123706425275318272", "2123706425275318999"
	type mention = struct{ text, parent, root string }
	for name, tc := range map[string]struct {
		data  string
		want  []mention
		aside int
	}{
		"tweet spelling": {`[{"id":"` + id + `","text":"cut…","author_id":"7001","conversation_id":"9007199254740993",
			"edit_history_tweet_ids":["` + id + `"],"referenced_tweets":[{"type":"replied_to","id":"9007199254740995"}],
			"note_tweet":{"text":"@shop_help whole"},"entities":{"mentions":[{"username":"shop_help","id":"42"}]}}]`,
			[]mention{{"@shop_help whole", "9007199254740995", "9007199254740993"}}, 0},
		"post spelling": {`[{"id":"` + id + `","text":"cut…","author_id":"7001","conversation_id":"9007199254740993",
			"edit_history_post_ids":["` + id + `"],"referenced_posts":[{"type":"replied_to","id":"9007199254740995"}],
			"note_post":{"text":"whole","entities":{"mentions":[{"username":"shop_help","id":"42"}]}}}]`,
			[]mention{{"whole", "9007199254740995", "9007199254740993"}}, 0},
		"ids as numbers beyond 2^53": {`[{"id":` + id + `,"text":"a","author_id":7001,"conversation_id":9007199254740993,
			"entities":{"mentions":[{"username":"shop_help","id":42}]}}]`, []mention{{"a", "", "9007199254740993"}}, 0},
		"no data":   {`null`, nil, 0},
		"no fields": {`[{"id":"` + id + `","text":"@shop_help a","author_id":"7001"}]`, []mention{{"@shop_help a", "", id}}, 0},
		"mentions without ids": {`[{"id":"` + id + `","text":"a","author_id":"7001","entities":{"mentions":[{"username":"Shop_Help"}]}}]`,
			[]mention{{"a", "", id}}, 0},
		"another of our name": {`[{"id":"` + id + `","text":"@shop_help","author_id":"7001","entities":{"mentions":[{"username":"shop_help","id":"43"}]}}]`, nil, 0},
		"quote of ours": {`[{"id":"` + id + `","text":"look","author_id":"7001","referenced_tweets":[{"type":"quoted","id":"77"}],
			"entities":{"mentions":[{"id":"9"}],"urls":[{"expanded_url":"https://twitter.com/SHOP_help/status/77"}]}}]`, []mention{{"look", "", id}}, 0},
		"quote of another's": {`[{"id":"` + id + `","text":"look","author_id":"7001","referenced_tweets":[{"type":"quoted","id":"77"}],
			"entities":{"urls":[{"expanded_url":"https://x.com/else/status/77"}]}}]`, nil, 0},
		"retweet": {`[{"id":"` + id + `","text":"RT @shop_help","author_id":"7001","referenced_tweets":[{"type":"retweeted","id":"77"}]}]`, nil, 0},
		"ours":    {`[{"id":"` + id + `","text":"@shop_help","author_id":"42"}]`, nil, 0},
		"two versions on a page": {`[{"id":"` + later + `","text":"@shop_help b","author_id":"7001","edit_history_tweet_ids":["` + id + `","` + later + `"]},
			{"id":"` + id + `","text":"@shop_help a","author_id":"7001","edit_history_tweet_ids":["` + id + `","` + later + `"]}]`, []mention{{"@shop_help b", "", id}}, 0},
		"an old version alone": {`[{"id":"` + id + `","text":"@shop_help a","author_id":"7001","edit_history_tweet_ids":["` + id + `","` + later + `"]}]`, nil, 0},
		"history as it was": {`[{"id":"` + id + `","text":"@shop_help a","author_id":"7001"},
			{"id":"` + later + `","text":"@shop_help b","author_id":"7001","edit_history_tweet_ids":["` + id + `","` + later + `"]}]`, []mention{{"@shop_help b", "", id}}, 0},
		"an element for itself": {`[{"id":"` + id + `","text":{"odd":1},"author_id":"7001"},{"id":"x","text":"@shop_help","author_id":"7001"},
			7,{"id":"` + later + `","text":"@shop_help b","author_id":"7001"}]`, []mention{{"@shop_help b", "", later}}, 3},
		"no author":   {`[{"id":"` + id + `","text":"@shop_help"}]`, nil, 1},
		"dirty texts": {`[{"id":"` + id + `","text":"@shop_help a\u0000 &amp;lt; &lt;b&gt; \ud800\r\n","author_id":"7001"}]`, []mention{{"@shop_help a &lt; <b> \uFFFD", "", id}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := answers(t, `{"data":`+tc.data+`,`+users+`,"errors":[{"title":"Not Found Error","type":"https://api.x.com/2/problems/resource-not-found","value":"5"}],"meta":{}}`)
			b, err := source{c}.Fetch(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(b.Mentions) != len(tc.want) || len(b.SetAside) != tc.aside {
				t.Fatalf("%d mentions, %d set aside", len(b.Mentions), len(b.SetAside))
			}
			for i, w := range tc.want {
				m := b.Mentions[i]
				if m.Text != w.text || m.ParentID != w.parent || m.RootID != w.root ||
					m.Author.Handle != "customer1" || m.Author.Name != "C One" || (m.ID != id && tc.aside == 0) {
					t.Errorf("%+v", m)
				}
				if (m.Kind == socialwatch.KindQuote) != strings.HasPrefix(name, "quote") {
					t.Errorf("kind %s", m.Kind)
				}
			}
			for _, a := range b.SetAside {
				if a.ID == "" || len(a.Raw) == 0 || a.Problem == "" || strings.Contains(a.Problem, "shop_help") {
					t.Errorf("%+v", a)
				}
			}
		})
	}
}

func TestAuthorThatDidNotComeAlongIsNoReasonToLoseAMention(t *testing.T) {
	c := answers(t, `{"data":[{"id":"2123706425275318272","text":"@shop_help a","author_id":"7009"}]}`)
	b, err := source{c}.Fetch(t.Context(), nil)
	if err != nil || len(b.Mentions) != 1 {
		t.Fatal(err)
	}
	if m := b.Mentions[0]; m.Author.ID != "7009" || m.Author.Handle != "" || m.URL != "https://x.com/i/web/status/2123706425275318272" {
		t.Errorf("%+v", m)
	}
}

func TestSetAsideIsBounded(t *testing.T) {
	c := answers(t, `{"data":[{"id":"2123706425275318272","text":7,"x":"`+strings.Repeat("y", 100<<10)+`"}]}`)
	b, err := source{c}.Fetch(t.Context(), nil)
	if err != nil || len(b.SetAside) != 1 || len(b.SetAside[0].Raw) != 64<<10 {
		t.Fatal(err, len(b.SetAside))
	}
}

func TestIDsCompareAsNumbers(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"9", "10", -1}, {"999999999999999999", "1000000000000000000", -1}, {"18446744073709551615", "18446744073709551614", 1},
		{"9007199254740993", "9007199254740992", 1}, {"5", "5", 0}, {"", "1", -1}} {
		if got := compareIDs(tc.a, tc.b); got != tc.want {
			t.Errorf("compare %s with %s: %d", tc.a, tc.b, got)
		}
	}
	if lower("1000", "999") != "999" || lower("", "5") != "5" || lower("5", "") != "5" {
		t.Error("the lowest of ids is not found")
	}
	for _, odd := range []string{"", "0", "-1", "+5", "0x10", "1e3", " 1", "18446744073709551616", "007"} {
		if _, err := parseID(odd); err == nil {
			t.Errorf("%q passes for an id", odd)
		}
	}
}

func TestSnowflakesHoldTheirTime(t *testing.T) {
	at := time.Date(2026, 11, 20, 9, 14, 3, 123_000_000, time.UTC)
	id := snowflake(at)
	if !drawn(id).Equal(at) {
		t.Errorf("%s became %s", at, drawn(id))
	}
	// 1529877576591609861 was drawn at 2022-05-26T17:58:40.122Z by the formula of the note.
	if got := drawn("1529877576591609861"); got.Year() != 2022 || got.Month() != time.May {
		t.Errorf("drawn %s", got)
	}
	if snowflake(time.Time{}) == "" || !drawn("junk").IsZero() {
		t.Error("odd times")
	}
}

func TestHandleIsFoundAsAWholeWord(t *testing.T) {
	for text, want := range map[string]bool{
		"@shop_help": true, "hey @SHOP_help, hi": true, "(@shop_help)": true, "@shop_helper @shop_help!": true,
		"@shop_helper": false, "x@shop_help": false, "shop_help": false, "@@shop_help": false, "": false, "é@shop_help": true,
	} {
		if handleIn(text, "shop_help") != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":"2123706425275318272","text":"@shop_help a","author_id":"7001","entities":{"mentions":[{"id":"42"}]}}],` + users + `,"meta":{"next_token":"a"}}`))
	f.Add([]byte(`{"errors":[{"code":453,"message":"x"}]}`))
	f.Add([]byte(`{"data":{"id":5},"errors":{}}`))
	c, err := newClient(Options{Account: "shop", Handle: "shop_help", Bearer: "b"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = newAPIError(403, body, 0).Error()
		_ = objectsOf(ItemPostRead, body)
		p, err := decodePage(body)
		if err != nil {
			return
		}
		r := &reading{client: c, me: self{id: "42", username: "shop_help"}, seen: map[string]int{}, odd: map[string]bool{}}
		for _, raw := range p.raws {
			r.take(raw, p.users)
		}
		for _, m := range r.batch.Mentions {
			for _, s := range []string{m.Text, m.Author.Name, m.Author.Handle, m.Language, m.ID, m.RootID, m.ParentID, m.URL} {
				if !utf8.ValidString(s) || s != socialwatch.CleanText(s) {
					t.Errorf("not clean: %q", s)
				}
			}
			if _, err := parseID(m.ID); err != nil {
				t.Errorf("id %q", m.ID)
			}
		}
		if _, err := json.Marshal(r.batch.SetAside); err != nil {
			t.Error(err)
		}
	})
}
