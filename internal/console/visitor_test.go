package console

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"socialwatch/internal/auth"
)

// enter logs a person in without the cost of a password.
func (s *shop) enter(t testing.TB, login string) *visitor {
	t.Helper()
	c, err := s.logins.Redeem(t.Context(), s.logins.Invite(login, time.Hour), auth.From{Address: "192.0.2.1", Agent: "Firefox on Linux"})
	must(t, err)
	v := s.stranger(t)
	v.cookie = c
	return v
}

func (s *shop) stranger(t testing.TB) *visitor {
	return &visitor{t: t, shop: s, client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	to     string // of a redirect
}

func (v *visitor) do(r *http.Request) answer {
	v.t.Helper()
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	resp, err := v.client.Do(r)
	must(v.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(v.t, err)
	for _, c := range resp.Cookies() {
		if c.Name == "socialwatch" {
			v.cookie = c
		}
	}
	return answer{resp.StatusCode, resp.Header, string(body), resp.Header.Get("Location")}
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), "GET", v.shop.server.URL+path, nil)
	must(v.t, err)
	return v.do(r)
}

func (v *visitor) post(path string, form url.Values) answer {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), "POST", v.shop.server.URL+path, strings.NewReader(form.Encode()))
	must(v.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", v.shop.server.URL)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(r)
}

var forms = regexp.MustCompile(`(?s)<form method="post" action="([^"]+)"[^>]*>(.*?)</form>`)
var fields = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// submit sends the form of a page whose action ends so, as a person without
// scripts does.
func (v *visitor) submit(page answer, action string, more url.Values) answer {
	v.t.Helper()
	for _, f := range forms.FindAllStringSubmatch(page.body, -1) {
		if !strings.HasSuffix(f[1], action) {
			continue
		}
		form := url.Values{}
		for _, in := range fields.FindAllStringSubmatch(f[2], -1) {
			form.Set(in[1], html.UnescapeString(in[2]))
		}
		for k, vs := range more {
			form[k] = vs
		}
		return v.post(f[1], form)
	}
	v.t.Fatalf("no form %q on the page", action)
	return answer{}
}

func (a answer) has(t testing.TB, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(a.body, p) {
			t.Errorf("status %d: %q is not on the page", a.status, p)
		}
	}
}

func (a answer) hasNot(t testing.TB, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(a.body, p) {
			t.Errorf("%q is on the page", p)
		}
	}
}

func mustQuery(s string) url.Values {
	q, err := url.ParseQuery(s)
	if err != nil {
		panic(err)
	}
	return q
}
