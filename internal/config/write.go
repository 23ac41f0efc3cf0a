package config

import (
	"fmt"
	"iter"
	"reflect"
	"strings"
)

// field is one key of the file.
type field struct {
	reflect.StructField
	key string
}

func fields(t reflect.Type) iter.Seq[field] {
	return func(yield func(field) bool) {
		for i := range t.NumField() {
			f := t.Field(i)
			if key := f.Tag.Get("yaml"); key != "" && !yield(field{f, key}) {
				return
			}
		}
	}
}

// Example is a commented file that holds every key with its meaning. Keys
// that need no change are commented out.
func Example() string {
	var b strings.Builder
	b.WriteString("# socialwatch: every key with its meaning. A key behind # shows an example.\n" +
		"# Secrets never stand here: keys ending in _env and _file name their place.\n")
	example(&b, reflect.TypeFor[Config](), "", "")
	return b.String()
}

// live are the keys that the example sets; all others are shown only.
var live = map[string]bool{"database.url": true, "listen": true, "accounts": true,
	"accounts.name": true, "accounts.network": true, "accounts.base_url": true, "accounts.token_env": true,
	"accounts.languages": true, "accounts.links": true, "accounts.region": true, "accounts.team": true,
	"accounts.numbers": true, "accounts.calendar": true, "calendars": true, "calendars.zone": true, "calendars.hours": true,
	"database": true}

func example(b *strings.Builder, t reflect.Type, path, indent string) {
	for f := range fields(t) {
		full := strings.TrimPrefix(path+"."+f.key, ".")
		fmt.Fprintf(b, "%s# %s\n", indent, f.Tag.Get("doc"))
		mark := "# "
		if live[full] {
			mark = ""
		}
		switch ft := f.Type; {
		case ft.Kind() == reflect.Struct:
			fmt.Fprintf(b, "%s%s%s:\n", indent, mark, f.key)
			example(b, ft, full, indent+"  ")
		case ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.Struct:
			fmt.Fprintf(b, "%s%s%s:\n%s  %s-\n", indent, mark, f.key, indent, mark)
			example(b, ft.Elem(), full, indent+"    ")
		case ft.Kind() == reflect.Map && ft.Elem().Kind() == reflect.Struct:
			fmt.Fprintf(b, "%s%s%s:\n%s  office:\n", indent, mark, f.key, indent)
			example(b, ft.Elem(), full, indent+"    ")
		default:
			fmt.Fprintf(b, "%s%s%s: %s\n", indent, mark, f.key, f.Tag.Get("example"))
		}
		if path == "" {
			b.WriteString("\n")
		}
	}
}

// Markdown is docs/configuration.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\nMade from the code by `socialwatch init --markdown`; do not edit.\n\n" +
		"One YAML file, `socialwatch.yaml` in the working folder unless `--config` or `SOCIALWATCH_CONFIG` names another. " +
		"An unknown key is refused. Relative paths are meant from the file's folder.\n\n" +
		"| key | example | meaning |\n| --- | --- | --- |\n")
	markdown(&b, reflect.TypeFor[Config](), "")
	return b.String()
}

func markdown(b *strings.Builder, t reflect.Type, path string) {
	for f := range fields(t) {
		full, ft := strings.TrimPrefix(path+"."+f.key, "."), f.Type
		suffix := map[reflect.Kind]string{reflect.Slice: "[]", reflect.Map: ".NAME"}[ft.Kind()]
		for ft.Kind() == reflect.Slice || ft.Kind() == reflect.Map {
			ft = ft.Elem()
		}
		example := ""
		if e := f.Tag.Get("example"); e != "" {
			example = "`" + e + "`"
		}
		if ft.Kind() == reflect.Struct {
			fmt.Fprintf(b, "| **`%s`** | | %s |\n", full, f.Tag.Get("doc"))
			markdown(b, ft, full+suffix)
			continue
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", full, example, f.Tag.Get("doc"))
	}
}
