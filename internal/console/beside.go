package console

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// CaseLinks notes that two cases belong together. ErrConflict, with a text that
// says why, as Casework.
type CaseLinks interface {
	Link(ctx context.Context, m store.Merge) (socialwatch.Case, error)
}

// hintView is somebody else's words that may belong to the case.
type hintView struct {
	Text   string
	At     moment
	URL    string // of the post
	Number string // of the case they stand in; empty: none
	Other  string // that case as the link's form names it; empty: it can't be linked by who looks
}

// hints are those of a case that the person may see.
func (c *Console) hints(p socialwatch.Person, d store.CaseDetail) (all []hintView) {
	for _, h := range d.Hints {
		if !p.May(socialwatch.RoleReader, h.Account) {
			continue
		}
		v := hintView{At: c.moment(h.At), URL: link(h.URL), Number: h.Number}
		who, network := "@"+h.Handle, label("network", string(h.Network))
		if v.Text = say("hint.quotes", who, network, d.Case.Number); h.Order != "" {
			v.Text = say("hint.order", who, network, socialwatch.LastOf(h.Order))
		}
		if h.Number != "" && p.May(socialwatch.RoleAuthor, h.Account) && p.May(socialwatch.RoleAuthor, d.Case.Account) {
			v.Other = h.Number + " " + strconv.Itoa(h.Version)
		}
		all = append(all, v)
	}
	return all
}

// linkFacts are the cases that a case is linked with.
func linkFacts(p socialwatch.Person, links []store.LinkedCase) (facts []fact) {
	for _, l := range links {
		if !p.May(socialwatch.RoleReader, l.Account) {
			continue
		}
		name := "fact.followed"
		if l.Earlier {
			name = "fact.follows"
		}
		facts = append(facts, fact{Name: say(name), Value: l.Number + ", " + label("case", string(l.State)), URL: "/cases/" + l.Number})
	}
	return facts
}

func (c *Console) linkCase(w http.ResponseWriter, r *http.Request) error {
	return c.live(w, r, "linked", socialwatch.RoleAuthor, func(cw store.CaseWork) error {
		number, typed, _ := strings.Cut(r.PostForm.Get("other"), " ")
		version, err := strconv.Atoi(typed)
		if err != nil {
			return &badError{say("bad.version")}
		}
		_, err = c.o.CaseLinks.Link(r.Context(), store.Merge{CaseWork: cw, Other: number, OtherVersion: version})
		return err
	})
}

// vanished marks the replies of a thread that the network shows no longer.
func vanished(thread []postView, gone map[int64]time.Time) []postView {
	for i, v := range thread {
		if _, ok := gone[v.reply]; ok && v.Ours {
			thread[i].Chips = append(thread[i].Chips, chip{"warn", say("chip.vanished")})
		}
	}
	return thread
}
