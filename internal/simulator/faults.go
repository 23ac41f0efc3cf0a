package simulator

import (
	"bytes"
	"context"
	"fmt"
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
	// of answer. Go's http.Transport silently repeats a POST with an
	// Idempotency-Key after that when it had re-used the connection.
	FaultLostAfter FaultKind = "lost_after"
	// FaultTruncated does the work, then cuts the answer in its middle.
	FaultTruncated FaultKind = "truncated"
	// FaultGatewayTimeout does the work, then answers 504 as a proxy would.
	FaultGatewayTimeout FaultKind = "gateway_timeout"
	// FaultInvalidJSON does the work, then answers 200 with broken JSON.
	FaultInvalidJSON FaultKind = "invalid_json"
	// FaultServerError answers 500 without doing the work.
	FaultServerError FaultKind = "server_error"
	// FaultUnavailable answers the flavour's 503 page, with Delay (default
	// 1 s) as Retry-After; GoToSocial sends that header twice.
	FaultUnavailable FaultKind = "unavailable"
	// FaultRateLimited answers 429. X-RateLimit-Reset is Delay from now (not
	// sent when 0); Mastodon sends Retry-After too, GoToSocial never.
	FaultRateLimited FaultKind = "rate_limited"
	// FaultUnauthorized answers 401, as after a revoked token.
	FaultUnauthorized FaultKind = "unauthorized"
	// FaultForbidden answers 403, as with a missing scope.
	FaultForbidden FaultKind = "forbidden"
	// FaultLatency delays the answer by Delay; other faults still apply.
	FaultLatency FaultKind = "latency"
	// FaultRedirect answers 301 to the same path on host "localhost", as a
	// base URL that has moved does; requests that follow are served.
	FaultRedirect FaultKind = "redirect"
	// FaultSilentStream keeps streams open but sends neither frames nor
	// pings; frames in that time are lost. Route and Count do not apply.
	FaultSilentStream FaultKind = "silent_stream"
)

var faultKinds = []FaultKind{
	FaultLostBefore, FaultLostAfter, FaultTruncated, FaultGatewayTimeout, FaultInvalidJSON, FaultServerError,
	FaultUnavailable, FaultRateLimited, FaultUnauthorized, FaultForbidden, FaultLatency, FaultRedirect, FaultSilentStream,
}

// Fault is something that goes wrong with requests. The control API under
// /_sim/ is never touched by faults.
type Fault struct {
	Kind  FaultKind
	Route string        // a route as Requests names it, or "POST " for all of a method; "" for all
	Skip  int           // leave this many matching requests alone first
	Count int           // then hit this many; 0 for all until ClearFaults
	Delay time.Duration // see the kinds
}

// Inject makes a fault happen from now on. Of several faults that match a
// request the first injected one hits; latency adds to it.
func (m *Mastodon) Inject(f Fault) error {
	if !slices.Contains(faultKinds, f.Kind) {
		return fmt.Errorf("inject fault: unknown kind %q (known: %v)", f.Kind, faultKinds)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if f.Count == 0 {
		f.Count = -1
	}
	m.faults = append(m.faults, &f)
	return nil
}

// ClearFaults ends all faults.
func (m *Mastodon) ClearFaults() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = nil
}

// takeFaults spends one use of the faults that hit a request.
func (m *Mastodon) takeFaults(route string) (latency time.Duration, hit *Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[route]++
	for _, f := range m.faults {
		switch {
		case f.Kind == FaultSilentStream, !strings.HasPrefix(route, f.Route), f.Count == 0:
			continue
		case f.Route != "" && f.Route != route && !strings.HasSuffix(f.Route, " "):
			continue
		case f.Kind != FaultLatency && hit != nil:
			continue
		case f.Skip > 0:
			f.Skip--
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

// silent reports whether streams are to say nothing.
func (m *Mastodon) silent() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.faults, func(f *Fault) bool { return f.Kind == FaultSilentStream })
}

// guard puts faults, the User-Agent rule and the rate limit before a handler.
func (m *Mastodon) guard(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		latency, fault := m.takeFaults(r.Pattern)
		if latency > 0 && !pause(r.Context(), latency) {
			panic(http.ErrAbortHandler)
		}
		if fault != nil && m.failBefore(w, r, fault) {
			return
		}
		if m.gts() && r.UserAgent() == "" {
			m.tell(w, nil, &apiError{http.StatusTeapot, "I'm a teapot: no user-agent sent with request"})
			return
		}
		if !m.withinLimit(w, r) {
			m.tell(w, nil, &apiError{http.StatusTooManyRequests, "Too many requests"})
			return
		}
		if fault == nil {
			next(w, r)
			return
		}
		m.failAfter(w, r, fault, next)
	}
}

// pause waits, or reports false when the context ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// failBefore answers in place of the handler, or reports false if the fault
// is one that comes after the work.
func (m *Mastodon) failBefore(w http.ResponseWriter, r *http.Request, f *Fault) bool {
	refuse := func(status int, text string) { m.tell(w, nil, &apiError{status, text}) }
	switch f.Kind {
	case FaultLostBefore:
		panic(http.ErrAbortHandler)
	case FaultServerError:
		refuse(http.StatusInternalServerError, "Something went wrong on our end")
	case FaultUnauthorized:
		refuse(http.StatusUnauthorized, "The access token was revoked")
	case FaultForbidden:
		refuse(http.StatusForbidden, "This action is outside the authorized scopes")
	case FaultUnavailable:
		m.unavailable(w, f.Delay)
	case FaultRateLimited:
		if f.Delay > 0 {
			w.Header().Set("X-RateLimit-Limit", "300")
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", isoTime(m.now().Add(f.Delay)))
			if !m.gts() {
				w.Header().Set("Retry-After", seconds(f.Delay))
			}
		}
		refuse(http.StatusTooManyRequests, "Too many requests")
	case FaultRedirect:
		_, port, ok := strings.Cut(r.Host, ":")
		if !ok || strings.HasPrefix(r.Host, "localhost:") {
			return false
		}
		http.Redirect(w, r, "http://localhost:"+port+r.URL.RequestURI(), http.StatusMovedPermanently)
	default:
		return false
	}
	return true
}

func seconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}

func (m *Mastodon) unavailable(w http.ResponseWriter, d time.Duration) {
	if d <= 0 {
		d = time.Second
	}
	w.Header().Add("Retry-After", seconds(d))
	if m.gts() {
		w.Header().Add("Retry-After", m.now().Add(d).Format(http.TimeFormat))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte("<!DOCTYPE html><title>503</title><p>The server is starting or stopping.</p>\n"))
}

// failAfter does the work and spoils the answer.
func (m *Mastodon) failAfter(w http.ResponseWriter, r *http.Request, f *Fault, next http.HandlerFunc) {
	if f.Kind == FaultRedirect {
		next(w, r)
		return
	}
	rec := &recorder{header: http.Header{}}
	if r.Header.Get("Upgrade") == "" {
		next(rec, r)
	}
	switch f.Kind {
	case FaultGatewayTimeout:
		w.WriteHeader(http.StatusGatewayTimeout)
		_, _ = w.Write([]byte("<html><h1>504 Gateway Time-out</h1></html>\n"))
	case FaultInvalidJSON:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write([]byte(`{"id":"1","content":"<p>cut of`))
	case FaultTruncated:
		body := rec.body.Bytes()
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default:
		panic(http.ErrAbortHandler)
	}
}

// withinLimit counts the request and sets the X-RateLimit headers.
func (m *Mastodon) withinLimit(w http.ResponseWriter, r *http.Request) bool {
	limit := m.opt.RateLimit
	if limit.Requests <= 0 || !m.gts() && r.Header.Get("Upgrade") != "" {
		return true // Mastodon streams from another process
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key, now := clientAddress(r), m.now()
	if t, _ := m.authenticate(r, ""); t != nil && !m.gts() {
		key = t.owner.id
	}
	win := m.windows[key]
	if win == nil || !now.Before(win.ends) {
		win = &window{ends: now.Add(limit.Per)}
		m.windows[key] = win
	}
	win.used++
	w.Header().Set("X-RateLimit-Limit", strconv.Itoa(limit.Requests))
	w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(max(0, limit.Requests-win.used)))
	w.Header().Set("X-RateLimit-Reset", isoTime(win.ends))
	return win.used <= limit.Requests
}

// recorder takes an answer that is not to reach the client as it is.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
