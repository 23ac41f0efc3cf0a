package api

import (
	"context"
	"net/http"

	"socialwatch"
	"socialwatch/internal/store"
)

// CaseLife is what people say of which cases are one, and of answers in private,
// with errors as Casework's.
type CaseLife interface {
	Merge(ctx context.Context, m store.Merge) (socialwatch.Case, error)
	Unmerge(ctx context.Context, u store.Unmerge) (socialwatch.Case, error)
	LogAnswer(ctx context.Context, w store.CaseWork) (socialwatch.Case, error)
}

// merge makes one of two cases of a customer; the older survives.
func (s *server) merge(r *http.Request, c caller) (any, error) {
	var m store.Merge
	if err := body(r, versioned(&m.CaseWork, fields{"other": &m.Other, "other_version": &m.OtherVersion})); err != nil {
		return nil, err
	}
	if m.Other == "" || m.OtherVersion < 1 {
		return nil, kindInvalid.of(`"other" must be the number of the other case, and "other_version" its version as you read it`)
	}
	return s.seen(r, c, m.CaseWork, func(_ store.CaseDetail, w store.CaseWork) error {
		other, err := s.Reader.Case(r.Context(), m.Other)
		if isNotFound(err) || err == nil && !c.reads(other.Case.Account) {
			return kindInvalid.of(`field "other": there is no case %.40q`, m.Other)
		}
		if err != nil {
			return err
		}
		m.CaseWork, m.Other = w, other.Case.Number
		_, err = s.CaseLife.Merge(r.Context(), m)
		return err
	})
}

// unmerge takes the case of the address, whose number leads to its survivor, out of
// it again. The version is the survivor's, which is what its number shows.
func (s *server) unmerge(r *http.Request, c caller) (any, error) {
	var w store.CaseWork
	if err := body(r, versioned(&w, nil)); err != nil {
		return nil, err
	}
	number := r.PathValue("number")
	return s.atVersion(r, c, w, func(d store.CaseDetail, w store.CaseWork) error {
		for _, m := range d.Merged {
			if m.Number == number {
				u := store.Unmerge{CaseWork: w, IntoVersion: w.Version}
				u.Number, u.Version = number, m.Version
				_, err := s.CaseLife.Unmerge(r.Context(), u)
				return err
			}
		}
		if d.MergedFrom != "" {
			return kindNotPossible.of("%s was merged into another case that was merged into %s: take that one out first", number, d.Case.Number)
		}
		return kindNotPossible.of("%s is not merged", number)
	})
}

// privateAnswer notes that we have answered the customer in private.
func (s *server) privateAnswer(r *http.Request, c caller) (any, error) {
	var w store.CaseWork
	if err := body(r, versioned(&w, nil)); err != nil {
		return nil, err
	}
	return s.seen(r, c, w, func(_ store.CaseDetail, w store.CaseWork) error {
		_, err := s.CaseLife.LogAnswer(r.Context(), w)
		return err
	})
}
