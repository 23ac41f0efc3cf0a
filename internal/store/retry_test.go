package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// Somebody who locks in the other order makes a real deadlock, of which Save
// is the victim: it must run again by itself.
func TestDeadlockRunsAgain(t *testing.T) {
	if len(dbtest.Kinds(t)) == 1 {
		return // SQLite has one lock
	}
	fx := storetest.On(t, dbtest.New(t, store.Postgres))
	seeded := fx.Seed(t, "post", 1)[0]
	c := fx.Changes(t)
	c.Cases = []socialwatch.Case{seeded.Case}

	db := dbtest.Raw(t, fx.Options)
	defer db.Close()
	other, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback()
	must := func(query string) {
		if _, err := other.Exec(query); err != nil {
			t.Error(query, err)
		}
	}
	must("set local deadlock_timeout = '60s'") // so that the server finds Save
	must("select 1 from cases for update")
	runs := 0
	var crossing sync.WaitGroup
	fx.SetHook(func(point string) {
		if point != "save account" {
			return
		}
		if runs++; runs == 1 {
			crossing.Go(func() {
				must("update accounts set failures = 7")
				if err := other.Commit(); err != nil {
					t.Error(err)
				}
			})
		}
	})
	err = fx.Save(t.Context(), c)
	crossing.Wait()
	if err != nil || runs != 2 {
		t.Errorf("after %d runs: %v", runs, err)
	}
}

func TestBusyFileIsRetryable(t *testing.T) {
	address := "file:" + filepath.Join(t.TempDir(), "x.db") + "?_txlock=immediate"
	var err error
	for range 2 {
		db, openErr := sql.Open("sqlite", address)
		if openErr != nil {
			t.Fatal(openErr)
		}
		defer db.Close()
		if _, err = db.Begin(); err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "locked") || !store.Retryable(err) {
		t.Errorf("a busy file: %v", err)
	}
}
