package console

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"socialwatch"
	"socialwatch/internal/store"
)

// traceView is how a post was assessed, by itself: what the posts before it
// gave is not in its sum.
type traceView struct {
	Lines   []traceLine
	Opening string // what the post gave that opened the case; empty: it is this one
}

// traceLine is one finding in the words that people use. Code is its technical
// name, by which rules and exports know it; Words are the customer's that gave it.
type traceLine struct{ Name, Code, Value, Words string }

// maxTraced is how many characters of the customer's a line of the trace shows.
const maxTraced = 60

func traced(card store.Card) traceView {
	v := traceView{Lines: trace(card.Parent.Mention.Text, card.Parent.Assessment)}
	if len(card.Thread) == 0 || card.Thread[0].ID == card.Parent.ID {
		return v
	}
	first := card.Thread[0].Assessment
	var gave []string
	for _, s := range strongest(evidence(first.Signals, first.Intent, first.Ignored != ""), maxSignals) {
		gave = append(gave, strings.TrimSpace(s.Name+" "+strconv.Itoa(s.Points)))
	}
	v.Opening = say("trace.opening", label("intent", string(first.Intent)), first.Score, cmp.Or(strings.Join(gave, ", "), say("trace.opening.none")))
	return v
}

func trace(text string, a socialwatch.Assessment) []traceLine {
	lines := []traceLine{
		{Name: say("trace.intent"), Value: label("intent", string(a.Intent))},
		{Name: say("trace.score"), Value: strconv.Itoa(a.Score)},
		{Name: say("trace.urgency"), Value: label("urgency", strconv.Itoa(a.Urgency))},
		{Name: say("trace.sentiment"), Value: label("sentiment", strconv.Itoa(a.Sentiment))},
		{Name: say("trace.language"), Value: language(a.Language)},
	}
	for _, e := range a.Entities {
		lines = append(lines, traceLine{Name: say("trace.entity"), Value: label("entity", string(e.Kind)) + " " + strings.TrimSpace(e.Value+" "+e.Currency)})
	}
	for _, s := range a.Signals {
		lines = append(lines, traceLine{Name: signalWords(s.Name), Code: s.Name, Value: fmt.Sprintf("%+d", s.Points), Words: wordsAt(text, s)})
	}
	return append(lines, traceLine{Name: say("trace.rules"), Value: a.Rules})
}

// signalWords is a signal's name as people read it, with what it speaks for
// where that is an intent.
func signalWords(name string) string {
	words := signalName(name)
	if of, _, dotted := strings.Cut(name, "."); dotted {
		if intent := label("intent", of); intent != of {
			return say("trace.for", intent, words)
		}
	}
	return words
}

// wordsAt are the words of a text that a signal points at; empty when it points
// at none, as after the text is erased.
func wordsAt(text string, s socialwatch.Signal) string {
	if !within(text, s) {
		return ""
	}
	words := []rune(text[s.Start:s.End])
	if len(words) > maxTraced {
		return string(words[:maxTraced]) + "…"
	}
	return string(words)
}
