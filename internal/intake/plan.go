package intake

import (
	"cmp"
	"slices"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// plan turns news into changes. It does no I/O: ask says what must be read,
// attach uses what was read to choose cases, changes makes the rest.
type plan struct {
	conn     *connectors.Connector
	in       *Intake
	now      time.Time
	news     news
	known    socialwatch.Known
	items    []*item
	gone     []string
	silent   map[string]bool // authors who asked us not to write to them
	cases    []*matter       // those that may change or be joined, stored ones first
	newCases int
	out      socialwatch.Changes
	by       string // who does it; empty: the program
}

// item is one mention that is new or has changed.
type item struct {
	mention socialwatch.Mention
	stored  *socialwatch.Stored // nil when new
	assess  socialwatch.Assessment
	matter  *matter // nil: kept without a case
	opens   bool    // it opened the matter
}

// matter is a case in work.
type matter struct {
	socialwatch.Case
	touched bool
	posts   []socialwatch.Past  // earlier ones that later replies must heed
	replies []socialwatch.Reply // live ones
	draft   *item               // whose reply it gets, if any
	events  []socialwatch.Event
}

func newPlan(c *connectors.Connector, in *Intake, n news) *plan {
	p := &plan{conn: c, in: in, now: socialwatch.Micros(in.Now()), news: n}
	newest := map[string]*item{}
	for _, m := range slices.Concat(n.batch.Mentions, n.batch.Edits) {
		if m.Own {
			continue
		}
		it, seen := newest[m.ID]
		if !seen {
			it = &item{}
			newest[m.ID] = it
			p.items = append(p.items, it)
		}
		if !seen || it.mention.Revision() < m.Revision() {
			it.mention = m
		}
	}
	// A conversation's order is (created_at, id), never arrival.
	slices.SortFunc(p.items, func(a, b *item) int {
		return cmp.Or(a.mention.CreatedAt.Compare(b.mention.CreatedAt), cmp.Compare(a.mention.ID, b.mention.ID))
	})
	return p
}

func (p *plan) ask() socialwatch.Ask {
	ask := socialwatch.Ask{Account: p.conn.Account, Since: p.now.Add(-socialwatch.HistoryTime), Hour: p.now.Add(-time.Hour)}
	posts, authors := map[string]bool{}, map[string]bool{}
	for _, it := range p.items {
		posts[it.mention.ID], posts[it.mention.ParentID], posts[it.mention.RootID] = true, true, true
		authors[it.mention.Author.ID] = true
	}
	for _, post := range p.news.native {
		posts[post.ID], posts[post.ParentID], posts[post.RootID] = true, true, true
	}
	for _, id := range p.news.batch.Deletions {
		posts[id] = true
	}
	delete(posts, "")
	ask.PostIDs, ask.Authors = sorted(posts), sorted(authors)
	return ask
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

// attach drops what is known already, assesses the rest and chooses cases.
func (p *plan) attach(known socialwatch.Known) {
	p.knows(known)
	todo := p.items
	p.items = nil
	earlier := map[string]int{}
	for _, it := range todo {
		if stored, ok := known.Mentions[it.mention.ID]; ok {
			// A post that names two of our accounts is a mention of the one
			// that read it first.
			if stored.Gone || stored.Account != p.conn.Account || stored.Revision == it.mention.Revision() {
				continue
			}
			// Pushes may overtake each other; what is fetched is the newest.
			if len(p.news.taken) > 0 && it.mention.Revision() < stored.Revision {
				continue
			}
			it.stored = &stored
		}
		author := it.mention.Author.ID
		h := socialwatch.History{Earlier: known.Earlier[author] + earlier[author]}
		open := p.openCase(author)
		h.OpenCase = open != nil
		if it.stored != nil { // its own earlier version is no history
			h.Earlier = max(h.Earlier-1, 0)
			h.OpenCase = h.OpenCase && open.ID != it.stored.CaseID
		}
		it.assess = p.in.Rules.Assess(it.mention, h)
		earlier[author]++
		if p.choose(it) {
			p.items = append(p.items, it)
		}
	}
	p.attachNative()
	p.attachGone()
	p.heedOptOuts()
}

// knows takes what was read.
func (p *plan) knows(known socialwatch.Known) {
	p.known = known
	for _, c := range known.Cases {
		p.cases = append(p.cases, &matter{Case: c, posts: slices.Clone(known.Posts[c.ID]), replies: repliesOf(known.Replies, c.ID)})
	}
}

func repliesOf(all []socialwatch.Reply, caseID int64) []socialwatch.Reply {
	var own []socialwatch.Reply
	for _, r := range all {
		if r.CaseID == caseID {
			own = append(own, r)
		}
	}
	return own
}

// changes makes what Save stores. refs are the numbers of the new cases.
func (p *plan) changes(refs []socialwatch.CaseRef) socialwatch.Changes {
	b := p.news.batch
	p.out.Account, p.out.Version, p.out.Cursor, p.out.At = p.conn.Account, p.known.Version, b.Cursor, p.now
	p.out.Aside, p.out.Gaps, p.out.Gone, p.out.Taken = b.SetAside, b.Gaps, p.gone, p.news.taken
	for _, m := range p.cases {
		if m.ID == 0 {
			m.ID, m.Number, refs = refs[0].ID, refs[0].Number, refs[1:]
		}
	}
	for _, it := range p.items {
		p.answer(it)
	}
	p.finish()
	slices.SortFunc(p.out.Entries, func(a, b socialwatch.Entry) int {
		return cmp.Compare(a.Mention.ID, b.Mention.ID)
	})
	return p.out
}

// finish turns the matters that were touched into case rows, moves and events.
func (p *plan) finish() {
	for _, m := range p.cases {
		if !m.touched {
			continue
		}
		m.UpdatedAt = p.now
		for i := range m.events {
			e := &m.events[i]
			e.CaseID, e.CaseVersion, e.Actor, e.At = m.ID, m.Version+1, cmp.Or(p.by, socialwatch.System), p.now
		}
		p.out.Cases = append(p.out.Cases, m.Case)
		p.out.Events = append(p.out.Events, m.events...)
	}
}

func (m *matter) event(kind string, data map[string]any) {
	m.touched = true
	m.events = append(m.events, socialwatch.Event{Kind: kind, Data: data})
}

// supersede ends the case's live replies for which it is not too late. A
// reply that may be public already is left to reconciliation; the event tells
// its approver.
func (p *plan) supersede(m *matter, reason string, which func(socialwatch.Reply) bool) bool {
	some := false
	left := m.replies[:0:0]
	for _, r := range m.replies {
		switch {
		case !which(r):
			left = append(left, r)
		case r.State.May(socialwatch.ReplySuperseded):
			p.out.Moves = append(p.out.Moves, socialwatch.ReplyMove{
				ReplyID: r.ID, To: socialwatch.ReplySuperseded, Reason: reason})
			some = true
		default:
			m.event(socialwatch.EventThreadMoved, map[string]any{"reply_id": r.ID, "why": reason})
			left = append(left, r)
		}
	}
	m.replies = left
	m.touched = m.touched || some
	return some
}
