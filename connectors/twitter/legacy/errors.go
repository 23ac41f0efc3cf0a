package legacy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/dghubble/go-twitter/twitter"

	"socialwatch"
)

// apiError is an answer that is no success, or a call that our own share of
// the rate limit does not allow.
type apiError struct {
	status   int
	told     verdict       // zero: X names nothing that we know
	api      bool          // the answer is X's own, not that of some proxy
	wait     time.Duration // 0 when X names none
	ours     bool          // no request was made: our own budget is used up
	redirect string        // where a redirect leads, without the path
}

// verdict is what a number, or the words, of an error mean and what to do.
type verdict struct {
	reason socialwatch.Reason
	text   string
	wait   time.Duration // when X names none
}

// Verdicts that more than one sign leads to.
var (
	badSecrets = verdict{reason: socialwatch.Unauthorized, text: "X does not take the account's secrets: make new ones and give them to socialwatch"}
	noAccess   = verdict{reason: socialwatch.Unauthorized, text: "X says that the app's access level does not allow this call (code 453): v1.1 is for " +
		"organisations that still have it by contract; without one remove api: v1.1 from the account"}
	locked    = verdict{reason: socialwatch.Unauthorized, text: "X has suspended or locked the account: log in on the web and see why"}
	mayNot    = verdict{reason: socialwatch.Unauthorized, text: "the app may not do this: give it read and write permission, then make a new access token"}
	gone      = verdict{reason: socialwatch.Gone, text: "the post is gone, or its author blocks us or is suspended"}
	duplicate = verdict{reason: socialwatch.Duplicate, text: "X holds a post of ours with the same words"}
	unasked   = verdict{reason: socialwatch.Refused, text: "X lets the API answer only posts that mention or quote the account: a person must answer in the app"}
	noCredit  = verdict{reason: socialwatch.OutOfCredit, text: "X says that the credits or the cap of the account are used up: raise them, then resume the account"}
)

// codes are the numbers of errors, of which X has documented more than matter
// here.
var codes = map[int]verdict{
	32: badSecrets, 89: badSecrets, 99: badSecrets, 215: badSecrets,
	135: {reason: socialwatch.Unauthorized, text: "X does not take the time of the request: set this machine's clock by a time server"},
	453: noAccess, 64: locked, 326: locked, 87: mayNot, 93: mayNot, 220: mayNot, 261: mayNot, 416: mayNot,
	63: gone, 136: gone, 144: gone, 179: gone, 385: gone,
	187: duplicate,
	88:  {reason: socialwatch.RateLimited, text: "X's rate limit is used up"},
	185: {reason: socialwatch.RateLimited, text: "the account has posted as much as X allows for now", wait: 30 * time.Minute},
	186: {reason: socialwatch.Refused, text: "X says that the text is too long"},
	226: {reason: socialwatch.Refused, text: "X takes the request for automated spam: a person must answer in the app"},
	433: {reason: socialwatch.Refused, text: "the author lets only some people answer the post, and the account is none of them"},
}

// signs are parts of what newer errors say instead of a number. X changes its
// words, so each is short.
var signs = []struct {
	part string
	verdict
}{
	{"credits-depleted", noCredit}, {"credits depleted", noCredit}, {"usage-capped", noCredit}, {"usagecapexceeded", noCredit},
	{"duplicate content", duplicate}, {"not been mentioned", unasked}, {"otherwise engaged", unasked},
	{"not-authorized-for-resource", gone}, {"client-forbidden", noAccess}, {"unsupported-authentication", noAccess},
}

// newAPIError reads what an answer's body tells, in the form of v1.1 or as a
// problem of RFC 7807.
func newAPIError(status int, body []byte) *apiError {
	e := &apiError{status: status}
	var numbered twitter.APIError
	if json.Unmarshal(bytes.TrimSpace(body), &numbered) == nil && !numbered.Empty() {
		e.api = true
		for _, d := range numbered.Errors {
			if v, known := codes[d.Code]; known {
				e.told = v
				return e
			}
			e.hear(d.Message)
		}
		return e
	}
	var problem struct{ Type, Title, Detail, Reason string }
	if json.Unmarshal(bytes.TrimSpace(body), &problem) == nil {
		e.api = problem.Type != "" || problem.Title != ""
		e.hear(path.Base(problem.Type) + "\n" + problem.Title + "\n" + problem.Detail + "\n" + problem.Reason)
	}
	return e
}

func (e *apiError) hear(said string) {
	said = strings.ToLower(said)
	for _, s := range signs {
		if e.told == (verdict{}) && strings.Contains(said, s.part) {
			e.told = s.verdict
		}
	}
}

// Error tells the status and what to do. X's own words are left out: they may
// repeat a post or a handle.
func (e *apiError) Error() string {
	switch {
	case e.ours:
		return "X's rate limit is used up, or what is left of it is kept for replies"
	case e.told.text != "":
		return fmt.Sprintf("HTTP %d: %s", e.status, e.told.text)
	case e.status >= 300 && e.status < 400:
		return fmt.Sprintf("HTTP %d: base_url redirects to %q: write the API's own address into base_url", e.status, e.redirect)
	case e.status == http.StatusUnauthorized:
		return "HTTP 401: " + badSecrets.text
	case e.status == http.StatusPaymentRequired:
		return "HTTP 402: " + noCredit.text
	case e.status == http.StatusForbidden && e.api:
		return "HTTP 403: X does not allow this: look at the app's permissions and at the account's standing"
	case (e.status == http.StatusNotFound || e.status == http.StatusGone) && e.api:
		return fmt.Sprintf("HTTP %d: there is no such call any more: v1.1 has ended for this account, or base_url is another server's", e.status)
	case !e.api && e.status != http.StatusTooManyRequests:
		return fmt.Sprintf("HTTP %d, and not from X's API: look at base_url and at what stands before it", e.status)
	}
	return strings.TrimSpace(fmt.Sprintf("HTTP %d %s", e.status, http.StatusText(e.status)))
}

// reason classes a refusal; "" for what says nothing definite of the call.
func (e *apiError) reason(write bool) socialwatch.Reason {
	switch {
	case e.status == http.StatusRequestTimeout || e.status >= 500 || e.status < 300:
		return ""
	case e.told.reason != "":
		return e.told.reason
	case e.status == http.StatusPaymentRequired:
		return socialwatch.OutOfCredit
	case e.status == http.StatusUnauthorized, e.status == http.StatusForbidden && e.api && !write:
		return socialwatch.Unauthorized
	case e.status == http.StatusTooManyRequests:
		return socialwatch.RateLimited
	case e.status == http.StatusNotFound && !e.api:
		return socialwatch.Temporary // a proxy's page, which never reached X
	case e.status >= 400 && !e.api:
		return "" // a firewall may also take X's answer for its own
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
	var ue *url.Error
	for errors.As(err, &ue) { // its address would only repeat ids
		err = ue.Err
	}
	ne := &socialwatch.NetworkError{Reason: otherwise, Err: err}
	var e *apiError
	if errors.As(err, &e) {
		ne.Reason, ne.RetryAfter = cmp.Or(e.reason(write), otherwise), cmp.Or(e.wait, e.told.wait)
	}
	return ne
}

func refused(text string) *socialwatch.NetworkError {
	return &socialwatch.NetworkError{Reason: socialwatch.Refused, Err: errors.New(text)}
}

func doubt(text string) *socialwatch.NetworkError {
	return &socialwatch.NetworkError{Reason: socialwatch.Unknown, Err: errors.New(text)}
}
