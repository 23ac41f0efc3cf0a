package inbound

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// strangers open requests of a size without a true signature and send all of
// the body but the last byte.
func strangers(t *testing.T, address string, n, size int) {
	t.Helper()
	most := strings.Repeat("x", size-1)
	for range n {
		c, err := net.Dial("tcp", address)
		must(t, err)
		t.Cleanup(func() { c.Close() })
		_, err = fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nWebhook-Id: 1\r\nWebhook-Timestamp: %d\r\nWebhook-Signature: v1,eA==\r\n\r\n%s",
			size, time.Now().Unix(), most)
		must(t, err)
	}
}

func wait(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); {
		if time.Now().After(end) {
			t.Fatal(what)
		}
		<-time.After(time.Millisecond)
	}
}

// TestBodiesUnderWayAreBounded: strangers cannot fill the memory; meanwhile
// others are asked to come again, and are taken once the strangers are gone.
func TestBodiesUnderWayAreBounded(t *testing.T) {
	r := newRig(t, false)
	r.open(r.options())
	door := r.door.Listener.Addr().String()
	strangers(t, door, 16, maxBody)
	wait(t, "the bodies have not come", func() bool { return held.Load() >= 16*(maxBody-1) })
	status, told, h := r.send(message{secret: secret, id: "msg_1", body: one("1")})
	if status != http.StatusServiceUnavailable || h.Get("Retry-After") == "" || !strings.Contains(told, "too many requests") {
		t.Errorf("while it is full: %d %s", status, told)
	}
	strangers(t, door, 20, maxBody)
	if n := held.Load(); n > maxHeld+36*512<<10 {
		t.Errorf("%d bytes are held", n)
	}
	r.door.CloseClientConnections()
	wait(t, "the memory is not given back", func() bool { return held.Load() == 0 })
	if status, told, _ = r.send(message{secret: secret, id: "msg_1", body: one("1")}); status != http.StatusAccepted {
		t.Errorf("afterwards: %d %s", status, told)
	}
}

// TestWhoSendsSlowlyKeepsNobodyOut: many that have announced a body and send
// next to nothing of it.
func TestWhoSendsSlowlyKeepsNobodyOut(t *testing.T) {
	r := newRig(t, false)
	r.open(r.options())
	strangers(t, r.door.Listener.Addr().String(), 200, 100)
	wait(t, "the bodies have not come", func() bool { return held.Load() == 200*99 })
	if status, told, _ := r.send(message{secret: secret, id: "msg_1", body: one("1")}); status != http.StatusAccepted {
		t.Errorf("%d %s", status, told)
	}
	r.door.CloseClientConnections()
	wait(t, "the memory is not given back", func() bool { return held.Load() == 0 })
}

// dated is a writer that keeps the deadlines for reading that it is told.
type dated struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (d *dated) SetReadDeadline(at time.Time) error {
	d.deadlines = append(d.deadlines, at)
	return nil
}

// TestABodyHasItsTimeAndStoringHasNone: the rest of a body that did not come
// whole is waited for no longer.
func TestABodyHasItsTimeAndStoringHasNone(t *testing.T) {
	for text, want := range map[io.Reader]int{strings.NewReader("{}"): 2, io.MultiReader(strings.NewReader("{"), badReader{}): 1} {
		w, in := &dated{ResponseRecorder: httptest.NewRecorder()}, body{}
		_, _ = in.read(w, httptest.NewRequest(http.MethodPost, "/", text))
		in.forget()
		if len(w.deadlines) != want || time.Until(w.deadlines[0]) > bodyTime || want == 2 && !w.deadlines[1].IsZero() {
			t.Errorf("deadlines %v", w.deadlines)
		}
	}
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestUnknownAccountsAreLookedAtAsKnownOnes: with a key, so that nothing is
// quicker for them.
func TestUnknownAccountsAreLookedAtAsKnownOnes(t *testing.T) {
	if k := Unknown().(receiver).keys.all; len(k) != 1 {
		t.Errorf("%d keys", len(k))
	}
	if a, b := noKey(), noKey(); fmt.Sprintf("%#v", *a.all[0]) == fmt.Sprintf("%#v", *b.all[0]) {
		t.Error("the key can be known")
	}
}
