package twitter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuery is how long a query of recent search may be, in code points.
const maxQuery = 512

// rule is a part of a search query. A query must hold something that selects
// posts by itself; is: and has: only narrow.
type rule struct {
	match   func(*post) bool
	selects bool
}

// queryParser reads X's query language: terms side by side must all hold, OR
// joins alternatives and binds less, parentheses group, and - negates a term.
type queryParser struct {
	s    *Server
	text string
	at   int
}

// parseQuery compiles a query. The caller holds mu, now and when matching.
func (s *Server) parseQuery(text string) (r rule, err error) {
	if utf8.RuneCountInString(text) > maxQuery {
		return r, fmt.Errorf("query length is greater than %d", maxQuery)
	}
	p := &queryParser{s: s, text: text}
	if r, err = p.alternatives(); err != nil {
		return r, err
	}
	if p.space(); p.at < len(text) {
		return r, p.fail("no viable alternative at '%s'", text[p.at:])
	}
	if !r.selects {
		return r, fmt.Errorf("rules must contain at least one non-negated, positive keyword or standalone operator")
	}
	return r, nil
}

func (p *queryParser) fail(format string, args ...any) error {
	return fmt.Errorf("%s (at position %d)", fmt.Sprintf(format, args...), p.at+1)
}

func (p *queryParser) space() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// word is the next stretch without spaces and parentheses, not yet consumed.
func (p *queryParser) word() string {
	rest := p.text[p.at:]
	if i := strings.IndexAny(rest, " ()"); i >= 0 {
		return rest[:i]
	}
	return rest
}

func (p *queryParser) alternatives() (rule, error) {
	all, err := p.conjunction()
	if err != nil {
		return all, err
	}
	for {
		if p.space(); p.word() != "OR" {
			return all, nil
		}
		p.at += len("OR")
		next, err := p.conjunction()
		if err != nil {
			return all, err
		}
		left, right := all.match, next.match
		all = rule{func(q *post) bool { return left(q) || right(q) }, all.selects && next.selects}
	}
}

func (p *queryParser) conjunction() (rule, error) {
	all, n := rule{match: func(*post) bool { return true }}, 0
	for ; ; n++ {
		p.space()
		if p.at == len(p.text) || p.text[p.at] == ')' || p.word() == "OR" {
			break
		}
		next, err := p.negatable()
		if err != nil {
			return all, err
		}
		left, right := all.match, next.match
		all = rule{func(q *post) bool { return left(q) && right(q) }, all.selects || next.selects}
	}
	if n == 0 {
		return all, p.fail("missing a term at '%s'", p.text[p.at:])
	}
	return all, nil
}

func (p *queryParser) negatable() (rule, error) {
	if p.text[p.at] != '-' {
		return p.term()
	}
	p.at++
	if p.at == len(p.text) || p.text[p.at] == '(' || p.text[p.at] == '-' || p.text[p.at] == ' ' {
		return rule{}, p.fail("a negation must stand before one term")
	}
	r, err := p.term()
	positive := r.match
	return rule{match: func(q *post) bool { return !positive(q) }}, err
}

func (p *queryParser) term() (rule, error) {
	if p.text[p.at] == '(' {
		p.at++
		r, err := p.alternatives()
		if err != nil {
			return r, err
		}
		if p.space(); p.at == len(p.text) {
			return r, p.fail("missing ')' at end of query")
		}
		p.at++
		return r, nil
	}
	if p.text[p.at] == '"' {
		end := strings.IndexByte(p.text[p.at+1:], '"')
		if end < 1 {
			return rule{}, p.fail("a quotation is empty or not closed")
		}
		phrase := p.text[p.at+1 : p.at+1+end]
		p.at += end + 2
		return phraseRule(phrase), nil
	}
	word := p.word()
	r, err := p.operator(word)
	if err == nil {
		p.at += len(word)
	}
	return r, err
}

var plainWord = regexp.MustCompile(`^[\p{L}\p{N}_]+$`)

func (p *queryParser) operator(word string) (rule, error) {
	name, value, colon := strings.Cut(word, ":")
	switch {
	case strings.HasPrefix(word, "@") && handlePattern.MatchString(word[1:]):
		return p.userRule(word[1:], func(q *post, u *user) bool { return q.names(u) }), nil
	case colon && (name == "from" || name == "to") && handlePattern.MatchString(value):
		if name == "from" {
			return p.userRule(value, func(q *post, u *user) bool { return q.author == u }), nil
		}
		return p.userRule(value, func(q *post, u *user) bool { return q.parent != nil && q.parent.author == u }), nil
	case colon && name == "conversation_id":
		id, ok := parseID(value)
		if !ok {
			return rule{}, p.fail("conversation_id: wants an id, not '%s'", value)
		}
		return rule{func(q *post) bool { return q.conversation == id }, true}, nil
	case colon && narrowing[word] != nil:
		return rule{match: narrowing[word]}, nil
	case strings.EqualFold(word, "and") || strings.EqualFold(word, "or"):
		return rule{}, p.fail("Ambiguous use of %s as a keyword. Use a space to logically join two clauses, or OR in upper case", word)
	case plainWord.MatchString(word):
		return phraseRule(word), nil
	}
	return rule{}, p.fail("Reference to invalid operator '%s'. Operator is not available in current product or product packaging", word)
}

// narrowing are the terms that select nothing by themselves.
var narrowing = map[string]func(*post) bool{
	"is:retweet": func(q *post) bool { return q.reposted != nil },
	"is:reply":   func(q *post) bool { return q.parent != nil },
	"is:quote":   func(q *post) bool { return q.quoted != nil },
	"has:links":  func(q *post) bool { return len(q.newest().ents.urls) > 0 },
}

// userRule looks the user up when matching, so that a handle which belongs to
// nobody matches nothing.
func (p *queryParser) userRule(handle string, match func(*post, *user) bool) rule {
	s := p.s
	return rule{func(q *post) bool { u := s.find(handle); return u != nil && match(q, u) }, true}
}

// phraseRule wants words in a row.
func phraseRule(phrase string) rule {
	want := words(phrase)
	return rule{func(q *post) bool {
		have := words(q.newest().prefix + q.newest().typed)
		for i := 0; i+len(want) <= len(have); i++ {
			if slices.Equal(have[i:i+len(want)], want) {
				return true
			}
		}
		return false
	}, true}
}

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_'
	})
}
