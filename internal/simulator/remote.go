package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"time"
)

// The control API lets other processes drive and audit a simulator. It speaks
// JSON and serves loopback clients only.
//
//	POST   /_sim/accounts        {"acct"} → {"id","token"}; token only for local ones
//	POST   /_sim/posts           {"author","text", …PostOptions} → {"id"}
//	PUT    /_sim/posts/{id}      {"text"} → {}
//	DELETE /_sim/posts/{id}      → {}
//	POST   /_sim/posts/{id}/release → {}
//	POST   /_sim/relations       {"kind","from","to"} → {}; kinds as the methods, lower case
//	POST   /_sim/faults          {"kind","route","skip","count","delay_ms"} → {}
//	DELETE /_sim/faults          → {}
//	POST   /_sim/outage          {"ms"} → {}, then the server is gone for so long
//	POST   /_sim/streams/cut     → {}
//	GET    /_sim/published?account=A&parent=ID → [Published]
//	GET    /_sim/addressed?account=A → [Addressed]
//	GET    /_sim/truth?account=A     → Truth
//	GET    /_sim/requests            → {route: count}
func (m *Mastodon) controlRoutes(mux *http.ServeMux) {
	control := func(pattern string, f func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			value, err := any(nil), checkControl(r)
			if err == nil {
				value, err = f(r)
			}
			if value == nil {
				value = object{}
			}
			m.tell(w, value, controlError(err))
		})
	}
	control("POST /_sim/accounts", m.controlAccount)
	control("POST /_sim/posts", m.controlPost)
	control("PUT /_sim/posts/{id}", func(r *http.Request) (any, error) {
		var in struct{ Text string }
		if err := readJSON(r, &in); err != nil {
			return nil, err
		}
		return nil, m.Edit(r.PathValue("id"), in.Text)
	})
	control("DELETE /_sim/posts/{id}", func(r *http.Request) (any, error) { return nil, m.Delete(r.PathValue("id")) })
	control("POST /_sim/posts/{id}/release", func(r *http.Request) (any, error) { return nil, m.Release(r.PathValue("id")) })
	control("POST /_sim/relations", m.controlRelation)
	control("POST /_sim/faults", m.controlFault)
	control("DELETE /_sim/faults", func(*http.Request) (any, error) { m.ClearFaults(); return nil, nil })
	mux.HandleFunc("POST /_sim/outage", m.controlOutage)
	control("POST /_sim/streams/cut", func(*http.Request) (any, error) { m.CutStreams(); return nil, nil })
	control("GET /_sim/published", func(r *http.Request) (any, error) {
		return m.Published(r.FormValue("account"), r.FormValue("parent")), nil
	})
	control("GET /_sim/addressed", func(r *http.Request) (any, error) { return m.Addressed(r.FormValue("account")), nil })
	control("GET /_sim/truth", func(r *http.Request) (any, error) { return m.Truth(r.FormValue("account")), nil })
	control("GET /_sim/requests", func(*http.Request) (any, error) { return m.Requests(), nil })
}

// checkControl refuses callers from elsewhere, and browsers' cross-site forms,
// which cannot send JSON.
func checkControl(r *http.Request) error {
	ip := net.ParseIP(clientAddress(r))
	if ip == nil || !ip.IsLoopback() {
		return &apiError{http.StatusForbidden, "the control API serves loopback only"}
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodGet && r.Method != http.MethodDelete && kind != "application/json" {
		return &apiError{http.StatusUnsupportedMediaType, "the control API wants Content-Type: application/json"}
	}
	return nil
}

// controlError gives an error of the control surface its HTTP status.
func controlError(err error) error {
	var told *apiError
	switch {
	case err == nil, errors.As(err, &told):
		return err
	case errors.Is(err, ErrUnknown):
		return &apiError{http.StatusNotFound, err.Error()}
	}
	return &apiError{http.StatusBadRequest, err.Error()}
}

func readJSON(r *http.Request, into any) error {
	dec := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 16*maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	return nil
}

func (m *Mastodon) controlAccount(r *http.Request) (any, error) {
	var in struct {
		Acct   string
		Scopes []string
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	id, err := m.AddAccount(in.Acct)
	if err != nil {
		return nil, err
	}
	t, err := m.Token(in.Acct, in.Scopes...)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return nil, err
	}
	return object{"id": id, "token": t}, nil
}

func (m *Mastodon) controlPost(r *http.Request) (any, error) {
	var in struct {
		Author, Text string
		PostOptions
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	id, err := m.Post(in.Author, in.Text, in.PostOptions)
	return object{"id": id}, err
}

func (m *Mastodon) controlRelation(r *http.Request) (any, error) {
	var in struct{ Kind, From, To string }
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	f := map[string]func(from, to string) error{
		"block": m.Block, "unblock": m.Unblock, "mute": m.Mute, "unmute": m.Unmute,
		"filter": m.Filter, "accept": m.Accept, "drop": m.Drop, "follow": m.Follow,
		"suspend": func(from, _ string) error { return m.Suspend(from) },
	}[in.Kind]
	if f == nil {
		return nil, fmt.Errorf("unknown relation %q", in.Kind)
	}
	return nil, f(in.From, in.To)
}

func (m *Mastodon) controlFault(r *http.Request) (any, error) {
	var in struct {
		Kind        FaultKind
		Route       string
		Skip, Count int
		DelayMS     int64 `json:"delay_ms"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	return nil, m.Inject(Fault{in.Kind, in.Route, in.Skip, in.Count, time.Duration(in.DelayMS) * time.Millisecond})
}

// controlOutage answers first and stops the server right after.
func (m *Mastodon) controlOutage(w http.ResponseWriter, r *http.Request) {
	var in struct{ MS int64 }
	err := checkControl(r)
	if err == nil {
		err = readJSON(r, &in)
	}
	m.tell(w, object{}, controlError(err))
	if err != nil {
		return
	}
	_ = http.NewResponseController(w).Flush()
	m.running.Go(func() {
		_ = m.Outage(m.life, time.Duration(in.MS)*time.Millisecond) // fails only when closing
	})
}
