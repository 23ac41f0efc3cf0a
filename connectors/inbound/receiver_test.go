package inbound

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"socialwatch"
	"socialwatch/internal/simulator/bridge"
)

// message is a request as somebody signs and sends it.
type message struct {
	secret, id, body string
	late             time.Duration // how long ago it was signed
	change           func(*http.Request)
}

// send hands a message in and returns the answer.
func (r *rig) send(m message) (status int, body string, h http.Header) {
	r.Helper()
	w, err := standardwebhooks.NewWebhook(m.secret)
	must(r.T, err)
	at := time.Now().Add(-m.late)
	signature, err := w.Sign(m.id, at, []byte(m.body))
	must(r.T, err)
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, r.door.URL, strings.NewReader(m.body))
	must(r.T, err)
	req.Close = true // tests close connections: none is used again
	req.Header = http.Header{"Content-Type": {"application/json"}, "Webhook-Id": {m.id}, "Webhook-Timestamp": {fmt.Sprint(at.Unix())}, "Webhook-Signature": {signature}}
	if m.change != nil {
		m.change(req)
	}
	res, err := http.DefaultClient.Do(req)
	must(r.T, err)
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	must(r.T, err)
	return res.StatusCode, string(got), res.Header
}

func one(id string) string {
	return fmt.Sprintf(`{"mentions":[{"kind":"post","id":%q,"created_at":"2026-11-20T09:14:03Z","text":"never came","author":{"id":"7"}}]}`, id)
}

func TestSecretChangesWithoutLoss(t *testing.T) {
	r := newRig(t, false)
	accepts := func(secrets, by string) bool {
		o := r.options()
		o.Secrets = secrets
		r.open(o)
		status, _, _ := r.send(message{secret: by, id: "msg_1", body: one("1")})
		if status != http.StatusAccepted && status != http.StatusUnauthorized {
			t.Fatalf("answered %d", status)
		}
		return status == http.StatusAccepted
	}
	for _, step := range []struct {
		secrets  string
		old, new bool
	}{
		{oldSecret, true, false},
		{secret + ", " + oldSecret, true, true},
		{secret, false, true},
	} {
		if o, n := accepts(step.secrets, oldSecret), accepts(step.secrets, secret); o != step.old || n != step.new {
			t.Errorf("with %d secrets the old one is accepted: %v, the new one: %v", 1+strings.Count(step.secrets, ","), o, n)
		}
	}
}

// TestCallbackKnowsOursWhileTheSecretChanges: a callback that has either of the
// two secrets takes our calls.
func TestCallbackKnowsOursWhileTheSecretChanges(t *testing.T) {
	for _, theirs := range []string{oldSecret, secret} {
		b, err := bridge.New(bridge.Options{Account: "shop", Secret: theirs})
		must(t, err)
		must(t, b.Start())
		defer b.Stop()
		r := newRig(t, false)
		for secrets, want := range map[string]bool{secret + "," + oldSecret: true, theirs: true, otherSecret: false} {
			o := r.options()
			o.Secrets, o.Callback = secrets, b.URL()
			if _, err := r.open(o).Prober.Probe(t.Context()); (err == nil) != want {
				t.Errorf("a callback with one of the secrets answers %v", err)
			}
		}
	}
}

func TestOldAndFutureRequestsAreRefused(t *testing.T) {
	r := newRig(t, false)
	r.open(r.options())
	for _, tc := range []struct {
		late time.Duration
		want int
	}{
		{0, 202}, {tolerance - 10*time.Second, 202}, {10*time.Second - tolerance, 202},
		{tolerance + 10*time.Second, 401}, {-tolerance - 10*time.Second, 401}, {365 * 24 * time.Hour, 401},
	} {
		status, body, _ := r.send(message{secret: secret, id: "msg_1", body: one("1"), late: tc.late})
		if status != tc.want || status == 401 && !strings.Contains(body, "five minutes") {
			t.Errorf("signed %s ago: %d %s", tc.late, status, body)
		}
	}
}

func TestHeadersAreReadStrictly(t *testing.T) {
	r := newRig(t, false)
	r.open(r.options())
	set := func(name, value string) func(*http.Request) {
		return func(req *http.Request) { req.Header.Set(name, value) }
	}
	for name, tc := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"as signed":                 {nil, 202},
		"one of several":            {func(q *http.Request) { q.Header.Set(headerSignature, "v1,AAAA v2,x "+q.Header.Get(headerSignature)) }, 202},
		"another id":                {set(headerID, "msg_2"), 401},
		"no id":                     {func(q *http.Request) { q.Header.Del(headerID) }, 401},
		"no signature":              {func(q *http.Request) { q.Header.Del(headerSignature) }, 401},
		"a signature that is none":  {set(headerSignature, "v1,"), 401},
		"another version":           {func(q *http.Request) { q.Header.Set(headerSignature, "v1a"+q.Header.Get(headerSignature)[2:]) }, 401},
		"two times":                 {func(q *http.Request) { q.Header.Add(headerTime, "1") }, 401},
		"a time that is none":       {set(headerTime, "now"), 401},
		"a time with a fraction":    {func(q *http.Request) { q.Header.Set(headerTime, q.Header.Get(headerTime)+".5") }, 401},
		"the last time there is":    {set(headerTime, "9223372036854775807"), 401},
		"the first":                 {set(headerTime, "-9223372036854775808"), 401},
		"a huge signature":          {set(headerSignature, strings.Repeat("v1,AAAA ", 1000)), 401},
		"a form":                    {set("Content-Type", "application/x-www-form-urlencoded"), 415},
		"no media type":             {func(q *http.Request) { q.Header.Del("Content-Type") }, 415},
		"JSON with a character set": {set("Content-Type", "application/json; charset=utf-8"), 202},
		"to be read":                {func(q *http.Request) { q.Method = http.MethodGet }, 405},
	} {
		status, body, h := r.send(message{secret: secret, id: "msg_1", body: one("1"), change: tc.change})
		if status != tc.want || status >= 400 && h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if n := len(r.tray.pushed().Mentions); n != 3 {
		t.Errorf("%d of the 3 that were answered 202 are stored", n)
	}
}

func TestWhatCannotBeStoredIsAskedForAgain(t *testing.T) {
	r := newRig(t, false)
	r.open(r.options())
	r.tray.down = true
	m := message{secret: secret, id: "msg_1", body: one("1")}
	if status, body, h := r.send(m); status != 503 || h.Get("Retry-After") != retryAfter || !strings.Contains(body, "send the same request again") {
		t.Errorf("%d %s", status, body)
	}
	r.tray.down = false
	if status, _, _ := r.send(m); status != 202 {
		t.Errorf("the same request again: %d", status)
	}
	o := r.options()
	o.Tray = nil
	r.open(o)
	if status, _, _ := r.send(m); status != 503 {
		t.Errorf("without a tray: %d", status)
	}
}

// TestNobodyLearnsWhichAccountsThereAre: an account that is none answers as one
// whose secret is another.
func TestNobodyLearnsWhichAccountsThereAre(t *testing.T) {
	r := newRig(t, false)
	r.open(r.options())
	for name, change := range map[string]func(*http.Request){
		"signed by another": nil,
		"unsigned":          func(q *http.Request) { q.Header.Del(headerSignature) },
		"old":               func(q *http.Request) { q.Header.Set(headerTime, "1") },
		"large": func(q *http.Request) {
			q.Body, q.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat("a", 2*maxBody))), 2*maxBody
		},
	} {
		m := message{secret: otherSecret, id: "msg_1", body: one("1"), change: change}
		status, body, _ := r.send(m)
		old := r.door.Config.Handler
		r.door.Config.Handler = Unknown()
		unknown, other, _ := r.send(m)
		r.door.Config.Handler = old
		if status != unknown || body != other || status < 400 {
			t.Errorf("%s: %d %s\nwithout an account: %d %s", name, status, body, unknown, other)
		}
	}
}

func TestRefusedItemIsSetAsideAndTheRestTaken(t *testing.T) {
	r := newRig(t, false)
	c := r.open(r.options())
	before := r.tray.pushed()
	status, body, _ := r.send(message{secret: secret, id: "msg_1", body: `{"mentions":[{"kind":"post","id":"odd one"},{"kind":"deletion","id":"9"}]}`})
	if status != 202 || body != `{"accepted":["9"],"refused":[{"index":0,"id":"","why":"id must be 1 to 200 printable ASCII characters without spaces"}]}`+"\n" {
		t.Errorf("%d %s", status, body)
	}
	after := r.tray.pushed()
	if len(before.Aside) != 0 || len(after.Aside) != 1 || len(after.Gone) != 1 || c.Account != after.Aside[0].Account ||
		!strings.HasPrefix(after.Aside[0].ID, "sha256:") || after.Aside[0].Problem == "" || after.Aside[0].At != socialwatch.Micros(after.Aside[0].At) {
		t.Errorf("stored %+v", after)
	}
}
