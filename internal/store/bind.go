package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// storable makes text that both databases hold: NUL becomes a space and every
// byte of invalid UTF-8 a question mark, byte for byte, so that spans hold.
// Connectors clean their text with socialwatch.CleanText; this is the last
// defence, because Postgres would refuse the whole batch.
func storable(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	b := []byte(s)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b[i] = '?'
		case r == 0:
			b[i] = ' '
		}
		i += n
	}
	return string(b)
}

// moment reads a time column of both databases; null is the zero time. SQLite
// gives expressions over times (max, coalesce) as plain integers. Queries take
// time.Time as argument, see arg.
type moment struct{ time.Time }

// Scan implements sql.Scanner.
func (m *moment) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		m.Time = time.Time{}
	case time.Time:
		m.Time = v.UTC()
	case int64:
		m.Time = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time column holds %T", v)
	}
	return nil
}

// jsonOf is a JSON column holding a T. As an argument it is text; a nil slice
// is [] and a nil map {}, so that consumers never meet null.
type jsonOf[T any] struct{ V T }

// asJSON makes an argument for a JSON column.
func asJSON[T any](v T) jsonOf[T] { return jsonOf[T]{v} }

// Value implements driver.Valuer.
func (j jsonOf[T]) Value() (driver.Value, error) { return j.json() }

// json is what the column holds.
func (j jsonOf[T]) json() (string, error) {
	b, err := json.Marshal(j.V)
	if err != nil {
		return "", err
	}
	if string(b) == "null" {
		switch reflect.TypeOf(j.V).Kind() {
		case reflect.Slice:
			return "[]", nil
		case reflect.Map:
			return "{}", nil
		}
	}
	return withoutNUL(string(b)), nil
}

// Scan implements sql.Scanner.
func (j *jsonOf[T]) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(v, &j.V)
	case string:
		return json.Unmarshal([]byte(v), &j.V)
	}
	return fmt.Errorf("a JSON column holds %T", v)
}

// withoutNUL replaces the escape of a NUL, which jsonb refuses, by a space.
func withoutNUL(js string) string {
	const nul = `\u0000`
	if !strings.Contains(js, nul) {
		return js
	}
	var b strings.Builder
	for i := 0; i < len(js); {
		switch {
		case strings.HasPrefix(js[i:], nul):
			b.WriteByte(' ')
			i += len(nul)
		case js[i] == '\\': // an escape pair, perhaps of a backslash
			b.WriteString(js[i : i+2])
			i += 2
		default:
			b.WriteByte(js[i])
			i++
		}
	}
	return b.String()
}
