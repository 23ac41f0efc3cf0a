package intake

import (
	"slices"
	"strings"

	"socialwatch"
)

// vanish notes that the network shows a sent reply of ours no longer. The
// customer has no answer then: a case that waited or was resolved is open again,
// and says why a human must act. One that another system owns is moved there.
func (p *plan) vanish(postID string, m *matter) {
	if p.known.OwnGone[postID] || slices.Contains(p.out.OwnGone, postID) {
		return
	}
	p.out.OwnGone = append(p.out.OwnGone, postID)
	if m == nil {
		return
	}
	m.event(socialwatch.EventReplyGone, map[string]any{"post_id": postID})
	if m.External.System != "" || !m.Reopenable(p.now) {
		return
	}
	if m.AskedAt.IsZero() {
		m.AskedAt = p.now
	}
	m.back()
	switch {
	case !m.Escalated:
		m.escalate(socialwatch.EscalationVanished)
	case !strings.Contains(m.Escalation, socialwatch.EscalationVanished):
		m.escalateAlso(socialwatch.EscalationVanished, true)
	}
}
