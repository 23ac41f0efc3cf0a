package api_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/api"
)

func TestClientNeverShowsTheToken(t *testing.T) {
	const secret = "swt_not-a-real-token-but-secret-all-the-same-00"
	answers := map[string]http.HandlerFunc{
		"/proxy":    func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>bad gateway "+secret, 502) },
		"/page":     func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) },
		"/redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"/hangup":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"/problem": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
			w.WriteHeader(409)
			w.Write([]byte(`{"type":"x","title":"T","status":200,"detail":"too late","added":"later"}`))
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+secret {
			t.Errorf("%s without the token", r.URL)
		}
		path, _, _ := strings.Cut(r.URL.Path, "/api/v1")
		if answers[path] == nil {
			t.Errorf("unexpected %s", r.URL)
			return
		}
		answers[path](w, r)
	}))
	defer server.Close()
	bases := []string{"", "social.example", "ftp://x", "http://", "https://u:p@x", "http://127.0.0.1:1", "http://x y", server.URL + "?a=b"}
	for path := range answers {
		bases = append(bases, server.URL+path+"/")
	}
	for _, base := range bases {
		for _, token := range []string{secret, " " + secret + "\n"} {
			c := &api.Client{BaseURL: base, Token: token}
			_, err := c.Approve(t.Context(), 1, "h", "")
			if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "u:p") {
				t.Errorf("%q: %v", base, err)
			}
			if strings.HasSuffix(base, "/problem/") && (!errors.Is(err, socialwatch.ErrConflict) || err.Error() != "too late") {
				t.Errorf("%v", err)
			}
		}
	}
	for _, token := range []string{"", "swt_a b", "swt_a\r\nX: y", "swt_ä"} {
		c := &api.Client{BaseURL: server.URL + "/page", Token: token}
		if _, err := c.Me(t.Context()); err == nil || token != "" && strings.Contains(err.Error(), token) {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestClientWorksWithoutAnHTTPClient(t *testing.T) {
	g := newRig(t)
	c := g.as("ana")
	c.HTTP = nil
	me, err := c.Me(t.Context())
	if err != nil || me.Login != "ana" {
		t.Errorf("%+v, %v", me, err)
	}
}
