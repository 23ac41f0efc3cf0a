package store_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// pooler puts pgbouncer in front of the server where there is one, in its
// transaction mode with two connections. Elsewhere the address stays, and only
// the settings of a pooler are tested.
func pooler(t *testing.T, address string) string {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; !exists(program) {
			return address
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	ini, host := poolerConfig(t, u)
	args := []string{ini}
	if os.Getuid() == 0 { // it refuses root
		args = []string{"-u", "nobody", ini}
	}
	cmd := exec.Command(program, args...)
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	u.Host = host
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if c, err := net.Dial("tcp", host); err == nil {
				c.Close()
				t.Log("behind", program)
				return u.String()
			}
		case <-deadline:
			cmd.Process.Kill()
			cmd.Wait()
			t.Fatalf("pgbouncer does not answer: %s", &log)
		}
	}
}

// poolerConfig writes pgbouncer's file for the server u, readable by whom it
// runs as, and returns it with the address it will listen at.
func poolerConfig(t *testing.T, u *url.URL) (ini, host string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(host)
	password, _ := u.User.Password()
	conf := fmt.Sprintf(`[databases]
postgres = host=%s port=%s user=%s password=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`, u.Hostname(), u.Port(), u.User.Username(), password, port)
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ini = filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(ini, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	return ini, host
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestWorksBehindATransactionPooler(t *testing.T) {
	if len(dbtest.Kinds(t)) == 1 {
		return // only Postgres has poolers
	}
	o := dbtest.New(t, store.Postgres)
	o.URL, o.Pooler = pooler(t, o.URL), true
	if _, err := store.Migrate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	fx := storetest.On(t, o)
	bell, err := fx.Bell(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := fx.Seed(t, "post", 250)
	select {
	case <-bell:
	default:
		t.Error("no bell in this process")
	}
	if log := fx.Log(t, 0); len(log) != 1000 {
		t.Errorf("%d events", len(log))
	}
	if _, err := fx.Acquire(t.Context(), "x", "a", time.Minute, storetest.Start); err != nil {
		t.Error(err)
	}
	if due, err := fx.DueThreads(t.Context(), storetest.Account, storetest.Start.Add(time.Hour), 3); err != nil || len(due) != 3 {
		t.Errorf("due %v, %v", due, err)
	}
	k := fx.Know(t, []string{s[3].Mention.ID}, []string{s[4].Mention.Author.ID})
	if len(k.Cases) != 2 || k.Cases[0].State != socialwatch.CaseNew {
		t.Errorf("known %+v", k)
	}
}

func TestPoolerSetsEveryTransaction(t *testing.T) {
	if len(dbtest.Kinds(t)) == 1 {
		return
	}
	o := dbtest.New(t, store.Postgres)
	o.Pooler = true
	s := dbtest.Reopen(t, o)
	begin := s.Begins()
	for _, set := range []string{"set local statement_timeout = 30000", "set local lock_timeout = 5000",
		"set local idle_in_transaction_session_timeout = 60000", `set local search_path to "` + o.Schema + `"`} {
		if !strings.Contains(begin, set) {
			t.Errorf("%q is not in\n%s", set, begin)
		}
	}
}

func TestSessionsRunUnderLimits(t *testing.T) {
	if len(dbtest.Kinds(t)) == 1 {
		return
	}
	db := dbtest.Raw(t, dbtest.New(t, store.Postgres))
	defer db.Close()
	for name, want := range map[string]string{"statement_timeout": "30s", "lock_timeout": "5s",
		"idle_in_transaction_session_timeout": "1min", "application_name": "socialwatch"} {
		var got string
		if err := db.QueryRow("select current_setting($1)", name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", name, got, want, err)
		}
	}
	if n := db.Stats().MaxOpenConnections; n != 9 {
		t.Errorf("%d connections beside the bell's, want 9", n)
	}
}
