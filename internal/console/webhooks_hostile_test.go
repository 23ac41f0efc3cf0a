package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
)

func hostileHook(t testing.TB, s *shop) (path string) {
	t.Helper()
	h := s.hooks(t)
	evil := `<script>alert(1)</script><img src=x onerror=alert(2)>"'` + "\u202e\u2066" + strings.Repeat("w", 10_000)
	w := socialwatch.Webhook{Name: evil, Ref: "evil", Address: "javascript://user:s3cr3t@x\u202e.example/?s3cr3t=" + strings.Repeat("q", 10_000), Sealed: []byte("x"), Seq: -1,
		CreatedAt: s.now(), Filter: socialwatch.WebhookFilter{Accounts: []string{evil}}}
	must(t, s.AddWebhook(t.Context(), w, store.Terminal))
	must(t, s.AddWebhook(t.Context(), socialwatch.Webhook{Name: "plain", Ref: "plain", Address: "https://desk.example/", Sealed: []byte("x"), Seq: 0, CreatedAt: s.now()}, store.Terminal))
	s.arrive(t, customer{handle: "customer1", text: "@shop_help my order is late"})
	h.giveUp(t, "plain", evil)
	plain, err := s.Webhook(t.Context(), "plain")
	must(t, err)
	return fmt.Sprint("/settings/webhooks/", plain.ID)
}

func TestHostileWebhooksStayWords(t *testing.T) {
	s := newShop(t)
	plain := hostileHook(t, s)
	max := s.enter(t, "max")
	list, err := s.WebhookHealths(t.Context())
	must(t, err)
	for _, path := range []string{"/settings/webhooks", plain, plain + "?state=dead", "/connections", fmt.Sprint("/settings/webhooks/", list[0].ID), fmt.Sprint("/settings/webhooks/", list[0].ID, "/remove"),
		"/settings/webhooks/%3Cscript%3E", plain + "?state=%3Cscript%3Ea&done=%3Cscript%3Ea"} {
		page := max.get(path)
		page.hasNot(t, "<script>a", "<img src=x", `"javascript:`, "s3cr3t")
		if page.status != http.StatusOK && !strings.Contains(path, "%3Cscript%3E") {
			t.Errorf("%s: %d", path, page.status)
		}
		if n := strings.Count(page.body, "<script"); n > 1 {
			t.Errorf("%s: %d scripts", path, n)
		}
	}
}
