package twitter

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxBody is the largest request body that is read, in bytes.
const maxBody = 1 << 20

// call is one request.
type call struct {
	r      *http.Request
	body   []byte
	who    caller
	viewer *user // who.user
	status int   // of the answer; 0 is 200
}

// endpoint answers a call with a value to be told as JSON. It runs with mu
// held.
type endpoint func(c *call) (any, error)

// route is one operation of the API.
type route struct {
	pattern   string
	auth      authKind
	scopes    []string // that OAuth 2.0 needs
	app, user int      // calls in 15 minutes; 0 is no such limit
	do        endpoint
}

var (
	scopeRead  = []string{"tweet.read", "users.read"}
	scopeWrite = []string{"tweet.read", "tweet.write", "users.read"}
)

func (s *Server) operations() []route {
	return []route{
		{"GET /2/users/me", authUser, scopeRead, 0, 75, s.getMe},
		{"GET /2/users/by/username/{username}", authAny, scopeRead, 300, 900, s.getByUsername},
		{"GET /2/users/{id}/mentions", authAny, scopeRead, 450, 300, s.getMentions},
		{"GET /2/users/{id}/tweets", authAny, scopeRead, 10_000, 900, s.getUserPosts},
		{"GET /2/tweets", authAny, scopeRead, 3_500, 5_000, s.getPosts},
		{"GET /2/tweets/search/recent", authAny, scopeRead, 450, 300, s.searchRecent},
		{"POST /2/tweets", authUser, scopeWrite, 0, 100, s.createPost},
		{"POST /2/activity/subscriptions", authOAuth2, []string{"tweet.read"}, 0, 500, s.subscribe},
		{"GET /2/activity/subscriptions", authApp | authOAuth2, []string{"tweet.read"}, 500, 500, s.listSubscriptions},
		{"DELETE /2/activity/subscriptions/{id}", authApp | authOAuth2, []string{"tweet.read"}, 500, 500, s.unsubscribe},
		{"DELETE /2/connections/all", authApp, nil, 50, 0, s.endConnections},
		{"POST /2/compliance/jobs", authApp, nil, 150, 0, s.createJob},
		{"GET /2/compliance/jobs", authApp, nil, 150, 0, s.listJobs},
		{"GET /2/compliance/jobs/{id}", authApp, nil, 150, 0, s.getJob},
		{"GET /2/usage/tweets", authApp, nil, 50, 0, s.getUsage},
		{"DELETE /2/tweets/{id}", authUser, scopeWrite, 0, 50, s.deletePost},
	}
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range s.operations() {
		mux.HandleFunc(r.pattern, s.guard(func(w http.ResponseWriter, q *http.Request) { s.answer(w, q, &r) }))
	}
	mux.HandleFunc("GET /2/activity/stream", s.guard(s.serveStream))
	s.jobRoutes(mux)
	s.oauthRoutes(mux)
	s.controlRoutes(mux)
	mux.HandleFunc("/", s.guard(func(w http.ResponseWriter, q *http.Request) {
		s.tell(w, q, http.StatusNotFound, nil, notFound())
	}))
	return mux
}

// ServeHTTP serves the API and the control API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.running.Done()
	w.Header().Set("Date", s.now().Format(http.TimeFormat)) // clients measure x-rate-limit-reset by it
	s.mux.ServeHTTP(w, r)
}

// enter counts a handler in, unless the stand-in is closed.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// readCall reads the body before anything is locked.
func readCall(r *http.Request) (*call, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return nil, invalidRequest("", "", "The body could not be read: %v", err)
	}
	if r.Method == http.MethodGet && len(body) > 0 {
		return nil, invalidRequest("", "", "A GET request has a body")
	}
	return &call{r: r, body: body}, nil
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, op *route) {
	c, err := readCall(r)
	var value any
	if err == nil {
		value, err = s.perform(w, c, op)
	} else {
		c = &call{r: r}
	}
	s.tell(w, r, max(c.status, http.StatusOK), value, err)
}

// perform signs the caller in, counts the call, and does the work.
func (s *Server) perform(w http.ResponseWriter, c *call, op *route) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if c.who, err = s.authenticate(c); err != nil {
		return nil, err
	}
	c.viewer = c.who.user
	if err := op.permit(c.who); err != nil {
		return nil, err
	}
	if !s.withinLimit(w, c, op) {
		return nil, tooManyRequests()
	}
	return op.do(c)
}

// tell answers, and notes a refusal for the audit.
func (s *Server) tell(w http.ResponseWriter, r *http.Request, status int, value any, err error) {
	if err != nil {
		code := http.StatusInternalServerError
		if p := (*problem)(nil); errors.As(err, &p) {
			code = p.status
		}
		s.mu.Lock()
		s.refused(fmt.Sprintf("%s: %d: %v", r.Pattern, code, err))
		s.mu.Unlock()
	}
	tell(w, status, value, err)
}

// quarter is the window of X's rate limits.
const quarter = 15 * time.Minute
