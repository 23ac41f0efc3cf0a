package responder

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed words/*.txt
var wordFiles embed.FS

// section is a list of phrases of a language; what each means stands in
// words/README.md.
type section int

const (
	secAsk section = iota
	secAskAfter
	secAskIt
	secEnough
	secAbout
	secUs
	secOwn
	secQuestion
	secNominal
	secPlease
	secSecret
	secPersonal
	secThing
	secPrivate
	secThere
	secPublic
	secClosed
	secOr
	secNegated
	secNegatedAfter
	secFirm
	secCoax
	secBreak
	secOurs
	secPromise
	secDeadline
	secCommit
	secUnsure
	secYours
	secBlame
	secBlameNot
	secSarcasm
	secLiability
	secPromotion
	secOrder
	secCall
	secCallAfter
	secJoin
	secPostal
	secPostalNot
	secDot
	secAt
	secDigit // the first of ten
	sections = secDigit + 10
)

var sectionNames = []string{"ask", "ask_after", "ask_it", "enough", "about", "us", "own", "question", "nominal", "please", "secret", "personal", "thing", "private", "there",
	"public", "closed", "or", "negated", "negated_after", "firm", "coax", "break", "ours", "promise", "deadline", "commit", "unsure", "yours", "blame", "blame_not", "sarcasm", "liability",
	"promotion", "order", "call", "call_after", "join", "postal", "postal_not", "dot", "at", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}

// optional are the sections that a language may do without.
var optional = []section{secAskAfter, secThing, secYours, secAbout, secUs, secOwn, secNegatedAfter, secFirm, secBlameNot, secCallAfter, secPostalNot, secJoin}

// vocabulary is the words of the safety check in all languages, compiled.
type vocabulary struct {
	languages []string
	words     *phrases // list language*sections + section
	numbers   *phrases // what has digits and is no identifier
	digest    string   // of the files
}

// language and section of a list.
func (v *vocabulary) of(list uint16) (int, section) {
	return int(list) / int(sections), section(int(list) % int(sections))
}

// theVocabulary is that of the embedded files, compiled when first needed. A
// broken file is a fault of the build that the package's own tests show.
var theVocabulary = sync.OnceValue(func() *vocabulary {
	v, err := readVocabulary(wordFiles)
	if err != nil {
		panic(fmt.Sprintf("words of the safety check: %v", err))
	}
	return v
})

// readVocabulary compiles words/<language>.txt and words/numbers.txt.
func readVocabulary(from fs.FS) (*vocabulary, error) {
	names, err := fs.Glob(from, "words/*.txt")
	if err != nil {
		return nil, err
	}
	v, words, numbers := &vocabulary{}, newBuilder(), newBuilder()
	sum := sha256.New()
	for _, name := range names {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(data), data)
		if language := strings.TrimSuffix(path.Base(name), ".txt"); language == "numbers" {
			err = addNumbers(numbers, string(data))
		} else {
			err = addLanguage(words, string(data), len(v.languages)*int(sections))
			v.languages = append(v.languages, language)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%w", name, err)
		}
	}
	v.digest = hex.EncodeToString(sum.Sum(nil))
	v.words, v.numbers = words.build(), numbers.build()
	return v, nil
}

// addLanguage adds the sections of one language, lists from first on. Every
// section that is not optional must be there, so that a language cannot lack a
// rule unseen.
func addLanguage(b *builder, text string, first int) error {
	at, seen := section(-1), make([]int, sections)
	err := eachLine(text, func(line string) error {
		if name, ok := strings.CutPrefix(line, "["); ok && strings.HasSuffix(name, "]") && !strings.ContainsAny(name, "()") {
			if at = section(slices.Index(sectionNames, strings.TrimSuffix(name, "]"))); at < 0 {
				return fmt.Errorf("unknown section %s", line)
			}
			return nil
		}
		if at < 0 {
			return fmt.Errorf("%q stands before the first [section]", line)
		}
		if strings.Contains(inClass.ReplaceAllString(line, ""), "-") {
			return fmt.Errorf("%q: write a space for a hyphen, as texts are read", line)
		}
		if upper.MatchString(line) {
			return fmt.Errorf("%q: write a class such as [^ ] for a class in a capital", line)
		}
		seen[at]++
		return b.add(loose(line).text, first+int(at))
	})
	if err != nil {
		return err
	}
	for s, n := range seen {
		if n == 0 && !slices.Contains(optional, section(s)) {
			return fmt.Errorf("1: section [%s] is missing or empty", sectionNames[s])
		}
	}
	return nil
}

var upper = regexp.MustCompile(`\\[A-Z]`)

var inClass = regexp.MustCompile(`\[[^\]]*\]`)

// addNumbers adds the shapes of words/numbers.txt.
func addNumbers(b *builder, text string) error {
	return eachLine(text, func(line string) error { return b.add(line, 0) })
}

// eachLine calls do with every line that says something. Errors begin with
// the line's number.
func eachLine(text string, do func(string) error) error {
	scan := bufio.NewScanner(strings.NewReader(text))
	for n := 1; scan.Scan(); n++ {
		l := strings.TrimSpace(scan.Text())
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if err := do(l); err != nil {
			return fmt.Errorf("%d: %w", n, err)
		}
	}
	return scan.Err()
}
