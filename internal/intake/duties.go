package intake

import (
	"maps"
	"strings"

	"socialwatch"
)

// Why nothing is drafted, in the words of a case's escalation.
const (
	askedForSilence = "The customer asked us not to write to them: no reply is drafted, and who must answer does so in the network's own app."
	answeredOnce    = "The post was edited after our answer, and the network allows one reply to a post: who must say more does so in its own app."
)

// heedOptOuts takes back what was to be said to authors who asked us not to
// write to them, in this batch or before. Their cases stay, and say why.
func (p *plan) heedOptOuts() {
	p.silent = maps.Clone(p.known.OptedOut)
	if p.silent == nil {
		p.silent = map[string]bool{}
	}
	for _, it := range p.items {
		if it.assess.Has(socialwatch.SignalOptOut) {
			p.silent[it.mention.Author.ID] = true
		}
	}
	for _, m := range p.cases {
		// What may be public already is left to those who settle it.
		some := p.supersede(m, "the customer asked us not to write to them", func(r socialwatch.Reply) bool {
			return p.silent[r.Payload.ParentBy] && r.State.May(socialwatch.ReplySuperseded)
		})
		if some {
			m.escalateOnce(askedForSilence)
		}
	}
}

// mayNot says why the program drafts nothing to a post, empty when it may.
func (p *plan) mayNot(it *item) string {
	switch {
	case p.silent[it.mention.Author.ID]:
		return askedForSilence
	case p.conn.OneReply && it.stored != nil && it.stored.Answered:
		return answeredOnce
	}
	return ""
}

// escalateOnce escalates a case for one more reason, unless it has it.
func (m *matter) escalateOnce(reason string) {
	switch {
	case !m.Escalated:
		m.escalate(reason)
	case !strings.Contains(m.Escalation, reason):
		m.escalateAlso(reason, false)
	}
}
