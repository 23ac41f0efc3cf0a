package api_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/publish"
)

func TestPersonApprovesWhatTheHashNames(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	bo := g.as("bo")
	r, err := bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	if err != nil {
		t.Fatal(err)
	}
	if r.State != socialwatch.ReplyHolding || r.DecidedBy != "bo" || r.CaseNumber != one.Case.Number ||
		r.HoldUntil == nil || !r.HoldUntil.Equal(start.Add(g.desk.Hold)) || r.SentAt != nil {
		t.Errorf("%+v", r)
	}
}

func TestApprovalMayBeRepeatedByTheSamePersonOnly(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	bo, ana := g.as("bo"), g.as("ana")
	first, err := bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	if err != nil || again.State != first.State || !again.DecidedAt.Equal(*first.DecidedAt) || !again.HoldUntil.Equal(*first.HoldUntil) {
		t.Errorf("again: %+v, %v", again, err)
	}
	_, err = ana.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	p := problemOf(t, err, "conflict")
	if !errors.Is(err, socialwatch.ErrConflict) || p.Current == nil || p.Current.DecidedBy != "bo" || p.Current.DecidedAt == nil ||
		p.Current.State != socialwatch.ReplyHolding || !strings.Contains(p.Detail, "bo") || !strings.Contains(p.Detail, "09:01") {
		t.Errorf("%+v %+v", p, p.Current)
	}
	if _, err := bo.Undo(t.Context(), one.Reply.ID, one.Reply.Hash); err != nil {
		t.Fatal(err)
	}
	_, err = bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	problemOf(t, err, "conflict") // an approval that was taken back is no approval
}

func TestRepeatedApprovalDecidesNothingAnew(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	bo := g.as("bo")
	if _, err := bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, ""); err != nil {
		t.Fatal(err)
	}
	g.desk.Check = func(socialwatch.ReplyContext, socialwatch.Payload) []socialwatch.Finding {
		return []socialwatch.Finding{{Rule: "new", Blocks: true}} // would block what stands approved
	}
	if r, err := bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, ""); err != nil || r.State != socialwatch.ReplyHolding {
		t.Errorf("%+v, %v", r, err)
	}
}

// overtaken is a desk at which the same person's other call is always faster.
type overtaken struct{ *publish.Desk }

func (o overtaken) Approve(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error) {
	if r, err := o.Desk.Approve(ctx, d); err != nil {
		return r, err
	}
	return o.Desk.Approve(ctx, d)
}

func TestApprovalSentTwiceAtOnceIsOneApproval(t *testing.T) {
	g := newRig(t, func(o *api.Options) { o.Decider = overtaken{o.Decider.(*publish.Desk)} })
	one := g.seed(1)[0]
	if r, err := g.as("bo").Approve(t.Context(), one.Reply.ID, one.Reply.Hash, ""); err != nil || r.State != socialwatch.ReplyHolding {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestOfManyApproversOneWins(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	clients := []*api.Client{g.as("ana"), g.as("bo"), g.as("ana"), g.as("bo")}
	errs := make([]error, len(clients))
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() { _, errs[i] = c.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "") })
	}
	wg.Wait()
	// Each person asked twice: the winner is told so both times, the other never.
	if (errs[0] == nil) != (errs[2] == nil) || (errs[1] == nil) != (errs[3] == nil) || (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("%v", errs)
	}
}

func TestSystemTokenCannotDecide(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	robot := g.as("")
	_, err := robot.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	problemOf(t, err, "person-required")
	_, err = robot.Reject(t.Context(), one.Reply.ID, one.Reply.Hash, "wrong_tone", "")
	problemOf(t, err, "person-required")
	_, err = robot.EditAndApprove(t.Context(), one.Reply.ID, one.Reply.Hash, "Hello.", "")
	problemOf(t, err, "person-required")
	_, err = robot.Undo(t.Context(), one.Reply.ID, one.Reply.Hash)
	problemOf(t, err, "person-required")
	_, err = robot.Resolve(t.Context(), one.Reply.ID, 1, "")
	problemOf(t, err, "person-required")
	problemOf(t, robot.Stop(t.Context()), "person-required")
	problemOf(t, robot.Resume(t.Context()), "person-required")
	if card, err := g.fx.Card(t.Context(), one.Reply.ID); err != nil || card.Reply.State != socialwatch.ReplyAwaiting {
		t.Errorf("%+v, %v", card.Reply, err)
	}
}

func TestRolesDecideWhoMay(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	cy, bo := g.as("cy"), g.as("bo")
	_, err := cy.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	if p := problemOf(t, err, "role-required"); !errors.Is(err, socialwatch.ErrForbidden) || !strings.Contains(p.Detail, "approver") {
		t.Errorf("%+v", p)
	}
	_, err = cy.EditAndApprove(t.Context(), one.Reply.ID, one.Reply.Hash, "New words.", "")
	problemOf(t, err, "role-required")
	for _, login := range []string{"di", "ed"} { // other accounts' people don't even see it
		_, err = g.as(login).Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
		problemOf(t, err, "not-found")
	}
	problemOf(t, cy.Stop(t.Context()), "role-required")
	problemOf(t, bo.Resume(t.Context()), "role-required")
	r, err := cy.Edit(t.Context(), one.Reply.ID, one.Reply.Hash, "New words.")
	if err != nil || r.State != socialwatch.ReplyAwaiting || r.Version != 2 || r.Text != "New words." || r.Author != "cy" || r.Hash == one.Reply.Hash {
		t.Fatalf("%+v, %v", r, err)
	}
	_, err = bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	if p := problemOf(t, err, "conflict"); p.Current.Hash != r.Hash {
		t.Errorf("the conflict does not name the new text: %+v", p.Current)
	}
	_, err = cy.Edit(t.Context(), one.Reply.ID, one.Reply.Hash, "Newer words.")
	problemOf(t, err, "conflict")
	_, err = bo.Approve(t.Context(), one.Reply.ID, r.Hash, "")
	ask := problemOf(t, err, "confirm")
	if errors.Is(err, socialwatch.ErrConflict) || !slices.Equal(ask.Reasons, []string{socialwatch.ReasonEdited}) {
		t.Errorf("%v: %+v", err, ask)
	}
	_, err = bo.Approve(t.Context(), one.Reply.ID, r.Hash, ask.Confirm[1:]+"0")
	problemOf(t, err, "confirm")
	if _, err = bo.Approve(t.Context(), one.Reply.ID, r.Hash, ask.Confirm); err != nil {
		t.Error(err)
	}
	_, err = bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	problemOf(t, err, "conflict") // bo approved another text than this one
}

func TestRejectKeepsItsReason(t *testing.T) {
	g := newRig(t)
	two := g.seed(2)
	bo := g.as("bo")
	_, err := bo.Reject(t.Context(), two[0].Reply.ID, two[0].Reply.Hash, "other", " \n")
	problemOf(t, err, "invalid-request")
	_, err = bo.Reject(t.Context(), two[0].Reply.ID, two[0].Reply.Hash, "because", "")
	if p := problemOf(t, err, "invalid-request"); !strings.Contains(p.Detail, "wrong_intent") {
		t.Error(p.Detail)
	}
	for i, reason := range []string{"other", "wrong_tone"} {
		r, err := bo.Reject(t.Context(), two[i].Reply.ID, two[i].Reply.Hash, reason, "too stiff")
		if err != nil || r.State != socialwatch.ReplyRejected || !strings.Contains(r.Reason, reason) || r.DecidedBy != "bo" {
			t.Errorf("%+v, %v", r, err)
		}
	}
	_, err = bo.Reject(t.Context(), two[0].Reply.ID, two[0].Reply.Hash, "wrong_tone", "")
	problemOf(t, err, "conflict")
}

// TestANoteOfADecisionIsMaskedAndForPeople: a system's token gets the reason
// alone, wherever a reply stands.
func TestANoteOfADecisionIsMaskedAndForPeople(t *testing.T) {
	g := newRig(t)
	two := g.seed(2)
	bo, robot := g.as("bo"), g.as("")
	if _, err := bo.Reject(t.Context(), two[0].Reply.ID, two[0].Reply.Hash, "other", "he rang from 555-0147"); err != nil {
		t.Fatal(err)
	}
	q := request{method: "POST", path: fmt.Sprintf("/api/v1/replies/%d/withdraw", two[1].Reply.ID), token: bo.Token, media: "application/json",
		body: `{"hash": "` + two[1].Reply.Hash + `", "note": "he rang from 555-0147"}`}
	if status, _, text := g.do(q); status != 200 {
		t.Fatal(status, text)
	}
	for i, reason := range []string{"other", "withdrawn"} {
		for _, path := range []string{"/replies?state=rejected&state=withdrawn", fmt.Sprintf("/replies/%d", two[i].Reply.ID), "/cases/" + two[i].Case.Number} {
			_, _, people := g.do(request{method: "GET", path: "/api/v1" + path, token: bo.Token})
			_, _, system := g.do(request{method: "GET", path: "/api/v1" + path, token: robot.Token})
			if want := `"reason":"` + reason + `: he rang from ********"`; !strings.Contains(people, want) {
				t.Errorf("%s: no %s for a person", path, want)
			}
			if !strings.Contains(system, `"reason":"`+reason+`"`) || strings.Contains(system, "he rang") {
				t.Errorf("%s: a system reads the note", path)
			}
		}
	}
}

func TestBlockedTextIsRefusedWithItsFindings(t *testing.T) {
	g := newRig(t)
	two := g.seed(2)
	bo := g.as("bo")
	_, err := bo.EditAndApprove(t.Context(), two[0].Reply.ID, two[0].Reply.Hash, "A refund is guaranteed.", "")
	if p := problemOf(t, err, "refused"); len(p.Findings) != 1 || p.Findings[0].Words != "guaranteed" || !strings.Contains(p.Detail, "leave it out") {
		t.Errorf("%+v", p)
	}
	_, err = bo.Edit(t.Context(), two[0].Reply.ID, two[0].Reply.Hash, "@somebody same for you")
	if p := problemOf(t, err, "refused"); len(p.Findings) != 0 || !strings.Contains(p.Detail, "leave @ out") {
		t.Errorf("%+v", p)
	}
	kept, err := g.as("cy").Edit(t.Context(), two[0].Reply.ID, two[0].Reply.Hash, "A refund is guaranteed.")
	if err != nil || kept.State != socialwatch.ReplyBlocked || len(kept.Findings) != 1 {
		t.Fatalf("%+v, %v", kept, err)
	}
	_, err = bo.Approve(t.Context(), two[0].Reply.ID, kept.Hash, "")
	problemOf(t, err, "refused")
	mended, err := bo.Edit(t.Context(), two[0].Reply.ID, kept.Hash, "We look into it.")
	if err != nil || mended.State != socialwatch.ReplyAwaiting {
		t.Errorf("%+v, %v", mended, err)
	}
}

func TestUndoCancelsWhileHolding(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	bo := g.as("bo")
	_, err := bo.Undo(t.Context(), one.Reply.ID, one.Reply.Hash)
	problemOf(t, err, "role-required") // nobody's approval is not one's own
	if _, err := bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, ""); err != nil {
		t.Fatal(err)
	}
	r, err := bo.Undo(t.Context(), one.Reply.ID, one.Reply.Hash)
	if err != nil || r.State != socialwatch.ReplyCancelled {
		t.Errorf("%+v, %v", r, err)
	}
	_, err = bo.Undo(t.Context(), one.Reply.ID, one.Reply.Hash)
	problemOf(t, err, "conflict")
}

func TestLeadResolvesWhatIsInDoubt(t *testing.T) {
	g := newRig(t)
	two := g.seed(2)
	ana, bo := g.as("ana"), g.as("bo")
	_, err := ana.Resolve(t.Context(), two[0].Reply.ID, 1, "")
	problemOf(t, err, "not-possible") // nothing is in doubt
	for _, one := range two {
		if _, err := bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, ""); err != nil {
			t.Fatal(err)
		}
		g.doubt(one.Reply)
	}
	_, err = bo.Resolve(t.Context(), two[0].Reply.ID, 1, "")
	problemOf(t, err, "role-required")
	sent, err := ana.Resolve(t.Context(), two[0].Reply.ID, 1, "https://social.example/@shop_help/9050")
	if err != nil || sent.State != socialwatch.ReplySent || sent.PublishedID != "9050" || sent.SentAt == nil ||
		sent.PublishedURL != "https://social.example/@shop_help/9050" {
		t.Errorf("%+v, %v", sent, err)
	}
	failed, err := ana.Resolve(t.Context(), two[1].Reply.ID, 1, "")
	if err != nil || failed.State != socialwatch.ReplyFailed {
		t.Errorf("%+v, %v", failed, err)
	}
}

// TestAWordIsAboutTheCallThatWasLookedFor: two leads look for the same call, and before
// the second one's word comes in there has been another.
func TestAWordIsAboutTheCallThatWasLookedFor(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	if _, err := g.as("bo").Approve(t.Context(), one.Reply.ID, one.Reply.Hash, ""); err != nil {
		t.Fatal(err)
	}
	g.doubt(one.Reply)
	ana := g.as("ana")
	seen, err := ana.Reply(t.Context(), one.Reply.ID)
	if err != nil || seen.Reply.Attempts != 1 {
		t.Fatalf("%+v, %v", seen, err)
	}
	if _, err := ana.Resolve(t.Context(), one.Reply.ID, seen.Reply.Attempts, ""); err != nil {
		t.Fatal(err)
	}
	g.clock = g.clock.Add(time.Second)
	g.doubt(one.Reply)
	for _, link := range []string{"", "https://social.example/@shop_help/9050"} {
		_, err = ana.Resolve(t.Context(), one.Reply.ID, seen.Reply.Attempts, link)
		problemOf(t, err, "conflict")
	}
	_, err = ana.Resolve(t.Context(), one.Reply.ID, 0, "")
	problemOf(t, err, "invalid-request")
	if r, err := ana.Resolve(t.Context(), one.Reply.ID, 2, ""); err != nil || r.State != socialwatch.ReplyFailed {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestStopHoldsApprovalsBackUntilResumed(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	bo, ana := g.as("bo"), g.as("ana")
	for range 2 { // twice is no failure
		if err := bo.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s, err := g.fx.Stopped(t.Context()); err != nil || !s.Stopped || s.By != "bo" {
		t.Errorf("%+v, %v", s, err)
	}
	r, err := bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	if err != nil || r.State != socialwatch.ReplyApproved || r.HoldUntil != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if err := ana.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d, err := bo.Reply(t.Context(), one.Reply.ID); err != nil || d.State != socialwatch.ReplyHolding {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestLeaseTellsColleaguesAndHindersNobody(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	id := one.Reply.ID
	bo, cy, ana := g.as("bo"), g.as("cy"), g.as("ana")
	for range 2 {
		r, err := cy.Lease(t.Context(), id, false)
		if err != nil || r.Lease == nil || r.Lease.By != "cy" || !r.Lease.Until.Equal(g.clock.Add(socialwatch.DecisionLease)) {
			t.Errorf("%+v, %v", r.Lease, err)
		}
		g.clock = g.clock.Add(time.Minute)
	}
	_, err := bo.Lease(t.Context(), id, false)
	if p := problemOf(t, err, "conflict"); !strings.Contains(p.Detail, "cy is deciding") || p.Current == nil || p.Current.State != socialwatch.ReplyAwaiting {
		t.Errorf("%+v", p)
	}
	_, err = bo.Lease(t.Context(), id, true)
	problemOf(t, err, "role-required")
	page, err := bo.Replies(t.Context(), api.Query{})
	if err != nil || page.Items[0].Lease == nil || page.Items[0].Lease.By != "cy" {
		t.Errorf("%+v, %v", page, err)
	}
	if r, err := ana.Lease(t.Context(), id, true); err != nil || r.Lease != nil {
		t.Errorf("%+v, %v", r.Lease, err)
	}
	if _, err := cy.Lease(t.Context(), id, false); err != nil {
		t.Error(err)
	}
	if r, err := bo.Approve(t.Context(), id, one.Reply.Hash, ""); err != nil || r.DecidedBy != "bo" || r.Lease != nil {
		t.Errorf("%+v, %v", r, err)
	}
	_, err = cy.Lease(t.Context(), id, false)
	problemOf(t, err, "conflict")
}

func TestUndoWindowIsExtendedWhileItRuns(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	bo, ana := g.as("bo"), g.as("ana")
	held, err := bo.Approve(t.Context(), one.Reply.ID, one.Reply.Hash, "")
	if err != nil {
		t.Fatal(err)
	}
	longer, err := ana.Extend(t.Context(), held.ID, held.Hash) // a lead may extend anybody's
	if err != nil || longer.HoldUntil.Sub(*held.HoldUntil) != socialwatch.HoldStep {
		t.Errorf("until %s, %v", longer.HoldUntil, err)
	}
	g.clock = *longer.HoldUntil
	_, err = bo.Extend(t.Context(), held.ID, held.Hash)
	if p := problemOf(t, err, "conflict"); p.Current == nil || p.Current.State != socialwatch.ReplyHolding {
		t.Errorf("%+v", p)
	}
}
