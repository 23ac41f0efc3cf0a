package store

import (
	"time"

	"socialwatch"
)

// PersonRow is a person as lists show them: without the password's hash.
type PersonRow struct {
	Person      socialwatch.Person
	HasPassword bool
	Linked      bool // an identity of single sign-on is the person's
	Disabled    bool
	CreatedAt   time.Time
}

// NewPerson is a person to be stored. By is a login, socialwatch or the
// terminal, see Terminal.
type NewPerson struct {
	Person          socialwatch.Person
	Password        string // hash; empty: none
	Issuer, Subject string // identity of single sign-on; empty: none
	By              string
	At              time.Time
}

// PersonChange is a change of a person; what is nil stays.
type PersonChange struct {
	Login     string
	Name      *string
	Roles     map[string]socialwatch.Role
	Teams     []string
	Languages []string
	Disabled  *bool
	Password  *string // hash; empty takes the password away
	Keep      string  // hash of the session that a new password leaves open
	By        string  // as NewPerson.By
	At        time.Time
}

// SessionEnd says which sessions of a person end.
type SessionEnd struct {
	PersonID int64
	ID       int64  // 0: all
	Keep     string // of all: hash of one that stays; may be empty
	By       string // as NewPerson.By
	At       time.Time
}

// LinkPurpose is what a link is for.
type LinkPurpose string

// Purposes of links.
const (
	LinkPassword LinkPurpose = "password" // sets a password
	LinkEnter    LinkPurpose = "enter"    // opens a session
)

// NewLink is a link that works once.
type NewLink struct {
	Hash      string // of the code in the link
	Login     string // whom it is for
	Purpose   LinkPurpose
	By        string // as NewPerson.By
	At        time.Time
	ExpiresAt time.Time
}

// NewToken is a token to be stored.
type NewToken struct {
	Name      string
	Hash      string // of the token; the store never sees the token itself
	PersonID  *int64 // whose it is; nil: a system's, which can never decide
	Scopes    []string
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	By        string    // as NewPerson.By; empty: socialwatch
}

// Token is a stored token.
type Token struct {
	ID        int64
	Name      string
	Person    *socialwatch.Person // nil: a system's token
	Scopes    []string
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	UsedAt    time.Time // to about a minute; zero: never
}
