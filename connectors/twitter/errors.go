package twitter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// apiError is an answer that is no success, or a call that our own share of
// the rate limit does not allow.
type apiError struct {
	status   int
	mark     mark          // what X says is wrong; "" when it is none that we know
	api      bool          // the answer is X's own, not that of some proxy
	wait     time.Duration // 0 when X names none
	ours     bool          // no request was made: our own budget is used up
	redirect string        // where a redirect leads, without the path
}

// mark is a kind of error that X tells by the type of a problem, by a number,
// or by nothing but its words.
type mark string

const (
	markCredits     mark = "credits-depleted"
	markCapped      mark = "usage-capped"
	markAccess      mark = "client-forbidden"
	markLegacy      mark = "access-level" // code 453
	markWrongToken  mark = "unsupported-authentication"
	markHidden      mark = "not-authorized-for-resource"
	markMissing     mark = "resource-not-found"
	markRate        mark = "rate-limit-exceeded"
	markInvalid     mark = "invalid-request"
	markDuplicate   mark = "duplicate-content"
	markUnsummoned  mark = "not-summoned"
	markConnections mark = "too-many-connections"
)

// words are what the marks mean and what to do.
var words = map[mark]string{
	markCredits:     "X says that the credits are used up: buy credits, then resume the account",
	markCapped:      "X says that its usage cap is reached: raise the cap or wait for the next period, then resume the account",
	markAccess:      "X says that the app's access level does not allow this call: look at the app in X's developer console",
	markLegacy:      "X says that the app's access level does not allow this call (code 453): look at the app in X's developer console",
	markWrongToken:  "X says that this kind of token does not serve for this call",
	markHidden:      "the post or account is deleted, protected, suspended or blocks us",
	markMissing:     "the post or account does not exist any more",
	markRate:        "X's rate limit is used up",
	markInvalid:     "X does not understand the request: this is an error of socialwatch, please report it",
	markDuplicate:   "X holds a post of ours with the same words",
	markUnsummoned:  "X lets the API answer only posts that mention or quote the account: a person must answer in the app",
	markConnections: "X says that too many streams are open",
}

// problem is an error as X tells it: a problem of RFC 7807, the v1.1 shape
// with numbers, or both in one. No field of an odd type makes it unreadable.
type problem struct {
	Type       loose    `json:"type"`
	Title      loose    `json:"title"`
	Detail     loose    `json:"detail"`
	Reason     loose    `json:"reason"`
	Code       loose    `json:"code"`
	Message    loose    `json:"message"`
	Connection loose    `json:"connection_issue"`
	Resource   loose    `json:"resource_id"`
	Value      loose    `json:"value"`
	Errors     problems `json:"errors"`
}

type problems []problem

func (p *problems) UnmarshalJSON(b []byte) error {
	var list []problem
	if json.Unmarshal(b, &list) == nil {
		*p = list
	}
	return nil
}

// loose is a string or number; anything else is as if it were not there.
type loose string

func (l *loose) UnmarshalJSON(b []byte) error {
	var (
		s string
		n json.Number
	)
	switch {
	case json.Unmarshal(b, &s) == nil:
		*l = loose(s)
	case json.Unmarshal(b, &n) == nil:
		*l = loose(n)
	}
	return nil
}

// kind finds out what a problem is. Its type and number tell surely; of its
// words only parts are looked for, because X changes them.
func (p problem) kind() mark {
	switch m := mark(path.Base(string(p.Type))); m {
	case markCredits, markCapped, markAccess, markWrongToken, markHidden, markMissing, markRate:
		return m
	}
	switch p.Code {
	case "453":
		return markLegacy
	case "88":
		return markRate
	case "187":
		return markDuplicate
	}
	said := strings.ToLower(string(p.Title + "\n" + p.Detail + "\n" + p.Message + "\n" + p.Reason + "\n" + p.Connection))
	for _, known := range []struct {
		part string
		mark mark
	}{
		{"duplicate content", markDuplicate},
		{"not been mentioned", markUnsummoned}, {"otherwise engaged", markUnsummoned},
		{"deleted or not visible", markHidden},
		{"credits depleted", markCredits}, {"creditsdepleted", markCredits}, {"payment required", markCredits},
		{"usagecapexceeded", markCapped}, {"usage cap", markCapped},
		{"toomanyconnections", markConnections},
	} {
		if strings.Contains(said, known.part) {
			return known.mark
		}
	}
	for _, e := range p.Errors {
		if m := e.kind(); m != "" {
			return m
		}
	}
	if path.Base(string(p.Type)) == string(markInvalid) {
		return markInvalid
	}
	return ""
}

// newAPIError reads what an answer's body tells.
func newAPIError(status int, body []byte, wait time.Duration) *apiError {
	e := &apiError{status: status, wait: wait}
	var p problem
	if json.Unmarshal(bytes.TrimSpace(body), &p) != nil {
		return e
	}
	e.api = p.Type != "" || p.Title != "" || p.Detail != "" || len(p.Errors) > 0
	e.mark = p.kind()
	return e
}

// Error tells the status and what to do. X's own words are left out: they may
// repeat a post or a handle.
func (e *apiError) Error() string {
	told, known := words[e.mark]
	switch {
	case e.ours:
		return "X's rate limit is used up, or what is left of it is kept for replies"
	case known:
		return fmt.Sprintf("HTTP %d: %s", e.status, told)
	case e.status >= 300 && e.status < 400:
		return fmt.Sprintf("HTTP %d: base_url redirects to %q: write the API's own address into base_url", e.status, e.redirect)
	case e.status == http.StatusUnauthorized:
		return "HTTP 401: X does not take the account's secrets or token: make new ones, or log the account in again"
	case e.status == http.StatusPaymentRequired:
		return "HTTP 402: " + words[markCredits]
	case !e.api && e.status != http.StatusTooManyRequests:
		return fmt.Sprintf("HTTP %d, and not from X's API: look at base_url and at what stands before it", e.status)
	case e.status == http.StatusForbidden:
		return "HTTP 403: X does not allow this: look at the app's permissions and at the account's standing"
	}
	return strings.TrimSpace(fmt.Sprintf("HTTP %d %s", e.status, http.StatusText(e.status)))
}

// reason classes a refusal; "" for what says nothing definite of the call.
func (e *apiError) reason(write bool) socialwatch.Reason {
	switch e.mark {
	case markCredits, markCapped:
		return socialwatch.OutOfCredit
	case markAccess, markLegacy, markWrongToken:
		return socialwatch.Unauthorized
	case markHidden, markMissing:
		return socialwatch.Gone
	case markDuplicate:
		if write {
			return socialwatch.Duplicate
		}
	case markUnsummoned:
		return socialwatch.Refused
	case markConnections:
		return socialwatch.RateLimited
	}
	switch {
	case e.status == http.StatusPaymentRequired:
		return socialwatch.OutOfCredit
	case e.status == http.StatusUnauthorized, e.status == http.StatusForbidden && e.api && !write:
		return socialwatch.Unauthorized
	case e.status == http.StatusTooManyRequests:
		return socialwatch.RateLimited
	case e.status == http.StatusRequestTimeout || e.status >= 500 || e.status < 300:
		return ""
	case e.status == http.StatusNotFound && !e.api:
		return socialwatch.Temporary // a proxy's page, which never reached X
	case e.status >= 400 && !e.api:
		return "" // a firewall may also take X's answer for its own
	case e.status == http.StatusNotFound || e.status == http.StatusGone:
		return socialwatch.Gone
	}
	return socialwatch.Refused
}

// readError classes the failure of a read: what says nothing definite did no
// harm and may be tried again.
func readError(err error) *socialwatch.NetworkError {
	return classed(err, false, socialwatch.Temporary)
}

// writeError classes the failure of a write. sent says that X may have got the
// request: then only a definite refusal is anything but Unknown.
func writeError(err error, sent bool) *socialwatch.NetworkError {
	if sent {
		return classed(err, true, socialwatch.Unknown)
	}
	return classed(err, true, socialwatch.Temporary)
}

func classed(err error, write bool, otherwise socialwatch.Reason) *socialwatch.NetworkError {
	ne := &socialwatch.NetworkError{Reason: otherwise, Err: connectors.Bare(err)}
	var e *apiError
	if errors.As(err, &e) {
		ne.RetryAfter = e.wait
		if r := e.reason(write); r != "" {
			ne.Reason = r
		}
	}
	return ne
}

func refused(text string) *socialwatch.NetworkError {
	return &socialwatch.NetworkError{Reason: socialwatch.Refused, Err: errors.New(text)}
}

func unauthorized(text string) *socialwatch.NetworkError {
	return &socialwatch.NetworkError{Reason: socialwatch.Unauthorized, Err: errors.New(text)}
}
