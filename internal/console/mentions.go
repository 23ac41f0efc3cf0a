package console

import (
	"cmp"
	"fmt"
	"net/http"

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
	Text                                               []piece
	Chips                                              []chip
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
		v.Rows = append(v.Rows, c.mention(m))
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
