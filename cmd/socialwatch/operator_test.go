package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"socialwatch/internal/simulator/twitter"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestCheckComesFirst: in a database that migrate has just made, check on an
// account that pays for its calls finds nothing wrong.
func TestCheckComesFirst(t *testing.T) {
	t.Parallel()
	s := newXShop(t, store.SQLite, twitter.Options{}, ", budget_day: 5")
	if a := s.do("check"); a.code != exitDone || strings.Contains(a.out, "BAD") || strings.Contains(a.out, "warn") {
		t.Errorf("exit code %d:\n%s", a.code, a.out)
	}
}

// TestUnpauseEndsAHalt without console and server: X says once that there is no
// credit, every call stops, and goes on when somebody at the terminal says so.
func TestUnpauseEndsAHalt(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newXShop(t, kind, twitter.Options{}, "")
			s.done("poll", "--once")
			must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultCredits, Count: 1}))
			post := s.tweet(1)
			for range 2 { // the second one is not asked for
				s.do("poll", "--once")
			}
			if a := s.do("check"); a.code != exitFailed || !strings.Contains(a.out, "socialwatch unpause shop_help") {
				t.Errorf("a check of a halted account ends with %d:\n%s", a.code, a.out)
			}
			for _, want := range []string{"goes on", "nothing is changed"} {
				if out := s.done("unpause", "shop_help"); !strings.Contains(out, want) {
					t.Errorf("unpause says %q, want %q", out, want)
				}
			}
			s.done("poll", "--once")
			if !s.has([]string{post}) {
				t.Error("what came before the halt ended is not read")
			}
			if n := s.number("select count(*) from events where kind = 'polling.resumed' and actor = 'terminal:test'"); n != 1 {
				t.Errorf("%d events tell of it, want 1", n)
			}
			if a := s.do("unpause", "shop_hlep"); a.code != exitFailed || !strings.Contains(a.errors, "shop_help") {
				t.Errorf("another name: %+v", a)
			}
		})
	}
}

// TestSecretsAsDocumentedComeThroughTheShell: the file of secrets is read by sh too,
// so every value that the pages show is one word there.
func TestSecretsAsDocumentedComeThroughTheShell(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../../docs/operations.md", "../../docs/helpdesks.md", "../../README.md"} {
		page, err := os.ReadFile(name)
		must(t, err)
		for _, bare := range regexp.MustCompile(`SOCIALWATCH_\w+=[^'$/\s].*`).FindAllString(string(page), -1) {
			t.Errorf("%s: without quotes: %s", name, bare)
		}
	}
	file := filepath.Join(t.TempDir(), "secrets.env")
	for _, secret := range []string{"https://chat.example/a?v=1&sp=%2Fb&sig=c", "Bearer abc123", "a$b;c`d\"e*"} {
		must(t, os.WriteFile(file, []byte("SOCIALWATCH_SECRET='"+secret+"'\n"), 0o600))
		out, err := exec.CommandContext(t.Context(), "sh", "-c", `set -a; . "$0"; sh -c 'printf %s "$SOCIALWATCH_SECRET"'`, file).CombinedOutput()
		if err != nil || string(out) != secret {
			t.Errorf("%s arrives as %q, %v", secret, out, err)
		}
	}
}

// TestBackupAsDocumentedIsItsOwnersAlone runs the lines of the page under the
// usual umask.
func TestBackupAsDocumentedIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sqlite3"); err != nil {
		if os.Getenv("SOCIALWATCH_TEST_POSTGRES") == "required" { // make test, which installs what it needs
			t.Fatal(err)
		}
		t.Skip("needs sqlite3, which make test installs")
	}
	page, err := os.ReadFile("../../docs/operations.md")
	must(t, err)
	var script strings.Builder
	for _, line := range regexp.MustCompile(`(?m)^    (umask|sqlite3) .*$`).FindAllString(string(page), -1) {
		script.WriteString(line + "\n")
	}
	o := dbtest.New(t, store.SQLite)
	file := strings.TrimPrefix(o.URL, "sqlite:")
	dir := filepath.Dir(file)
	must(t, os.Rename(file, filepath.Join(dir, "socialwatch.db")))
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", "umask 022\n"+script.String())
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(filepath.Join(dir, "backup.db"))
	must(t, err)
	if info.Size() == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("%d bytes, mode %v", info.Size(), info.Mode())
	}
}
