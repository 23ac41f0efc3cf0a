package socialwatch

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Network names a social network, lower case.
type Network string

// Networks that have a connector.
const (
	Mastodon Network = "mastodon"
	X        Network = "x"
)

// Visibility says who can read a post, from widest to narrowest.
type Visibility string

// Visibilities, named as people say them; connectors translate.
const (
	Public    Visibility = "public"    // everybody, listed on public timelines
	Unlisted  Visibility = "unlisted"  // everybody, not listed
	Followers Visibility = "followers" // followers of the author and those mentioned
	Direct    Visibility = "direct"    // those mentioned only
)

var width = map[Visibility]int{Direct: 1, Followers: 2, Unlisted: 3, Public: 4}

// Wider reports whether v lets more people read than w does. An unknown
// visibility counts as narrower than Direct, so nothing unknown is widened.
func (v Visibility) Wider(w Visibility) bool { return width[v] > width[w] }

// PublicToRead reports whether anybody may read a post of this visibility.
func (v Visibility) PublicToRead() bool { return v == Public || v == Unlisted }

// Author is the account that wrote a post.
type Author struct {
	ID        string // the network's id, stable when the handle changes
	Handle    string // full address without a leading @: customer1@far.example
	Name      string // display name, cleaned, may be empty
	URL       string // profile page
	Followers int    // reach; 0 when unknown
	Bot       bool   // the network marks the account as automated
}

// Media is an attachment of a post. We keep what it says, not the file.
type Media struct {
	Kind        string // image, video, audio, other
	Description string // alternative text, cleaned
}

// Post is one message on a network, cleaned by its connector: Text, Warning
// and the descriptions are valid UTF-8 without NUL bytes, text and not HTML.
type Post struct {
	Network    Network
	Host       string // the server, lower case: social.example
	ID         string // the network's id on that host
	Author     Author
	Text       string // what spans count in; never changed after it was cleaned
	Warning    string // content warning (spoiler text), may be empty
	Language   string // the network's claim, BCP 47, may be empty or wrong
	Visibility Visibility
	URL        string // where a person can read it
	ParentID   string // post this one answers; empty for a first post
	ParentBy   string // author id of the parent; empty when unknown
	RootID     string // first post of the thread as far as known, else ID
	Media      []Media
	CreatedAt  time.Time
	EditedAt   time.Time // zero when never edited
	Own        bool      // written by our own account
	// ParentAt is when the version of the parent that this post answers was
	// written, where each version has an id of its own: then ParentID may be that
	// of the version. Else zero.
	ParentAt time.Time `json:",omitzero"`
}

// Revision changes whenever what the customer says has changed. An approval
// is bound to it. It is not a hash of the text, so it tells nothing about it.
func (p Post) Revision() string {
	if p.EditedAt.IsZero() {
		return "0"
	}
	return p.EditedAt.UTC().Format("20060102T150405.000000")
}

// MentionKind says why a post is addressed to us.
type MentionKind string

// Kinds of mention.
const (
	KindMention  MentionKind = "mention"   // the handle stands in the post
	KindQuote    MentionKind = "quote"     // it quotes a post of ours
	KindFollowUp MentionKind = "follow_up" // found in a thread, without the handle
)

// Mention is one post addressed to one of our accounts. (Network, Host, ID)
// identifies it: a post that names two of our accounts is one mention, of the
// account that read it first.
type Mention struct {
	Post
	Account string // our account's name in the configuration
	Kind    MentionKind
}

// Pushed is a mention that waits in the inbox.
type Pushed struct {
	ID      int64 // of the inbox
	Mention Mention
}

// Push is what a network, or who stands for one, has handed in at once.
type Push struct {
	Mentions []Mention  // new, edited, and our own people's answers (Own)
	Gone     []string   // post ids
	Aside    []SetAside // what could not be understood
}

// Key is the identity of a mention as one string, for logs and sorting.
func (m Mention) Key() string { return string(m.Network) + "/" + m.Host + "/" + m.ID }

// Micros is t in UTC at the precision that both databases keep.
func Micros(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// CleanText makes network text storable: invalid UTF-8 becomes U+FFFD, NUL
// and other control characters but newline and tab are dropped, line ends
// become \n, outer white space goes. Connectors call it once, before any span
// is counted, because Postgres refuses NUL and invalid UTF-8 and would lose
// the whole batch.
func CleanText(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}
