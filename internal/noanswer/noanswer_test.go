package noanswer

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestWhatIsSaidHoldsNothingOfTheCall: neither the address nor what came back.
func TestWhatIsSaidHoldsNothingOfTheCall(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(c).ReadString('\n')
			_, _ = c.Write([]byte(line + "\r\n")) // an echo
			_ = c.Close()
		}
	}()
	given, cancel := context.WithCancel(t.Context())
	cancel()
	for want, to := range map[string]struct {
		ctx  context.Context
		host string
	}{
		"no answer that HTTP knows":              {t.Context(), l.Addr().String()},
		"no answer: the call was given up":       {given, l.Addr().String()},
		"no answer: its name cannot be resolved": {t.Context(), "token.invalid"},
	} {
		req, err := http.NewRequestWithContext(to.ctx, http.MethodGet, "http://"+to.host+"/replies?token=s3cret", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = http.DefaultClient.Do(req)
		if err == nil || !strings.Contains(err.Error(), "s3cret") || Say(err) != want {
			t.Errorf("%v is said as %q, want %q", err, Say(err), want)
		}
	}
	_ = l.Close()
	<-done
}
