package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// waits returns once n transactions of the schema wait for a lock.
func (fx bench) waits(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		var waiting int
		if err := fx.db.QueryRow(`select count(distinct l.pid) from pg_locks l where not l.granted
and exists (select 1 from pg_locks h where h.pid = l.pid and h.relation = 'cases'::regclass)`).Scan(&waiting); err != nil {
			t.Error(err)
			return
		}
		if waiting >= n {
			return
		}
	}
	t.Errorf("not %d wait", n)
}

// TestCallEndsInTheCaseThatAMergeLeaves: the end of a call waits for its case while
// that is merged, and a colleague works on the survivor before it comes on.
func TestCallEndsInTheCaseThatAMergeLeaves(t *testing.T) {
	dbtest.NeedPostgres(t) // on SQLite one writes at a time
	o := dbtest.New(t, store.Postgres)
	fx := bench{On(t, o), dbtest.Raw(t, o)}
	t.Cleanup(func() { fx.db.Close() })
	ctx := context.WithoutCancel(t.Context())
	lea := fx.Hire(t, "lea", socialwatch.RoleLead)
	older, younger := fx.twoOfOne(t)
	r := fx.detail(t, younger.Number).Replies[0]
	put(t, fx, r.ID, socialwatch.ReplySending)
	keep := func(id int64) (change func(string), release func()) {
		tx, err := fx.db.Begin()
		if err != nil {
			t.Error(err)
			return
		}
		exec := func(query string) {
			if _, err := tx.Exec(query); err != nil {
				t.Error(err)
			}
		}
		exec(fmt.Sprintf("select 1 from cases where id = %d for update", id))
		return exec, func() { _ = tx.Commit() }
	}
	_, free := keep(younger.ID)
	merged, ended, worked := make(chan error, 1), make(chan error, 1), make(chan struct{})
	go func() {
		_, err := fx.Merge(ctx, store.Merge{CaseWork: workOn(older, lea), Other: younger.Number, OtherVersion: younger.Version})
		merged <- err
	}()
	fx.waits(t, 1)
	go func() {
		defer close(worked)
		change, release := keep(older.ID) // waits for the merge
		change(fmt.Sprintf("update cases set escalated = true, escalation = 'A person says why.', version = version + 1 where id = %d", older.ID))
		fx.waits(t, 1) // the end of the call has come on to the survivor
		release()
	}()
	fx.waits(t, 2)
	go func() {
		ended <- dbtest.Reopen(t, o).Finish(ctx, socialwatch.Attempt{Reply: r, N: 1, Worker: "w"}, outcome(socialwatch.ReplySent))
	}()
	fx.waits(t, 3)
	free()
	<-worked
	for what, err := range map[string]error{"merge": <-merged, "finish": <-ended} {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	c := fx.detail(t, older.Number).Case
	if !c.Escalated || c.State != socialwatch.CaseOpen {
		t.Errorf("escalated: %v, and %s: nobody is asked", c.Escalated, c.State)
	}
	last := 0
	for _, e := range fx.Log(t, 0) {
		if e.CaseID == older.ID {
			last = e.CaseVersion
		}
	}
	if last != c.Version {
		t.Errorf("the last event is of version %d, the case has %d", last, c.Version)
	}
}
