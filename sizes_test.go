package socialwatch_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Bounds of CONTRIBUTING.md, of code that is not a test.
const (
	mostLines   = 400 // of a file
	mostOfAFunc = 45  // lines of a function's body, without blank ones and comments
)

// longFuncs may be longer, because they are lists.
var longFuncs = map[string]bool{"internal/console/console.go routes": true}

// TestFilesAndFunctionsAreShort holds all code to the bounds.
func TestFilesAndFunctionsAreShort(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if n := files.File(f.FileStart).LineCount(); n > mostLines+1 {
			t.Errorf("%s has %d lines, %d are most", path, n, mostLines)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil || longFuncs[path+" "+fn.Name.Name] {
				continue
			}
			body := text[files.Position(fn.Body.Lbrace).Offset+1 : files.Position(fn.Body.Rbrace).Offset]
			if n := codeLines(body); n > mostOfAFunc {
				t.Errorf("%s: %s has %d lines, %d are most", path, fn.Name.Name, n, mostOfAFunc)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// codeLines counts the lines that hold more than a comment.
func codeLines(body []byte) (n int) {
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) > 0 && !bytes.HasPrefix(line, []byte("//")) {
			n++
		}
	}
	return n
}
