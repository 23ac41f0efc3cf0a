package api

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestDocumentListsEveryRouteAndNoOther also holds each write to its key and
// each route to the scopes that the document speaks of.
func TestDocumentListsEveryRouteAndNoOther(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Ref string `json:"$ref"`
			} `json:"parameters"`
			Security *[]any `json:"security"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	var documented, routed []string
	for path, methods := range doc.Paths {
		for method := range methods {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range (&server{}).routes() {
		routed = append(routed, r.method+" "+r.path)
		op := doc.Paths[r.path][strings.ToLower(r.method)]
		if r.path == received.path && r.method == received.method { // signed, and idempotent by what it holds
			continue
		}
		if public := op.Security != nil && len(*op.Security) == 0; public != (r.scope == "") {
			t.Errorf("%s %s: public %t, scope %q", r.method, r.path, public, r.scope)
		}
		keyed := false
		for _, p := range op.Parameters {
			keyed = keyed || strings.HasSuffix(p.Ref, "/Key")
		}
		if write := r.method != "GET"; write != keyed || write != (r.now != nil) {
			t.Errorf("%s %s: takes a key %t, answers again %t", r.method, r.path, keyed, r.now != nil)
		}
	}
	slices.Sort(documented)
	slices.Sort(routed)
	if !slices.Equal(documented, routed) {
		t.Errorf("documented %v\nrouted %v", documented, routed)
	}
}
