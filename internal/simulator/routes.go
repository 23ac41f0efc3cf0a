package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// apiError is an answer that refuses, in the API's form.
type apiError struct {
	status int
	text   string
}

func (e *apiError) Error() string { return e.text }

func (m *Mastodon) notFound() error {
	if m.gts() {
		return &apiError{http.StatusNotFound, "Not Found: target not found"}
	}
	return &apiError{http.StatusNotFound, "Record not found"}
}

// refusal is what the flavour answers to a status that it cannot accept.
func (m *Mastodon) refusal(text string) error {
	if m.gts() {
		return &apiError{http.StatusBadRequest, "Bad Request: " + text}
	}
	return &apiError{http.StatusUnprocessableEntity, "Validation failed: " + text}
}

// call is one authenticated request; viewer is nil without a token.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	token  *token
	viewer *account
}

// endpoint answers a call with a value to be told as JSON. It runs with mu
// held.
type endpoint func(c *call) (any, error)

func (m *Mastodon) routes() *http.ServeMux {
	mux := http.NewServeMux()
	api := func(pattern, scope string, f endpoint) {
		mux.HandleFunc(pattern, m.guard(func(w http.ResponseWriter, r *http.Request) { m.answer(w, r, scope, f) }))
	}
	api("GET /api/v1/instance", "", m.getInstanceV1)
	api("GET /api/v2/instance", "", m.getInstance)
	api("GET /.well-known/nodeinfo", "", m.getNodeInfoLinks)
	api("GET /nodeinfo/2.0", "", m.getNodeInfo)
	api("GET /api/v1/accounts/verify_credentials", "read:accounts", m.getOwnAccount)
	api("GET /api/v1/accounts/relationships", m.relationshipScope(), m.getRelationships)
	api("GET /api/v1/accounts/lookup", "read:accounts", m.lookupAccount)
	api("GET /api/v1/accounts/{id}", "read:accounts", m.getAccount)
	api("GET /api/v1/notifications", "read:notifications", m.getNotifications)
	api("GET /api/v1/notifications/{id}", "read:notifications", m.getNotification)
	api("GET /api/v1/statuses/{id}", "read:statuses", m.getStatus)
	api("GET /api/v1/statuses/{id}/context", "read:statuses", m.getContext)
	api("GET /api/v1/statuses/{id}/history", "read:statuses", m.getHistory)
	api("POST /api/v1/statuses", "write:statuses", m.postStatus)
	api("PUT /api/v1/statuses/{id}", "write:statuses", m.putStatus)
	api("DELETE /api/v1/statuses/{id}", "write:statuses", m.deleteStatus)
	if !m.gts() {
		api("GET /api/v1/statuses", "read:statuses", m.getStatuses)
		api("GET /api/v2/notifications/policy", "read:notifications", m.getPolicy)
	}
	mux.HandleFunc("GET /api/v1/streaming/health", m.guard(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("OK"))
	}))
	mux.HandleFunc("GET /api/v1/streaming", m.guard(m.serveStream))
	mux.HandleFunc("/", m.guard(func(w http.ResponseWriter, _ *http.Request) { m.tell(w, nil, m.notFound()) }))
	m.controlRoutes(mux)
	return mux
}

// ServeHTTP serves the client API, the stream, and the control API.
func (m *Mastodon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !m.enter() {
		panic(http.ErrAbortHandler)
	}
	defer m.running.Done()
	m.mux.ServeHTTP(w, r)
}

// enter counts a handler in, unless the stand-in is closed.
func (m *Mastodon) enter() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.running.Add(1)
	return true
}

// authenticate finds the caller by the token; a scope of "" needs none. The
// caller holds mu.
func (m *Mastodon) authenticate(r *http.Request, scope string) (*token, error) {
	text, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		text = r.URL.Query().Get("access_token")
	}
	t := m.tokens[text]
	switch {
	case scope == "":
		return t, nil
	case t == nil && m.gts():
		return nil, &apiError{http.StatusUnauthorized, "Unauthorized: token not supplied or invalid"}
	case t == nil:
		return nil, &apiError{http.StatusUnauthorized, "The access token is invalid"}
	case !t.allows(scope) && m.gts():
		return nil, &apiError{http.StatusForbidden, "Forbidden: token has insufficient scope permission"}
	case !t.allows(scope):
		return nil, &apiError{http.StatusForbidden, "This action is outside the authorized scopes"}
	}
	return t, nil
}

func (m *Mastodon) answer(w http.ResponseWriter, r *http.Request, scope string, f endpoint) {
	if err := readForm(r); err != nil {
		m.tell(w, nil, m.refusal(err.Error()))
		return
	}
	value, err := func() (any, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		t, err := m.authenticate(r, scope)
		if err != nil {
			return nil, err
		}
		c := &call{w: w, r: r, token: t}
		if t != nil {
			c.viewer = t.owner
		}
		return f(c)
	}()
	m.tell(w, value, err)
}

// tell writes the answer or the refusal.
func (m *Mastodon) tell(w http.ResponseWriter, value any, err error) {
	status := http.StatusOK
	if err != nil {
		refused := &apiError{http.StatusInternalServerError, "Something went wrong on our end"}
		errors.As(err, &refused)
		status, value = refused.status, object{"error": refused.text}
	}
	writeJSON(w, status, value)
}

// writeJSON tells the length, so that an answer is whole when it is flushed,
// even if the server is stopped before the handler ends.
func writeJSON(w http.ResponseWriter, status int, value any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(value) // all that is told can be encoded
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that has gone away is no matter of ours
}

func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// relationshipScope differs between the servers.
func (m *Mastodon) relationshipScope() string {
	if m.gts() {
		return "read:accounts"
	}
	return "read:follows"
}
