package console

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

func TestApprovalWithoutScripts(t *testing.T) {
	s := newShop(t)
	first := s.arrive(t, customer{handle: "customer1", text: "@shop_help my order has not moved for 9 days", ago: 20 * time.Minute})
	second := s.arrive(t, customer{handle: "customer2", text: "@shop_help where is my refund?", ago: 10 * time.Minute})
	ana := s.enter(t, "ana")

	home := ana.get("/")
	home.has(t, first.Number, "10 min left", "not moved", "@customer1", "All checks passed", "Will post unlisted")
	r := ana.submit(home, "/approve", nil)
	next := s.replyOf(t, second.Number).ID
	if r.status != http.StatusSeeOther || r.to != "/replies/"+strconv.FormatInt(next, 10)+"?done="+id(s.replyOf(t, first.Number)) {
		t.Fatalf("status %d to %s", r.status, r.to)
	}
	after := ana.get(r.to)
	after.has(t, "Approved "+first.Number, "Posts in 20 s", second.Number)
	if got := s.replyOf(t, first.Number); got.State != socialwatch.ReplyHolding || got.DecidedBy != "ana" {
		t.Fatalf("%s by %s", got.State, got.DecidedBy)
	}

	r = ana.submit(after, "/undo", nil)
	undone := ana.get(r.to)
	undone.has(t, "Undone by ana.", "Nothing was posted", "Draft again")
	if got := s.replyOf(t, first.Number); got.State != socialwatch.ReplyCancelled {
		t.Fatalf("%s", got.State)
	}
	r = ana.submit(undone, "/again", nil)
	ana.get(r.to).has(t, "<textarea", "Your reference is "+first.Number)
}

// id is a reply as paths name it.
func id(r socialwatch.Reply) string { return strconv.FormatInt(r.ID, 10) }

func TestRejectNeedsAReasonAndOtherANote(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana := s.enter(t, "ana")
	page := ana.get("/")
	for want, form := range map[string]url.Values{
		"Choose one of the seven reasons.":   {"reason": {"because"}},
		"Say in the note what else is wrong": {"reason": {"other"}, "note": {"  "}},
	} {
		r := ana.submit(page, "/reject", form)
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", r.status)
		}
		r.has(t, want)
	}
	if got := s.replyOf(t, cs.Number); got.State != socialwatch.ReplyAwaiting {
		t.Fatalf("%s after bad forms", got.State)
	}
	r := ana.submit(page, "/reject", url.Values{"reason": {"other"}, "note": {"we spoke by telephone"}})
	if r.status != http.StatusSeeOther {
		t.Fatalf("status %d", r.status)
	}
	ana.get("/replies/"+id(s.replyOf(t, cs.Number))).has(t, "Rejected by ana:", "Other: we spoke by telephone.")
}

func TestEditSavesAVersionWithItsDiffAndTheLeadMayNotBeTricked(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana := s.enter(t, "ana")
	path := "/replies/" + id(s.replyOf(t, cs.Number))
	editor := ana.get(path + "/edit")
	r := ana.submit(editor, "/edit", url.Values{"text": {"Please send us your password."}, "approve": {"yes"}})
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", r.status)
	}
	r.has(t, "The safety check blocks this text.", "asks for a secret", "Please send us your password.</textarea>")
	r = ana.submit(editor, "/edit", url.Values{"text": {" \n"}, "approve": {"no"}})
	r.has(t, "Write the reply’s text first.")

	r = ana.submit(editor, "/edit", url.Values{"text": {"We are sorry. Please use shop.example/help, reference " + cs.Number + "."}, "approve": {"no"}})
	saved := ana.get(r.to)
	saved.has(t, "<ins>", "<del>", "by ana", "Saved a new version of "+cs.Number)
	r = ana.submit(saved, "/approve", nil)
	if r.status != http.StatusForbidden {
		t.Errorf("own text approved: status %d", r.status)
	}
	r.has(t, "another person must approve it")

	bo := s.enter(t, "bo")
	editor = bo.get(path + "/edit")
	r = bo.submit(editor, "/edit", url.Values{"text": {"We are very sorry. Please use shop.example/help, reference " + cs.Number + "."}, "approve": {"yes"}})
	if got := s.replyOf(t, cs.Number); got.State != socialwatch.ReplyHolding || got.Version != 3 || got.DecidedBy != "bo" {
		t.Errorf("status %d: %s version %d by %s", r.status, got.State, got.Version, got.DecidedBy)
	}
}

func TestOnlyTheTextThatWasSeenCanBeApproved(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana, otto := s.enter(t, "ana"), s.enter(t, "otto")
	seen := ana.get("/")
	edited := ana.get("/replies/" + id(s.replyOf(t, cs.Number)) + "/edit")
	otto.submit(otto.get("/replies/"+id(s.replyOf(t, cs.Number))+"/edit"), "/edit", url.Values{"text": {"Another text, " + cs.Number + "."}, "approve": {"no"}})
	r := ana.submit(seen, "/approve", nil)
	if r.status != http.StatusConflict {
		t.Errorf("status %d", r.status)
	}
	r.has(t, "This changed, look again.", "Another text, ")
	r = ana.submit(edited, "/edit", url.Values{"text": {"My own words stay"}, "approve": {"yes"}})
	r.has(t, "This changed, look again.", "My own words stay</textarea>")
	if got := s.replyOf(t, cs.Number); got.State != socialwatch.ReplyAwaiting || got.Version != 2 {
		t.Errorf("%s version %d", got.State, got.Version)
	}
}

func TestTheLoserReadsWhoWasFaster(t *testing.T) {
	s := newShop(t)
	s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana, bo := s.enter(t, "ana"), s.enter(t, "bo")
	a, b := ana.get("/"), bo.get("/")
	bo.submit(b, "/approve", nil)
	r := ana.submit(a, "/reject", url.Values{"reason": {"wrong_tone"}})
	if r.status != http.StatusConflict {
		t.Errorf("status %d", r.status)
	}
	r.has(t, "decided by bo at", "Approved by bo.")
}

func TestPagesOfRightsShowOnlyWhatOneMayDo(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	open, unknown := "/replies/"+strconv.FormatInt(ids["row1"], 10), "/replies/"+strconv.FormatInt(ids["unknown"], 10)
	for _, tc := range []struct {
		login, path string
		shown       []string
		hidden      []string
	}{
		{"rita", open, []string{"Deciding needs the role “approver”"}, []string{"/approve\"", "/reject\"", "/edit\"", ">Edit"}},
		{"otto", open, []string{">Edit", "Deciding needs the role"}, []string{"/approve\"", "/reject\""}},
		{"ana", open, []string{"/approve\"", "/reject\"", ">Edit"}, []string{"/settle"}},
		{"ana", unknown, []string{"It may have been posted.", "Only a lead can settle this"}, []string{"/settle"}},
		{"lea", unknown, []string{"/settle", "Was it posted?"}, []string{"/approve\""}},
		{"rita", "/connections", []string{"An approver can stop it."}, []string{"/stop\"", "/pause\""}},
		{"lea", "/connections", []string{"/stop\""}, []string{"/pause\""}},
		{"max", "/connections", []string{"/stop\"", "/pause\""}, nil},
		{"rita", "/cases/K-1001", []string{"Moving cases needs the role"}, []string{"/resolve\""}},
		{"otto", "/cases/K-1001", []string{"/resolve\""}, nil},
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
		{"rita", "/cases/K-1001/resolve", "author"}, {"rita", "/cases/K-1001/reopen", "author"},
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

func TestALeadSettlesWhatIsInDoubt(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	path := "/replies/" + strconv.FormatInt(ids["unknown"], 10)
	lea := s.enter(t, "lea")
	for _, bad := range []url.Values{{"link": {"javascript:alert(1)"}}, {"link": {"https://social.example/"}}, {"link": {""}}, {"absent": {"yes"}}} {
		r := lea.post(path+"/settle", bad)
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: status %d", bad, r.status)
		}
	}
	r := lea.post(path+"/settle", url.Values{"link": {"https://social.example/@shop_help/9777"}})
	lea.get(r.to).has(t, "Sent.", `href="https://social.example/@shop_help/9777"`)
}

func TestStopIsSeenOnEveryPageAndOnlyALeadResumes(t *testing.T) {
	s := newShop(t)
	s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana, lea := s.enter(t, "ana"), s.enter(t, "lea")
	ana.submit(ana.get("/connections"), "/stop", nil)
	for _, path := range []string{"/", "/cases", "/mentions", "/connections", "/help"} {
		page := ana.get(path)
		page.has(t, "Publishing is stopped", "by ana since", "A lead can resume.")
		page.hasNot(t, "/resume\"")
	}
	r := ana.submit(ana.get("/"), "/approve", nil)
	ana.get(r.to).has(t, "Publishing is stopped: it waits.", "Nothing waiting. Publishing is stopped.")
	lea.submit(lea.get("/"), "/resume", nil)
	lea.get("/?show=moving").has(t, "holding")
	lea.get("/").hasNot(t, "Publishing is stopped")
}

func TestEmptyPagesSayWhyTheyAreEmpty(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	ana.get("/").has(t, "Nothing waiting.", "Mastodon (shop_help)")
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: account, At: s.now().Add(-4 * time.Second)}))
	s.advance(3 * time.Second)
	ana.get("/").has(t, "Mastodon (shop_help) checked 7 s ago.")
	s.advance(26 * time.Minute)
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: account, At: s.now(), Err: "401 the token is refused", Reason: socialwatch.Unauthorized}))
	s.advance(3 * time.Second)
	ana.get("/").has(t, "unchecked for 26 min: 401 the token is refused.", "Posts may be missing.", `href="/connections#shop_help"`)
	ana.get("/connections").has(t, "The network refuses our token.")
	s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana.get("/?account=nobody").has(t, "Nothing here with this filter.", "Clear the filter")
	ana.get("/?show=over").has(t, "No reply has ended yet.")
	ana.get("/cases?state=merged").has(t, "Nothing here with this filter.")
}

func TestEveryStateOfAReplyHasItsCard(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	lea := s.enter(t, "lea")
	for what, want := range map[string][]string{
		"sent": {"Sent.", `href="https://social.example/@shop_help/9900"`}, "failed": {"Not sent.", "422 the post is gone", "No. 1 began"},
		"rejected": {"Rejected by ana:", "Wrong facts", "Draft again"}, "blocked": {"Blocked by the safety check.", "asks for a secret", "remove the question"},
		"holding": {"Approved by ana.", "Posts now."}, "row8": {"Posts in 20 s.", "<progress", "/undo"}, "edited": {"edited &#43;", "by otto", "Approve with warnings"},
		"thread": {"2 posts in this case", "nobody answers"}, "row3": {"A person must act beyond the reply:"},
	} {
		page := lea.get("/replies/" + strconv.FormatInt(ids[what], 10))
		page.has(t, want...)
	}
	lea.get("/mentions?show=ignored").has(t, "ignored: promotion", "ignored: praise without a question")
	lea.get("/mentions?show=ignored").hasNot(t, "K-1001")
	lea.get("/cases/K-1010").has(t, "nobody answers", "Case opened", "Resolve")
}

func TestWhatFailedIsWithdrawnAndDraftedAgain(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	ana := s.enter(t, "ana")
	page := ana.get("/replies/" + strconv.FormatInt(ids["failed"], 10))
	r := ana.submit(page, "/withdraw", nil)
	gone := ana.get(r.to)
	gone.has(t, "Withdrawn.", "Nothing was posted", "Draft again")
	r = ana.submit(gone, "/again", nil)
	ana.get(r.to).has(t, "<textarea")
	s.enter(t, "rita").get("/replies/"+strconv.FormatInt(ids["blocked"], 10)).hasNot(t, "/withdraw")
}

func TestAReplyThatNoLongerFitsSaysWhy(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	r := s.replyOf(t, cs.Number)
	known, err := s.Known(t.Context(), socialwatch.Ask{Account: account, Authors: []string{"acustomer1"}})
	must(t, err)
	must(t, s.Save(t.Context(), socialwatch.Changes{Account: account, Version: known.Version, At: s.now(), Cases: known.Cases,
		Moves: []socialwatch.ReplyMove{{ReplyID: r.ID, To: socialwatch.ReplySuperseded, Reason: "answered natively"}}}))
	page := s.enter(t, "ana").get("/replies/" + id(r))
	page.has(t, "No longer fits:", "answered natively.")
	page.hasNot(t, "/approve\"")
}

func TestCasesMoveOnlyFromTheVersionSeen(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana := s.enter(t, "ana")
	page := ana.get("/cases/" + cs.Number)
	r := ana.submit(page, "/resolve", nil)
	if r.status != http.StatusConflict {
		t.Errorf("resolved with a live reply: status %d", r.status)
	}
	r.has(t, "This changed, look again.")
	ana.submit(ana.get("/"), "/reject", url.Values{"reason": {"already_handled"}})
	r = ana.submit(ana.get("/cases/"+cs.Number), "/resolve", nil)
	resolved := ana.get(r.to)
	resolved.has(t, "resolved", "Reopen")
	ana.submit(resolved, "/reopen", nil)
	if r = ana.submit(resolved, "/reopen", nil); r.status != http.StatusConflict {
		t.Errorf("reopened twice: status %d", r.status)
	}
	if r = ana.post("/cases/"+cs.Number+"/resolve", nil); r.status != http.StatusUnprocessableEntity {
		t.Errorf("without a version: status %d", r.status)
	}
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
		for _, im := range regexp.MustCompile(`from "([^"]+)"`).FindAllStringSubmatch(a.body, -1) {
			if b := ana.get(im[1]); b.status != 200 {
				t.Errorf("%s imports %s: %d", m[1], im[1], b.status)
			}
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

func TestStreamSaysOnlyThatSomethingChanged(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", s.server.URL+"/events", nil)
	must(t, err)
	req.AddCookie(ana.cookie)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	buf := make([]byte, 4096)
	n, err := resp.Body.Read(buf)
	must(t, err)
	if got := string(buf[:n]); got != "retry: 2000\n\n" {
		t.Fatalf("%q", got)
	}
	s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	n, err = resp.Body.Read(buf)
	must(t, err)
	if got := string(buf[:n]); got != "event: change\ndata: 1\n\n" {
		t.Fatalf("%q", got)
	}
}

func TestEveryWordOfTheInterfaceIsInTheCatalogue(t *testing.T) {
	files, err := filepath.Glob("pages/*.html")
	must(t, err)
	used := regexp.MustCompile(`\{\{t "([^"]+)"`)
	scripts, err := filepath.Glob("assets/*.js")
	must(t, err)
	for _, f := range append(files, scripts...) {
		body, err := os.ReadFile(f)
		must(t, err)
		for _, m := range used.FindAllStringSubmatch(string(body), -1) {
			if _, ok := english[m[1]]; !ok {
				t.Errorf("%s: %q has no text", f, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`\bsay\("([a-z0-9]+)"`).FindAllStringSubmatch(string(body), -1) {
			if _, ok := english["js."+m[1]]; !ok {
				t.Errorf("%s: js.%s has no text", f, m[1])
			}
		}
	}
	sources, err := filepath.Glob("*.go")
	must(t, err)
	for _, f := range sources {
		body, err := os.ReadFile(f)
		must(t, err)
		for _, m := range regexp.MustCompile(`\bsay\("([a-z0-9.]+[a-z0-9])"[,)]`).FindAllStringSubmatch(string(body), -1) {
			if _, ok := english[m[1]]; !ok {
				t.Errorf("%s: %q has no text", f, m[1])
			}
		}
	}
	for _, i := range socialwatch.Intents {
		if _, ok := english["intent."+string(i)]; !ok {
			t.Errorf("intent %s has no text", i)
		}
	}
	for _, r := range socialwatch.RejectReasons {
		if _, ok := english["reason."+r]; !ok {
			t.Errorf("reason %s has no text", r)
		}
	}
}
