package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// kind is one type of problem. Its name is the last part of the type's
// address and never changes.
type kind struct {
	name   string
	status int
	title  string
	advice string // what to do about it, for whoever reads the type's address
}

// Kinds of problem.
var (
	kindInvalid = kind{"invalid-request", http.StatusBadRequest, "The request is not valid",
		"The detail names the parameter or field. Mend it and send it again."}
	kindToken = kind{"token-required", http.StatusUnauthorized, "A valid token is required",
		"Send Authorization: Bearer swt_… with a token that `socialwatch token add` has made and that has not expired."}
	kindScope = kind{"scope-required", http.StatusForbidden, "The token lacks a scope",
		"Make a token with the scope that the detail names: `socialwatch token add`."}
	kindPerson = kind{"person-required", http.StatusForbidden, "Only a person decides",
		"This was a system's token. Decide with the token of a person, known by name, who holds the role for it."}
	kindSystem = kind{"system-required", http.StatusForbidden, "Only a system does this",
		"This was a person's token. A system has a token of its own."}
	kindOwned = kind{"owned-elsewhere", http.StatusForbidden, "Another system owns the case",
		"Change it there: its state, assignee, team and merges are decided by the system that has claimed it. A lead can release it."}
	kindRole = kind{"role-required", http.StatusForbidden, "The person lacks the role",
		"An admin grants the role that the detail names."}
	kindNotFound = kind{"not-found", http.StatusNotFound, "There is no such thing here",
		"Check the address; what belongs to accounts that the token may not read is not found either."}
	kindMethod = kind{"method-not-allowed", http.StatusMethodNotAllowed, "This address has no such method",
		"The Allow header lists the methods."}
	kindConflict = kind{"conflict", http.StatusConflict, "Changed by somebody else meanwhile",
		"Somebody or something was faster: current or current_case says how it stands, and who changed it. Read it again and decide anew."}
	kindNotPossible = kind{"not-possible", http.StatusConflict, "Not possible as it stands",
		"Reading it again does not help: the detail says what is in the way. Clear that away, or ask for something else."}
	kindConfirm = kind{"confirm", http.StatusConflict, "This approval needs a second look",
		"Show the reasons and findings to the person. If they still approve, send the same decision with confirm: it stands for exactly this set."}
	kindAhead = kind{"log-restored", http.StatusConflict, "The log ends before this event",
		"The log was restored from an older backup, and numbers after its end come anew: go back to the last event that you have read and that still stands, with the same at, and read on from there."}
	kindTooLarge = kind{"body-too-large", http.StatusRequestEntityTooLarge, "The body is too large",
		"A body holds 64 kB at most."}
	kindMedia = kind{"unsupported-media-type", http.StatusUnsupportedMediaType, "The body must be JSON",
		"Send the body with Content-Type: application/json."}
	kindRefused = kind{"refused", http.StatusUnprocessableEntity, "This can't be published",
		"The detail says why. Findings are those of the safety check: edit the text, or let an admin widen the allow-list."}
	kindKeyUsed = kind{"key-used", http.StatusUnprocessableEntity, "The key belongs to another request",
		"An Idempotency-Key names one request for 24 hours: make a new key for each, and use it again only to send the very same."}
	kindKeyBusy = kind{"key-busy", http.StatusConflict, "The same request is being worked on",
		"Another call with this Idempotency-Key has not ended: send it again after the seconds of the Retry-After header."}
	kindRate = kind{"rate-limited", http.StatusTooManyRequests, "Too many requests with this token",
		"Wait for the seconds of the Retry-After header."}
	kindSignature = kind{"signature-required", http.StatusUnauthorized, "A valid signature is required",
		"Sign the request by the account's secret, as Standard Webhooks has it, when you send it: webhook-id, webhook-timestamp and the raw body with dots between."}
	kindAway = kind{"unavailable", http.StatusServiceUnavailable, "Nothing can be stored now",
		"Nothing was stored. Send the same request again after the seconds of the Retry-After header."}
	kindInternal = kind{"internal", http.StatusInternalServerError, "The server failed",
		"Nothing is lost: look how it stands, then try again. The server's log has the cause."}
)

var kinds = []kind{kindInvalid, kindToken, kindScope, kindPerson, kindSystem, kindOwned, kindRole, kindNotFound, kindMethod, kindConflict,
	kindNotPossible, kindConfirm, kindAhead, kindTooLarge, kindMedia, kindRefused, kindKeyUsed, kindKeyBusy, kindRate, kindSignature, kindAway, kindInternal}

// Problem is why a request was refused, as RFC 9457 has it. It is the error
// that Client returns, and never holds a token.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"` // what to do
	// Confirm is what to repeat the decision with, and Reasons are why a second look
	// is needed, for type confirm.
	Confirm string   `json:"confirm,omitempty"`
	Reasons []string `json:"reasons,omitempty"`
	// Findings of the safety check, for types refused and confirm.
	Findings []socialwatch.Finding `json:"findings,omitempty"`
	// Current is how the reply stands, for types conflict and not-possible.
	Current *Current `json:"current,omitempty"`
	// CurrentCase is how the case stands, for types conflict and not-possible.
	CurrentCase *CurrentCase `json:"current_case,omitempty"`
	// RetryAfter is that header's value; zero when there is none.
	RetryAfter time.Duration `json:"-"`
}

// Current is how a reply stands that somebody else decided about.
type Current struct {
	State     socialwatch.ReplyState `json:"state"`
	Hash      string                 `json:"hash"`
	DecidedBy string                 `json:"decided_by"`
	DecidedAt *time.Time             `json:"decided_at"`
}

// CurrentCase is how a case stands that somebody else has changed.
type CurrentCase struct {
	Number    string                `json:"number"`
	State     socialwatch.CaseState `json:"state"`
	Assignee  string                `json:"assignee"`
	Version   int                   `json:"version"`
	Change    string                `json:"change"` // kind of its newest event
	ChangedBy string                `json:"changed_by"`
	ChangedAt *time.Time            `json:"changed_at"`
}

func (p *Problem) Error() string {
	switch {
	case p.Detail != "":
		return p.Detail
	case p.Title != "":
		return p.Title
	}
	return fmt.Sprintf("the server answered %d", p.Status)
}

// Unwrap lets errors.Is tell conflicts, lacking rights and things not found
// apart on either side of the wire. What must be confirmed is none of them.
func (p *Problem) Unwrap() error {
	switch p.Status {
	case http.StatusConflict:
		switch {
		case p.Confirm != "":
			return nil
		case p.Type == kindNotPossible.address():
			return socialwatch.ErrNotPossible
		}
		return socialwatch.ErrConflict
	case http.StatusForbidden:
		return socialwatch.ErrForbidden
	case http.StatusNotFound:
		return socialwatch.ErrNotFound
	}
	return nil
}

func (k kind) address() string { return base + "/problems/" + k.name }

// of makes a problem of kind k.
func (k kind) of(format string, args ...any) *Problem {
	return &Problem{Type: k.address(), Title: k.title, Status: k.status, Detail: fmt.Sprintf(format, args...)}
}

// fail answers with what err is.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.problem(r, err).send(w)
}

// problem is what err is: a *Problem as it stands, else by its class. Whatever
// has none is logged here and not shown.
func (s *server) problem(r *http.Request, err error) answer {
	var p *Problem
	switch {
	case errors.As(err, &p):
	case errors.Is(err, store.ErrCursor):
		p = kindInvalid.of(`parameter "cursor": %s`, store.ErrCursor)
	case errors.Is(err, store.ErrAhead):
		p = kindAhead.of("%s", kindAhead.advice)
	case errors.Is(err, socialwatch.ErrConflict):
		p = conflict(err)
	case errors.Is(err, socialwatch.ErrStopped):
		p = kindNotPossible.of("%s", words(err))
	case errors.Is(err, socialwatch.ErrForbidden):
		p = kindRole.of("%s", words(err))
	case errors.Is(err, socialwatch.ErrNotFound):
		p = kindNotFound.of("%s", words(err))
	default:
		if r.Context().Err() == nil {
			s.Log.ErrorContext(r.Context(), "api request failed", "method", r.Method, "route", r.Pattern, "err", err)
		}
		p = kindInternal.of("%s", kindInternal.advice)
	}
	return answerOf(p.Status, p)
}

// conflict is an ErrConflict as a problem: of what was read, or of what stands in
// the way however often it is read.
func conflict(err error) *Problem {
	if errors.Is(err, socialwatch.ErrNotPossible) {
		return kindNotPossible.of("%s", words(err))
	}
	return kindConflict.of("%s", words(err))
}

// words are what err says before it names its class, which the problem's title
// says already.
func words(err error) string {
	text := err.Error()
	for _, class := range []error{socialwatch.ErrConflict, socialwatch.ErrForbidden, socialwatch.ErrNotFound} {
		text = strings.TrimSuffix(text, ": "+class.Error())
	}
	return text
}

// kind serves the page of one type of problem.
func (s *server) kind(r *http.Request, _ caller) (any, error) {
	name := r.PathValue("name")
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return nil, kindNotFound.of("there is no such type of problem; %s/openapi.json lists them", base)
	}
	return kinds[i].of("%s", kinds[i].advice), nil
}

// answer is what a request is answered with.
type answer struct {
	status int
	body   []byte
}

func answerOf(status int, v any) answer {
	b, err := json.Marshal(v)
	if err != nil { // unreachable: plain values
		return answer{status: http.StatusInternalServerError}
	}
	return answer{status, append(b, '\n')}
}

func (a answer) send(w http.ResponseWriter) {
	media := "application/json"
	if a.status >= http.StatusBadRequest {
		media = "application/problem+json"
	}
	w.Header().Set("Content-Type", media)
	w.WriteHeader(a.status)
	w.Write(a.body) // who left early can't be told
}
