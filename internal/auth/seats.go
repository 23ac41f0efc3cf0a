package auth

import "sync"

// Seats bounds how many pages or streams are open at once, in all and of one
// holder, so that nobody takes them all. K is what holders are known by: a
// person's login, or a token's id. It is safe for concurrent use.
type Seats[K comparable] struct {
	All int // of everybody together; 0 or less: none
	Own int // of one holder; 0 or less: none

	mu    sync.Mutex
	taken int
	of    map[K]int
}

// Take takes a seat for a holder, and reports whether there was one. Who has it
// gives it back with Leave, once.
func (s *Seats[K]) Take(holder K) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= s.All || s.of[holder] >= s.Own {
		return false
	}
	if s.of == nil {
		s.of = map[K]int{}
	}
	s.taken++
	s.of[holder]++
	return true
}

// Leave gives a seat back.
func (s *Seats[K]) Leave(holder K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.of[holder]--; s.of[holder] == 0 {
		delete(s.of, holder)
	}
}
