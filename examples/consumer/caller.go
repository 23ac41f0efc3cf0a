package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// caller calls a JSON API.
type caller struct {
	base          string
	header, token string
}

// refusal is an answer other than 2xx.
type refusal struct {
	status int
	detail string // of a problem, as RFC 9457 has it
}

func (r *refusal) Error() string { return fmt.Sprintf("status %d %s", r.status, r.detail) }

var client = &http.Client{Timeout: 15 * time.Second,
	// A token goes nowhere but where it belongs.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// call sends in as JSON, nothing when it is nil, and reads the answer into out.
func (c caller) call(ctx context.Context, method, path string, in, out any) error {
	var send io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		send = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.base, "/")+path, send)
	if err != nil {
		return err
	}
	req.Header.Set(c.header, c.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		var problem struct{ Detail string }
		_ = json.Unmarshal(got, &problem) // others answer otherwise
		return fmt.Errorf("%s %s: %w", method, path, &refusal{res.StatusCode, problem.Detail})
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(got, out)
}
