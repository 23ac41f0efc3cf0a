package console

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// house is what the tests' configuration says.
var house = House{Targets: []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 4 * time.Hour}, WideReach: 10_000, Address: "https://watch.shop.example", Hold: 20 * time.Second, Expiry: 4 * time.Hour, Masked: []string{"phone"},
	Hours: map[string]Hours{account: {Calendar: "office", Zone: "Europe/London", Times: []string{"mon-fri 09:00-18:00"}, Holidays: []string{"2026-12-25"}}}}

func TestOnlyAdminsOfAllAccountsManagePeople(t *testing.T) {
	s := newShop(t)
	ana := s.person(t, "ana")
	_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "eve", Roles: map[string]socialwatch.Role{account: socialwatch.RoleAdmin}}, "", s.now())
	must(t, err)
	must(t, s.AddToken(t.Context(), store.NewToken{Name: "of-ana", Hash: "h", PersonID: &ana.ID, Scopes: []string{"read"}, CreatedAt: s.now()}))
	tokens, err := s.Tokens(t.Context(), nil)
	must(t, err)
	one := fmt.Sprint("/settings/people/", ana.ID)
	form := url.Values{"login": {"new"}, "name": {"New"}, "role.*": {"admin"}, "session": {"all"}, "owner": {"system"}, "scope": {"read"}, "days": {"30"}}
	for _, login := range []string{"rita", "otto", "bo", "lea", "eve", "max"} {
		v := s.enter(t, login)
		for _, path := range []string{"/settings/people", one} {
			if got, want := v.get(path).status, map[bool]int{true: 200, false: 403}[login == "max"]; got != want {
				t.Errorf("%s GET %s: %d", login, path, got)
			}
		}
		v.get("/settings").has(t, "Where you are logged in", "How this shop works", "socialwatch.yaml")
		if login == "max" {
			continue
		}
		v.get("/settings").hasNot(t, "Manage people")
		for _, path := range []string{"/settings/people", one, one + "/disable", one + "/enable", one + "/reset", one + "/sessions", "/settings/tokens"} {
			a := v.post(path, form)
			if a.status != http.StatusForbidden {
				t.Errorf("%s POST %s: %d", login, path, a.status)
			}
			a.has(t, "“admin” grants it", "all accounts")
		}
		if a := v.post(fmt.Sprint("/settings/tokens/", tokens[0].ID, "/revoke"), nil); a.status != http.StatusForbidden {
			t.Errorf("%s revokes another's token: %d", login, a.status)
		}
	}
	all, err := s.People(t.Context())
	must(t, err)
	if len(all) != len(people)+1 {
		t.Errorf("%d people", len(all))
	}
}

func TestNewPersonSetsAPasswordByALinkOnce(t *testing.T) {
	s := newShop(t)
	max := s.enter(t, "max")
	page := max.submit(max.get("/settings/people"), "/settings/people", url.Values{"login": {"nia"}, "name": {"Nia"}, "role.*": {""},
		"role." + account: {"approver"}, "languages": {"EN, es,"}, "teams": {"support,  night  shift "}})
	code := regexp.MustCompile(`https://watch\.shop\.example(/password\?code=[\w-]+)<`).FindStringSubmatch(page.body)
	if code == nil {
		t.Fatalf("no link: %d %s", page.status, page.body)
	}
	p := s.person(t, "nia")
	if !p.May(socialwatch.RoleApprover, account) || p.May(socialwatch.RoleReader, "other") || fmt.Sprint(p.Languages, p.Teams) != "[en es] [support night shift]" {
		t.Errorf("%+v", p)
	}
	v := s.stranger(t)
	for range 2 { // looking uses nothing up
		v.get(code[1]).has(t, "For nia.")
	}
	v.submit(v.get(code[1]), "/password", url.Values{"new": {"short"}}).has(t, "The password is too short")
	if a := v.submit(v.get(code[1]), "/password", url.Values{"new": {"a whole new password"}}); a.to != "/login?done=password" || v.cookie != nil {
		t.Fatalf("%d to %s", a.status, a.to)
	}
	if a := v.get(code[1]); a.status != http.StatusGone {
		t.Errorf("the link works twice: %d", a.status)
	}
	if a := v.post("/password", url.Values{"code": {strings.TrimPrefix(code[1], "/password?code=")}, "new": {"yet another password"}}); a.status != http.StatusGone {
		t.Errorf("the link works twice: %d", a.status)
	}
	in := v.submit(v.get("/login"), "/login", url.Values{"login": {"nia"}, "password": {"a whole new password"}})
	if in.status != http.StatusSeeOther || v.cookie == nil {
		t.Errorf("%d", in.status)
	}
	max.get("/audit?kind=people.").has(t, "Person added", "Link handed out", "Password set")
	max.get("/audit").hasNot(t, code[1])
}

func TestFormsOfPeopleSayWhatIsWrong(t *testing.T) {
	s := newShop(t)
	max := s.enter(t, "max")
	for says, form := range map[string]url.Values{
		"A login has 1 to 100":    {"login": {" "}, "role.*": {"reader"}},
		"no spaces":               {"login": {"a b"}, "role.*": {"reader"}},
		"Choose a role on":        {"login": {"x"}},
		"Choose a role from":      {"login": {"x"}, "role.*": {"king"}},
		"“english” is no":         {"login": {"x"}, "role.*": {"reader"}, "languages": {"english"}},
		"The login ana is taken.": {"login": {"ana"}, "role.*": {"reader"}},
	} {
		a := max.post("/settings/people", form)
		if a.status != http.StatusUnprocessableEntity && a.status != http.StatusConflict {
			t.Errorf("%v: %d", form, a.status)
		}
		a.has(t, says, `role="alert"`)
	}
	me := fmt.Sprint("/settings/people/", s.person(t, "max").ID)
	max.post(me, url.Values{"name": {"Max"}, "role.*": {"lead"}}).has(t, "Nobody would be left who manages people")
	max.post(me, url.Values{"name": {""}, "role.*": {"admin"}}).has(t, "A name has")
	if a := max.get("/settings/people/999"); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
}

func TestDisabledPersonIsOutAtOnce(t *testing.T) {
	s := newShop(t)
	max, bo := s.enter(t, "max"), s.enter(t, "bo")
	path := fmt.Sprint("/settings/people/", s.person(t, "bo").ID)
	if a := max.submit(max.get(path), "/disable", nil); a.to != path+"?done=disabled" {
		t.Fatalf("%d to %s", a.status, a.to)
	}
	if a := bo.get("/"); a.to != "/login" {
		t.Errorf("still in: %d to %q", a.status, a.to)
	}
	max.submit(max.get(path), "/enable", nil)
	if a := bo.get("/"); a.to != "/login" {
		t.Errorf("the old session is back: %d", a.status)
	}
}

func TestPeopleEndTheirSessionsAndChangeTheirPassword(t *testing.T) {
	s := newShop(t)
	here, there, third := s.enter(t, "ana"), s.enter(t, "ana"), s.enter(t, "ana")
	page := here.get("/settings")
	page.has(t, "this one", "Firefox on Linux", "192.0.2.x")
	page.hasNot(t, here.cookie.Value, "$argon2id", s.logins.SessionHash(withCookie(here)))
	id := regexp.MustCompile(`name="session" value="(\d+)"`).FindStringSubmatch(page.body)[1] // the newest: third
	if a := s.enter(t, "bo").post("/settings/sessions", url.Values{"session": {id}}); a.status != http.StatusNotFound {
		t.Errorf("bo ends ana's session: %d", a.status)
	}
	here.post("/settings/sessions", url.Values{"session": {id}})
	if third.get("/").status != http.StatusSeeOther || there.get("/").status != http.StatusOK {
		t.Error("not the session that was named")
	}
	for says, form := range map[string]url.Values{"That is not your password": {"password": {"wrong"}, "new": {"a whole new password"}}, "too short": {"password": {password}, "new": {"short"}}} {
		a := here.post("/settings/password", form)
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%d", a.status)
		}
		a.has(t, says)
	}
	if a := here.submit(here.get("/settings"), "/settings/password", url.Values{"password": {password}, "new": {"a whole new password"}}); a.to != "/settings?done=password" {
		t.Fatalf("%d to %s", a.status, a.to)
	}
	if there.get("/").status != http.StatusSeeOther || here.get("/").status != http.StatusOK {
		t.Error("a new password ends the others and keeps this one")
	}
	fresh := s.stranger(t)
	if a := fresh.post("/login", url.Values{"login": {"ana"}, "password": {"a whole new password"}}); a.status != http.StatusSeeOther {
		t.Errorf("%d", a.status)
	}
	fresh.post("/settings/sessions", url.Values{"session": {"all"}})
	if here.get("/").status != http.StatusSeeOther || fresh.get("/").status != http.StatusOK {
		t.Error("end all others")
	}
}

func withCookie(v *visitor) *http.Request {
	r, _ := http.NewRequest("GET", "/", nil)
	r.AddCookie(v.cookie)
	return r
}

func TestGuessingThePasswordInTheSettingsIsSlowedDown(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	for range 5 {
		ana.post("/settings/password", url.Values{"password": {"wrong"}, "new": {"a whole new password"}})
	}
	if a := ana.post("/settings/password", url.Values{"password": {password}, "new": {"a whole new password"}}); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("%d", a.status)
	}
}

func TestTokenIsShownOnceAndRevoked(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	page := ana.submit(ana.get("/settings"), "/settings/tokens", url.Values{"name": {"<b>laptop"}, "scope": {"read", "decide"}, "days": {"30"}})
	secret := regexp.MustCompile(`swt_[\w-]{43}`).FindString(page.body)
	hash, err := auth.ParseToken(secret)
	must(t, err)
	token, err := s.TokenPerson(t.Context(), hash, s.now())
	if err != nil || token.Person.Login != "ana" || fmt.Sprint(token.Scopes) != "[read decide]" || token.ExpiresAt.Sub(token.CreatedAt) != 30*24*time.Hour {
		t.Fatalf("%+v, %v", token, err)
	}
	for _, v := range []*visitor{ana, s.enter(t, "max")} {
		for _, path := range []string{"/settings", "/settings/people", "/audit?kind=people."} {
			v.get(path).hasNot(t, secret, hash, "<b>laptop")
		}
	}
	ana.get("/settings").has(t, "&lt;b&gt;laptop")
	for _, form := range []url.Values{{"name": {""}, "scope": {"read"}, "days": {"30"}}, {"name": {"x"}, "days": {"30"}}, {"name": {"x"}, "scope": {"all"}, "days": {"30"}},
		{"name": {"x"}, "scope": {"read"}, "days": {"-1"}}} {
		if a := ana.post("/settings/tokens", form); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", form, a.status)
		}
	}
	max := s.enter(t, "max")
	if a := max.post("/settings/tokens", url.Values{"owner": {"system"}, "name": {"x"}, "scope": {"decide"}, "days": {"30"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a system decides: %d", a.status)
	}
	max.submit(max.get("/settings/people"), "/settings/tokens", url.Values{"name": {"system"}, "scope": {"read"}, "days": {"0"}}).has(t, "swt_")
	if a := ana.submit(ana.get("/settings"), "/revoke", nil); a.to != "/settings?done=token#tokens" {
		t.Errorf("%d to %s", a.status, a.to)
	}
	if _, err := s.TokenPerson(t.Context(), hash, s.now()); err == nil {
		t.Error("a revoked token opens")
	}
}

func TestAuditShowsWhatOneMaySee(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	must(t, s.EnsureAccount(t.Context(), "shop_es", string(socialwatch.Mastodon), host))
	_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "eve", Roles: map[string]socialwatch.Role{"shop_es": socialwatch.RoleLead}}, "", s.now())
	must(t, err)
	must(t, s.Pause(t.Context(), account, s.person(t, "max"), s.now()))
	rita, eve, max := s.enter(t, "rita"), s.enter(t, "eve"), s.enter(t, "max")
	approved := fmt.Sprintf(`<a href="/replies/%d">reply %d</a>`, ids["sent"], ids["sent"])
	page := rita.get("/audit?by=ana&kind=reply.approved")
	page.has(t, "Approved", approved, `<option value="ana" selected>`, `<option value="reply.approved" selected>`, `<h1>Audit <span class="count">5</span></h1>`)
	page.hasNot(t, "Drafted</th>", "Export as CSV")
	own := rita.get("/audit?kind=people.")
	own.has(t, "Person added", "<bdi>rita")
	own.hasNot(t, "<bdi>eve")
	max.get("/audit?kind=people.").has(t, "Person added", "eve")
	eve.get("/audit").hasNot(t, "K-10", "Polling paused</th>", "Person added</th>")
	eve.get("/audit?account="+account).hasNot(t, "K-10", "Polling paused</th>")
	lea := s.enter(t, "lea")
	lea.get("/audit?account=shop_help&kind=polling.").has(t, "Polling paused", `<a class="button" href="/audit.csv?account=shop_help&amp;kind=polling."`)
	first := rita.get("/audit")
	more := regexp.MustCompile(`href="(/audit\?after=[^"]+)"`).FindStringSubmatch(first.body)
	if more == nil || rita.get(more[1]).status != 200 {
		t.Fatal("no second page")
	}
	if a := rita.get("/audit?after=nonsense"); a.status != http.StatusBadRequest {
		t.Errorf("%d", a.status)
	}
	today := s.now().UTC().Format(time.DateOnly)
	tomorrow := s.now().UTC().AddDate(0, 0, 1).Format("2006-01-02T15:04")
	rita.get("/audit?by=ana&from="+today+"&to="+today).has(t, "Approved")
	rita.get("/audit?from="+tomorrow).has(t, "Nothing here with this filter.")
	if a := rita.get("/audit?from=yesterday"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.status)
	}
}

func TestAuditFileIsForLeadsAndComplete(t *testing.T) {
	s := newShop(t)
	busyDay(t, s)
	_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "=1+1", Roles: map[string]socialwatch.Role{"*": socialwatch.RoleLead}}, "", s.now())
	must(t, err)
	_, err = s.AddPerson(t.Context(), socialwatch.Person{Login: "eve", Roles: map[string]socialwatch.Role{account: socialwatch.RoleReader, "shop_es": socialwatch.RoleLead}}, "", s.now())
	must(t, err)
	must(t, s.Stop(t.Context(), "=1+1", s.now()))
	for _, login := range []string{"rita", "otto", "ana"} {
		if a := s.enter(t, login).get("/audit.csv"); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", login, a.status)
		}
	}
	read := func(login, path string) [][]string {
		a := s.enter(t, login).get(path)
		rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
		if err != nil || a.header.Get("Content-Type") != "text/csv; charset=utf-8" || strings.Join(rows[0], ",") != "at,who,kind,account,case,case_version,reply,data" {
			t.Fatalf("%d %v %v", a.status, a.header, err)
		}
		return rows[1:]
	}
	n := 0
	for next := ""; ; n++ {
		rows, more, err := s.Audit(t.Context(), store.AuditFilter{After: next, Self: "lea", Limit: 1})
		must(t, err)
		if next = more; more == "" {
			n += len(rows)
			break
		}
	}
	if rows := read("lea", "/audit.csv"); len(rows) != n || n < 60 {
		t.Errorf("%d rows of %d", len(rows), n)
	}
	if rows := read("lea", "/audit.csv?kind=publishing."); len(rows) != 1 || rows[0][1] != "'=1+1" {
		t.Errorf("%v", rows)
	}
	for _, row := range read("eve", "/audit.csv") {
		if row[3] != "" {
			t.Errorf("a lead elsewhere exports %v", row)
		}
	}
}

func TestPasswordsCanBeSwitchedOff(t *testing.T) {
	s := newShop(t)
	max := s.enter(t, "max")
	path := fmt.Sprint("/settings/people/", s.person(t, "ana").ID)
	given := regexp.MustCompile(`/password\?code=[\w-]+`).FindString(max.submit(max.get(path), "/reset", nil).body)
	s.logins.NoPasswords = true
	if a := s.stranger(t).get(given); given == "" || a.status != http.StatusGone {
		t.Errorf("a link given before: %d", a.status)
	}
	v := s.stranger(t)
	v.get("/login").has(t, "switched off")
	v.get("/login").hasNot(t, `type="password"`)
	if a := v.post("/login", url.Values{"login": {"ana"}, "password": {password}}); a.status != http.StatusForbidden || v.cookie != nil {
		t.Errorf("%d", a.status)
	}
	max.get(path).hasNot(t, "/reset\"")
	for _, p := range []string{path + "/reset", "/settings/password"} {
		if a := max.post(p, url.Values{"password": {password}, "new": {"a whole new password"}}); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", p, a.status)
		}
	}
	code, hash := auth.NewLink() // the way in when nothing else works
	must(t, s.AddLink(t.Context(), store.NewLink{Hash: hash, Login: "max", Purpose: store.LinkEnter, By: store.Terminal, At: s.now(), ExpiresAt: s.now().Add(time.Hour)}))
	v.submit(v.get("/login?code="+code), "/login", nil)
	if v.cookie == nil || v.get("/settings/people").status != 200 {
		t.Error("the link does not enter")
	}
	again := s.stranger(t)
	if a := again.submit(again.get("/login?code="+code), "/login", nil); a.status != http.StatusUnauthorized {
		t.Errorf("the link enters twice: %d", a.status)
	}
}
