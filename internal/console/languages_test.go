package console

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	nethtml "golang.org/x/net/html"
)

// pseudo is a language whose texts all stand in ⟦ and ⟧; what fills their
// blanks does not.
func pseudo() map[string]string {
	blank := regexp.MustCompile(`%(\[\d\])?[a-z]|%%`)
	words := map[string]string{}
	for key, text := range english {
		if strings.HasPrefix(key, "date.") || strings.HasPrefix(key, "page.") || key == "number.point" || text == "" {
			words[key] = text
			continue
		}
		var b strings.Builder
		from := 0
		for _, at := range append(blank.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
			if part := text[from:at[0]]; strings.HasPrefix(key, "key.") { // they may be taken apart
				b.WriteString("⟦" + strings.ReplaceAll(part, ", ", "⟧, ⟦") + "⟧")
			} else if strings.TrimSpace(part) != "" {
				b.WriteString("⟦" + part + "⟧")
			} else {
				b.WriteString(part)
			}
			b.WriteString(text[at[0]:at[1]])
			from = at[1]
		}
		words[key] = b.String()
	}
	words["page.lang"] = "x-pseudo"
	return words
}

func speakPseudo(t *testing.T) {
	catalogues["x-pseudo"] = pseudo()
	t.Cleanup(func() {
		delete(catalogues, "x-pseudo")
		must(t, Speak(""))
	})
	must(t, Speak("x-pseudo"))
}

// foreign are the elements whose words are not the console's: what customers
// and our replies say, names, codes and keys.
var foreign = []string{"blockquote", "bdi", "code", "pre", "kbd", "q", "script", "style", "textarea"}

// foreignClass are such elements by class.
var foreignClass = []string{"excerpt", "who", "name", "diff"}

// configured are the names and words of the fixtures, and what is spelled the
// same in every language.
var configured = regexp.MustCompile(`@?shop_(help|x)(_[a-z]+)?\b|@customer\d+(@far\.example)?|team-x|\bK-\d+|\b([Rr]ita|[Oo]tto|[Aa]na|[Bb]o|[Ll]ea|[Mm]ax)\b` +
	`|(missing-delivery|refund-delay|incident)(#\d)?|Quick Post|Sorry for the wait\.|customer care|shop phrase|test-1` +
	`|(https://)?social\.example\S*|x\.com|support_room|\b(fresh|leads|lost)\b|ALERT_LOST|^https://$|help_desk|no_service|credits depleted|422 the post is gone` +
	`|the connection broke after the request|budget_day|nobody|mon-fri|Europe/London|\bUTC\b|socialwatch|Firefox on Linux` +
	`|\b(neg|where|fix it)$`) // signals of the tests alone

// readable are the attributes that people read or hear.
var readable = []string{"title", "aria-label", "placeholder", "alt", "data-label", "aria-description"}

var (
	marks   = regexp.MustCompile(`⟦[^⟦⟧]*⟧`)
	letters = regexp.MustCompile(`\pL{2,}`)
)

// unmarked returns the words on a page that are not from the catalogue.
func unmarked(t *testing.T, page string) []string {
	t.Helper()
	root, err := nethtml.Parse(strings.NewReader(page))
	must(t, err)
	found := map[string]bool{}
	check := func(text string) {
		left := strings.TrimSpace(marks.ReplaceAllString(text, " "))
		left = configured.ReplaceAllString(left, " ")
		if letters.MatchString(left) {
			found[strings.Join(strings.Fields(text), " ")] = true
		}
	}
	var walk func(n *nethtml.Node)
	walk = func(n *nethtml.Node) {
		switch n.Type {
		case nethtml.TextNode:
			check(n.Data)
		case nethtml.ElementNode:
			class := ""
			for _, a := range n.Attr {
				if a.Key == "class" {
					class = a.Val
				}
				if slices.Contains(readable, a.Key) {
					check(a.Val)
				}
			}
			if slices.Contains(foreign, n.Data) || slices.ContainsFunc(strings.Fields(class), func(c string) bool { return slices.Contains(foreignClass, c) }) {
				return
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return slices.Sorted(maps.Keys(found))
}

// TestEveryScreenSpeaksTheLanguageOfItsCatalogue shows every screen in a
// language that is made up.
func TestEveryScreenSpeaksTheLanguageOfItsCatalogue(t *testing.T) {
	speakPseudo(t)
	s := newShop(t)
	visitors := map[string]*visitor{"": s.stranger(t)}
	n := 0
	for _, sc := range s.screens(t) {
		if visitors[sc.as] == nil {
			visitors[sc.as] = s.enter(t, sc.as)
		}
		page := visitors[sc.as].get(sc.path)
		page.has(t, `<html lang="x-pseudo"`)
		n++
		for _, words := range unmarked(t, page.body) {
			t.Errorf("%s (%s): %q is not in the catalogue: give it a text in the english_*.go file of its area and write it with say or label, "+
				"or with told when another part of the program has said it; when it is a customer's, a network's or a configured word, put it into a <bdi> or <code>, "+
				"or name it in configured, in this test", sc.name, sc.path, words)
		}
	}
	t.Logf("%d screens", n)
}

// elsewhere are sentences that no page shows, and those that stand in the
// catalogue in each form that they take.
var elsewhere = []string{"it has changed since you saw it%s: look at it again", "%s needs the role %s %s, which an admin grants", "add person: the login %s is taken", "it is resolved",
	"it failed again and again on our side: ask the operator of socialwatch, who finds why in its log",
	"%s may not enter the schema %s, or there is none", "another call with the same key has taken over", "post %s was stored by somebody else",
	"a reply can no longer become %s"}

// known reports whether a sentence, or the beginning of one, is in the
// catalogue, whatever fills its blanks.
func known(sentence string) bool {
	for _, catalogue := range []map[string]string{englishTold, englishMends} {
		for _, text := range catalogue {
			if text == sentence || text == sentence+"%s" || text == sentence+"." {
				return true
			}
		}
	}
	return false
}

// TestEverySentenceOfOtherPartsIsInTheCatalogue reads their sources, so that a
// new sentence gets its text.
func TestEverySentenceOfOtherPartsIsInTheCatalogue(t *testing.T) {
	const text = `"((?:[^"\\]|\\.)*)"`
	verbs := strings.NewReplacer("%q", `"%s"`, "%v", "[%s]", "%d", "%s")
	n := 0
	for folder, forms := range map[string][]string{
		"../store": {`Errorf\(` + text + `.*Err(?:Conflict|NotPossible)`, `Errorf\(` + text + `.*ErrForbidden`, `[rR]eason\w*(?::| =|:=| :=| :?=) ` + text + `[,}\n]`},
		"../publish": {`Errorf\(` + text + `.*Err(?:Conflict|NotPossible)`, `Errorf\(` + text + `.*ErrForbidden`, `InputError\{` + text, `Reason(?::| =)\s+` + text + `\}?[,\n]`,
			`Why: ` + text},
		"../intake":       {`supersede\(m, ` + text, `escalate\w*\(` + text, `return ` + text + `\n`, `(?:Silence|answeredOnce)\s+= ` + text},
		"../../responder": {`c\.add\(Rule\w+, .*?, .*?, ` + text + `\)`, `c\.add\(\w+, .*?, .*?, fmt\.Sprintf\(` + text, `(?:rule, mend :?= \w+,|sec\w+, Warn\w+,) ` + text, `out\.Why = ` + text + `\n`, `Escalation = ` + text, `(?:socialwatch\.\w+|"must\.\w+"):\s+"(Someone [^"]*)"`},
		"../..":           {`\{"\w+", "([A-Z][^"]*\.)"\}`, `Escalation(?:Noted|Missed)\s+= ` + text},
		"../auth":         {`Errorf\("(the password is [^"]*)"`},
	} {
		files, err := filepath.Glob(folder + "/*.go")
		must(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			must(t, err)
			for _, form := range forms {
				for _, found := range regexp.MustCompile(form).FindAllSubmatch(source, -1) {
					sentence, err := strconv.Unquote(`"` + string(found[1]) + `"`)
					must(t, err)
					sentence = strings.TrimSuffix(verbs.Replace(sentence), ": %w")
					if !strings.Contains(sentence, " ") || strings.HasPrefix(sentence, "%w") {
						continue // a code, or no sentence of its own
					}
					if slices.Contains(elsewhere, sentence) {
						continue
					}
					n++
					if !known(sentence) {
						t.Errorf("%s says %q, which is not in englishTold or englishMends: put it there, with %%s for each blank", file, sentence)
					}
				}
			}
		}
	}
	t.Logf("%d sentences", n)
}
