package simulator

import "fmt"

// relate looks both accounts up and changes what stands between them.
func (m *Mastodon) relate(what, from, to string, change func(a, b *account)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, b := m.find(from), m.find(to)
	if a == nil || b == nil {
		return fmt.Errorf("%s %q, %q: account %w", what, from, to, ErrUnknown)
	}
	change(a, b)
	m.notify()
	return nil
}

// Block makes from block to: neither reads the other, notifications between
// them are hidden, and new ones are not made.
func (m *Mastodon) Block(from, to string) error {
	return m.relate("block", from, to, func(a, b *account) { a.blocks[b] = true })
}

// Unblock ends a block; notifications from before it show again.
func (m *Mastodon) Unblock(from, to string) error {
	return m.relate("unblock", from, to, func(a, b *account) { delete(a.blocks, b) })
}

// Mute hides the author's notifications from the owner: old and new ones.
func (m *Mastodon) Mute(owner, author string) error {
	return m.relate("mute", owner, author, func(a, b *account) { a.mutes[b] = true })
}

// Unmute shows the author's notifications again, those of the meantime too,
// at their old place: below newer ones. Nothing is streamed.
func (m *Mastodon) Unmute(owner, author string) error {
	return m.relate("unmute", owner, author, func(a, b *account) { delete(a.mutes, b) })
}

// Filter marks new notifications by the author as filtered: they are listed
// only with include_filtered=true, and not streamed.
func (m *Mastodon) Filter(owner, author string) error {
	return m.relate("filter", owner, author, func(a, b *account) { a.filters[b] = true })
}

// Accept ends a filter, as accepting a notification request does: filtered
// notifications by the author become plain ones at their old place, and the
// event notifications_merged is streamed.
func (m *Mastodon) Accept(owner, author string) error {
	return m.relate("accept", owner, author, func(a, b *account) {
		delete(a.filters, b)
		for _, n := range a.notes {
			if n.from == b {
				n.filtered = false
			}
		}
		m.emitRaw(a, "notifications_merged", "1")
	})
}

// Drop makes new notifications by the author never exist.
func (m *Mastodon) Drop(owner, author string) error {
	return m.relate("drop", owner, author, func(a, b *account) { a.drops[b] = true })
}

// Follow makes from follow to, who gets a notification of type follow.
func (m *Mastodon) Follow(from, to string) error {
	return m.relate("follow", from, to, func(a, b *account) {
		if a.follows[b] {
			return
		}
		a.follows[b] = true
		if b.local() && !a.separated(b) {
			now := m.now()
			n := &notification{id: m.ids.rising(now), kind: "follow", owner: b, from: a, created: now}
			b.notes = append(b.notes, n)
			m.stream(n)
		}
	})
}

// Suspend takes an account off the network: its statuses are gone for all,
// its notifications hidden.
func (m *Mastodon) Suspend(acct string) error {
	return m.relate("suspend", acct, acct, func(a, _ *account) { a.suspended = true })
}

// SetBot sets an account's bot label.
func (m *Mastodon) SetBot(acct string, bot bool) error {
	return m.relate("bot", acct, acct, func(a, _ *account) { a.bot = bot })
}

// SetPolicy sets a local account's notification policy for what comes from now
// on.
func (m *Mastodon) SetPolicy(acct string, p Policy) error {
	return m.relate("policy", acct, acct, func(a, _ *account) { a.policy = p })
}
