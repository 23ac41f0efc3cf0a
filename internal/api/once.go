package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

const (
	maxKey   = 200             // bytes of an Idempotency-Key
	keepTime = 5 * time.Second // to keep an answer, whether or not its client still waits
)

// carryOut runs an operation.
func (s *server) carryOut(r *http.Request, c caller, do operation) answer {
	v, err := do(r, c)
	if err != nil {
		return s.problem(r, err)
	}
	return answerOf(http.StatusOK, v)
}

// read runs an operation that changes nothing. What it reads may be a stream.
func (s *server) read(w http.ResponseWriter, r *http.Request, c caller, do operation) {
	v, err := do(r, c)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if f, ok := v.(*follower); ok {
		f.follow(w, r)
		return
	}
	answerOf(http.StatusOK, v).send(w)
}

// write runs a write: with an Idempotency-Key once, however often it is sent.
func (s *server) write(w http.ResponseWriter, r *http.Request, c caller, one route) {
	request, keyed, err := s.keyed(r, c)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if !keyed {
		s.carryOut(r, c, one.do).send(w)
		return
	}
	begun, was, again, err := s.Requests.Begin(r.Context(), request)
	switch {
	case errors.Is(err, store.ErrKeyUsed):
		s.fail(w, r, kindKeyUsed.of("%s", kindKeyUsed.advice))
	case errors.Is(err, store.ErrKeyBusy):
		w.Header().Set("Retry-After", "1")
		s.fail(w, r, kindKeyBusy.of("%s", kindKeyBusy.advice))
	case err != nil:
		s.fail(w, r, err)
	case again && was.Status != 0:
		w.Header().Set("Idempotent-Replayed", "true")
		answer{was.Status, was.Body}.send(w)
	case again:
		w.Header().Set("Idempotent-Replayed", "true")
		s.carryOut(r, c, one.now).send(w)
	default:
		a := s.carryOut(r.WithContext(store.Once(r.Context(), begun)), c, one.do)
		s.settle(r, begun, a)
		a.send(w)
	}
}

// keyed is the request as its key names it; keyed is false without a key. The
// body can be read once more.
func (s *server) keyed(r *http.Request, c caller) (request store.Request, keyed bool, err error) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) == 0 {
		return request, false, nil
	}
	key := keys[0]
	if len(keys) > 1 || key == "" || len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return request, false, kindInvalid.of("header Idempotency-Key must be one word of 1 to %d letters, digits and signs, such as a UUID", maxKey)
	}
	raw, err := whole(r)
	if err != nil {
		return request, false, err
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%s\n%s\n", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"))
	sum.Write(raw)
	return store.Request{TokenID: c.token, Key: key, Hash: hex.EncodeToString(sum.Sum(nil)), At: socialwatch.Micros(s.Now())}, true, nil
}

// settle keeps the answer to what had an effect, and what was found wrong with
// the text that it would say. It gives the key back when the request was not
// understood, or refused for what may be another way a moment later: rights, a
// version, or a thing that is not there; and when the server failed. Sent again
// it may do better.
func (s *server) settle(r *http.Request, begun store.Request, a answer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), keepTime)
	defer cancel()
	was := store.Answer{Status: a.status, Body: a.body}
	if a.status >= http.StatusInternalServerError {
		was = store.Answer{} // had it an effect, how things stand is the answer
	}
	var err error
	if frees(a.status) {
		err = s.Requests.Free(ctx, begun, was)
	} else {
		err = s.Requests.Keep(ctx, begun, was)
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "answer not kept", "route", r.Pattern, "err", err)
	}
}

// frees reports whether an answer of this status gives its key back.
func frees(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnsupportedMediaType:
		return true
	}
	return status >= http.StatusInternalServerError
}
