package console

import (
	"cmp"
	"slices"
	"strconv"

	"socialwatch"
	"socialwatch/internal/store"
)

// rowView is one line of the queue: what, why, how late, what we would say.
type rowView struct {
	ID         int64
	URL        string
	Current    bool
	Over       bool
	State      string
	StateLabel string
	Version    int
	Due        moment
	Intent     string
	Score      int
	Level      int
	Handle     string
	Reach      string
	Network    string
	Lang       string
	Age        moment
	Excerpt    []piece
	Reply      string // the template's name
	Badge      string // how far its text is the template's
	Checks     string
	Chips      []chip
	Deciding   string // who else is; "" for nobody
}

// chip is a word that marks something. Kind chooses its colour, which never
// says anything alone.
type chip struct{ Kind, Text string }

// excerptWidth is how many characters of a post a row may show; how many it
// does is the screen's width.
const excerptWidth = 180

func (c *Console) row(q store.QueueRow, l list) rowView {
	rp := q.Reply
	l.after = ""
	v := rowView{
		ID: rp.ID, URL: l.at("/replies/" + strconv.FormatInt(rp.ID, 10)), State: string(rp.State), Version: rp.Version,
		Over: rp.State.Final(), Due: c.rowDue(q), Intent: label("intent", string(q.Intent)),
		Score: q.Score, Level: q.Level, Handle: q.Author.Handle, Reach: short(q.Author.Followers),
		Network: label("network", string(q.Network)), Lang: tongue(q.Language), Age: c.moment(q.PostedAt),
		Excerpt: excerpt(q.Body, evidence(q.Signals, q.Intent, false), excerptWidth), Checks: checksLine(q.Blocks(), q.Warns()),
	}
	v.Reply, v.Badge = say("row.reply", rp.Payload.Template, rp.Payload.TemplateV), badge(rp)
	if rp.Payload.Template == "" {
		v.Reply, v.Badge = say("row.hand"), ""
	}
	if rp.State != socialwatch.ReplyAwaiting {
		v.StateLabel = label("reply", string(rp.State))
	}
	v.Chips = c.rowChips(q)
	return v
}

// rowDue is the deadline of a reply's case.
func (c *Console) rowDue(q store.QueueRow) moment {
	if q.NextAt.IsZero() {
		return c.due(q.DueAt, q.Responded)
	}
	return c.due(q.NextAt, false)
}

// rowChips are what marks a reply, what weighs most first: a narrow row shows
// as many as it has room for.
func (c *Console) rowChips(q store.QueueRow) []chip {
	var chips []chip
	add := func(on bool, kind, text string) {
		if on {
			chips = append(chips, chip{kind, say(text)})
		}
	}
	impostor, named := false, 0
	for _, f := range q.Reply.Findings {
		impostor = impostor || f.Rule == "impostor"
		if f.Rule == "impostor" || f.Rule == socialwatch.RuleWideReach {
			named++
		}
	}
	add(q.Blocks() > 0, "bad", "chip.blocked")
	add(!q.RaisedAt.IsZero(), "bad", "chip.raised")
	add(c.vip(q.Author), "warn", "chip.vip")
	add(q.Escalated, "warn", "chip.escalated")
	add(impostor, "warn", "chip.impostor")
	add(q.Gone, "bad", "chip.gone")
	add(!q.EditedAt.IsZero() && !q.Gone, "warn", "chip.edited")
	add(q.Warns() > named && q.Blocks() == 0, "warn", "chip.warns")
	add(q.Incident != 0, "warn", "chip.spike")
	add(q.Reply.SelfApproved, "warn", "chip.self")
	if who := cmp.Or(q.Assignee, c.apart(q.Team)); who != "" {
		chips = append(chips, chip{"who", who})
	}
	add(q.Visibility == socialwatch.Direct, "", "chip.direct")
	add(q.Visibility == socialwatch.Followers, "", "chip.followers")
	add(q.Author.Bot, "", "chip.bot")
	return chips
}

// vip reports whether an author reaches so many that an answer asks for a
// second look.
func (c *Console) vip(a socialwatch.Author) bool {
	return c.o.House.WideReach > 0 && a.Followers >= c.o.House.WideReach
}

// checksLine says whether a reply is safe.
func checksLine(blocks, warns int) string {
	switch {
	case blocks > 0:
		return say("row.blocks", blocks)
	case warns > 0:
		return say("row.warns", warns)
	}
	return say("row.passed")
}

// apart is a team that tells a row from others: where the shop has that one
// alone, all rows would say it.
func (c *Console) apart(team string) string {
	others := func(t string) bool { return t != team }
	if len(c.o.House.Teams) > 0 && !slices.ContainsFunc(c.o.House.Teams, others) {
		return ""
	}
	return team
}
