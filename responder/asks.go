package responder

import (
	"regexp"
	"strings"
)

// askReach is how many bytes after an ask what is asked for may stand.
const askReach = 90

// sentences returns the spans of the sentences of folded text. A full stop
// ends one only before white space, so hosts and amounts stay whole.
func sentences(text string) [][2]int {
	var out [][2]int
	start := 0
	for i := 0; i < len(text); i++ {
		last := i+1 == len(text)
		stop := text[i] == '\n' || strings.IndexByte(".!?;", text[i]) >= 0 && (last || text[i+1] == ' ' || text[i+1] == '\n')
		if stop || last {
			if strings.TrimSpace(text[start:i+1]) != "" {
				out = append(out, [2]int{start, i + 1})
			}
			start = i + 1
		}
	}
	return out
}

// asks finds requests for secrets, and for personal data where anybody can
// read the answer.
func (c *check) asks() {
	all := sentences(c.words)
	for _, v := range vocabularies() {
		for i, s := range all {
			text, previous := c.words[s[0]:s[1]], ""
			requests := v.requests(text)
			if len(requests) == 0 {
				continue
			}
			if i > 0 {
				previous = c.words[all[i-1][0]:all[i-1][1]]
			}
			private := c.private(v, text, previous, s)
			for _, at := range requests {
				c.asked(v, at, s[0], private)
			}
		}
	}
}

// request is an ask within a sentence: where it begins and how far what is
// asked for may reach.
type request struct{ from, reach int }

// requests finds what a sentence asks the customer to do. What we do, and
// what we say that nobody should do, is none.
func (v vocabulary) requests(text string) []request {
	var out []request
	for _, m := range v.find("ask", text) {
		before := clause(text[:m[0]])
		if v.has("ours", before) || v.has("negated", before) || negative.MatchString(text[m[0]:m[1]]) || v.has("about", text[m[1]:]) {
			continue
		}
		out = append(out, request{m[0], min(len(text), m[1]+askReach)})
	}
	for _, name := range []string{"secret", "personal"} { // "your order number please?"
		for _, m := range v.find(name, text) {
			head := strings.TrimSpace(text[:m[0]]) == "" || v.has("nominal", text[:m[0]])
			if head && v.has("please", text[m[1]:]) {
				out = append(out, request{m[0], m[1]})
			}
		}
	}
	return out
}

var negative = regexp.MustCompile(`\b(?:not|never|\w+n't)\b`)

// clause is what stands after the last comma or colon, 80 bytes at most.
func clause(s string) string {
	s = s[max(0, len(s)-80):]
	if i := strings.LastIndexAny(s, ",:;"); i >= 0 {
		return s[i+1:]
	}
	return s
}

// asked records what a request asks for, if it is anything we must not.
func (c *check) asked(v vocabulary, r request, offset int, private bool) {
	text := c.words[offset:]
	rest := text[r.from:r.reach]
	if m := v.found["secret"].first(rest); m != nil {
		a, b := c.loose.span(offset+r.from, offset+r.from+m[1])
		c.add(RuleSecret, a, b, "remove the question: nobody of ours ever asks for it, not even in private")
		return
	}
	if m := v.found["personal"].first(rest); m != nil && !private {
		a, b := c.loose.span(offset+r.from, offset+r.from+m[1])
		c.add(RulePersonal, a, b, "ask for it in private: say \"in a direct message\" in the same sentence")
	}
}

// private reports whether the answer to a sentence's request goes to us
// alone: the reply itself is direct, or the sentence says so, or it goes on
// from one that did.
func (c *check) private(v vocabulary, text, previous string, at [2]int) bool {
	if !c.in.Payload.Visibility.Wider("direct") && c.in.Payload.Visibility != "" {
		return true
	}
	for _, m := range v.find("public", text) {
		before := clause(text[:m[0]])
		if !v.has("negated", before) && !negative.MatchString(before) {
			return false
		}
	}
	if v.has("private", text) || v.has("there", text) && v.has("private", previous) {
		return true
	}
	return c.linksTo(at)
}

// linksTo reports whether one of our own links stands in a sentence: a form
// of ours is private.
func (c *check) linksTo(at [2]int) bool {
	if at[0] >= at[1] {
		return false
	}
	from, to := c.loose.span(at[0], at[1])
	for _, s := range c.covered {
		if s[0] < from || s[1] > to {
			continue
		}
		if h := hostOf(c.text[s[0]:s[1]]); h != "" && c.allowedHost(h) || c.allowedHost(hostOf("https://"+c.text[s[0]:s[1]])) {
			return true
		}
	}
	return false
}

// promises finds what binds us and does not stand in the template.
func (c *check) promises() {
	for _, v := range vocabularies() {
		for _, s := range sentences(c.words) {
			text := c.words[s[0]:s[1]]
			for _, m := range v.find("promise", text) {
				if !v.has("negated", clause(text[:m[0]])) && !negative.MatchString(text[m[0]:m[1]]) {
					c.promise(s[0]+m[0], s[0]+m[1])
				}
			}
			if strings.HasSuffix(text, "?") || !v.has("commit", text) {
				continue
			}
			for _, m := range v.find("deadline", text) {
				c.promise(s[0]+m[0], s[0]+m[1])
			}
		}
	}
}

func (c *check) promise(from, to int) {
	if c.template != "" && strings.Contains(c.template, strings.TrimSpace(c.words[from:to])) {
		return
	}
	a, b := c.loose.span(from, to)
	c.add(RulePromise, a, b, "say what we do, not what will come of it and when; only a template may promise")
}
