package responder

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	// What is left of a slot, whatever brackets were used.
	slotForm = regexp.MustCompile(`\{\{[^{}]*\}\}|\{[\pL\pM_ ]{1,30}\}|\[\[[^\[\]]*\]\]|\{\{|\}\}|\[\[|\]\]|<[\pL\pM_ ]{2,30}>|\[(?:insert|your|name|customer|order|date|link|number|amount|agent|xx)[^\[\]]{0,30}\]|%[sdv]\b|\bx{3,}\b|\blorem ipsum\b`)
	noteForm = regexp.MustCompile(`\b(?:TODO|TBD|FIXME)\b`) // in capitals: "todo" is a word elsewhere

	// Postal addresses; each form is looked for only where one of its words is.
	postalForms = []struct {
		words []string
		form  *regexp.Regexp
	}{
		{[]string{"street", "road", "avenue", "boulevard", "lane", "highway", "parkway", "terrace", "crescent", "st.", "rd.", "ave", "blvd"},
			regexp.MustCompile(`\b\d{1,5}[a-z]?,? ((?:[a-z'.-]+ ){1,3})(?:street|road|avenue|boulevard|lane|highway|parkway|terrace|crescent|st\.|rd\.|ave\.?|blvd\.?)(?:\W|$)`)},
		{[]string{"str"}, regexp.MustCompile(`\b[a-z-]+(?:strasse|str\.) ?\d{1,4}\b`)},
		{[]string{"rue", "calle", "avenida", "via", "piazza", "rua"},
			regexp.MustCompile(`\b(?:rue|calle|avenida|via|piazza|rua) (?:[a-z'-]+ ){1,4},? ?\d{1,4}\b|\b\d{1,4},? (?:bis )?rue [a-z]+`)},
		{[]string{"box"}, regexp.MustCompile(`\bp\.? ?o\.? ?box ?\d+`)},
		{[]string{"flat", "apartment", "apt", "unit", "suite"}, regexp.MustCompile(`\b(?:flat|apartment|apt|unit|suite)\.? ?(?:no\.? ?)?\d+[a-z]?, ?\d+`)},
	}
	notStreet = regexp.MustCompile(`\b(?:on|in|the|down|of|for|to|by|at|and|days?|hours?|weeks?|is|are|off|per|parcels?|items?|orders?)\b`)

	capitals = regexp.MustCompile(`\p{Lu}[\p{Lu}'’]{3,}`)
	shouts   = regexp.MustCompile(`[!?]{3,}`)
)

// unfilled finds slots that nobody filled, and replies that say nothing.
func (c *check) unfilled() {
	if strings.IndexFunc(c.loose.text, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsPunct(r) }) < 0 {
		c.add(RuleUnfilled, 0, 0, "write a text: there is none")
		return
	}
	if !strings.ContainsAny(c.loose.text, "{}[]<%") && !strings.Contains(c.loose.text, "xxx") && !strings.Contains(c.loose.text, "lorem") {
		c.notes()
		return
	}
	for _, m := range slotForm.FindAllStringIndex(c.loose.text, -1) {
		a, b := c.loose.span(m[0], m[1])
		if c.inLink(a) {
			continue
		}
		c.add(RuleUnfilled, a, b, "fill it in, or remove it")
	}
	c.notes()
}

// notes finds what an author left to do.
func (c *check) notes() {
	for _, m := range noteForm.FindAllStringIndex(c.text, -1) {
		c.add(RuleUnfilled, m[0], m[1], "fill it in, or remove it")
	}
}

// addresses finds postal addresses.
func (c *check) addresses() {
	if countDigits(c.loose.text) == 0 {
		return
	}
	for _, p := range postalForms {
		if !slices.ContainsFunc(p.words, func(w string) bool { return strings.Contains(c.loose.text, w) }) {
			continue
		}
		for _, m := range p.form.FindAllStringSubmatchIndex(c.loose.text, -1) {
			if len(m) > 2 && m[2] >= 0 && notStreet.MatchString(c.loose.text[m[2]:m[3]]) {
				continue
			}
			if a, b := c.loose.span(m[0], m[1]); !c.inLink(a) {
				c.add(RuleContact, a, b, "remove the postal address: give it in private")
			}
		}
	}
}

var toneRules = []struct{ section, rule, mend string }{
	{"blame", WarnTone, "say what we do rather than what the customer did"},
	{"sarcasm", WarnTone, "say it plainly: it may sound sarcastic"},
	{"liability", WarnLiability, "say that we are sorry without saying who is at fault"},
	{"promotion", WarnPromotion, "leave out the offer: somebody has a problem"},
}

// tone warns of how a thing is said.
func (c *check) tone() {
	for _, v := range vocabularies() {
		for _, r := range toneRules {
			for _, m := range v.find(r.section, c.words) {
				a, b := c.loose.span(m[0], m[1])
				if !strings.Contains(c.template, c.words[m[0]:m[1]]) {
					c.add(r.rule, a, b, r.mend)
				}
			}
		}
	}
	for _, m := range shouts.FindAllStringIndex(c.text, -1) {
		c.add(WarnTone, m[0], m[1], "one sign is enough")
	}
	for _, m := range capitals.FindAllStringIndex(c.text, -1) {
		word := c.text[m[0]:m[1]]
		if !strings.Contains(c.in.TemplateText, word) && !strings.Contains(c.in.Parent.Text, word) && !c.inLink(m[0]+1) {
			c.add(WarnTone, m[0], m[1], "use small letters: capitals read as shouting")
		}
	}
}

// edited warns where the text is no longer the filled template.
func (c *check) edited() {
	t := c.in.TemplateText
	if t == "" || t == c.text || len(t) > maxCheck {
		return
	}
	parts := WordDiff(t, c.text)
	added, removed := WordCounts(parts)
	at, start, end := 0, 0, 0
	for _, p := range parts {
		if p.Op == Added && end == 0 {
			start, end = at, at+len(p.Text)
		}
		if p.Op != Removed {
			at += len(p.Text)
		}
	}
	c.add(WarnEdited, start, end, fmt.Sprintf("read the change: +%d −%d words against the template", added, removed))
}

// letters counts the letters of a text.
func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
