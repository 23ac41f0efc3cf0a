package intake

import (
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// answer makes the entry of one item: its case grows by it, earlier drafts
// give way, and unless nothing is to be said a new draft is composed and
// checked.
func (p *plan) answer(it *item) {
	m := it.matter
	entry := socialwatch.Entry{Mention: it.mention, Assessment: it.assess}
	if m != nil {
		entry.CaseID = m.ID
		a := p.respond(it)
		why := p.mayNot(it)
		draft := a.Draft
		if why != "" {
			a.Draft = nil
		}
		p.grow(it, a)
		if why != "" && draft != nil {
			m.escalateOnce(why)
		}
		m.remember(it, p.now)
		p.supersede(m, p.why(it), anyReply)
		p.dropDraft(m)
		switch {
		case a.Draft == nil:
		case p.mayBePublic(it):
			m.escalate("the post was edited while a reply to it may be public: settle that reply, then write anew")
		default:
			if entry.Reply = p.compose(it, a); entry.Reply != nil && entry.Reply.Payload.Text == a.Draft.Text {
				entry.Slots = a.Draft.Slots
			}
			m.draft = it
		}
	}
	if redact := p.in.Rules.Redact; redact != nil {
		entry.Mention, entry.Assessment = redact(entry.Mention, entry.Assessment)
	}
	p.out.Entries = append(p.out.Entries, entry)
}

func anyReply(socialwatch.Reply) bool { return true }

func (p *plan) why(it *item) string {
	if it.stored != nil {
		return "the customer edited the post"
	}
	return "the customer added a post"
}

// mayBePublic reports whether a reply to this very post is under way or in
// doubt: then no second one is drafted, the person who settles it decides.
func (p *plan) mayBePublic(it *item) bool {
	return it.stored != nil && slices.ContainsFunc(it.matter.replies, func(r socialwatch.Reply) bool {
		return r.MentionID == it.stored.ID && inDoubt(r)
	})
}

// dropDraft takes back the draft for an earlier item of the same batch.
func (p *plan) dropDraft(m *matter) {
	if m.draft == nil {
		return
	}
	for i := range p.out.Entries {
		if p.out.Entries[i].Mention.ID == m.draft.mention.ID {
			p.out.Entries[i].Reply = nil
		}
	}
	m.draft = nil
}

// respond asks the responder, unless there is nothing to say: only thanks,
// noise in a watched thread, or an edit of what was closed long ago.
func (p *plan) respond(it *item) Answer {
	m := it.matter
	if it.assess.Thanks || it.assess.Ignored != "" || m.State == socialwatch.CaseClosed {
		return Answer{Level: m.Level, DueAt: m.DueAt, Team: m.Team, Why: "nothing to answer"}
	}
	now := latest(asked(it.mention), m.OpenedAt)
	if now.After(p.now) {
		now = p.now
	}
	a := p.in.Rules.Respond(Situation{
		Mention: it.mention, Assessment: it.matterOf(), CaseNumber: m.Number, Given: it.gives(), Earlier: m.earlier(it),
		FollowUp: !m.RespondedAt.IsZero(), Used: p.known.Used[m.ID], Team: m.Team, Incident: p.goesOn(m), Now: now,
	})
	a.DueAt = socialwatch.Micros(a.DueAt)
	if a.Draft == nil && !a.Escalate {
		a.Escalate, a.Escalation = true, "no reply fits: "+a.Why
	}
	return a
}

// grow brings a case up to date with one more or one changed mention.
func (p *plan) grow(it *item, a Answer) {
	m := it.matter
	m.Customer = it.mention.Author
	p.grade(it, a)
	for _, e := range it.assess.Entities {
		if e.Kind == socialwatch.OrderNumber && !slices.Contains(m.Orders, e.Value) {
			m.Orders = append(slices.Clone(m.Orders), e.Value)
			slices.Sort(m.Orders)
		}
	}
	m.Looks, m.LookAt = 0, p.now.Add(p.in.lookAfter(0))
	moved := a.Team != m.Team
	m.Team = a.Team
	switch {
	case it.opens:
		data := map[string]any{"intent": m.Intent, "level": m.Level, "score": m.Score, "due_at": m.DueAt, "team": m.Team}
		if m.Incident != 0 {
			data["incident"] = m.Incident
		}
		m.event(socialwatch.EventCaseOpened, data)
	case it.stored != nil:
		m.event(socialwatch.EventMentionEdited, map[string]any{"post_id": it.mention.ID})
		p.reopen(it)
	default:
		m.event(socialwatch.EventMentionAttached, map[string]any{
			"post_id": it.mention.ID, "kind": it.mention.Kind, "intent": it.assess.Intent})
		p.reopen(it)
	}
	if moved && !it.opens {
		m.event(socialwatch.EventCaseUpdated, map[string]any{"team": m.Team})
	}
	_, gravity := it.assess.Must()
	switch {
	case !a.Escalate:
	case !m.Escalated:
		m.escalate(a.Escalation)
	case gravity > 0 && !strings.Contains(m.Escalation, a.Escalation):
		m.escalateAlso(a.Escalation, gravity >= m.gravity(it))
	}
}

// escalateAlso adds a reason to those of a case, before them when it is first.
func (m *matter) escalateAlso(reason string, first bool) {
	before, behind := m.Escalation, reason
	if first {
		before, behind = reason, m.Escalation
	}
	whole := strings.TrimSuffix(before, ".") + ". " + behind
	m.escalate(reason)
	m.Escalation = whole
}

func (m *matter) escalate(reason string) {
	m.Escalated, m.Escalation = true, reason
	m.event(socialwatch.EventCaseEscalated, map[string]any{"reason": reason})
}

// grade lets a mention raise its case, never lower it: the most urgent word
// of a customer stands.
func (p *plan) grade(it *item, a Answer) {
	m := it.matter
	if it.opens || it.assess.Score > m.Score {
		m.Score = it.assess.Score
		if it.opens || it.assess.Escalate {
			m.Intent = it.matterOf().Intent
		}
	}
	if a.Level != 0 && a.Level < m.Level || it.opens {
		m.Level = max(a.Level, 1)
	}
	if it.opens || m.RespondedAt.IsZero() && a.DueAt.Before(m.DueAt) {
		m.DueAt = a.DueAt
	}
}

// reopen takes a case that waited, was resolved or snoozed back to work; thanks
// alone do not.
func (p *plan) reopen(it *item) {
	m := it.matter
	if it.assess.Thanks || it.assess.Ignored != "" {
		return
	}
	if m.AskedAt.IsZero() {
		m.AskedAt = socialwatch.Micros(asked(it.mention))
		if m.AskedAt.After(p.now) {
			m.AskedAt = p.now
		}
	}
	if !m.SnoozedUntil.IsZero() {
		m.SnoozedUntil = time.Time{}
		m.event(socialwatch.EventCaseWoken, map[string]any{"why": "mention"})
	}
	m.back()
}

// back takes a case that waited or was resolved to work again.
func (m *matter) back() {
	switch m.State {
	case socialwatch.CaseResolved:
		m.State, m.ResolvedAt = socialwatch.CaseOpen, time.Time{}
		m.event(socialwatch.EventCaseReopened, map[string]any{"from": socialwatch.CaseResolved})
	case socialwatch.CaseWaiting:
		m.State = socialwatch.CaseOpen
		m.event(socialwatch.EventCaseState, map[string]any{
			"from": socialwatch.CaseWaiting, "to": socialwatch.CaseOpen})
	}
}

// compose makes the payload and checks it. A draft that can't be composed is
// not lost: the case says so and a person answers.
func (p *plan) compose(it *item, a Answer) *socialwatch.Reply {
	m := it.matter
	payload, err := p.conn.Composer.Compose(*a.Draft)
	if err != nil {
		m.escalate("no reply could be composed: " + err.Error())
		return nil
	}
	r := &socialwatch.Reply{
		State: socialwatch.ReplyAwaiting, Version: 1, Payload: payload, Hash: payload.Hash(),
		Findings: p.in.Rules.Check(Text{Payload: payload, Parent: it.mention, Language: it.assess.Language, Original: a.Draft.Text, Impostor: p.posing(it),
			Said: p.known.Often[payload.Text]}),
		CheckedBy: p.in.Rules.CheckedBy, Author: socialwatch.System,
		CreatedAt: p.now, ExpiresAt: p.now.Add(p.in.expiry()),
	}
	if socialwatch.AnyBlocks(r.Findings) {
		r.State, r.Reason = socialwatch.ReplyBlocked, "the safety check blocks it"
	}
	return r
}

// posing is who poses as us in an item's thread, as stored or in this batch; empty
// when nobody is known to.
func (p *plan) posing(it *item) string {
	m := it.mention
	for _, one := range p.known.Posing {
		if one.RootID == m.RootID && one.AuthorID != m.Author.ID {
			return one.Handle
		}
	}
	for _, other := range p.items {
		if o := other.mention; o.RootID == m.RootID && o.Author.ID != m.Author.ID && other.assess.Has(socialwatch.SignalImpostor) {
			return o.Author.Handle
		}
	}
	return ""
}
