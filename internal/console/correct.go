package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// correctView is what triage found in a post, what a person says instead, and
// the form to say it, which has an Action only for those who may.
type correctView struct {
	Action, Revision, Found, Said string
	ID                            int64
	Intents                       []option
	Escalate                      bool
}

// correctable gives the posts of a case their correctView.
func (c *Console) correctable(v *caseView, d store.CaseDetail, author bool) {
	for _, m := range d.Mentions {
		said, corrected := d.Corrected[m.ID]
		if !m.GoneAt.IsZero() || !author && !corrected {
			continue
		}
		a := m.Assessment
		cv := &correctView{ID: m.ID, Revision: m.Mention.Revision(), Escalate: a.Escalate, Found: say("correct.found", matter(a.Intent, a.Escalate))}
		chosen := a.Intent
		if corrected {
			chosen, cv.Escalate = said.Intent, said.Escalate
			cv.Said = say("correct.said", said.By, matter(said.Intent, said.Escalate))
		}
		if author {
			cv.Action = "/cases/" + url.PathEscape(d.Case.Number) + "/correct"
		}
		for _, intent := range socialwatch.Intents {
			cv.Intents = append(cv.Intents, option{string(intent), label("intent", string(intent)), intent == chosen})
		}
		i := slices.IndexFunc(v.Thread, func(p postView) bool { return p.mention == m.ID })
		v.Thread[i].Correct = cv
	}
}

// matter says in words what a post wants.
func matter(intent socialwatch.Intent, escalate bool) string {
	key := "correct.no"
	if escalate {
		key = "correct.yes"
	}
	return say(key, label("intent", string(intent)))
}

// correctedText is what the event of a correction says.
func correctedText(e socialwatch.Event) string {
	intent, _ := e.Data["intent"].(string)
	escalate, _ := e.Data["escalate"].(bool)
	return matter(socialwatch.Intent(intent), escalate)
}

// correct stores a person's word on what a post of the case is about.
func (c *Console) correct(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	d, err := c.readCase(r, p)
	if err != nil {
		return err
	}
	if err := may(p, socialwatch.RoleAuthor, d.Case.Account); err != nil {
		return err
	}
	intent := socialwatch.Intent(r.PostFormValue("intent"))
	if !slices.Contains(socialwatch.Intents, intent) {
		return &badError{say("bad.intent")}
	}
	id, err := strconv.ParseInt(r.PostFormValue("mention"), 10, 64)
	if err != nil {
		return socialwatch.ErrNotFound
	}
	err = c.o.Cases.Correct(r.Context(), store.Correction{Number: d.Case.Number, MentionID: id, Revision: r.PostFormValue("revision"),
		Intent: intent, Escalate: r.PostFormValue("escalate") == "yes", By: p, At: socialwatch.Micros(c.o.Now())})
	if errors.Is(err, socialwatch.ErrConflict) {
		return c.showCase(w, r, http.StatusConflict, &noteView{Kind: "bad", Title: say("frozen.title"), Text: sentence(err, socialwatch.ErrConflict)})
	}
	if err != nil {
		return fmt.Errorf("store correction: %w", err)
	}
	return see(w, r, "/cases/"+url.PathEscape(d.Case.Number))
}
