package console

import (
	"cmp"
	"slices"
	"strings"

	"socialwatch"
	"socialwatch/internal/store"
)

// thread is the conversation in order: their posts, and what we published.
func (c *Console) thread(theirs []store.MentionRow, replies []socialwatch.Reply, current int64) []postView {
	var all []postView
	for _, m := range theirs {
		all = append(all, postView{Current: m.ID == current, Gone: !m.GoneAt.IsZero(), Who: who(m.Mention.Author.Handle),
			Lang: tongue(cmp.Or(m.Assessment.Language, m.Mention.Language)), URL: link(m.Mention.URL), At: c.moment(m.Mention.CreatedAt),
			Text: marked(m), Chips: postChips(m), at: m.Mention.CreatedAt, mention: m.ID})
	}
	for _, rp := range replies {
		if rp.State == socialwatch.ReplySent {
			all = append(all, postView{Ours: true, Who: "@" + c.handle(rp.Payload.Account), Lang: tongue(rp.Payload.Language), URL: link(rp.PostURL),
				At: c.moment(rp.SentAt), reply: rp.ID, Text: []piece{{Text: rp.Payload.Whole()}}, Chips: []chip{{"good", say("chip.ours")}}, at: rp.SentAt})
		}
	}
	slices.SortStableFunc(all, func(a, b postView) int { return a.at.Compare(b.at) })
	return all
}

// who is the author of a post; the handle of one that is gone is erased.
func who(handle string) string {
	if handle == "" {
		return say("author.gone")
	}
	return "@" + handle
}

func (c *Console) history(events []socialwatch.Event) []eventView {
	var out []eventView
	for _, e := range events {
		v := eventView{At: c.moment(e.At), Text: c.eventText(e)}
		if e.Actor != socialwatch.System {
			v.Who = say("event.by", e.Actor)
		}
		out = append(out, v)
	}
	return out
}

// eventText says what happened.
func (c *Console) eventText(e socialwatch.Event) string {
	text := label("event", e.Kind)
	if to, ok := e.Data["to"].(string); ok && e.Kind == socialwatch.EventCaseState {
		text += ": " + label("case", to)
	}
	if what, ok := e.Data["waits_for"].(string); ok {
		text += " " + label("waits", what)
	}
	if team, ok := e.Data["team"].(string); ok && e.Kind == socialwatch.EventCaseUpdated {
		text += ": " + say("team") + " " + team
	}
	if e.Kind == store.EventCorrected {
		text += ": " + correctedText(e)
	}
	if e.Kind == socialwatch.EventCaseLookedUp {
		text += ": " + lookedUpText(e)
	}
	if work := c.workText(e); work != "" {
		text += ": " + work
	}
	if why, ok := e.Data["reason"].(string); ok && why != "" {
		text += ": " + reasonText(why)
	}
	if n, ok := e.Data["version"].(float64); ok && strings.HasPrefix(e.Kind, "reply.") && n > 1 {
		text += " " + say("event.version", int(n))
	}
	return text
}
