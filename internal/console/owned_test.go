package console

import (
	"net/http"
	"net/url"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/storetest"
)

// TestAnOwnedCaseIsReadOnlyAndLeadsToItsOwner: nobody is offered what only its
// owner may do, who tries is told who that is, and a lead takes it back.
func TestAnOwnedCaseIsReadOnlyAndLeadsToItsOwner(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	otto, lea := s.enter(t, "otto"), s.enter(t, "lea")
	before := otto.get("/cases/" + cs.Number)
	before.has(t, "Take it")
	must(t, storetest.Fixture{Store: s.Store, Options: s.options}.System(t, "crm").Insert(t, storetest.Ask{Key: "k", Kind: store.CommandClaim,
		Case: cs.Number, Expected: 1, Data: `{"reference": "<b>4711", "url": "https://crm.example/4711"}`}))
	if n, err := s.ApplyCommands(t.Context(), s.now(), masked); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	page := otto.get("/cases/" + cs.Number)
	page.has(t, "crm owns this case", `<a href="https://crm.example/4711" rel="noreferrer"><bdi>&lt;b&gt;4711</bdi></a>`, "Claimed by another system", `data-key="n"`)
	page.hasNot(t, "Take it", `/cases/`+cs.Number+`/resolve"`, "/release")
	otto.get("/replies/"+id(s.replyOf(t, cs.Number))).hasNot(t, "Take it")
	for _, act := range []string{"/resolve", "/take", "/release"} {
		a := otto.post("/cases/"+cs.Number+act, url.Values{"version": {"2"}})
		if a.status != http.StatusForbidden {
			t.Errorf("%s: status %d", act, a.status)
		}
		if act != "/release" {
			a.has(t, "crm owns it as &lt;b&gt;4711 (https://crm.example/4711): change it there")
		}
	}
	back := lea.submit(lea.get("/cases/"+cs.Number), "/release", nil)
	lea.get(back.to).has(t, cs.Number+" is ours again.", "Ours again", "Take it")
	if d, err := s.Case(t.Context(), cs.Number); err != nil || d.Case.External != (socialwatch.External{}) {
		t.Errorf("%+v, %v", d.Case.External, err)
	}
}
