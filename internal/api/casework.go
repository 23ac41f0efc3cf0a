package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"socialwatch"
	"socialwatch/internal/store"
)

// caseOf reads the case that the address names. One that the caller may not
// read is not there.
func (s *server) caseOf(r *http.Request, c caller) (store.CaseDetail, error) {
	d, err := s.Reader.Case(r.Context(), r.PathValue("number"))
	if isNotFound(err) || err == nil && !c.reads(d.Case.Account) {
		return d, kindNotFound.of("there is no case %.40q: GET %s/cases lists them", r.PathValue("number"), base)
	}
	return d, err
}

// caseNow answers with the case as it stands.
func (s *server) caseNow(r *http.Request, c caller) (any, error) {
	d, err := s.caseOf(r, c)
	if err != nil {
		return nil, err
	}
	return c.viewCase(d.Case, d.BreachedAt), nil
}

// versioned adds the version that the caller saw to the fields of a body.
func versioned(w *store.CaseWork, more fields) fields {
	if more == nil {
		more = fields{}
	}
	more["version"] = &w.Version
	return more
}

// work runs one piece of work on the case of the address: do gets the case as
// it is now. Conflicts say who has changed the case.
func (s *server) work(r *http.Request, c caller, w store.CaseWork, do func(store.CaseDetail, store.CaseWork) error) (any, error) {
	if _, err := query(r); err != nil {
		return nil, err
	}
	d, err := s.caseOf(r, c)
	if err != nil {
		return nil, err
	}
	w.Number, w.By, w.At = d.Case.Number, c.actor(), socialwatch.Micros(s.Now())
	if err = do(d, w); err == nil {
		return s.caseNow(r, c)
	}
	var owned *store.OwnedError
	if errors.As(err, &owned) {
		return nil, kindOwned.of("%s", words(err))
	}
	if !errors.Is(err, socialwatch.ErrConflict) {
		return nil, err
	}
	now, readErr := s.caseOf(r, c)
	if readErr != nil {
		return nil, readErr
	}
	p := conflict(err)
	p.CurrentCase = viewCurrentCase(now)
	return nil, p
}

// seen is work that is bound to the version of the case that the caller saw. The
// version of a case that was merged since says nothing about its survivor.
func (s *server) seen(r *http.Request, c caller, w store.CaseWork, do func(store.CaseDetail, store.CaseWork) error) (any, error) {
	return s.atVersion(r, c, w, func(d store.CaseDetail, w store.CaseWork) error {
		if d.MergedFrom != "" {
			return fmt.Errorf("%s was merged into %s: read that one: %w", d.MergedFrom, d.Case.Number, socialwatch.ErrConflict)
		}
		return do(d, w)
	})
}

// atVersion is work with a version, of the case to which the number leads.
func (s *server) atVersion(r *http.Request, c caller, w store.CaseWork, do func(store.CaseDetail, store.CaseWork) error) (any, error) {
	if w.Version < 1 {
		return nil, kindInvalid.of(`field "version" must be the version of the case as you read it`)
	}
	return s.work(r, c, w, do)
}

func (s *server) note(r *http.Request, c caller) (any, error) {
	var text string
	if err := body(r, fields{"text": &text}); err != nil {
		return nil, err
	}
	text = s.masked(text)
	if text == "" || len(text) > store.NoteMax {
		return nil, kindInvalid.of(`field "text" must have 1 to %d bytes`, store.NoteMax)
	}
	return s.work(r, c, store.CaseWork{}, func(_ store.CaseDetail, w store.CaseWork) error {
		_, err := s.Casebook.AddNote(r.Context(), store.NewNote{CaseWork: w, Body: text})
		return err
	})
}

// masked is what is written on a case, less personal data.
func (s *server) masked(text string) string {
	return strings.TrimSpace(s.Mask(socialwatch.CleanText(strings.ReplaceAll(text, "\r\n", "\n"))))
}

func (s *server) assign(r *http.Request, c caller) (any, error) {
	var a store.Assignment
	if err := body(r, versioned(&a.CaseWork, fields{"assignee": &a.Login, "team": &a.Team})); err != nil {
		return nil, err
	}
	if a.Login == nil && a.Team == nil {
		return nil, kindInvalid.of(`say who works on it: "assignee", a login, or "team"; "" means nobody`)
	}
	return s.seen(r, c, a.CaseWork, func(d store.CaseDetail, w store.CaseWork) error {
		if a.Team != nil && !s.knowsTeam(c, d.Case, *a.Team) {
			return noTeam()
		}
		a.CaseWork = w
		_, err := s.Casework.Assign(r.Context(), a)
		return err
	})
}

// knowsTeam reports whether a case may go to a team: nobody would look for it
// under a name that is nobody's.
func (s *server) knowsTeam(c caller, of socialwatch.Case, team string) bool {
	return team == "" || team == of.Team || slices.Contains(s.Teams, team) || slices.Contains(c.actor().Teams, team)
}

func noTeam() error {
	return kindInvalid.of(`field "team" must be a team of the configuration`)
}

func (s *server) tag(r *http.Request, c caller) (any, error) {
	var g store.Tagging
	if err := body(r, fields{"add": &g.Add, "remove": &g.Remove}); err != nil {
		return nil, err
	}
	switch usable := func(typed string) bool { return store.Tag(typed) != "" }; {
	case len(g.Add)+len(g.Remove) == 0, len(g.Add) > store.TagsMax, len(g.Remove) > store.TagsMax:
		return nil, kindInvalid.of(`"add" and "remove" must hold 1 to %d tags`, store.TagsMax)
	case !slices.ContainsFunc(slices.Concat(g.Add, g.Remove), usable):
		return nil, kindInvalid.of("a tag is a word of letters, digits, - and _")
	case s.personal(g.Add):
		return nil, kindInvalid.of("a tag must hold no number of a telephone or an order, and nothing else that is masked: it is kept for ever")
	}
	return s.work(r, c, store.CaseWork{}, func(_ store.CaseDetail, w store.CaseWork) error {
		g.CaseWork = w
		_, err := s.Casebook.Tag(r.Context(), g)
		return err
	})
}

// personal reports whether words that are to be tags hold personal data, each
// or all together.
func (s *server) personal(tags []string) bool {
	return slices.ContainsFunc(append(slices.Clone(tags), strings.Join(tags, " ")), func(typed string) bool {
		clean := socialwatch.CleanText(typed)
		return store.IsNumber(clean) || s.Mask(clean) != clean
	})
}

func (s *server) snooze(r *http.Request, c caller) (any, error) {
	var z store.Snooze
	if err := body(r, versioned(&z.CaseWork, fields{"until": &z.Until})); err != nil {
		return nil, err
	}
	if now := s.Now(); !z.Until.IsZero() && (!z.Until.After(now) || z.Until.After(now.Add(store.SnoozeMax))) {
		return nil, kindInvalid.of(`field "until" must lie ahead, by at most %d days; leave it out to put the case off until the next mention`,
			int(store.SnoozeMax.Hours()/24))
	}
	return s.seen(r, c, z.CaseWork, func(_ store.CaseDetail, w store.CaseWork) error {
		z.CaseWork = w
		_, err := s.Casework.Snooze(r.Context(), z)
		return err
	})
}

func (s *server) wake(r *http.Request, c caller) (any, error) {
	var w store.CaseWork
	if err := body(r, versioned(&w, nil)); err != nil {
		return nil, err
	}
	return s.seen(r, c, w, func(_ store.CaseDetail, w store.CaseWork) error {
		_, err := s.Casework.Wake(r.Context(), w)
		return err
	})
}

func (s *server) escalate(r *http.Request, c caller) (any, error) {
	var e store.Escalation
	if err := body(r, versioned(&e.CaseWork, fields{"reason": &e.Reason, "words": &e.Words, "team": &e.Team})); err != nil {
		return nil, err
	}
	if !slices.Contains(escalations, e.Reason) {
		return nil, kindInvalid.of(`field "reason" must be one of %s`, strings.Join(escalations, ", "))
	}
	e.Words = s.masked(e.Words)
	if other := e.Reason == socialwatch.EscalationOther; other == (e.Words == "") || len(e.Words) > store.WordsMax {
		return nil, kindInvalid.of(`the reason other needs the field "words" of at most %d bytes, and no other reason takes it`, store.WordsMax)
	}
	return s.seen(r, c, e.CaseWork, func(d store.CaseDetail, w store.CaseWork) error {
		if !s.knowsTeam(c, d.Case, e.Team) {
			return noTeam()
		}
		e.CaseWork = w
		_, err := s.Casework.Escalate(r.Context(), e)
		return err
	})
}

// escalations are the reasons by name.
var escalations = func() (names []string) {
	for _, one := range socialwatch.EscalationReasons {
		names = append(names, one.Name)
	}
	return append(names, socialwatch.EscalationOther)
}()

// moves are where a case may be taken; closing is the clock's.
var moves = []socialwatch.CaseState{socialwatch.CaseOpen, socialwatch.CaseWaiting, socialwatch.CaseResolved}

func (s *server) move(r *http.Request, c caller) (any, error) {
	var w store.CaseWork
	var to string
	if err := body(r, versioned(&w, fields{"state": &to})); err != nil {
		return nil, err
	}
	if !slices.Contains(moves, socialwatch.CaseState(to)) {
		return nil, kindInvalid.of(`field "state" must be one of %s`, join(moves))
	}
	return s.seen(r, c, w, func(_ store.CaseDetail, w store.CaseWork) error {
		_, err := s.Casebook.SetCaseState(r.Context(), store.CaseMove{Number: w.Number, Version: w.Version,
			To: socialwatch.CaseState(to), By: w.By, At: w.At})
		return err
	})
}
