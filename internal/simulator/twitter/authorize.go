package twitter

import (
	"crypto/subtle"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// oauthRoutes are the pages and calls of OAuth 2.0, which sign in differently.
func (s *Server) oauthRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /i/oauth2/authorize", s.guard(s.authorize))
	mux.HandleFunc("POST /2/oauth2/token", s.guard(func(w http.ResponseWriter, r *http.Request) { s.oauthCall(w, r, s.token) }))
	mux.HandleFunc("POST /2/oauth2/revoke", s.guard(func(w http.ResponseWriter, r *http.Request) { s.oauthCall(w, r, s.revokeToken) }))
}

var authorizeParams = []string{
	"response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
}

// authorize is the page in the browser. The visitor decides at once: the
// answer sends the browser back with a code, or with access_denied.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	to, err := s.decide(r)
	if err != nil {
		s.tell(w, r, 0, nil, err)
		return
	}
	http.Redirect(w, r, to, http.StatusFound)
}

func (s *Server) decide(r *http.Request) (string, error) {
	q := readQuery(r, authorizeParams...)
	for _, name := range authorizeParams {
		if !q.has(name) {
			q.add(name, "", "The `%s` query parameter can not be empty", name)
		}
	}
	q.oneOf("response_type", "", "code")
	q.oneOf("code_challenge_method", "", "S256")
	if n := len(q.values.Get("code_challenge")); q.has("code_challenge") && n != 43 {
		q.add("code_challenge", q.values.Get("code_challenge"), "The `code_challenge` is not a SHA-256 in base64url")
	}
	if len(q.values.Get("state")) > 500 {
		q.add("state", "", "The `state` query parameter is longer than 500 characters")
	}
	scopes := strings.Fields(q.values.Get("scope"))
	for _, scope := range scopes {
		if !slices.Contains(knownScopes, scope) {
			q.add("scope", scope, "The scope [%s] is unknown", scope)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.oauth.clients[q.values.Get("client_id")]
	if c == nil {
		q.add("client_id", q.values.Get("client_id"), "Value passed for the client id was invalid")
	} else if !slices.Contains(c.redirects, q.values.Get("redirect_uri")) {
		q.add("redirect_uri", q.values.Get("redirect_uri"), "Value passed for the redirect uri did not match a registered one")
	}
	if err := q.err(); err != nil {
		return "", err
	}
	return s.sendBack(c, scopes, q.values), nil
}

// sendBack is where the browser goes with the visitor's decision. The caller
// holds mu.
func (s *Server) sendBack(c *client, scopes []string, asked url.Values) string {
	back, answer := asked.Get("redirect_uri"), url.Values{"state": {asked.Get("state")}}
	u := s.oauth.visitor
	if u == nil {
		u = s.owner()
	}
	if s.oauth.refuses || u == nil {
		answer.Set("error", "access_denied")
	} else {
		text := secret(s.rng, "sim-code-", 2)
		s.oauth.codes[text] = &code{
			client: c, user: u, scopes: scopes, redirect: back, challenge: asked.Get("code_challenge"), at: s.now(),
		}
		answer.Set("code", text)
	}
	join := "?"
	if strings.Contains(back, "?") {
		join = "&"
	}
	return back + join + answer.Encode()
}

// oauthCall reads the form, signs the client in, and answers.
func (s *Server) oauthCall(w http.ResponseWriter, r *http.Request, do func(*client, url.Values) (any, error)) {
	value, err := func() (any, error) {
		c, err := readCall(r)
		if err != nil {
			return nil, err
		}
		form, err := readForm(c)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		cl, err := s.signInClient(r, form)
		if err != nil {
			return nil, err
		}
		return do(cl, form)
	}()
	s.tell(w, r, http.StatusOK, value, err)
}

// readForm reads a form whose parameters come once each and not empty.
func readForm(c *call) (url.Values, error) {
	if kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return nil, oauthError(400, "invalid_request", "The Content-Type must be application/x-www-form-urlencoded.")
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil || c.r.URL.RawQuery != "" {
		return nil, oauthError(400, "invalid_request", "The form is malformed, or parameters are in the address.")
	}
	for name, values := range form {
		if len(values) != 1 || values[0] == "" {
			return nil, oauthError(400, "invalid_request", "Parameter "+name+" is empty or repeated.")
		}
	}
	return form, nil
}

// signInClient wants HTTP Basic of a confidential client, and only the
// client_id of a public one. The caller holds mu.
func (s *Server) signInClient(r *http.Request, form url.Values) (*client, error) {
	refused := oauthError(401, "unauthorized_client", "Missing valid authorization header")
	id, key, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		key, _ = url.QueryUnescape(key)
		if form.Has("client_id") && form.Get("client_id") != id {
			return nil, refused
		}
	} else if id = form.Get("client_id"); r.Header.Get("Authorization") != "" {
		return nil, refused
	}
	c := s.oauth.clients[id]
	if c == nil || basic != (c.Secret != "") || basic && subtle.ConstantTimeCompare([]byte(key), []byte(c.Secret)) != 1 {
		return nil, refused
	}
	return c, nil
}

func onlyFields(form url.Values, allowed ...string) error {
	for name := range form {
		if name != "client_id" && !slices.Contains(allowed, name) {
			return oauthError(400, "invalid_request", "Parameter "+name+" is not known here.")
		}
	}
	for _, name := range allowed {
		if !form.Has(name) {
			return oauthError(400, "invalid_request", "Missing required parameter ["+name+"].")
		}
	}
	return nil
}

// token is POST /2/oauth2/token.
func (s *Server) token(c *client, form url.Values) (any, error) {
	var g *grant
	var err error
	switch form.Get("grant_type") {
	case "authorization_code":
		if err = onlyFields(form, "grant_type", "code", "redirect_uri", "code_verifier"); err == nil {
			g, err = s.exchange(c, form)
		}
	case "refresh_token":
		if err = onlyFields(form, "grant_type", "refresh_token"); err == nil {
			g, err = s.renew(c, form)
		}
	default:
		err = oauthError(400, "unsupported_grant_type", "The grant type is neither authorization_code nor refresh_token.")
	}
	if err != nil {
		return nil, err
	}
	return g.object(s.now()), nil
}

// revokeToken is POST /2/oauth2/revoke: either token ends the whole family.
func (s *Server) revokeToken(c *client, form url.Values) (any, error) {
	hint := form.Get("token_type_hint")
	form.Del("token_type_hint")
	if err := onlyFields(form, "token"); err != nil {
		return nil, err
	}
	if hint != "" && hint != "access_token" && hint != "refresh_token" {
		return nil, oauthError(400, "invalid_request", "The token type hint is unknown.")
	}
	for _, g := range []*grant{s.oauth.access[form.Get("token")], s.oauth.refresh[form.Get("token")]} {
		if g != nil && g.client == c {
			s.endGrant(g)
		}
	}
	return object{"revoked": true}, nil
}
