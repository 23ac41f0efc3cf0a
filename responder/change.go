package responder

import (
	"slices"
	"strings"

	"socialwatch"
)

// slotWords is how many words a slot may take at least, however short its own
// value: more than that is prose, not a value.
const slotWords = 3

// Compare says what a person's text makes of a reply: old is the text before,
// original what the template filled in, empty when there is none, and slots are
// what its slots cover there, in order. It is pure.
func Compare(original string, slots []socialwatch.Span, old, text string) socialwatch.Change {
	c := socialwatch.Change{Diff: WordDiff(old, text)}
	switch {
	case original == "":
		c.Edit.Kind = socialwatch.EditWritten
		return c
	case text == original:
		c.Edit.Kind = socialwatch.EditNone
		return c
	case withinSlots(original, slots, text):
		c.Edit.Kind = socialwatch.EditSlots
	default:
		c.Edit.Kind = socialwatch.EditWords
	}
	c.Edit.Added, c.Edit.Removed = WordCounts(WordDiff(original, text))
	return c
}

// withinSlots reports whether text is original with other values in its slots:
// what stands between them is all there, in order, and no slot holds more words
// than its own value did, or than slotWords.
func withinSlots(original string, slots []socialwatch.Span, text string) bool {
	if len(slots) == 0 || !ordered(original, slots) {
		return false
	}
	rest, fits := strings.CutPrefix(text, original[:slots[0].Start])
	for i, s := range slots {
		if !fits {
			return false
		}
		next, last := len(original), i == len(slots)-1
		if !last {
			next = slots[i+1].Start
		}
		between := original[s.End:next]
		at := strings.Index(rest, between)
		if last {
			at = len(rest) - len(between)
			fits = strings.HasSuffix(rest, between)
		} else {
			fits = at >= 0
		}
		if !fits {
			return false
		}
		if value := rest[:at]; countWords(value) > max(countWords(original[s.Start:s.End]), slotWords) {
			return false
		}
		rest = rest[at+len(between):]
	}
	return true
}

// ordered reports whether spans lie in a text, one behind the other.
func ordered(text string, spans []socialwatch.Span) bool {
	at := 0
	for _, s := range spans {
		if s.Start < at || s.End < s.Start || s.End > len(text) {
			return false
		}
		at = s.End
	}
	return true
}

func countWords(s string) int {
	return len(slices.DeleteFunc(words(s), func(w string) bool { return !isWord(w) }))
}
