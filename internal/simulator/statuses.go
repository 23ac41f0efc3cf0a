package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// maxStatusIDs is how many ids Mastodon takes in one request for statuses.
const maxStatusIDs = 20

func (m *Mastodon) statusOf(c *call) (*status, error) {
	s := m.statuses[c.r.PathValue("id")]
	if s == nil || !s.visibleTo(c.viewer) {
		return nil, m.notFound()
	}
	return s, nil
}

func (m *Mastodon) getStatus(c *call) (any, error) {
	s, err := m.statusOf(c)
	if err != nil {
		return nil, err
	}
	s.told[c.viewer] = true
	return m.statusEntity(s, c.viewer), nil
}

// getStatuses answers several ids at once; those that are gone or not for the
// viewer are left out.
func (m *Mastodon) getStatuses(c *call) (any, error) {
	ids := listParam(c.r, "id")
	if len(ids) > maxStatusIDs {
		return nil, m.refusal(fmt.Sprintf("at most %d ids", maxStatusIDs))
	}
	list := []object{}
	for i, id := range ids {
		if s := m.statuses[id]; s != nil && s.visibleTo(c.viewer) && !slices.Contains(ids[:i], id) {
			s.told[c.viewer] = true
			list = append(list, m.statusEntity(s, c.viewer))
		}
	}
	return list, nil
}

func (m *Mastodon) getHistory(c *call) (any, error) {
	s, err := m.statusOf(c)
	if err != nil {
		return nil, err
	}
	return m.historyEntities(s), nil
}

func (m *Mastodon) getContext(c *call) (any, error) {
	s, err := m.statusOf(c)
	if err != nil {
		return nil, err
	}
	ancestors, descendants := []object{}, []object{}
	for p := s.parent; p != nil; p = p.parent {
		if p.visibleTo(c.viewer) {
			p.told[c.viewer] = true
			ancestors = append(ancestors, m.statusEntity(p, c.viewer))
		}
	}
	slices.Reverse(ancestors)
	var descend func(s *status)
	descend = func(s *status) {
		for _, child := range s.children {
			if child.visibleTo(c.viewer) {
				child.told[c.viewer] = true
				descendants = append(descendants, m.statusEntity(child, c.viewer))
			}
			if !child.deleted {
				descend(child)
			}
		}
	}
	descend(s)
	return object{"ancestors": ancestors, "descendants": descendants}, nil
}

// statusForm is what a client sends to post or edit a status.
type statusForm struct {
	text, parent, visibility, language, spoiler, quoted string
}

func formOf(r *http.Request) statusForm {
	return statusForm{
		text: r.Form.Get("status"), parent: r.Form.Get("in_reply_to_id"),
		visibility: r.Form.Get("visibility"), language: r.Form.Get("language"),
		spoiler: r.Form.Get("spoiler_text"), quoted: r.Form.Get("quoted_status_id"),
	}
}

// check validates the form as strictly as the strictest server does. An
// unknown language is refused in both flavours.
func (m *Mastodon) check(f statusForm) error {
	if strings.TrimSpace(f.text) == "" {
		return m.refusal("Text can't be blank")
	}
	if n := m.length(f.text, f.spoiler); n > m.opt.MaxCharacters {
		return m.refusal(fmt.Sprintf("character limit of %d exceeded, %d given", m.opt.MaxCharacters, n))
	}
	switch f.visibility {
	case "", "public", "unlisted", "private", "direct":
	default:
		return &apiError{http.StatusUnprocessableEntity, "Validation failed: Visibility is not included in the list"}
	}
	if f.language != "" && !knownLanguage(f.language) {
		return m.refusal("Language is not a known tag")
	}
	return nil
}

func (m *Mastodon) postStatus(c *call) (any, error) {
	key := c.r.Header.Get("Idempotency-Key")
	slot := c.viewer.id + "\x00" + key
	if e, ok := m.keys[slot]; ok && !m.gts() && key != "" && m.now().Sub(e.at) < keyLife {
		if e.status.deleted {
			return nil, m.notFound()
		}
		return m.statusEntity(e.status, c.viewer), nil
	}
	f := formOf(c.r)
	if err := m.check(f); err != nil {
		return nil, err
	}
	s := &status{
		author: c.viewer, visibility: f.visibility, language: f.language, key: key,
		versions: []version{{text: f.text, spoiler: f.spoiler}},
	}
	if f.parent != "" {
		s.parent = m.statuses[f.parent]
		if s.parent == nil || !s.parent.visibleTo(c.viewer) {
			return nil, m.notFound()
		}
	}
	if f.quoted != "" && !m.gts() {
		s.quoted = m.statuses[f.quoted]
		if s.quoted == nil || !s.quoted.visibleTo(c.viewer) {
			return nil, m.notFound()
		}
	}
	if s.visibility == "" {
		s.visibility = "public"
	}
	if s.language == "" {
		s.language = "en"
	}
	m.publish(s, lateness{})
	if key != "" {
		m.keys[slot] = keyEntry{s, m.now()}
	}
	return m.statusEntity(s, c.viewer), nil
}

func (m *Mastodon) ownStatus(c *call) (*status, error) {
	s := m.statuses[c.r.PathValue("id")]
	if s == nil || s.deleted || s.author != c.viewer {
		return nil, m.notFound()
	}
	return s, nil
}

func (m *Mastodon) putStatus(c *call) (any, error) {
	s, err := m.ownStatus(c)
	if err != nil {
		return nil, err
	}
	f := formOf(c.r)
	f.visibility = ""
	if err := m.check(f); err != nil {
		return nil, err
	}
	if f.language != "" {
		s.language = f.language
	}
	m.revise(s, f.text, f.spoiler)
	return m.statusEntity(s, c.viewer), nil
}

func (m *Mastodon) deleteStatus(c *call) (any, error) {
	s, err := m.ownStatus(c)
	if err != nil {
		return nil, err
	}
	e := m.statusEntity(s, c.viewer)
	e["text"] = s.current().text
	m.remove(s)
	return e, nil
}
