package socialwatch_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rule says what a package may import besides the standard library and the
// text libraries. Test files are exempt.
type rule struct {
	ours  []string // package paths below socialwatch/; "" is the root
	third []string // prefixes of module paths
}

var text = []string{"golang.org/x/text/", "golang.org/x/net/html", "golang.org/x/net/idna", "github.com/rivo/uniseg",
	"golang.org/x/net/publicsuffix"} // the list of top-level domains, by which networks make links

// rules are the walls of the program (docs/design.md). A package that is not
// listed fails the test: give it a place first.
var rules = map[string]rule{
	"":                            {},
	"templates":                   {},
	"migrations":                  {},
	"internal/config":             {third: []string{"github.com/goccy/go-yaml"}},
	"triage":                      {ours: []string{"", "internal/confusable"}},
	"triage/eval":                 {ours: []string{"", "triage"}, third: []string{"gonum.org/v1/plot"}},
	"triage/eval/fit":             {ours: []string{"", "triage", "triage/eval"}},
	"responder":                   {ours: []string{"", "internal/confusable"}},
	"connectors":                  {ours: []string{""}},
	"connectors/connectortest":    {ours: []string{"", "connectors"}},
	"connectors/mastodon":         {ours: []string{"", "connectors"}, third: []string{"github.com/mattn/go-mastodon", "github.com/gorilla/websocket"}},
	"connectors/twitter":          {ours: []string{"", "connectors", "internal/sendonce"}, third: []string{"github.com/dghubble/oauth1", "golang.org/x/oauth2"}},
	"connectors/twitter/legacy":   {ours: []string{"", "connectors", "connectors/twitter"}, third: []string{"github.com/dghubble/go-twitter", "github.com/dghubble/oauth1"}},
	"connectors/inbound":          {ours: []string{"", "connectors", "internal/noanswer"}, third: []string{"github.com/standard-webhooks/standard-webhooks/libraries/go"}},
	"internal/noanswer":           {},
	"internal/confusable":         {},
	"internal/sendonce":           {},
	"internal/ledger":             {ours: []string{""}},
	"internal/vault":              {ours: []string{"", "connectors"}},
	"internal/simulator/chat":     {},
	"internal/simulator/consumer": {third: []string{"github.com/standard-webhooks/standard-webhooks/libraries/go"}},
	"internal/simulator/helpdesk": {},
	"internal/simulator/reset":    {third: []string{"golang.org/x/net/http2"}},
	"internal/simulator/twitter":  {ours: []string{"internal/simulator"}, third: []string{"github.com/rivo/uniseg", "golang.org/x/net/publicsuffix"}},
	"internal/simulator/bridge":   {third: []string{"github.com/standard-webhooks/standard-webhooks/libraries/go"}},
	"internal/store":              {ours: []string{"", "migrations"}, third: []string{"github.com/jmoiron/sqlx", "github.com/lib/pq", "modernc.org/sqlite"}},
	"internal/store/dbtest":       {ours: []string{"", "internal/store"}, third: []string{"github.com/jmoiron/sqlx", "github.com/lib/pq"}},
	"internal/store/storetest":    {ours: []string{"", "internal/store", "internal/store/dbtest"}, third: []string{"github.com/jmoiron/sqlx", "github.com/lib/pq"}},
	"internal/jobs":               {ours: []string{""}, third: []string{"github.com/robfig/cron/v3"}},
	"internal/spike":              {ours: []string{""}},
	"internal/intake":             {ours: []string{"", "connectors"}},
	"internal/publish":            {ours: []string{"", "connectors"}},
	"internal/outbox":             {ours: []string{""}},
	"internal/lookup":             {ours: []string{"", "internal/noanswer"}},
	"internal/outbox/webhook":     {ours: []string{"", "internal/noanswer"}, third: []string{"github.com/standard-webhooks/standard-webhooks/libraries/go"}},
	"internal/alert":              {ours: []string{"", "internal/noanswer"}},
	"internal/auth":               {ours: []string{"", "internal/sendonce"}, third: []string{"github.com/alexedwards/argon2id", "github.com/coreos/go-oidc/v3", "golang.org/x/oauth2"}},
	"internal/console":            {ours: []string{"", "internal/store", "internal/auth"}},
	"internal/api":                {ours: []string{"", "internal/store", "internal/auth"}},
	"internal/simulator":          {third: []string{"github.com/gorilla/websocket"}},
	"examples/consumer":           {third: []string{"github.com/standard-webhooks/standard-webhooks/libraries/go", "modernc.org/sqlite"}}, // and nothing of ours
	"cmd/socialwatch":             {ours: []string{"*"}, third: []string{"github.com/spf13/cobra", "github.com/prometheus/client_golang", "golang.org/x/term", "golang.org/x/sync"}},
}

func TestPackagesImportOnlyWhatTheirWallsAllow(t *testing.T) {
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		pkg := strings.TrimPrefix(path.Dir(filepath.ToSlash(name)), ".")
		r, listed := rules[pkg]
		if !listed {
			t.Errorf("%s: package %q has no rule in imports_test.go", name, pkg)
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if !r.allows(imported) {
				t.Errorf("%s: may not import %s", name, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r rule) allows(imported string) bool {
	if own, ok := strings.CutPrefix(imported+"/", "socialwatch/"); ok {
		return slices.Contains(r.ours, "*") || slices.Contains(r.ours, strings.TrimSuffix(own, "/"))
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return true // the standard library
	}
	return slices.ContainsFunc(append(r.third, text...), func(p string) bool {
		return imported == strings.TrimSuffix(p, "/") || strings.HasPrefix(imported, strings.TrimSuffix(p, "/")+"/")
	})
}
