package console

import (
	"fmt"
	"maps"
	"strings"
)

// english is the catalogue of the interface: what pages say, the terms of the
// matter, the words of money, of the test bench and about people. Another
// language is more such maps.
var english = func() map[string]string {
	all := maps.Clone(englishPages)
	maps.Copy(all, englishDesk)
	maps.Copy(all, englishLife)
	maps.Copy(all, englishDates)
	maps.Copy(all, englishSignals)
	maps.Copy(all, englishTold)
	maps.Copy(all, englishMends)
	maps.Copy(all, englishTerms)
	maps.Copy(all, englishMoney)
	maps.Copy(all, englishCasework)
	maps.Copy(all, englishIncidents)
	maps.Copy(all, englishBench)
	maps.Copy(all, englishPeople)
	maps.Copy(all, englishDecisions)
	maps.Copy(all, englishReports)
	maps.Copy(all, englishLive)
	maps.Copy(all, englishAlerts)
	maps.Copy(all, englishSearch)
	maps.Copy(all, englishOrders)
	maps.Copy(all, englishChanged)
	maps.Copy(all, englishWebhooks)
	maps.Copy(all, englishErase)
	return all
}()

// entry is a text of the interface by its key, in the language that is spoken
// or, where that has none, in English.
func entry(key string) (string, bool) {
	s, ok := spoken[key]
	if !ok {
		s, ok = english[key]
	}
	return s, ok
}

// say returns a text of the interface by its key, with its blanks filled in.
// A key that is missing shows itself, so that a page never fails for a word.
func say(key string, args ...any) string {
	s, ok := entry(key)
	if !ok {
		s = key
	}
	if len(args) > 0 {
		return fmt.Sprintf(s, args...)
	}
	return s
}

// label is say for values that networks, rules or later versions may add: one
// without a text of its own reads as itself, with spaces.
func label(group, value string) string {
	if s, ok := entry(group + "." + value); ok {
		return s
	}
	if strings.Contains(value, " ") {
		return value // a sentence
	}
	return strings.NewReplacer("_", " ", "-", " ", ".", " ").Replace(value)
}

// language names a language by its code, in the interface's language.
func language(code string) string {
	code = strings.ToLower(code)
	if s, ok := entry("lang." + code); ok {
		return s
	}
	base, _, _ := strings.Cut(code, "-")
	if s, ok := entry("lang." + base); ok {
		return s
	}
	return code
}

// scriptWords are the texts that modules fill in by themselves.
func scriptWords() map[string]string {
	words := map[string]string{}
	for key := range english {
		if name, ok := strings.CutPrefix(key, "js."); ok {
			words[name] = say(key)
		}
	}
	return words
}

type keyLine struct {
	Keys []string
	Text string
}

// keyTable are the keys by what they do; keys.js knows the same ones.
var keyTable = []struct{ keys, text string }{
	{"j k", "key.move"}, {"Enter", "key.open"}, {"a", "key.approve"}, {"e", "key.edit"}, {"r 1–7", "key.reject"},
	{"x", "key.escalate"}, {"s", "key.snooze"}, {"n", "key.note"}, {"f", "key.take"}, {"1 … 0", "key.digits"}, {"u", "key.undo"}, {"d", "key.again"}, {"Ctrl+Enter", "key.editor"}, {"o", "key.original"}, {"t", "key.trace"}, {".", "key.fresh"},
	{"g a", "key.ga"}, {"g c", "key.gc"}, {"g i", "key.gi"}, {"g m", "key.gm"}, {"g t", "key.gt"}, {"g h", "key.gh"},
	{"g r", "key.gr"}, {"g u", "key.gu"}, {"g s", "key.gs"}, {"/", "key.search"}, {"?", "key.help"}, {"Esc", "key.back"},
}

// keyList is what the help shows.
func keyList() []keyLine {
	var list []keyLine
	for _, l := range keyTable {
		list = append(list, keyLine{strings.Fields(l.keys), say(l.text)})
	}
	return list
}
