package socialwatch

import (
	"slices"
	"strings"
	"time"
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

// NamedIn reports whether a text names the person: by a handle or their id.
func (s Subject) NamedIn(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(append(slices.Clone(s.Handles), s.ID), func(name string) bool {
		return name != "" && strings.Contains(text, strings.ToLower(name))
	})
}

// Erasure is a request to erase all that is stored about a person.
type Erasure struct {
	Subject Subject
	Actor   string // who does it
	Note    string // private words on why, for the audit
	At      time.Time
	DryRun  bool // everything is done and taken back
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
