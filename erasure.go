package socialwatch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kinds of event of an erasure. Their data holds ids alone: data.mentions and
// data.replies are those erased, data.why is one of the reasons below.
const (
	EventCaseErased    = "case.erased"    // all that is personal in a case
	EventMentionErased = "mention.erased" // posts of a case that is another's, or of none: then data.account names the account
)

// Why something was erased.
const (
	ErasedOnRequest = "request" // of the person, by whom the event names
	ErasedByAge     = "age"     // the configuration keeps it no longer
)

// Subject is a person as one network knows them.
type Subject struct {
	Network Network `json:"network"`
	Host    string  `json:"host"`
	ID      string  `json:"id"` // the network's id of the author
	// Handles are those under which posts of theirs are stored, full addresses.
	Handles []string `json:"handles"`
	// Accounts of ours that know them under this id.
	Accounts []string `json:"accounts"`
}

// idNamed is from how many characters on an id in a text is taken for one: "3"
// is a day of the month.
const idNamed = 5

// NamedIn reports whether a text names the person, in any case of its letters,
// as a word of its own: by a handle, with or without its server, or by an id of
// five characters or more. It does not know their display name.
func (s Subject) NamedIn(text string) bool {
	names := slices.Clone(s.Handles)
	for _, h := range s.Handles {
		user, _, _ := strings.Cut(h, "@")
		names = append(names, user)
	}
	if utf8.RuneCountInString(s.ID) >= idNamed {
		names = append(names, s.ID)
	}
	text = strings.ToLower(text)
	return slices.ContainsFunc(names, func(name string) bool { return hasWord(text, strings.ToLower(name)) })
}

// hasWord reports whether word stands in text with no letter or digit beside it.
func hasWord(text, word string) bool {
	inside := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
	for from := 0; word != ""; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:from+at])
		after, size := utf8.DecodeRuneInString(text[from+at+len(word):])
		if !inside(before) && (size == 0 || !inside(after)) {
			return true
		}
		from += at + len(word)
	}
	return false
}

// Erasure is a request to erase all that is stored about a person.
type Erasure struct {
	Subject Subject
	Actor   string // who does it
	Note    string // private words on why, for the audit; see Check
	At      time.Time
	DryRun  bool // everything is done and taken back
}

// ErasureNoteMax bounds Erasure.Note, in characters.
const ErasureNoteMax = 500

// Faults of a note that is to stand in the audit.
var (
	ErrErasureNoteLength = fmt.Errorf("the reason of an erasure has 1 to %d characters", ErasureNoteMax)
	ErrErasureNoteNames  = errors.New("the reason of an erasure must not name the person: it stays in the audit")
)

// Check returns ErrErasureNoteLength or ErrErasureNoteNames for a Note that may
// not stand in the audit.
func (e Erasure) Check() error {
	switch n := utf8.RuneCountInString(e.Note); {
	case n == 0 || n > ErasureNoteMax:
		return ErrErasureNoteLength
	case e.Subject.NamedIn(e.Note):
		return ErrErasureNoteNames
	}
	return nil
}

// Erased tells what was erased: rows that held something of it.
type Erased struct {
	Cases     []string `json:"cases"`     // numbers of those that are tombstones now
	Touched   []string `json:"touched"`   // numbers of others' cases in which posts of the person stood
	Mentions  int      `json:"mentions"`  // posts
	Revisions int      `json:"revisions"` // earlier wordings of posts
	Replies   int      `json:"replies"`   // of ours, with all their versions
	Withdrawn int      `json:"withdrawn"` // of these: were not over yet
	Notes     int      `json:"notes"`     // of colleagues
	Tags      int      `json:"tags"`
	Orders    int      `json:"orders"`   // order numbers with what the shop said of them
	Events    int      `json:"events"`   // lost a link, a tag or a private word; each stays
	Commands  int      `json:"commands"` // of other systems that waited; refused
	Waiting   int      `json:"waiting"`  // posts that waited to be taken in
	Aside     int      `json:"aside"`    // raw items that could not be read
	Answers   int      `json:"answers"`  // of the API, kept to be given again; everybody's
	// Kept are cases that stay whole for now: whether a reply in them is public is
	// in doubt, and it is found again by its text.
	Kept []KeptCase `json:"kept"`
}

// KeptCase is a case that could not be erased yet.
type KeptCase struct {
	Number  string     `json:"case"`
	ReplyID int64      `json:"reply_id"`
	State   ReplyState `json:"state"` // sending or unknown
}

// None reports whether nothing was found to erase.
func (e Erased) None() bool {
	return len(e.Cases)+e.Mentions+e.Replies+e.Waiting+e.Aside == 0 && len(e.Kept) == 0
}

// ErasedCount is how many rows of a kind held something that was erased.
type ErasedCount struct {
	Kind string
	N    int
}

// Counts are the numbers of e that are not 0, in the order in which people read
// them. Kind is one of posts, revisions, replies, withdrawn, notes, tags, orders,
// events, commands, waiting, aside and answers.
func (e Erased) Counts() []ErasedCount {
	all := []ErasedCount{{"posts", e.Mentions}, {"revisions", e.Revisions}, {"replies", e.Replies}, {"withdrawn", e.Withdrawn},
		{"notes", e.Notes}, {"tags", e.Tags}, {"orders", e.Orders}, {"events", e.Events}, {"commands", e.Commands},
		{"waiting", e.Waiting}, {"aside", e.Aside}, {"answers", e.Answers}}
	return slices.DeleteFunc(all, func(c ErasedCount) bool { return c.N == 0 })
}
