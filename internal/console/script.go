package console

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
)

// The forms of import and export that modules use, each on a line of its own.
var (
	imports = regexp.MustCompile(`(?m)^import (\{ [\w, ]+ \}) from "\./(\w+)\.js";$`)
	exports = regexp.MustCompile(`(?m)^export ((?:async function|function|const) (\w+))`)
	moves   = regexp.MustCompile(`(?m)^\s*(?:import|export)\b.*$`) // any form
)

// bundler makes one script of modules, so that a page asks for one file. Each
// module stays in a function of its own, which runs once and returns what the
// module exports:
//
//	const $words = (() => { … return { say, tell } })();
//	const $live = (() => { const { say, tell } = $words; … })();
//
// It is the part of a bundler that a few modules without loops need.
type bundler struct {
	files fs.FS
	dir   string
	done  map[string]bool
	out   bytes.Buffer
}

// bundle returns the script of the module name and those that it imports.
func bundle(files fs.FS, dir, name string) ([]byte, error) {
	b := bundler{files: files, dir: dir, done: map[string]bool{}}
	if err := b.add(name); err != nil {
		return nil, fmt.Errorf("bundle scripts: %w", err)
	}
	return b.out.Bytes(), nil
}

// add writes a module behind those that it imports.
func (b *bundler) add(name string) error {
	if ready, begun := b.done[name]; begun {
		if !ready {
			return fmt.Errorf("%s.js imports itself by others", name)
		}
		return nil
	}
	b.done[name] = false
	body, err := fs.ReadFile(b.files, b.dir+"/"+name+".js")
	if err != nil {
		return err
	}
	for _, m := range imports.FindAllSubmatch(body, -1) {
		if err := b.add(string(m[2])); err != nil {
			return err
		}
	}
	var names [][]byte
	for _, m := range exports.FindAllSubmatch(body, -1) {
		names = append(names, m[2])
	}
	body = imports.ReplaceAll(body, []byte("const $1 = $$$2;"))
	body = exports.ReplaceAll(body, []byte("$1"))
	if other := moves.Find(body); other != nil {
		return fmt.Errorf("%s.js: no such import or export: %s", name, other)
	}
	fmt.Fprintf(&b.out, "const $%s = (() => {\n%sreturn { %s };\n})();\n", name, body, bytes.Join(names, []byte(", ")))
	b.done[name] = true
	return nil
}
