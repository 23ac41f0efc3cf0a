package simulator

import (
	"maps"
	"slices"
	"time"
)

// Published is a status as it was posted, for audit; deleted ones count.
type Published struct {
	ID             string    `json:"id"`
	Author         string    `json:"author"`
	ParentID       string    `json:"parent_id,omitempty"`
	Text           string    `json:"text"` // of the newest version
	Spoiler        string    `json:"spoiler_text,omitempty"`
	Visibility     string    `json:"visibility"`
	Language       string    `json:"language,omitempty"`
	Mentions       []string  `json:"mentions"`
	IdempotencyKey string    `json:"idempotency_key,omitempty"`
	PostedAt       time.Time `json:"posted_at"`
	Edits          int       `json:"edits"`
	Deleted        bool      `json:"deleted"`
}

// Published lists all that an account ever posted, in the order of posting;
// with a parent only its replies under that status. An account that does not
// exist has posted nothing.
func (m *Mastodon) Published(acct, parentID string) []Published {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []Published{}
	a := m.find(acct)
	if a == nil {
		return list
	}
	var under *status
	if under = m.statuses[parentID]; parentID != "" && under == nil {
		return list
	}
	for _, s := range a.posts {
		if under == nil || slices.Contains(under.children, s) {
			list = append(list, s.published())
		}
	}
	return list
}

func (s *status) published() Published {
	p := Published{
		ID: s.id, Author: s.author.acct(), ParentID: s.parentID, Text: s.current().text, Spoiler: s.current().spoiler,
		Visibility: s.visibility, Language: s.language, Mentions: []string{}, IdempotencyKey: s.key,
		PostedAt: s.posted, Edits: len(s.versions) - 1, Deleted: s.deleted,
	}
	for _, a := range s.mentions {
		p.Mentions = append(p.Mentions, a.acct())
	}
	return p
}

// Addressed is a status that notified an account, or would have if the
// notification were visible.
type Addressed struct {
	StatusID       string    `json:"status_id"`
	NotificationID string    `json:"notification_id"`
	Type           string    `json:"type"`
	Author         string    `json:"author"`
	PostedAt       time.Time `json:"posted_at"`
	Listed         bool      `json:"listed"`   // readable now, filtered ones included
	Filtered       bool      `json:"filtered"` // listed only with include_filtered
	Served         bool      `json:"served"`   // was in an answer or a frame to the account
	Deleted        bool      `json:"deleted"`
	Odd            bool      `json:"odd"` // its notification is told with an empty timestamp
}

// Addressed lists the mentions and quotes of an account in the order of their
// notifications.
func (m *Mastodon) Addressed(acct string) []Addressed {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addressed(m.find(acct))
}

func (m *Mastodon) addressed(a *account) []Addressed {
	list := []Addressed{}
	if a == nil {
		return list
	}
	for _, n := range a.notes {
		if n.status == nil {
			continue
		}
		list = append(list, Addressed{
			StatusID: n.status.id, NotificationID: n.id, Type: n.kind, Author: n.from.acct(),
			PostedAt: n.status.posted, Listed: n.listed(), Filtered: n.filtered, Served: n.status.told[a],
			Deleted: n.status.deleted, Odd: n.status.odd,
		})
	}
	return list
}

// Truth is what a watcher of an account must and may have stored, by status
// id, in the order of notifications. A status stands in one list only.
type Truth struct {
	Must []string `json:"must"` // readable now: one that is not stored is lost
	May  []string `json:"may"`  // were told to the account, then deleted or hidden
	// Never were not told and are not readable: deleted, muted or held before
	// anyone looked.
	Never []string `json:"never"`
	// Unaddressed are readable posts of others in threads below the above that
	// do not mention the account: follow-ups without the handle.
	Unaddressed []string `json:"unaddressed"`
}

// Truth tells what a watcher of the account must and may know by now.
func (m *Mastodon) Truth(acct string) Truth {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := Truth{Must: []string{}, May: []string{}, Never: []string{}, Unaddressed: []string{}}
	a := m.find(acct)
	if a == nil {
		return t
	}
	known := map[string]bool{}
	rank := map[string]int{}
	var ids []string
	for _, n := range m.addressed(a) {
		if !known[n.StatusID] {
			known[n.StatusID] = true
			ids = append(ids, n.StatusID)
		}
		switch {
		case n.Listed:
			rank[n.StatusID] = 2
		case n.Served:
			rank[n.StatusID] = max(rank[n.StatusID], 1)
		}
	}
	for _, id := range ids {
		list := []*[]string{&t.Never, &t.May, &t.Must}[rank[id]]
		*list = append(*list, id)
	}
	for _, s := range m.order {
		if !known[s.id] && s.author != a && s.visibleTo(a) && s.under(known) {
			t.Unaddressed = append(t.Unaddressed, s.id)
		}
	}
	return t
}

// under reports whether one of the statuses stands above this one.
func (s *status) under(ids map[string]bool) bool {
	for p := s.parent; p != nil; p = p.parent {
		if ids[p.id] {
			return true
		}
	}
	return false
}

// Ancestors are the ids of the posts above one, nearest first.
func (m *Mastodon) Ancestors(id string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	if s := m.statuses[id]; s != nil {
		for p := s.parent; p != nil; p = p.parent {
			ids = append(ids, p.id)
		}
	}
	return ids
}

// Mentions reports whether a status addresses the account.
func (m *Mastodon) Mentions(id, acct string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, a := m.statuses[id], m.find(acct)
	return s != nil && a != nil && slices.Contains(s.mentions, a)
}

// Requests counts the requests of the client API by route, such as
// "GET /api/v1/notifications" or "GET /api/v1/statuses/{id}"; "/" counts
// those to no known route.
func (m *Mastodon) Requests() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.requests)
}
