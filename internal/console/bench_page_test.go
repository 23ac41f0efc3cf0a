package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"socialwatch"
)

// bench answers everything with one template.
type bench struct{}

func (bench) Templates() []Template {
	return []Template{
		{ID: "refund-delay", Version: 2, Intent: socialwatch.RefundDelay, Language: "en", Owner: "customer care", Gloss: "Sorry for the wait.",
			Slots: []string{"days", "case"}, Wordings: []string{"We are sorry, {{case}}.", "Sorry again, {{case}}."}, Handoff: true},
		{ID: "refund-delay", Version: 2, Intent: socialwatch.RefundDelay, Language: "es", Gloss: "Sorry for the wait.",
			Wordings: []string{"Lo sentimos, {{case}}."}, Networks: []socialwatch.Network{socialwatch.X}},
	}
}

func (bench) Try(account, text string) (Trial, error) {
	at := strings.Index(text, "refund")
	t := Trial{Assessment: socialwatch.Assessment{Intent: socialwatch.RefundDelay, Escalate: true, Score: 71, Language: "en",
		Signals: []socialwatch.Signal{{Name: "refund_delay.late", Start: at, End: at + 6, Points: 20}}},
		Level: 2, Why: "answered by " + account, Escalation: "Someone must look up the refund", Gloss: "Sorry for the wait.", Handoff: true}
	if strings.Contains(text, "nobody") {
		return Trial{Why: "nothing fits"}, nil
	}
	t.Draft = &socialwatch.Payload{Text: "We are sorry, K-1042.", Template: "refund-delay", TemplateV: 2, Language: "en", Length: 21, Limit: 500}
	t.Findings = []socialwatch.Finding{{Rule: "tone", Words: "sorry", Mend: "say it once"}}
	return t, nil
}

func TestBenchShowsPostAssessmentTemplateAndFindings(t *testing.T) {
	s := newShop(t)
	rita := s.enter(t, "rita")
	rita.get("/templates").has(t, "Refund delay", "refund-delay v2", "Sorry again, {{case}}.", "<code>days</code>", "hands off", `href="/templates?lang=es"`)
	rita.get("/templates?lang=es").has(t, "Lo sentimos", "X</span>")
	tried := rita.post("/templates", url.Values{"post": {`<script>alert(1)</script> my refund is late`}, "account": {account}})
	tried.has(t, "Refund delay", "Priority 71", "refund</mark>", "Someone must look up the refund", "We are sorry, K-1042.", "21/500",
		"say it once", "answered by "+account, "waits for the customer", "&lt;script&gt;alert(1)&lt;/script&gt;")
	tried.hasNot(t, "<script>alert")
	rita.post("/templates", url.Values{"post": {"nobody"}}).has(t, "Nothing is answered by itself")
	for _, tc := range []struct {
		post, account, says string
		status              int
	}{
		{" \x00 ", account, "The post is empty", http.StatusUnprocessableEntity},
		{strings.Repeat("x", benchLimit+1), account, "The post is too long", http.StatusUnprocessableEntity},
		{strings.Repeat("x", benchLimit+8<<10), account, "The post is too long", http.StatusUnprocessableEntity},
		{"my refund", "other", "You may not do this", http.StatusForbidden},
	} {
		a := rita.post("/templates", url.Values{"post": {tc.post}, "account": {tc.account}})
		a.has(t, tc.says)
		if a.status != tc.status {
			t.Errorf("%.20q to %s: status %d, want %d", tc.post, tc.account, a.status, tc.status)
		}
	}
}
