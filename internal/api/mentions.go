package api

import (
	"net/http"

	"socialwatch"
	"socialwatch/internal/store"
)

func (s *server) mentions(r *http.Request, c caller) (any, error) {
	q, err := query(r, "show", "account", "network", "intent", "language", "limit", "cursor")
	if err != nil {
		return nil, err
	}
	l, err := readListing(q, c)
	if err != nil {
		return nil, err
	}
	if err := filled(q, "network", "language"); err != nil {
		return nil, err
	}
	f := store.MentionFilter{Accounts: l.accounts, Network: socialwatch.Network(q.Get("network")), Language: q.Get("language"), After: l.after, Limit: l.limit}
	if f.Show, err = one(q, "show", []store.MentionShow{store.ShowIgnored, store.ShowCases}); err != nil {
		return nil, err
	}
	if f.Intent, err = one(q, "intent", socialwatch.Intents); err != nil {
		return nil, err
	}
	rows, next, err := s.Mentions.Mentions(r.Context(), f)
	if err != nil {
		return nil, err
	}
	return page(rows, next, c.viewMention), nil
}

func (s *server) mention(r *http.Request, c caller) (any, error) {
	if _, err := query(r); err != nil {
		return nil, err
	}
	m, err := s.mentionOf(r, c)
	if err != nil {
		return nil, err
	}
	return c.viewMention(m), nil
}

// mentionOf reads the mention that the address names. One that the caller may
// not read is not there.
func (s *server) mentionOf(r *http.Request, c caller) (store.MentionRow, error) {
	missing := kindNotFound.of("there is no mention %.40q: GET %s/mentions lists them", r.PathValue("id"), base)
	id, ok := digits(r.PathValue("id"))
	if !ok {
		return store.MentionRow{}, missing
	}
	m, err := s.Mentions.Mention(r.Context(), id)
	if isNotFound(err) || err == nil && !c.reads(m.Mention.Account) {
		return m, missing
	}
	return m, err
}

// promote makes a case of a mention that a rule ignored.
func (s *server) promote(r *http.Request, c caller) (any, error) {
	if err := body(r, fields{}); err != nil {
		return nil, err
	}
	if _, err := query(r); err != nil {
		return nil, err
	}
	m, err := s.mentionOf(r, c)
	if err != nil {
		return nil, err
	}
	if _, err := s.Promote(r.Context(), m.ID, c.actor()); err != nil {
		return nil, err
	}
	return s.promoted(r, c)
}

// promoted answers with the mention, whose case_number says where it stands.
func (s *server) promoted(r *http.Request, c caller) (any, error) {
	m, err := s.mentionOf(r, c)
	if err != nil {
		return nil, err
	}
	return c.viewMention(m), nil
}
