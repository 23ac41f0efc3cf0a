package intake

import (
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// matterOf is the assessment that a reply is chosen by: a follow-up without a
// matter of its own ("still nothing", "DM sent") is answered for what the case
// is about. Praise for an answer of ours stands for itself.
func (it *item) matterOf() socialwatch.Assessment {
	a, about := it.assess, it.matter.Intent
	thanked := a.Intent == socialwatch.Praise && !a.Escalate && !it.matter.RespondedAt.IsZero()
	if !it.opens && !thanked && weight(a.Intent) < weight(about) {
		a.Intent = about
	}
	return a
}

// weight ranks intents by how much of a matter they are.
func weight(i socialwatch.Intent) int {
	switch i {
	case socialwatch.Praise, socialwatch.Other:
		return 0
	case socialwatch.Question, socialwatch.ServiceComplaint:
		return 1
	}
	return 2
}

// gives reports whether a follow-up brings what we ask customers for: word of
// a direct message, or details that the case does not have, without another
// matter that needs words of its own.
func (it *item) gives() bool {
	a := it.assess
	switch {
	case it.opens || it.stored != nil:
		return false
	case slices.ContainsFunc(a.Signals, func(s socialwatch.Signal) bool { return strings.HasSuffix(s.Name, ".dm_sent") }):
		return true
	case it.matterOf().Intent != it.matter.Intent:
		return false
	}
	return slices.ContainsFunc(a.Entities, func(e socialwatch.Entity) bool {
		switch e.Kind {
		case socialwatch.OrderNumber:
			return !slices.Contains(it.matter.Orders, e.Value)
		case socialwatch.TrackingNumber, socialwatch.Phone, socialwatch.Email, socialwatch.Address:
			return true
		}
		return false
	})
}

// earlier lists the case's other posts that a reply to this one must heed.
func (m *matter) earlier(it *item) []socialwatch.Past {
	var list []socialwatch.Past
	for _, p := range m.posts {
		if p.PostID != it.mention.ID {
			p.Answered = p.Answered || !m.RespondedAt.Before(p.At)
			list = append(list, p)
		}
	}
	return list
}

// remember keeps a post for the replies to those that follow it.
func (m *matter) remember(it *item, now time.Time) {
	m.posts = slices.DeleteFunc(m.posts, func(p socialwatch.Past) bool { return p.PostID == it.mention.ID })
	m.posts = append(m.posts, socialwatch.Past{PostID: it.mention.ID, At: now, Visibility: it.mention.Visibility, Assessment: it.assess})
}

// gravity is that of the gravest signal of the case's other posts by which a
// human must act.
func (m *matter) gravity(it *item) int {
	most := 0
	for _, p := range m.earlier(it) {
		_, g := p.Assessment.Must()
		most = max(most, g)
	}
	return most
}
