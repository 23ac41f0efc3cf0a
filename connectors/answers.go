package connectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Bare is err without the address of the request, which would only repeat ids
// and handles.
func Bare(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

// NotUnderstood says why JSON was not understood, without its values, which may
// be a customer's words.
func NotUnderstood(err error) error {
	var (
		typ    *json.UnmarshalTypeError
		syntax *json.SyntaxError
		when   *time.ParseError
	)
	switch {
	case errors.As(err, &typ):
		return errors.New("the answer was not understood: wrong type of field " + typ.Field)
	case errors.As(err, &syntax):
		return errors.New("the answer is not JSON")
	case errors.As(err, &when):
		return errors.New("the answer was not understood: a time is not readable")
	}
	return err
}

// Base reads a base_url as the configuration has it: a server by https, or by
// http where it is allowed or on this machine, and nothing behind it. The
// error says how to write it: like example.
func Base(s string, allowHTTP bool, example string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return nil, fmt.Errorf("base_url is not an address: write it like %s", example)
	case u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("base_url holds more than the server: write it like %s", example)
	case u.Scheme == "http" && !allowHTTP && !Loopback(u.Hostname()):
		return nil, errors.New("base_url is http and would send tokens in clear: write https")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
