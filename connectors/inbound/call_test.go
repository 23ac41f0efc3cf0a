package inbound

import (
	"bufio"
	"net"
	"strings"
	"testing"

	"socialwatch"
)

// TestACallbackThatEchoesTellsNoSecret: what it sends back instead of HTTP
// is the request line, in which the address may hold a secret.
func TestACallbackThatEchoesTellsNoSecret(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(c).ReadString('\n')
			_, _ = c.Write([]byte(line + "\r\n"))
			_ = c.Close()
		}
	}()
	defer func() { _ = l.Close(); <-done }()
	r := newRig(t, true)
	o := r.options()
	o.Callback = "http://" + l.Addr().String() + "/replies?token=s3cret"
	c := r.open(o)
	_, probed := c.Prober.Probe(t.Context())
	_, found := c.Finder.Find(t.Context(), socialwatch.Payload{})
	for name, err := range map[string]error{"probe": probed, "find": found} {
		if err == nil || !strings.Contains(err.Error(), "no answer that HTTP knows") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
