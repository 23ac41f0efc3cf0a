//go:build unix

package dbtest_test

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

const childEnv = "SOCIALWATCH_TEST_CHILD"

// TestChild is a test binary that uses the server; in an ordinary run it does
// nothing.
func TestChild(t *testing.T) {
	if os.Getenv(childEnv) == "" {
		return
	}
	address, err := dbtest.Server()
	if err != nil {
		t.Fatal(err)
	}
	if err := dbtest.Open(t, store.Postgres).Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	fmt.Println("server", address)
}

func TestProcessesShareOneServerThatEndsAfterThem(t *testing.T) {
	if os.Getenv("TEST_DATABASE_URL") != "" || len(dbtest.Kinds(t)) == 1 {
		return // no keeper there
	}
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} { // the server's user must get through
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	children := make([]*exec.Cmd, 4)
	outs := make([]bytes.Buffer, len(children))
	for i := range children {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.v")
		c.Env = append(os.Environ(), childEnv+"=1", "TMPDIR="+dir, "SOCIALWATCH_TEST_KEEPER_IDLE=300ms")
		c.Stdout, c.Stderr = &outs[i], &outs[i]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		children[i] = c
	}
	addresses := map[string]bool{}
	for i, c := range children {
		if err := c.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, &outs[i])
		}
		for line := range strings.Lines(outs[i].String()) {
			if a, ok := strings.CutPrefix(line, "server "); ok {
				addresses[strings.TrimSpace(a)] = true
			}
		}
	}
	if len(addresses) != 1 {
		t.Fatalf("servers %v", addresses)
	}
	for a := range addresses {
		u, err := url.Parse(a)
		if err != nil {
			t.Fatal(err)
		}
		waitGone(t, u.Host, filepath.Join(dir, "*", "data"))
	}
}

// waitGone waits until nobody listens at the address and no data is left.
func waitGone(t *testing.T, host, data string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c, err := net.Dial("tcp", host)
			if err == nil {
				c.Close()
			} else if left, _ := filepath.Glob(data); len(left) == 0 {
				return
			}
		case <-deadline:
			t.Fatal("the server outlives its users")
		}
	}
}
