package console

import (
	"cmp"
	"slices"

	"socialwatch"
	"socialwatch/internal/store"
)

// ours fills in the exact text that will be public.
func (c *Console) ours(v *cardView, card store.Card) {
	rp := card.Reply
	pl := rp.Payload
	v.Prefix, v.Reply, v.ReplyWarning = pl.Prefix, pl.Text, pl.Warning
	v.ReplyLang, v.Language, v.Visibility = tongue(pl.Language), language(pl.Language), label("visibility", string(pl.Visibility))
	v.Length, v.TooLong = say("length", pl.Length, pl.Limit), pl.Limit > 0 && pl.Length > pl.Limit
	v.Cost = cost(pl)
	if c.o.Gloss != nil && pl.Template != "" && pl.Language != say("page.lang") {
		v.Gloss = c.o.Gloss(pl.Template, pl.Language)
	}
	v.Template, v.OursTitle = templateName(pl), c.oursTitle(rp)
	v.Findings = findings(rp.Findings)
	v.Passed, v.PassedText = passed(rp.Findings)
	if rp.Author != socialwatch.System {
		v.Author = say("by", rp.Author)
	}
	if rp.State == socialwatch.ReplyAwaiting && !rp.ExpiresAt.IsZero() {
		v.Expires = c.at(rp.ExpiresAt)
	}
	c.versions(v, card)
}

// cost is what sending takes, empty where the network charges nothing.
func cost(pl socialwatch.Payload) string {
	if pl.Cost == 0 {
		return ""
	}
	return say("cost", pl.Cost.Dollars())
}

// badge says how far a text is what its template filled in.
func badge(rp socialwatch.Reply) string {
	switch e := rp.Edit; {
	case e.Kind == socialwatch.EditSlots:
		return say("badge.slots")
	case e.Kind == socialwatch.EditWords:
		return say("badge.edited", e.Added, e.Removed)
	case e.Kind == socialwatch.EditWritten || rp.Payload.Template == "":
		return say("badge.hand")
	case e.Kind == "" && rp.Version > 1: // stored before it was known
		return say("badge.words")
	}
	return say("badge.same")
}

// versions compares the text with the first version, word by word.
func (c *Console) versions(v *cardView, card store.Card) {
	v.EditBadge, v.SelfApproved = badge(card.Reply), card.Reply.SelfApproved
	if len(card.Versions) < 2 {
		return
	}
	v.Diff = c.o.Diff(card.Versions[0].Payload.Text, card.Reply.Payload.Text)
	v.DiffTitle, v.DiffOpen = say("versions.title", card.Reply.Version), v.Open
}

func templateName(pl socialwatch.Payload) string {
	if pl.Template == "" {
		return say("template.hand")
	}
	return say("template", pl.Template, pl.TemplateV)
}

func (c *Console) oursTitle(rp socialwatch.Reply) string {
	as := c.handle(rp.Payload.Account)
	switch {
	case rp.State == socialwatch.ReplySent:
		return say("ours.sent", as)
	case rp.State.Final() || rp.State == socialwatch.ReplyFailed || rp.State == socialwatch.ReplyUnknown:
		return say("ours.draft", as)
	}
	return say("ours."+string(rp.Payload.Visibility), as)
}

// handle is what an account is called on its network.
func (c *Console) handle(account string) string { return cmp.Or(c.o.Handles[account], account) }

// checks are the rules that every reply is held against, by their names in the
// catalogue: those that block, then those that warn.
var checks = []string{"contact", "order_number", "card_number", "asks_secret", "asks_personal", "link_host", "link_lookalike", "promise",
	"mentions_other", "too_long", "unfilled", "hidden", "visibility", "not_answerable", "second_reply",
	"edited", "same_text", "language", "tone", "liability", "promotion", "costly_link", "reach", "impostor", "media_only"}

// passed are the checks that found nothing, and a line that says how many.
func passed(found []socialwatch.Finding) (names []string, line string) {
	for _, rule := range checks {
		if !slices.ContainsFunc(found, func(f socialwatch.Finding) bool { return f.Rule == rule }) {
			names = append(names, say("check."+rule))
		}
	}
	if len(names) == len(checks) {
		return names, say("passed")
	}
	return names, say("passed.of", len(names), len(checks))
}

func findings(all []socialwatch.Finding) findingsView {
	var v findingsView
	for _, f := range all {
		v.Rows = append(v.Rows, findingView{f.Blocks, label("rule", f.Rule), f.Words, told(f.Mend)})
	}
	return v
}
