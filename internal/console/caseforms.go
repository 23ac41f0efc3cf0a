package console

import (
	"net/http"
	"slices"
	"strings"

	"socialwatch"
	"socialwatch/internal/store"
)

// maxCalls bounds the words of a note that are looked up as logins.
const maxCalls = 10

// calls are the words of a note that may be colleagues' logins.
func calls(text string) (logins []string) {
	for _, word := range strings.Fields(text) {
		login, at := strings.CutPrefix(strings.TrimLeft(word, "(„“\"'"), "@")
		for _, s := range []string{login, strings.TrimRight(login, ".,;:!?)“”\"'")} {
			if at && s != "" && !slices.Contains(logins, s) && len(logins) < maxCalls {
				logins = append(logins, s)
			}
		}
	}
	return logins
}

func (c *Console) addNote(w http.ResponseWriter, r *http.Request) error {
	return c.work(w, r, "noted", func(d store.CaseDetail, cw store.CaseWork) error {
		if err := may(cw.By, socialwatch.RoleAuthor, d.Case.Account); err != nil {
			return err
		}
		typed := r.PostForm.Get("note")
		body := c.mask(typed)
		if strings.TrimSpace(body) == "" || len(body) > store.NoteMax {
			return &badError{say("bad.casenote", store.NoteMax)}
		}
		_, err := c.o.Notebook.AddNote(r.Context(), store.NewNote{CaseWork: cw, Body: body, Calls: calls(typed)})
		return err
	})
}

func (c *Console) seeCalls(w http.ResponseWriter, r *http.Request) error {
	return c.work(w, r, "seen", func(_ store.CaseDetail, cw store.CaseWork) error {
		return c.o.Notebook.SeeCalls(r.Context(), cw)
	})
}

func (c *Console) escalate(w http.ResponseWriter, r *http.Request) error {
	return c.work(w, r, "escalated", func(d store.CaseDetail, cw store.CaseWork) error {
		if err := may(cw.By, socialwatch.RoleAuthor, d.Case.Account); err != nil {
			return err
		}
		e := store.Escalation{CaseWork: cw, Reason: r.PostForm.Get("reason"), Team: r.PostForm.Get("team")}
		known := slices.ContainsFunc(socialwatch.EscalationReasons, func(x socialwatch.EscalationReason) bool { return x.Name == e.Reason })
		if e.Reason == socialwatch.EscalationOther {
			e.Words = strings.TrimSpace(c.mask(r.PostForm.Get("words")))
			known = e.Words != "" && len(e.Words) <= store.WordsMax
		}
		if !known {
			return &badError{say("bad.escalation", store.WordsMax)}
		}
		if e.Team != "" && !slices.Contains(c.teams(cw.By, d.Case.Team), e.Team) {
			return &badError{say("bad.noteam")}
		}
		_, err := c.o.Casework.Escalate(r.Context(), e)
		return err
	})
}

func (c *Console) snooze(w http.ResponseWriter, r *http.Request) error {
	return c.work(w, r, "snoozed", func(d store.CaseDetail, cw store.CaseWork) error {
		if err := may(cw.By, socialwatch.RoleAuthor, d.Case.Account); err != nil {
			return err
		}
		until, err := c.snoozeUntil(d.Case.Account, r.PostForm.Get("until"), r.PostForm.Get("date"))
		if err != nil {
			return err
		}
		_, err = c.o.Casework.Snooze(r.Context(), store.Snooze{CaseWork: cw, Until: until})
		return err
	})
}

func (c *Console) wake(w http.ResponseWriter, r *http.Request) error {
	return c.work(w, r, "woken", func(d store.CaseDetail, cw store.CaseWork) error {
		if err := may(cw.By, socialwatch.RoleAuthor, d.Case.Account); err != nil {
			return err
		}
		_, err := c.o.Casework.Wake(r.Context(), cw)
		return err
	})
}

// take gives a case to who asks for it, or with to=nobody gives it back.
func (c *Console) takeCase(w http.ResponseWriter, r *http.Request) error {
	return c.work(w, r, "assigned", func(d store.CaseDetail, cw store.CaseWork) error {
		if err := may(cw.By, socialwatch.RoleAuthor, d.Case.Account); err != nil {
			return err
		}
		login := cw.By.Login
		if r.PostForm.Get("to") == "nobody" {
			login = ""
		}
		_, err := c.o.Casework.Assign(r.Context(), store.Assignment{CaseWork: cw, Login: &login})
		return err
	})
}

// giveCase is a lead's choice of who works on a case.
func (c *Console) giveCase(w http.ResponseWriter, r *http.Request) error {
	return c.work(w, r, "assigned", func(d store.CaseDetail, cw store.CaseWork) error {
		if err := may(cw.By, socialwatch.RoleLead, d.Case.Account); err != nil {
			return err
		}
		a := store.Assignment{CaseWork: cw}
		login, team := r.PostForm.Get("login"), r.PostForm.Get("team")
		if team != "" && !slices.Contains(c.teams(cw.By, d.Case.Team), team) {
			return &badError{say("bad.noteam")}
		}
		a.Login, a.Team = &login, &team
		_, err := c.o.Casework.Assign(r.Context(), a)
		return err
	})
}

// tagCase adds the words of the form to a case's tags, or takes one away.
func (c *Console) tagCase(w http.ResponseWriter, r *http.Request) error {
	return c.work(w, r, "tagged", func(d store.CaseDetail, cw store.CaseWork) error {
		if err := may(cw.By, socialwatch.RoleAuthor, d.Case.Account); err != nil {
			return err
		}
		g := store.Tagging{CaseWork: cw, Add: strings.FieldsFunc(r.PostForm.Get("add"), func(r rune) bool { return r == ' ' || r == ',' }),
			Remove: r.PostForm["remove"]}
		if len(g.Remove) == 0 && !slices.ContainsFunc(g.Add, func(s string) bool { return store.Tag(s) != "" }) {
			return &badError{say("bad.tag")}
		}
		if c.personal(g.Add) {
			return &badError{say("bad.tag.personal")}
		}
		_, err := c.o.Notebook.Tag(r.Context(), g)
		return err
	})
}

// personal reports whether words that are to be tags hold personal data, each
// or all together: consumers would keep it for ever.
func (c *Console) personal(words []string) bool {
	return slices.ContainsFunc(append(slices.Clone(words), strings.Join(words, " ")), func(typed string) bool {
		clean := socialwatch.CleanText(typed)
		return store.IsNumber(clean) || c.mask(clean) != clean
	})
}
