package console

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store/dbtest"
)

// TestALeadErasesAPersonAfterSeeingWhatGoes: first what would go, then a reason
// and the typed name, then the report and the audit.
func TestALeadErasesAPersonAfterSeeingWhatGoes(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1@far.example", name: "Customer One", text: "@shop_help where is my order SW-100231?", order: "SW-100231"})
	s.arrive(t, customer{handle: "customer1@far.example", text: "@shop_help nobody answers, where is my order", caseID: cs.ID})
	other := s.arrive(t, customer{handle: "customer2", text: "@shop_help where is my order"})
	lea := s.enter(t, "lea")
	page := lea.get("/cases/" + cs.Number)
	page.has(t, `href="/erase?case=`+cs.Number+`"`, "Erase this customer’s data")
	lea.get("/search").has(t, `href="/erase"`)

	ask := lea.get("/erase?case=" + cs.Number)
	ask.has(t, "customer1@far.example", "What would be erased", "<dt>Posts</dt><dd>2</dd>", "<dt>Of these withdrawn</dt><dd>1</dd>", "To confirm, type <bdi>customer1@far.example</bdi>")
	ask.hasNot(t, other.Number)
	lea.get("/cases/"+cs.Number).has(t, "customer1@far.example", "SW-100231") // a look changes nothing

	for _, bad := range []struct{ why, typed, says string }{
		{"", "customer1@far.example", "Write why"},
		{"@Customer1@far.example wrote us", "customer1@far.example", "it stays in the audit"},
		{"letter of 3 May", "customer2", "nothing is erased"},
		{"letter of 3 May", "", "nothing is erased"},
	} {
		r := lea.submit(ask, "/erase", url.Values{"why": {bad.why}, "typed": {bad.typed}})
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%+v: status %d", bad, r.status)
		}
		r.has(t, bad.says, "Nothing is changed yet.")
	}
	lea.get("/cases/"+cs.Number).has(t, "customer1@far.example")

	done := lea.submit(ask, "/erase", url.Values{"why": {"letter of 3 May"}, "typed": {"@Customer1@far.example"}})
	done.has(t, "<h2 id=\"done-title\">Erased</h2>", "<dt>Posts</dt><dd>2</dd>", cs.Number, "socialwatch vacuum")
	done.hasNot(t, "customer1")
	gone := lea.get("/cases/" + cs.Number)
	gone.has(t, "Personal data erased", "name erased", "first response not given")
	gone.hasNot(t, `data-tick="first"`, "Customer One", "customer1", "SW-100231", "nobody answers", "/erase")
	lea.get("/audit").has(t, "Personal data erased", "letter of 3 May", "lea")
	lea.get("/cases/"+other.Number).has(t, "customer2", "where is my order")

	lea.submit(ask, "/erase", url.Values{"why": {"letter of 3 May"}, "typed": {"customer1@far.example"}}).has(t, "Nothing is stored about this person.")
	lea.get("/erase?who=customer1@far.example").has(t, "Nothing is stored about this person.")
}

func TestAnErasureTellsWhichCaseHasToWait(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana := s.enter(t, "ana")
	ana.submit(ana.get("/"), "/approve", nil)
	s.advance(time.Minute)
	s.end(t, s.replyOf(t, cs.Number).ID, socialwatch.Outcome{State: socialwatch.ReplyUnknown, Reason: "the connection broke after the request"})
	s.enter(t, "lea").get("/erase?who=customer1").has(t, "Not erased: a reply may be public", `<a href="/cases/`+cs.Number+`">`, "Reply "+id(s.replyOf(t, cs.Number)))
}

// TestWhoErasesLeadsEveryAccountThatKnowsThePerson: others see no way there and
// are refused, also with a form of their own making.
func TestWhoErasesLeadsEveryAccountThatKnowsThePerson(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	must(t, s.EnsureAccount(t.Context(), "shop_two", string(socialwatch.Mastodon), host))
	_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "half", Name: "Half", Roles: map[string]socialwatch.Role{account: socialwatch.RoleLead}}, "", s.now())
	must(t, err)
	form := url.Values{"network": {"mastodon"}, "host": {host}, "id": {"acustomer1"}, "why": {"a letter"}, "typed": {"customer1"}}
	for login, needs := range map[string]string{"rita": "lead", "otto": "lead", "ana": "lead", "half": "shop_two"} {
		v := s.enter(t, login)
		if login != "half" {
			v.get("/cases/"+cs.Number).hasNot(t, "/erase")
			v.get("/search?q=customer1").hasNot(t, "/erase")
		}
		for _, r := range []answer{v.get("/erase?who=customer1"), v.get("/erase?case=" + cs.Number), v.post("/erase", form)} {
			if r.status != http.StatusForbidden {
				t.Errorf("%s: status %d", login, r.status)
			}
			r.has(t, "You may not do this", needs)
			r.hasNot(t, "What would be erased")
		}
	}
	lea := s.enter(t, "lea")
	lea.get("/cases/"+cs.Number).has(t, "customer1")
	lea.post("/erase", form).has(t, "Cases, now tombstones", cs.Number)
}

// TestWhatOthersKnowKeepsNoLeadFromErasing: the same handle and id on a server of
// somebody else's account is another person.
func TestWhatOthersKnowKeepsNoLeadFromErasing(t *testing.T) {
	s := newShop(t)
	mine := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	must(t, s.EnsureAccount(t.Context(), "shop_far", string(socialwatch.Mastodon), "far.example"))
	theirs := s.arrive(t, customer{handle: "customer1", text: "@shop_help it is late"})
	db := dbtest.Raw(t, s.options) // moves it to that server
	defer db.Close()
	for _, q := range []string{"update mentions set account = 'shop_far', host = 'far.example' where case_id = ?", "update cases set account = 'shop_far', host = 'far.example' where id = ?"} {
		if _, err := db.Exec(q, theirs.ID); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "half", Name: "Half", Roles: map[string]socialwatch.Role{account: socialwatch.RoleLead}}, "", s.now())
	must(t, err)
	half := s.enter(t, "half")
	for _, path := range []string{"/erase?who=customer1", "/erase?case=" + mine.Number} {
		page := half.get(path)
		page.has(t, "To confirm, type", mine.Number)
		page.hasNot(t, "far.example", theirs.Number)
	}
	if r := half.get("/erase?case=" + theirs.Number); r.status != http.StatusForbidden {
		t.Errorf("status %d", r.status)
	}
	half.post("/erase", url.Values{"network": {"mastodon"}, "host": {host}, "id": {"acustomer1"}, "why": {"a letter"}, "typed": {"customer1"}, "case": {mine.Number}}).has(t, "Cases, now tombstones", `href="/cases/`+mine.Number)
	s.enter(t, "lea").get("/cases/"+theirs.Number).has(t, "customer1", "it is late")
}

// TestTheSameHandleOnTwoServersIsTwoPeople: each is chosen by itself.
func TestTheSameHandleOnTwoServersIsTwoPeople(t *testing.T) {
	s := newShop(t)
	first := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	second := s.arrive(t, customer{handle: "customer1", text: "@shop_help it is late", edit: func(m *socialwatch.Mention) { m.Author.ID = "b1" }})
	lea := s.enter(t, "lea")
	page := lea.get("/erase?who=@customer1")
	page.has(t, "These people are meant", "acustomer1", "b1")
	page.hasNot(t, "To confirm")
	one := lea.get("/erase?who=b1&id=b1&network=mastodon&host=" + host)
	one.has(t, second.Number, "To confirm, type <bdi>customer1</bdi>")
	one.hasNot(t, first.Number)
}
