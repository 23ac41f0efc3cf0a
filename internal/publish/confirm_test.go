package publish

import (
	"errors"
	"slices"
	"testing"

	"socialwatch"
	"socialwatch/internal/store/storetest"
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
