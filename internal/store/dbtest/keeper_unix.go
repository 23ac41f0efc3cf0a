//go:build unix

package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	_ "github.com/lib/pq" // the driver
)

// How it works. Every test binary that uses the server holds a shared lock on
// the file "use" until it ends, however it ends. The first one, under the lock
// "start", runs itself again as keeper: a process of its own session that runs
// initdb and postgres and writes the address to the file "url". When the
// keeper could take "use" alone for idleStop, nobody is left: it stops the
// server, holding "use", so that whoever comes meanwhile waits and starts a
// new one.
const (
	keeperEnv    = "SOCIALWATCH_TEST_KEEPER"      // folder of the programs; makes a test binary the keeper
	idleEnv      = "SOCIALWATCH_TEST_KEEPER_IDLE" // idleStop, for the keeper's own test
	idleStop     = 5 * time.Second
	idleLook     = 100 * time.Millisecond
	startTimeout = 60 * time.Second
)

func init() {
	if bin := os.Getenv(keeperEnv); bin != "" {
		if err := keep(bin); err != nil {
			fmt.Fprintln(os.Stderr, "keeper:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// dir is the keeper's folder, one per user.
func dir() string {
	return filepath.Join(os.TempDir(), "socialwatch-test-postgres-"+strconv.Itoa(os.Getuid()))
}

// inUse is open, and so locked, until this process ends.
var inUse *os.File

func temporaryServer(bin string) (string, error) {
	if err := ownDir(); err != nil {
		return "", err
	}
	start, err := lock("start", syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer start.Close()
	if inUse, err = lock("use", syscall.LOCK_SH); err != nil {
		return "", err
	}
	if url, err := running(); err == nil {
		return url, nil
	}
	return startKeeper(bin)
}

// ownDir makes the folder and refuses one that somebody else made.
func ownDir() error {
	if err := os.Mkdir(dir(), 0o711); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir())
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || !ok || int(st.Uid) != os.Getuid() {
		return fmt.Errorf("%s belongs to somebody else: remove it", dir())
	}
	return os.Chmod(dir(), 0o711) // whatever the umask: the server's user must get through
}

func lock(name string, how int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir(), name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		if err = syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return f, nil
}

// running returns the address of the server when it answers.
func running() (string, error) {
	url, err := os.ReadFile(filepath.Join(dir(), "url"))
	if err != nil {
		return "", err
	}
	return string(url), answers(string(url))
}

func answers(url string) error {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return db.PingContext(ctx)
}

func startKeeper(bin string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	os.Remove(filepath.Join(dir(), "url"))
	log, err := os.Create(filepath.Join(dir(), "log"))
	if err != nil {
		return "", err
	}
	defer log.Close()
	cmd := exec.Command(self)
	cmd.Dir = dir()
	cmd.Env = append(os.Environ(), keeperEnv+"="+bin)
	cmd.Stdout, cmd.Stderr = log, log // not ours: go test waits for who holds them
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // lives as long as the keeper, at most as this process
	deadline := time.After(startTimeout)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-tick.C:
			if url, err := running(); err == nil {
				return url, nil
			}
		case <-ended:
			text, _ := os.ReadFile(log.Name())
			return "", fmt.Errorf("temporary Postgres did not start: %s", text)
		case <-deadline:
			return "", fmt.Errorf("temporary Postgres did not start within %s: see %s", startTimeout, log.Name())
		}
	}
}

// keep is the keeper's life.
func keep(bin string) error {
	// The server dies with the thread that started it, see childOf.
	runtime.LockOSThread()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	owner, err := serverUser()
	if err != nil {
		return err
	}
	data := filepath.Join(dir(), "data")
	if err := initialise(bin, data, owner); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	postgres := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-h", "127.0.0.1", "-p", port,
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "max_connections=1000", "-c", "shared_buffers=64MB", "-c", "max_wal_size=1GB",
		"-c", "log_min_messages=fatal", "-c", "log_min_error_statement=panic")
	postgres.Dir, postgres.SysProcAttr = data, childOf(owner)
	postgres.Stdout, postgres.Stderr = os.Stdout, os.Stderr
	if err := postgres.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- postgres.Wait() }()
	stop := func() {
		os.Remove(filepath.Join(dir(), "url"))
		postgres.Process.Signal(syscall.SIGQUIT) // immediate: nothing is worth keeping
		<-ended
		os.RemoveAll(data)
	}
	if err := publish(data, port, ended); err != nil {
		stop()
		return err
	}
	use := waitUnused(signals, ended)
	stop()
	use.Close()
	return nil
}

// publish writes the address once the server answers.
func publish(data, port string, ended <-chan error) error {
	password, err := os.ReadFile(filepath.Join(dir(), "password"))
	if err != nil {
		return err
	}
	url := fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%s/postgres?sslmode=disable", password, port)
	deadline := time.After(startTimeout)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for answers(url) != nil {
		select {
		case <-tick.C:
		case err := <-ended:
			return fmt.Errorf("postgres ended: %w", err)
		case <-deadline:
			return errors.New("postgres does not answer")
		}
	}
	temporary := filepath.Join(dir(), "url.new")
	if err := os.WriteFile(temporary, []byte(url), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, filepath.Join(dir(), "url"))
}

// waitUnused returns, with the lock, when nobody used the server for idleStop
// or the keeper is told to end.
func waitUnused(signals <-chan os.Signal, ended chan error) *os.File {
	tick := time.NewTicker(idleLook)
	defer tick.Stop()
	stopAfter, err := time.ParseDuration(os.Getenv(idleEnv))
	if err != nil {
		stopAfter = idleStop
	}
	var since time.Time
	for {
		select {
		case <-signals:
			return nil
		case err := <-ended:
			ended <- err
			return nil
		case now := <-tick.C:
			use, err := lock("use", syscall.LOCK_EX|syscall.LOCK_NB)
			switch {
			case err != nil:
				since = time.Time{}
				continue
			case since.IsZero():
				since = now
			case now.Sub(since) >= stopAfter:
				return use
			}
			use.Close()
		}
	}
}

// initialise makes a fresh cluster that asks for a random password: other
// users of this machine can reach the port too.
func initialise(bin, data string, owner *syscall.Credential) error {
	if err := os.RemoveAll(data); err != nil {
		return err
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	b := make([]byte, 16)
	rand.Read(b)
	secret := []byte(hex.EncodeToString(b))
	passwordFile := filepath.Join(dir(), "password")
	os.Remove(passwordFile)
	if err := os.WriteFile(passwordFile, secret, 0o600); err != nil {
		return err
	}
	if owner != nil {
		for _, path := range []string{data, passwordFile} {
			if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
				return err
			}
		}
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "--pwfile="+passwordFile,
		"-A", "password", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = data, childOf(owner)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// serverUser is whom postgres runs as, which refuses root: nil for ourselves.
func serverUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("run as root, found neither user postgres nor nobody to run the server as")
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
