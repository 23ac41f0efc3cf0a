package twitter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"
)

// The control API lets other processes drive and audit a stand-in. It speaks
// JSON, serves loopback clients only, and is not touched by faults.
//
//	POST   /_sim/users           {"handle"} → {"id", …Credentials}
//	POST   /_sim/clients         {"confidential","redirects":[…]} → Client
//	POST   /_sim/tokens          {"client_id","handle","scopes":[…]} → {"access_token","refresh_token"}
//	GET    /_sim/bearer          → {"bearer"}
//	POST   /_sim/visitor         {"handle"} → {}
//	POST   /_sim/posts           {"author","text", …PostOptions} → {"id"}
//	PUT    /_sim/posts/{id}      {"text"} → {"id"} of the new version
//	DELETE /_sim/posts/{id}      → {}
//	POST   /_sim/posts/{id}/release → {}
//	POST   /_sim/relations       {"kind","from","to"} → {}; kinds as the methods, lower case
//	POST   /_sim/faults          {"kind","route","skip","count","share","delay_ms"} → {}
//	DELETE /_sim/faults          → {}
//	POST   /_sim/outage          {"ms"} → {}, then the server is gone for so long
//	POST   /_sim/streams/cut     {} → {}
//	POST   /_sim/streams/error   {"cut"} → {}
//	POST   /_sim/streams/disturb Disturbance → {}
//	POST   /_sim/credits         {"amount"} in micro USD → {}
//	GET    /_sim/published?account=A&parent=ID → [Published]
//	GET    /_sim/truth?account=A     → Truth
//	GET    /_sim/bill                → Bill
//	GET    /_sim/requests            → {route: count}
//	GET    /_sim/refusals            → [string]
func (s *Server) controlRoutes(mux *http.ServeMux) {
	control := func(pattern string, f func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			value, err := any(nil), checkControl(r)
			if err == nil {
				value, err = f(r)
			}
			tellControl(w, value, err)
		})
	}
	control("POST /_sim/users", s.controlUser)
	control("POST /_sim/clients", s.controlClient)
	control("POST /_sim/tokens", s.controlTokens)
	control("POST /_sim/visitor", s.controlVisitor)
	control("POST /_sim/posts", s.controlPost)
	control("PUT /_sim/posts/{id}", s.controlEdit)
	control("DELETE /_sim/posts/{id}", func(r *http.Request) (any, error) { return nil, s.Delete(r.PathValue("id")) })
	control("POST /_sim/posts/{id}/release", func(r *http.Request) (any, error) { return nil, s.Release(r.PathValue("id")) })
	control("POST /_sim/relations", s.controlRelation)
	control("POST /_sim/faults", s.controlFault)
	control("DELETE /_sim/faults", func(*http.Request) (any, error) { s.ClearFaults(); return nil, nil })
	mux.HandleFunc("POST /_sim/outage", s.controlOutage)
	control("POST /_sim/streams/cut", func(*http.Request) (any, error) { s.CutStreams(); return nil, nil })
	control("POST /_sim/streams/error", s.controlStreamError)
	control("POST /_sim/streams/disturb", s.controlDisturb)
	control("POST /_sim/credits", s.controlCredits)
	control("GET /_sim/bearer", func(*http.Request) (any, error) { return object{"bearer": s.Bearer()}, nil })
	control("GET /_sim/published", func(r *http.Request) (any, error) {
		return s.Published(r.FormValue("account"), r.FormValue("parent")), nil
	})
	control("GET /_sim/truth", func(r *http.Request) (any, error) { return s.Truth(r.FormValue("account")), nil })
	control("GET /_sim/bill", func(*http.Request) (any, error) { return s.Bill(), nil })
	control("GET /_sim/requests", func(*http.Request) (any, error) { return s.Requests(), nil })
	control("GET /_sim/refusals", func(*http.Request) (any, error) { return s.Refusals(), nil })
}

// controlProblem is a refusal with its HTTP status.
type controlProblem struct {
	status int
	text   string
}

func (p *controlProblem) Error() string { return p.text }

// checkControl refuses callers from elsewhere, and browsers' cross-site forms,
// which cannot send JSON.
func checkControl(r *http.Request) error {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return &controlProblem{http.StatusForbidden, "the control API serves loopback only"}
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodGet && r.Method != http.MethodDelete && kind != "application/json" {
		return &controlProblem{http.StatusUnsupportedMediaType, "the control API wants Content-Type: application/json"}
	}
	return nil
}

// tellControl answers with a value, or with {"error"}. It tells the length, so
// that an answer is whole when it is flushed, even if the server is stopped
// before the handler ends.
func tellControl(w http.ResponseWriter, value any, err error) {
	status := http.StatusOK
	if told := (*controlProblem)(nil); errors.As(err, &told) {
		status = told.status
	} else if errors.Is(err, ErrUnknown) {
		status = http.StatusNotFound
	} else if err != nil {
		status = http.StatusBadRequest
	}
	if err != nil {
		value = object{"error": err.Error()}
	}
	if value == nil {
		value = object{}
	}
	var body bytes.Buffer
	_ = json.NewEncoder(&body).Encode(value) // all that is told can be encoded
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that has gone away is no matter of ours
}

// readControl decodes the body; unknown fields are refused.
func readControl[T any](r *http.Request) (in T, err error) {
	dec := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return in, fmt.Errorf("read body: %w", err)
	}
	return in, nil
}

func (s *Server) controlUser(r *http.Request) (any, error) {
	in, err := readControl[struct{ Handle string }](r)
	if err != nil {
		return nil, err
	}
	id, err := s.AddUser(in.Handle)
	if err != nil {
		return nil, err
	}
	c, err := s.Credentials(in.Handle)
	return struct {
		ID string `json:"id"`
		Credentials
	}{id, c}, err
}

func (s *Server) controlClient(r *http.Request) (any, error) {
	in, err := readControl[struct {
		Confidential bool
		Redirects    []string
	}](r)
	if err != nil {
		return nil, err
	}
	return s.RegisterClient(in.Confidential, in.Redirects...), nil
}

func (s *Server) controlTokens(r *http.Request) (any, error) {
	in, err := readControl[struct {
		ClientID string `json:"client_id"`
		Handle   string
		Scopes   []string
	}](r)
	if err != nil {
		return nil, err
	}
	access, refresh, err := s.Tokens(in.ClientID, in.Handle, in.Scopes...)
	return object{"access_token": access, "refresh_token": refresh}, err
}

func (s *Server) controlVisitor(r *http.Request) (any, error) {
	in, err := readControl[struct{ Handle string }](r)
	if err != nil {
		return nil, err
	}
	return nil, s.Visitor(in.Handle)
}

func (s *Server) controlPost(r *http.Request) (any, error) {
	in, err := readControl[struct {
		Author, Text string
		PostOptions
	}](r)
	if err != nil {
		return nil, err
	}
	id, err := s.Post(in.Author, in.Text, in.PostOptions)
	return object{"id": id}, err
}

func (s *Server) controlEdit(r *http.Request) (any, error) {
	in, err := readControl[struct{ Text string }](r)
	if err != nil {
		return nil, err
	}
	id, err := s.Edit(r.PathValue("id"), in.Text)
	return object{"id": id}, err
}

func (s *Server) controlRelation(r *http.Request) (any, error) {
	in, err := readControl[struct{ Kind, From, To string }](r)
	if err != nil {
		return nil, err
	}
	alone := func(f func(string) error) func(a, _ string) error { return func(a, _ string) error { return f(a) } }
	do := map[string]func(from, to string) error{
		"block": s.Block, "unblock": s.Unblock, "follow": s.Follow, "protect": alone(s.Protect),
		"unprotect": alone(s.Unprotect), "suspend": alone(s.Suspend), "revoke": alone(s.Revoke),
	}[in.Kind]
	if do == nil {
		return nil, fmt.Errorf("unknown relation %q", in.Kind)
	}
	return nil, do(in.From, in.To)
}

func (s *Server) controlFault(r *http.Request) (any, error) {
	in, err := readControl[struct {
		Kind        FaultKind
		Route       string
		Skip, Count int
		Share       float64
		DelayMS     int64 `json:"delay_ms"`
	}](r)
	if err != nil {
		return nil, err
	}
	return nil, s.Inject(Fault{in.Kind, in.Route, in.Skip, in.Count, in.Share, time.Duration(in.DelayMS) * time.Millisecond})
}

func (s *Server) controlStreamError(r *http.Request) (any, error) {
	in, err := readControl[struct{ Cut bool }](r)
	if err != nil {
		return nil, err
	}
	s.StreamError(in.Cut)
	return nil, nil
}

func (s *Server) controlDisturb(r *http.Request) (any, error) {
	d, err := readControl[Disturbance](r)
	if err != nil {
		return nil, err
	}
	s.Disturb(d)
	return nil, nil
}

func (s *Server) controlCredits(r *http.Request) (any, error) {
	in, err := readControl[struct{ Amount MicroUSD }](r)
	if err != nil {
		return nil, err
	}
	s.AddCredits(in.Amount)
	return nil, nil
}

// controlOutage answers first and stops the server right after.
func (s *Server) controlOutage(w http.ResponseWriter, r *http.Request) {
	var in struct{ MS int64 }
	err := checkControl(r)
	if err == nil {
		in, err = readControl[struct{ MS int64 }](r)
	}
	tellControl(w, nil, err)
	if err != nil {
		return
	}
	_ = http.NewResponseController(w).Flush()
	s.running.Go(func() {
		_ = s.Outage(s.life, time.Duration(in.MS)*time.Millisecond) // fails only when closing
	})
}
