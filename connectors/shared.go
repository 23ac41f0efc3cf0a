package connectors

import (
	"context"
	"time"

	"socialwatch"
)

// What the wiring lends to connectors of networks that charge for calls, whose
// tokens change, or that push: state that all processes of the program share
// in the database. A connector works without any of it when its network needs
// none.

// Ledger keeps what calls cost. It is safe for concurrent use, by any number of
// processes.
type Ledger interface {
	// Reserve asks leave for a call before it is made and sets aside the most
	// that it may cost. It fails with NetworkError OutOfCredit when the budget
	// does not allow the call, or while Halt stands; then the call must not be
	// made.
	Reserve(ctx context.Context, c socialwatch.Costing) (reservation int64, err error)
	// Settle ends a reservation with what the network will have charged for:
	// the objects in its answer, such as "post:17" or "user:4". An object is
	// charged once per account and UTC day, however often and by whatever call
	// it is read, at the price of the item that brought it first. None: nothing
	// was charged.
	// Reservation 0 settles a charge that nobody could foresee, as of a stream.
	// A reservation that is never settled counts in full.
	Settle(ctx context.Context, reservation int64, c socialwatch.Costing, objects []string) error
	// Halt notes that the network says we are out of credit, or at its cap: no
	// call of the account is allowed until a person resumes it.
	Halt(ctx context.Context, account, why string) error
}

// TokenStore keeps an account's OAuth 2.0 tokens, encrypted. It is safe for
// concurrent use, by any number of processes.
type TokenStore interface {
	// Token returns the stored token; socialwatch.ErrNotFound when there is
	// none: a person must log the account in.
	Token(ctx context.Context, account string) (Token, error)
	// Refresh replaces the token that a caller found stale. One caller at a
	// time runs renew, under a lock that all processes share; what renew returns
	// is stored before Refresh returns it. A caller that waited for another's
	// renewal gets its result without one of its own.
	Refresh(ctx context.Context, account string, stale Token, renew func(context.Context, Token) (Token, error)) (Token, error)
	// Put stores the token of a fresh login.
	Put(ctx context.Context, account string, t Token) error
}

// Token is an OAuth 2.0 token of one account. Never log or print it.
type Token struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh"` // single-use where the network says so
	Expires time.Time `json:"expires"` // zero: not known
}

// Inbox holds posts that a network has pushed to us, and that we may have paid
// for, until intake takes them in.
type Inbox interface {
	// Put stores mentions durably before it returns. One that waits already is
	// replaced.
	Put(ctx context.Context, account string, mentions []socialwatch.Mention) error
}

// Tray is an Inbox for networks that only push: nothing is fetched from them, so
// all that they say comes here.
type Tray interface {
	// PutPush stores a push durably before it returns, all of it or nothing, and
	// may be given the same again.
	PutPush(ctx context.Context, account string, p socialwatch.Push) error
}

// Compliance asks a network which of the posts that we keep must be erased. It
// is what nightly looks use where reading every post again would cost.
type Compliance interface {
	// Gone returns those of ids that the network has deleted, or shows us no
	// longer, in no promised order. It may take minutes and ends with ctx.
	Gone(ctx context.Context, ids []string) ([]string, error)
}

// Login gives an account its tokens by a person's consent.
type Login interface {
	// Begin returns the address at which a person consents, and what Finish
	// needs. redirect is the address that the network sends the person to.
	Begin(redirect string) (address string, state LoginState, err error)
	// Finish exchanges the code that came back with the given state value and
	// returns the token and whose it is, or an error that says what to do. It
	// stores nothing.
	Finish(ctx context.Context, s LoginState, state, code string) (Token, socialwatch.Author, error)
}

// LoginState is what a login carries from Begin to Finish: it stays in the
// process that began.
type LoginState struct {
	Redirect, State, Verifier string
}
