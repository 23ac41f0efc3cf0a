package twitter

import (
	"net/http"
	"slices"
)

// maxLookup is how many ids one lookup takes.
const maxLookup = 100

// getMe tells the signed-in user.
func (s *Server) getMe(c *call) (any, error) {
	q := readQuery(c.r, "user.fields", "expansions", "tweet.fields", "post.fields")
	sh := q.shape()
	if err := q.err(); err != nil {
		return nil, err
	}
	if !s.bill.afford(0) {
		return nil, creditsDepleted()
	}
	s.bill.charge(s.now(), itemUser, "user:"+idText(c.viewer.id))
	s.notify()
	return object{"data": s.userObject(c.viewer, sh.users)}, nil
}

// getByUsername tells a user by the handle.
func (s *Server) getByUsername(c *call) (any, error) {
	q := readQuery(c.r, "user.fields", "expansions", "tweet.fields", "post.fields")
	sh := q.shape()
	handle := c.r.PathValue("username")
	if !handlePattern.MatchString(handle) {
		q.add("username", handle, "The `username` query parameter value [%s] does not match ^[A-Za-z0-9_]{1,15}$", handle)
	}
	if err := q.err(); err != nil {
		return nil, err
	}
	if !s.bill.afford(0) {
		return nil, creditsDepleted()
	}
	u := s.find(handle)
	if u == nil || u.suspended {
		return object{"errors": []object{unavailable(http.StatusNotFound, "username", handle, "user")}}, nil
	}
	s.bill.charge(s.now(), itemUser, "user:"+idText(u.id))
	s.notify()
	return object{"data": s.userObject(u, sh.users)}, nil
}

// getPosts looks posts up by id, old versions too. Those that cannot be told
// are named in errors.
func (s *Server) getPosts(c *call) (any, error) {
	q := readQuery(c.r, append([]string{"ids"}, shapeParams...)...)
	ids := q.ids("ids", maxLookup)
	sh := q.shape()
	if err := q.err(); err != nil {
		return nil, err
	}
	if err := s.mayRead(); err != nil {
		return nil, err
	}
	out := object{}
	var data, errs []object
	in := &included{}
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue
		}
		p := s.posts[id]
		switch {
		case p == nil || p.gone():
			errs = append(errs, unavailable(http.StatusNotFound, "ids", idText(id), "tweet"))
		case p.hiddenFrom(c.viewer):
			errs = append(errs, unavailable(http.StatusForbidden, "ids", idText(id), "tweet"))
		default:
			s.told(c, p, itemPost)
			data = append(data, s.postObject(p, p.version(id), sh))
			s.expand(c, p, p.version(id), sh, in)
		}
	}
	if data != nil {
		out["data"] = data
	}
	if o := s.includedObject(c, in, sh); len(o) > 0 {
		out["includes"] = o
	}
	if errs = append(errs, in.errs...); errs != nil {
		out["errors"] = errs
	}
	s.notify()
	return out, nil
}
