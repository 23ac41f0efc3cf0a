package webhook_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// trap is a port of the loopback that nobody may connect to.
func trap(t *testing.T) (port string, hits *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	hits = &atomic.Int32{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			hits.Add(1)
			c.Close()
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, hits
}

// TestNoCallGoesToAPrivateAddress: whatever form it is written in, and by
// whatever name it goes, also one that an attacker's name server chooses after
// the address was checked.
func TestNoCallGoesToAPrivateAddress(t *testing.T) {
	fx := storetest.On(t, dbtest.New(t, store.SQLite))
	r := newRig(t, fx, "one", 20*time.Second)
	port, hits := trap(t)
	// Let the addresses in that only looking at a name or a text would refuse. A name
	// server that is slow says in the end that it does not know a name.
	public := webhook.NewSender(webhook.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("10.99.0.0/24")}}, 20*time.Second, r.now)
	r.manager.Sender = public
	for i, host := range []string{"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "foo.localhost",
		"[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::ffff:0:7f00:1]", "[64:ff9b:1::7f00:1]", "[4000::1]",
		"169.254.169.254", "[fd00:ec2::254]", "[fe80::1%25lo]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "168.63.129.16", "[fc00::1]", "224.0.0.1", "255.255.255.255", "198.18.0.1", "[2001:db8::1]"} {
		for _, scheme := range []string{"http://", "https://"} {
			name := "e" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + scheme[:4+len(scheme)-7]
			name = strings.TrimSuffix(name, ":")
			_, err := r.manager.Add(t.Context(), name, scheme+host+":"+port+"/x", socialwatch.WebhookFilter{}, -1, store.Terminal)
			if err != nil {
				continue // refused as it stands
			}
			err = r.manager.Test(t.Context(), name, store.Terminal)
			if err == nil || !strings.Contains(err.Error(), "is not public") && !strings.Contains(err.Error(), "without TLS only") && !strings.Contains(err.Error(), "cannot be resolved") {
				t.Errorf("%s%s: %v", scheme, host, err)
			}
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d connections to the loopback", n)
	}
}

func TestAnAllowedNetworkIsCalled(t *testing.T) {
	fx := storetest.On(t, dbtest.New(t, store.SQLite))
	r := newRig(t, fx, "one", 20*time.Second)
	d := r.desk(t, "desk", socialwatch.WebhookFilter{})
	if err := r.manager.Test(t.Context(), "desk", store.Terminal); err != nil {
		t.Error(err)
	}
	// Without the network the same endpoint is called no more.
	r.manager.Sender = webhook.NewSender(webhook.Guard{}, 20*time.Second, r.now)
	if err := r.manager.Test(t.Context(), "desk", store.Terminal); err == nil {
		t.Error("it was called")
	}
	if calls, _ := d.Calls(); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

// TestTheProxyOfTheEnvironmentIsNotAsked: it would connect where we may not
// look.
func TestTheProxyOfTheEnvironmentIsNotAsked(t *testing.T) {
	port, hits := trap(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "http://127.0.0.1:"+port)
	}
	fx := storetest.On(t, dbtest.New(t, store.SQLite))
	r := newRig(t, fx, "one", 20*time.Second)
	r.manager.Sender = webhook.NewSender(webhook.Guard{}, 20*time.Second, r.now)
	if _, err := r.manager.Add(t.Context(), "desk", "https://desk.invalid/x", socialwatch.WebhookFilter{}, -1, store.Terminal); err != nil {
		t.Fatal(err)
	}
	if err := r.manager.Test(t.Context(), "desk", store.Terminal); err == nil || hits.Load() != 0 {
		t.Errorf("%v, %d connections to the proxy", err, hits.Load())
	}
}

func TestAnAddressIsRefusedInWordsThatHoldNothingOfIt(t *testing.T) {
	fx := storetest.On(t, dbtest.New(t, store.SQLite))
	r := newRig(t, fx, "one", 20*time.Second)
	r.manager.Sender = webhook.NewSender(webhook.Guard{}, 20*time.Second, r.now)
	for url, want := range map[string]string{
		"http://desk.example/s3cret":                            "https",
		"https://ana:s3cret@desk.example/":                      "no name and password",
		"ftp://desk.example/s3cret":                             "https",
		"https:///s3cret":                                       "such as",
		"https://desk.example/%zz?s3cret":                       "such as",
		"https://desk.example/#s3cret":                          "#",
		"https://desk.example/" + strings.Repeat("s3cret", 500): "bytes",
		"https://10.0.0.1/s3cret":                               "not public",
		"mailto:s3cret@desk.example":                            "such as",
		"":                                                      "such as",
	} {
		_, err := r.manager.Add(context.Background(), "desk", url, socialwatch.WebhookFilter{}, -1, store.Terminal)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", url[:min(len(url), 60)], err)
		}
	}
	if _, err := r.manager.Add(t.Context(), "desk", "https://desk.example/hooks?key=s3cret", socialwatch.WebhookFilter{}, -1, store.Terminal); err != nil {
		t.Fatal(err)
	}
	w, err := r.Webhook(t.Context(), "desk")
	if err != nil || w.Address != "https://desk.example/hooks?…" || strings.Contains(string(w.Sealed), "s3cret") {
		t.Errorf("%+v, %v", w, err)
	}
}
