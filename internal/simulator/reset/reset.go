// Package reset is an endpoint that takes each request whole and then ends it
// in a way of HTTP/2 that net/http answers by sending a request again.
package reset

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
)

// Server is the endpoint. Its URL is https; its Client trusts it.
type Server struct {
	*httptest.Server
	code  http2.ErrCode
	taken atomic.Int32
}

// start starts a server that ends streams with a code.
func start(code http2.ErrCode) *Server {
	s := &Server{Server: httptest.NewUnstartedServer(http.NotFoundHandler()), code: code}
	s.TLS = &tls.Config{NextProtos: []string{"h2"}}
	s.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, c *tls.Conn, _ http.Handler) { s.serve(c) },
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.EnableHTTP2 = true
	s.StartTLS()
	return s
}

// IsCalledOnce fails the test unless what call sends comes once, and its error says
// that it failed, for each code after which net/http would send it again.
func IsCalledOnce(t testing.TB, call func(s *Server) error) {
	t.Helper()
	for _, code := range []http2.ErrCode{http2.ErrCodeProtocol, http2.ErrCodeRefusedStream} {
		s := start(code)
		if err := call(s); err == nil || s.taken.Load() != 1 {
			t.Errorf("%v: %d calls; %v", code, s.taken.Load(), err)
		}
		s.Close()
	}
}

// Trust lets a transport reach the server.
func (s *Server) Trust(t *http.Transport) {
	t.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
}

func (s *Server) serve(c *tls.Conn) {
	defer c.Close() // all was said
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	f := http2.NewFramer(c, c)
	err := f.WriteSettings()
	for err == nil {
		var frame http2.Frame
		if frame, err = f.ReadFrame(); err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				err = f.WriteSettingsAck()
			}
		case *http2.DataFrame:
			if frame.StreamEnded() {
				s.taken.Add(1)
				err = f.WriteRSTStream(frame.StreamID, s.code)
			}
		}
	}
}
