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
	What, Back                    string // what saving does; where it leads, for posts without a case
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
		var by *store.Corrected
		if corrected {
			by = &said
		}
		cv := newCorrect(m, by)
		cv.What = say("correct.what")
		if author {
			cv.Action = "/cases/" + url.PathEscape(d.Case.Number) + "/correct"
		}
		i := slices.IndexFunc(v.Thread, func(p postView) bool { return p.mention == m.ID })
		v.Thread[i].Correct = cv
	}
}

// newCorrect is that of a post as triage found it, and as a person said.
func newCorrect(m store.MentionRow, said *store.Corrected) *correctView {
	a := m.Assessment
	v := &correctView{ID: m.ID, Revision: m.Mention.Revision(), Escalate: a.Escalate, Found: say("correct.found", matter(a.Intent, a.Escalate))}
	chosen := a.Intent
	if said != nil {
		chosen, v.Escalate = said.Intent, said.Escalate
		v.Said = say("correct.said", said.By, matter(said.Intent, said.Escalate))
	}
	for _, intent := range socialwatch.Intents {
		v.Intents = append(v.Intents, option{string(intent), label("intent", string(intent)), intent == chosen})
	}
	return v
}

// correctIgnored gives a post without a case its correctView: a rule that
// ignores wrongly is mended by labels, whether the post becomes a case or not.
func (c *Console) correctIgnored(v *mentionView, m store.MentionRow, p socialwatch.Person) {
	author := p.May(socialwatch.RoleAuthor, m.Mention.Account)
	if m.CaseID != 0 || !m.GoneAt.IsZero() || !author && m.Corrected == nil {
		return
	}
	v.Correct = *newCorrect(m, m.Corrected)
	v.Correct.What = say("correct.ignored")
	if m.Assessment.Ignored != "" {
		v.Correct.Found = say("correct.found.ignored")
	}
	if author {
		v.Correct.Action = "/mentions/" + strconv.FormatInt(m.ID, 10) + "/correct"
	}
}

// correctMention stores a person's word on what a post without a case is about.
func (c *Console) correctMention(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return socialwatch.ErrNotFound
	}
	intent := socialwatch.Intent(r.PostFormValue("intent"))
	if !slices.Contains(socialwatch.Intents, intent) {
		return &badError{say("bad.intent")}
	}
	err = c.o.Cases.Correct(r.Context(), store.Correction{MentionID: id, Revision: r.PostFormValue("revision"),
		Intent: intent, Escalate: r.PostFormValue("escalate") == "yes", By: p, At: socialwatch.Micros(c.o.Now())})
	if err != nil {
		return err
	}
	return see(w, r, backTo(r.PostFormValue("back"))+"#m"+strconv.FormatInt(id, 10))
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
