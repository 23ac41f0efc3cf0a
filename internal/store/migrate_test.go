package store_test

import (
	"testing"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

func TestMigratedDatabaseOpens(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		s := dbtest.Reopen(t, o)
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		again, err := store.Migrate(t.Context(), o)
		if err != nil || len(again) != 0 {
			t.Errorf("second migration applied %v, %v", again, err)
		}
	})
}
