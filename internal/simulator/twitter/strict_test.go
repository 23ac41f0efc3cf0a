package twitter

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dghubble/oauth1"
)

type refusal struct {
	Type, Title string
	Errors      []struct{ Message string }
}

func TestRequestsAreHeldToTheSchema(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1", "@shop_help order 1001", PostOptions{})
	mentions, own := "/2/users/"+r.shop+"/mentions?", "/2/users/"+r.shop+"/tweets?"
	search := func(q string) string { return "/2/tweets/search/recent?query=" + url.QueryEscape(q) }
	many := strings.Repeat(id+",", 100) + id
	tests := []struct{ method, path, body string }{
		{"GET", mentions + "max_results=4", ""},
		{"GET", mentions + "max_results=101", ""},
		{"GET", mentions + "max_results=010", ""},
		{"GET", mentions + "max_results=ten", ""},
		{"GET", mentions + "exclude=retweets", ""},
		{"GET", mentions + "count=10", ""},
		{"GET", mentions + "since_id=", ""},
		{"GET", mentions + "since_id=-1", ""},
		{"GET", mentions + "since_id=12345678901234567890", ""},
		{"GET", mentions + "since_id=1a", ""},
		{"GET", mentions + "since_id=5&until_id=5", ""},
		{"GET", mentions + "since_id=6&until_id=5", ""},
		{"GET", mentions + "since_id=5&start_time=2026-11-19T00:00:00Z", ""},
		{"GET", mentions + "start_time=2026-11-19", ""},
		{"GET", mentions + "start_time=2026-11-19T00:00:00%2B01:00", ""},
		{"GET", mentions + "start_time=2026-11-19T00:00:00Z&end_time=2026-11-18T00:00:00Z", ""},
		{"GET", mentions + "max_results=10&max_results=20", ""},
		{"GET", mentions + "tweet.fields=author_id,nonsense", ""},
		{"GET", mentions + "tweet.fields=author_id,author_id", ""},
		{"GET", mentions + "tweet.fields=author_id&post.fields=lang", ""},
		{"GET", mentions + "post.fields=author_id", ""},
		{"GET", mentions + "post.fields=note_tweet", ""},
		{"GET", mentions + "tweet.fields=lang&expansions=referenced_posts.id", ""},
		{"GET", mentions + "user.fields=password", ""},
		{"GET", mentions + "expansions=author", ""},
		{"GET", mentions + "pagination_token=made-up", ""},
		{"GET", mentions + "a=%zz", ""},
		{"GET", "/2/users/shop_help/mentions", ""},
		{"GET", own + "max_results=4", ""},
		{"GET", "/2/tweets", ""},
		{"GET", "/2/tweets?ids=", ""},
		{"GET", "/2/tweets?ids=1,,2", ""},
		{"GET", "/2/tweets?ids=" + many, ""},
		{"GET", "/2/tweets/search/recent", ""},
		{"GET", search("@shop_help") + "&max_results=9", ""},
		{"GET", search("@shop_help") + "&since_id=5", ""},
		{"GET", search("@shop_help") + "&start_time=2026-11-01T00:00:00Z", ""},
		{"GET", search("@shop_help") + "&end_time=2026-11-20T09:00:00Z", ""},
		{"GET", search("@shop_help") + "&sort_order=best", ""},
		{"GET", search("-@shop_help"), ""},
		{"GET", search("is:reply"), ""},
		{"GET", search("@shop_help OR is:reply"), ""},
		{"GET", search("@shop_help AND late"), ""},
		{"GET", search("@shop_help or late"), ""},
		{"GET", search("@shop_help ("), ""},
		{"GET", search("(@shop_help"), ""},
		{"GET", search("@shop_help)"), ""},
		{"GET", search("@shop_help OR"), ""},
		{"GET", search("@shop_help -(from:a OR from:b)"), ""},
		{"GET", search("@shop_help -is:nullcast"), ""},
		{"GET", search("@shop_help lang:en"), ""},
		{"GET", search("conversation_id:abc"), ""},
		{"GET", search("from:a-b"), ""},
		{"GET", search("\"open"), ""},
		{"GET", search(strings.Repeat("late ", 102) + "123"), ""},
		{"POST", "/2/tweets", `{"text":"a","reply_to":"1"}`},
		{"POST", "/2/tweets", `{"Text":"a"}`},
		{"POST", "/2/tweets", `{"text":"a","media":{}}`},
		{"POST", "/2/tweets", `{"text":5}`},
		{"POST", "/2/tweets", `{"text":null}`},
		{"POST", "/2/tweets", `{"text":" "}`},
		{"POST", "/2/tweets", `{}`},
		{"POST", "/2/tweets", `[]`},
		{"POST", "/2/tweets", `{"text":"a"} x`},
		{"POST", "/2/tweets", `{"text":"a","reply":{}}`},
		{"POST", "/2/tweets", `{"text":"a","reply":{"in_reply_to_tweet_id":` + id + `}}`},
		{"POST", "/2/tweets", `{"text":"a","reply":{"in_reply_to_tweet_id":"x"}}`},
		{"POST", "/2/tweets", `{"text":"a","reply":{"in_reply_to_tweet_id":"` + id + `","quote":true}}`},
		{"POST", "/2/tweets", `{"text":"a","reply_settings":"everyone"}`},
		{"POST", "/2/tweets?dry=1", `{"text":"a"}`},
		{"DELETE", "/2/tweets/abc", ""},
	}
	before := len(r.s.Bill().Charges)
	for _, tt := range tests {
		client := r.user
		if strings.Count(tt.path, "max_results") > 1 || strings.Contains(tt.path, "%zz") {
			client = nil // the library cannot sign these
		}
		a := r.want(400, client, tt.method, tt.path, tt.body)
		if p := decode[refusal](t, a); p.Type != problemBase+"invalid-request" || p.Title != "Invalid Request" || len(p.Errors) == 0 || p.Errors[0].Message == "" {
			t.Errorf("%s %s: %s", tt.method, tt.path, a.body)
		}
		if ct := a.header.Get("Content-Type"); ct != "application/problem+json" || a.header.Get("x-rate-limit-limit") == "" {
			t.Errorf("%s: headers %v", tt.path, a.header)
		}
	}
	if b := r.s.Bill(); len(b.Charges) != before || len(r.s.Published("shop_help", "")) != 0 {
		t.Errorf("a refused request cost or posted something: %+v", b)
	}
}

func TestEveryCallNeedsTheRightCredentials(t *testing.T) {
	r := newRig(t, Options{})
	tests := []struct {
		header, path string
		status       int
	}{
		{"", "/2/tweets?ids=1", 401},
		{"Bearer made-up", "/2/tweets?ids=1", 401},
		{"Basic " + r.s.Bearer(), "/2/tweets?ids=1", 401},
		{"bearer " + r.s.Bearer(), "/2/tweets?ids=1", 200},
		{"Bearer " + r.s.Bearer(), "/2/users/me", 403},
		{"OAuth oauth_token=\"x\"", "/2/users/me", 401},
	}
	for _, tt := range tests {
		req, err := http.NewRequest("GET", r.s.URL()+tt.path, nil)
		must(t, err)
		if tt.header != "" {
			req.Header.Set("Authorization", tt.header)
		}
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		_ = resp.Body.Close()
		if resp.StatusCode != tt.status {
			t.Errorf("%q: %d, want %d", tt.header, resp.StatusCode, tt.status)
		}
	}
	a := r.want(403, nil, "POST", "/2/tweets", `{"text":"a"}`)
	if !strings.Contains(string(a.body), "unsupported-authentication") {
		t.Errorf("%s", a.body)
	}
	r.want(403, r.user, "GET", "/2/usage/tweets", "")
	must(t, r.s.Revoke("shop_help"))
	r.want(401, r.user, "GET", "/2/users/me", "")
}

// The example of RFC 5849, section 3.4.1.1, and that of X's page "Creating a
// signature", whose result X prints.
func TestSignatureMatchesPublishedExamples(t *testing.T) {
	req, err := http.NewRequest("POST", "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", nil)
	must(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	base, err := signatureBase(req, []byte("c2&a3=2+q"), map[string]string{
		"oauth_consumer_key": "9djdj82h48djs9d2", "oauth_token": "kkk9d7dh3k39sjv7", "oauth_signature_method": "HMAC-SHA1",
		"oauth_timestamp": "137131201", "oauth_nonce": "7d8f3e4a", "oauth_signature": "left out",
	})
	must(t, err)
	want := "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D" +
		"%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1" +
		"%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
	if base != want {
		t.Errorf("base\n%s, want\n%s", base, want)
	}
	base = "POST&https%3A%2F%2Fapi.twitter.com%2F1.1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue" +
		"%26oauth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26oauth_nonce%3DkYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg" +
		"%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958" +
		"%26oauth_token%3D370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26oauth_version%3D1.0" +
		"%26status%3DHello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520signed%2520OAuth%2520request%2521"
	got := sign(base, "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE")
	if got != "hCtSmYh+iHYCEqBWrE7C7hYmtUk=" {
		t.Errorf("signature %s", got)
	}
}

// signWith sends a signed request of which one field is changed.
func (r *rig) signWith(change func(fields map[string]string)) int {
	c, err := r.s.Credentials("shop_help")
	must(r.t, err)
	f := map[string]string{
		"oauth_consumer_key": c.ConsumerKey, "oauth_token": c.AccessToken, "oauth_signature_method": "HMAC-SHA1",
		"oauth_timestamp": fmt.Sprint(time.Now().Unix()), "oauth_nonce": fmt.Sprint(time.Now().UnixNano()), "oauth_version": "1.0",
	}
	req, err := http.NewRequest("GET", r.s.URL()+"/2/tweets?ids=1&tweet.fields=author_id,lang", nil)
	must(r.t, err)
	change(f)
	base, err := signatureBase(req, nil, f)
	must(r.t, err)
	if f["oauth_signature"] == "" {
		f["oauth_signature"] = sign(base, c.ConsumerSecret, c.AccessSecret)
	}
	var items []string
	for name, value := range f {
		items = append(items, name+`="`+percentEncode(value)+`"`)
	}
	req.Header.Set("Authorization", "OAuth "+strings.Join(items, ", "))
	resp, err := http.DefaultClient.Do(req)
	must(r.t, err)
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestSignatureIsVerifiedInFull(t *testing.T) {
	r := newRig(t, Options{})
	set := func(name, value string) func(map[string]string) { return func(f map[string]string) { f[name] = value } }
	tests := map[string]struct {
		change func(map[string]string)
		status int
	}{
		"right":         {func(map[string]string) {}, 200},
		"no version":    {func(f map[string]string) { delete(f, "oauth_version") }, 200},
		"old":           {set("oauth_timestamp", fmt.Sprint(time.Now().Add(-6*time.Minute).Unix())), 401},
		"from tomorrow": {set("oauth_timestamp", fmt.Sprint(time.Now().Add(6*time.Minute).Unix())), 401},
		"other key":     {set("oauth_consumer_key", "x"), 401},
		"other token":   {set("oauth_token", "7001-x"), 401},
		"other method":  {set("oauth_signature_method", "PLAINTEXT"), 401},
		"version 2":     {set("oauth_version", "2.0"), 401},
		"no nonce":      {set("oauth_nonce", ""), 401},
		"extra field":   {set("oauth_body_hash", "x"), 401},
		"wrong":         {set("oauth_signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), 401},
	}
	for name, tt := range tests {
		if got := r.signWith(tt.change); got != tt.status {
			t.Errorf("%s: %d, want %d (%v)", name, got, tt.status, r.s.Refusals())
		}
	}
	once := set("oauth_nonce", "the-same")
	if first, again := r.signWith(once), r.signWith(once); first != 200 || again != 401 {
		t.Errorf("the same nonce: %d, then %d", first, again)
	}
}

func TestSecretsOfAnotherUserDoNotSign(t *testing.T) {
	r := newRig(t, Options{})
	_, err := r.s.AddUser("other_shop")
	must(t, err)
	mine, err := r.s.Credentials("shop_help")
	must(t, err)
	other, err := r.s.Credentials("other_shop")
	must(t, err)
	mixed := oauth1.NewConfig(mine.ConsumerKey, mine.ConsumerSecret).Client(oauth1.NoContext, oauth1.NewToken(mine.AccessToken, other.AccessSecret))
	r.want(401, mixed, "GET", "/2/users/me", "")
}

func TestPageTokensHoldOnlyForTheirRequest(t *testing.T) {
	r := newRig(t, Options{})
	for i := range 8 {
		r.post("customer1", fmt.Sprintf("@shop_help %d", i), PostOptions{})
	}
	path := "/2/users/" + r.shop + "/mentions?max_results=5&pagination_token="
	token := r.mentions("max_results=5").Meta.Next
	r.want(200, r.user, "GET", path+token, "")
	r.want(400, r.user, "GET", path+token+"&since_id=5", "")
	r.want(400, r.user, "GET", "/2/users/"+r.shop+"/tweets?pagination_token="+token, "")
	r.s.ExpireTokens()
	r.want(400, r.user, "GET", path+token, "")
}
