package publish

import "math/rand/v2"

// late is a call that is still on its way, with nobody who waits for it.
type late struct {
	key    string
	arrive func()
}

// arrives lets the calls arrive that nobody waits for any more.
func (m *model) arrives(*rand.Rand) error {
	for _, call := range m.late {
		m.note("  of reply %d", m.approvals[call.key].reply)
		m.count.late++
		call.arrive()
	}
	m.late = nil
	return nil
}
