package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/store"
)

// TestWhatReadingAgainDoesNotEndIsNoConflict: of the same write the version that is
// now gets not-possible, and one that is not gets conflict. Who reads again after a
// conflict alone comes to an end.
func TestWhatReadingAgainDoesNotEndIsNoConflict(t *testing.T) {
	g := newRig(t)
	number, crm, lead := g.seed(1)[0].Case.Number, g.token("", api.ScopeCases), g.token("ana", api.ScopeCases)
	version := g.act(crm, number, "escalate", `{"version":1,"reason":"refund"}`).Version
	for _, one := range []struct{ token, what, fields, detail string }{
		{crm, "assign", `,"assignee":"nobody"`, "nobody may not work on account help"},
		{crm, "state", `,"state":"resolved"`, "is awaiting: bring it to its end first"},
		{crm, "escalate", `,"reason":"refund"`, "for that reason already"},
		{crm, "wake", "", "it is not snoozed"},
		{crm, "release", "", "no system has claimed it"},
		{crm, "private-contact", "", "it waits for no private contact"},
		{lead, "release", "", "no system has claimed it"},
	} {
		for _, v := range []int{version, version - 1} {
			want := map[bool]string{true: "not-possible", false: "conflict"}[v == version]
			q := request{method: http.MethodPost, path: "/api/v1/cases/" + number + "/" + one.what, token: one.token, media: "application/json",
				body: fmt.Sprintf(`{"version":%d%s}`, v, one.fields), key: one.what}
			status, name, body := g.do(q)
			var p api.Problem
			if err := json.Unmarshal([]byte(body), &p); err != nil || status != 409 || name != want {
				t.Errorf("%s at version %d of %d: %d %s, want %s", one.what, v, version, status, body, want)
				continue
			}
			if p.CurrentCase == nil || p.CurrentCase.Version != version {
				t.Errorf("%s does not say how the case stands: %s", one.what, body)
			}
			if v == version && !strings.Contains(p.Detail, one.detail) {
				t.Errorf("%s does not say %q: %s", one.what, one.detail, p.Detail)
			}
			if !errors.Is(&p, socialwatch.ErrConflict) || errors.Is(&p, socialwatch.ErrNotPossible) != (v == version) {
				t.Errorf("%s: clients read %v as another error", one.what, &p)
			}
		}
	}
	many := make([]string, store.TagsMax)
	for i := range many {
		many[i] = "tag" + strings.Repeat("x", i)
	}
	tags, err := json.Marshal(map[string][]string{"add": many})
	if err != nil {
		t.Fatal(err)
	}
	g.act(crm, number, "tags", string(tags))
	g.expect(request{method: "POST", path: "/api/v1/cases/" + number + "/tags", token: crm, media: "application/json", body: `{"add":["more"]}`}, 409, "not-possible")
}

// TestAnUndoWindowThatIsAsLongAsItMayBeIsNoConflict: nor is one that does not run.
func TestAnUndoWindowThatIsAsLongAsItMayBeIsNoConflict(t *testing.T) {
	g := newRig(t)
	one, bo := g.seed(1)[0], g.as("bo")
	_, err := g.as("ana").Extend(t.Context(), one.Reply.ID, one.Reply.Hash)
	problemOf(t, err, "not-possible") // nothing is approved
	held, err := bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	for range int(socialwatch.HoldMax/socialwatch.HoldStep) + 1 {
		if err == nil {
			_, err = bo.Extend(t.Context(), held.ID, held.Hash)
		}
	}
	if p := problemOf(t, err, "not-possible"); p.Current == nil || p.Current.State != socialwatch.ReplyHolding {
		t.Errorf("%+v", p)
	}
}
