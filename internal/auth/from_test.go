package auth

import (
	"net/http/httptest"
	"testing"
	"time"
)

func TestSessionsKnowBrowserAndNeighbourhoodOnly(t *testing.T) {
	for agentHeader, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0":                                                                 "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36 Edg/129.0.0.0":          "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15":                     "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/129.0 Mobile/15E148 Safari/604.1": "Chrome on iOS",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Mobile Safari/537.36":                               "Chrome on Android",
		"curl/8.9 <script>": "", "": "",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("User-Agent", agentHeader)
		if got := (&Logins{}).From(r).Agent; got != want {
			t.Errorf("%s: %q, want %q", agentHeader, got, want)
		}
	}
	for address, want := range map[string]string{"192.0.2.17": "192.0.2.x", "2001:db8:1:2::/64": "2001:db8:1::/48", "pipe": "", "": ""} {
		if got := (From{Address: address}).short(); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

func TestFlowIsReadOnlyByWhoSealedIt(t *testing.T) {
	f := flow{State: "s", Nonce: "n", Verifier: "v", Back: "/cases", Until: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	var a, b, other, drawn sealer
	sealed, err := a.close(f, "secret")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := a.close(f, "secret"); again == sealed {
		t.Error("the same twice")
	}
	if got, err := b.open(sealed, "secret"); err != nil || got != f {
		t.Errorf("another process: %+v, %v", got, err)
	}
	for name, s := range map[string]*sealer{"another secret": &other, "no secret": &drawn} {
		secret := map[*sealer]string{&other: "else"}[s]
		if _, err := s.open(sealed, secret); err == nil {
			t.Error(name)
		}
	}
	for i := range len(sealed) {
		bent := []byte(sealed)
		bent[i] ^= 1
		if got, err := a.open(string(bent), "secret"); err == nil && got != f {
			t.Fatalf("bent at %d: %+v", i, got)
		}
	}
}

func FuzzOpenFlow(f *testing.F) {
	var s sealer
	good, _ := s.close(flow{State: "s"}, "secret")
	f.Add(good)
	f.Add("")
	f.Fuzz(func(t *testing.T, sealed string) {
		if got, err := s.open(sealed, "secret"); err == nil && got.State != "s" {
			t.Fatalf("took %q: %+v", sealed, got)
		}
	})
}

func TestClaimsAreFoundByNameOrPath(t *testing.T) {
	claims := map[string]any{"groups": []any{"a"}, "https://shop.example/groups": "b", "realm_access": map[string]any{"roles": []any{"c"}}}
	for name, want := range map[string]bool{"groups": true, "https://shop.example/groups": true, "realm_access.roles": true, "realm_access": true, "realm_access.x": false, "x": false, "groups.x": false, "": false} {
		if _, ok := claim(claims, name); ok != want {
			t.Errorf("%s: %v", name, ok)
		}
	}
}
