package main

import (
	"database/sql"
	"fmt"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store/dbtest"
)

// look is the database past the store, as it is now.
func (s *shop) look() *sql.DB {
	s.Helper()
	if s.raw == nil {
		s.raw = dbtest.Raw(s.T, s.db)
		s.Cleanup(func() { s.raw.Close() })
	}
	return s.raw
}

// row is a reply as the database holds it, with the post that it answers.
type row struct {
	id     int64
	state  socialwatch.ReplyState
	post   string // ours; "" until sent
	parent string
	handed bool // unknown, and only a person can settle it
}

func (s *shop) rows() []row {
	s.Helper()
	found, err := s.look().QueryContext(s.Context(), `select r.id, r.state, coalesce(r.post_id, ''), m.post_id,
r.state = 'unknown' and r.look_at is null and r.retry_at is null from replies r join mentions m on m.id = r.mention_id order by r.id`)
	must(s.T, err)
	defer found.Close()
	var rows []row
	for found.Next() {
		var r row
		must(s.T, found.Scan(&r.id, &r.state, &r.post, &r.parent, &r.handed))
		rows = append(rows, r)
	}
	must(s.T, found.Err())
	return rows
}

// number asks the database for one number.
func (s *shop) number(query string) (n int64) {
	s.Helper()
	must(s.T, s.look().QueryRowContext(s.Context(), query).Scan(&n))
	return n
}

// stored counts how often each post stands in the database.
func (s *shop) stored() map[string]int {
	s.Helper()
	found, err := s.look().QueryContext(s.Context(), "select post_id from mentions")
	must(s.T, err)
	defer found.Close()
	ids := map[string]int{}
	for found.Next() {
		var id string
		must(s.T, found.Scan(&id))
		ids[id]++
	}
	must(s.T, found.Err())
	return ids
}

// has reports whether all of the posts are stored.
func (s *shop) has(posts []string) bool {
	s.Helper()
	ids := s.stored()
	for _, id := range posts {
		if ids[id] == 0 {
			return false
		}
	}
	return true
}

// settled reports whether nothing moves any more: no draft waits, no reply is
// on its way, and what is in doubt waits for a person.
func (s *shop) settled() bool {
	s.Helper()
	for _, r := range s.rows() {
		switch r.state {
		case socialwatch.ReplySent, socialwatch.ReplySuperseded, socialwatch.ReplyBlocked:
		case socialwatch.ReplyUnknown:
			if !r.handed {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// post publishes a customer's complaint, each customer and order another one.
func (s *shop) post(n int) string {
	s.Helper()
	id, err := s.sim.Post(fmt.Sprintf("customer%d@far.example", n),
		fmt.Sprintf("@shop_help@social.example order 555-%07d-0000001 still has not arrived, I wait since %d days", n, 3+n%20),
		simulator.PostOptions{})
	must(s.T, err)
	return id
}

// published is a reply that stands in public.
type published struct{ id, parent string }

func (s *shop) public() []published {
	var all []published
	if s.x != nil {
		for _, p := range s.x.Published("shop_help", "") {
			all = append(all, published{p.ID, p.ParentID})
		}
		return all
	}
	for _, p := range s.sim.Published("shop_help", "") {
		all = append(all, published{p.ID, p.ParentID})
	}
	return all
}

// audit holds what is public against what the database says: each reply that
// was sent stands once, under the post that it answers (a server forgets the
// parent when that is deleted later), and nothing else does.
func (s *shop) audit(public []published) (sent int) {
	s.Helper()
	by := map[string]int{}
	parent := map[string]string{}
	for _, p := range public {
		by[p.id]++
		parent[p.id] = p.parent
	}
	for _, r := range s.rows() {
		if r.state != socialwatch.ReplySent {
			continue
		}
		sent++
		if at := parent[r.post]; by[r.post] != 1 || at != r.parent && at != "" {
			s.Errorf("reply %d is sent as %s to %s and stands %d times, under %q", r.id, r.post, r.parent, by[r.post], at)
		}
		delete(by, r.post)
	}
	for id := range by {
		s.Errorf("post %s under %s is public and the database does not hold it as sent", id, parent[id])
	}
	for id, n := range s.stored() {
		if n != 1 {
			s.Errorf("post %s is stored %d times", id, n)
		}
	}
	return sent
}
