package responder

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"socialwatch"
)

// slotForm is what is left of a slot, whatever brackets and signs were used.
var slotForm = regexp.MustCompile(strings.Join([]string{
	`\{\{[^{}]*\}\}|\{[\pL\pM_\s][\pL\pM\d_\s.:$]{0,29}\}|\{\d{1,2}\}|\{\{|\}\}|\$\{`,
	`\[\[[^\[\]]*\]\]|\[\[|\]\]|\[[\pL\pM_\s]{2,30}\]|<[\pL\pM_\s]{2,30}>`,
	`%(?:\d+\$)?[sdv]\b|%[a-z_]{2,}%|%![a-z]?\(`,
	`\(\((?:your |customer |first |last |full |order |case )?(?:name|number|date|link|order|case|reference|id)\)\)`,
	`\$(?:\pL+_)*(?:` + slotNoun + `)\b|\$\pL+_[\pL_]+`,
	`\b(?:\pL+_)+(?:` + slotNoun + `|here)\b|\b(?:your|insert|enter|customer|first|last|agent|company)(?:_\pL+)+`,
	`【[^【】]{1,20}】 ?(?:様|さん|さま)|【(?:お?名前|[ごこ]?氏名|お客様名|会社名|商品名|[ごこ]?注文番号|日付|日時|担当者?名?|金額|住所)】`,
	`(?:\b(?:hi|hello|hey|dear|thanks|hallo|liebe[r]?|bonjour|hola|ciao|ola|oi|namaste),?\s+|#)null\b|\bundefined\b`,
	`\bx{3,}\b|_{3,}|[○〇◯●]{2,}|\blorem ipsum\b`,
}, "|"))

// slotNoun is what slots are named by.
const slotNoun = `name|customer|user|number|date|link|url|email|order|case|agent|company|product`

// askedMarks are a slot only where they stand for a name or number: "hi ???,
// order ??? is", not "really ???".
var askedMarks = regexp.MustCompile(`(?:^|[\s(])\?{3,}\s*[,:;)]|\b(?:hi|hello|dear|hallo|bonjour|hola|ciao|ola|order|reference|number|case|nummer|pedido|commande|ordine)\s+\?{3,}\s+\S`)

// unfilled finds slots that nobody filled, and replies that say nothing.
func (c *check) unfilled() {
	if strings.IndexFunc(c.loose.text, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsPunct(r) }) < 0 {
		c.add(RuleUnfilled, 0, 0, "write a text: there is none")
		return
	}
	c.notes()
	if strings.Contains(c.loose.text, "???") {
		for _, m := range askedMarks.FindAllStringIndex(c.loose.text, maxPerRule) {
			marks := m[0] + strings.IndexByte(c.loose.text[m[0]:m[1]], '?')
			a, b := c.loose.span(marks, marks+strings.LastIndexByte(c.loose.text[marks:m[1]], '?')+1)
			c.add(RuleUnfilled, a, b, "fill it in, or remove it")
		}
	}
	if !strings.ContainsAny(c.loose.text, "{}[]<%$_【") && !slices.ContainsFunc(blanks, func(s string) bool { return strings.Contains(c.loose.text, s) }) {
		return
	}
	for _, m := range slotForm.FindAllStringIndex(c.loose.text, -1) {
		if a, b := c.loose.span(m[0], m[1]); !c.inLink(a) && (a == 0 || c.text[a-1] != '@' && c.text[a-1] != '#') {
			c.add(RuleUnfilled, a, b, "fill it in, or remove it")
		}
	}
}

// blanks are what slotForm may find in a text without brackets.
var blanks = []string{"xxx", "lorem", "((", "null", "undefined", "○○", "〇〇", "◯◯", "●●"}

// notes finds what an author left to do; in capitals, "todo" is a word in
// other languages.
func (c *check) notes() {
	for _, note := range []string{"TODO", "TBD", "TBC", "FIXME"} {
		if i := strings.Index(c.text, note); i >= 0 && ends(strings.ToLower(c.text), i) && ends(strings.ToLower(c.text), i+len(note)) {
			c.add(RuleUnfilled, i, i+len(note), "fill it in, or remove it")
		}
	}
}

// addresses finds postal addresses.
func (c *check) addresses() {
	b := c.board
	for _, x := range b.by[secPostal] {
		if _, ok := b.first(secPostalNot, x.language, sentence{x.from, x.to}); ok {
			continue
		}
		if from, to := c.place(int(x.from), int(x.to)); !c.inLink(from) {
			c.add(RuleContact, from, to, "remove the postal address: give it in private")
		}
	}
}

var toneRules = []struct {
	section    section
	rule, mend string
}{
	{secBlame, WarnTone, "say what we do rather than what the customer did"},
	{secSarcasm, WarnTone, "say it plainly: it may sound sarcastic"},
	{secLiability, WarnLiability, "say that we are sorry without saying who is at fault"},
	{secPromotion, WarnPromotion, "leave out the offer: somebody has a problem"},
}

// tone warns of how a thing is said.
func (c *check) tone() {
	for _, r := range toneRules {
		end := int32(0)
		for _, x := range c.board.by[r.section] {
			if x.from < end || c.ofTemplate(x) {
				continue
			}
			end = x.to
			if r.section == secBlame && c.board.before(secBlameNot, x, sentence{0, x.from}) { // if you forgot
				continue
			}
			from, to := c.place(int(x.from), int(x.to))
			c.add(r.rule, from, to, r.mend)
		}
	}
	c.shouting()
}

// shouting finds runs of signs and words in capitals.
func (c *check) shouting() {
	signs, capitals := 0, 0 // how many in a row, and where they began
	signsAt, capitalsAt := 0, 0
	for i, r := range c.text + "\n" {
		if r == '!' || r == '?' || r == '！' || r == '？' {
			if signs++; signs == 1 {
				signsAt = i
			}
		} else {
			if signs >= 3 {
				c.add(WarnTone, signsAt, i, "one sign is enough")
			}
			signs = 0
		}
		if unicode.IsUpper(r) || capitals > 0 && (r == '\'' || r == '’') {
			if capitals++; capitals == 1 {
				capitalsAt = i
			}
			continue
		}
		if capitals >= 4 {
			c.capitals(capitalsAt, i)
		}
		capitals = 0
	}
}

// capitals warns of a word in capitals that nobody else wrote so.
func (c *check) capitals(from, to int) {
	word := c.text[from:to]
	if !strings.Contains(c.in.TemplateText, word) && !strings.Contains(c.in.Parent.Text, word) && !c.inLink(from+1) {
		c.add(WarnTone, from, to, "use small letters: capitals read as shouting")
	}
}

// edited warns where the text is no longer the filled template.
func (c *check) edited() {
	t := c.in.TemplateText
	if t == "" || t == c.text || len(t) > maxCheck || withinSlots(t, c.in.Slots, c.text) {
		return
	}
	parts := WordDiff(t, c.text)
	added, removed := WordCounts(parts)
	at, start, end := 0, 0, 0
	for _, p := range parts {
		if p.Op == socialwatch.DiffAdded && end == 0 {
			start, end = at, at+len(p.Text)
		}
		if p.Op != socialwatch.DiffRemoved {
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
