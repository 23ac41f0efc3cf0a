package responder

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"socialwatch"
	"socialwatch/templates"
)

func builtin(t testing.TB) *Templates {
	t.Helper()
	set, err := Load(templates.FS, nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestEveryBuiltInTemplatePassesItsOwnCheckAtLongestValues(t *testing.T) {
	set := builtin(t)
	r := New(set, Safety{})
	for _, x := range set.List() {
		if f := r.Examine(x, testAccount, ""); len(f) > 0 {
			t.Errorf("%s: %+v", x.Source, f)
		}
	}
}

func TestBuiltInTemplatesCoverEveryIntent(t *testing.T) {
	set := builtin(t)
	for _, intent := range append(slices.Clone(socialwatch.Intents), ownIntents...) {
		if !slices.ContainsFunc(set.List(), func(x Template) bool { return x.Intent == intent && x.Language == "en" }) {
			t.Errorf("no template for %s", intent)
		}
	}
	if x, ok := set.Get("stuck-order", "en"); !ok || x.Version < 1 || x.Owner == "" || x.Gloss == "" {
		t.Errorf("stuck-order: %+v, %t", x, ok)
	}
	if _, ok := set.Get("stuck-order", "xx"); ok {
		t.Error("found a template of no language")
	}
}

const front = "---\nid: late\nversion: 2\nintent: stuck_order\nlanguage: en\nnetworks: all\nslots: case\nowner: care\ngloss: late\n---\n"

var handoff = strings.NewReplacer("slots: case", "slots: private, case", "owner: care", "handoff: yes\nowner: care").Replace(front)

func file(text string) fstest.MapFS {
	return fstest.MapFS{"en/late.tmpl": {Data: []byte(text)}}
}

func TestBadTemplatesAreRefusedWithTheLineAndTheMend(t *testing.T) {
	tests := []struct {
		name string
		fs   fstest.MapFS
		want []string
	}{
		{"no front matter", file("Hello {{case}}"), []string{"en/late.tmpl:1:", "write ---"}},
		{"no end", file("---\nid: late\n"), []string{"en/late.tmpl:1:", "no end"}},
		{"no text", file(front), []string{"en/late.tmpl:10:", "text of the reply is missing"}},
		{"unknown key", file(strings.Replace(front, "owner", "ownr", 1) + "Hi {{case}}"), []string{"en/late.tmpl:8: unknown key \"ownr\"", "the key owner is missing"}},
		{"key twice", file(strings.Replace(front, "owner: care", "owner: care\nowner: care", 1) + "Hi {{case}}"), []string{"en/late.tmpl:9: owner stands twice"}},
		{"bad version", file(strings.Replace(front, "version: 2", "version: two", 1) + "Hi {{case}}"), []string{"en/late.tmpl:3:", "whole number"}},
		{"bad intent", file(strings.Replace(front, "stuck_order", "stuck", 1) + "Hi {{case}}"), []string{"en/late.tmpl:4:", "such as stuck_order"}},
		{"bad id", file(strings.Replace(front, "id: late", "id: Late Order", 1) + "Hi {{case}}"), []string{"en/late.tmpl:2:", "small letters"}},
		{"other language than the folder", file(strings.Replace(front, "language: en", "language: de", 1) + "Hi {{case}}"), []string{"en/late.tmpl:1:", "make them equal"}},
		{"unknown slot", file(front + "\nHi {{case}}\nand {{name}}"), []string{"en/late.tmpl:13:", "unknown slot \"name\"", "{{case}}"}},
		{"slot not declared", file(front + "Hi {{case}} {{days}}"), []string{"en/late.tmpl:10:", "add days to slots"}},
		{"slot not used", file(front + "Hi"), []string{"en/late.tmpl:10:", "does not use it"}},
		{"slot not closed", file(front + "Hi {{case"), []string{"en/late.tmpl:11:", "unknown slot"}},
		{"part not closed", file(front + "Hi [[{{case}}"), []string{"en/late.tmpl:11:", "[[ without ]]"}},
		{"part within a part", file(front + "Hi [[a [[{{case}}]]]]"), []string{"en/late.tmpl:11:", "not one within another"}},
		{"too long", file(front + strings.Repeat("very ", 60) + "{{case}}"), []string{"en/late.tmpl:11:", "314 characters", "shorten it to 280"}},
		{"not UTF-8", file(front + "Hi {{case}} \xff"), []string{"en/late.tmpl:1:", "UTF-8"}},
		{"bad language", file(strings.Replace(front, "language: en", "language: english", 1) + "Hi {{case}}"), []string{"en/late.tmpl:5: language is \"english\"", "such as en"}},
		{"bad handoff", file(strings.Replace(front, "owner", "handoff: maybe\nowner", 1) + "Hi {{case}}"), []string{"en/late.tmpl:8:", "yes or no"}},
		{"handoff without a case", file(handoff + "Please {{private}}[[, {{case}}]]"), []string{"en/late.tmpl:12: handoff is yes", "{{case}} outside"}},
		{"handoff without the route", file(handoff + "Please {{private}}, {{case}}\n---\n[[Please {{private}}, ]]{{case}}"), []string{"en/late.tmpl:14: handoff is yes", "{{private}} outside"}},
		{"wording empty", file(front + "Hi {{case}}\n---\n\n---\nHo {{case}}"), []string{"en/late.tmpl:13: a wording is empty"}},
		{"last wording empty", file(front + "Hi {{case}}\n---\n"), []string{"en/late.tmpl:13: a wording is empty"}},
		{"second wording too long", file(front + "Hi {{case}}\n---\n" + strings.Repeat("very ", 60) + "{{case}}"), []string{"en/late.tmpl:13:", "shorten it to 280"}},
		{"unknown slot of a second wording", file(front + "Hi {{case}}\n---\n{{name}}"), []string{"en/late.tmpl:13: unknown slot"}},
		{"incident with few wordings", file(strings.Replace(front, "stuck_order", "incident", 1) + "Hi {{case}}\n---\nHo {{case}}"), []string{"en/late.tmpl:10:", "needs 5 wordings", "it has 2"}},
		{"id twice", fstest.MapFS{"en/a.tmpl": {Data: []byte(front + "Hi {{case}}")}, "en/b.tmpl": {Data: []byte(front + "Ho {{case}}")}}, []string{"en/b.tmpl:1:", "taken by en/a.tmpl"}},
		{"language without phrases", fstest.MapFS{"nl/a.tmpl": {Data: []byte(strings.NewReplacer("language: en", "language: nl", "slots: case", "slots: private").Replace(front) + "Graag {{private}}")}},
			[]string{"nl/phrases.txt:1: private_message is missing"}},
		{"bad phrase", fstest.MapFS{"en/phrases.txt": {Data: []byte("\nprivate_way = x\nprivate_here = use {{link}}\n")}}, []string{"en/phrases.txt:2: write one of", "en/phrases.txt:3: {{link}} belongs"}},
		{"two bad files", fstest.MapFS{"en/a.tmpl": {Data: []byte("x")}, "en/b.tmpl": {Data: []byte("y")}}, []string{"en/a.tmpl:1:", "en/b.tmpl:1:"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, err := Load(templates.FS, tt.fs)
			if err == nil || set != nil {
				t.Fatalf("loaded: %v", err)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error does not say %q:\n%v", w, err)
				}
			}
		})
	}
	if _, err := Load(fstest.MapFS{}, nil); err == nil || !strings.Contains(err.Error(), "no English template has intent praise") {
		t.Errorf("an empty set loads: %v", err)
	}
}

func TestOverrideReplacesByIDAndAddsTheRest(t *testing.T) {
	override := fstest.MapFS{
		"en/mine.tmpl":   {Data: []byte(strings.Replace(front, "id: late", "id: stuck-order", 1) + "Ours, {{case}}.")},
		"en/more.tmpl":   {Data: []byte("\uFEFF" + strings.ReplaceAll(strings.Replace(front, "networks: all", "networks: mastodon", 1), "\n", "\r\n") + strings.Repeat("very ", 60) + "{{case}}")},
		"en/phrases.txt": {Data: []byte("private_message = please write to us\n")},
		"README.txt":     {Data: []byte("not a template")},
	}
	set, err := Load(templates.FS, override)
	if err != nil {
		t.Fatal(err)
	}
	if x, _ := set.Get("stuck-order", "en"); x.Wordings[0] != "Ours, {{case}}." || x.Version != 2 {
		t.Errorf("not replaced: %+v", x)
	}
	if x, ok := set.Get("late", "en"); !ok || !x.On(socialwatch.Mastodon) || x.On("other") {
		t.Errorf("not added: %+v", x)
	}
	if got := set.phrases["en"][phraseMessage]; got != "please write to us" {
		t.Errorf("phrase is %q", got)
	}
}

func FuzzParseTemplate(f *testing.F) {
	f.Add(front + "Hi [[ {{case}}]] and {{private}}")
	f.Add("---\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		x, bad := parseTemplate("en/x.tmpl", text)
		for _, b := range bad {
			if b.line < 1 || b.line > strings.Count(text, "\n")+2 || b.text == "" {
				t.Fatalf("%q: %v", text, b)
			}
		}
		if len(bad) == 0 {
			if got, _, missing := x.fill(0, map[string]string{SlotCase: "K-1", SlotDays: "3", SlotOrder: "0001", SlotPrivate: "p"}); missing != "" || strings.Contains(got, "{{") {
				t.Fatalf("%q fills to %q, missing %q", text, got, missing)
			}
		}
	})
}
