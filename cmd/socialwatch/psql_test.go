package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestPsqlIsEnoughForAConsumer runs examples/psql with the rights that `migrate
// --grants` prints: it opens a ticket for each case, owns the case, and resolves
// it once its ticket is closed. Killed on the way it misses nothing.
func TestPsqlIsEnoughForAConsumer(t *testing.T) {
	t.Parallel()
	dbtest.NeedPostgres(t)
	s := newShop(t, store.Postgres, simulator.Options{})
	as := loginAs(t, s.db, nil)
	role := "case_system" + s.db.Schema[len("test"):]
	own := "tickets" + s.db.Schema[len("test"):]
	_, err := s.look().Exec(s.done("migrate", "--grants", "--role", role, "--commands") + "; create schema " + own + " authorization " + role)
	must(t, err)
	d := s.serve()
	start := func() *exec.Cmd {
		cmd := exec.Command(filepath.Join("..", "..", "examples", "psql", "consumer"), as.URL)
		cmd.Env = append(os.Environ(), "SCHEMA="+s.db.Schema, "OWN="+own, "ALL=true", "EVERY=20")
		out := &log{}
		cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = out, out, &syscall.SysProcAttr{Setpgid: true}
		must(t, cmd.Start())
		t.Cleanup(func() {
			end(t, cmd)
			if t.Failed() {
				t.Logf("the consumer says:\n%s", out)
			}
		})
		return cmd
	}
	first := start()
	s.post(1)
	until(t, time.Minute, "a case is the consumer's", func() bool {
		return s.number("select count(*) from cases_v1 where external_system = '"+role+"' and external_ref = '1'") == 1
	})
	end(t, first)
	s.post(2)
	until(t, time.Minute, "another case is open", func() bool { return s.number("select count(*) from cases") == 2 })
	start()
	until(t, time.Minute, "what was missed is made up for", func() bool {
		return s.number("select count(*) from cases_v1 where external_system = '"+role+"'") == 2
	})
	stop := s.approver()
	defer stop()
	_, err = s.look().Exec("update " + own + ".ticket set closed_at = now()")
	must(t, err)
	until(t, 2*time.Minute, "closed tickets resolve their cases", func() bool { return s.number("select count(*) from cases where state = 'resolved'") == 2 })
	if n := s.number("select count(*) from " + own + ".ticket"); n != 2 {
		t.Errorf("%d tickets of two cases", n)
	}
	if text := s.text("select coalesce(string_agg(news, ''), '') from " + own + ".ticket"); !strings.Contains(text, "reply.sent") {
		t.Errorf("tickets do not know of our replies: %q", text)
	}
	d.end()
}

// text asks the database for one text.
func (s *shop) text(query string) (text string) {
	s.Helper()
	must(s.T, s.look().QueryRowContext(s.Context(), query).Scan(&text))
	return text
}

// end kills a process and what it has started.
func end(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if cmd.ProcessState != nil {
		return
	}
	must(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL))
	_ = cmd.Wait() // says that it was killed
}
