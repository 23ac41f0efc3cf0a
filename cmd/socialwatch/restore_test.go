package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// moved is a database that was dumped, on its way to another server.
type moved struct {
	Options store.Options
	File    string
	Events  int
	Head    int64
}

const movedEnv = "SOCIALWATCH_TEST_MOVED"

// TestFeedGoesOnAfterARestoreElsewhere: of a dump that is restored into a fresh
// server every event can be read, later ones have later numbers, and commands
// are answered.
func TestFeedGoesOnAfterARestoreElsewhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		fx := storetest.On(t, o)
		fx.Seed(t, "old", 5)
		log := fx.Log(t, 0)
		m := moved{Options: o, File: filepath.Join(t.TempDir(), "dump"), Events: len(log), Head: log[len(log)-1].Seq}
		if fx.Kind() == store.SQLite {
			db := dbtest.Raw(t, o)
			defer db.Close()
			_, err := db.Exec("vacuum into '" + m.File + "'")
			must(t, err)
			m.Options.URL = "sqlite:" + m.File
			goesOn(t, m)
			return
		}
		dump, err := postgresTool("pg_dump")
		if err != nil {
			t.Fatal("pg_dump is missing: install PostgreSQL's client programs")
		}
		if out, err := exec.CommandContext(t.Context(), dump, "--schema="+o.Schema, "--format=custom", "--no-owner", "--file="+m.File, o.URL).CombinedOutput(); err != nil {
			t.Fatalf("pg_dump: %v\n%s", err, out)
		}
		elsewhere(t, m)
	})
}

// elsewhere runs this test binary again as one that has a temporary server of its
// own, below another folder.
func elsewhere(t *testing.T, m moved) {
	t.Helper()
	dir, err := os.MkdirTemp("", "elsewhere")
	must(t, err)
	must(t, os.Chmod(dir, 0o755)) // the server runs as another user
	t.Cleanup(func() { os.RemoveAll(dir) })
	js, err := json.Marshal(m)
	must(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMovedChild$", "-test.v")
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "TEST_DATABASE_URL=") }),
		movedEnv+"="+string(js), "TMPDIR="+dir, "SOCIALWATCH_TEST_KEEPER_IDLE=100ms")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in a fresh server: %v\n%s", err, out)
	}
	// Its server stops by itself; then its folder can go.
	left := func() bool { found, _ := filepath.Glob(filepath.Join(dir, "*", "url")); return len(found) == 0 }
	until(t, time.Minute, "the fresh server stops", left)
}

// TestMovedChild restores and looks; in an ordinary run it does nothing.
func TestMovedChild(t *testing.T) {
	js := os.Getenv(movedEnv)
	if js == "" {
		return
	}
	var m moved
	must(t, json.Unmarshal([]byte(js), &m))
	was := m.Options.URL
	var err error
	m.Options.URL, err = dbtest.Server()
	must(t, err)
	if m.Options.URL == was {
		t.Fatal("the server is the same")
	}
	restore, err := postgresTool("pg_restore")
	must(t, err)
	if out, err := exec.CommandContext(t.Context(), restore, "--exit-on-error", "--no-owner", "--dbname="+m.Options.URL, m.File).CombinedOutput(); err != nil {
		t.Fatalf("pg_restore: %v\n%s", err, out)
	}
	goesOn(t, m)
}

// goesOn reads the restored feed as a consumer does and lets it go on.
func goesOn(t *testing.T, m moved) {
	t.Helper()
	fx := storetest.On(t, m.Options)
	c, err := store.OpenConsumer(m.Options)
	must(t, err)
	defer c.Close()
	seqs, err := c.Feed(t.Context(), 0, 1000)
	must(t, err)
	if len(seqs) != m.Events || seqs[len(seqs)-1] != m.Head || !slices.IsSorted(seqs) {
		t.Errorf("%d events up to %d are left of %d up to %d", len(seqs), seqs[len(seqs)-1], m.Events, m.Head)
	}
	fx.Seed(t, "new", 1)
	fx.Log(t, 0)
	seqs, err = c.Feed(t.Context(), m.Head, 1000)
	must(t, err)
	if len(seqs) != 4 || seqs[0] != m.Head+1 {
		t.Errorf("after the restore come %v, want four from %d on", seqs, m.Head+1)
	}
	must(t, c.Ask(t.Context(), "k", store.CommandPing))
	if n, err := fx.ApplyCommands(t.Context(), storetest.Start, func(s string) string { return s }); err != nil || n == 0 {
		t.Errorf("a command is not answered: %v, %v", n, err)
	}
}
