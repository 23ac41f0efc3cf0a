package twitter

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// user is a person or shop.
type user struct {
	id                   uint64
	handle               string
	created              time.Time
	protected, suspended bool
	blocks, follows      map[*user]bool
	mentions             []*post // that name them now, oldest newest-version id first
	posts                []*post // own, the same order
	named                []*post // that ever named or quoted them, in the order of posting
	accessToken          string  // OAuth 1.0a; empty when revoked or never made
	accessSecret         string
	changed              time.Time // when protected or suspended
}

func (u *user) separated(v *user) bool { return u.blocks[v] || v.blocks[u] }

// version is one text of a post; each has its own id.
type version struct {
	id     uint64
	typed  string // as the author wrote it
	prefix string // the @ that X carries into a reply: "@a @b "
	full   string // as served, escaped, links wrapped
	cut    string // the same when it is not too long, else its beginning
	ents   entities
	at     time.Time
}

// post is one post with all its versions.
type post struct {
	author        *user
	versions      []*version // oldest first, never empty
	parent        *post
	parentID      uint64 // the version that was answered
	quoted        *post
	quotedID      uint64
	reposted      *post
	conversation  uint64
	replySettings string
	language      string
	explicit      []*user // typed by the author, newest version
	implicit      []*user // carried by X
	posted        time.Time
	hold          bool
	odd           bool
	deleted       bool
	deletedAt     time.Time
	byClient      bool           // through the API
	told          map[*user]bool // was in an answer to them; nil key: to an app
	children      []*post
}

func (p *post) first() uint64    { return p.versions[0].id }
func (p *post) newest() *version { return p.versions[len(p.versions)-1] }
func (p *post) id() uint64       { return p.newest().id }
func (p *post) names(u *user) bool {
	return slices.Contains(p.explicit, u) || slices.Contains(p.implicit, u)
}

func (p *post) version(id uint64) *version {
	for _, v := range p.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

// history are the ids of all versions, oldest first.
func (p *post) history() []string {
	ids := make([]string, len(p.versions))
	for i, v := range p.versions {
		ids[i] = idText(v.id)
	}
	return ids
}

// gone reports whether nobody can read the post.
func (p *post) gone() bool { return p.deleted || p.hold || p.author.suspended }

// hiddenFrom reports whether the viewer (nil for an app) is not allowed to
// read a post that others can.
func (p *post) hiddenFrom(viewer *user) bool {
	if viewer == p.author {
		return false
	}
	if viewer == nil {
		return p.author.protected
	}
	return p.author.separated(viewer) || p.author.protected && !viewer.follows[p.author]
}

func (p *post) visibleTo(viewer *user) bool { return !p.gone() && !p.hiddenFrom(viewer) }

// find returns the user of a handle, with or without @. The caller holds mu.
func (s *Server) find(handle string) *user {
	return s.byHandle[strings.ToLower(strings.TrimPrefix(handle, "@"))]
}

// owner is the user under whom the app was made, or nil. The caller holds mu.
func (s *Server) owner() *user {
	if s.opt.Owner != "" {
		return s.find(s.opt.Owner)
	}
	if len(s.users) > 0 {
		return s.users[0]
	}
	return nil
}

func place(list []*post, id uint64) (int, bool) {
	return slices.BinarySearchFunc(list, id, func(p *post, id uint64) int { return cmp.Compare(p.id(), id) })
}

// list puts a post into the timelines where it belongs, by its newest id. The
// caller holds mu.
func (s *Server) list(p *post) {
	add := func(l *[]*post) {
		if i, found := place(*l, p.id()); !found {
			*l = slices.Insert(*l, i, p)
		}
	}
	add(&s.index)
	add(&p.author.posts)
	for _, u := range s.addressees(p) {
		add(&u.mentions)
	}
}

// unlist takes a post out of all timelines before its newest id or its
// mentions change. The caller holds mu.
func (s *Server) unlist(p *post) {
	drop := func(l *[]*post) {
		if i, found := place(*l, p.id()); found {
			*l = slices.Delete(*l, i, i+1)
		}
	}
	drop(&s.index)
	drop(&p.author.posts)
	for _, u := range s.addressees(p) {
		drop(&u.mentions)
	}
}

// addressees are the users whom the post names, each once.
func (s *Server) addressees(p *post) []*user {
	all := slices.Clone(p.explicit)
	for _, u := range p.implicit {
		if !slices.Contains(all, u) {
			all = append(all, u)
		}
	}
	return all
}

// remember notes whom the post concerns, for Truth. The caller holds mu.
func (s *Server) remember(p *post) {
	concerned := s.addressees(p)
	if p.quoted != nil && !slices.Contains(concerned, p.quoted.author) {
		concerned = append(concerned, p.quoted.author)
	}
	for _, u := range concerned {
		if u != p.author && p.reposted == nil && !slices.Contains(u.named, p) {
			u.named = append(u.named, p)
		}
	}
}

// publish gives a post its first version and puts it where it belongs. The
// caller holds mu and has filled in author, parent, quoted and settings.
func (s *Server) publish(p *post, typed string, at time.Time) {
	p.posted = s.now()
	if at.IsZero() {
		at = p.posted
	}
	p.told = map[*user]bool{}
	id := s.ids.post(at)
	for s.posts[id] != nil {
		id = s.ids.post(at)
	}
	p.conversation = id
	if p.parent != nil {
		p.conversation = p.parent.conversation
		p.parent.children = append(p.parent.children, p)
	}
	s.addVersion(p, id, typed, at)
	s.order = append(s.order, p)
	s.forgetTexts(p.posted)
	s.texts[textKey(p.author, typed)] = p.posted
	s.announce(p)
	s.notify()
}

// addVersion gives a post a new text. The caller holds mu and has unlisted it.
func (s *Server) addVersion(p *post, id uint64, typed string, at time.Time) {
	v := &version{id: id, typed: typed, at: at}
	p.versions = append(p.versions, v)
	s.render(p, v)
	s.posts[id] = p
	s.list(p)
	s.remember(p)
}

// remove deletes a post with all its versions. The caller holds mu.
func (s *Server) remove(p *post) {
	p.deleted, p.deletedAt = true, s.now()
	s.unlist(p)
	s.notify()
}
