package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// file knows where each key of a configuration stands.
type file struct {
	name string
	root ast.Node // nil when the file can't be read
}

func newFile(name string, data []byte) *file {
	f := &file{name: name}
	if parsed, err := parser.ParseBytes(data, 0); err == nil && len(parsed.Docs) > 0 {
		f.root = parsed.Docs[0].Body
	}
	return f
}

// Fault is an error about one key, with file, line and column. Path is written
// as accounts[0].links[1], or triage.phrases.billing[0]; a path that the file
// does not hold stands for the nearest one above. Text says what to write.
func (c Config) Fault(path, text string) error {
	if c.file == nil {
		return fmt.Errorf("%s: %s", path, text)
	}
	at := c.file.place(path)
	return fmt.Errorf("%s:%d:%d: %s: %s", c.file.name, at.Line, at.Column, path, text)
}

// place is where the value of a path stands, or its key if it is made of
// others.
func (f *file) place(path string) token.Position {
	node, at := f.root, token.Position{Line: 1, Column: 1}
	for _, step := range strings.Split(strings.ReplaceAll(path, "[", ".["), ".") {
		next, place := child(node, step)
		if next == nil {
			break
		}
		node, at = next, *place
	}
	return at
}

// has reports whether the file writes the key of a path, with or without a
// value.
func (f *file) has(path string) bool {
	node := f.root
	for _, step := range strings.Split(strings.ReplaceAll(path, "[", ".["), ".") {
		if node, _ = child(node, step); node == nil {
			return false
		}
	}
	return true
}

// child is one step down, nil where there is none.
func child(node ast.Node, step string) (ast.Node, *token.Position) {
	switch n := node.(type) {
	case *ast.AnchorNode:
		return child(n.Value, step)
	case *ast.MappingValueNode:
		return entry(n, step)
	case *ast.MappingNode:
		for _, v := range n.Values {
			if next, at := entry(v, step); next != nil {
				return next, at
			}
		}
	case *ast.SequenceNode:
		i, err := strconv.Atoi(strings.Trim(step, "[]"))
		if err == nil && strings.HasPrefix(step, "[") && i >= 0 && i < len(n.Values) {
			return n.Values[i], start(n.Values[i])
		}
	}
	return nil, nil
}

// entry is the value of one key and value, if the key is the one.
func entry(n *ast.MappingValueNode, key string) (ast.Node, *token.Position) {
	if n.Key.GetToken().Value != key {
		return nil, nil
	}
	if _, ok := n.Value.(ast.ScalarNode); ok {
		return n.Value, start(n.Value)
	}
	return n.Value, n.Key.GetToken().Position
}

// start is where a node begins: a mapping's own token is its first colon.
func start(n ast.Node) *token.Position {
	switch m := n.(type) {
	case *ast.MappingNode:
		if len(m.Values) > 0 {
			return m.Values[0].Key.GetToken().Position
		}
	case *ast.MappingValueNode:
		return m.Key.GetToken().Position
	}
	return n.GetToken().Position
}
