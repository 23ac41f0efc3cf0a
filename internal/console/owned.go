package console

import (
	"net/http"

	"socialwatch"
	"socialwatch/internal/store"
)

// ownedView is who owns a case that another system has claimed.
type ownedView struct {
	System, Ref, URL string // URL is https, or empty
	MayRelease       bool
}

func (c *Console) owned(p socialwatch.Person, cs socialwatch.Case) *ownedView {
	if cs.External.System == "" {
		return nil
	}
	return &ownedView{cs.External.System, cs.External.Ref, cs.External.URL,
		c.o.Release != nil && cs.State.Live() && p.May(socialwatch.RoleLead, cs.Account)}
}

// givable are the teams that p may give a case to: none, when it is not ours.
func (c *Console) givable(p socialwatch.Person, cs socialwatch.Case) []string {
	if cs.External.System != "" {
		return nil
	}
	return c.teams(p, cs.Team)
}

// releaseCase makes a case ours again, for a lead.
func (c *Console) releaseCase(w http.ResponseWriter, r *http.Request) error {
	return c.work(w, r, "released", func(d store.CaseDetail, cw store.CaseWork) error {
		if err := may(cw.By, socialwatch.RoleLead, d.Case.Account); err != nil {
			return err
		}
		if c.o.Release == nil {
			return socialwatch.ErrNotFound
		}
		_, err := c.o.Release(r.Context(), cw)
		return err
	})
}
