package console

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"socialwatch"
)

func TestPagesOfRightsShowOnlyWhatOneMayDo(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	open, unknown := "/replies/"+strconv.FormatInt(ids["row1"], 10), "/replies/"+strconv.FormatInt(ids["unknown"], 10)
	for _, tc := range []struct {
		login, path string
		shown       []string
		hidden      []string
	}{
		{"rita", open, []string{"deciding the role “approver”"}, []string{"/approve\"", "/reject\"", "/edit\"", ">Edit"}},
		{"otto", open, []string{">Edit", "Deciding needs the role"}, []string{"/approve\"", "/reject\""}},
		{"ana", open, []string{"/approve\"", "/reject\"", ">Edit"}, []string{"/settle"}},
		{"ana", unknown, []string{"It may have been posted.", "Only a lead can settle this"}, []string{"/settle"}},
		{"lea", unknown, []string{"/settle", "Was it posted?"}, []string{"/approve\""}},
		{"rita", "/connections", []string{"An approver can stop it."}, []string{"/stop\"", "/pause\""}},
		{"lea", "/connections", []string{"/stop\""}, []string{"/pause\""}},
		{"max", "/connections", []string{"/stop\"", "/pause\""}, nil},
		{"rita", "/cases/K-1001", []string{"Moving cases needs the role"}, []string{"/resolve\""}},
		{"otto", "/cases/K-1001", []string{"when this reply has come to its end"}, []string{"/resolve\""}},
	} {
		page := s.enter(t, tc.login).get(tc.path)
		page.has(t, tc.shown...)
		page.hasNot(t, tc.hidden...)
	}
}

func TestServerRefusesWhatTheButtonsHide(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	r, err := s.Context(t.Context(), ids["row1"])
	must(t, err)
	open, unknown := "/replies/"+strconv.FormatInt(ids["row1"], 10), "/replies/"+strconv.FormatInt(ids["unknown"], 10)
	hash := url.Values{"hash": {r.Reply.Hash}, "text": {"x"}, "reason": {"wrong_tone"}, "absent": {"yes"}, "looked": {"yes"}, "version": {"1"}}
	for _, tc := range []struct{ login, path, needs string }{
		{"rita", open + "/approve", "approver"}, {"otto", open + "/approve", "approver"}, {"otto", open + "/reject", "approver"},
		{"rita", open + "/edit", "author"}, {"rita", open + "/check", "author"}, {"rita", open + "/again", "author"},
		{"otto", "/replies/" + strconv.FormatInt(ids["holding"], 10) + "/undo", "approver"},
		{"ana", unknown + "/settle", "lead"}, {"otto", "/stop", "approver"}, {"ana", "/resume", "lead"},
		{"lea", "/connections/" + account + "/pause", "admin"}, {"lea", "/connections/" + account + "/unpause", "admin"},
		{"rita", "/cases/K-1001/correct", "author"}, {"rita", "/cases/K-1001/resolve", "author"}, {"rita", "/cases/K-1001/reopen", "author"},
	} {
		a := s.enter(t, tc.login).post(tc.path, hash)
		if a.status != http.StatusForbidden {
			t.Errorf("%s %s: status %d", tc.login, tc.path, a.status)
		}
		a.has(t, "You may not do this", "“"+tc.needs+"” grants it")
	}
	if r, err = s.Context(t.Context(), ids["row1"]); err != nil || r.Reply.State != socialwatch.ReplyAwaiting {
		t.Errorf("%s, %v", r.Reply.State, err)
	}
}

func TestAccountsWithoutARoleStayHidden(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "eve", Name: "Eve", Roles: map[string]socialwatch.Role{"other": socialwatch.RoleAdmin}}, "", s.now())
	must(t, err)
	eve := s.enter(t, "eve")
	for path, status := range map[string]int{"/": 200, "/?account=" + account: 200, "/cases": 200, "/mentions": 200, "/connections": 200,
		"/cases/" + cs.Number: 403, "/replies/" + id(s.replyOf(t, cs.Number)): 403} {
		page := eve.get(path)
		if page.status != status {
			t.Errorf("%s: status %d", path, page.status)
		}
		page.hasNot(t, "customer1", "where is my order")
	}
	eve.get("/").has(t, "You have no right to see an account", "give it to eve")
	eve.get("/?done="+id(s.replyOf(t, cs.Number))).hasNot(t, cs.Number)
}

func TestHostileWordsStayWords(t *testing.T) {
	s := newShop(t)
	evil := `<script>alert(1)</script><img src=x onerror=alert(2)>"'><svg/onload=alert(3)> {{.Person}} my order is late`
	cs := s.arrive(t, customer{handle: `x"><script>alert(4)</script>@far.example`, name: `</bdi><script>alert(5)</script>`, text: "@shop_help " + evil,
		url: "javascript:alert(6)", profile: "data:text/html,<script>alert(7)</script>", answer: "We are sorry. <b>not bold</b> K-1",
		edit: func(m *socialwatch.Mention) {
			m.Warning, m.Language = `<script>alert(8)</script>`, `"><script>alert(9)</script>`
			m.Media = []socialwatch.Media{{Kind: `<script>a</script>`, Description: `"><img src=x onerror=alert(10)>`}}
		}, escalated: "<script>alert(11)</script>"})
	s.arrive(t, customer{handle: "deals", text: evil, ignored: "<script>alert(12)</script>"})
	ana := s.enter(t, "ana")
	path := "/replies/" + id(s.replyOf(t, cs.Number))
	for _, p := range []string{"/", path, path + "/edit", "/cases", "/cases/" + cs.Number, "/mentions", "/connections",
		"/?account=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&after=%3Cscript%3E", "/login?back=javascript:alert(1)&code=%22%3E%3Cscript%3E", "/cases/%3Cscript%3E"} {
		page := ana.get(p)
		page.hasNot(t, "<script>a", "<img src=x", "<svg/onload", `"javascript:`, `"data:`, "not bold</b>")
		for _, handler := range regexp.MustCompile(`(?i)<[^>]+\son[a-z]+\s*=`).FindAllString(page.body, -1) {
			t.Errorf("%s: %s", p, handler)
		}
		if n := strings.Count(page.body, "<script"); n > 1 {
			t.Errorf("%s: %d scripts", p, n)
		}
	}
	page := ana.get(path)
	page.has(t, "&lt;script&gt;alert(1)")
	page.hasNot(t, "Open original")
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana := s.enter(t, "ana")
	r := s.replyOf(t, cs.Number)
	for name, set := range map[string]func(http.Header){
		"cross-site":   func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
		"same-site":    func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") },
		"other origin": func(h http.Header) { h.Set("Origin", "https://evil.example") },
	} {
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.server.URL+"/replies/"+id(r)+"/approve", strings.NewReader("hash="+r.Hash))
		must(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		set(req.Header)
		a := ana.do(req)
		if a.status != http.StatusForbidden {
			t.Errorf("%s: status %d", name, a.status)
		}
		a.has(t, "this form came from another site")
	}
	if got := s.replyOf(t, cs.Number); got.State != socialwatch.ReplyAwaiting {
		t.Errorf("%s", got.State)
	}
}

func TestHeadersKeepPagesPrivateAndStrict(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	page := ana.get("/")
	for h, want := range map[string]string{"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Frame-Options": "DENY"} {
		if !strings.HasPrefix(page.header.Get(h), want) {
			t.Errorf("%s: %q", h, page.header.Get(h))
		}
	}
	if strings.Contains(page.body, "style=") || strings.Contains(page.body, "<style") || regexp.MustCompile(`(src|href)="https?://`).MatchString(page.body) {
		t.Error("inline style or foreign address on the page")
	}
	for _, m := range regexp.MustCompile(`"(/assets/[^"]+)"`).FindAllStringSubmatch(page.body, -1) {
		a := ana.get(m[1])
		if a.status != 200 || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %q", m[1], a.status, a.header.Get("Cache-Control"))
		}
	}
}

func TestStrangersLogInAndComeBack(t *testing.T) {
	s := newShop(t)
	v := s.stranger(t)
	r := v.get("/cases?state=new")
	if r.status != http.StatusSeeOther || r.to != "/login?back=%2Fcases%3Fstate%3Dnew" {
		t.Fatalf("%d to %s", r.status, r.to)
	}
	if r := v.get("/events"); r.status != http.StatusNoContent {
		t.Errorf("events: %d", r.status)
	}
	page := v.get(r.to)
	if bad := v.submit(page, "/login", url.Values{"login": {"ana"}, "password": {"wrong"}}); bad.status != http.StatusUnauthorized || v.cookie != nil {
		t.Errorf("%d", bad.status)
	}
	in := v.submit(page, "/login", url.Values{"login": {"ana"}, "password": {password}})
	if in.to != "/cases?state=new" || v.cookie == nil {
		t.Fatalf("%d to %s", in.status, in.to)
	}
	old := v.cookie
	v.submit(v.get("/"), "/logout", nil)
	v.cookie = old
	if r := v.get("/"); r.to != "/login" {
		t.Errorf("after logout: %d to %q", r.status, r.to)
	}
	for typed, want := range map[string]string{"/cases?a=b": "/cases?a=b", "//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/",
		"javascript:alert(1)": "/", "": "/", "/a/../../b": "/b", "/%2f/evil": "/evil"} {
		if got := backTo(typed); got != want && got != "/"+strings.TrimLeft(want, "/") {
			t.Errorf("back to %q: %q, want %q", typed, got, want)
		}
	}
}

func TestPreferencesHoldNoMoreThanTheyMay(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	r := ana.post("/settings", url.Values{"theme": {"dark"}, "keys": {"off"}})
	if c := r.header.Values("Set-Cookie"); len(c) != 2 {
		t.Errorf("%v", c)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.server.URL+"/help", nil)
	must(t, err)
	req.AddCookie(&http.Cookie{Name: themeCookie, Value: "dark"})
	req.AddCookie(&http.Cookie{Name: keysCookie, Value: "off"})
	page := ana.do(req)
	page.has(t, `data-theme="dark"`, "Switch single-key shortcuts on")
	page.hasNot(t, `data-keys="on"`)
}
