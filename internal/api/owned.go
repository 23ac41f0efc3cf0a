package api

import (
	"net/http"
	"strings"

	"socialwatch"
	"socialwatch/internal/store"
)

// claim makes a case the caller's, which is a system.
func (s *server) claim(r *http.Request, c caller) (any, error) {
	var w store.CaseWork
	as := socialwatch.External{System: c.name}
	if err := body(r, versioned(&w, fields{"reference": &as.Ref, "url": &as.URL})); err != nil {
		return nil, err
	}
	if err := store.CheckExternal(as); err != nil {
		text, _, _ := strings.Cut(err.Error(), ": refused")
		return nil, kindInvalid.of("%s", text)
	}
	return s.seen(r, c, w, func(_ store.CaseDetail, w store.CaseWork) error {
		if c.person != nil {
			return kindSystem.of("a case is claimed by a system, with its own token: make one with `socialwatch token add`")
		}
		_, err := s.Owners.ClaimCase(r.Context(), w, as)
		return err
	})
}

// release gives a case back that the caller has claimed, or as a lead any.
func (s *server) release(r *http.Request, c caller) (any, error) {
	var w store.CaseWork
	if err := body(r, versioned(&w, nil)); err != nil {
		return nil, err
	}
	return s.seen(r, c, w, func(_ store.CaseDetail, w store.CaseWork) (err error) {
		if c.person != nil {
			_, err = s.Owners.ReleaseCase(r.Context(), w)
		} else {
			_, err = s.Owners.GiveBackCase(r.Context(), w)
		}
		return err
	})
}

// privateContact notes that the customer has come in private, as our reply asked.
func (s *server) privateContact(r *http.Request, c caller) (any, error) {
	var w store.CaseWork
	if err := body(r, versioned(&w, nil)); err != nil {
		return nil, err
	}
	return s.seen(r, c, w, func(_ store.CaseDetail, w store.CaseWork) error {
		_, err := s.Owners.PrivateContact(r.Context(), w)
		return err
	})
}

// viewExternal is nil for a case of ours.
func viewExternal(e socialwatch.External) *External {
	if e.System == "" {
		return nil
	}
	return &External{e.System, e.Ref, e.URL}
}
