package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
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

func (bench) Rules() (string, []Rule) {
	return "7.1", []Rule{{Name: "late", When: "ship < late 12", Weights: []Weight{{"refund_delay", 12}, {"must", 3}}},
		{Name: "asks_for_human", When: "speak_word < person_word 24", Weights: []Weight{{"must", 40}}}, {Name: "shop_phrase", Weights: []Weight{{"refund_delay", 30}}}}
}

func (bench) Replay(_ context.Context, accounts []string, last int) (Replay, error) {
	return Replay{Rules: "7.1", Mentions: last, Changed: 2, Gone: 1, LeftOff: 1,
		Changes: []Change{{"intent", "billing", "refund_delay", 2}},
		Lines:   []Replayed{{Case: "K-1001", Text: "<b>my</b> refund", Lang: "en", Changes: []Change{{"intent", "billing", "refund_delay", 1}, {"score", "10", "40", 1}}}}}, nil
}

func TestRulesAreShownByWhatTheyWeigh(t *testing.T) {
	s := newShop(t)
	page := s.enter(t, "rita").get("/rules")
	page.has(t, "3 rules", "Version 7.1", "Refund delay: 2 rules", "A human must act: 2 rules", "ship &lt; late 12", "wants a person", "phrases of the configuration",
		"&#43;40", "An example", "A lead can replay.")
	if heavy, light := strings.Index(page.body, "&#43;40"), strings.Index(page.body, "&#43;3<"); heavy < 0 || light < heavy {
		t.Errorf("the heaviest stands at %d, the lightest at %d", heavy, light)
	}
}

func TestReplayIsForLeadsAndChangesNothing(t *testing.T) {
	s := newShop(t)
	lea := s.enter(t, "lea")
	lea.get("/rules").hasNot(t, "would change with rules")
	lea.get("/rules?last=200").has(t, "2 of 200 mentions would change with rules 7.1.", "1 more are gone", "Billing", "Refund delay", "Priority: 10 → 40",
		`href="/cases/K-1001"`, "&lt;b&gt;my&lt;/b&gt;", "1 more would change.")
	for login, status := range map[string]int{"lea": http.StatusUnprocessableEntity, "rita": http.StatusForbidden} {
		query := "/rules?last=1000000"
		if login == "rita" {
			query = "/rules?last=200"
		}
		if a := s.enter(t, login).get(query); a.status != status {
			t.Errorf("%s: %d, want %d", login, a.status, status)
		}
	}
}

func TestTemplatesSayHowOftenTheyWereEdited(t *testing.T) {
	s := newShop(t)
	s.console.o.Reports = editedReports{s.Store}
	rita := s.enter(t, "rita")
	rita.get("/templates").has(t, "edited 25 % of 8 said in 30 days")
	rita.get("/templates?lang=es").has(t, "not said in 30 days")
}

// editedReports has a template with edits.
type editedReports struct{ Reports }

func (editedReports) TemplateEdits(context.Context, store.ReportFilter) ([]store.TemplateEdits, error) {
	return []store.TemplateEdits{{Template: "refund-delay", Version: 2, Language: "en", Said: 8, Edited: 2}, {Template: "refund-delay", Version: 1, Language: "es", Said: 3}}, nil
}

func TestBenchShowsPostAssessmentTemplateAndFindings(t *testing.T) {
	s := newShop(t)
	rita := s.enter(t, "rita")
	rita.get("/templates").has(t, "Refund delay", "refund-delay v2", "Sorry again, {{case}}.", "<code>days</code>", "moves to private", `href="/templates?lang=es"`)
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
