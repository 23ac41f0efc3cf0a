package console

import (
	"fmt"
	"testing"
	"time"

	"socialwatch"
)

// again stores a new wording of the post that a case's newest draft answers, or
// without one another post, with a draft anew in the place of the one before.
func (s *shop) again(t testing.TB, cs socialwatch.Case, edited, answer string) socialwatch.Reply {
	t.Helper()
	old := s.replyOf(t, cs.Number)
	card, err := s.Card(t.Context(), old.ID)
	must(t, err)
	m, why := card.Parent.Mention, "the customer edited the post"
	if m.EditedAt = s.now(); edited != "" {
		m.Text = edited
	} else {
		s.posts++
		m.ID, m.EditedAt, m.CreatedAt, m.Text = fmt.Sprint(9000+s.posts), time.Time{}, s.now(), "@shop_help <b>and</b> now?"
		why = "the customer added a post"
	}
	known, err := s.Known(t.Context(), socialwatch.Ask{Account: account, PostIDs: []string{m.ID}})
	must(t, err)
	must(t, s.Save(t.Context(), socialwatch.Changes{Account: account, Version: known.Version, At: s.now(),
		Moves:   []socialwatch.ReplyMove{{ReplyID: old.ID, To: socialwatch.ReplySuperseded, Reason: why}},
		Entries: []socialwatch.Entry{{Mention: m, Assessment: assess(m), CaseID: cs.ID, Reply: s.draft(t, customer{answer: answer}, m, cs)}}}))
	return s.replyOf(t, cs.Number)
}

func TestCardOfADraftAnewShowsWhatChanged(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help my order is late, nothing came"})
	ana := s.enter(t, "ana")
	page := func(r socialwatch.Reply) answer { return ana.get(fmt.Sprintf("/replies/%d", r.ID)) }
	first := s.replyOf(t, cs.Number)
	page(first).hasNot(t, "Drafted anew", "What changed since")
	s.advance(time.Minute)
	second := s.again(t, cs, "@shop_help my order is broken, <i>nothing</i> came", "Sorry that it is broken.")
	page(second).has(t, "<b>Drafted anew:</b> the customer edited the post.", "Post edited",
		`my order is <del><span class="sr">removed: </span>late</del><ins><span class="sr">added: </span>broken</ins>, `, "&lt;i&gt;",
		fmt.Sprintf(`<a href="/replies/%d">The last draft</a>`, first.ID), `<span class="sr">added: </span>Sorry that`)
	s.advance(time.Minute)
	third := s.again(t, cs, "", "Sorry that it is broken.")
	page(third).has(t, "the customer added a post", "New post", "It is the one to answer, above.", `<span class="chip warn">new post</span>`,
		"The draft says the same as the last one.")
	page(third).hasNot(t, "Post edited")
	s.advance(time.Minute)
	known, err := s.Known(t.Context(), socialwatch.Ask{Account: account})
	must(t, err)
	must(t, s.Save(t.Context(), socialwatch.Changes{Account: account, Version: known.Version, At: s.now(), Gone: []string{first.Payload.ParentID},
		Events: []socialwatch.Event{{Kind: socialwatch.EventCaseResponded, CaseID: cs.ID,
			Data: map[string]any{"how": "native", "url": "https://social.example/@shop_help/77"}}}}))
	page(third).has(t, "Post deleted", "Answered in the network’s own app", `href="https://social.example/@shop_help/77"`, "The words of the last draft are erased.")
	page(second).hasNot(t, "late</del>") // nothing of what is gone
}
