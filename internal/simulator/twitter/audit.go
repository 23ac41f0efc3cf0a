package twitter

import (
	"maps"
	"slices"
	"time"
)

// Published is a post as its author wrote it, for audit; deleted ones count.
type Published struct {
	ID       string    `json:"id"`     // of the first version
	Newest   string    `json:"newest"` // of the newest version
	Author   string    `json:"author"`
	ParentID string    `json:"parent_id,omitempty"` // the first version of the post answered
	Answered string    `json:"answered,omitempty"`  // the version of it that was answered
	Text     string    `json:"text"`                // of the newest version, as typed
	PostedAt time.Time `json:"posted_at"`
	Edits    int       `json:"edits"`
	ByClient bool      `json:"by_client"` // through the API
	Deleted  bool      `json:"deleted"`
}

// Published lists all that a user ever posted, in the order of posting; with
// the id of a parent (any version) only the replies under that post. A user
// that does not exist has posted nothing.
func (s *Server) Published(handle, parentID string) []Published {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Published{}
	u, under := s.find(handle), (*post)(nil)
	if parentID != "" {
		id, _ := parseID(parentID)
		if under = s.posts[id]; under == nil {
			return list
		}
	}
	for _, p := range s.order {
		if p.author == u && (under == nil || p.parent == under) {
			list = append(list, p.published())
		}
	}
	return list
}

func (p *post) published() Published {
	out := Published{
		ID: idText(p.first()), Newest: idText(p.id()), Author: p.author.handle, Text: p.newest().typed,
		PostedAt: p.posted, Edits: len(p.versions) - 1, ByClient: p.byClient, Deleted: p.deleted,
	}
	if p.parent != nil {
		out.ParentID, out.Answered = idText(p.parent.first()), idText(p.parentID)
	}
	return out
}

// Truth is what a watcher of a user must and may have stored, by the first id
// of each post, in the order of posting. A post stands in one list only.
type Truth struct {
	Must []string `json:"must"` // name the user and are readable now: one that is not stored is lost
	May  []string `json:"may"`  // were told to the user or an app, then deleted, hidden or edited to name nobody
	// Never were not told and are not readable: deleted, hidden or held before
	// anyone looked.
	Never []string `json:"never"`
	// Quotes are readable, quote a post of the user and name nobody: only the
	// activity stream brings them.
	Quotes []string `json:"quotes"`
	// Unaddressed are readable posts of others in threads of the above that do
	// not name the user: follow-ups whose author took out the handle.
	Unaddressed []string `json:"unaddressed"`
}

// Truth tells what a watcher of the user must and may know by now, at
// whatever cost: it counts also what lies beyond the 800 newest or 7 days.
func (s *Server) Truth(handle string) Truth {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := Truth{Must: []string{}, May: []string{}, Never: []string{}, Quotes: []string{}, Unaddressed: []string{}}
	u := s.find(handle)
	if u == nil {
		return t
	}
	known, threads := map[*post]bool{}, map[uint64]bool{}
	for _, p := range u.named {
		known[p], threads[p.conversation] = true, true
		readable := p.visibleTo(u)
		into := &t.Never
		switch {
		case readable && p.names(u):
			into = &t.Must
		case readable && p.quoted != nil && p.quoted.author == u:
			into = &t.Quotes
		case p.told[u] || p.told[nil]:
			into = &t.May
		}
		*into = append(*into, idText(p.first()))
	}
	for _, p := range s.order {
		if !known[p] && p.author != u && p.reposted == nil && threads[p.conversation] && p.visibleTo(u) {
			t.Unaddressed = append(t.Unaddressed, idText(p.first()))
		}
	}
	return t
}

// Requests counts the requests of the API by route, such as
// "GET /2/users/{id}/mentions"; "/" counts those to no known route.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.requests)
}

// maxRefusals is how many refusals are kept.
const maxRefusals = 200

// Refusals are the newest requests that were refused, oldest first, as
// "route: status: why", to find out why a client fails. They hold no secrets.
func (s *Server) Refusals() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refusals)
}

// refused notes a refusal. The caller holds mu.
func (s *Server) refused(line string) {
	if len(s.refusals) == maxRefusals {
		s.refusals = slices.Delete(s.refusals, 0, 1)
	}
	s.refusals = append(s.refusals, line)
}
