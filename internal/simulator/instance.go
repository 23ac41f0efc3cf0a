package simulator

import (
	"net/http"
	"slices"
)

func (m *Mastodon) version() string {
	if m.gts() {
		return "0.20.1+git-0a1b2c3 gotosocial"
	}
	return "4.5.2"
}

// streamingURL is what the instance advertises. GoToSocial advertises wss://
// also when it is served over plain HTTP.
func (m *Mastodon) streamingURL(r *http.Request) string {
	switch {
	case m.opt.StreamingURL != "":
		return m.opt.StreamingURL
	case m.gts():
		return "wss://" + r.Host
	}
	return "ws://" + r.Host
}

func (m *Mastodon) sourceURL() string {
	if m.gts() {
		return "https://codeberg.example/superseriousbusiness/gotosocial"
	}
	return "https://github.example/mastodon/mastodon"
}

func (m *Mastodon) getInstance(c *call) (any, error) {
	statuses := object{"max_characters": m.opt.MaxCharacters, "max_media_attachments": 4, "characters_reserved_per_url": reservedURL}
	if m.gts() {
		statuses["characters_reserved_per_url"] = 25
		statuses["supported_mime_types"] = []string{"text/plain", "text/markdown"}
	}
	e := object{
		"domain": m.opt.Domain, "account_domain": m.opt.Domain, "title": m.opt.Domain,
		"version": m.version(), "source_url": m.sourceURL(), "description": "",
		"usage": object{"users": object{"active_month": 0}}, "languages": []string{"en"}, "rules": []any{},
		"configuration": object{
			"urls":     object{"streaming": m.streamingURL(c.r)},
			"accounts": object{"max_featured_tags": 10}, "statuses": statuses,
		},
		"registrations": object{"enabled": false, "approval_required": true, "message": nil},
		"contact":       object{"email": "admin@" + m.opt.Domain, "account": nil},
	}
	if !m.gts() {
		e["api_versions"] = object{"mastodon": 7}
	}
	return e, nil
}

func (m *Mastodon) getInstanceV1(c *call) (any, error) {
	return object{
		"uri": m.opt.Domain, "title": m.opt.Domain, "description": "", "email": "admin@" + m.opt.Domain,
		"version": m.version(), "urls": object{"streaming_api": m.streamingURL(c.r)},
		"stats":     object{"user_count": len(m.accounts), "status_count": len(m.order), "domain_count": 1},
		"languages": []string{"en"}, "max_toot_chars": m.opt.MaxCharacters,
	}, nil
}

func (m *Mastodon) getNodeInfoLinks(c *call) (any, error) {
	return object{"links": []object{{
		"rel":  "http://nodeinfo.diaspora.software/ns/schema/2.0",
		"href": "http://" + c.r.Host + "/nodeinfo/2.0",
	}}}, nil
}

func (m *Mastodon) getNodeInfo(*call) (any, error) {
	return object{
		"version": "2.0", "software": object{"name": string(m.opt.Flavour), "version": m.version()},
		"protocols": []string{"activitypub"}, "openRegistrations": false,
	}, nil
}

func (m *Mastodon) getPolicy(c *call) (any, error) {
	p := c.viewer.policy.told()
	waiting, people := 0, map[*account]bool{}
	for _, n := range c.viewer.notes {
		if n.filtered && n.listed() {
			waiting, people[n.from] = waiting+1, true
		}
	}
	return struct {
		Policy
		Summary object `json:"summary"`
	}{p, object{"pending_requests_count": len(people), "pending_notifications_count": waiting}}, nil
}

func (m *Mastodon) getOwnAccount(c *call) (any, error) {
	e := m.accountEntity(c.viewer)
	e["source"] = object{"privacy": "public", "sensitive": false, "language": "en", "note": "", "fields": []any{}}
	return e, nil
}

func (m *Mastodon) getAccount(c *call) (any, error) {
	if a := m.accountByID(c.r.PathValue("id")); a != nil {
		return m.accountEntity(a), nil
	}
	return nil, m.notFound()
}

func (m *Mastodon) lookupAccount(c *call) (any, error) {
	if a := m.find(c.r.Form.Get("acct")); a != nil {
		return m.accountEntity(a), nil
	}
	return nil, m.notFound()
}

func (m *Mastodon) accountByID(id string) *account {
	i := slices.IndexFunc(m.accounts, func(a *account) bool { return a.id == id })
	if i < 0 {
		return nil
	}
	return m.accounts[i]
}

func (m *Mastodon) getRelationships(c *call) (any, error) {
	list := []object{}
	for _, id := range listParam(c.r, "id") {
		a := m.accountByID(id)
		if a == nil {
			continue
		}
		list = append(list, object{
			"id": a.id, "following": c.viewer.follows[a], "followed_by": a.follows[c.viewer],
			"blocking": c.viewer.blocks[a], "blocked_by": a.blocks[c.viewer],
			"muting": c.viewer.mutes[a], "muting_notifications": c.viewer.mutes[a],
			"showing_reblogs": true, "notifying": false, "requested": false,
			"requested_by": false, "domain_blocking": false, "endorsed": false, "note": "",
		})
	}
	return list, nil
}

// listParam reads a parameter that may be repeated, with or without "[]".
func listParam(r *http.Request, name string) []string {
	return append(slices.Clone(r.Form[name+"[]"]), r.Form[name]...)
}
