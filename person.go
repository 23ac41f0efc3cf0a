package socialwatch

import (
	"slices"
	"time"
)

// Role is what a person may do on an account; each includes those before it.
type Role string

// Roles (product note section 2).
const (
	RoleReader   Role = "reader"   // sees, searches
	RoleAuthor   Role = "author"   // drafts, edits
	RoleApprover Role = "approver" // approves, edits and approves, rejects, undoes own, stops
	RoleLead     Role = "lead"     // undoes any, settles unknown replies, resumes after a stop
	RoleAdmin    Role = "admin"    // manages people and connections
)

// Roles lists the roles from least to most.
var Roles = []Role{RoleReader, RoleAuthor, RoleApprover, RoleLead, RoleAdmin}

// AllAccounts is the account name under which a role holds everywhere.
const AllAccounts = "*"

// Person is somebody known by name. Only a person approves.
type Person struct {
	ID    int64
	Login string
	Name  string
	Roles map[string]Role // by account name, or AllAccounts

	// Whose work is "mine": both may be nil. Languages are codes such as "en".
	Teams     []string
	Languages []string
}

// May reports whether p holds at least role on the account. The zero Person
// may nothing.
func (p Person) May(role Role, account string) bool {
	need := slices.Index(Roles, role)
	return need >= 0 && (slices.Index(Roles, p.Roles[AllAccounts]) >= need ||
		slices.Index(Roles, p.Roles[account]) >= need)
}

// Arrival is somebody whom an identity provider vouches for. Only Issuer and
// Subject say who it is; Login and Name are suggestions for a newcomer.
type Arrival struct {
	Issuer, Subject string
	Login, Name     string
	Roles           map[string]Role // of today, by account; none: no way in
	At              time.Time
}

// Session is one login of a person, as the database keeps it.
type Session struct {
	ID        int64  // names it to people; given by the store
	Hash      string // SHA-256 of the cookie, which is stored nowhere
	PersonID  int64
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // to about a minute; zero: only opened
	Address   string    // without its last part; may be empty
	Agent     string    // browser and system, such as "Firefox on Linux"; may be empty
}

// Decision is what a person decides about a reply. Hash is the hash of the
// payload that the person saw: a decision about anything else is refused.
type Decision struct {
	ReplyID int64
	Hash    string
	By      Person
	Reason  string // of RejectReasons, when rejecting
	Note    string
	Text    string // the new text, when editing
	// Confirm is the Confirmation.Digest of what the person was shown before a
	// second key, when approving; empty without one. What needs no second key is
	// approved whatever it says.
	Confirm string
}
