package responder

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"socialwatch"
)

// Templates is a checked set of templates. It is immutable and safe for
// concurrent use. Load makes one; the zero value has no template.
type Templates struct {
	list    []Template                   // by language, intent, id
	phrases map[string]map[string]string // by language, then name
}

// The lines of a phrases.txt: ways of saying how to go on in private, and
// sentences that advise to delete what the customer posted of themselves.
const (
	phraseMessage = "private_message" // the account names no link
	phraseLink    = "private_link"    // with {{link}}
	phraseHere    = "private_here"    // the conversation is private already
	phraseNumber  = "remove_number"   // a telephone or card number stands in a public post
	phraseDetails = "remove_details"  // an e-mail or postal address does, or several things do
)

var (
	privatePhrases = []string{phraseMessage, phraseLink, phraseHere}
	phraseNames    = append(slices.Clone(privatePhrases), phraseNumber, phraseDetails)
)

// Load reads and checks all templates: <language>/*.tmpl and
// <language>/phrases.txt in builtin, then in override, which may be nil. A
// template of override replaces the built-in one of the same id and language;
// others add to them. English must have every intent, follow_up, human and
// incident. The error every bad file as name:line with what to write; then there are no templates
// at all, so that a half-broken set is never used.
func Load(builtin fs.FS, override fs.FS) (*Templates, error) {
	t := &Templates{phrases: map[string]map[string]string{}}
	errs := t.read(builtin)
	if override != nil {
		errs = append(errs, t.read(override)...)
	}
	if len(errs) == 0 {
		errs = t.complete()
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("load templates: %w", errors.Join(errs...))
	}
	slices.SortFunc(t.list, compare)
	return t, nil
}

func compare(a, b Template) int {
	return strings.Compare(a.Language+"/"+string(a.Intent)+"/"+a.ID, b.Language+"/"+string(b.Intent)+"/"+b.ID)
}

// List returns all templates, ordered by language, intent and id.
func (t *Templates) List() []Template { return slices.Clone(t.list) }

// Get returns a template by its language and its id, or by what a draft or
// payload keeps of it.
func (t *Templates) Get(ref, language string) (Template, bool) {
	id := socialwatch.TemplateID(ref)
	i := slices.IndexFunc(t.list, func(x Template) bool { return x.ID == id && x.Language == language })
	if i < 0 {
		return Template{}, false
	}
	return t.list[i], true
}

// read adds the files of one file system.
func (t *Templates) read(from fs.FS) []error {
	names, err := fs.Glob(from, "*/*.tmpl")
	if err != nil {
		return []error{err}
	}
	phrases, err := fs.Glob(from, "*/phrases.txt")
	if err != nil {
		return []error{err}
	}
	var errs []error
	fresh := map[string]string{} // id and language to file
	for _, name := range append(phrases, names...) {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !utf8.Valid(data) {
			errs = append(errs, fmt.Errorf("%s:1: not UTF-8: save the file as UTF-8", name))
			continue
		}
		text := strings.TrimPrefix(string(data), "\uFEFF")
		if path.Base(name) == "phrases.txt" {
			errs = append(errs, t.addPhrases(name, text)...)
			continue
		}
		errs = append(errs, t.add(name, text, fresh)...)
	}
	return errs
}

// add parses one template and puts it in its place. fresh holds what the same
// file system gave already: one id twice in it is an error.
func (t *Templates) add(name, text string, fresh map[string]string) []error {
	n, bad := parseTemplate(name, text)
	if dir := path.Dir(name); n.Language != "" && n.Language != dir {
		bad = append(bad, lineError{1, fmt.Sprintf("language is %q but the folder is %q: make them equal", n.Language, dir)})
	}
	key := n.Language + "/" + n.ID
	if other := fresh[key]; other != "" && n.ID != "" {
		bad = append(bad, lineError{1, fmt.Sprintf("id %q is taken by %s: choose another", n.ID, other)})
	}
	fresh[key] = name
	var errs []error
	for _, b := range bad {
		errs = append(errs, fmt.Errorf("%s:%w", name, b))
	}
	i := slices.IndexFunc(t.list, func(x Template) bool { return x.ID == n.ID && x.Language == n.Language })
	if i >= 0 {
		t.list[i] = n
	} else {
		t.list = append(t.list, n)
	}
	return errs
}

// addPhrases reads lines of the form name = text.
func (t *Templates) addPhrases(name, text string) []error {
	var errs []error
	language := path.Dir(name)
	if t.phrases[language] == nil {
		t.phrases[language] = map[string]string{}
	}
	for i, l := range strings.Split(text, "\n") {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		key, value, _ := strings.Cut(l, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case !slices.Contains(phraseNames, key) || value == "":
			errs = append(errs, fmt.Errorf("%s:%d: write one of %s, then = and the words", name, i+1, strings.Join(phraseNames, ", ")))
		case (key == phraseLink) != strings.Contains(value, "{{link}}"):
			errs = append(errs, fmt.Errorf("%s:%d: {{link}} belongs into private_link and nowhere else", name, i+1))
		}
		t.phrases[language][key] = value
	}
	return errs
}

// complete checks what no single file shows.
func (t *Templates) complete() []error {
	var errs []error
	for _, x := range t.list {
		for _, p := range privatePhrases {
			if slices.Contains(x.Slots, SlotPrivate) && t.phrases[x.Language][p] == "" {
				errs = append(errs, fmt.Errorf("%s/phrases.txt:1: %s is missing and %s needs it: add a line %s = …", x.Language, p, x.Source, p))
			}
		}
		errs = append(errs, t.tooLong(x)...)
	}
	for _, intent := range append(slices.Clone(socialwatch.Intents), ownIntents...) {
		if !slices.ContainsFunc(t.list, func(x Template) bool { return x.Language == english && x.Intent == intent }) {
			errs = append(errs, fmt.Errorf("en/%s.tmpl:1: no English template has intent %s: add one, it is what other languages fall back to", intent, intent))
		}
	}
	return errs
}

// tooLong checks the wordings at their longest slot values.
func (t *Templates) tooLong(x Template) []error {
	var errs []error
	for i, line := range x.lines {
		most, room := 0, 0
		for _, text := range t.longest(x, i, Account{Private: longestLink}, Account{}) {
			if by, limit := x.over(text); by > most {
				most, room = by, limit
			}
		}
		if most > 0 {
			errs = append(errs, fmt.Errorf("%s:%d: %d characters at its longest slot values: shorten it to %d", x.Source, line, room+most, room))
		}
	}
	return errs
}

// longest fills a wording with its longest slot values: once for each way of
// going on in private that accounts give.
func (t *Templates) longest(x Template, wording int, accounts ...Account) []string {
	say := t.phrases[x.Language]
	ways := []string{say[phraseHere]}
	for _, a := range accounts {
		ways = append(ways, a.way(longestCase, say))
	}
	var texts []string
	for _, private := range ways {
		text, _, _ := x.fill(wording, map[string]string{SlotCase: longestCase, SlotDays: strconv.Itoa(maxDays),
			SlotOrder: "0001", SlotPrivate: private})
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// longestCase is a case number of the greatest length that is accepted.
const longestCase = "K-999999999999"

// longestLink is a private route of the greatest length that is accepted.
var longestLink = "https://help.shop.example/" + strings.Repeat("x", maxLink-len("https://help.shop.example/"))
