package twitter

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	sim "socialwatch/internal/simulator/twitter"
)

const back = "http://127.0.0.1:9/back"

// consent opens the page of consent and returns what X sends the browser back
// with.
func (r *rig) consent(address string) (state, code string) {
	r.Helper()
	browser := &http.Client{CheckRedirect: stay}
	resp, err := browser.Get(address)
	r.must(err)
	_ = resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if r.must(err); resp.StatusCode != http.StatusFound || !strings.HasPrefix(to.String(), back) {
		r.Fatalf("the page of consent: %d to %s", resp.StatusCode, to)
	}
	return to.Query().Get("state"), to.Query().Get("code")
}

func (r *rig) app(confidential bool) Options {
	c := r.sim.RegisterClient(confidential, back)
	return Options{Account: "shop", Handle: "Shop_Help", BaseURL: r.sim.URL(), Now: r.now, Ledger: r.books,
		Auth: Auth{ClientID: c.ID, ClientSecret: c.Secret}, Tokens: &keeper{}}
}

func TestLoginGivesATokenOfTheAccount(t *testing.T) {
	for _, confidential := range []bool{false, true} {
		r := newRig(t, sim.Options{})
		o := r.app(confidential)
		c := r.connect(o)
		address, s, err := c.Login.Begin(back)
		r.must(err)
		u, err := url.Parse(address)
		r.must(err)
		if q := u.Query(); q.Get("code_challenge_method") != "S256" || q.Get("state") != s.State || strings.Contains(address, s.Verifier) ||
			q.Get("scope") != "tweet.read tweet.write users.read offline.access" {
			t.Fatalf("address %s", address)
		}
		state, code := r.consent(address)
		tok, who, err := c.Login.Finish(t.Context(), s, state, code)
		r.must(err)
		if who.Handle != "shop_help" || who.ID == "" || tok.Access == "" || tok.Refresh == "" || !tok.Expires.After(time.Now()) {
			t.Fatalf("%+v", who)
		}
		r.must(o.Tokens.Put(t.Context(), "shop", tok))
		m := r.ask(c, "where is order 1001?")
		r.reply(c, r.compose(c, m.Post, "Sorry. Case K-77."))
		r.pass(3 * time.Hour) // the token has ended
		r.reply(c, r.compose(c, m.Post, "Still sorry. Case K-77."))
		r.sameBill()
		_, _, err = c.Login.Finish(t.Context(), s, state, code)
		r.refusedLogin("a code used twice", err, "30 seconds")
	}
}

// refusedLogin wants an error that says what to do and holds no secret.
func (r *rig) refusedLogin(what string, err error, word string) {
	r.Helper()
	if socialwatch.ReasonOf(err) != socialwatch.Unauthorized || !strings.Contains(err.Error(), word) ||
		!strings.Contains(err.Error(), "socialwatch login shop") || strings.Contains(err.Error(), "sim-") {
		r.Errorf("%s: %v", what, err)
	}
}

func TestLoginsThatAreRefused(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := r.connect(r.app(false))
	begin := func() (connectors.LoginState, string, string) {
		address, s, err := c.Login.Begin(back)
		r.must(err)
		state, code := r.consent(address)
		return s, state, code
	}
	s, state, code := begin()
	for _, wrong := range []string{"", state + "x", state[1:]} {
		_, _, err := c.Login.Finish(t.Context(), s, wrong, code)
		r.refusedLogin("state "+wrong, err, "does not belong")
	}
	_, _, err := c.Login.Finish(t.Context(), connectors.LoginState{Redirect: back}, "", code)
	r.refusedLogin("no state at all", err, "does not belong")
	if n := r.sim.Requests()["POST /2/oauth2/token"]; n != 0 {
		t.Errorf("%d exchanges", n)
	}
	other := s
	other.Verifier = strings.Repeat("v", 43)
	_, _, err = c.Login.Finish(t.Context(), other, state, code)
	r.refusedLogin("another verifier", err, "30 seconds")

	_, err = r.sim.AddUser("customer1")
	r.must(err)
	r.must(r.sim.Visitor("customer1"))
	s, state, code = begin()
	_, _, err = c.Login.Finish(t.Context(), s, state, code)
	if r.refusedLogin("another account", err, "@Shop_Help"); strings.Contains(err.Error(), "customer1") {
		t.Errorf("tells whose login it was: %v", err)
	}

	r.must(r.sim.Visitor(""))
	s, state, code = begin()
	_, _, err = c.Login.Finish(t.Context(), s, state, code)
	r.refusedLogin("no consent", err, "consent was refused")

	r.must(r.sim.Visitor("shop_help"))
	s, state, code = begin()
	r.must(r.sim.Inject(sim.Fault{Kind: sim.FaultUnavailable, Route: "POST /2/oauth2/token", Count: 1}))
	_, _, err = c.Login.Finish(t.Context(), s, state, code)
	if socialwatch.ReasonOf(err) != socialwatch.Temporary {
		t.Errorf("X is down: %v", err)
	}
	for _, odd := range []string{"", "back", "http://shop.example/back", "://"} {
		if _, _, err := c.Login.Begin(odd); err == nil {
			t.Errorf("comes back to %q", odd)
		}
	}
}

func TestLoginWithoutTheRightsIsRefused(t *testing.T) {
	for answer, word := range map[string]string{
		`{"token_type":"bearer","access_token":"sim-a","refresh_token":"sim-r","expires_in":7200,"scope":"tweet.read users.read offline.access"}`: "tweet.write",
		`{"token_type":"bearer","access_token":"sim-a","expires_in":7200}`:                                                                        "renewed",
	} {
		c, _ := fake(t, Options{Auth: Auth{ClientID: "app"}, Tokens: &keeper{}}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer)
		})
		l := login{c}
		_, s, err := l.Begin(back)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = l.Finish(t.Context(), s, s.State, "code")
		if socialwatch.ReasonOf(err) != socialwatch.Unauthorized || !strings.Contains(err.Error(), word) || strings.Contains(err.Error(), "sim-") {
			t.Errorf("%v", err)
		}
	}
}

func TestOnlyOAuth2HasALogin(t *testing.T) {
	r := newRig(t, sim.Options{})
	if r.open().Login != nil {
		t.Error("OAuth 1.0a has a login")
	}
}

// TestAFirewallsPageEndsNoLogin: only X's own word says that a token is no good.
func TestAFirewallsPageEndsNoLogin(t *testing.T) {
	for _, status := range []int{302, 400, 401, 403, 404, 407, 408, 413} {
		k := &keeper{token: connectors.Token{Access: "old-access", Refresh: "old-refresh"}}
		asked := 0
		c, _ := fake(t, Options{Auth: Auth{ClientID: "app"}, Tokens: k}, func(w http.ResponseWriter, r *http.Request) {
			switch asked++; {
			case r.URL.Path != "/2/oauth2/token":
				asked--
				if r.Header.Get("Authorization") != "Bearer new-access" {
					w.WriteHeader(401)
				}
			case asked == 1:
				say(status, `<html>checking your browser</html>`)(w, r)
			default:
				w.Header().Set("Content-Type", "application/json")
				say(200, `{"token_type":"bearer","expires_in":7200,"access_token":"new-access","refresh_token":"new-refresh"}`)(w, r)
			}
		})
		_, err := c.do(t.Context(), call{path: "/2/tweets", auth: authUser})
		if socialwatch.ReasonOf(err) != socialwatch.Temporary {
			t.Errorf("%d: %v", status, err)
		}
		if _, err := c.do(t.Context(), call{path: "/2/tweets", auth: authUser}); err != nil || asked != 2 {
			t.Errorf("%d: asked %d times for a token: %v", status, asked, err)
		}
	}
}
