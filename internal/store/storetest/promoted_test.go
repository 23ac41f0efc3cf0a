package storetest

import (
	"errors"
	"testing"
	"time"

	"socialwatch"
)

// TestPromotedPostStaysInItsCase: an edit of an ignored post is on its way while a
// person makes a case of it.
func TestPromotedPostStaysInItsCase(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		m := Mention("i1", "c1")
		ignored := Assessment(m)
		ignored.Ignored = "noise.promotion"
		c := fx.Changes(t)
		c.Entries = []socialwatch.Entry{{Mention: m, Assessment: ignored}}
		fx.MustSave(t, c)
		edit, past := fx.Changes(t), fx.Changes(t)
		edited := m
		edited.Text, edited.EditedAt = "edited", Start.Add(time.Second)
		edit.Entries = []socialwatch.Entry{{Mention: edited, Assessment: ignored}}
		past.Past = true // an import opens no case, and sends no poll back

		fx.MustSave(t, past)
		promoted, one := fx.Changes(t), fx.NewCase(t, m)
		promoted.Cases, promoted.Events, promoted.Past = []socialwatch.Case{one}, []socialwatch.Event{Opened(one)}, true
		promoted.Entries = []socialwatch.Entry{{Mention: m, Assessment: Assessment(m), CaseID: one.ID, Reply: Draft(m, "sorry")}}
		if promoted.Version != edit.Version {
			t.Errorf("an import raised the account's version from %d to %d", edit.Version, promoted.Version)
		}
		promoted.By = fx.Hire(t, "lea", socialwatch.RoleLead).Login
		fx.MustSave(t, promoted)
		if err := fx.Save(t.Context(), edit); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("the edit was saved as if there were no case: %v", err)
		}
		edit.Version = fx.Changes(t).Version
		fx.MustSave(t, edit)
		if d := fx.detail(t, one.Number); len(d.Mentions) != 1 || d.Mentions[0].Mention.Text != "edited" {
			t.Errorf("the case holds %+v", d.Mentions)
		}
	})
}
