package console

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

type mentionsView struct {
	Tabs  []tab
	Rows  []mentionView
	More  string
	Empty emptyView
}

type mentionView struct {
	Handle, Reach, Where, Case, Original, Lang, Intent string
	Score                                              int
	At                                                 moment
	Gone                                               bool
	Promote                                            string // where the form leads; empty: there is none
	Text                                               []piece
	Chips                                              []chip
	Correct                                            correctView // of one without a case
}

func (c *Console) mentions(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p, _ := auth.PersonFrom(r.Context())
	f := store.MentionFilter{Accounts: visible(p, q.Get("account")), After: q.Get("after")}
	v := &mentionsView{Empty: emptyView{Kind: "calm", Title: say("empty.mentions")}}
	for _, s := range []store.MentionShow{store.ShowAll, store.ShowIgnored, store.ShowCases} {
		chosen := q.Get("show") == string(s)
		to := list{show: string(s), account: q.Get("account")}
		if chosen {
			f.Show = s
		}
		v.Tabs = append(v.Tabs, tab{to.at("/mentions"), say("tab." + cmp.Or(string(s), "all")), chosen})
	}
	rows, next, err := c.o.Queue.Mentions(r.Context(), f)
	if err != nil {
		return fmt.Errorf("read mentions: %w", err)
	}
	for _, m := range rows {
		row := c.mention(m)
		if c.o.Promote != nil && m.CaseID == 0 && m.GoneAt.IsZero() && p.May(socialwatch.RoleAuthor, m.Mention.Account) {
			row.Promote = "/mentions/" + strconv.FormatInt(m.ID, 10) + "/promote"
		}
		c.correctIgnored(&row, m, p)
		row.Correct.Back = r.URL.RequestURI()
		v.Rows = append(v.Rows, row)
	}
	if next != "" {
		q.Set("after", next)
		v.More = "/mentions?" + q.Encode()
	}
	return c.show(w, r, http.StatusOK, "mentions", view{Title: say("mentions"), Class: "plain", Nav: "mentions", Body: v})
}

func (c *Console) mention(m store.MentionRow) mentionView {
	v := mentionView{
		Handle: m.Mention.Author.Handle, Reach: reach(m.Mention.Author.Followers), Where: where(m.Mention.Network, m.Mention.Visibility),
		Case: m.CaseNumber, Original: link(m.Mention.URL), Lang: tongue(cmp.Or(m.Assessment.Language, m.Mention.Language)),
		Intent: label("intent", string(m.Assessment.Intent)), Score: m.Assessment.Score, At: c.moment(m.Mention.CreatedAt),
		Gone: !m.GoneAt.IsZero(), Text: marked(m), Chips: postChips(m),
	}
	if m.Assessment.Ignored != "" {
		v.Chips = append(v.Chips, chip{"", say("chip.ignored", label("ignored", m.Assessment.Ignored))})
	}
	return v
}

// promote makes a case of an ignored mention and shows it.
func (c *Console) promote(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || c.o.Promote == nil {
		return socialwatch.ErrNotFound
	}
	p, _ := auth.PersonFrom(r.Context())
	m, err := c.o.Queue.Mention(r.Context(), id)
	if errors.Is(err, socialwatch.ErrNotFound) || err == nil && !p.May(socialwatch.RoleReader, m.Mention.Account) {
		return socialwatch.ErrNotFound
	}
	if err != nil {
		return err
	}
	if err := may(p, socialwatch.RoleAuthor, m.Mention.Account); err != nil {
		return err
	}
	number, err := c.o.Promote(r.Context(), id, p)
	if err != nil {
		return err
	}
	return see(w, r, "/cases/"+url.PathEscape(number)+"?"+url.Values{"did": {"promoted"}, "case": {number}}.Encode())
}
