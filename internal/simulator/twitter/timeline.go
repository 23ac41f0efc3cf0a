package twitter

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"slices"
)

// How many of the newest posts of a timeline can be reached.
const (
	reachMentions = 800
	reachOwn      = 3200
)

// listing is a list of posts as one request wants to read it.
type listing struct {
	posts []*post // oldest first
	reach int     // only so many of the newest can be reached; 0 for all
	span  span
	most  int
	item  string // of the price list
	keep  func(*post) bool
	shape shape
	token string // name of the parameter with the page token
}

// timelineParams are the parameters of both timelines.
var timelineParams = slices.Concat([]string{"max_results", "pagination_token"}, spanParams, shapeParams)

func (s *Server) getMentions(c *call) (any, error) {
	return s.timeline(c, readQuery(c.r, timelineParams...), listing{item: itemMention, reach: reachMentions},
		func(u *user) []*post { return u.mentions })
}

func (s *Server) getUserPosts(c *call) (any, error) {
	q := readQuery(c.r, append([]string{"exclude"}, timelineParams...)...)
	exclude := q.list("exclude", []string{"replies", "retweets"})
	keep := func(p *post) bool {
		return (p.parent == nil || !slices.Contains(exclude, "replies")) &&
			(p.reposted == nil || !slices.Contains(exclude, "retweets"))
	}
	return s.timeline(c, q, listing{item: itemOwn, reach: reachOwn, keep: keep}, func(u *user) []*post { return u.posts })
}

// timeline answers with a page of a user's posts or mentions, at the price of
// l.item if the user is the app's owner and signed in.
func (s *Server) timeline(c *call, q *query, l listing, list func(*user) []*post) (any, error) {
	id, ok := parseID(c.r.PathValue("id"))
	if !ok {
		q.add("id", c.r.PathValue("id"), "The `id` query parameter value [%s] does not match ^[0-9]{1,19}$", c.r.PathValue("id"))
	}
	l.span, l.most, l.shape, l.token = q.span(), q.number("max_results", 10, 5, 100), q.shape(), "pagination_token"
	if err := q.err(); err != nil {
		return nil, err
	}
	if err := s.mayRead(); err != nil {
		return nil, err
	}
	u := s.byID[id]
	switch {
	case u == nil || u.suspended:
		return object{"errors": []object{unavailable(http.StatusNotFound, "id", idText(id), "user")}}, nil
	case u.protected && c.viewer != u && (c.viewer == nil || !c.viewer.follows[u]):
		return object{"errors": []object{unavailable(http.StatusForbidden, "id", idText(id), "user")}}, nil
	}
	if u != c.viewer || u != s.owner() {
		l.item = itemPost
	}
	l.posts = list(u)
	return s.tellPage(c, q, l)
}

// mayRead refuses reads of posts without credit or beyond the month's cap.
// The caller holds mu.
func (s *Server) mayRead() error {
	if !s.bill.afford(0) {
		return creditsDepleted()
	}
	if s.bill.month(s.now()) >= s.opt.PostCap {
		return usageCapped()
	}
	return nil
}

// tellPage answers with one page of a listing. The caller holds mu.
func (s *Server) tellPage(c *call, q *query, l listing) (any, error) {
	below, err := s.openToken(c, q, l.token)
	if err != nil {
		return nil, err
	}
	page, more := l.page(below)
	var data []object
	in := &included{}
	meta := object{}
	for _, p := range page {
		if p.hiddenFrom(c.viewer) || l.keep != nil && !l.keep(p) {
			continue
		}
		if len(data) == 0 {
			meta["newest_id"] = idText(p.id())
		}
		meta["oldest_id"] = idText(p.id())
		s.told(c, p, l.item)
		data = append(data, s.postObject(p, p.newest(), l.shape))
		s.expand(c, p, p.newest(), l.shape, in)
	}
	if more {
		meta["next_token"] = s.sealToken(c, q, l.token, page[len(page)-1].id())
	}
	meta["result_count"] = len(data)
	out := object{"meta": meta}
	if data != nil {
		out["data"] = data
	}
	if o := s.includedObject(c, in, l.shape); len(o) > 0 {
		out["includes"] = o
	}
	if in.errs != nil {
		out["errors"] = in.errs
	}
	s.notify()
	return out, nil
}

// page picks the newest posts of the listing below an id, and reports whether
// older ones exist. What the viewer may not read takes its place on the page,
// so pages can be short, or empty with a token.
func (l *listing) page(below uint64) (page []*post, more bool) {
	seen := 0
	for _, p := range slices.Backward(l.posts) {
		if p.gone() {
			continue
		}
		if seen++; p.id() >= below || p.id() >= l.span.until {
			continue
		}
		if p.id() <= l.span.since {
			break
		}
		if l.reach > 0 && seen > l.reach {
			return page, len(page) > 0
		}
		if len(page) == l.most {
			return page, true
		}
		page = append(page, p)
	}
	return page, false
}

// fingerprint is what a page token is bound to: the request without the page
// and its size.
func fingerprint(c *call, q *query, tokenName string) uint64 {
	same := url.Values{}
	for name, values := range q.values {
		if name != tokenName && name != "pagination_token" && name != "max_results" {
			same[name] = values
		}
	}
	sum := sha256.Sum256([]byte(c.r.URL.Path + "?" + same.Encode()))
	return binary.BigEndian.Uint64(sum[:])
}

// sealToken makes an opaque token for the page below an id.
func (s *Server) sealToken(c *call, q *query, name string, below uint64) string {
	b := binary.BigEndian.AppendUint64(nil, fingerprint(c, q, name))
	b = binary.BigEndian.AppendUint64(b, below)
	return base64.RawURLEncoding.EncodeToString(append(b, s.tokenMAC(b)...))
}

func (s *Server) tokenMAC(b []byte) []byte {
	mac := hmac.New(sha256.New, []byte(s.app.bearer))
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(s.epoch)))
	_, _ = mac.Write(b)
	return mac.Sum(nil)[:8]
}

// openToken reads the page token of a request; without one it is the top.
func (s *Server) openToken(c *call, q *query, name string) (uint64, error) {
	if !q.has(name) {
		return 1<<64 - 1, nil
	}
	text := q.values.Get(name)
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 24 || !hmac.Equal(b[16:], s.tokenMAC(b[:16])) ||
		binary.BigEndian.Uint64(b) != fingerprint(c, q, name) {
		return 0, invalidRequest(name, text, "The `%s` query parameter value [%s] is not valid", name, text)
	}
	return binary.BigEndian.Uint64(b[8:]), nil
}

// ExpireTokens makes all page tokens invalid that were given out.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
}
