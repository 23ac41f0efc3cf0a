package triage

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// files holds rules.txt and one lexicon per language, named by its ISO 639-1
// code. A lexicon's lines are
//
//	concept: phrase | phrase | word*
//
// A star lets the word go on; "@" stands for any handle, "http" for any link.
// Case, accents, apostrophes, hyphens and letters repeated three times do not
// matter. The concept "words" lists common words that only tell the language.
// Three heads carry a number and say how the language writes time:
//
//	number 2: two | a couple of
//	hours 24: day | days
//	month 10: october | oct
//
//go:embed lexicon/*.txt
var files embed.FS

// Lexicons is the folder of the built-in lexicons and rules, to copy from when
// they are to be changed (see Options.Lexicons).
func Lexicons() fs.FS {
	folder, err := fs.Sub(files, "lexicon")
	if err != nil {
		panic(err) // the path is a constant that fs.ValidPath accepts
	}
	return folder
}

const (
	rulesFile   = "rules.txt"
	wordConcept = "words"
)

// lexicon is what all languages' files say together, before compilation.
type lexicon struct {
	languages []string
	texts     []string // folded phrases
	phrases   []phrase
	index     map[string]int // folded text, with its star → index of phrase
	concepts  map[string]uint16
}

// shapes are the concepts that no phrase has: the code finds them in the
// entities, the shape of the text, the mention or its history.
var shapes = []string{
	"order_number", "tracking_number", "amount", "days_waited", "date", "email",
	"phone", "card", "address", "case_number", "long_wait", "high_value", "number",
	"shouting", "brief", "bare", "link", "handles", "other_first",
	"agent_mark", "automated", "own", "earlier", "earlier_often", "open_case", "reach",
	"lookalike_handle", "lookalike_name", "lookalike_link", "unofficial_phone",
	"unread", "always", "short", "long", "single", "couple",
}

// contexts are the concepts whose phrases the code reads itself, around numbers
// and times.
var contexts = []string{"about_phone", "about_order", "about_tracking", "about_other",
	"since", "term", "term_after", "day_number", "desk_word", "offers_help"}

// readLexicon reads every language of the folder. Concepts that only phrases
// define come into being here.
func readLexicon(fsys fs.FS) (*lexicon, error) {
	l := &lexicon{index: map[string]int{}, concepts: map[string]uint16{}}
	for _, name := range slices.Concat(shapes, contexts) {
		l.concept(name)
	}
	names, err := fs.Glob(fsys, "*.txt")
	if err != nil {
		return nil, fmt.Errorf("list lexicons: %w", err)
	}
	for _, name := range names {
		if path.Base(name) == rulesFile {
			continue
		}
		language := strings.TrimSuffix(path.Base(name), ".txt")
		if !plainName(language) || len(language) > 3 {
			return nil, fmt.Errorf("lexicon %q: name it by the ISO 639-1 code of its language, such as es.txt", name)
		}
		l.languages = append(l.languages, language)
		err := eachLine(fsys, name, func(line string) error { return l.line(line) })
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

// maxLanguages is how many languages can be told apart.
const maxLanguages = 200

// plainName reports whether a name of a concept, a rule or a language has only
// small letters, digits and underscores: it is printed as it is.
func plainName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// maxLexiconLine bounds one line of a lexicon, in bytes.
const maxLexiconLine = 1 << 20

// eachLine calls use with every line that is not empty and not a comment.
func eachLine(fsys fs.FS, name string, use func(string) error) error {
	file, err := fsys.Open(name)
	if err != nil {
		return fmt.Errorf("%w: a folder of lexicons holds rules.txt and a file for each language", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxLexiconLine)
	n := 1
	for ; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := use(line); err != nil {
			return fmt.Errorf("%s line %d: %w", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s line %d: %w: a line has at most %d bytes, write the concept on several", name, n, err, maxLexiconLine)
	}
	return nil
}

func (l *lexicon) concept(name string) uint16 {
	id, ok := l.concepts[name]
	if !ok {
		id = uint16(len(l.concepts))
		l.concepts[name] = id
	}
	return id
}

func (l *lexicon) line(line string) error {
	name, list, ok := strings.Cut(line, ":")
	name = strings.TrimSpace(name)
	kind, number, _ := strings.Cut(name, " ")
	quantified := slices.Contains(quantityKinds, kind)
	use := func(p *phrase) { l.mean(p, name) }
	if quantified {
		m, err := newQuantity(kind, number)
		if err != nil {
			return err
		}
		use = func(p *phrase) { p.quantities = append(p.quantities, m) }
	}
	if !ok || !quantified && !plainName(name) {
		return fmt.Errorf("write concept: phrase | phrase, not %q; a concept's name has small letters, digits and _", line)
	}
	for _, text := range strings.Split(list, "|") {
		p, err := l.phrase(name, strings.TrimSpace(text))
		if err != nil {
			return err
		}
		use(p)
	}
	return nil
}

// phrase returns the phrase of that text, made if there is none yet.
func (l *lexicon) phrase(concept, text string) (*phrase, error) {
	text, open := strings.CutSuffix(text, "*")
	key := foldPhrase(text)
	if key == "" {
		return nil, fmt.Errorf("empty phrase for %s: take a bar away", concept)
	}
	if len(key) == 1 && wordByte[key[0]] && len(text) > 1 {
		return nil, fmt.Errorf("phrase %q of %s is the single letter %s when folded, because letters repeated three times count once: write it otherwise", text, concept, key)
	}
	id := key
	if open {
		id += "*"
	}
	k, ok := l.index[id]
	if !ok {
		k = len(l.phrases)
		l.index[id] = k
		l.texts = append(l.texts, key)
		l.phrases = append(l.phrases, phrase{length: int32(len(key)), right: !open && wordEnds(key)})
	}
	return &l.phrases[k], nil
}

// wordEnds reports whether the phrase ends with a word that must not go on.
func wordEnds(key string) bool {
	r, _ := utf8.DecodeLastRuneInString(key)
	return wordRune(r)
}

// mean adds a concept to what a phrase stands for, or the language that is
// being read to those that it is a common word of.
func (l *lexicon) mean(p *phrase, concept string) {
	if concept == wordConcept {
		if lang := uint8(len(l.languages) - 1); !slices.Contains(p.words, lang) {
			p.words = append(p.words, lang)
		}
		return
	}
	if c := l.concept(concept); !slices.Contains(p.concepts, c) {
		p.concepts = append(p.concepts, c)
	}
}

// phrasesOf lists the folded phrases of a concept.
func (l *lexicon) phrasesOf(concept string) []string {
	var texts []string
	for i, p := range l.phrases {
		if slices.Contains(p.concepts, l.concept(concept)) {
			texts = append(texts, l.texts[i])
		}
	}
	return texts
}

// foldPhrase folds a phrase as a text is folded.
func foldPhrase(text string) string {
	var f folded
	f.add(text)
	words := strings.Fields(string(f.text))
	for i, w := range words {
		switch w {
		case "@":
			words[i] = string(rune(handleMark))
		case "http":
			words[i] = string(rune(linkMark))
		}
	}
	return strings.Join(words, " ")
}
