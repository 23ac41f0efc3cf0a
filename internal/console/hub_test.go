package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestBurstsOfChangesBecomeFewRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, bell := &hub{max: 1}, make(chan struct{}, 1)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { h.run(ctx, bell); close(done) }()
		c, ok := h.join()
		if !ok {
			t.Fatal("no room for the first page")
		}
		rings := make(chan int)
		go func() {
			n := 0
			for range c {
				n++
			}
			rings <- n
		}()
		for range 1000 { // one second of a thousand changes
			select {
			case bell <- struct{}{}:
			default:
			}
			<-time.After(time.Millisecond) // of the bubble's clock
		}
		<-time.After(time.Second)
		stop()
		<-done
		if n := <-rings; n < 9 || n > 11 {
			t.Errorf("%d rings, want about ten a second", n)
		}
	})
}

func TestOneChangeRingsAfterFiftyMilliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, bell := &hub{max: 1}, make(chan struct{}, 1)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go h.run(ctx, bell)
		c, _ := h.join()
		at := time.Now()
		bell <- struct{}{}
		<-c
		if d := time.Since(at); d != quiet {
			t.Errorf("after %s", d)
		}
		<-c // and without a bell now and then, as bells get lost
		if d := time.Since(at); d != lookAnyway {
			t.Errorf("looked anyway after %s", d)
		}
	})
}

func TestPagesAreBoundedAndEndWithTheServer(t *testing.T) {
	h := &hub{max: 2}
	a, _ := h.join()
	if _, ok := h.join(); !ok {
		t.Fatal("no room for the second page")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/events", nil))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "30" {
		t.Errorf("status %d, retry after %q", w.Code, w.Header().Get("Retry-After"))
	}
	h.leave(a)
	b, ok := h.join()
	if !ok {
		t.Fatal("a page that left still counts")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	h.run(ctx, nil)
	if _, open := <-b; open {
		t.Error("a stream outlives the server")
	}
	if _, ok := h.join(); ok {
		t.Error("a page joins a server that has ended")
	}
}
