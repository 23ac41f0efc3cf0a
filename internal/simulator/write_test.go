package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestIdempotencyKeyIsHonouredByMastodonForAnHourOnly(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	form := url.Values{"status": {"@customer1 sorry"}}
	post := func(r *rig) string {
		return ok[statusJSON](r, "POST", "/api/v1/statuses", form, "Idempotency-Key", "reply-1-v1").ID
	}
	r := newRig(t, Options{Now: clock})
	first, again := post(r), post(r)
	if first != again {
		t.Error("Mastodon posted the same key twice")
	}
	now = now.Add(61 * time.Minute)
	if post(r) == first {
		t.Error("Mastodon kept the key for more than an hour")
	}
	g := newRig(t, Options{Flavour: FlavourGoToSocial, Now: clock})
	if post(g) == post(g) {
		t.Error("GoToSocial honoured the key")
	}
	if n := len(g.m.Published("help", "")); n != 2 {
		t.Errorf("audit counts %d posts, want 2", n)
	}
}

func TestBareHandleReachesLocalStranger(t *testing.T) {
	r := newRig(t, Options{})
	for _, a := range []string{"customer1", "customer1@far.example"} {
		if _, err := r.m.AddAccount(a); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		text string
		want []string
	}{
		{"@customer1 hello", []string{"customer1"}},
		{"@customer1@far.example hello", []string{"customer1@far.example"}},
		{"@customer1@social.example hello", []string{"customer1"}},
		{"@nobody@far.example hello", []string{}},
		{"mail a@customer1 or x/@customer1", []string{}},
		{"(@customer1@far.example), and @help.", []string{"customer1@far.example", "help"}},
	}
	for _, tt := range tests {
		s := ok[statusJSON](r, "POST", "/api/v1/statuses", url.Values{"status": {tt.text}})
		got := []string{}
		for _, m := range s.Mentions {
			got = append(got, m.Acct)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q mentions %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestPostingIsValidated(t *testing.T) {
	long := strings.Repeat("x", 480) + " https://shop.example/" + strings.Repeat("y", 200)
	tests := []struct {
		name           string
		form           url.Values
		mastodon, gots int
	}{
		{"empty", url.Values{"status": {" \n"}}, 422, 400},
		{"too long", url.Values{"status": {strings.Repeat("x", 501)}}, 422, 400},
		{"too long with warning", url.Values{"status": {strings.Repeat("x", 490)}, "spoiler_text": {"order trouble"}}, 422, 400},
		{"language", url.Values{"status": {"a"}, "language": {"tlh"}}, 422, 400},
		{"visibility", url.Values{"status": {"a"}, "visibility": {"secret"}}, 422, 422},
		{"no parent", url.Values{"status": {"a"}, "in_reply_to_id": {"99"}}, 404, 404},
		{"long link", url.Values{"status": {long[5:]}}, 200, 400},
		{"graphemes", url.Values{"status": {strings.Repeat("👩‍👩‍👧", 300)}}, 200, 400},
		{"region", url.Values{"status": {"a"}, "language": {"pt-BR"}}, 200, 200},
	}
	m, g := newRig(t, Options{}), newRig(t, Options{Flavour: FlavourGoToSocial})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m.want(tt.mastodon, "POST", "/api/v1/statuses", tt.form)
			g.want(tt.gots, "POST", "/api/v1/statuses", tt.form)
		})
	}
}

func TestJSONBodyPostsLikeAForm(t *testing.T) {
	r := newRig(t, Options{})
	body := `{"status":"hello","visibility":"unlisted","in_reply_to_id":null,"sensitive":false}`
	req, _ := http.NewRequest("POST", r.m.URL()+"/api/v1/statuses", strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+r.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.http.Do(req)
	must(t, err)
	defer resp.Body.Close()
	if p := r.m.Published("help", ""); resp.StatusCode != 200 || len(p) != 1 || p[0].Visibility != "unlisted" {
		t.Errorf("%d, %+v", resp.StatusCode, p)
	}
}

func TestContentIsHTMLAsServersEmitIt(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1@far.example", "@help a<b & c\nline\n\nhttps://www.shop.example/orders/555-0100123-0000001/track #late", PostOptions{})
	got := ok[statusJSON](r, "GET", "/api/v1/statuses/"+id, nil).Content
	for _, want := range []string{
		`<span class="h-card" translate="no"><a href="https://social.example/@help" class="u-url mention">@<span>help</span></a></span>`,
		`a&lt;b &amp; c<br />line</p><p>`,
		`<span class="invisible">https://www.</span><span class="ellipsis">`,
		`class="mention hashtag" rel="tag">#<span>late</span></a></p>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("content lacks %s\n%s", want, got)
		}
	}
}
