package inbound

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// Bodies are read before anybody knows who has sent them, as the signature is
// that of the body.
const (
	maxHeld  = 16 * maxBody     // bytes of all requests under way
	bodyTime = 10 * time.Second // for a body to come whole
)

// held is how many bytes of bodies this process holds. It counts what has come
// rather than requests: who sends slowly keeps nobody out.
var held atomic.Int64

// body is that of one request. Whoever reads it calls forget at the end.
type body struct {
	from io.Reader
	came int64
}

var errFull = errors.New("too much is under way")

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	b.came += int64(n)
	if held.Add(int64(n)) > maxHeld {
		return n, errFull
	}
	return n, err
}

// forget gives back what the body has taken.
func (b *body) forget() { held.Add(-b.came) }

// read returns the body once it has come whole.
func (b *body) read(w http.ResponseWriter, req *http.Request) ([]byte, *problem) {
	if held.Load()+min(max(req.ContentLength, 0), maxBody) > maxHeld {
		return nil, full(w)
	}
	b.from = http.MaxBytesReader(w, req.Body, maxBody)
	to := http.NewResponseController(w)
	_ = to.SetReadDeadline(time.Now().Add(bodyTime)) // a writer without deadlines is a test's
	all, err := io.ReadAll(b)
	switch tooLarge := (*http.MaxBytesError)(nil); {
	case errors.As(err, &tooLarge):
		return nil, &problem{http.StatusRequestEntityTooLarge, "body-too-large", "The body is too large", "the body is larger than 1 MB: send fewer mentions at once"}
	case errors.Is(err, errFull):
		return nil, full(w)
	case err != nil:
		return nil, invalid("the body ended early, or took longer than ten seconds: send it again")
	}
	_ = to.SetReadDeadline(time.Time{}) // storing takes as long as it takes
	return all, nil
}

// full asks to come again, over another connection: nobody reads the rest.
func full(w http.ResponseWriter) *problem {
	w.Header().Set("Connection", "close")
	return &problem{http.StatusServiceUnavailable, "unavailable", "Nothing can be stored now", "too many requests are under way and nothing was stored: send the same request again after the seconds of the Retry-After header"}
}
