package simulator

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ErrUnknown says that an account or status named by the caller does not
// exist (any more).
var ErrUnknown = errors.New("unknown to the simulator")

var handlePattern = regexp.MustCompile(`^[a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_])?(?:@[a-z0-9.-]+)?$`)

// oldEnough is how old accounts are when AddAccount makes them.
const oldEnough = 400 * 24 * time.Hour

// AddAccount makes an account with a handle such as customer1 (local) or
// customer1@far.example, and returns its id. An account that exists is left
// as it is. It is 400 days old.
func (m *Mastodon) AddAccount(acct string) (string, error) {
	return m.AddAccountSince(acct, m.opt.Now().Add(-oldEnough))
}

// AddAccountSince is AddAccount for an account made at the given time.
func (m *Mastodon) AddAccountSince(acct string, created time.Time) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.addAccount(acct, created)
	if err != nil {
		return "", err
	}
	return a.id, nil
}

func (m *Mastodon) addAccount(acct string, created time.Time) (*account, error) {
	acct = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(acct, "@"), "@"+m.opt.Domain))
	if a := m.byAcct[acct]; a != nil {
		return a, nil
	}
	if !handlePattern.MatchString(acct) {
		return nil, fmt.Errorf("add account: %q is no handle like customer1 or customer1@far.example", acct)
	}
	user, domain, _ := strings.Cut(acct, "@")
	a := &account{
		id: m.ids.rising(m.now()), username: user, domain: domain, created: created.UTC(),
		mutes: map[*account]bool{}, blocks: map[*account]bool{}, follows: map[*account]bool{},
		filters: map[*account]bool{}, drops: map[*account]bool{},
	}
	m.accounts = append(m.accounts, a)
	m.byAcct[acct] = a
	return a, nil
}

// Token makes a bearer token for a local account. Without scopes it may do
// everything ("read", "write").
func (m *Mastodon) Token(acct string, scopes ...string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.find(acct)
	if a == nil || !a.local() {
		return "", fmt.Errorf("token for %q: no local account: %w", acct, ErrUnknown)
	}
	if len(scopes) == 0 {
		scopes = []string{"read", "write"}
	}
	t := &token{text: tokenText(m.rng.Uint64()), owner: a, scopes: slices.Clone(scopes)}
	m.tokens[t.text] = t
	return t.text, nil
}

// Revoke makes a token invalid and cuts its streams.
func (m *Mastodon) Revoke(tokenText string) {
	m.mu.Lock()
	t := m.tokens[tokenText]
	delete(m.tokens, tokenText)
	var open []*stream
	for s := range m.streams {
		if s.token == t {
			open = append(open, s)
		}
	}
	m.mu.Unlock()
	for _, s := range open {
		s.cut()
	}
}

// PostOptions is what a post may have beside its text. The zero value is a
// public post that answers nothing and is visible at once.
type PostOptions struct {
	Visibility   string        `json:"visibility,omitempty"` // default public
	InReplyTo    string        `json:"in_reply_to_id,omitempty"`
	Quote        string        `json:"quoted_status_id,omitempty"` // a status that is quoted
	Spoiler      string        `json:"spoiler_text,omitempty"`
	Language     string        `json:"language,omitempty"` // "" for untold
	Media        []string      `json:"media,omitempty"`    // descriptions of attachments
	Mentions     []string      `json:"mentions,omitempty"` // handles addressed beside those in the text
	HTML         string        `json:"html,omitempty"`     // told instead of the rendered text, as odd servers do
	CreatedAt    time.Time     `json:"created_at,omitzero"`
	Odd          bool          `json:"odd,omitempty"`           // its notification has an empty timestamp
	Hold         bool          `json:"hold,omitempty"`          // its notifications draw ids now, show after Release
	VisibleAfter time.Duration `json:"visible_after,omitempty"` // the same, after this time (nanoseconds in JSON)
}

// Post publishes a status as anybody, without the limits of the client API,
// and returns its id. An author that does not exist is made. A bare handle in
// the text means the author's own server first, then this one.
func (m *Mastodon) Post(author, text string, o PostOptions) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.addAccount(author, m.opt.Now().Add(-oldEnough))
	if err != nil {
		return "", fmt.Errorf("post: %w", err)
	}
	s := &status{
		author: a, visibility: o.Visibility, language: o.Language, created: o.CreatedAt.UTC(),
		media: slices.Clone(o.Media), explicit: slices.Clone(o.Mentions), odd: o.Odd,
		versions: []version{{text: text, spoiler: o.Spoiler, html: o.HTML}},
	}
	if s.visibility == "" {
		s.visibility = "public"
	}
	if o.InReplyTo != "" {
		if s.parent, err = m.live(o.InReplyTo); err != nil {
			return "", fmt.Errorf("post: reply to: %w", err)
		}
	}
	if o.Quote != "" {
		if s.quoted, err = m.live(o.Quote); err != nil {
			return "", fmt.Errorf("post: quote: %w", err)
		}
	}
	m.publish(s, lateness{hold: o.Hold, after: o.VisibleAfter})
	return s.id, nil
}

// live finds a status that is not deleted. The caller holds mu.
func (m *Mastodon) live(id string) (*status, error) {
	s := m.statuses[id]
	if s == nil || s.deleted {
		return nil, fmt.Errorf("status %q: %w", id, ErrUnknown)
	}
	return s, nil
}

// Release makes the held notifications of a status visible, and streams them.
func (m *Mastodon) Release(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.live(id)
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	for _, a := range m.accounts {
		for _, n := range a.notes {
			if n.status == s {
				m.reveal(n)
			}
		}
	}
	return nil
}

// Edit gives a status a new text; its warning stays. Accounts that the new
// text mentions for the first time are notified, nobody else.
func (m *Mastodon) Edit(id, text string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.live(id)
	if err != nil {
		return fmt.Errorf("edit: %w", err)
	}
	m.revise(s, text, s.current().spoiler)
	return nil
}

// Delete removes a status and its notifications.
func (m *Mastodon) Delete(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.live(id)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	m.remove(s)
	return nil
}

// Await returns when cond holds. It looks again whenever something has been
// posted, changed or connected, and ends with the context's error.
func (m *Mastodon) Await(ctx context.Context, cond func() bool) error {
	for {
		m.mu.Lock()
		changed := m.changed
		m.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
