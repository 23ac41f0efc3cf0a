package mastodon

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"socialwatch"
)

// readError classes the failure of a read (note, section 7).
func readError(err error) *socialwatch.NetworkError {
	ne := &socialwatch.NetworkError{Reason: socialwatch.Temporary, Err: bare(err)}
	var se *statusError
	if errors.As(err, &se) {
		ne.Reason, ne.RetryAfter = readReason(se), se.wait
	}
	return ne
}

func readReason(e *statusError) socialwatch.Reason {
	switch {
	case e.code == http.StatusTooManyRequests:
		return socialwatch.RateLimited
	case e.code == http.StatusRequestTimeout || e.code >= 500:
		return socialwatch.Temporary
	case e.code == http.StatusNotFound && !e.api:
		return socialwatch.Temporary // a proxy's page: it must not erase what a customer wrote
	}
	return definite(e.code)
}

// writeError classes the failure of a write. Only what surely did not take
// effect is anything but Unknown: a definite refusal, or a connection that
// never came about.
func writeError(err error, k *call) *socialwatch.NetworkError {
	ne := &socialwatch.NetworkError{Reason: socialwatch.Unknown, Err: bare(err)}
	var se *statusError
	switch {
	case errors.As(err, &se):
		ne.RetryAfter = se.wait
		if se.code >= 300 && se.code < 500 && se.code != http.StatusRequestTimeout {
			ne.Reason = definite(se.code)
		}
	case !k.connected.Load():
		ne.Reason = socialwatch.Temporary
	}
	return ne
}

// definite classes a refusal by status 3xx or 4xx.
func definite(code int) socialwatch.Reason {
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return socialwatch.Unauthorized
	case http.StatusNotFound, http.StatusGone:
		return socialwatch.Gone
	case http.StatusTooManyRequests:
		return socialwatch.RateLimited
	}
	return socialwatch.Refused
}

// bare is err without the address of the request, which would only repeat ids.
func bare(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

// decodeError says why JSON was not understood, without its values, which may
// be a customer's words.
func decodeError(err error) error {
	var (
		typ    *json.UnmarshalTypeError
		syntax *json.SyntaxError
		when   *time.ParseError
	)
	switch {
	case errors.As(err, &typ):
		return errors.New("the answer was not understood: wrong type of field " + typ.Field)
	case errors.As(err, &syntax):
		return errors.New("the answer is not JSON")
	case errors.As(err, &when):
		return errors.New("the answer was not understood: a time is not readable")
	}
	return err
}

func refused(text string) *socialwatch.NetworkError {
	return &socialwatch.NetworkError{Reason: socialwatch.Refused, Err: errors.New(text)}
}
