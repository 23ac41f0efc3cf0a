package responder

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed words/*.txt
var wordFiles embed.FS

// vocabulary is the words of the safety check in one language.
type vocabulary struct {
	found  map[string]phrases        // by section, found anywhere
	anchor map[string]*regexp.Regexp // by section, at one end of the looked-at text
}

// found lists the sections that are found anywhere, anchored those that must
// stand at one end, and how.
var (
	found    = []string{"ask", "secret", "personal", "private", "there", "public", "promise", "deadline", "commit", "blame", "sarcasm", "liability", "promotion"}
	anchored = map[string]string{"about": `^\s*%s`, "nominal": `^[\s"'(,-]*%s$`, "please": `^[\s,]*%s?[\s?!.,]*$`,
		"negated": `%s[\s:"']*$`, "ours": `%s\s*$`}
)

// vocabularies are those of the embedded files, by language; compiled when
// first needed.
var vocabularies = sync.OnceValue(func() []vocabulary { return mustVocabularies(wordFiles) })

// mustVocabularies compiles the embedded files; a broken one is a fault of the
// build that the package's own tests show.
func mustVocabularies(from fs.FS) []vocabulary {
	names, err := fs.Glob(from, "words/*.txt")
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("words of the safety check: %d files, %v", len(names), err))
	}
	var out []vocabulary
	for _, name := range names {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			panic(err)
		}
		v, err := parseVocabulary(string(data))
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		out = append(out, v)
	}
	return out
}

// parseVocabulary reads sections of one phrase per line. Every section must
// be there, so that a language cannot lack a rule unseen.
func parseVocabulary(text string) (vocabulary, error) {
	lines := map[string][]string{}
	section := ""
	for scan := bufio.NewScanner(strings.NewReader(text)); scan.Scan(); {
		l := strings.TrimSpace(scan.Text())
		switch {
		case l == "" || strings.HasPrefix(l, "#"):
		case strings.HasPrefix(l, "[") && strings.HasSuffix(l, "]"):
			section = strings.Trim(l, "[]")
			if !slices.Contains(found, section) && anchored[section] == "" {
				return vocabulary{}, fmt.Errorf("unknown section [%s]", section)
			}
		default:
			lines[section] = append(lines[section], bounded(l))
		}
	}
	v := vocabulary{found: map[string]phrases{}, anchor: map[string]*regexp.Regexp{}}
	var err error
	for _, name := range found {
		if v.found[name], err = compilePhrases(lines[name]); err != nil {
			return v, fmt.Errorf("section [%s]: %w", name, err)
		}
		if len(lines[name]) == 0 {
			return v, fmt.Errorf("section [%s] is missing or empty", name)
		}
	}
	for name, form := range anchored {
		if len(lines[name]) == 0 {
			return v, fmt.Errorf("section [%s] is missing or empty", name)
		}
		if v.anchor[name], err = regexp.Compile(fmt.Sprintf(form, "(?:"+strings.Join(lines[name], "|")+")")); err != nil {
			return v, fmt.Errorf("section [%s]: %w", name, err)
		}
	}
	return v, nil
}

// find returns the spans of a section's phrases.
func (v vocabulary) find(section, text string) [][]int { return v.found[section].all(text) }

// has reports whether a phrase of a section stands in text, for the anchored
// ones at its end of it.
func (v vocabulary) has(section, text string) bool {
	if re := v.anchor[section]; re != nil {
		return re.MatchString(text)
	}
	return v.found[section].in(text)
}

// bounded puts word boundaries around a phrase in Latin letters; scripts
// without spaces have none.
func bounded(phrase string) string {
	for _, r := range phrase {
		if r >= 0x250 {
			return "(?:" + phrase + ")"
		}
	}
	return `\b(?:` + phrase + `)(?:\b|$)`
}
