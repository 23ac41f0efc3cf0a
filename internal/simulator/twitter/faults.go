package twitter

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultKind names what goes wrong.
type FaultKind string

// The faults that can be injected.
const (
	// FaultLostBefore cuts the connection before the request is looked at.
	FaultLostBefore FaultKind = "lost_before"
	// FaultLostAfter does the work, then cuts the connection without a byte
	// of answer.
	FaultLostAfter FaultKind = "lost_after"
	// FaultTruncated does the work, then cuts the answer in its middle.
	FaultTruncated FaultKind = "truncated"
	// FaultGatewayTimeout does the work, then answers 504 as a proxy would.
	FaultGatewayTimeout FaultKind = "gateway_timeout"
	// FaultInvalidJSON does the work, then answers 200 with broken JSON.
	FaultInvalidJSON FaultKind = "invalid_json"
	// FaultServerError answers 500 without doing the work.
	FaultServerError FaultKind = "server_error"
	// FaultUnavailable answers 503 without doing the work.
	FaultUnavailable FaultKind = "unavailable"
	// FaultRateLimited answers 429 without doing the work;
	// x-rate-limit-reset is Delay from now (not sent when 0).
	FaultRateLimited FaultKind = "rate_limited"
	// FaultUnauthorized answers 401, as after revoked credentials.
	FaultUnauthorized FaultKind = "unauthorized"
	// FaultForbidden answers 403 client-forbidden, as with a lesser access level.
	FaultForbidden FaultKind = "forbidden"
	// FaultFirewall answers 403 with a page of a firewall that stands before X,
	// without doing the work.
	FaultFirewall FaultKind = "firewall"
	// FaultLegacy answers 403 with code 453 in the shape of v1.1.
	FaultLegacy FaultKind = "legacy_access"
	// FaultCredits answers 402 credits-depleted.
	FaultCredits FaultKind = "credits_depleted"
	// FaultCapped answers 429 usage-capped.
	FaultCapped FaultKind = "usage_capped"
	// FaultRedirect answers 301 to the same path on host "localhost"; requests
	// to that host are served.
	FaultRedirect FaultKind = "redirect"
	// FaultLatency delays the answer by Delay; other faults still apply.
	FaultLatency FaultKind = "latency"
	// FaultSilentStream keeps streams open but sends neither events nor
	// heartbeats; events in that time are lost. Only Kind applies.
	FaultSilentStream FaultKind = "silent_stream"
)

var faultKinds = []FaultKind{
	FaultLostBefore, FaultLostAfter, FaultTruncated, FaultGatewayTimeout, FaultInvalidJSON, FaultServerError,
	FaultUnavailable, FaultRateLimited, FaultUnauthorized, FaultForbidden, FaultLegacy, FaultCredits, FaultCapped,
	FaultRedirect, FaultLatency, FaultSilentStream, FaultFirewall,
}

// Fault is something that goes wrong with requests. The control API under
// /_sim/ is never touched by faults.
type Fault struct {
	Kind  FaultKind     `json:"kind"`
	Route string        `json:"route,omitempty"` // as Requests names it, or "POST " for all of a method; "" for all
	Skip  int           `json:"skip,omitempty"`  // leave this many matching requests alone first
	Count int           `json:"count,omitempty"` // then hit this many; 0 for all until ClearFaults
	Share float64       `json:"share,omitempty"` // hit only this share (0 to 1) of them, drawn by the seed; 0 is all
	Delay time.Duration `json:"delay,omitempty"` // see the kinds; nanoseconds in JSON
}

// Inject makes a fault happen from now on. Of several faults that match a
// request the first injected one that hits counts; latency adds to it.
func (s *Server) Inject(f Fault) error {
	if !slices.Contains(faultKinds, f.Kind) {
		return fmt.Errorf("inject fault: unknown kind %q (known: %v)", f.Kind, faultKinds)
	}
	if f.Share < 0 || f.Share > 1 {
		return fmt.Errorf("inject fault: share %v: want 0 to 1", f.Share)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Count == 0 {
		f.Count = -1
	}
	s.faults = append(s.faults, &f)
	return nil
}

// ClearFaults ends all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (f *Fault) matches(route string) bool {
	return f.Kind != FaultSilentStream && f.Count != 0 &&
		(f.Route == "" || f.Route == route || strings.HasSuffix(f.Route, " ") && strings.HasPrefix(route, f.Route))
}

// takeFaults counts a request and spends one use of the faults that hit it.
func (s *Server) takeFaults(route string) (latency time.Duration, hit *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[route]++
	for _, f := range s.faults {
		if !f.matches(route) || f.Kind != FaultLatency && hit != nil {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Share > 0 && s.rng.Float64() >= f.Share {
			continue
		}
		if f.Count > 0 {
			f.Count--
		}
		if f.Kind == FaultLatency {
			latency += f.Delay
		} else {
			taken := *f
			hit = &taken
		}
	}
	return latency, hit
}

// guard puts faults before a handler.
func (s *Server) guard(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		latency, fault := s.takeFaults(r.Pattern)
		if latency > 0 && !pause(r.Context(), latency) {
			panic(http.ErrAbortHandler)
		}
		switch {
		case fault == nil, fault.Kind == FaultRedirect && strings.HasPrefix(r.Host, "localhost:"):
			next(w, r)
		case !s.failBefore(w, r, fault):
			s.failAfter(w, r, fault, next)
		}
	}
}

// failBefore answers in place of the handler, or reports false if the fault
// is one that comes after the work.
func (s *Server) failBefore(w http.ResponseWriter, r *http.Request, f *Fault) bool {
	var p *problem
	switch f.Kind {
	case FaultLostBefore:
		panic(http.ErrAbortHandler)
	case FaultServerError:
		p = newProblem(http.StatusInternalServerError, "Internal Server Error", "about:blank", "Something is broken. This is usually a temporary error.")
	case FaultUnavailable:
		p = newProblem(http.StatusServiceUnavailable, "Service Unavailable", "about:blank", "Service Unavailable")
	case FaultUnauthorized:
		p = unauthorized("injected")
	case FaultForbidden:
		p = newProblem(http.StatusForbidden, "Client Forbidden", problemBase+"client-forbidden", "This client does not have access to this endpoint at its access level.")
	case FaultLegacy:
		p = &problem{http.StatusForbidden, object{"errors": []object{{"code": 453, "message": "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints (e.g. media post, oauth) only."}}}, "code 453"}
	case FaultCredits:
		p = creditsDepleted()
	case FaultCapped:
		p = usageCapped()
	case FaultRateLimited:
		if p = tooManyRequests(); f.Delay > 0 {
			w.Header().Set("x-rate-limit-limit", "300")
			w.Header().Set("x-rate-limit-remaining", "0")
			w.Header().Set("x-rate-limit-reset", strconv.FormatInt(s.now().Add(f.Delay+time.Second-1).Unix(), 10))
		}
	case FaultRedirect:
		_, port, _ := strings.Cut(r.Host, ":")
		http.Redirect(w, r, "http://localhost:"+port+r.URL.RequestURI(), http.StatusMovedPermanently)
		return true
	case FaultFirewall:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<html><h1>Checking your browser</h1></html>\n"))
		return true
	default:
		return false
	}
	tell(w, p.status, nil, p)
	return true
}

// failAfter does the work and spoils the answer.
func (s *Server) failAfter(w http.ResponseWriter, r *http.Request, f *Fault, next http.HandlerFunc) {
	rec := &recorder{header: http.Header{}}
	next(rec, r)
	switch f.Kind {
	case FaultGatewayTimeout:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusGatewayTimeout)
		_, _ = w.Write([]byte("<html><h1>504 Gateway Time-out</h1></html>\n"))
	case FaultInvalidJSON:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write([]byte(`{"data":{"id":"1","text":"cut of`))
	case FaultTruncated:
		body := rec.body.Bytes()
		maps.Copy(w.Header(), rec.header)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(max(rec.status, http.StatusOK))
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default:
		panic(http.ErrAbortHandler)
	}
}

// recorder takes an answer that is not to reach the client as it is.
type recorder struct {
	header http.Header
	body   bytes.Buffer
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
