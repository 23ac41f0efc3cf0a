package auth

import "testing"

func TestNobodyTakesAllSeats(t *testing.T) {
	s := Seats[string]{All: 500, Own: 20}
	took := 0
	for range 500 {
		if s.Take("rita") {
			took++
		}
	}
	if took != s.Own || !s.Take("otto") {
		t.Errorf("one has %d of %d seats", took, s.All)
	}
	s.All = took + 1
	if s.Take("ana") {
		t.Error("more than there are")
	}
	s.Leave("rita")
	if !s.Take("rita") || s.Take("rita") {
		t.Error("what was given back is one")
	}
	s.Leave("otto")
	for range took {
		s.Leave("rita")
	}
	if s.taken != 0 || len(s.of) != 0 {
		t.Errorf("left over: %d, %v", s.taken, s.of)
	}
}
