package simulator

import "time"

// lateness says when notifications of a post become visible: held until
// Release, after a delay, or (zero) as LateCommits has it.
type lateness struct {
	hold  bool
	after time.Duration
}

// Policy is how a local account's notifications from each class of sender are
// treated: "accept" (also ""), "filter" or "drop".
type Policy struct {
	ForNotFollowing    string `json:"for_not_following"`
	ForNotFollowers    string `json:"for_not_followers"`
	ForNewAccounts     string `json:"for_new_accounts"`
	ForPrivateMentions string `json:"for_private_mentions"`
	ForLimitedAccounts string `json:"for_limited_accounts"`
}

const (
	policyAccept = "accept"
	policyFilter = "filter"
	policyDrop   = "drop"
)

// newAccountAge is how long Mastodon takes an account as new.
const newAccountAge = 30 * 24 * time.Hour

// told is the policy with "accept" written out.
func (p Policy) told() Policy {
	for _, f := range []*string{&p.ForNotFollowing, &p.ForNotFollowers, &p.ForNewAccounts, &p.ForPrivateMentions, &p.ForLimitedAccounts} {
		if *f == "" {
			*f = policyAccept
		}
	}
	return p
}

// verdict is what the owner's settings say of a notification: the strictest
// of all that apply. The caller holds mu.
func (m *Mastodon) verdict(owner, from *account, s *status) string {
	if owner.drops[from] {
		return policyDrop
	}
	rules := []struct {
		applies bool
		says    string
	}{
		{owner.filters[from], policyFilter},
		{!owner.follows[from], owner.policy.ForNotFollowing},
		{!from.follows[owner], owner.policy.ForNotFollowers},
		{m.now().Sub(from.created) < newAccountAge, owner.policy.ForNewAccounts},
		{s != nil && s.visibility == "direct", owner.policy.ForPrivateMentions},
	}
	verdict := policyAccept
	for _, r := range rules {
		switch {
		case !r.applies:
		case r.says == policyDrop:
			return policyDrop
		case r.says == policyFilter:
			verdict = policyFilter
		}
	}
	return verdict
}

// notifyMentioned tells the local ones of the accounts. The caller holds mu.
func (m *Mastodon) notifyMentioned(s *status, accounts []*account, late lateness) {
	for _, a := range accounts {
		m.addNotification(a, "mention", s, late)
	}
}

// addNotification draws the notification's id and commits it now or later.
// The caller holds mu.
func (m *Mastodon) addNotification(owner *account, kind string, s *status, late lateness) {
	if !owner.local() || owner == s.author || owner.separated(s.author) {
		return
	}
	verdict := m.verdict(owner, s.author, s)
	if verdict == policyDrop {
		return
	}
	now := m.now()
	n := &notification{
		id: m.ids.rising(now), kind: kind, owner: owner, from: s.author, status: s,
		created: now, filtered: verdict == policyFilter,
	}
	owner.notes = append(owner.notes, n)
	m.commit(n, late)
}

// commit makes a notification visible now or later. The caller holds mu.
func (m *Mastodon) commit(n *notification, late lateness) {
	lc := m.opt.LateCommits
	if late == (lateness{}) && lc.Share > 0 && m.rng.Float64() < lc.Share {
		late.after = time.Duration(m.rng.Float64() * float64(lc.Max))
	}
	switch {
	case late.hold:
		n.held = true
	case late.after > 0:
		n.held = true
		m.later(late.after, func() { m.reveal(n) })
	default:
		m.stream(n)
	}
}

// serve remembers that the owner has been told of the status.
func (n *notification) serve() {
	if n.status != nil {
		n.status.told[n.owner] = true
	}
}

// later runs f under mu after d, unless the server is closed before.
// The caller holds mu.
func (m *Mastodon) later(d time.Duration, f func()) {
	if m.closed {
		return
	}
	m.running.Add(1)
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		defer m.running.Done()
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.timers, t)
		f()
	})
	m.timers[t] = struct{}{}
}

// reveal commits a held notification. The caller holds mu.
func (m *Mastodon) reveal(n *notification) {
	if !n.held {
		return
	}
	n.held = false
	m.stream(n)
	m.notify()
}

// stream sends the notification's frame if its owner may see it unfiltered.
// The caller holds mu.
func (m *Mastodon) stream(n *notification) {
	if n.filtered || !n.listed() {
		return
	}
	if m.emit(n.owner, "notification", func() any { return m.notificationEntity(n) }) {
		n.serve()
	}
}
