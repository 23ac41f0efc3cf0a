package console

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestBurstsOfChangesBecomeFewUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bell := make(chan struct{}, 1)
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
		defer stop()
		updates := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			follow(ctx, bell, func(what []byte) error {
				if string(what) == string(sayChange) {
					updates++
				}
				return nil
			})
		}()
		for range 1000 { // one second of a thousand changes
			select {
			case bell <- struct{}{}:
			default:
			}
			<-time.After(time.Millisecond)
		}
		<-done
		if updates < 9 || updates > 11 {
			t.Errorf("%d updates, want about ten a second", updates)
		}
	})
}

func TestOneChangeIsToldAfterFiftyMilliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bell, said := make(chan struct{}, 1), make(chan string)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go follow(ctx, bell, func(what []byte) error {
			select {
			case said <- string(what):
			case <-ctx.Done():
			}
			return nil
		})
		at := time.Now()
		expect := func(what []byte, after time.Duration) {
			t.Helper()
			if got := <-said; got != string(what) || time.Since(at) != after {
				t.Errorf("%q after %s, want %q after %s", got, time.Since(at), what, after)
			}
		}
		expect(sayHello, 0)
		bell <- struct{}{}
		expect(sayChange, quiet)
		expect(sayAlive, heartbeat)
	})
}

func TestAClientThatIsGoneEndsItsStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		follow(t.Context(), nil, func([]byte) error {
			if n++; n > 3 {
				return errors.New("broken pipe")
			}
			return nil
		})
		if n != 4 {
			t.Errorf("%d writes", n)
		}
	})
}

func TestOpenPagesAreBounded(t *testing.T) {
	s := &stream{max: 1}
	ctx, leave := context.WithCancel(t.Context())
	first := make(chan struct{})
	go func() {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/events", nil))
		close(first)
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for s.open.Load() == 0 {
		<-tick.C
	}
	second := httptest.NewRecorder()
	s.ServeHTTP(second, httptest.NewRequest("GET", "/events", nil))
	if second.Code != http.StatusServiceUnavailable || second.Header().Get("Retry-After") != "30" {
		t.Errorf("status %d, retry after %q", second.Code, second.Header().Get("Retry-After"))
	}
	leave()
	<-first
	if n := s.open.Load(); n != 0 {
		t.Errorf("%d pages still count", n)
	}
}
