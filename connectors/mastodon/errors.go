package mastodon

import (
	"errors"
	"net/http"

	"socialwatch"
	"socialwatch/connectors"
)

// readError classes the failure of a read (note, section 7).
func readError(err error) *socialwatch.NetworkError {
	ne := &socialwatch.NetworkError{Reason: socialwatch.Temporary, Err: connectors.Bare(err)}
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
	ne := &socialwatch.NetworkError{Reason: socialwatch.Unknown, Err: connectors.Bare(err)}
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

func refused(text string) *socialwatch.NetworkError {
	return &socialwatch.NetworkError{Reason: socialwatch.Refused, Err: errors.New(text)}
}
