package console

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"socialwatch"
	"socialwatch/internal/store"
)

// CaseLife is what people say of a case's answers in private, and which cases are
// one. ErrConflict, with a text that says why, as Casework.
type CaseLife interface {
	LogAnswer(ctx context.Context, w store.CaseWork) (socialwatch.Case, error)
	PrivateContact(ctx context.Context, w store.CaseWork) (socialwatch.Case, error)
	Merge(ctx context.Context, m store.Merge) (socialwatch.Case, error)
	Unmerge(ctx context.Context, u store.Unmerge) (socialwatch.Case, error)
}

// lifeView are the forms of a case's life on its page.
type lifeView struct {
	MayAnswer, MayPrivate, MayMerge bool
	Twins                           []option // cases that it can be one with: number and version
	Merged                          []mergedView
}

type mergedView struct {
	Number, Who string
	Version     int
	At          moment
}

func (c *Console) lifeView(p socialwatch.Person, d store.CaseDetail) lifeView {
	cs := d.Case
	works := cs.State.Live() && cs.State != socialwatch.CaseResolved && p.May(socialwatch.RoleAuthor, cs.Account)
	asked := d.WaitsFor == socialwatch.WaitsForPrivate || strings.Contains(cs.Escalation, socialwatch.EscalationMissed)
	v := lifeView{MayAnswer: works, MayPrivate: works && asked}
	if !p.May(socialwatch.RoleLead, cs.Account) || cs.External.System != "" {
		return v
	}
	for _, e := range d.Earlier {
		if cs.State.Live() && e.Case.State.Live() && e.Case.External.System == "" {
			v.Twins = append(v.Twins, option{Value: e.Case.Number + " " + strconv.Itoa(e.Case.Version),
				Text: e.Case.Number + " " + label("intent", string(e.Case.Intent)) + ", " + label("case", string(e.Case.State))})
		}
	}
	for _, m := range d.Merged {
		v.Merged = append(v.Merged, mergedView{m.Number, m.By, m.Version, c.moment(m.At)})
	}
	v.MayMerge = len(v.Twins) > 0
	return v
}

func (c *Console) answeredPrivately(w http.ResponseWriter, r *http.Request) error {
	return c.live(w, r, "answered", socialwatch.RoleAuthor, func(cw store.CaseWork) error {
		_, err := c.o.Life.LogAnswer(r.Context(), cw)
		return err
	})
}

func (c *Console) privateContact(w http.ResponseWriter, r *http.Request) error {
	return c.live(w, r, "contacted", socialwatch.RoleAuthor, func(cw store.CaseWork) error {
		_, err := c.o.Life.PrivateContact(r.Context(), cw)
		return err
	})
}

func (c *Console) mergeCase(w http.ResponseWriter, r *http.Request) error {
	return c.live(w, r, "merged", socialwatch.RoleLead, func(cw store.CaseWork) error {
		number, typed, _ := strings.Cut(r.PostForm.Get("other"), " ")
		version, err := strconv.Atoi(typed)
		if err != nil {
			return &badError{say("bad.version")}
		}
		_, err = c.o.Life.Merge(r.Context(), store.Merge{CaseWork: cw, Other: number, OtherVersion: version})
		return err
	})
}

func (c *Console) unmergeCase(w http.ResponseWriter, r *http.Request) error {
	return c.live(w, r, "unmerged", socialwatch.RoleLead, func(cw store.CaseWork) error {
		version, err := strconv.Atoi(r.PostForm.Get("merged_version"))
		if err != nil {
			return &badError{say("bad.version")}
		}
		u := store.Unmerge{CaseWork: cw, IntoVersion: cw.Version}
		u.Number, u.Version = r.PostForm.Get("merged"), version
		_, err = c.o.Life.Unmerge(r.Context(), u)
		return err
	})
}

// live runs a form of a case's life for who has a role.
func (c *Console) live(w http.ResponseWriter, r *http.Request, what string, role socialwatch.Role, do func(store.CaseWork) error) error {
	return c.work(w, r, what, func(d store.CaseDetail, cw store.CaseWork) error {
		if err := may(cw.By, role, d.Case.Account); err != nil {
			return err
		}
		return do(cw)
	})
}

// escalation is why a human must act on the case and, where people may be in
// danger, what to do; empty when nobody must.
func escalation(cs socialwatch.Case) string {
	if !cs.Escalated {
		return ""
	}
	if why := told(cs.Escalation); strings.Contains(cs.Escalation, english["told.escalated.must.safety"]) {
		return why + " " + say("danger.do")
	}
	return told(cs.Escalation)
}
