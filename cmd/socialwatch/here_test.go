package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// here runs a command in this process on a configuration's text, without one if
// it is empty, and returns what it prints.
func here(t *testing.T, cfg, input string, args ...string) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "socialwatch.yaml")
	if cfg != "" {
		must(t, os.WriteFile(path, []byte(cfg), 0o600))
	}
	root := newRoot(tuning{})
	var stdout bytes.Buffer
	root.SetOut(&stdout)
	root.SetIn(strings.NewReader(input))
	root.SetArgs(append(args, "--config", path))
	err := root.ExecuteContext(t.Context())
	return stdout.String(), err
}
