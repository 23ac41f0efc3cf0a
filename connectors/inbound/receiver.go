package inbound

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"unicode/utf8"

	"socialwatch/connectors"
)

// receiver takes signed requests in.
type receiver struct{ *client }

// retryAfter is in how many seconds to send again what could not be stored.
const retryAfter = "30"

// answer is that to a request that was taken.
type answer struct {
	Accepted []string  `json:"accepted"` // ids
	Refused  []refusal `json:"refused"`
}

// problem is why a request was not, as RFC 9457 has it. Its names are those of
// the API's types of problem.
type problem struct {
	status              int
	name, title, detail string
}

// ServeHTTP answers 202 once all that was understood is stored durably. The
// same request may come any number of times.
func (r receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var in body
	defer in.forget()
	t, p := r.read(w, req, &in)
	if p == nil {
		p = r.put(req.Context(), t)
	}
	if p != nil {
		p.send(w)
		return
	}
	r.bell.ring(connectors.Ring{Kept: true})
	if len(t.refused) > 0 {
		r.log.Warn("mentions of a request were refused and set aside", "refused", len(t.refused), "first", t.refused[0].Why)
	}
	send(w, http.StatusAccepted, "application/json", answer{t.accepted, t.refused})
}

// read understands a request that is signed.
func (r receiver) read(w http.ResponseWriter, req *http.Request, in *body) (taken, *problem) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return taken{}, &problem{http.StatusMethodNotAllowed, "method-not-allowed", "This address has no such method", "use POST"}
	}
	if err := r.keys.announced(req.Header, r.opt.Now()); err != nil {
		return taken{}, unsigned(err.Error())
	}
	body, p := in.read(w, req)
	if p != nil {
		return taken{}, p
	}
	if !r.keys.genuine(req.Header, body) {
		return taken{}, unsigned("the account is unknown, or the signature is not that of the body as it came: sign webhook-id, webhook-timestamp and the raw body with dots between")
	}
	if media, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return taken{}, &problem{http.StatusUnsupportedMediaType, "unsupported-media-type", "The body must be JSON", "send the body with Content-Type: application/json"}
	}
	if !utf8.Valid(body) {
		return taken{}, invalid("the body is not valid UTF-8: send JSON in UTF-8")
	}
	t, err := r.decode(body)
	if err != nil {
		return t, invalid("nothing of the body was taken: " + err.Error())
	}
	return t, nil
}

// put stores what was understood, and what was not.
func (r receiver) put(ctx context.Context, t taken) *problem {
	away := &problem{http.StatusServiceUnavailable, "unavailable", "Nothing can be stored now", "the database is away and nothing was stored: send the same request again after the seconds of the Retry-After header"}
	if r.opt.Tray == nil {
		return away
	}
	if err := r.opt.Tray.PutPush(ctx, r.opt.Account, t.push); err != nil {
		r.log.Error("a request with mentions was not stored, its sender is asked to send it again", "problem", err)
		return away
	}
	return nil
}

// Unknown answers requests for an account that is none as those with a wrong
// signature are answered, and as slowly, so that nobody learns which accounts
// there are.
func Unknown() http.Handler {
	return receiver{&client{opt: Options{}.withDefaults(), keys: noKey()}}
}

func unsigned(detail string) *problem {
	return &problem{http.StatusUnauthorized, "signature-required", "A valid signature is required", detail}
}

func invalid(detail string) *problem {
	return &problem{http.StatusBadRequest, "invalid-request", "The request is not valid", detail}
}

func (p *problem) send(w http.ResponseWriter) {
	if p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	send(w, p.status, "application/problem+json", struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"/api/v1/problems/" + p.name, p.title, p.status, p.detail})
}

func send(w http.ResponseWriter, status int, media string, v any) {
	b, err := json.Marshal(v)
	if err != nil { // unreachable: plain values
		status, b = http.StatusInternalServerError, nil
	}
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // who left early can't be told
}
