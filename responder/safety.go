package responder

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"socialwatch"
)

// SafetyVersion names the rules of the safety check; it rises with every
// change of them. Safety.Version adds the word lists.
const SafetyVersion = "14"

// Version names the rules and, by the first eight hex digits of their SHA-256,
// the word lists: what is checked under one version has one result. Store it
// with what was checked.
func (s Safety) Version() string { return SafetyVersion + "-" + theVocabulary().digest[:8] }

// Rules that block. There is no override: the text changes, or an admin the
// allow-lists.
const (
	RuleContact       = "contact"        // telephone number, e-mail or postal address not on the allow-list
	RuleOrderNumber   = "order_number"   // a full order or tracking number, or a number of the customer's post
	RuleCardNumber    = "card_number"    // 12 to 19 digits that pass the Luhn check
	RuleSecret        = "asks_secret"    // asks for a password, code, PIN, card number
	RulePersonal      = "asks_personal"  // asks for personal data in public
	RuleLink          = "link_host"      // link to a host not on the allow-list, shortener, bare address
	RuleLookalike     = "link_lookalike" // a host that poses as another, or in punycode
	RulePromise       = "promise"        // a promise that the template does not make
	RuleMentions      = "mentions_other" // names anyone but the asker
	RuleTooLong       = "too_long"       // longer than the network takes
	RuleUnfilled      = "unfilled"       // an unfilled slot, or no text
	RuleHidden        = "hidden"         // characters that do not show, or turn the text around
	RuleVisibility    = "visibility"     // wider than the parent's
	RuleNotAnswerable = "not_answerable" // the parent may not be answered
	RuleSecondReply   = "second_reply"   // an earlier reply to the parent is unknown, or is public where one is all
)

// Rules that warn: confirmed by the approver and stored.
const (
	WarnEdited    = socialwatch.RuleEdited    // differs from the filled template beside its slots
	WarnSameText  = socialwatch.RuleSameText  // the same text often
	WarnLanguage  = "language"                // another language than the parent's
	WarnTone      = "tone"                    // blame, sarcasm, shouting
	WarnLiability = "liability"               // admits liability
	WarnPromotion = "promotion"               // advertises
	WarnCost      = "costly_link"             // a link for which the network charges
	WarnReach     = socialwatch.RuleWideReach // the asker reaches many
	WarnImpostor  = "impostor"                // somebody in the thread may pose as us
	WarnMediaOnly = "media_only"              // the post is mostly an image or a link
)

// Safety is the safety check of a public reply (product note section 3). It
// is pure and safe for concurrent use. The zero value checks everything but
// reach.
//
// The rules on words know the languages of the folder words; all of them are
// applied to every reply. A reply in another language is still held against
// every rule on numbers, links, handles, characters and form. The work grows
// with the length of the text, never faster.
type Safety struct {
	WideReach int // followers of the asker from which WarnReach warns; 0: never
}

// CheckInput is all that the check depends on.
type CheckInput struct {
	Payload      socialwatch.Payload
	Parent       socialwatch.Post // as it is now
	Account      Account
	Language     string             // of the parent, as triage reads it; empty or "und": as its network says
	TemplateText string             // the template as filled, before any edit; empty when written by hand
	Slots        []socialwatch.Span // of TemplateText: what the template's slots cover
	CaseNumber   string             // our own number, which the reply may name; that of TemplateText may stand anyhow

	EarlierUnknown bool   // an earlier reply under this parent may have been sent
	Answered       bool   // the parent has an answer of ours, and the network allows one reply to a post
	NotAnswerable  string // why the parent may not be answered (opted out, does not name us); empty if it may
	SameText       int    // other replies of the account with this very text in the last hour
	Incident       bool   // the text is one of an incident's wordings: it may go out often
	Impostor       string // full handle of who may pose as us in the thread; empty: nobody
}

// sameTextOften is how many equal texts an hour make the next one suspect
// (product note: "fifth identical text this hour").
const sameTextOften = 4

// maxPerRule keeps a hostile text from filling the screen.
const maxPerRule = 5

// maxCheck is how many bytes of a text are looked at word by word; beyond it
// the text is blocked for its length whatever the network says.
const maxCheck = 32 << 10

// Check holds a reply against every rule. What it returns is ordered:
// blocking ones first, then by place; empty means all passed. Words in a
// finding are the reply's own.
func (s Safety) Check(in CheckInput) []socialwatch.Finding {
	c := &check{in: in, text: in.Payload.Text}
	c.form()
	c.standing()
	c.surroundings(s)
	if len(c.text) <= maxCheck {
		c.read()
		c.hidden()
		c.links()
		c.unfilled()
		c.handles()
		c.numbers()
		c.addresses()
		c.asks()
		c.promises()
		c.tone()
		c.edited()
	}
	c.warning()
	c.costs()
	return c.sorted()
}

// read folds the text and finds the words of the lists.
func (c *check) read() {
	c.exact, c.loose = exact(c.text), loose(c.text)
	c.board = newBoard(spelled(c.loose, c.text))
}

// Echoes reports whether a customer's content warning may stand above a reply of
// an account, in its name: no rule, even one that warns, finds anything in it.
func (r *Responder) Echoes(warning string, a Account) bool {
	c := &check{in: CheckInput{Account: a, Payload: socialwatch.Payload{Warning: warning, Visibility: socialwatch.Public}}}
	c.warning()
	return len(c.found) == 0
}

// warning holds the content warning, which stands in public above the text in
// our name, against the rules on words. What it finds has no place in the text.
func (c *check) warning() {
	words := c.in.Payload.Warning
	if words == "" {
		return
	}
	if len(words) > maxCheck {
		c.add(RuleTooLong, 0, 0, "draft anew: the content warning is too long")
		return
	}
	w := &check{in: c.in, text: words}
	w.read()
	w.hidden()
	w.links()
	w.handles()
	w.numbers()
	w.addresses()
	w.asks()
	w.promises()
	w.tone()
	for _, f := range w.found {
		f.Mend, f.Start, f.End = "in the content warning: "+f.Mend, 0, 0
		c.found = append(c.found, f)
	}
}

// check is one run.
type check struct {
	in       CheckInput
	text     string
	exact    folded
	loose    folded
	board    *board
	template string   // the filled template, read like the words; "" until needed
	parent   []string // numbers of the customer's post; nil until needed
	allowed  []string // digits of the allowed numbers; nil until needed
	hosts    []string // our hosts; nil until needed
	covered  [][2]int // links and addresses
	within   bool     // the text stands in a link to us
	found    []socialwatch.Finding
}

// add records a finding on text[start:end].
func (c *check) add(rule string, start, end int, mend string) {
	n := 0
	for _, f := range c.found {
		if f.Rule == rule {
			if n++; n >= maxPerRule || f.Start == start && f.End == end {
				return
			}
		}
	}
	c.found = append(c.found, socialwatch.Finding{Rule: rule, Blocks: blocking[rule], Words: c.text[start:end],
		Mend: mend, Start: start, End: end})
}

var blocking = map[string]bool{RuleContact: true, RuleOrderNumber: true, RuleCardNumber: true, RuleSecret: true,
	RulePersonal: true, RuleLink: true, RuleLookalike: true, RulePromise: true, RuleMentions: true, RuleTooLong: true,
	RuleUnfilled: true, RuleHidden: true, RuleVisibility: true, RuleNotAnswerable: true, RuleSecondReply: true}

func (c *check) sorted() []socialwatch.Finding {
	slices.SortStableFunc(c.found, func(a, b socialwatch.Finding) int {
		if a.Blocks != b.Blocks {
			if a.Blocks {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Rule, b.Rule))
	})
	return c.found
}

// form checks length and audience.
func (c *check) form() {
	p := c.in.Payload
	if p.Length > p.Limit {
		c.add(RuleTooLong, 0, 0, fmt.Sprintf("shorten it by %d: it counts %d of %d", p.Length-p.Limit, p.Length, p.Limit))
	} else if len(c.text) > maxCheck {
		c.add(RuleTooLong, 0, 0, fmt.Sprintf("shorten it: no reply has more than %d bytes", maxCheck))
	}
	parent := c.in.Parent.Visibility
	if !p.Visibility.Wider("") || p.Visibility.Wider(parent) {
		c.add(RuleVisibility, 0, 0, fmt.Sprintf("answer so that no more people can read it than the post (%q, the reply is %q)", parent, p.Visibility))
	}
}

// standing checks whether the parent may be answered at all.
func (c *check) standing() {
	p, parent := c.in.Payload, c.in.Parent
	switch {
	case c.in.NotAnswerable != "":
		c.add(RuleNotAnswerable, 0, 0, "withdraw the reply: "+c.in.NotAnswerable)
	case parent.Own:
		c.add(RuleNotAnswerable, 0, 0, "withdraw the reply: the post is our own")
	case p.ParentID != parent.ID:
		c.add(RuleNotAnswerable, 0, 0, "draft anew: the reply was composed for another post")
	}
	if c.in.Answered {
		c.add(RuleSecondReply, 0, 0, "withdraw the reply: the post has an answer of ours, and the network allows one; more is said in its own app")
	} else if c.in.EarlierUnknown {
		c.add(RuleSecondReply, 0, 0, "settle the earlier reply to this post first: it may have been sent")
	}
}

// surroundings warns of what lies outside the words of the reply.
func (c *check) surroundings(s Safety) {
	p, parent := c.in.Payload, c.in.Parent
	if a, b := spoken(p.Language), cmp.Or(spoken(c.in.Language), spoken(parent.Language)); a != "" && b != "" && a != b {
		c.add(WarnLanguage, 0, 0, fmt.Sprintf("make sure that the customer reads %q: the post is in %q", a, b))
	}
	if c.in.SameText >= sameTextOften && !c.in.Incident {
		c.add(WarnSameText, 0, 0, fmt.Sprintf("say it in other words: the same text went out %d times in the last hour", c.in.SameText))
	}
	if s.WideReach > 0 && parent.Author.Followers >= s.WideReach {
		c.add(WarnReach, 0, 0, fmt.Sprintf("read it twice: the asker has %d followers", parent.Author.Followers))
	}
	if mostlyElsewhere(parent) {
		c.add(WarnMediaOnly, 0, 0, "open the original: the post is mostly an image or a link")
	}
	if in := c.in.Impostor; in != "" {
		c.add(WarnImpostor, 0, 0, fmt.Sprintf("warn the customer, or report it: %s may pose as us in this thread", in))
	}
}

// fewLetters is how few letters of its own make a post with an image or link
// one that speaks by it.
const fewLetters = 15

// mostlyElsewhere reports a post whose evidence is an image or behind a link.
func mostlyElsewhere(p socialwatch.Post) bool {
	own, links := 0, 0
	for word := range strings.FieldsSeq(p.Text[:min(len(p.Text), maxCheck)]) {
		switch {
		case strings.Contains(word, "://"), strings.HasPrefix(word, "www."):
			links++
		case !strings.HasPrefix(word, "@"):
			own += letters(word)
		}
	}
	return own < fewLetters && (len(p.Media) > 0 || links > 0)
}

// costs warns of a link for which the network charges.
func (c *check) costs() {
	if c.in.Payload.Cost <= 0 {
		return
	}
	for _, s := range c.covered {
		c.add(WarnCost, s[0], s[1], fmt.Sprintf("say it without the link if you can: the post will cost %s", c.in.Payload.Cost.Dollars()))
	}
}
