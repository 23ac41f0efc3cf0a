package store_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// doomed tells a re-executed test binary what to do until it is killed.
type doomed struct {
	Options store.Options
	Point   string // where it kills itself; empty: it saves until it is killed
	Applies bool   // it applies commands instead
	Spared  int    // how often it passes Point before
}

const doomedEnv = "SOCIALWATCH_TEST_DOOMED"

// startDoomed runs this test binary again as the child that dies in Save.
func startDoomed(t *testing.T, d doomed) (*exec.Cmd, io.Reader) {
	t.Helper()
	js, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDoomedChild$")
	cmd.Env = append(os.Environ(), doomedEnv+"="+string(js))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// TestDoomedChild is the child; in an ordinary run it does nothing.
func TestDoomedChild(t *testing.T) {
	js := os.Getenv(doomedEnv)
	if js == "" {
		return
	}
	var d doomed
	if err := json.Unmarshal([]byte(js), &d); err != nil {
		t.Fatal(err)
	}
	fx := storetest.On(t, d.Options)
	passed := 0
	fx.SetHook(func(point string) {
		if point != d.Point {
			return
		}
		if passed++; passed > d.Spared {
			die(t)
		}
	})
	if d.Applies {
		applyAll(t, fx)
		die(t)
	}
	for n := 0; ; n++ {
		c := fuller(t, fx, fmt.Sprint("batch-", n))
		if err := fx.Save(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if d.Point != "" {
			die(t)
		}
		fmt.Println("saved", n)
	}
}

// applyAll applies all commands that wait.
func applyAll(t *testing.T, fx storetest.Fixture) {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		if n, err = fx.ApplyCommands(t.Context(), storetest.Start, strings.ToUpper); err != nil {
			t.Fatal(err)
		}
	}
}

func die(t *testing.T) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Error(err)
	}
	self.Kill()
	select {}
}

// fuller is a batch that touches every table of Save.
func fuller(t *testing.T, fx storetest.Fixture, prefix string) socialwatch.Changes {
	c := fx.Batch(t, prefix, 20)
	c.Aside = []socialwatch.SetAside{{ID: prefix, Problem: "not JSON"}}
	c.Gaps = []socialwatch.Gap{{From: storetest.Start, To: storetest.Start, Reason: prefix}}
	var pushed []socialwatch.Mention
	for _, e := range c.Entries {
		pushed = append(pushed, e.Mention)
	}
	if err := fx.PutInbox(t.Context(), storetest.Account, pushed, storetest.Start); err != nil {
		t.Fatal(err)
	}
	waiting, err := fx.Inbox(t.Context(), storetest.Account, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range waiting {
		c.Taken = append(c.Taken, w.ID)
	}
	return c
}

// whole checks that n batches stand in the database and nothing of another.
func whole(t *testing.T, o store.Options, n int) {
	t.Helper()
	db := dbtest.Raw(t, o)
	defer db.Close()
	for table, per := range map[string]int{"mentions": 20, "cases": 20, "replies": 20, "reply_versions": 20,
		"events": 80, "set_aside": 1, "gaps": 1} {
		var rows int
		if err := db.QueryRow("select count(*) from " + table).Scan(&rows); err != nil || rows != per*n {
			t.Errorf("%d %s, want %d of each of %d batches (%v)", rows, table, per, n, err)
		}
	}
}

func TestKilledSaveLeavesAllOrNothing(t *testing.T) {
	points := []string{"save account", "save cases", "save mentions", "save replies", "save gaps", "save taken", "save events", "commit", "after"}
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		storetest.On(t, o).Close()
		for i, point := range points {
			cmd, _ := startDoomed(t, doomed{Options: o, Point: point})
			if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
				t.Fatalf("the child was not killed: %v", err)
			}
			want := 0
			if i == len(points)-1 {
				want = 1
			}
			whole(t, o, want)
			inbox(t, o, 20*(1-want))
		}
		fx := storetest.On(t, o)
		fx.MustSave(t, fuller(t, fx, "next"))
		whole(t, o, 2)
		inbox(t, o, 0)
	})
}

// inbox checks how many posts wait.
func inbox(t *testing.T, o store.Options, want int) {
	t.Helper()
	db := dbtest.Raw(t, o)
	defer db.Close()
	var n int
	if err := db.QueryRow("select count(*) from inbox").Scan(&n); err != nil || n != want {
		t.Errorf("%d posts wait, want %d (%v)", n, want, err)
	}
}

func TestKilledAnywhereLosesNoSave(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		fx := storetest.On(t, o)
		batches := 0
		for range 6 {
			cmd, out := startDoomed(t, doomed{Options: o})
			lines := bufio.NewScanner(out)
			told := 0
			for lines.Scan() && told < 1+rand.IntN(8) {
				told++
			}
			cmd.Process.Kill()
			cmd.Wait()
			ended(t, o)
			a, err := fx.Account(t.Context(), storetest.Account)
			if err != nil {
				t.Fatal(err)
			}
			if int(a.Version) < batches+told {
				t.Errorf("%d batches stand, %d were told", int(a.Version)-batches, told)
			}
			// The child's next life saves the same posts again unless the names
			// differ: rename what stands.
			batches = int(a.Version)
			rename(t, o, batches)
			whole(t, o, batches)
		}
	})
}

// ended waits for the end of the save of a child that was killed: the server may
// still be about its commit.
func ended(t *testing.T, o store.Options) {
	t.Helper()
	if o.Schema == "" {
		return // the file's lock ends with the process
	}
	db := dbtest.Raw(t, o)
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("lock table accounts in exclusive mode"); err != nil {
		t.Fatal(err)
	}
}

// rename makes room for the next child's posts, cases and gaps.
func rename(t *testing.T, o store.Options, life int) {
	t.Helper()
	db := dbtest.Raw(t, o)
	defer db.Close()
	for _, q := range []string{
		"update mentions set post_id = post_id || '/%d' where post_id not like '%%/%%'",
		"update set_aside set item = item || '/%d' where item not like '%%/%%'",
		"update gaps set reason = reason || '/%d' where reason not like '%%/%%'",
	} {
		if _, err := db.Exec(fmt.Sprintf(q, life)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilledCommandsHaveOneEffect: whoever dies in the middle of several, or
// before their commit, leaves nothing; after it there is nothing left to do.
func TestKilledCommandsHaveOneEffect(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		fx := storetest.On(t, o)
		s := fx.Seed(t, "post", 1)[0]
		systems := []storetest.System{fx.System(t, "crm"), fx.System(t, "desk")}
		answers := func(key, state string) (n int) {
			for _, as := range systems {
				for i := range 3 {
					if strings.HasPrefix(as.Answer(t, fmt.Sprint(key, i)), state) {
						n++
					}
				}
			}
			return n
		}
		for round, point := range []string{"command applied", "commit", "after"} {
			key := fmt.Sprint("k", round, "-")
			for _, as := range systems {
				for i := range 3 {
					a := storetest.Ask{Key: fmt.Sprint(key, i), Kind: store.CommandNote, Case: s.Case.Number, Data: fmt.Sprintf(`{"text": "%s%s%d"}`, as.Name, key, i)}
					if err := as.Insert(t, a); err != nil {
						t.Fatal(err)
					}
				}
			}
			d := doomed{Options: o, Point: point, Applies: true}
			waiting := len(systems) * 3
			switch point {
			case "command applied":
				d.Spared = 1 // the first of each system are done together
			case "after":
				waiting = 0
			}
			cmd, _ := startDoomed(t, d)
			if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
				t.Fatalf("the child was not killed: %v", err)
			}
			if n := answers(key, store.CommandWaiting); n != waiting {
				t.Errorf("killed at %s: %d wait, want %d", point, n, waiting)
			}
			applyAll(t, fx)
			written := map[string]bool{}
			c, err := fx.Case(t.Context(), s.Case.Number)
			for _, note := range c.Notes {
				written[note.Body] = true
			}
			if want := (round + 1) * 6; err != nil || len(c.Notes) != want || len(written) != want || answers(key, store.CommandApplied) != 6 {
				t.Errorf("killed at %s, then applied: %d notes, %d different, want %d; %d of 6 applied, %v", point, len(c.Notes), len(written), want, answers(key, store.CommandApplied), err)
			}
		}
	})
}
