package simulator

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// rig is a running simulator with one shop and its token.
type rig struct {
	t     *testing.T
	m     *Mastodon
	token string
	http  *http.Client
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	m := NewMastodon(o)
	t.Cleanup(m.Close)
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.AddAccount("help"); err != nil {
		t.Fatal(err)
	}
	token, err := m.Token("help")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	return &rig{t: t, m: m, token: token, http: &http.Client{Transport: transport, Timeout: 10 * time.Second}}
}

func (r *rig) post(author, text string, o PostOptions) string {
	r.t.Helper()
	id, err := r.m.Post(author, text, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (r *rig) send(method, path string, form url.Values, headers ...string) (answer, error) {
	r.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.m.URL()+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, data}, err
}

// ok sends and wants a 200, decoded.
func ok[T any](r *rig, method, path string, form url.Values, headers ...string) T {
	r.t.Helper()
	a, err := r.send(method, path, form, headers...)
	if err != nil {
		r.t.Fatal(err)
	}
	var v T
	if a.status != http.StatusOK {
		r.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		r.t.Fatalf("%s %s: %v in %s", method, path, err, a.body)
	}
	return v
}

func (r *rig) want(status int, method, path string, form url.Values, headers ...string) answer {
	r.t.Helper()
	a, err := r.send(method, path, form, headers...)
	if err != nil {
		r.t.Fatal(err)
	}
	if a.status != status {
		r.t.Fatalf("%s %s: %d, want %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

type statusJSON struct {
	ID, Visibility, Content string
	InReplyTo               *string `json:"in_reply_to_id"`
	EditedAt                *string `json:"edited_at"`
	Mentions                []struct{ Acct, URL string }
	Quote                   *struct{ State string }
}

type noteJSON struct {
	ID, Type  string
	CreatedAt string `json:"created_at"`
	Filtered  bool
	Status    *statusJSON
}

func (r *rig) notes(query string) []noteJSON {
	r.t.Helper()
	return ok[[]noteJSON](r, "GET", "/api/v1/notifications?types[]=mention&types[]=quote&"+query, nil)
}

func statusIDs(notes []noteJSON) []string {
	ids := []string{}
	for _, n := range notes {
		ids = append(ids, n.Status.ID)
	}
	return ids
}

func (r *rig) await(cond func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	if err := r.m.Await(ctx, cond); err != nil {
		r.t.Fatal("condition did not come true: ", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
