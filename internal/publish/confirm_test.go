package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
	"socialwatch/responder"
)

// asked is what a decision asks to confirm; anything but a question fails.
func asked(t *testing.T, err error) *socialwatch.ConfirmError {
	t.Helper()
	var ask *socialwatch.ConfirmError
	if !errors.As(err, &ask) || errors.Is(err, socialwatch.ErrConflict) {
		t.Fatalf("not asked: %v", err)
	}
	return ask
}

// TestNewWarningsForceAnotherLook: what the card did not show is not approved by
// a key that confirmed less.
func TestNewWarningsForceAnotherLook(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		_, draft := w.complain("customer1@far.example")
		storetest.TemplateApproved(t, w.opts, draft.Payload)
		var warns []socialwatch.Finding
		w.desk.Check = func(socialwatch.ReplyContext, socialwatch.Payload) []socialwatch.Finding { return warns }
		d := socialwatch.Decision{ReplyID: draft.ID, Hash: draft.Hash, By: w.person}
		warns = []socialwatch.Finding{{Rule: "tone", Words: "Sorry"}}
		_, err := w.desk.Approve(t.Context(), d)
		first := asked(t, err)
		if first.Stale || !slices.Equal(first.Reasons, []string{socialwatch.ReasonWarnings}) || len(first.Findings) != 1 {
			t.Fatalf("%+v", first)
		}
		d.Confirm = first.Digest
		warns = append(warns, socialwatch.Finding{Rule: "impostor"})
		_, err = w.desk.Approve(t.Context(), d)
		second := asked(t, err)
		if !second.Stale || len(second.Findings) != 2 || second.Digest == first.Digest {
			t.Fatalf("%+v", second)
		}
		w.wantState(draft.ID, socialwatch.ReplyAwaiting)
		d.Confirm = second.Digest
		if _, err := w.desk.Approve(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		data := w.told(draft.ID, "reply.approved")
		if got, _ := data["confirmed"].(map[string]any); got == nil || len(got["warnings"].([]any)) != 2 {
			t.Errorf("the event tells %v", data)
		}
	})
}

// TestFirstUseOfATemplateNeedsASecondKeyOnce on an account; an edited text does
// not make it known.
func TestFirstUseOfATemplateNeedsASecondKeyOnce(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		var drafts []socialwatch.Reply
		for _, customer := range []string{"customer1@far.example", "customer2@far.example", "customer3@far.example"} {
			_, draft := w.complain(customer)
			drafts = append(drafts, draft)
		}
		decide := func(i int, confirm, text string) error {
			d := socialwatch.Decision{ReplyID: drafts[i].ID, Hash: drafts[i].Hash, By: w.person, Confirm: confirm, Text: text}
			var err error
			if text == "" {
				_, err = w.desk.Approve(t.Context(), d)
			} else {
				_, err = w.desk.Edit(t.Context(), d, true)
			}
			return err
		}
		const words = "We look into it."
		ask := asked(t, decide(0, "", words))
		if !slices.Equal(ask.Reasons, []string{socialwatch.ReasonEdited, socialwatch.ReasonNewTemplate}) {
			t.Fatal(ask.Reasons)
		}
		seen, err := w.desk.Preview(t.Context(), drafts[0].ID, words)
		if err != nil || seen.Confirm.Digest != ask.Digest {
			t.Errorf("the preview asks %+v, %v", seen.Confirm, err)
		}
		asked(t, decide(0, ask.Digest, "We look into it today."))
		if err := decide(0, ask.Digest, words); err != nil {
			t.Fatal(err)
		}
		ask = asked(t, decide(1, "", ""))
		if !slices.Equal(ask.Reasons, []string{socialwatch.ReasonNewTemplate}) {
			t.Fatal(ask.Reasons)
		}
		if err := decide(1, ask.Digest, ""); err != nil {
			t.Fatal(err)
		}
		if err := decide(2, "", ""); err != nil {
			t.Errorf("an unchanged text of a known template: %v", err)
		}
	})
}

// told is the data of the newest event of a kind about a reply.
func (w *town) told(id int64, kind string) map[string]any {
	w.t.Helper()
	card, err := w.store.Card(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range slices.Backward(card.Events) {
		if e.Kind == kind {
			return e.Data
		}
	}
	w.t.Fatalf("no event %s of reply %d", kind, id)
	return nil
}

// compared is what the wiring makes of an edit.
func compared(rc socialwatch.ReplyContext, text string) socialwatch.Change {
	return responder.Compare(rc.Original, rc.Slots, rc.Reply.Payload.Text, text)
}

// TestSecondPersonForEdits: where an edit needs a colleague, its author approves it
// neither at once nor later, whatever self-approval says; what slots cover may be
// let alone.
func TestSecondPersonForEdits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		w := newTown(t, simulator.FlavourMastodon, o)
		ben, err := w.store.AddPerson(t.Context(), socialwatch.Person{Login: "ben", Name: "Ben",
			Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleApprover}}, "", w.now())
		if err != nil {
			t.Fatal(err)
		}
		w.desk.Compare, w.desk.SelfApproval = compared, func(string) bool { return true }
		for i, tt := range []struct {
			second       socialwatch.SecondPerson
			slots, words bool // may an edit of that kind be approved by who made it
		}{
			{socialwatch.SecondOff, true, true}, {socialwatch.SecondOutsideSlots, true, false}, {socialwatch.SecondAlways, false, false},
		} {
			w.desk.Second = tt.second
			for kind, may := range map[string]bool{"slots": tt.slots, "words": tt.words} {
				_, draft := w.complain(fmt.Sprintf("customer%d%s@far.example", i, kind))
				text := strings.Replace(draft.Payload.Text, "K-", "R-", 1)
				if kind == "words" {
					text = "We are looking."
				}
				d := socialwatch.Decision{ReplyID: draft.ID, Hash: draft.Hash, By: w.person, Text: text}
				edit := func(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error) {
					return w.desk.Edit(ctx, d, true)
				}
				err := confirming(t.Context(), edit, d)
				if may != (err == nil) || !may && !errors.Is(err, socialwatch.ErrForbidden) {
					t.Errorf("%s, an edit of %s: %v", tt.second, kind, err)
				}
				if may {
					continue
				}
				saved, err := w.desk.Edit(t.Context(), d, false)
				if err != nil {
					t.Fatal(err)
				}
				d.Hash = saved.Hash
				if err := confirming(t.Context(), w.desk.Approve, d); !errors.Is(err, socialwatch.ErrForbidden) {
					t.Errorf("%s, the own edit of %s later: %v", tt.second, kind, err)
				}
				if d.By = ben; confirming(t.Context(), w.desk.Approve, d) != nil {
					t.Errorf("%s, a colleague of who edited %s may not approve", tt.second, kind)
				}
			}
		}
	})
}

// TestSecondPersonLeavesOwnTextToSelfApproval: what a person wrote from nothing is
// no edit of another's draft.
func TestSecondPersonLeavesOwnTextToSelfApproval(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		w := newTown(t, simulator.FlavourMastodon, o)
		w.desk.Compare, w.desk.SelfApproval, w.desk.Second = compared, func(string) bool { return true }, socialwatch.SecondAlways
		_, draft := w.complain("customer1@far.example")
		d := socialwatch.Decision{ReplyID: draft.ID, Hash: draft.Hash, By: w.person, Reason: "wrong_tone"}
		if _, err := w.desk.Reject(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		own, err := w.desk.Again(t.Context(), socialwatch.Decision{ReplyID: draft.ID, By: w.person, Text: "We are looking."})
		if err != nil || own.Edit.Kind != socialwatch.EditWritten {
			t.Fatalf("%+v, %v", own, err)
		}
		w.approve(own)
		if r := w.reply(own.ID); !r.SelfApproved {
			t.Error("it does not say self-approved")
		}
	})
}

// TestAuthorshipIsNotPassedOn: neither a colleague who saves a text as it is nor one
// who edits it further makes its first author a second person.
func TestAuthorshipIsNotPassedOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		w := newTown(t, simulator.FlavourMastodon, o)
		otto, err := w.store.AddPerson(t.Context(), socialwatch.Person{Login: "otto", Name: "Otto",
			Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleAuthor}}, "", w.now())
		if err != nil {
			t.Fatal(err)
		}
		w.desk.Compare, w.desk.SelfApproval, w.desk.Second = compared, func(string) bool { return true }, socialwatch.SecondAlways
		_, draft := w.complain("customer1@far.example")
		d := socialwatch.Decision{ReplyID: draft.ID, Hash: draft.Hash, By: w.person, Text: "We are looking."}
		saved, err := w.desk.Edit(t.Context(), d, false)
		if err != nil {
			t.Fatal(err)
		}
		d.Hash, d.By = saved.Hash, otto
		var input *InputError
		if _, err := w.desk.Edit(t.Context(), d, false); !errors.As(err, &input) || !strings.Contains(input.Text, "nothing is changed") {
			t.Errorf("saved unchanged: %v", err)
		}
		d.Text = "We are looking into it."
		if saved, err = w.desk.Edit(t.Context(), d, false); err != nil {
			t.Fatal(err)
		}
		d = socialwatch.Decision{ReplyID: draft.ID, Hash: saved.Hash, By: w.person}
		if _, err := w.desk.Approve(t.Context(), d); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("approved what she has a part in: %v", err)
		}
	})
}
