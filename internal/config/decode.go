package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decodeError says where the file does not hold what the types above do, and
// what to write: every place at once. Where it holds it, or is no YAML, it is
// the decoder's own word.
func decodeError(name string, data []byte, err error) error {
	m := matcher{file: newFile(name, data)}
	m.match(m.file.root, reflect.TypeFor[Config](), "", "")
	if len(m.faults) > 0 {
		return errors.Join(m.faults...)
	}
	var ye yaml.Error
	if errors.As(err, &ye) && ye.GetToken() != nil {
		at := ye.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", name, at.Line, at.Column, ye.GetMessage())
	}
	return fmt.Errorf("%s: %w", name, err)
}

// matcher holds the nodes of a file against types. What it does not know, such
// as aliases and tags, it leaves to the decoder.
type matcher struct {
	file   *file
	faults []error
}

func (m *matcher) fault(at *token.Position, format string, args ...any) {
	m.faults = append(m.faults, fmt.Errorf("%s:%d:%d: %s", m.file.name, at.Line, at.Column, fmt.Sprintf(format, args...)))
}

// match checks one value. Example is what its key's doc shows, empty for a
// part of one.
func (m *matcher) match(node ast.Node, t reflect.Type, path, example string) {
	if anchor, ok := node.(*ast.AnchorNode); ok {
		node = anchor.Value
	}
	switch node.(type) {
	case nil, *ast.NullNode, *ast.AliasNode, *ast.TagNode:
		return
	}
	if t.Kind() == reflect.Pointer { // left out it is nil
		t = t.Elem()
	}
	entries, isMap := pairs(node)
	list, isList := node.(*ast.SequenceNode)
	switch {
	case t.Kind() == reflect.Struct && isMap:
		m.keys(entries, t, path)
	case t.Kind() == reflect.Map && isMap:
		for _, e := range entries {
			m.match(e.Value, t.Elem(), path+"."+e.Key.GetToken().Value, "")
		}
	case t.Kind() == reflect.Slice && isList:
		for i, v := range list.Values {
			m.match(v, t.Elem(), fmt.Sprintf("%s[%d]", path, i), "")
		}
	case isMap || isList || !holds(node, t):
		at := start(node)
		if path == "" {
			m.fault(at, "%s", wanted(node, t, example))
			return
		}
		m.fault(at, "%s: %s", path, wanted(node, t, example))
	}
}

// keys checks the keys of a struct.
func (m *matcher) keys(entries []*ast.MappingValueNode, t reflect.Type, path string) {
	for _, e := range entries {
		key := e.Key.GetToken()
		if key.Type == token.MergeKeyType {
			continue
		}
		var known bool
		for f := range fields(t) {
			if known = f.key == key.Value; known {
				m.match(e.Value, f.Type, strings.TrimPrefix(path+"."+f.key, "."), f.Tag.Get("example"))
				break
			}
		}
		if !known {
			m.fault(key.Position, "unknown key %q: remove it or correct its spelling; %s", key.Value, suggest(key.Value, keysOf(t)))
		}
	}
}

// pairs are the keys and values of a mapping.
func pairs(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// holds reports whether a scalar may stand for a value of a type. Whoever
// decodes may be stricter.
func holds(node ast.Node, t reflect.Type) bool {
	value := node.GetToken().Value
	if t == reflect.TypeFor[time.Duration]() {
		_, err := time.ParseDuration(value)
		return err == nil
	}
	switch t.Kind() {
	case reflect.String:
		return true
	case reflect.Bool:
		return node.Type() == ast.BoolType
	case reflect.Int:
		_, err := strconv.Atoi(value)
		return err == nil
	case reflect.Float64:
		_, err := strconv.ParseFloat(value, 64)
		return err == nil
	}
	return false
}

// wanted says what to write instead of a node.
func wanted(node ast.Node, t reflect.Type, example string) string {
	such := ""
	if example != "" {
		such = ", such as " + example
	}
	if t == reflect.TypeFor[time.Duration]() {
		if node.Type() == ast.IntegerType {
			return "a duration needs its unit: write such as 20s, 5m or 4h"
		}
		return fmt.Sprintf("%q is no duration: write such as 20s, 5m or 4h", node.GetToken().Value)
	}
	switch t.Kind() {
	case reflect.Struct:
		return "write keys with values; the keys are: " + strings.Join(keysOf(t), ", ")
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "write a list, each entry behind a dash; its keys are: " + strings.Join(keysOf(t.Elem()), ", ")
		}
		if such == "" {
			such = `, such as [one, "two words"]`
		}
		return "write a list" + such
	case reflect.Map:
		return "write names with values" + such
	case reflect.Bool:
		return "write true or false"
	case reflect.Int:
		return "write a whole number" + such
	case reflect.Float64:
		return "write a number"
	}
	return "write one value" + such
}

// suggest names the sibling that was meant, or all of them.
func suggest(key string, siblings []string) string {
	for _, k := range siblings {
		if len(key) > 2 && (strings.HasPrefix(k, key[:len(key)-1]) || strings.HasPrefix(key, k) || strings.Contains(k, key)) {
			return fmt.Sprintf("did you mean %q?", k)
		}
	}
	return "the keys here are: " + strings.Join(siblings, ", ")
}

// keysOf are the keys of a struct.
func keysOf(t reflect.Type) []string {
	var out []string
	for f := range fields(t) {
		out = append(out, f.key)
	}
	slices.Sort(out)
	return out
}
