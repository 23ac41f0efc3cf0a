// Package sendonce keeps net/http from sending a request again by itself.
package sendonce

import "net/http"

// Transport sends each body once, for requests that a library makes: net/http
// would send it again, without a pause, when a server ends a request of HTTP/2 in
// certain ways, although it may have acted. Our own requests set GetBody to nil
// themselves. It is as safe for concurrent use as Way.
type Transport struct{ Way http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.GetBody = nil
	return t.Way.RoundTrip(r)
}
