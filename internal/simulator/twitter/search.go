package twitter

import (
	"slices"
	"time"
)

// The bounds of recent search.
const (
	searchReach = 7 * 24 * time.Hour
	searchDelay = 10 * time.Second // how old the end must be
)

func (s *Server) searchRecent(c *call) (any, error) {
	allowed := slices.Concat([]string{"query", "max_results", "next_token", "pagination_token", "sort_order"}, spanParams, shapeParams)
	q := readQuery(c.r, allowed...)
	l := listing{
		posts: s.index, span: q.span(), most: q.number("max_results", 10, 10, 100), item: itemPost,
		shape: q.shape(), token: "next_token",
	}
	q.oneOf("sort_order", "recency", "recency")
	if q.has("pagination_token") {
		if l.token = "pagination_token"; q.has("next_token") {
			q.add("next_token", q.values.Get("next_token"), "Only one of 'next_token' and 'pagination_token' can be given")
		}
	}
	s.checkSpan(q)
	text := q.values.Get("query")
	r, err := s.parseQuery(text)
	if text == "" {
		q.add("query", "", "The `query` query parameter can not be empty")
	} else if err != nil {
		q.add("query", text, "There were errors processing your request: %v", err)
	}
	if err := q.err(); err != nil {
		return nil, err
	}
	if err := s.mayRead(); err != nil {
		return nil, err
	}
	oldest := firstID(s.now().Add(-searchReach))
	l.posts = slices.DeleteFunc(slices.Clone(l.posts), func(p *post) bool {
		return p.id() < oldest || p.gone() || p.author.protected || !r.match(p)
	})
	return s.tellPage(c, q, l)
}

// checkSpan refuses a search beyond seven days or up to this moment.
func (s *Server) checkSpan(q *query) {
	oldest := s.now().Add(-searchReach)
	for _, name := range []string{"since_id", "until_id"} {
		if id, ok := q.id(name); ok && id < firstID(oldest) {
			q.add(name, idText(id), "'%s' must be a tweet id created after [%s]. Please use a '%s' that is larger than %d",
				name, oldest.Format("2006-01-02T15:04Z"), name, firstID(oldest))
		}
	}
	for _, name := range []string{"start_time", "end_time"} {
		if t, ok := q.time(name); ok && t.Before(oldest) {
			q.add(name, q.values.Get(name), "Invalid '%s':'%s'. '%s' must be on or after %s",
				name, q.values.Get(name), name, oldest.Format("2006-01-02T15:04Z"))
		}
	}
	if t, ok := q.time("end_time"); ok && t.After(s.now().Add(-searchDelay)) {
		q.add("end_time", q.values.Get("end_time"), "Invalid 'end_time':'%s'. 'end_time' must be a minimum of 10 seconds prior to the request time.", q.values.Get("end_time"))
	}
}
