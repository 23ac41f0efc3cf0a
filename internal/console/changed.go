package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// changedView is what has changed since the draft before, which gave way to this
// one.
type changedView struct {
	ID     int64 // of this draft
	Why    string
	Before string // address of the draft before
	Open   bool
	Posts  []changeLine
	Native []changeLine // answers in the network's own app
	Lang   string
	Words  []DiffPart // of what we say
	Same   string     // in place of Words
}

// changeLine is one thing that happened to a post, or one answer.
type changeLine struct {
	What, Kind string
	Who, URL   string
	Lang       string
	At         moment
	Words      []DiffPart // of an edited post
	Text       []piece    // of a new one
	Note       string
}

func (c *Console) changes(v *cardView, card store.Card) {
	ch := card.Changed
	if ch == nil {
		return
	}
	cv := &changedView{ID: v.ID, Why: reasonText(ch.Before.Reason), Open: v.Open, Lang: v.ReplyLang,
		Before: "/replies/" + strconv.FormatInt(ch.Before.ID, 10)}
	for _, e := range ch.Edited {
		cv.Posts = append(cv.Posts, c.edited(e))
	}
	for _, m := range ch.Added {
		one := c.happened(m, "new", m.Mention.CreatedAt)
		if m.ID == card.Parent.ID {
			one.Note = say("changed.parent")
		} else if m.GoneAt.IsZero() {
			one.Text = excerpt(m.Mention.Text, nil, excerptWidth)
		}
		cv.Posts = append(cv.Posts, one)
	}
	for _, m := range ch.Gone {
		cv.Posts = append(cv.Posts, c.happened(m, "gone", m.GoneAt))
	}
	for _, n := range ch.Native {
		cv.Native = append(cv.Native, changeLine{What: say("changed.native"), Kind: "good", URL: link(n.URL), At: c.moment(n.At)})
	}
	cv.Words, cv.Same = c.ourWords(ch.Before.Payload, card.Reply.Payload)
	v.Changed = cv
	mark(v.Thread, ch.Added)
}

// happened is one post with what became of it.
func (c *Console) happened(m store.MentionRow, what string, at time.Time) changeLine {
	v := changeLine{What: say("changed." + what), Kind: "warn", Who: who(m.Mention.Author.Handle), URL: link(m.Mention.URL),
		Lang: tongue(cmp.Or(m.Assessment.Language, m.Mention.Language)), At: c.moment(at)}
	if what == "gone" {
		v.Kind = "bad"
	}
	return v
}

func (c *Console) edited(e store.EditedPost) changeLine {
	v := c.happened(e.MentionRow, "edited", cmp.Or(e.Mention.EditedAt, e.ReceivedAt))
	switch {
	case !e.Known:
		v.Note = say("changed.unknown")
	case e.Was == e.Assessment.Masked:
		v.Note = say("changed.beside")
	default:
		v.Words = c.o.Diff(e.Was, e.Assessment.Masked)
	}
	return v
}

// ourWords compares what we say now with the draft before, in words or, where
// there is nothing to compare, in a sentence.
func (c *Console) ourWords(before, now socialwatch.Payload) ([]DiffPart, string) {
	switch {
	case before.Text == "":
		return nil, say("changed.erased")
	case before.Text == now.Text:
		return nil, say("changed.same")
	}
	return c.o.Diff(before.Text, now.Text), ""
}

// mark tells in a thread which posts are new.
func mark(thread []postView, added []store.MentionRow) {
	for i, p := range thread {
		if !p.Ours && slices.ContainsFunc(added, func(m store.MentionRow) bool { return m.ID == p.mention }) {
			thread[i].Chips = append(p.Chips, chip{"warn", strings.ToLower(say("changed.new"))})
		}
	}
}
