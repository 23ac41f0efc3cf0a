package responder

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// Account is our official data from the configuration.
type Account struct {
	Name         string
	Languages    []string // ISO 639-1, the main one first; empty: any we have templates for
	AllowHosts   []string // hosts a reply may link to: shop.example (also allows www.), *.shop.example
	AllowNumbers []string // telephone numbers a reply may name, in any writing
	Handles      []string // our own and our partners' full addresses, which a reply may name
	// Private is how customers reach us in private: empty for a direct
	// message, a link (its host counts as allowed), else words that are used
	// as they are in every language. {case} stands for the case's number. At
	// most 60 characters.
	Private string
	Room    Room // zero: that of its network
}

// Responder chooses and fills templates. It is immutable and safe for
// concurrent use.
type Responder struct {
	templates *Templates
	safety    Safety
}

// New returns a responder over a loaded set of templates.
func New(t *Templates, safety Safety) *Responder { return &Responder{t, safety} }

// Check is the safety check that the responder was made with.
func (r *Responder) Check(c CheckInput) []socialwatch.Finding { return r.safety.Check(c) }

// SafetyVersion is the version of that check.
func (r *Responder) SafetyVersion() string { return r.safety.Version() }

// Input is all that a response depends on.
type Input struct {
	Mention    socialwatch.Mention
	Assessment socialwatch.Assessment
	CaseNumber string // such as K-1042; empty when there is none
	Account    Account
	Calendar   Calendar
	Targets    Targets            // zero: DefaultTargets
	Now        time.Time          // bounds a post's own time, which may lie in the future
	FollowUp   bool               // the customer has had an answer from us in this case
	Used       []string           // templates already used in this case, by id, with or without the wording
	Given      bool               // the post brings what we asked for, so we thank and ask for no more
	Earlier    []socialwatch.Past // of this case
	Incident   bool               // the case is one of a spike: many report the same
}

// used reports whether a template has answered in this case, in any language.
func (in Input) used(t Template) bool {
	return slices.ContainsFunc(in.Used, func(ref string) bool { return socialwatch.TemplateID(ref) == t.ID })
}

// said reports whether this post or an earlier one of the case has one of the
// signals. Of earlier posts only those count that nobody has answered, unless
// ever is set.
func (in Input) said(ever bool, names ...string) bool {
	return in.Assessment.Has(names...) || slices.ContainsFunc(in.Earlier, func(p socialwatch.Past) bool {
		return (ever || !p.Answered) && p.Assessment.Has(names...)
	})
}

// Response is what we would do about a mention.
type Response struct {
	Draft      *socialwatch.Draft // nil: no reply, Why says so
	Escalate   bool               // a human must act beyond the reply
	Escalation string             // why, one short sentence; empty when Escalate is false
	Level      int                // 1 (most urgent) to 4
	DueAt      time.Time          // first response due, in UTC; counted from the post's own time
	Why        string             // why this template, or why none
}

// Respond decides what to do about a mention. It never fails: where no
// template fits, the response has no draft and says why.
func (r *Responder) Respond(in Input) Response {
	a := in.Assessment
	out := Response{Level: Level(a)}
	from := in.Mention.CreatedAt
	if from.IsZero() || from.After(in.Now) {
		from = in.Now
	}
	out.DueAt = socialwatch.Micros(in.Calendar.Add(from, cmp.Or(in.Targets, DefaultTargets).FirstResponse(out.Level)))
	switch {
	case a.Ignored != "":
		out.Why = "no reply: ignored by the rule " + a.Ignored
		return out
	case in.Mention.Own:
		out.Why = "no reply: the post is our own"
		return out
	case in.said(true, socialwatch.SignalImpostor):
		out.Why = "no reply: an answer would make an impostor look like one of us"
		out.Escalate, out.Escalation = true, musts[socialwatch.SignalImpostor]
		return out
	case in.said(false, socialwatch.SignalSafety):
		out.Why = "no reply: where people are in danger a person must write"
		out.Escalate, out.Escalation = true, musts[socialwatch.SignalSafety]
		return out
	case a.Thanks && in.FollowUp:
		out.Why = "no reply: the customer only says thanks"
		return out
	}
	out.Escalation = escalation(a)
	out.Draft, out.Why = r.draft(in)
	if out.Draft == nil && out.Escalation == "" && a.Intent != socialwatch.Praise {
		out.Escalation = "No template is left for this case: a person must write the reply."
	}
	out.Escalate = out.Escalation != ""
	return out
}

// draft chooses and fills a template; nil with the reason when none fits.
func (r *Responder) draft(in Input) (*socialwatch.Draft, string) {
	language, note := r.language(in)
	values, notes := r.values(in, language)
	if r.asked(in) {
		delete(values, SlotPrivate)
	}
	for _, intent := range intents(in) {
		for _, t := range r.templates.list {
			if t.Intent != intent || t.Language != language || !t.On(in.Mention.Network) || in.used(t) {
				continue
			}
			wording, text, slots, lacks := in.word(t, values)
			if lacks != "" {
				notes += fmt.Sprintf("; %s left out: %s", t.ID, lacks)
				continue
			}
			text, without := r.advise(in, t.Language, text)
			notes += without
			d := &socialwatch.Draft{Account: in.Mention.Account, Parent: in.Mention.Post,
				Quotes: in.Mention.Kind == socialwatch.KindQuote, Text: text, Slots: slots,
				Language: t.Language, Template: t.ref(wording), TemplateV: t.Version}
			return d, fmt.Sprintf("template %s v%d for %s%s%s", d.Template, t.Version, in.Assessment.Intent, note, notes)
		}
	}
	if len(in.Used) > 0 {
		notes += "; used already in this case: " + strings.Join(in.Used, ", ")
	}
	if len(intents(in)) == 0 {
		return nil, "no reply: the customer has asked for a person, who must write"
	}
	return nil, fmt.Sprintf("no reply: no template for %s%s%s", in.Assessment.Intent, note, notes)
}

// word fills the wording of the case, or the next one that the account has room
// for; lacks says why there is none.
func (in Input) word(t Template, values map[string]string) (wording int, text string, slots []socialwatch.Span, lacks string) {
	first := t.wording(in.CaseNumber)
	for i := range t.Wordings {
		wording = (first + i) % len(t.Wordings)
		var missing string
		if text, slots, missing = in.fill(t, wording, values); missing != "" {
			return 0, "", nil, fmt.Sprintf("no value for {{%s}}", missing)
		}
		length, limit := in.Account.Measure(text, in.Mention.Network)
		if length <= limit {
			return wording, text, slots, ""
		}
		lacks = fmt.Sprintf("it counts %d, and the account takes %d", length, limit)
	}
	return 0, "", nil, lacks
}

// fill fills a wording. Who has given what we asked for is not asked to write
// in private, where the wording can do without.
func (in Input) fill(t Template, wording int, values map[string]string) (text string, slots []socialwatch.Span, missing string) {
	if in.Given {
		fewer := maps.Clone(values)
		delete(fewer, SlotPrivate)
		if text, slots, missing = t.fill(wording, fewer); missing != SlotPrivate {
			return text, slots, missing
		}
	}
	return t.fill(wording, values)
}

// intents lists the intents whose templates may answer, best first. Who wants
// a person gets the template that says so, and after an answer only what a
// person writes. Who gives what we asked for, or comes back to a case that is
// about nothing in particular, gets the neutral template. The first answer to
// one of many who report the same says so.
func intents(in Input) []socialwatch.Intent {
	own := in.Assessment.Intent
	human := socialwatch.HumanSignals
	switch {
	case in.Assessment.Has(human...), own != socialwatch.Praise && in.said(false, human...):
		return []socialwatch.Intent{Human}
	case own != socialwatch.Praise && in.said(true, human...):
		return nil
	case in.Given:
		return []socialwatch.Intent{FollowUp}
	case in.FollowUp && (own == socialwatch.Other || own == socialwatch.ServiceComplaint):
		return []socialwatch.Intent{FollowUp}
	case own == socialwatch.Praise:
		return []socialwatch.Intent{own}
	case in.Incident && !in.FollowUp && own != socialwatch.ScamReport:
		return []socialwatch.Intent{Incident, own}
	case in.FollowUp || len(in.Used) > 0:
		return []socialwatch.Intent{own, FollowUp}
	}
	return []socialwatch.Intent{own}
}

// Examine fills each wording of a template with its longest values and checks
// the results as if a customer's public post on a network were answered with
// them: what `check` reports of a template on an account.
func (r *Responder) Examine(t Template, a Account, n socialwatch.Network) []socialwatch.Finding {
	var found []socialwatch.Finding
	for i := range t.Wordings {
		for _, text := range r.templates.longest(t, i, a) {
			p := socialwatch.Payload{Text: text, Network: n, Language: t.Language, Template: t.ref(i), TemplateV: t.Version,
				ParentName: "customer1", Visibility: socialwatch.Public}
			p.Length, p.Limit = a.Measure(text, n)
			for _, f := range r.safety.Check(CheckInput{Payload: p, Account: a, TemplateText: text,
				Parent: socialwatch.Post{Visibility: socialwatch.Public, Language: t.Language, Text: "an example of a customer's words"}}) {
				if !slices.Contains(found, f) {
					found = append(found, f)
				}
			}
		}
	}
	return found
}

// Longest is the most that a template counts on an account, at its longest
// values, and what the account takes.
func (r *Responder) Longest(t Template, a Account, n socialwatch.Network) (length, limit int) {
	for i := range t.Wordings {
		for _, text := range r.templates.longest(t, i, a) {
			l, most := a.Measure(text, n)
			length, limit = max(length, l), most
		}
	}
	return length, limit
}
