package api

import (
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// Changed is what has changed since the draft before a reply, where that one was
// superseded.
type Changed struct {
	ReplyID  int64                  `json:"reply_id"` // the draft before
	Reason   string                 `json:"reason"`   // why it was superseded
	Posts    []ChangedPost          `json:"posts"`
	Native   []NativeAnswer         `json:"native"`
	SameText bool                   `json:"same_text"` // both say the same
	Diff     []socialwatch.DiffPart `json:"diff"`      // of our text; empty when both say the same or the draft before is erased
}

// ChangedPost is a post of the case that was edited, is new or has gone.
type ChangedPost struct {
	ID     string                 `json:"id"`
	Change string                 `json:"change"` // edited, new or gone
	URL    string                 `json:"url"`
	Masked string                 `json:"masked"` // as the post stands, as in Post
	Diff   []socialwatch.DiffPart `json:"diff"`   // edited: of the masked words; empty when what it said is not kept
}

// NativeAnswer is one that our people gave in the network's own app.
type NativeAnswer struct {
	At  *time.Time `json:"at"`  // when we learnt of it
	URL string     `json:"url"` // "" when it is not known
}

// viewChanged is nil for a reply that follows no superseded one.
func (s *server) viewChanged(card store.Card) *Changed {
	ch := card.Changed
	if ch == nil {
		return nil
	}
	v := &Changed{ReplyID: ch.Before.ID, Reason: ch.Before.Reason, Posts: []ChangedPost{}, Diff: []socialwatch.DiffPart{},
		Native: each(ch.Native, func(n store.NativeAnswer) NativeAnswer { return NativeAnswer{at(n.At), n.URL} })}
	add := func(m store.MentionRow, change string, diff []socialwatch.DiffPart) {
		p := viewPost(m)
		v.Posts = append(v.Posts, ChangedPost{p.ID, change, p.URL, p.Masked, list(diff)})
	}
	for _, e := range ch.Edited {
		var diff []socialwatch.DiffPart
		if e.Known {
			diff = s.Diff(e.Was, e.Assessment.Masked)
		}
		add(e.MentionRow, "edited", diff)
	}
	for _, m := range ch.Added {
		add(m, "new", nil)
	}
	for _, m := range ch.Gone {
		add(m, "gone", nil)
	}
	was, now := ch.Before.Payload.Text, card.Reply.Payload.Text
	if v.SameText = was == now; !v.SameText && was != "" {
		v.Diff = s.Diff(was, now)
	}
	return v
}
