package api

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryKindOfEventIsDocumented: what the log may hold is what the OpenAPI
// document and docs/consumers.md list, no more and no less.
func TestEveryKindOfEventIsDocumented(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas struct {
				Event struct {
					Properties struct {
						Kind, Actor struct{ Description string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "consumers.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| kind | when |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var listed strings.Builder // the first column
	for _, row := range strings.Split(table, "\n") {
		listed.WriteString(strings.SplitN(row, "|", 3)[1])
	}
	event := doc.Components.Schemas.Event.Properties
	defined := eventKinds(t)
	for name, said := range map[string]string{"the OpenAPI document": event.Kind.Description, "docs/consumers.md": listed.String()} {
		documented := map[string]bool{}
		for _, kind := range regexp.MustCompile(`[a-z]+\.[a-z_]+`).FindAllString(said, -1) {
			documented[kind] = !strings.HasPrefix(kind, "data.")
		}
		maps.DeleteFunc(documented, func(_ string, kind bool) bool { return !kind })
		if !strings.Contains(said, "reply.STATE") {
			t.Errorf("%s lacks reply.STATE", name)
		}
		if got := slices.Sorted(maps.Keys(documented)); !slices.Equal(got, defined) {
			t.Errorf("%s lists\n%v, the program has\n%v", name, got, defined)
		}
	}
	for _, actor := range []string{"Login", "socialwatch", "system:NAME", "terminal:NAME"} {
		if !strings.Contains(event.Actor.Description, actor) {
			t.Errorf("the OpenAPI document knows no actor %s", actor)
		}
	}
}

// eventKinds are the constants Event… of the packages that name events, sorted.
// Those about people stand in the audit alone.
func eventKinds(t *testing.T) (kinds []string) {
	var files []string
	for _, dir := range []string{"../..", "../store"} {
		found, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "Event") && len(v.Values) == 1 {
				if lit, ok := v.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if kind, _ := strconv.Unquote(lit.Value); !strings.HasPrefix(kind, "people.") {
						kinds = append(kinds, kind)
					}
				}
			}
			return true
		})
	}
	if len(kinds) < 30 {
		t.Fatalf("only %v are found", kinds)
	}
	slices.Sort(kinds)
	return kinds
}
