package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// TestWhoReadsNothingHoldsNoConnection: however many answers have been asked
// for; who reads slowly gets all.
func TestWhoReadsNothingHoldsNoConnection(t *testing.T) {
	whole := bytes.Repeat([]byte("x"), 16<<20)
	ended := make(chan error, 10)
	s := httptest.NewServer(cutSlowReaders(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(whole)
		ended <- err
	}), 200*time.Millisecond))
	defer s.Close()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	must(t, err)
	defer c.Close()
	for range 3 {
		_, err = fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		must(t, err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the answer ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the connection is still open")
	}
}

// TestAnswerThatTakesLongIsWhole: what is worked on longer than a part may take
// to be read, before it, within it and after it.
func TestAnswerThatTakesLongIsWhole(t *testing.T) {
	s := httptest.NewServer(cutSlowReaders(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			<-time.After(200 * time.Millisecond)
			_, _ = fmt.Fprint(w, "x")
		}
		<-time.After(200 * time.Millisecond)
	}), 100*time.Millisecond))
	defer s.Close()
	for range 2 { // over the same connection
		res, err := s.Client().Get(s.URL)
		must(t, err)
		if got, err := io.ReadAll(res.Body); err != nil || string(got) != "xxx" {
			t.Errorf("answered %q, %v", got, err)
		}
		res.Body.Close()
	}
}

// dated keeps the deadlines for writing that it is told.
type dated struct {
	http.ResponseWriter
	at []time.Time
}

func (d *dated) SetWriteDeadline(at time.Time) error {
	d.at = append(d.at, at)
	return nil
}

// TestAStreamsOwnDeadlinesStand: until it is over.
func TestAStreamsOwnDeadlinesStand(t *testing.T) {
	w, mine := &dated{ResponseWriter: httptest.NewRecorder()}, time.Now().Add(time.Hour)
	cutSlowReaders(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		to := http.NewResponseController(w)
		must(t, to.SetWriteDeadline(mine))
		_, _ = fmt.Fprint(w, "data: x\n\n")
		must(t, to.Flush())
		must(t, to.SetWriteDeadline(time.Time{}))
	}), time.Minute).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if len(w.at) != 3 || !w.at[0].Equal(mine) || !w.at[1].IsZero() || time.Until(w.at[2]) > time.Minute {
		t.Errorf("deadlines %v", w.at)
	}
}

func (d *dated) Unwrap() http.ResponseWriter { return d.ResponseWriter }
