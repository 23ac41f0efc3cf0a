package socialwatch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// ReplyState is where a reply stands in its one life.
type ReplyState string

// States of a reply, in the order of a good life, then the exits.
const (
	ReplyProposed   ReplyState = "proposed"
	ReplyChecked    ReplyState = "checked"
	ReplyAwaiting   ReplyState = "awaiting"
	ReplyApproved   ReplyState = "approved"
	ReplyHolding    ReplyState = "holding"
	ReplySending    ReplyState = "sending"
	ReplySent       ReplyState = "sent"
	ReplyBlocked    ReplyState = "blocked"
	ReplyRejected   ReplyState = "rejected"
	ReplyWithdrawn  ReplyState = "withdrawn"
	ReplySuperseded ReplyState = "superseded"
	ReplyExpired    ReplyState = "expired"
	ReplyCancelled  ReplyState = "cancelled"
	ReplyFailed     ReplyState = "failed"
	ReplyUnknown    ReplyState = "unknown"
)

// moves is the whole life of a reply (design page, product note section 2).
// An edit moves awaiting and blocked replies to a new version at proposed.
var moves = map[ReplyState][]ReplyState{
	ReplyProposed: {ReplyChecked, ReplyBlocked, ReplyWithdrawn, ReplySuperseded},
	ReplyChecked:  {ReplyAwaiting, ReplyWithdrawn, ReplySuperseded},
	ReplyAwaiting: {ReplyApproved, ReplyRejected, ReplyWithdrawn, ReplySuperseded, ReplyExpired, ReplyBlocked, ReplyProposed},
	ReplyApproved: {ReplyHolding, ReplyBlocked, ReplyWithdrawn, ReplySuperseded, ReplyExpired},
	ReplyHolding:  {ReplySending, ReplyCancelled, ReplyBlocked, ReplySuperseded, ReplyWithdrawn, ReplyExpired, ReplyApproved},
	ReplySending:  {ReplySent, ReplyFailed, ReplyUnknown},
	ReplyBlocked:  {ReplyProposed, ReplyWithdrawn, ReplySuperseded},
	ReplyFailed:   {ReplySending, ReplyBlocked, ReplyWithdrawn, ReplySuperseded, ReplyExpired},
	ReplyUnknown:  {ReplySending, ReplySent, ReplyFailed},
}

// May reports whether a reply may go from s to next.
func (s ReplyState) May(next ReplyState) bool { return slices.Contains(moves[s], next) }

// Before returns the states from which a reply may go to next.
func Before(next ReplyState) []ReplyState {
	var from []ReplyState
	for s, to := range moves {
		if slices.Contains(to, next) {
			from = append(from, s)
		}
	}
	slices.Sort(from)
	return from
}

// Final reports whether nothing can follow s.
func (s ReplyState) Final() bool { return len(moves[s]) == 0 }

// Payload is the composed, final form of a reply for one network: what is
// counted, checked, hashed, shown to the approver and sent.
type Payload struct {
	Network    Network    `json:"network"`
	Host       string     `json:"host"`
	Account    string     `json:"account"`
	ParentID   string     `json:"parent_id"`
	ParentRev  string     `json:"parent_revision"`
	ParentBy   string     `json:"parent_by"`   // author id of the parent
	ParentName string     `json:"parent_name"` // the author's full address
	Prefix     string     `json:"prefix"`      // what the network needs before the text: "@customer1@far.example "
	Text       string     `json:"text"`        // what a person may edit
	Warning    string     `json:"warning"`
	Visibility Visibility `json:"visibility"`
	Language   string     `json:"language"`
	Template   string     `json:"template"` // id, empty when written by hand
	TemplateV  int        `json:"template_version"`
	Length     int        `json:"length"` // by the network's own count, prefix and warning included
	Limit      int        `json:"limit"`
	Cost       MicroUSD   `json:"cost,omitempty"` // what the network will charge; 0: nothing
}

// Whole is the text as it will stand in public.
func (p Payload) Whole() string { return p.Prefix + p.Text }

// Hash binds an approval: SHA-256, in hex, over every field that decides what
// is published, where and under what, each with its length in front so that
// no two payloads share an encoding. Length, Limit and Cost follow from the rest.
func (p Payload) Hash() string {
	h := sha256.New()
	for _, s := range []string{"socialwatch payload 1", string(p.Network), p.Host, p.Account,
		p.ParentID, p.ParentRev, p.ParentBy, p.ParentName, p.Prefix, p.Text, p.Warning,
		string(p.Visibility), p.Language, p.Template, strconv.Itoa(p.TemplateV)} {
		fmt.Fprintf(h, "%d:%s,", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// SendKey is the idempotency key of a reply under one hash. However often it is
// blocked, mended back and approved again, the same words go under the same key: a
// server that guards against doubles then knows an earlier call whose answer was
// lost. Another hash, or another reply with the same words, has another key.
func SendKey(replyID int64, hash string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "socialwatch key 1:%d:%s", replyID, hash))
	return "socialwatch-" + hex.EncodeToString(sum[:16])
}

// Draft is the text we would say and what it answers: the input of a
// connector's Composer.
type Draft struct {
	Account   string
	Parent    Post
	Quotes    bool // Parent quotes a post of ours
	Text      string
	Slots     []Span // of Text: what the template's slots cover, in order
	Language  string // of Text
	Template  string
	TemplateV int
}

// Finding is one result of the safety check. Start and End are byte offsets
// into the payload's Text, both 0 when the finding is not in the words.
type Finding struct {
	Rule   string `json:"rule"`
	Blocks bool   `json:"blocks"` // else it warns
	Words  string `json:"words"`  // the offending words of the reply
	Mend   string `json:"mend"`   // what to do about it
	Start  int    `json:"start"`
	End    int    `json:"end"`
}

// AnyBlocks reports whether any finding blocks.
func AnyBlocks(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Blocks })
}

// Reply is a draft on its way to the public. Each version is stored; this is
// the newest.
type Reply struct {
	ID        int64
	CaseID    int64
	MentionID int64 // the parent as stored
	State     ReplyState
	Version   int // rises with each edit, from 1
	Payload   Payload
	Hash      string // Payload.Hash() of this version
	Findings  []Finding
	Author    string // login, or System
	Reason    string // why it is blocked, rejected, superseded, failed, expired
	DecidedBy string
	DecidedAt time.Time
	HoldUntil time.Time
	ExpiresAt time.Time
	Key       string // SendKey, set at approval: the same on every attempt; empty when nothing may be sent
	Attempt   int    // calls begun
	SentAt    time.Time
	PostID    string // set exactly when State is Sent
	PostURL   string
	CreatedAt time.Time
	Lease     Lease // who is deciding about it

	Edit         Edit      // how this version differs from what its template filled in
	CheckedBy    string    // version of the safety check that gave Findings; empty: stored before that was kept
	SelfApproved bool      // who approved it has written it
	HoldFrom     time.Time // when the undo window began; zero unless it holds or was sent from it
	RetryAt      time.Time // failed or unknown: when it goes again by itself; zero: it does not
	// Moved says how the thread has moved after sending began, when it was too late
	// to supersede it: whoever approved it must look. Empty: it has not.
	Moved string
}

// The undo window can be extended while it runs, by HoldStep each time, up to
// HoldMax in all (WCAG 2.2.1).
const (
	HoldStep = 20 * time.Second
	HoldMax  = 300 * time.Second
)

// DecisionLease is how long somebody counts as deciding about a reply after
// the last sign of it (product note, section 2).
const DecisionLease = 2 * time.Minute

// Lease says who is deciding about a reply, and until when without another
// sign of it. It informs only; the zero value is nobody's.
type Lease struct {
	By    string // login
	Until time.Time
}

// Active reports whether somebody is deciding at now.
func (l Lease) Active(now time.Time) bool { return l.By != "" && now.Before(l.Until) }

// RejectReasons are the reasons a person may give, numbered as the console's
// keys 1 to 7; the last demands a note. They become evaluation labels.
var RejectReasons = []string{"wrong_intent", "wrong_tone", "wrong_facts", "needs_private",
	"already_handled", "spam_or_impostor", "other"}

// Attempt is one numbered call to publish, written before the call.
type Attempt struct {
	Reply      Reply
	N          int       // 1 for the first call
	Worker     string    // who holds the lease
	LeaseUntil time.Time // no call may begin later than this less the request timeout
	FirstAt    time.Time // when the first call with this reply's key began
	Looks      int       // answered looks for it so far
	Doubt      bool      // an earlier call with this key may have taken effect, and no person has said otherwise
}
