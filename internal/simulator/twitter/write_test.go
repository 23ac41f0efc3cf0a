package twitter

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func detail(t *testing.T, a answer) string {
	t.Helper()
	return decode[struct{ Detail string }](t, a).Detail
}

func TestReplyStandsUnderItsParent(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1", "@shop_help where is order 1001? @other_shop", PostOptions{})
	a := r.reply(201, id, "@customer1 Sorry & hold on, case K-1")
	got := decode[struct{ Data struct{ ID, Text string } }](t, a).Data
	if got.Text != "@customer1 Sorry &amp; hold on, case K-1" {
		t.Errorf("text %q", got.Text)
	}
	p := r.s.Published("shop_help", id)
	if len(p) != 1 || p[0].ID != got.ID || p[0].ParentID != id || !p[0].ByClient || p[0].Text != "@customer1 Sorry & hold on, case K-1" {
		t.Errorf("published %+v", p)
	}
	own := decode[struct {
		Data []struct {
			Text string
			Refs []struct{ Type, ID string } `json:"referenced_tweets"`
			Conv string                      `json:"conversation_id"`
		}
	}](t, r.want(200, r.user, "GET", "/2/users/"+r.shop+"/tweets?tweet.fields=referenced_tweets,conversation_id", ""))
	if d := own.Data; len(d) != 1 || d[0].Conv != id || len(d[0].Refs) != 1 || d[0].Refs[0].ID != id || d[0].Refs[0].Type != "replied_to" {
		t.Errorf("own posts %+v", own)
	}
	r.want(200, r.user, "DELETE", "/2/tweets/"+got.ID, "")
	r.want(404, r.user, "DELETE", "/2/tweets/"+got.ID, "")
	r.want(403, r.user, "DELETE", "/2/tweets/"+id, "")
	want := map[string]string{"2026-11-20 create": "1 for 10000", "2026-11-20 own_read": "1 for 1000", "2026-11-20 delete": "1 for 10000"}
	if got := r.charged(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("charged %v, want %v", got, want)
	}
}

func TestOnlyTheSummonedMayReply(t *testing.T) {
	r := newRig(t, Options{})
	ours := r.post("shop_help", "we are open", PostOptions{})
	first := r.post("customer1", "@shop_help help", PostOptions{})
	tests := []struct {
		name, author, text string
		o                  PostOptions
		status             int
	}{
		{"named", "customer1", "hello @Shop_Help!", PostOptions{}, 201},
		{"quoted", "customer1", "look at this", PostOptions{Quote: ours}, 201},
		{"named in a reply", "customer2", "@shop_help me too", PostOptions{InReplyTo: first}, 201},
		{"not named", "customer1", "shop_help is slow", PostOptions{}, 403},
		{"named by X only", "customer1", "still nothing", PostOptions{InReplyTo: ours}, 403},
		{"part of a name", "customer1", "@shop_help2 hello", PostOptions{}, 403},
		{"mail address", "customer1", "mail a@shop_help now", PostOptions{}, 403},
		{"our own", "shop_help", "a thread", PostOptions{InReplyTo: ours}, 201},
		{"mentioned only", "customer1", "@shop_help hi", PostOptions{ReplySettings: "mentionedUsers"}, 201},
		{"mentioned only, quote", "customer1", "hi", PostOptions{Quote: ours, ReplySettings: "mentionedUsers"}, 403},
		{"subscribers", "customer1", "@shop_help ho", PostOptions{ReplySettings: "subscribers"}, 403},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := r.reply(tt.status, r.post(tt.author, tt.text, tt.o), fmt.Sprintf("answer %d", i))
			if tt.status == 403 && detail(t, a) != textNotEngaged {
				t.Errorf("%s", a.body)
			}
		})
	}
}

func TestUnreachableParentsAreRefused(t *testing.T) {
	r := newRig(t, Options{})
	for name, hide := range map[string]func(author, id string) error{
		"deleted":   func(_, id string) error { return r.s.Delete(id) },
		"protected": func(author, _ string) error { return r.s.Protect(author) },
		"suspended": func(author, _ string) error { return r.s.Suspend(author) },
		"blocked":   func(author, _ string) error { return r.s.Block(author, "shop_help") },
	} {
		id := r.post("c_"+name, "@shop_help hello", PostOptions{})
		must(t, hide("c_"+name, id))
		if a := r.reply(403, id, "answer to "+name); !strings.Contains(detail(t, a), "deleted or not visible") {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	r.reply(403, "5", "answer to nobody")
	if n := len(r.s.Published("shop_help", "")); n != 0 {
		t.Errorf("%d posts", n)
	}
}

func TestEqualTextIsRefusedForADay(t *testing.T) {
	r := newRig(t, Options{})
	a := r.post("customer1", "@shop_help a", PostOptions{})
	b := r.post("customer2", "@shop_help b", PostOptions{})
	r.reply(201, a, "Sorry about this.")
	for _, again := range []string{"Sorry about this.", "sorry  about this. ", "@customer2 Sorry about this."} {
		if got := detail(t, r.reply(403, b, again)); got != textDuplicate {
			t.Errorf("%q: %s", again, got)
		}
	}
	r.reply(201, b, "Sorry about this. Case K-2")
	r.post("shop_help", "By hand", PostOptions{})
	r.reply(403, b, "by hand")
	r.pass(25 * time.Hour)
	r.reply(201, b, "Sorry about this.")
}

func TestTextIsHeldToTheRules(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1", "@shop_help a", PostOptions{})
	r.reply(201, id, "@customer1 "+strings.Repeat("x", 280))
	r.reply(400, id, strings.Repeat("x", 281))
	r.reply(400, id, "@customer2 "+strings.Repeat("y", 270))
	r.reply(201, id, strings.Repeat("日", 140))
	r.reply(400, id, strings.Repeat("日", 140)+"x")
	r.reply(201, id, "one $ABC")
	if got := detail(t, r.reply(403, id, "two $ABC $DEF")); got != textCashtags {
		t.Errorf("cashtags: %s", got)
	}
	r.want(403, r.user, "POST", "/2/tweets", `{"text":"look","quote_tweet_id":"`+id+`"}`)
}

func TestLinksAndPlainPostsHaveTheirPrice(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1", "@shop_help a", PostOptions{})
	r.reply(201, id, "see https://example.com/track")
	r.reply(201, id, "see example.com")
	r.want(201, r.user, "POST", "/2/tweets", `{"text":"good morning"}`)
	want := map[string]string{"2026-11-20 create_link": "2 for 400000", "2026-11-20 create_plain": "1 for 15000"}
	if got := r.charged(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("charged %v, want %v", got, want)
	}
}

func TestEmptyBalanceStopsPaidCalls(t *testing.T) {
	r := newRig(t, Options{Credits: 12_000})
	id := r.post("customer1", "@shop_help a", PostOptions{})
	r.mentions("")
	a := r.reply(201, id, "one")
	if a.header.Get("x-rate-limit-remaining") != "99" {
		t.Errorf("headers %v", a.header)
	}
	a = r.reply(402, id, "two")
	if p := decode[struct{ Type string }](t, a); p.Type != problemBase+"credits-depleted" || a.header.Get("x-rate-limit-remaining") != "98" {
		t.Errorf("%s %v", a.body, a.header)
	}
	r.mentions("") // the balance is not used up yet, and the post is paid for
	r.post("customer1", "@shop_help b", PostOptions{})
	r.mentions("")
	for _, path := range []string{"/2/users/me", "/2/users/" + r.shop + "/mentions", "/2/tweets?ids=" + id, "/2/tweets/search/recent?query=late"} {
		r.want(402, r.user, "GET", path, "")
	}
	r.s.AddCredits(20_000)
	r.reply(201, id, "two")
}

func TestMonthlyCapStopsReading(t *testing.T) {
	r := newRig(t, Options{PostCap: 2})
	for i := range 3 {
		r.post("customer1", fmt.Sprintf("@shop_help %d", i), PostOptions{})
	}
	r.mentions("")
	a := r.want(429, r.user, "GET", "/2/users/"+r.shop+"/mentions", "")
	if !strings.Contains(string(a.body), "usage-capped") || !strings.Contains(string(a.body), "UsageCapExceeded") {
		t.Errorf("%s", a.body)
	}
	usage := decode[struct{ Data map[string]json.RawMessage }](t, r.want(200, nil, "GET", "/2/usage/tweets?usage.fields=daily_project_usage", "")).Data
	if string(usage["project_usage"]) != `"3"` || !strings.Contains(string(usage["daily_project_usage"]), "2026-11-20") {
		t.Errorf("usage %s", usage)
	}
	r.pass(11 * 24 * time.Hour)
	r.mentions("")
}

func TestRateLimitsHoldForAQuarterOfAnHour(t *testing.T) {
	r := newRig(t, Options{LimitScale: 0.01})
	path := "/2/users/" + r.shop + "/mentions"
	for i := range 3 {
		a := r.want(200, r.user, "GET", path, "")
		if got := a.header.Get("x-rate-limit-remaining"); got != fmt.Sprint(2-i) || a.header.Get("x-rate-limit-limit") != "3" {
			t.Errorf("call %d: %v", i, a.header)
		}
	}
	a := r.want(429, r.user, "GET", path, "")
	if !strings.Contains(string(a.body), "rate-limit-exceeded") || a.header.Get("x-rate-limit-reset") != "1795166100" {
		t.Errorf("%s %v", a.body, a.header)
	}
	r.want(200, nil, "GET", path, "") // the app has its own
	r.pass(15 * time.Minute)
	r.want(200, r.user, "GET", path, "")
}

func TestWeightedLength(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"", 0},
		{"order 1001", 10},
		{"cafe\u0301", 4}, // NFC
		{"é", 1},
		{"日本", 4},
		{"\u2018quoted\u2019\u2026", 10}, // the ellipsis weighs 2
		{"👍", 2},
		{"👍🏽", 2},
		{"👩‍👩‍👧‍👦", 2},
		{"🇩🇪🇫🇷", 4},
		{"1️⃣", 2},
		{"© ©️", 4},
		{"https://example.com/" + strings.Repeat("x", 300), 23},
		{"see example.com.", 28},
		{"a.b", 3},
		{"(https://example.com/a_(b))", 25},
		{"http://a.example and b@example.com", 34}, // such a domain does not exist
		{"www.example.co.uk/a?b=c.", 24},
		{"http://under_score.com", 22}, // no domain
		{"http://-a.example.com", 21},
		{strings.Repeat("x", 64) + ".com", 68},
		{"http://😀", 9},
	}
	for _, tt := range tests {
		if got := weightedLength(tt.text); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.text, got, tt.want)
		}
	}
}

func FuzzLengthAndEntities(f *testing.F) {
	for _, text := range []string{"@shop_help see https://example.com/a.", "＠a #b $C d.de", "👩‍👩‍👧 (example.com)"} {
		f.Add(text)
	}
	s := New(Options{})
	if _, err := s.AddUser("shop_help"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var all strings.Builder
		for _, p := range splitText(text) {
			all.WriteString(p.text)
		}
		if all.String() != text {
			t.Fatalf("parts %q of %q", all.String(), text)
		}
		served, e := s.serve(text)
		runes := []rune(served)
		for _, m := range e.mentions {
			if got := string(runes[m["start"].(int)+1 : m["end"].(int)]); !strings.EqualFold(got, m["username"].(string)) {
				t.Fatalf("mention %q at %v", got, m)
			}
		}
		if n := weightedLength(text); n < 0 {
			t.Fatal(n)
		}
	})
}
