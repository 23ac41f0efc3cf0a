package console

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"socialwatch"
)

// piece is a stretch of a customer's text. Evidence names what triage saw in
// it; empty means that it is not marked.
type piece struct {
	Text     string
	Evidence string
}

// pieces cuts a text at its evidence. Spans that overlap become one piece with
// both names; those outside the text or within a character are left out, as
// are signals that gave no points.
func pieces(text string, signals []socialwatch.Signal) []piece {
	var spans []socialwatch.Signal
	for _, s := range signals {
		if s.Points > 0 && within(text, s) {
			spans = append(spans, s)
		}
	}
	slices.SortStableFunc(spans, func(a, b socialwatch.Signal) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	var out []piece
	at := 0
	for i := 0; i < len(spans); {
		start, end := spans[i].Start, spans[i].End
		var names []string
		for ; i < len(spans) && spans[i].Start < end; i++ {
			end = max(end, spans[i].End)
			if name := signalName(spans[i].Name); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if start > at {
			out = append(out, piece{Text: text[at:start]})
		}
		out = append(out, piece{Text: text[start:end], Evidence: strings.Join(names, ", ")})
		at = end
	}
	if at < len(text) {
		out = append(out, piece{Text: text[at:]})
	}
	return out
}

// within reports whether a signal points at words of a text.
func within(text string, s socialwatch.Signal) bool {
	return s.Start >= 0 && s.Start < s.End && s.End <= len(text) && onRune(text, s.Start) && onRune(text, s.End)
}

func onRune(text string, i int) bool { return i == len(text) || utf8.RuneStart(text[i]) }

// evidence are the signals that speak for what a mention was flagged as: those
// of its intent, of its being a case, of a human's having to act, of urgency and rank, and for an ignored
// one those of the noise rule. What spoke for something else, or against,
// stands in the trace.
func evidence(signals []socialwatch.Signal, intent socialwatch.Intent, ignored bool) []socialwatch.Signal {
	var out []socialwatch.Signal
	for _, s := range signals {
		of, _, dotted := strings.Cut(s.Name, ".")
		speaks := !dotted || of == string(intent) || of == "case" || of == "must" || of == "urgency" || of == "score" || of == "ignored" && ignored || s.Name == socialwatch.SignalOptOut
		if s.Points > 0 && speaks {
			out = append(out, s)
		}
	}
	return out
}

// strongest lists evidence as people read it, each name once, at most n: first
// what forces a human whatever the rest says, without points, because they do
// not decide it; then the rest by its points.
func strongest(signals []socialwatch.Signal, n int) []socialwatch.Signal {
	sorted := slices.Clone(signals)
	slices.SortStableFunc(sorted, func(a, b socialwatch.Signal) int {
		switch {
		case forces(a) != forces(b) && forces(a):
			return -1
		case forces(a) != forces(b):
			return 1
		}
		return cmp.Compare(b.Points, a.Points)
	})
	var out []socialwatch.Signal
	for _, s := range sorted {
		if forces(s) {
			s.Points = 0
		}
		name := signalName(s.Name)
		known := slices.ContainsFunc(out, func(o socialwatch.Signal) bool { return o.Name == name })
		if !known && len(out) < n {
			out = append(out, socialwatch.Signal{Name: name, Points: s.Points})
		}
	}
	return out
}

// forces reports whether a signal makes a human act whatever the rest says.
func forces(s socialwatch.Signal) bool { return strings.HasPrefix(s.Name, "must.") }

// signalName is a signal as people read it: "must.asks_for_human" is "wants a
// person"; one without a text of its own reads as itself, so
// "stuck_order.not_moved" is "not moved".
func signalName(name string) string {
	if _, after, ok := strings.Cut(name, "."); ok && after != "" {
		name = after
	}
	return label("signal", name)
}

// lead is how many characters an excerpt shows before its first evidence.
const lead = 12

// excerpt is the part of a text around its first evidence, for a row: at most
// width characters, white space folded, without the handles that it begins
// with.
func excerpt(text string, signals []socialwatch.Signal, width int) []piece {
	all := pieces(text, signals)
	from := handles(text)
	first := 0 // where the first evidence begins
	for _, p := range all {
		if p.Evidence != "" {
			from = min(from, first)
			break
		}
		first += len(p.Text)
	}
	var out []piece
	if first < len(text) {
		if at := before(text[from:first]); at > 0 {
			from += at
			out = append(out, piece{Text: "…"})
		}
	}
	left := width
	for _, p := range all {
		if from >= len(p.Text) {
			from -= len(p.Text)
			continue
		}
		runes := []rune(p.Text[from:])
		from = 0
		if len(runes) > left {
			return append(out, piece{Text: fold(string(runes[:left])), Evidence: p.Evidence}, piece{Text: "…"})
		}
		left -= len(runes)
		out = append(out, piece{Text: fold(string(runes)), Evidence: p.Evidence})
	}
	return out
}

// before is where the words begin that an excerpt shows of what stands before
// its evidence.
func before(text string) int {
	runes := []rune(text)
	if len(runes) <= lead {
		return 0
	}
	at := len(runes) - lead
	if word := slices.IndexFunc(runes[at-1:], unicode.IsSpace); word >= 0 && at+word < len(runes) {
		at += word
	}
	return len(string(runes[:at]))
}

// handles is the length of the handles that a text begins with; 0 when nothing
// else stands in it.
func handles(text string) int {
	rest := text
	for {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if !strings.HasPrefix(rest, "@") {
			break
		}
		end := strings.IndexFunc(rest, unicode.IsSpace)
		if end < 0 {
			return 0
		}
		rest = rest[end:]
	}
	if rest == "" {
		return 0
	}
	return len(text) - len(rest)
}

// fold makes runs of white space one space and keeps those at the ends.
func fold(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if r == ' ' || r == '\n' || r == '\t' {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}
