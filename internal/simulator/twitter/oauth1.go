package twitter

import (
	"crypto/hmac"
	"crypto/sha1" // the signature method of OAuth 1.0a
	"encoding/base64"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signatureLife is how far a request's timestamp may be off, and so how long
// nonces are remembered.
const signatureLife = 5 * time.Minute

// verifyOAuth1 checks the whole signature of a request (RFC 5849): fields,
// method, timestamp, nonce, key, token and HMAC-SHA1. The caller holds mu.
func (s *Server) verifyOAuth1(c *call, header string) (*user, error) {
	f, err := parseOAuth1(header)
	if err != nil {
		return nil, unauthorized("OAuth 1.0a: " + err.Error())
	}
	u := s.byAccessToken(f["oauth_token"])
	now := s.opt.SignatureNow()
	stamp, err := strconv.ParseInt(f["oauth_timestamp"], 10, 64)
	switch {
	case f["oauth_signature_method"] != "HMAC-SHA1":
		return nil, unauthorized("OAuth 1.0a: the signature method is not HMAC-SHA1")
	case f["oauth_version"] != "" && f["oauth_version"] != "1.0":
		return nil, unauthorized("OAuth 1.0a: the version is not 1.0")
	case err != nil || now.Sub(time.Unix(stamp, 0)).Abs() > signatureLife:
		return nil, unauthorized("OAuth 1.0a: the timestamp is more than 5 minutes off")
	case f["oauth_consumer_key"] != s.app.consumerKey:
		return nil, unauthorized("OAuth 1.0a: unknown consumer key")
	case u == nil || u.suspended:
		return nil, unauthorized("OAuth 1.0a: unknown, revoked or suspended access token")
	}
	base, err := signatureBase(c.r, c.body, f)
	if err != nil {
		return nil, unauthorized("OAuth 1.0a: " + err.Error())
	}
	want := sign(base, s.app.consumerSecret, u.accessSecret)
	if !hmac.Equal([]byte(want), []byte(f["oauth_signature"])) {
		return nil, unauthorized("OAuth 1.0a: the signature is wrong")
	}
	nonce := f["oauth_token"] + " " + f["oauth_timestamp"] + " " + f["oauth_nonce"]
	if _, used := s.app.nonces[nonce]; used {
		return nil, unauthorized("OAuth 1.0a: the nonce was used before")
	}
	s.forgetNonces(now)
	s.app.nonces[nonce] = now
	return u, nil
}

func (s *Server) byAccessToken(token string) *user {
	id, _ := parseID(strings.SplitN(token, "-", 2)[0])
	if u := s.byID[id]; u != nil && token != "" && u.accessToken == token {
		return u
	}
	return nil
}

func (s *Server) forgetNonces(now time.Time) {
	if len(s.app.nonces) < 5_000 {
		return
	}
	maps.DeleteFunc(s.app.nonces, func(_ string, at time.Time) bool { return now.Sub(at).Abs() > 2*signatureLife })
}

var oauth1Fields = []string{
	"oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_signature_method", "oauth_timestamp", "oauth_token",
}

// parseOAuth1 reads the fields of the header, decoded, realm left out.
func parseOAuth1(header string) (map[string]string, error) {
	f := map[string]string{}
	for item := range strings.SplitSeq(header, ",") {
		name, quoted, _ := strings.Cut(strings.TrimSpace(item), "=")
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("%s is not quoted", name)
		}
		if value, err = url.PathUnescape(value); err != nil {
			return nil, fmt.Errorf("%s is not percent-encoded", name)
		}
		if _, twice := f[name]; twice {
			return nil, fmt.Errorf("%s is given twice", name)
		}
		f[name] = value
	}
	delete(f, "realm")
	for name := range f {
		if !slices.Contains(oauth1Fields, name) && name != "oauth_version" {
			return nil, fmt.Errorf("unknown field %s", name)
		}
	}
	for _, name := range oauth1Fields {
		if f[name] == "" {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	return f, nil
}

// signatureBase is the text that is signed: method, address without query,
// and all parameters of query, form and header, sorted after encoding.
func signatureBase(r *http.Request, body []byte, fields map[string]string) (string, error) {
	var pairs [][2]string
	add := func(name, value string) { pairs = append(pairs, [2]string{percentEncode(name), percentEncode(value)}) }
	sources := []string{r.URL.RawQuery}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" {
		sources = append(sources, string(body))
	}
	for _, source := range sources {
		values, err := url.ParseQuery(source)
		if err != nil {
			return "", fmt.Errorf("parameters: %w", err)
		}
		for name, list := range values {
			for _, value := range list {
				add(name, value)
			}
		}
	}
	for name, value := range fields {
		if name != "oauth_signature" {
			add(name, value)
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	encoded := make([]string, len(pairs))
	for i, p := range pairs {
		encoded[i] = p[0] + "=" + p[1]
	}
	return r.Method + "&" + percentEncode(baseAddress(r)) + "&" + percentEncode(strings.Join(encoded, "&")), nil
}

func baseAddress(r *http.Request) string {
	scheme, port := "http", ":80"
	if r.TLS != nil {
		scheme, port = "https", ":443"
	}
	return scheme + "://" + strings.TrimSuffix(strings.ToLower(r.Host), port) + r.URL.EscapedPath()
}

func sign(base, consumerSecret, tokenSecret string) string {
	mac := hmac.New(sha1.New, []byte(percentEncode(consumerSecret)+"&"+percentEncode(tokenSecret)))
	_, _ = mac.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// percentEncode leaves only letters, digits and -._~ as they are.
func percentEncode(text string) string {
	var b strings.Builder
	for i := range len(text) {
		ch := text[i]
		if asciiWord(rune(ch)) || ch == '-' || ch == '.' || ch == '~' {
			b.WriteByte(ch)
		} else {
			fmt.Fprintf(&b, "%%%02X", ch)
		}
	}
	return b.String()
}
