package simulator

import (
	"slices"
	"strings"
	"time"
)

// account is a person or shop, local or of another server.
type account struct {
	id, username, domain string // domain is empty for local accounts
	created              time.Time
	suspended, bot       bool
	mutes, blocks        map[*account]bool
	follows              map[*account]bool
	filters, drops       map[*account]bool // of notifications, by author
	policy               Policy
	notes                []*notification // in the order of ids
	posts                []*status       // own, in the order of posting
}

func (a *account) local() bool { return a.domain == "" }

func (a *account) acct() string {
	if a.local() {
		return a.username
	}
	return a.username + "@" + a.domain
}

// separated reports whether a block stands between the two.
func (a *account) separated(b *account) bool { return a.blocks[b] || b.blocks[a] }

// token is a bearer token of a local account.
type token struct {
	text   string
	owner  *account
	scopes []string
}

// allows reports whether the token has the scope, or its wider form ("read"
// for "read:statuses").
func (t *token) allows(scope string) bool {
	wide, _, _ := strings.Cut(scope, ":")
	return slices.Contains(t.scopes, scope) || slices.Contains(t.scopes, wide)
}

// version is one text of a status.
type version struct {
	text, spoiler, html string
	at                  time.Time
}

// status is one post with all its versions.
type status struct {
	id         string
	author     *account
	parent     *status
	parentID   string // as told to clients; kept when the parent is gone
	quoted     *status
	children   []*status
	versions   []version // oldest first, never empty
	visibility string
	language   string
	mentions   []*account
	explicit   []string // handles addressed beside those in the text
	media      []string // descriptions of attachments
	created    time.Time
	posted     time.Time // when the server took it
	deleted    bool
	told       map[*account]bool // was in an answer or a frame to them
	odd        bool              // told in notifications with an empty timestamp
	key        string
}

func (s *status) current() version { return s.versions[len(s.versions)-1] }

func (s *status) replies() int {
	n := 0
	for _, c := range s.children {
		if !c.deleted {
			n++
		}
	}
	return n
}

func (s *status) edited() bool { return len(s.versions) > 1 }

// visibleTo reports whether the viewer (nil for nobody in particular) may
// read the status.
func (s *status) visibleTo(viewer *account) bool {
	if s.deleted || s.author.suspended {
		return false
	}
	if viewer == nil {
		return s.visibility == "public" || s.visibility == "unlisted"
	}
	if viewer == s.author {
		return true
	}
	if s.author.separated(viewer) {
		return false
	}
	switch s.visibility {
	case "direct":
		return slices.Contains(s.mentions, viewer)
	case "private":
		return slices.Contains(s.mentions, viewer) || viewer.follows[s.author]
	}
	return true
}

// notification tells its owner of a status, or (follow) of an account.
type notification struct {
	id       string
	kind     string
	owner    *account
	from     *account
	status   *status // nil for follow
	created  time.Time
	held     bool // drawn but not committed yet
	filtered bool
}

// listed reports whether the notification stands in the owner's list now.
// A mute or block by the owner hides it; lifting that brings it back at its
// old place, below newer ones.
func (n *notification) listed() bool {
	if n.held || n.owner.mutes[n.from] || n.from.suspended || n.owner.separated(n.from) {
		return false
	}
	return n.status == nil || !n.status.deleted
}

// keyEntry remembers the answer to an Idempotency-Key.
type keyEntry struct {
	status *status
	at     time.Time
}

// keyLife is how long Mastodon keeps idempotency keys.
const keyLife = time.Hour

// window counts requests for the rate limit.
type window struct {
	used int
	ends time.Time
}

// find returns the account of a handle, with or without "@" in front; a
// handle with the server's own domain is a local one. The caller holds mu.
func (m *Mastodon) find(handle string) *account {
	handle = strings.ToLower(strings.TrimPrefix(handle, "@"))
	handle = strings.TrimSuffix(handle, "@"+m.opt.Domain)
	return m.byAcct[handle]
}

// resolve returns the account that a handle in a post by author addresses, or
// nil. A bare handle is one on the author's own server, even if a stranger of
// that name lives there; for authors elsewhere without such a neighbour it is
// taken as a handle on this server. The caller holds mu.
func (m *Mastodon) resolve(author *account, handle string) *account {
	if !strings.Contains(strings.TrimPrefix(handle, "@"), "@") && !author.local() {
		if a := m.find(handle + "@" + author.domain); a != nil {
			return a
		}
	}
	return m.find(handle)
}

// addressees resolves the handles in the text and the explicit ones, each
// account once, in order. The caller holds mu.
func (m *Mastodon) addressees(author *account, text string, explicit []string) []*account {
	var found []*account
	add := func(a *account) {
		if a != nil && !a.suspended && !slices.Contains(found, a) {
			found = append(found, a)
		}
	}
	for _, p := range splitText(text) {
		if p.kind == partHandle {
			add(m.resolve(author, p.text))
		}
	}
	for _, h := range explicit {
		add(m.resolve(author, h))
	}
	return found
}

// publish adds a status, notifies, and streams. The caller holds mu and has
// filled in all but id, mentions, html and the parent's children.
func (m *Mastodon) publish(s *status, late lateness) {
	s.posted = m.now()
	if s.created.IsZero() {
		s.created = s.posted
	}
	for s.id = m.ids.status(s.created); m.statuses[s.id] != nil; {
		s.id = m.ids.status(s.created)
	}
	s.told = map[*account]bool{}
	v := &s.versions[0]
	v.at = s.created
	s.mentions = m.addressees(s.author, v.text, s.explicit)
	if v.html == "" {
		v.html = m.render(s, v.text)
	}
	if s.parent != nil {
		s.parentID = s.parent.id
		s.parent.children = append(s.parent.children, s)
	}
	m.statuses[s.id] = s
	m.order = append(m.order, s)
	s.author.posts = append(s.author.posts, s)
	if s.author.local() {
		m.emit(s.author, "update", func() any { return m.statusEntity(s, s.author) })
	}
	m.notifyMentioned(s, s.mentions, late)
	if s.quoted != nil && !m.gts() {
		m.addNotification(s.quoted.author, "quote", s, late)
	}
	m.notify()
}

// revise gives a status a new version, as an edit does: only accounts that
// were not mentioned before are notified. The caller holds mu.
func (m *Mastodon) revise(s *status, text, spoiler string) {
	if c := s.current(); c.text == text && c.spoiler == spoiler {
		return
	}
	before := s.mentions
	s.mentions = m.addressees(s.author, text, s.explicit)
	s.versions = append(s.versions, version{text: text, spoiler: spoiler, html: m.render(s, text), at: m.now()})
	if s.author.local() {
		m.emit(s.author, "status.update", func() any { return m.statusEntity(s, s.author) })
	}
	fresh := slices.DeleteFunc(slices.Clone(s.mentions), func(a *account) bool { return slices.Contains(before, a) })
	m.notifyMentioned(s, fresh, lateness{})
	m.notify()
}

// remove deletes a status with its notifications. The caller holds mu.
func (m *Mastodon) remove(s *status) {
	if s.deleted {
		return
	}
	s.deleted = true
	for _, c := range s.children {
		c.parent = nil
		if !m.gts() {
			c.parentID = "" // Mastodon forgets the parent, GoToSocial keeps its id
		}
	}
	told := append([]*account{s.author}, s.mentions...)
	for _, a := range told {
		if a.local() {
			m.emitRaw(a, "delete", s.id)
		}
	}
	m.notify()
}
