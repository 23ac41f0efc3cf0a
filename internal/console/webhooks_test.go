package console

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/simulator/consumer"
	"socialwatch/internal/store"
	"socialwatch/internal/vault"
)

// hooks are the real parts that tell endpoints, on a shop's clock.
type hooks struct {
	*shop
	manager   *webhook.Manager
	deliverer *webhook.Deliverer
}

func (s *shop) hooks(t testing.TB) *hooks {
	t.Helper()
	keys, err := vault.ParseKeys(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	must(t, err)
	sender := webhook.NewSender(webhook.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, 5*time.Second, s.now)
	h := &hooks{shop: s, manager: &webhook.Manager{Directory: s.Store, Keys: keys, Sender: sender, Now: s.now}}
	h.deliverer = &webhook.Deliverer{Queue: s.Store, Keys: keys, Sender: sender, Worker: "test", Now: s.now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	s.console.o.Webhooks = &Webhooks{Endpoints: s.Store, Secrets: h.manager, Deliveries: s.Store}
	return h
}

// pass numbers what has happened and tells it.
func (h *hooks) pass(t testing.TB) {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = h.Number(t.Context(), 1000)
		must(t, err)
	}
	must(t, h.deliverer.Pass(t.Context()))
}

// hook adds an endpoint and returns the path of its page.
func (h *hooks) hook(t testing.TB, name, address string, f socialwatch.WebhookFilter) (path, secret string) {
	t.Helper()
	secret, err := h.manager.Add(t.Context(), name, address, f, -1, store.Terminal)
	must(t, err)
	w, err := h.Webhook(t.Context(), name)
	must(t, err)
	return fmt.Sprint("/settings/webhooks/", w.ID), secret
}

func newDesk(t testing.TB) *consumer.Consumer {
	d := consumer.New("")
	t.Cleanup(d.Close)
	return d
}

func (h *hooks) state(t testing.TB, name string, to socialwatch.WebhookState) {
	t.Helper()
	must(t, h.ChangeWebhook(t.Context(), socialwatch.WebhookChange{Name: name, State: to, By: store.Terminal, At: h.now()}))
}

// untilDead lets time pass until an endpoint's deliveries are given up.
func (h *hooks) untilDead(t testing.TB) {
	t.Helper()
	for range 11 {
		h.pass(t)
		h.advance(25 * time.Hour)
	}
}

// giveUp numbers what has happened and ends what is due for an endpoint as dead.
func (h *hooks) giveUp(t testing.TB, name, why string) {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = h.Number(t.Context(), 1000)
		must(t, err)
	}
	w, err := h.Webhook(t.Context(), name)
	must(t, err)
	_, err = h.FanOut(t.Context(), w.ID, h.now())
	must(t, err)
	letters, err := h.ClaimDeliveries(t.Context(), socialwatch.DeliveryClaim{WebhookID: w.ID, Version: 1, Worker: "test", Now: h.now(), Lease: time.Minute, Limit: 10})
	must(t, err)
	for _, l := range letters {
		must(t, h.EndDelivery(t.Context(), socialwatch.DeliveryEnd{DeliveryID: l.DeliveryID, Attempt: l.Attempt, Worker: "test", At: h.now(), Error: why, Dead: true}))
	}
}

// hookDay are endpoints in every state; it returns the page of the one with
// deliveries in every state.
func hookDay(t testing.TB, s *shop) (path string) {
	t.Helper()
	h := s.hooks(t)
	good, bad, gone := newDesk(t), newDesk(t), newDesk(t)
	bad.Behave(func(m consumer.Message) consumer.Fault {
		if m.Type == socialwatch.EventCaseOpened {
			return consumer.Fault{}
		}
		return consumer.Fault{Status: 503}
	})
	gone.Behave(func(consumer.Message) consumer.Fault { return consumer.Fault{Status: 410} })
	opened := socialwatch.WebhookFilter{Kinds: []string{socialwatch.EventCaseOpened, "reply.*"}, Accounts: []string{account}, Levels: []int{1, 2}, Escalated: false}
	h.hook(t, "archive", good.URL(), socialwatch.WebhookFilter{Kinds: []string{"case.*"}})
	h.hook(t, "crm", gone.URL(), socialwatch.WebhookFilter{})
	path, _ = h.hook(t, "help_desk", bad.URL(), socialwatch.WebhookFilter{Levels: opened.Levels})
	h.hook(t, "night_shift", good.URL(), socialwatch.WebhookFilter{Escalated: true, Kinds: opened.Kinds})
	h.state(t, "night_shift", socialwatch.WebhookPaused)
	cs := s.arrive(t, customer{handle: "customer21", text: "@shop_help my order is late", level: 1})
	r := s.replyOf(t, cs.Number)
	_, err := s.desk.Reject(t.Context(), socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: s.person(t, "ana"), Reason: "wrong_tone"})
	must(t, err)
	s.arrive(t, customer{handle: "customer20", text: "@shop_help my order is late", level: 1})
	h.giveUp(t, "help_desk", "answered 503")
	s.arrive(t, customer{handle: "customer22", text: "@shop_help my order is late", level: 1})
	s.arrive(t, customer{handle: "customer23", text: "@shop_help where is my order", level: 1})
	h.pass(t)
	last := s.replyOf(t, s.arrive(t, customer{handle: "customer24", text: "@shop_help my order is late", level: 2}).Number)
	_, err = s.desk.Reject(t.Context(), socialwatch.Decision{ReplyID: last.ID, Hash: last.Hash, By: s.person(t, "ana"), Reason: "wrong_tone"})
	must(t, err)
	h.pass(t)
	h.hook(t, "trial", good.URL(), socialwatch.WebhookFilter{})
	must(t, s.AddWebhook(t.Context(), socialwatch.Webhook{Name: "lost_key", Ref: "lost", Address: "https://lost.example/hooks", Sealed: []byte("x"), Seq: -1, CreatedAt: s.now()}, store.Terminal))
	return path
}

func TestOnlyAdminsOfAllAccountsSeeToWebhooks(t *testing.T) {
	s := newShop(t)
	if a := s.enter(t, "max").get("/settings/webhooks"); a.status != http.StatusNotFound {
		t.Errorf("without webhooks: %d", a.status)
	}
	h := s.hooks(t)
	one, _ := h.hook(t, "help_desk", newDesk(t).URL(), socialwatch.WebhookFilter{})
	_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "eve", Roles: map[string]socialwatch.Role{account: socialwatch.RoleAdmin}}, "", s.now())
	must(t, err)
	form := url.Values{"name": {"help_desk"}, "url": {"https://desk.example/"}, "version": {"1"}, "overlap": {"0s"}, "delivery": {"all"}}
	for _, login := range []string{"rita", "otto", "bo", "lea", "eve"} {
		v := s.enter(t, login)
		v.get("/settings").hasNot(t, "/settings/webhooks")
		for _, path := range []string{"/settings/webhooks", one, one + "/remove"} {
			a := v.get(path)
			if a.status != http.StatusForbidden {
				t.Errorf("%s GET %s: %d", login, path, a.status)
			}
			a.hasNot(t, "help_desk")
		}
		for _, path := range []string{"", "/pause", "/resume", "/test", "/rotate", "/redeliver", "/remove"} {
			a := v.post(one+path, form)
			if a.status != http.StatusForbidden {
				t.Errorf("%s POST %s: %d", login, path, a.status)
			}
			a.has(t, "“admin” grants it", "all accounts")
		}
		if a := v.post("/settings/webhooks", form); a.status != http.StatusForbidden {
			t.Errorf("%s adds one: %d", login, a.status)
		}
	}
	list, err := s.WebhookHealths(t.Context())
	if err != nil || len(list) != 1 || list[0].Version != 1 || list[0].State != socialwatch.WebhookActive {
		t.Errorf("%+v, %v", list, err)
	}
	s.enter(t, "max").get("/settings").has(t, `href="/settings/webhooks"`)
}

func TestFormsOfWebhooksFromOtherSitesAreRefused(t *testing.T) {
	s := newShop(t)
	h := s.hooks(t)
	d := newDesk(t)
	one, _ := h.hook(t, "help_desk", d.URL(), socialwatch.WebhookFilter{})
	max := s.enter(t, "max")
	for _, path := range []string{"/settings/webhooks", one, one + "/pause", one + "/resume", one + "/test", one + "/rotate", one + "/redeliver", one + "/remove"} {
		form := url.Values{"name": {"help_desk"}, "url": {"https://desk.example/"}, "version": {"1"}, "overlap": {"0s"}, "delivery": {"all"}}
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.server.URL+path, strings.NewReader(form.Encode()))
		must(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		if a := max.do(req); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	w, err := s.Webhook(t.Context(), "help_desk")
	calls, _ := d.Calls()
	if err != nil || w.Version != 1 || w.State != socialwatch.WebhookActive || calls != 0 {
		t.Errorf("%+v, %v, %d calls", w, err, calls)
	}
}

var signingSecret = regexp.MustCompile(`whsec_[A-Za-z0-9+/=&#;]+`)

// TestAWebhookFromItsFirstDayToItsLast: all by the page alone, without scripts,
// with the real deliverer and a desk that verifies each call.
func TestAWebhookFromItsFirstDayToItsLast(t *testing.T) {
	s := newShop(t)
	h := s.hooks(t)
	d := newDesk(t)
	max := s.enter(t, "max")
	first := max.get("/settings/webhooks")
	first.has(t, "No webhook yet", "A webhook is an address of a case system", `href="#add"`)
	page := max.submit(first, "/settings/webhooks", url.Values{"name": {"help_desk"}, "url": {d.URL()}, "kind": {"case.opened", "case.*"}, "level": {"1", "2"}, "account": {account}})
	secret := strings.ReplaceAll(signingSecret.FindString(page.body), "&#43;", "+")
	if len(secret) < 40 {
		t.Fatalf("no secret: %d %s", page.status, page.body)
	}
	page.has(t, "shown once", "webhook-signature holds v1", "docs/consumers.md")
	d.Trust(secret)
	w, err := s.Webhook(t.Context(), "help_desk")
	must(t, err)
	if fmt.Sprint(w.Filter) != "{[case.*] [shop_help] [1 2] false}" {
		t.Errorf("the filter is %v", w.Filter)
	}
	one := fmt.Sprint("/settings/webhooks/", w.ID)
	list := max.get("/settings/webhooks")
	list.has(t, "never tried", "Cases: all; accounts shop_help; levels 1, 2", "127.0.0.1")
	for _, a := range []answer{list, max.get(one), max.get("/audit?kind=people.")} {
		a.hasNot(t, secret[:20], "s3cr3t", "/hooks?")
	}
	if a := max.submit(max.get(one), "/test", nil); a.to != one+"?done=hook_tested" || len(d.Took()) != 1 || len(d.Refused()) != 0 {
		t.Fatalf("test: %d to %s, %v", a.status, a.to, d.Refused())
	}
	d.Behave(func(consumer.Message) consumer.Fault { return consumer.Fault{Status: 500} })
	max.submit(max.get(one), "/test", nil).has(t, "The test did not arrive:", "answered 500", `role="alert"`)
	max.get("/connections").hasNot(t, "Webhooks need attention")

	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help my order is late"})
	h.pass(t)
	page = max.get(one)
	page.has(t, "fails since", "calls that failed: 1", "answered 500", "Case opened", "/cases/"+cs.Number, "1 try", "next try at")
	page.hasNot(t, "my order is late", "customer1", "Deliver again")
	max.get("/connections").has(t, "Webhooks need attention:", "help_desk: fails since", `href="/settings/webhooks"`)
	s.enter(t, "rita").get("/connections").has(t, "help_desk: fails since", "An admin of all accounts")
	h.untilDead(t)
	max = s.enter(t, "max") // the session is over by now
	dead := max.get(one + "?state=dead")
	dead.has(t, "1 given up", "Deliver again", "10 tries")
	max.get("/connections").has(t, "1 given up.")
	max.get(one+"?state=delivered").has(t, "There is none.")

	d.Behave(nil)
	if a := max.submit(dead, "/redeliver", url.Values{"delivery": {delivery(t, dead)}}); a.to != one+"?done=hook_again" {
		t.Fatalf("%d to %s", a.status, a.to)
	}
	max.post(one+"/redeliver", url.Values{"delivery": {delivery(t, dead)}}).has(t, "It is not given up any more")
	h.pass(t)
	if took := d.Took(); len(took) != 2 || took[1].Type != socialwatch.EventCaseOpened || len(d.Refused()) != 0 {
		t.Errorf("the desk has %+v, %v", took, d.Refused())
	}
	max.get(one).has(t, "works", "taken (204)")
	max.get("/connections").hasNot(t, "Webhooks need attention")
	max.get("/audit?kind=people.").has(t, "Deliveries of a webhook tried again", "help_desk")
	h.lastDay(t, max, one, d)
}

// delivery is what the button of one delivery sends.
func delivery(t testing.TB, page answer) string {
	t.Helper()
	found := regexp.MustCompile(`name="delivery" value="(\d+)"`).FindStringSubmatch(page.body)
	if found == nil {
		t.Fatal("no button delivers again")
	}
	return found[1]
}

// lastDay rotates, changes, pauses, resumes and removes.
func (h *hooks) lastDay(t *testing.T, max *visitor, one string, d *consumer.Consumer) {
	t.Helper()
	page := max.get(one)
	rotated := max.submit(page, "/rotate", url.Values{"overlap": {"24h0m0s"}})
	fresh := strings.ReplaceAll(signingSecret.FindString(rotated.body), "&#43;", "+")
	rotated.has(t, "has a new secret", "The old one signs beside it until")
	if a := max.submit(page, "/rotate", url.Values{"overlap": {"24h0m0s"}}); a.status != http.StatusConflict {
		t.Errorf("a form that came twice rotates twice: %d", a.status)
	}
	if a := max.submit(max.get(one), "/rotate", url.Values{"overlap": {"9000h"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("an overlap of its own: %d", a.status)
	}
	d.Trust(fresh)
	max.submit(max.get(one), "/test", nil)
	if took := d.Took(); len(took) != 3 || took[2].Signatures != 2 {
		t.Errorf("after the change of secrets the desk has %+v", took)
	}
	max.submit(max.get(one), one, url.Values{"kinds": {"case.*, reply.sent,case.opened"}, "escalated": {"yes"}})
	w, err := h.Webhook(t.Context(), "help_desk")
	if must(t, err); fmt.Sprint(w.Filter) != "{[case.* reply.sent] [] [] true}" {
		t.Errorf("the filter is %v", w.Filter)
	}
	max.post(one, url.Values{"kinds": {"People"}}).has(t, "Nothing was saved.", `value="People"`)
	max.submit(max.get(one), "/pause", nil)
	paused := max.get(one)
	paused.has(t, "A person has paused it.", "Resume</button>")
	paused.hasNot(t, "Pause</button>")
	max.submit(paused, "/resume", nil)
	ask := max.get(one + "/remove")
	ask.has(t, "cannot be undone", "Type its name")
	for _, name := range []string{"", "help", "HELP_DESK"} {
		if a := max.submit(ask, "/remove", url.Values{"name": {name}}); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%q removes it: %d", name, a.status)
		}
	}
	if a := max.submit(ask, "/remove", url.Values{"name": {"help_desk"}}); a.to != "/settings/webhooks?done=hook_removed" {
		t.Errorf("%d to %s", a.status, a.to)
	}
	if a := max.get(one); a.status != http.StatusNotFound {
		t.Errorf("removed, and still there: %d", a.status)
	}
}

func TestWebhooksSayWhatIsWrongWithThem(t *testing.T) {
	s := newShop(t)
	path := hookDay(t, s)
	max := s.enter(t, "max")
	page := max.get("/settings/webhooks")
	page.has(t, "works", "disabled", "It said that it is gone:", "answered 410", "fails since", "answered 503", "paused", "cannot be called",
		"Its secrets cannot be opened", "never tried", "lost.example", "Case opened, Replies: all", "only cases that a person must act on")
	one := max.get(path)
	one.has(t, "Deliver all 2 again", "next try at", "taken (204)")
	line := max.get("/connections")
	line.has(t, "crm: disabled", "lost_key: cannot be called", "help_desk: fails since")
	line.hasNot(t, "archive:", "night_shift:", "trial:")
	for says, form := range map[string]url.Values{
		"Write a name of at most":   {"name": {"two words"}, "url": {"https://desk.example/"}},
		"The name crm is taken":     {"name": {"crm"}, "url": {"https://desk.example/"}},
		"Write an address such as":  {"name": {"new"}, "url": {"desk"}},
		"Write an https address.":   {"name": {"new"}, "url": {"ftp://desk.example/"}},
		"holds no name and":         {"name": {"new"}, "url": {"https://u:s3cr3t@desk.example/"}},
		"no part behind #":          {"name": {"new"}, "url": {"https://desk.example/#x"}},
		"Its address is not public": {"name": {"new"}, "url": {"https://10.0.0.1/"}},
		"at most 2000":              {"name": {"new"}, "url": {"https://desk.example/" + strings.Repeat("x", 2000)}},
		"Nothing was saved.":        {"name": {"new"}, "url": {"https://desk.example/"}, "account": {"nobody"}},
	} {
		a := max.post("/settings/webhooks", form)
		if a.status != http.StatusUnprocessableEntity && a.status != http.StatusConflict {
			t.Errorf("%v: %d", form, a.status)
		}
		a.has(t, says, `role="alert"`, `value="`+form.Get("name")+`"`)
	}
	s.console.o.Webhooks.Secrets = &webhook.Manager{Directory: s.Store, Keys: vault.Keys{}, Sender: webhook.NewSender(webhook.Guard{}, 0, s.now), Now: s.now}
	max.post("/settings/webhooks", url.Values{"name": {"new"}, "url": {"https://desk.example/"}}).has(t, "Secrets cannot be stored")
	max.post(path+"/rotate", url.Values{"version": {"1"}, "overlap": {"0s"}}).has(t, "Its secrets cannot be opened")
	max.post(path+"/test", nil).has(t, "Its secrets cannot be opened")
}

func TestDeliveriesComeInPages(t *testing.T) {
	s := newShop(t)
	h := s.hooks(t)
	path, _ := h.hook(t, "help_desk", newDesk(t).URL(), socialwatch.WebhookFilter{Kinds: []string{"case.opened"}})
	for i := range store.PageDefault + 3 {
		s.arrive(t, customer{handle: fmt.Sprint("customer", i), text: "@shop_help my order is late"})
	}
	h.pass(t)
	max := s.enter(t, "max")
	page, seen := max.get(path+"?state=delivered"), 0
	for range 3 {
		seen += strings.Count(page.body, "<code>case.opened</code>")
		more := regexp.MustCompile(`href="(/settings/webhooks/\d+\?after=[^"#]+)`).FindStringSubmatch(page.body)
		if more == nil {
			break
		}
		page = max.get(strings.ReplaceAll(more[1], "&amp;", "&"))
	}
	if seen != store.PageDefault+3 {
		t.Errorf("%d deliveries are shown", seen)
	}
	if a := max.get(path + "?after=nonsense"); a.status != http.StatusBadRequest {
		t.Errorf("%d", a.status)
	}
}

// hostileHook is what no manager stores: names, addresses and errors of whoever
// writes into the database.
