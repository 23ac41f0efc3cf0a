package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// socialwatch is its JSON API, as far as we need it.
type socialwatch struct{ caller }

// event is one line of the log.
type event struct {
	Seq    int64     `json:"seq"`
	Kind   string    `json:"kind"`
	Number string    `json:"case_number"`
	At     time.Time `json:"at"`
}

// matter is a case.
type matter struct {
	Number     string
	State      string
	Level      int
	Intent     string
	Escalated  bool
	Escalation string
	Version    int
	External   *struct{ System, Reference, URL string }
	WaitsFor   string `json:"waits_for"`
	Page       string `json:"-"` // where people read it
	Replies    []struct {
		URL string `json:"published_url"`
	}
	Events []struct { // newest first, at most 200
		Kind string
		Data struct{ System any }
	}
}

// was reports whether the case was claimed under a name, as far back as its
// events go.
func (m matter) was(name string) bool {
	for _, e := range m.Events {
		if e.Kind == "case.claimed" && e.Data.System == name {
			return true
		}
	}
	return false
}

func (m matter) over() bool {
	return m.State == "resolved" || m.State == "closed" || m.State == "merged"
}

// me is the name under which we own cases.
func (s socialwatch) me(ctx context.Context) (string, error) {
	var me struct{ Token string }
	err := s.call(ctx, http.MethodGet, "/api/v1/me", nil, &me)
	return me.Token, err
}

func (s socialwatch) events(ctx context.Context, after int64) (items []event, next int64, err error) {
	var page struct {
		Items []event
		Next  int64
	}
	err = s.call(ctx, http.MethodGet, fmt.Sprintf("/api/v1/events?limit=500&after=%d", after), nil, &page)
	return page.Items, page.Next, err
}

func (s socialwatch) matter(ctx context.Context, number string) (m matter, err error) {
	err = s.call(ctx, http.MethodGet, "/api/v1/cases/"+url.PathEscape(number), nil, &m)
	m.Page = strings.TrimSuffix(s.base, "/") + "/cases/" + url.PathEscape(m.Number)
	return m, err
}

// act does something about a case as we read it: a conflict when it has moved on.
func (s socialwatch) act(ctx context.Context, m matter, what string, more map[string]any) error {
	in := map[string]any{"version": m.Version}
	for k, v := range more {
		in[k] = v
	}
	return s.call(ctx, http.MethodPost, "/api/v1/cases/"+url.PathEscape(m.Number)+"/"+what, in, nil)
}
