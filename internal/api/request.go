package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxBody is the size of the largest body, in bytes.
const maxBody = 64 << 10

// fields are the known fields of a body: pointers to strings, bools, whole
// numbers, times and lists of strings, or a pointer to one to strings that is
// left nil without the field.
type fields map[string]any

// shape is what a field must be.
func shape(target any) string {
	switch target.(type) {
	case *bool:
		return "true or false"
	case *int:
		return "a whole number"
	case *[]string:
		return "a list of strings"
	case *time.Time:
		return "a time such as 2026-11-02T09:00:00Z"
	}
	return "a string"
}

// whole reads a body.
func whole(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, kindTooLarge.of("the body is larger than %d kB: send less", maxBody>>10)
	}
	if err != nil {
		return nil, kindInvalid.of("the body ended early: send it again")
	}
	return raw, nil
}

// body reads a JSON object of exactly these fields. encoding/json alone would
// take names in any case, names given twice and broken UTF-8: whoever signs
// off a text for the public must not be read in two ways.
func body(r *http.Request, into fields) error {
	raw, err := whole(r)
	if err != nil {
		return err
	}
	if len(raw) == 0 && len(into) == 0 {
		return nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return kindMedia.of("send the body with Content-Type: application/json")
	}
	if !utf8.Valid(raw) {
		return kindInvalid.of("the body is not valid UTF-8: send JSON in UTF-8")
	}
	if err := object(json.NewDecoder(bytes.NewReader(raw)), into); err != nil {
		return kindInvalid.of("the body is not what this address takes: %s", err)
	}
	return nil
}

func object(dec *json.Decoder, into fields) error {
	known := strings.Join(slices.Sorted(maps.Keys(into)), ", ")
	if known == "" {
		known = "no fields at all"
	}
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.New("send a JSON object")
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return errors.New("it is not valid JSON")
		}
		name, _ := t.(string) // between braces the decoder takes nothing else
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return errors.New("it is not valid JSON")
		}
		target, ok := into[name]
		if !ok {
			return fmt.Errorf("field %.40q is not known here, which takes: %s", name, known)
		}
		if seen[name] {
			return fmt.Errorf("field %q is given twice", name)
		}
		seen[name] = true
		if string(value) == "null" || json.Unmarshal(value, target) != nil {
			return fmt.Errorf("field %q must be %s", name, shape(target))
		}
	}
	if _, err := dec.Token(); err != nil {
		return errors.New("it is not valid JSON")
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("send one JSON object and nothing after it")
	}
	return nil
}

// query reads the parameters of an address, of which only those named are
// known.
func query(r *http.Request, known ...string) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, kindInvalid.of("the query can't be read: encode it as a URL demands")
	}
	for name, values := range q {
		if !slices.Contains(known, name) {
			return nil, kindInvalid.of("parameter %.40q is not known here, which takes: %s", name, strings.Join(known, ", "))
		}
		if most := max(1, repeated[name]); len(values) > most {
			return nil, kindInvalid.of("parameter %q is given more often than %d times", name, most)
		}
	}
	return q, nil
}

// repeated are the parameters that may be given several times, meaning any of
// them, with how often.
var repeated = map[string]int{"state": 100, "account": 100, "kind": 100}

// number reads a parameter between low and high, both included.
func number(q url.Values, name string, low, high, otherwise int64) (int64, error) {
	if !q.Has(name) {
		return otherwise, nil
	}
	n, ok := digits(q.Get(name))
	if !ok || n < low || n > high {
		return 0, kindInvalid.of("parameter %q must be a whole number from %d to %d", name, low, high)
	}
	return n, nil
}

// digits reads a number that is written in the one way that numbers of ours
// are.
func digits(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == s
}

// oneOf reads a repeated parameter of which the values are known.
func oneOf[T ~string](q url.Values, name string, known []T) ([]T, error) {
	var list []T
	for _, v := range q[name] {
		if !slices.Contains(known, T(v)) {
			return nil, kindInvalid.of("parameter %q knows no %.40q: use one of %s", name, v, join(known))
		}
		list = append(list, T(v))
	}
	return list, nil
}

func join[T ~string](list []T) string {
	var texts []string
	for _, t := range list {
		texts = append(texts, string(t))
	}
	return strings.Join(texts, ", ")
}

// one reads a parameter of which the values are known; "" without it.
func one[T ~string](q url.Values, name string, known []T) (T, error) {
	list, err := oneOf(q, name, known)
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}

// only reads a parameter that narrows a list, and is true or left out.
func only(q url.Values, name string) (bool, error) {
	if q.Has(name) && q.Get(name) != "true" {
		return false, kindInvalid.of("parameter %q must be true, or left out", name)
	}
	return q.Has(name), nil
}

// filled refuses parameters that are given and hold nothing: without them a list
// would be wider than was asked for.
func filled(q url.Values, names ...string) error {
	for _, name := range names {
		if q.Has(name) && q.Get(name) == "" {
			return kindInvalid.of("parameter %q holds nothing to look for: give it a value, or leave it out", name)
		}
	}
	return nil
}

// since reads a time; the zero time without the parameter.
func since(q url.Values, name string) (time.Time, error) {
	if !q.Has(name) {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, q.Get(name))
	if err != nil || at.Year() < 1970 {
		return at, kindInvalid.of("parameter %q must be a time such as 2026-11-02T09:00:00Z", name)
	}
	return at, nil
}
