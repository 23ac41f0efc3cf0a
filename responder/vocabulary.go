package responder

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

//go:embed words/*.txt
var wordFiles embed.FS

// vocabulary is the words of the safety check in one language, by section.
type vocabulary map[string]*regexp.Regexp

// sections are those a words file may have; anchored ones must end where the
// looked-at text ends.
var sections = map[string]string{"ask": "%s", "about": `^\s*%s`, "nominal": `^[\s"'(,-]*%s$`, "please": `^[\s,]*%s?[\s?!.,]*$`, "secret": "%s", "personal": "%s",
	"private": "%s", "there": "%s", "public": "%s", "negated": `%s[\s:"']*$`, "ours": `%s\s*$`, "promise": "%s",
	"deadline": "%s", "commit": "%s", "blame": "%s", "sarcasm": "%s", "liability": "%s", "promotion": "%s"}

// vocabularies are those of the embedded files, by language order.
var vocabularies = mustVocabularies(wordFiles)

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
			if sections[section] == "" {
				return nil, fmt.Errorf("unknown section [%s]", section)
			}
		default:
			lines[section] = append(lines[section], bounded(l))
		}
	}
	v := vocabulary{}
	for name, form := range sections {
		if len(lines[name]) == 0 {
			return nil, fmt.Errorf("section [%s] is missing or empty", name)
		}
		slices.Sort(lines[name])
		re, err := regexp.Compile(fmt.Sprintf(form, "(?:"+strings.Join(lines[name], "|")+")"))
		if err != nil {
			return nil, fmt.Errorf("section [%s]: %w", name, err)
		}
		re.Longest()
		v[name] = re
	}
	return v, nil
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
