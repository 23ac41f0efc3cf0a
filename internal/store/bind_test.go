package store_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"socialwatch/internal/store"
)

func FuzzStorableKeepsSpans(f *testing.F) {
	for _, s := range []string{"", "plain", "a\x00b", "\xff\xfe", "caf\xc3", "\xed\xa0\x80", "日本\x00語"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := store.Storable(s)
		if len(got) != len(s) || !utf8.ValidString(got) || strings.IndexByte(got, 0) >= 0 {
			t.Errorf("%q became %q", s, got)
		}
		if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 && got != s {
			t.Errorf("%q needed no change, became %q", s, got)
		}
	})
}

func FuzzJSONLosesNULAlone(f *testing.F) {
	for _, s := range []string{"", "a\x00b", `\u0000`, `\\u0000` + "\x00", "\"\\\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		js, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var was, is string
		if err := json.Unmarshal(js, &was); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(store.WithoutNUL(string(js))), &is); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if is != strings.ReplaceAll(was, "\x00", " ") {
			t.Errorf("%q became %q", was, is)
		}
	})
}
