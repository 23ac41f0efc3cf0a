package spike

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"socialwatch"
)

// token is one word of a text.
type token struct {
	word    string // normalised; empty: a mark that ends a run of words
	written string // as it stands in the text
	capital bool   // begins with a capital letter
	acronym bool   // a few capital letters and nothing else
	first   bool   // of its sentence: its capital says nothing
}

// unnamed are words that are written with capitals and name nobody.
var unnamed = func() map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(`i i'm i've i'll i'd dm dms pm ok okay asap eta faq id tv pls please english
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
september october november december xmas christmas`) {
		all[w] = true
	}
	return all
}()

// nouns are the languages that write all nouns with capitals: one capital tells
// no name there, two words in a row or an acronym do.
var nouns = map[string]bool{"de": true, "lb": true}

// script classes that end a word where they meet: Japanese has no spaces.
const (
	letters = iota
	katakana
	hiragana
	han
)

func class(r rune) int {
	switch {
	case unicode.Is(unicode.Katakana, r) || r == 'ー':
		return katakana
	case unicode.Is(unicode.Hiragana, r):
		return hiragana
	case unicode.Is(unicode.Han, r):
		return han
	}
	return letters
}

// read splits a text into words and the hosts of its links. Handles, hashtags'
// signs, what is masked and what holds digits is left out; a gap and every mark
// of punctuation end a run of words.
func read(text string) (tokens []token, hosts []string) {
	first := true
	for _, field := range strings.Fields(norm.NFKC.String(text)) {
		if host := hostOf(field); host != "" {
			hosts, tokens = append(hosts, host), append(tokens, token{})
			continue
		}
		if strings.HasPrefix(strings.TrimLeft(field, "(\"'.“¿¡"), "@") {
			tokens = append(tokens, token{})
			continue // a handle; what follows may still begin the sentence
		}
		tokens, first = split(tokens, field, first)
	}
	return tokens, hosts
}

// split appends the words of a field and tells whether a sentence begins after
// it.
func split(tokens []token, field string, first bool) ([]token, bool) {
	var word []rune
	flush := func() {
		if len(word) == 0 {
			return
		}
		s := string(word)
		w := strings.ToLower(s)
		tokens = append(tokens, token{word: w, written: s, capital: unicode.IsUpper(word[0]) && !unnamed[w],
			acronym: len(word) <= maxAcronym && s == strings.ToUpper(s), first: first})
		word, first = nil, false
	}
	if strings.ContainsFunc(field, func(r rune) bool { return r == '*' || unicode.IsDigit(r) }) {
		return append(tokens, token{}), false
	}
	for _, r := range field {
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r) || r == 'ー':
			if len(word) > 0 && class(r) != class(word[len(word)-1]) {
				flush()
			}
			word = append(word, r)
		case (r == '\'' || r == '’' || r == '-') && len(word) > 0:
			// "depot's" and "in-store" are words; a trailing sign is trimmed below
			word = append(word, '\'')
		default:
			flush()
			tokens = append(tokens, token{})
			first = first || strings.ContainsRune(".!?…。！？\"“”«»:", r)
		}
	}
	if n := len(word); n > 0 && word[n-1] == '\'' {
		word = word[:n-1]
	}
	flush()
	return tokens, first
}

// hostOf is the host of a link, without www.; empty for other words.
func hostOf(field string) string {
	_, rest, ok := strings.Cut(strings.ToLower(field), "://")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	host = strings.TrimFunc(host, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.TrimPrefix(host, "www.")
}

// maxRun is how many words a name has at most.
const maxRun = 3

// Words that are shorter say too little alone.
const (
	minKatakana = 3
	minWord     = 4
	maxAcronym  = 5
)

// post is a post that was read once.
type post struct {
	words []string          // "" where a run ends
	names map[string]string // as they are written here
	hosts []string
}

func readPost(text, language string) post {
	tokens, hosts := read(text)
	p := post{hosts: hosts, names: map[string]string{}, words: make([]string, len(tokens))}
	for i := 0; i < len(tokens); {
		p.words[i] = tokens[i].word
		n := 0
		for i+n < len(tokens) && tokens[i+n].word != "" && tokens[i+n].capital {
			n++
		}
		for k := range n {
			p.words[i+k] = tokens[i+k].word
		}
		// The capital of a sentence's first word alone says nothing.
		one := n == 1 && !tokens[i].first && len([]rune(tokens[i].word)) > 1 && (!nouns[language] || tokens[i].acronym)
		if one || n > 1 && n <= maxRun {
			var written []string
			for _, t := range tokens[i : i+n] {
				written = append(written, t.written)
			}
			p.names[strings.Join(p.words[i:i+n], " ")] = strings.Join(written, " ")
		}
		if w := []rune(tokens[i].word); len(w) >= minKatakana && class(w[0]) == katakana {
			p.names[tokens[i].word] = tokens[i].written
		}
		i += max(n, 1)
	}
	return p
}

// says reports whether a post holds a term, however it is written.
func (p post) says(t term) bool {
	if t.kind == socialwatch.TermLink {
		return slices.Contains(p.hosts, t.text)
	}
	want := strings.Fields(t.text)
	for i := 0; i+len(want) <= len(p.words); i++ {
		k := 0
		for k < len(want) && p.words[i+k] == want[k] {
			k++
		}
		if k == len(want) {
			return true
		}
	}
	return false
}
