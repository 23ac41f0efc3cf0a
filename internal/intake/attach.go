package intake

import (
	"slices"
	"time"

	"socialwatch"
)

// choose finds the case that an item belongs to, or opens one, by the rules
// of the product note, section 4. It reports false for a post that is only
// context: somebody else's in a thread we watch, who does not pose as us.
func (p *plan) choose(it *item) bool {
	m := it.mention
	if it.stored != nil && it.stored.CaseID != 0 {
		it.matter = p.byID(it.stored.CaseID)
		return true
	}
	quoted, ended := p.quoted(it)
	inThread, closed := p.byThread(m)
	if closed == nil {
		closed = ended
	}
	if m.Kind == socialwatch.KindFollowUp && quoted == nil && inThread == nil && closed == nil && !it.assess.Has(socialwatch.SignalImpostor) {
		return false
	}
	// What an account held when it was connected is not answered after a week.
	tooOld := p.news.first && it.stored == nil && p.now.Sub(asked(m)) > socialwatch.HistoryTime
	switch {
	case quoted != nil: // said in so many words, under whichever post
		it.matter = quoted
	case inThread != nil:
		it.matter = inThread
	case it.assess.Ignored != "":
		return true
	case p.recent(it) != nil:
		it.matter = p.recent(it)
	case tooOld:
		it.assess.Ignored = "older_than_7_days"
	default:
		it.matter = p.open(it, closed)
		it.opens = true
		it.matter.Incident = p.incident(it)
	}
	return true
}

// asked is when the customer said it, as far as the network tells.
func asked(m socialwatch.Mention) time.Time {
	if m.EditedAt.After(m.CreatedAt) {
		return m.EditedAt
	}
	return m.CreatedAt
}

func (p *plan) open(it *item, follows *matter) *matter {
	m := it.mention
	opened := socialwatch.Micros(asked(m))
	if opened.After(p.now) {
		opened = p.now // a network's clock ahead of ours
	}
	c := socialwatch.Case{
		Account: p.conn.Account, Network: m.Network, Host: m.Host, Customer: m.Author,
		State: socialwatch.CaseNew, Level: 4, Intent: it.assess.Intent, Score: it.assess.Score,
		OpenedAt: opened, DueAt: opened, AskedAt: opened,
	}
	if follows != nil {
		c.Linked = follows.ID
	}
	mt := &matter{Case: c}
	p.cases = append(p.cases, mt)
	p.newCases++
	return mt
}

// incident is the one that goes on and that a new case belongs to; 0: none.
func (p *plan) incident(it *item) int64 {
	if fits := p.in.Rules.Fits; fits != nil {
		for _, i := range p.known.Incidents {
			if fits(i, it.assess) {
				return i.ID
			}
		}
	}
	return 0
}

// goesOn reports whether a case is one of an incident that goes on.
func (p *plan) goesOn(m *matter) bool {
	return slices.ContainsFunc(p.known.Incidents, func(i socialwatch.Incident) bool { return m.Incident != 0 && i.ID == m.Incident })
}

// byThread finds the case whose thread the post stands in, if the post is of
// that case's customer; closed is that case when it can't be reopened.
func (p *plan) byThread(m socialwatch.Mention) (live, closed *matter) {
	for _, id := range []string{m.ParentID, m.RootID} {
		caseID := p.known.OwnPosts[id]
		if stored, ok := p.known.Mentions[id]; ok {
			caseID = stored.CaseID
		} else if mt := p.inBatch(id); mt != nil && mt.Customer.ID == m.Author.ID {
			return mt, nil
		}
		mt := p.byID(caseID)
		if mt == nil || mt.Customer.ID != m.Author.ID {
			continue
		}
		if mt.Reopenable(p.now) {
			return mt, nil
		}
		closed = mt
	}
	return nil, closed
}

func (p *plan) inBatch(postID string) *matter {
	for _, it := range p.items {
		if it.mention.ID == postID {
			return it.matter
		}
	}
	return nil
}

// byID finds a case and follows merges to the survivor.
func (p *plan) byID(id int64) *matter {
	for range len(p.cases) {
		i := slices.IndexFunc(p.cases, func(m *matter) bool { return m.ID == id && id != 0 })
		if i < 0 {
			return nil
		}
		if p.cases[i].State != socialwatch.CaseMerged {
			return p.cases[i]
		}
		id = p.cases[i].MergedInto
	}
	return nil
}

// openCase is the newest case of an author that a new post could join.
func (p *plan) openCase(author string) *matter {
	var newest *matter
	for _, m := range p.cases {
		if m.Customer.ID == author && m.Reopenable(p.now) &&
			(newest == nil || !m.OpenedAt.Before(newest.OpenedAt)) {
			newest = m
		}
	}
	return newest
}

// quoted finds the customer's own case whose number stands in the text; closed is
// that case when it can't be reopened. The number of a merged case is that of its
// survivor.
func (p *plan) quoted(it *item) (live, closed *matter) {
	for _, e := range it.assess.Entities {
		if e.Kind != socialwatch.CaseNumber {
			continue
		}
		for _, m := range p.cases {
			if m.Number != e.Value || m.Customer.ID != it.mention.Author.ID {
				continue
			}
			if live = p.byID(m.ID); live != nil && live.Reopenable(p.now) {
				return live, nil
			}
			closed = live
		}
	}
	return nil, closed
}

// recent finds the author's open case about which they or people of ours did
// something in the last seven days: the one with the same order number, else the
// newest. What the program does by the clock makes no case young.
func (p *plan) recent(it *item) *matter {
	var newest *matter
	for _, m := range p.cases {
		if m.Customer.ID != it.mention.Author.ID || !m.Reopenable(p.now) ||
			p.now.Sub(latest(p.known.Active[m.ID], m.OpenedAt)) > socialwatch.HistoryTime {
			continue
		}
		for _, e := range it.assess.Entities {
			if e.Kind == socialwatch.OrderNumber && slices.Contains(m.Orders, e.Value) {
				return m
			}
		}
		if newest == nil || m.OpenedAt.After(newest.OpenedAt) {
			newest = m
		}
	}
	return newest
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// attachNative notes answers that our people gave in the network's own app:
// they retire drafts written before them and count as the first response. A
// draft of ours for the very post that is answered is retired also when it is
// younger: a restored backup reads posts again that were answered since.
func (p *plan) attachNative() {
	for _, post := range p.news.native {
		if _, ours := p.known.OwnPosts[post.ID]; ours {
			continue
		}
		m := p.answered(post)
		if m == nil || slices.ContainsFunc(m.replies, lookedFor) {
			continue // it may be the reply whose answer was lost: reconciliation tells
		}
		some := p.supersede(m, "answered natively", func(r socialwatch.Reply) bool {
			answers := r.Payload.ParentID == post.ParentID
			return r.CreatedAt.Before(post.CreatedAt) || answers && p.conn.OneReply ||
				answers && r.Author == socialwatch.System && post.CreatedAt.After(p.said(post.ParentID))
		})
		parent, stored := p.known.Mentions[post.ParentID]
		news := p.conn.OneReply && stored && !parent.Answered // to be known before the next reply to it
		owed := !m.AskedAt.IsZero() && !post.CreatedAt.Before(m.AskedAt)
		if some || news || owed || m.RespondedAt.IsZero() {
			if owed {
				m.AskedAt = time.Time{}
			}
			if m.RespondedAt.IsZero() {
				m.RespondedAt = socialwatch.Micros(post.CreatedAt)
			}
			if m.State == socialwatch.CaseNew {
				m.State = socialwatch.CaseOpen
			}
			m.event(socialwatch.EventCaseResponded, map[string]any{
				"how": socialwatch.RespondedNatively, "post_id": post.ID, "parent_id": post.ParentID, "url": post.URL})
		}
	}
}

// said is when the newest version of a post that was read was said, and zero
// for one that was not.
func (p *plan) said(postID string) time.Time {
	var at time.Time
	for _, m := range slices.Concat(p.news.batch.Mentions, p.news.batch.Edits) {
		if m.ID == postID {
			at = latest(at, asked(m))
		}
	}
	return at
}

func inDoubt(r socialwatch.Reply) bool {
	return r.State == socialwatch.ReplySending || r.State == socialwatch.ReplyUnknown
}

// lookedFor reports whether a post of ours may be r. Once looks have not found it, and
// it is to go again, another post of ours keeps it from that.
func lookedFor(r socialwatch.Reply) bool {
	return inDoubt(r) && (r.RetryAt.IsZero() || r.Moved != "")
}

// answered is the case whose customer's post a post of ours answers, at once
// or under an answer of ours. What we say to somebody else in the thread
// answers nobody's case.
func (p *plan) answered(post socialwatch.Post) *matter {
	if stored, ok := p.known.Mentions[post.ParentID]; ok {
		return p.byID(stored.CaseID)
	}
	if caseID, ok := p.known.OwnPosts[post.ParentID]; ok {
		return p.byID(caseID)
	}
	return p.inBatch(post.ParentID)
}

// attachGone notes posts that we may no longer see and retires what would
// answer them.
func (p *plan) attachGone() {
	for _, id := range p.news.batch.Deletions {
		if caseID, ours := p.known.OwnPosts[id]; ours {
			p.vanish(id, p.byID(caseID))
			continue
		}
		stored, ok := p.known.Mentions[id]
		if !ok || stored.Gone || slices.Contains(p.gone, id) {
			continue
		}
		p.gone = append(p.gone, id)
		if m := p.byID(stored.CaseID); m != nil {
			m.event(socialwatch.EventMentionGone, map[string]any{"post_id": id})
			p.supersede(m, "the post is gone", func(r socialwatch.Reply) bool {
				return r.MentionID == stored.ID
			})
		}
	}
	slices.Sort(p.gone)
}
