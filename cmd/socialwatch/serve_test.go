package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// hasty is the server of serve with a tenth of a second where it has a minute.
func hasty(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.Config = httpServer(t.Context(), h)
	if s.Config.ReadTimeout != time.Minute {
		t.Fatalf("a body may take %s", s.Config.ReadTimeout)
	}
	s.Config.ReadTimeout = 100 * time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// TestBodyThatDripsIsGivenUp: a body that does not come whole in time ends, and
// its connection with it.
func TestBodyThatDripsIsGivenUp(t *testing.T) {
	got := make(chan error, 1)
	s := hasty(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		got <- err
	})
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	must(t, err)
	defer c.Close()
	_, err = fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
	must(t, err)
	if err := <-got; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the body ended with %v", err)
	}
	must(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
	if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is still open")
	}
}

// TestAnswerMayTakeLongerThanTheBody: event streams do not end with the time
// that a body has.
func TestAnswerMayTakeLongerThanTheBody(t *testing.T) {
	s := hasty(t, func(w http.ResponseWriter, r *http.Request) {
		read, _ := io.ReadAll(r.Body)
		select {
		case <-r.Context().Done():
			t.Error("the request ended with the time for its body")
		case <-time.After(300 * time.Millisecond):
		}
		_, _ = w.Write(read)
	})
	for _, body := range []string{"", "x", "x"} { // over the same connection
		res, err := s.Client().Post(s.URL, "text/plain", strings.NewReader(body))
		must(t, err)
		if got, err := io.ReadAll(res.Body); err != nil || string(got) != body {
			t.Errorf("answered %q, %v", got, err)
		}
		res.Body.Close()
	}
}
