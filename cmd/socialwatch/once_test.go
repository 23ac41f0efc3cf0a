package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAnApprovalThatFailsAfterItsLookHasHadNoEffect: what the look at the network
// before an approval stores is no effect of the request, so the request sent again
// is tried again, and its key is free for a mended one.
func TestAnApprovalThatFailsAfterItsLookHasHadNoEffect(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *deskRig) {
		h, err := d.app.handler(d.Context())
		must(d.T, err)
		server := httptest.NewServer(h)
		defer server.Close()
		post := d.post(1)
		d.poll()
		r := d.reply(post)
		must(d.T, d.sim.Edit(post, "@shop_help never mind, it has just come"))
		for range 2 {
			req, err := http.NewRequestWithContext(d.Context(), http.MethodPost, fmt.Sprintf("%s/api/v1/replies/%d/approve", server.URL, r.ID),
				strings.NewReader(fmt.Sprintf(`{"hash":%q}`, r.Hash)))
			must(d.T, err)
			req.Header = http.Header{"Authorization": {"Bearer " + d.token}, "Content-Type": {"application/json"}, "Idempotency-Key": {"one"}}
			res, err := http.DefaultClient.Do(req)
			must(d.T, err)
			body, err := io.ReadAll(res.Body)
			must(d.T, err)
			must(d.T, res.Body.Close())
			if res.StatusCode != http.StatusConflict || res.Header.Get("Idempotent-Replayed") != "" {
				d.Errorf("answered %d %s, %v", res.StatusCode, body, res.Header)
			}
		}
		if n := d.number("select count(*) from mention_revisions"); n == 0 {
			d.Error("the look has stored nothing")
		}
	})
}
