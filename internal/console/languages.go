package console

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// catalogues are the languages that the console speaks, by code. A file with
// another one puts it here in an init; CONTRIBUTING.md says how.
var catalogues = map[string]map[string]string{"en": english}

// spoken is the catalogue that pages are written in, and spokenCode its code.
var (
	spoken     = english
	spokenCode = "en"
)

// Speak makes the console speak a language from now on, by its code; empty:
// English. What the language has no text for is said in English. Call it
// before New; it is not safe beside pages that are being written.
func Speak(code string) error {
	if code == "" {
		code = "en"
	}
	words, ok := catalogues[code]
	if !ok {
		return fmt.Errorf("the console does not speak %q: choose %s", code, strings.Join(slices.Sorted(maps.Keys(catalogues)), " or "))
	}
	if code != spokenCode { // so that several consoles of one language are no race
		spoken, spokenCode = words, code
	}
	return nil
}
