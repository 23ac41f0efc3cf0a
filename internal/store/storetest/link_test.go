package storetest

import (
	"errors"
	"fmt"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
)

// TestStrangersWordsAreHintsUntilSomebodyLinks: who quotes a number, or names the
// same order, is shown beside the case, and nothing follows until a person links.
func TestStrangersWordsAreHintsUntilSomebodyLinks(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		ana, rea := fx.Hire(t, "ana", socialwatch.RoleAuthor), fx.Hire(t, "rea", socialwatch.RoleReader)
		s := fx.Seed(t, "post", 3)
		own, quotes, orders := s[0].Case, s[1].Case, s[2].Case
		for i, c := range []socialwatch.Case{quotes, orders} {
			fx.set(t, "cases", c.ID, "opened_at = %s", minute(i+1))
		}
		fx.exec(t, fmt.Sprintf("insert into quotes (number, mention_id) select '%s', id from mentions where case_id in (%d, %d)", own.Number, quotes.ID, own.ID))
		fx.exec(t, fmt.Sprintf(`update cases set orders = '["SW_1"]' where id = %d`, own.ID))
		fx.exec(t, fmt.Sprintf(`update cases set orders = '["SW-2", "SW_1"]' where id = %d`, orders.ID))
		fx.exec(t, fmt.Sprintf(`update cases set orders = '["SWX1"]' where id = %d`, quotes.ID))

		d := fx.detail(t, own.Number)
		if len(d.Hints) != 2 || d.Hints[0].Number != orders.Number || d.Hints[0].Order != "SW_1" || d.Hints[1].Number != quotes.Number || d.Hints[1].Order != "" {
			t.Fatalf("hints %+v", d.Hints)
		}
		if other := fx.detail(t, orders.Number); len(other.Hints) != 1 || other.Hints[0].Number != own.Number {
			t.Errorf("the other way round: %+v", other.Hints)
		}
		link := store.Merge{CaseWork: workOn(d.Case, ana), Other: quotes.Number, OtherVersion: quotes.Version}
		reader, stale := link, link
		reader.By, stale.OtherVersion = rea, quotes.Version+1
		if _, err := fx.Link(ctx, reader); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("by a reader: %v", err)
		}
		if _, err := fx.Link(ctx, stale); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("at another version: %v", err)
		}
		c, err := fx.Link(ctx, link)
		if err != nil || c.ID != quotes.ID || c.Linked != own.ID {
			t.Fatalf("linked %+v, %v", c, err)
		}
		d = fx.detail(t, own.Number)
		if len(d.Hints) != 1 || len(d.Links) != 1 || d.Links[0].Number != quotes.Number || d.Links[0].Earlier || len(d.Mentions) != 1 ||
			d.Events[0].Kind != socialwatch.EventCaseLinked || d.Events[0].CaseVersion != d.Case.Version {
			t.Errorf("then %+v", d)
		}
		if e := fx.detail(t, quotes.Number); len(e.Links) != 1 || !e.Links[0].Earlier || e.Case.Version != c.Version {
			t.Errorf("the younger: %+v", e)
		}
		again := store.Merge{CaseWork: workOn(d.Case, ana), Other: quotes.Number, OtherVersion: c.Version}
		if _, err := fx.Link(ctx, again); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("twice: %v", err)
		}
		// Words that are gone suggest nothing.
		fx.exec(t, fmt.Sprintf("update cases set linked = null where id = %d", quotes.ID))
		fx.exec(t, "update mentions set gone_at = received_at")
		if d := fx.detail(t, own.Number); len(d.Hints) != 1 || d.Hints[0].Order == "" {
			t.Errorf("of a post that is gone: %+v", d.Hints)
		}
	})
}
