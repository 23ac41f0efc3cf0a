package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestBackupAndRestore takes the steps of docs/operations.md. The backup is
// older than replies that went out since: one that awaited approval in it, one
// that was approved and held, one to a mention that came later. None goes out
// again, and mentions that came since are read again.
func TestBackupAndRestore(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			backupAndRestore(t, kind)
		})
	}
}

func backupAndRestore(t *testing.T, kind store.Kind) {
	s := newShop(t, kind, simulator.Options{Flavour: simulator.FlavourGoToSocial})
	hold := 10 * time.Second
	s.set("hold: 0s", "hold: "+hold.String())
	d := s.serve()
	posts := []string{s.post(0), s.post(1)}
	until(t, time.Minute, "two drafts wait", func() bool { return len(s.rows()) == 2 })
	s.approve(posts[1])
	held := time.Now()
	file := s.backUp()

	s.approve(posts[0])
	posts = append(posts, s.post(2))
	until(t, time.Minute, "a third draft waits", func() bool { return len(s.rows()) == 3 })
	s.approve(posts[2])
	until(t, time.Minute, "three replies are sent", func() bool { return len(s.public()) == 3 && s.settled() })
	d.end()
	posts = append(posts, s.post(3)) // while the database is away

	s.restore(file)
	if rows := s.rows(); len(rows) != 2 || rows[0].state != socialwatch.ReplyAwaiting || rows[1].state != socialwatch.ReplyHolding {
		t.Fatalf("the backup holds %+v, want one reply that awaits and one that holds", rows)
	}
	until(t, time.Minute, "the undo window of the backup is over", func() bool { return time.Since(held) > hold })
	s.done("stop")
	d = s.serve()
	until(t, 2*time.Minute, "the mentions since are read again and the drafts of answered ones are retired", func() bool {
		rows := s.rows()
		for _, r := range rows {
			if want := r.parent == posts[3]; want != (r.state == socialwatch.ReplyAwaiting) {
				return false
			}
		}
		return s.has(posts) && len(rows) == 4
	})
	s.done("resume")
	s.set("hold: "+hold.String(), "hold: 0s")
	d.end()
	d = s.serve()
	s.approve(posts[3])
	until(t, time.Minute, "the reply to the last mention is sent", func() bool { return len(s.public()) >= 4 && s.settled() })
	d.end()
	under := map[string]int{}
	for _, p := range s.public() {
		under[p.parent]++
	}
	for _, post := range posts {
		if under[post] != 1 || s.stored()[post] != 1 {
			t.Errorf("post %s: %d replies are public and it is stored %d times, want one each", post, under[post], s.stored()[post])
		}
	}
}

// set replaces one setting of the configuration.
func (s *shop) set(old, setting string) {
	s.Helper()
	b, err := os.ReadFile(s.config)
	must(s.T, err)
	if strings.Count(string(b), old) != 1 {
		s.Fatalf("the configuration does not hold %q once", old)
	}
	must(s.T, os.WriteFile(s.config, []byte(strings.Replace(string(b), old, setting, 1)), 0o600))
}

// toConfirm is the digest in a command's request for a second look.
func (s *shop) toConfirm(text string) string {
	s.Helper()
	_, rest, ok := strings.Cut(text, "--confirm ")
	if !ok || len(rest) < 64 {
		s.Fatalf("nothing to confirm in %q", text)
	}
	return rest[:64]
}

// approve approves the draft under a post by the commands.
func (s *shop) approve(post string) {
	s.Helper()
	for _, r := range s.rows() {
		if r.parent == post && r.state == socialwatch.ReplyAwaiting {
			seen, err := s.client().Reply(s.Context(), r.id)
			must(s.T, err)
			if a := s.do("approve", fmt.Sprint(r.id), "--hash", seen.Hash); a.code != 0 {
				s.done("approve", fmt.Sprint(r.id), "--hash", seen.Hash, "--confirm", s.toConfirm(a.errors))
			}
			return
		}
	}
	s.Fatalf("no draft awaits approval under %s: %+v", post, s.rows())
}

// backUp makes a backup while the program runs and returns its file.
func (s *shop) backUp() string {
	s.Helper()
	if !strings.HasPrefix(s.db.URL, "postgres") {
		file := filepath.Join(s.dir, "backup.db")
		if tool, err := exec.LookPath("sqlite3"); err == nil {
			s.tool(tool, s.sqliteFile(), "vacuum into '"+file+"'")
			return file
		}
		_, err := s.look().ExecContext(s.Context(), "vacuum into '"+file+"'")
		must(s.T, err)
		return file
	}
	file := filepath.Join(s.dir, "socialwatch.dump")
	s.postgres("pg_dump", "--schema="+s.db.Schema, "--format=custom", "--file="+file, s.db.URL)
	return file
}

// restore puts the backup in the place of what the database holds now.
func (s *shop) restore(file string) {
	s.Helper()
	must(s.T, s.look().Close())
	s.raw = nil
	if strings.HasPrefix(s.db.URL, "postgres") {
		_, err := s.look().ExecContext(s.Context(), "drop schema "+s.db.Schema+" cascade")
		must(s.T, err)
		s.postgres("pg_restore", "--dbname="+s.db.URL, file)
		return
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(s.sqliteFile() + end); err != nil && !os.IsNotExist(err) {
			s.Fatal(err)
		}
	}
	must(s.T, os.Rename(file, s.sqliteFile()))
}

func (s *shop) sqliteFile() string { return strings.TrimPrefix(s.db.URL, "sqlite:") }

func (s *shop) postgres(name string, args ...string) {
	s.Helper()
	path, err := postgresTool(name)
	if err != nil {
		s.Fatalf("%s is missing: install PostgreSQL's client programs", name)
	}
	s.tool(path, args...)
}

func (s *shop) tool(path string, args ...string) {
	s.Helper()
	if out, err := exec.CommandContext(s.Context(), path, args...).CombinedOutput(); err != nil {
		if u, bad := url.Parse(s.db.URL); bad == nil {
			out = []byte(strings.ReplaceAll(string(out), s.db.URL, u.Redacted()))
		}
		s.Fatalf("%s: %v\n%s", filepath.Base(path), err, out)
	}
}
