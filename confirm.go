package socialwatch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Reasons for which an approval needs a second key (product note, section 2).
const (
	ReasonEdited      = "edited"       // a person has written or changed the text
	ReasonNewTemplate = "new_template" // nobody has approved this version of the template on the account
	ReasonWideReach   = "wide_reach"   // the asker reaches many
	ReasonWarnings    = "warnings"     // the safety check warns of something else
)

// Rules of the safety check that are a reason of their own.
const (
	RuleEdited    = "edited"
	RuleWideReach = "reach"
)

// RuleSameText warns of a text that goes out often.
const RuleSameText = "same_text"

// NewWarning names a rule that warns now and did not before; empty when there is
// none. How often a text went out and how many followers somebody has may change
// without another question.
func NewWarning(before, now []Finding) string {
	for _, f := range now {
		known := slices.ContainsFunc(before, func(old Finding) bool { return old.Rule == f.Rule })
		if !f.Blocks && !known && f.Rule != RuleSameText && f.Rule != RuleWideReach {
			return f.Rule
		}
	}
	return ""
}

// Confirmation is what a person must confirm to approve a reply. The zero value
// asks for nothing: then one key approves.
type Confirmation struct {
	Reasons  []string  `json:"reasons"`  // in the order of the constants above; none: nothing is asked
	Findings []Finding `json:"findings"` // those that warn, as the check ordered them
	// Digest stands for exactly these reasons and findings of exactly this text:
	// Decision.Confirm repeats it. Empty when nothing is asked.
	Digest string `json:"digest"`
}

// Asks reports whether there is something to confirm.
func (c Confirmation) Asks() bool { return len(c.Reasons) > 0 }

// Confirmation says what must be confirmed to publish p for the reply, given what
// the check of p found. It is pure: a warning that comes or goes, an impostor that
// is another, or other words give another digest. How often a text went out and
// how many followers the asker has do not: they change under the person's eyes.
func (rc ReplyContext) Confirmation(p Payload, findings []Finding) Confirmation {
	var c Confirmation
	others, wide := false, false
	for _, f := range findings {
		if f.Blocks {
			continue
		}
		c.Findings = append(c.Findings, f)
		wide = wide || f.Rule == RuleWideReach
		others = others || f.Rule != RuleWideReach && f.Rule != RuleEdited
	}
	for _, one := range []struct {
		name string
		is   bool
	}{
		{ReasonEdited, rc.Original == "" || p.Text != rc.Original},
		{ReasonNewTemplate, rc.NewTemplate},
		{ReasonWideReach, wide},
		{ReasonWarnings, others},
	} {
		if one.is {
			c.Reasons = append(c.Reasons, one.name)
		}
	}
	if c.Asks() {
		c.Digest = rc.digest(p, c)
	}
	return c
}

// digest is SHA-256, in hex, over the payload's hash, the reasons, who poses as
// us, and each warning's rule and words, whatever their order.
func (rc ReplyContext) digest(p Payload, c Confirmation) string {
	found := slices.Clone(c.Findings)
	slices.SortFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Words, b.Words), cmp.Compare(a.Start, b.Start))
	})
	parts := []string{"socialwatch confirmation 1", p.Hash(), rc.Impostor, strings.Join(c.Reasons, " ")}
	for _, f := range found {
		parts = append(parts, f.Rule, f.Words)
	}
	h := sha256.New()
	for _, s := range parts {
		fmt.Fprintf(h, "%d:%s,", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ConfirmError refuses an approval that needs a second key: Decision.Confirm is
// missing, or it confirms another set than what stands now, because a warning has
// come or gone since. Nothing has changed: show the reasons and findings to the
// person, and let them decide again with the digest. It is no ErrConflict.
type ConfirmError struct {
	Confirmation
	Stale bool // something else was confirmed: what is asked has changed since
}

func (e *ConfirmError) Error() string {
	why := slices.Clone(e.Reasons)
	for i, r := range why {
		why[i] = strings.ReplaceAll(r, "_", " ")
		if r != ReasonWarnings {
			continue
		}
		var rules []string
		for _, f := range e.Findings {
			if f.Rule != RuleWideReach && f.Rule != RuleEdited && !slices.Contains(rules, f.Rule) {
				rules = append(rules, f.Rule)
			}
		}
		why[i] += " (" + strings.Join(rules, ", ") + ")"
	}
	text := "confirm this approval: " + strings.Join(why, "; ")
	if e.Stale {
		text = "what you confirmed has changed: look again and " + text
	}
	return text
}

// Checked is a text as it would be published, with what the check finds and what
// approving it would ask.
type Checked struct {
	Payload  Payload
	Findings []Finding
	Confirm  Confirmation
}

// TemplateID is the template's id in what a draft or payload keeps of it:
// incident of incident#3, its third wording.
func TemplateID(ref string) string {
	id, _, _ := strings.Cut(ref, "#")
	return id
}
