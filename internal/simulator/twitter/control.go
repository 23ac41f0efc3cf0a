package twitter

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ErrUnknown says that a user or post named by the caller does not exist (any
// more).
var ErrUnknown = errors.New("unknown to the stand-in of X")

var handlePattern = regexp.MustCompile(`^[A-Za-z0-9_]{1,15}$`)

// AddUser makes a user with a handle of 1 to 15 letters, digits and
// underscores, with or without @, and returns the id. One that exists is left
// as it is.
func (s *Server) AddUser(handle string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.addUser(handle)
	if err != nil {
		return "", err
	}
	return idText(u.id), nil
}

func (s *Server) addUser(handle string) (*user, error) {
	handle = strings.TrimPrefix(handle, "@")
	if u := s.find(handle); u != nil {
		return u, nil
	}
	if !handlePattern.MatchString(handle) {
		return nil, fmt.Errorf("add user: %q is no handle like customer1 (1 to 15 letters, digits, underscores)", handle)
	}
	u := &user{
		id: s.ids.user(), handle: handle, created: s.now().Add(-400 * 24 * time.Hour),
		blocks: map[*user]bool{}, follows: map[*user]bool{},
	}
	s.users = append(s.users, u)
	s.byHandle[strings.ToLower(handle)] = u
	s.byID[u.id] = u
	return u, nil
}

// PostOptions is what a post may have beside its text. The zero value is a
// post that answers nothing and is visible at once.
type PostOptions struct {
	InReplyTo string `json:"in_reply_to,omitempty"` // id of any version of a post
	Quote     string `json:"quote,omitempty"`       // the same
	Repost    string `json:"repost,omitempty"`      // the same; the text is not used
	// Untagged leaves out the @ of the people above that X carries into a
	// reply: their author took them out.
	Untagged      bool      `json:"untagged,omitempty"`
	Hold          bool      `json:"hold,omitempty"` // indexed late: has its id now, is visible after Release
	Odd           bool      `json:"odd,omitempty"`  // told with a text that is no string, as a client can't decode it
	Long          bool      `json:"long,omitempty"` // by a subscriber: up to 25,000 characters
	ReplySettings string    `json:"reply_settings,omitempty"`
	Language      string    `json:"language,omitempty"` // default en
	CreatedAt     time.Time `json:"created_at,omitzero"`
}

var replySettings = []string{"everyone", "mentionedUsers", "following", "subscribers", "verified"}

// Post publishes as anybody, without the API's rules except the length, and
// returns the id. An author that does not exist is made. An @ in the text is
// one that the author typed; in a reply X adds those of the people above.
func (s *Server) Post(author, text string, o PostOptions) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.addUser(author)
	if err != nil {
		return "", fmt.Errorf("post: %w", err)
	}
	p := &post{author: u, replySettings: o.ReplySettings, language: o.Language, hold: o.Hold, odd: o.Odd}
	if err := s.complete(p, text, o); err != nil {
		return "", fmt.Errorf("post: %w", err)
	}
	s.publish(p, text, o.CreatedAt.UTC())
	return idText(p.first()), nil
}

// complete checks and fills in a post by the driver of the stand-in.
func (s *Server) complete(p *post, text string, o PostOptions) (err error) {
	if p.replySettings == "" {
		p.replySettings = "everyone"
	}
	if !slices.Contains(replySettings, p.replySettings) {
		return fmt.Errorf("reply settings %q: want one of %v", p.replySettings, replySettings)
	}
	if p.language == "" {
		p.language = "en"
	}
	most := maxLength
	if o.Long {
		most = longLength
	}
	if n := s.countedLength(p, text); n > most || n == 0 && o.Repost == "" {
		return fmt.Errorf("text of length %d: want 1 to %d", n, most)
	}
	if o.InReplyTo != "" {
		if p.parent, p.parentID, err = s.live(o.InReplyTo); err != nil {
			return fmt.Errorf("reply to: %w", err)
		}
		if !o.Untagged {
			p.implicit = s.carried(p.parent, p.author)
		}
	}
	if o.Quote != "" {
		if p.quoted, p.quotedID, err = s.live(o.Quote); err != nil {
			return fmt.Errorf("quote: %w", err)
		}
	}
	if o.Repost != "" {
		if p.reposted, _, err = s.live(o.Repost); err != nil {
			return fmt.Errorf("repost: %w", err)
		}
		p.implicit = append([]*user{p.reposted.author}, s.addressees(p.reposted)...)
	}
	return nil
}

// countedLength is the weighted length of a text; the leading @ of people
// whom X carries into the reply are free.
func (s *Server) countedLength(p *post, text string) int {
	heads, rest := leading(text)
	for i, h := range heads {
		u := s.find(strings.TrimPrefix(h, "＠"))
		if u == nil || !slices.Contains(p.implicit, u) {
			return weightedLength(strings.Join(append(heads[i:], rest), " "))
		}
	}
	return weightedLength(rest)
}

// live finds a post that is not deleted by the id of any of its versions. The
// caller holds mu.
func (s *Server) live(text string) (*post, uint64, error) {
	id, ok := parseID(text)
	if p := s.posts[id]; ok && p != nil && !p.deleted {
		return p, id, nil
	}
	return nil, 0, fmt.Errorf("post %q: %w", text, ErrUnknown)
}

// withPost does something to a post that is not deleted.
func (s *Server) withPost(what, id string, do func(*post) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, _, err := s.live(id)
	if err == nil {
		err = do(p)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Edit gives a post a new text and returns the id of the new version; the old
// ids stay readable as old versions.
func (s *Server) Edit(id, text string) (newID string, err error) {
	err = s.withPost("edit", id, func(p *post) error {
		if len(p.versions) > 5 {
			return errors.New("a post can be edited five times")
		}
		s.unlist(p)
		at := s.now()
		next := s.ids.post(at)
		for s.posts[next] != nil || next <= p.id() {
			at = at.Add(time.Millisecond)
			next = s.ids.post(at)
		}
		s.addVersion(p, next, text, at)
		newID = idText(next)
		s.notify()
		return nil
	})
	return newID, err
}

// Delete removes a post with all its versions.
func (s *Server) Delete(id string) error {
	return s.withPost("delete", id, func(p *post) error { s.remove(p); return nil })
}

// Release makes a post visible that was posted with Hold, under its old id.
func (s *Server) Release(id string) error {
	return s.withPost("release", id, func(p *post) error {
		if p.hold {
			p.hold = false
			s.announce(p)
			s.notify()
		}
		return nil
	})
}

// withUsers does something with two users that exist.
func (s *Server) withUsers(what string, do func(a, b *user), a, b string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ua, ub := s.find(a), s.find(b)
	if ua == nil || ub == nil {
		return fmt.Errorf("%s %s %s: user: %w", what, a, b, ErrUnknown)
	}
	do(ua, ub)
	s.notify()
	return nil
}

// Protect makes the posts of a user visible to followers only.
func (s *Server) Protect(handle string) error {
	return s.withUsers("protect", func(u, _ *user) { u.protected, u.changed = true, s.now() }, handle, handle)
}

// Unprotect ends Protect.
func (s *Server) Unprotect(handle string) error {
	return s.withUsers("unprotect", func(u, _ *user) { u.protected = false }, handle, handle)
}

// Suspend takes a user and all posts off X; their credentials fail.
func (s *Server) Suspend(handle string) error {
	return s.withUsers("suspend", func(u, _ *user) { u.suspended, u.changed = true, s.now() }, handle, handle)
}

// Block hides the two users from each other; neither can answer the other.
func (s *Server) Block(by, whom string) error {
	return s.withUsers("block", func(u, v *user) { u.blocks[v] = true }, by, whom)
}

// Unblock ends Block.
func (s *Server) Unblock(by, whom string) error {
	return s.withUsers("unblock", func(u, v *user) { delete(u.blocks, v) }, by, whom)
}

// Follow lets a user read a protected one, and be answered where only those
// whom the author follows may answer.
func (s *Server) Follow(by, whom string) error {
	return s.withUsers("follow", func(u, v *user) { u.follows[v] = true }, by, whom)
}
