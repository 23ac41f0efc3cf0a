package dbtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
)

// install says what to do when there is no server.
const install = "install PostgreSQL 13 or newer (Debian: apt-get install postgresql; macOS: brew install postgresql), or set TEST_DATABASE_URL"

var server = sync.OnceValues(func() (string, error) {
	if url := os.Getenv("TEST_DATABASE_URL"); url != "" {
		return url, nil
	}
	bin, err := findServer()
	if err != nil {
		return "", err
	}
	return temporaryServer(bin)
})

// Server returns the address of the Postgres to test on, as a superuser, and
// starts it when need be. The error says what to install.
func Server() (string, error) { return server() }

// findServer returns the folder of Postgres' programs: that of the one in
// PATH, else Debian's newest.
func findServer() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil && complete(filepath.Dir(path)) {
			return filepath.Dir(path), nil
		}
	}
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Sort(dirs)
	for _, dir := range slices.Backward(dirs) {
		if complete(dir) {
			return dir, nil
		}
	}
	return "", errors.New("found no postgres and initdb in PATH or /usr/lib/postgresql: " + install)
}

func complete(dir string) bool {
	for _, program := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			return false
		}
	}
	return true
}
