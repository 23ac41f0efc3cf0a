package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"socialwatch/internal/simulator/bridge"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

const bridgeSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// newBridgeShop is a shop with one account whose posts a bridge hands in.
func newBridgeShop(t *testing.T, kind store.Kind, keys bool, more string) (*shop, *bridge.Bridge) {
	t.Helper()
	b, err := bridge.New(bridge.Options{Account: "shop_help", Secret: bridgeSecret, Keys: keys, Rest: 3 * time.Second})
	must(t, err)
	must(t, b.Start())
	t.Cleanup(b.Stop)
	s := openShop(t, dbtest.New(t, kind), account{url: "https://unused.example", token: "unused", every: "@every 1s"})
	b.Aim(s.url + "/api/v1/mentions?account=shop_help")
	must(t, os.WriteFile(s.config, fmt.Appendf(nil, `
database: {url_env: DATABASE, schema: %q}
listen: %s
replies: {hold: 0s}
polling: {every: "@every 1s", missed: 3}
accounts:
  - name: shop_help
    network: inbound
    languages: [en]
    links: [shop.example]
    inbound: {network: facebook, host: facebook.example, secret_env: BRIDGE, callback: %q, max_length: 2000%s}
`, s.db.Schema, strings.TrimPrefix(s.url, "http://"), b.URL(), more), 0o600))
	s.env = append(s.env, "BRIDGE="+bridgeSecret)
	return s, b
}

// say hands one post in until it is taken, and then once more.
func say(t *testing.T, b *bridge.Bridge, n int) string {
	t.Helper()
	p := bridge.Post{ID: fmt.Sprintf("1001_%d", n), Text: fmt.Sprintf("my order 555-0100%03d-0000001 never came and nobody answers", n),
		Visibility: "public", CreatedAt: time.Now().UTC(), Author: bridge.Author{ID: fmt.Sprintf("c%d", n), Handle: fmt.Sprintf("customer%d", n)}}
	id, err := b.Say(p)
	p.Kind, p.URL = "post", "https://facebook.example/"+id
	for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); {
		err = b.HandIn(p)
	}
	must(t, err)
	must(t, b.HandIn(p))
	return id
}

// TestHandedInOnceAnsweredOnce: a bridge hands posts in, each twice, while the
// program is killed with -9 and answers of its callback are lost. Nothing is
// lost, and no post is answered twice.
func TestHandedInOnceAnsweredOnce(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, b := newBridgeShop(t, kind, false, ", find: true")
			if out := s.done("check"); !strings.Contains(out, "callback: it answers a signed probe") || !strings.Contains(out, "v1,") {
				t.Errorf("check says\n%s", out)
			}
			const posts = 12
			d := s.serve()
			stop := s.approver()
			defer stop()
			var ids []string
			for n := range posts {
				if ids = append(ids, say(t, b, n)); n == posts/3 || n == posts*2/3 {
					d.kill() // what was taken is not taken in yet
					d = s.serve()
				}
				if n == posts/2 {
					b.Inject(bridge.LostAfter)
				}
			}
			until(t, time.Minute, "a reply whose answer was lost", func() bool { return len(b.Calls("")) > 0 && s.has(ids) })
			b.Inject("")
			until(t, 2*time.Minute, "every reply has its end", func() bool { return len(s.rows()) >= posts && s.settled() })
			stop()
			s.resolveAll(bridged(b)) // what was killed right before its call
			until(t, time.Minute, "what a person resolved is sent", s.settled)
			d.end()
			for id, n := range s.stored() {
				if n != 1 {
					t.Errorf("post %s is stored %d times", id, n)
				}
			}
			under := map[string]int{}
			for _, r := range b.Published("") {
				if under[r.ParentID]++; under[r.ParentID] > 1 {
					t.Errorf("%d replies stand under post %s", under[r.ParentID], r.ParentID)
				}
			}
			if got := len(s.stored()); got != posts || len(under) != posts || len(b.Calls("")) != posts {
				t.Errorf("%d posts, %d stored, %d answered by %d calls", posts, got, len(under), len(b.Calls("")))
			}
			t.Logf("%d handed in twice each, %d stored, %d answered by %d calls", posts, len(s.stored()), len(under), len(b.Calls("")))
		})
	}
}

// TestTheDocumentedCallHandsAPostIn runs the commands of docs/inbound.md as they
// stand there.
func TestTheDocumentedCallHandsAPostIn(t *testing.T) {
	doc, err := os.ReadFile("../../docs/inbound.md")
	must(t, err)
	_, block, found := strings.Cut(string(doc), "```sh\n")
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("the page has no commands")
	}
	s, _ := newBridgeShop(t, store.SQLite, false, "")
	d := s.serve()
	defer d.end()
	call := func(secret string) string {
		cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", block)
		cmd.Env = append(os.Environ(), "URL="+s.url, "ACCOUNT=shop_help", "SECRET="+secret)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if out := call("whsec_YW5vdGhlciBzZWNyZXQgdGhhdCBpcyBub3Qgb3Vycw=="); !strings.Contains(out, `"status":401`) {
		t.Errorf("with another secret: %s", out)
	}
	for range 2 {
		if out := call(bridgeSecret); !strings.Contains(out, `"accepted":["1001_2001"],"refused":[]`) {
			t.Fatalf("answered %s", out)
		}
	}
	until(t, time.Minute, "the post is stored", func() bool { return s.has([]string{"1001_2001"}) })
	if n := s.stored()["1001_2001"]; n != 1 {
		t.Errorf("stored %d times", n)
	}
}
