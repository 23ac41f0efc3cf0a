package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/term"

	"socialwatch"
	"socialwatch/triage"
)

// Measures of an explanation.
const (
	pageWidth  = 100 // columns
	textLines  = 12  // of the post's own text, unless all is asked for
	topSignals = 5   // of one sum, unless all is asked for
	nameWidth  = 26  // of a signal's name
)

// explainer writes assessments for people.
type explainer struct {
	w     io.Writer
	paint func(style, text string) string
	all   bool
	n     int
	err   error
}

// Styles of a terminal.
const (
	bold = "1"
	dim  = "2"
)

// painter colours text if w is a terminal and nobody asks for none
// (no-color.org).
func painter(w io.Writer) func(style, text string) string {
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" {
		return func(style, text string) string { return "\x1b[" + style + "m" + text + "\x1b[0m" }
	}
	return func(_, text string) string { return text }
}

func (p *explainer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// explain writes one assessment: text, decision, sums, entities.
func (p *explainer) explain(t *triage.Triage, m socialwatch.Mention, a socialwatch.Assessment) error {
	if p.n++; p.n > 1 {
		p.line("\n%s", p.paint(dim, strings.Repeat("─", pageWidth)))
	}
	if m.ID != "" {
		p.line("%s", p.paint(dim, cut(harmless(m.ID), pageWidth)))
	}
	p.text(m.Text)
	e := t.Explain(a)
	p.line("")
	p.line("%s", p.paint(bold, decision(e, a)))
	if !e.Agrees {
		p.line("The points below do not give this decision: the assessment was changed or made by other rules.")
	}
	p.intents(e, m.Text)
	for _, s := range e.Steps {
		if s.Decides != "intent" {
			p.step(s, e, m.Text)
		}
	}
	p.entities(a.Entities, m.Text)
	if p.err != nil {
		return fmt.Errorf("triage: %w", p.err)
	}
	return nil
}

// text is what the post says, wrapped.
func (p *explainer) text(text string) {
	lines := wrap(text, pageWidth)
	if len(lines) == 0 {
		lines = []string{p.paint(dim, "(no text)")}
	}
	if rest := len(lines) - textLines; rest > 0 && !p.all {
		lines = append(lines[:textLines], p.paint(dim, fmt.Sprintf("… %d more lines, --all shows them", rest)))
	}
	for _, l := range lines {
		p.line("%s", l)
	}
}

// decision is the assessment in one line.
func decision(e triage.Explanation, a socialwatch.Assessment) string {
	parts := []string{string(a.Intent), "no human needed beyond a reply"}
	if a.Escalate {
		parts[1] = "a human must act"
	}
	for _, s := range e.Steps {
		switch s.Decides {
		case "urgency", "sentiment":
			parts = append(parts, s.Outcome)
		}
	}
	parts = append(parts, a.Language, fmt.Sprintf("score %d", a.Score))
	if a.Ignored != "" {
		parts = append(parts, "ignored: "+a.Ignored)
	}
	if a.Thanks {
		parts = append(parts, "only thanks")
	}
	return strings.Join(parts, " · ")
}

// intents shows the winner with its signals, the runner-up, and the rest if
// all is asked for.
func (p *explainer) intents(e triage.Explanation, text string) {
	won, next := e.Intents[0], e.Intents[1]
	p.head("intent", won.Points, fmt.Sprintf("%s wins, next is %s with %d", won.Target, next.Target, next.Points))
	p.signals(won, text)
	if !p.all {
		return
	}
	for _, s := range e.Intents[1:] {
		if len(s.Signals) > 0 || s.Base != 0 {
			p.head(s.Target, s.Points, "did not win")
			p.signals(s, text)
		}
	}
}

// step shows one comparison under the sum that its signals belong to.
func (p *explainer) step(s triage.Step, e triage.Explanation, text string) {
	of := map[string]string{"escalate": "case"}[s.Decides]
	sum := e.Other(cmp.Or(of, s.Decides))
	says, shown := s.Outcome+": "+s.Rule, sum.Points
	if text, n := terms(s.Terms); n > 1 || s.Total != sum.Points {
		says = fmt.Sprintf("%s: %s = %d; %s", s.Outcome, text, s.Total, s.Rule)
	}
	switch s.Decides {
	case "ignored": // its rule names the one signal that counts
		says = s.Outcome + ": " + s.Rule
	case "score": // its own points alone are no score
		shown = min(100, max(0, s.Total))
		says = strings.TrimPrefix(says, s.Outcome+": ")
	}
	p.head(sum.Target, shown, says)
	p.signals(sum, text)
}

// head is the first line of a sum: what it is for, what it comes to, and how
// that decides.
func (p *explainer) head(name string, points int, says string) {
	const margin = 17
	lines := wrap(says, pageWidth-margin)
	p.line("\n%s  %s", p.paint(bold, fmt.Sprintf("%s %*d", name, max(0, margin-3-len(name)), points)), strings.Join(lines, "\n"+strings.Repeat(" ", margin)))
}

// terms are summands as people write a sum, those of 0 left out, and how many
// there are.
func terms(all []triage.Term) (string, int) {
	var b strings.Builder
	n := 0
	for _, t := range all {
		switch {
		case t.Points == 0:
			continue
		case n == 0:
			fmt.Fprintf(&b, "%d %s", t.Points, t.Name)
		case t.Points < 0:
			fmt.Fprintf(&b, " - %d %s", -t.Points, t.Name)
		default:
			fmt.Fprintf(&b, " + %d %s", t.Points, t.Name)
		}
		n++
	}
	return b.String(), n
}

// signals lists a sum's signals, the strongest first, with the words they
// span. Those that give no points are left out unless all is asked for.
func (p *explainer) signals(s triage.Sum, text string) {
	if s.Base != 0 {
		p.signal(s.Base, "to begin with", "")
	}
	shown := s.Signals
	if !p.all {
		shown = slices.DeleteFunc(slices.Clone(shown), func(s socialwatch.Signal) bool { return s.Points == 0 })
	}
	rest := 0
	if n := topSignals; len(shown) > n+1 && !p.all {
		for _, one := range shown[n:] {
			rest += one.Points
		}
		defer func(n int) { p.signal(rest, fmt.Sprintf("%d smaller ones", n), "") }(len(shown) - n)
		shown = shown[:n]
	}
	for _, one := range shown {
		name := strings.TrimPrefix(one.Name, s.Target+".")
		p.signal(one.Points, name, words(text, one))
	}
}

func (p *explainer) signal(points int, name, words string) {
	const margin = 17
	if name = cut(name, nameWidth); words != "" {
		name = pad(name, nameWidth) + "  " + cut(words, pageWidth-margin-nameWidth-2)
	}
	p.line("%15s  %s", fmt.Sprintf("%+d", points), name)
}

// words are what a signal spans in the text.
func words(text string, s socialwatch.Signal) string {
	if s.Start < 0 || s.Start >= s.End || s.End > len(text) {
		return "(not in its words)"
	}
	return "“" + oneLine(text[s.Start:s.End]) + "”"
}

func (p *explainer) entities(all []socialwatch.Entity, text string) {
	if len(all) == 0 {
		return
	}
	p.line("\n%s", p.paint(bold, pad("FOUND", nameWidth)+"  "+pad("VALUE", nameWidth)+"  IN THE TEXT"))
	for _, e := range all {
		value := strings.TrimSpace(e.Value + " " + e.Currency)
		p.line("%s  %s  %s", pad(cut(string(e.Kind), nameWidth), nameWidth), pad(cut(oneLine(value), nameWidth), nameWidth),
			cut(words(text, socialwatch.Signal{Start: e.Start, End: e.End}), pageWidth-2*nameWidth-4))
	}
}

// harmless makes a text safe to show on a terminal: control characters, those
// that turn the direction of what follows, and other invisible ones are named
// instead. Line ends and the joiners that scripts and emoji need stay.
func harmless(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '\n' || r == '\u200c' || r == '\u200d':
			b.WriteRune(r)
		case r == '\t':
			b.WriteByte(' ')
		case r == unicode.ReplacementChar, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteString(s[i : i+len(string(r))])
		}
	}
	return b.String()
}

// oneLine is a harmless text with white space folded.
func oneLine(s string) string { return strings.Join(strings.Fields(harmless(s)), " ") }

// cut shortens a text of one line to a width in columns.
func cut(s string, width int) string {
	if uniseg.StringWidth(s) <= width {
		return s
	}
	var b strings.Builder
	for g := uniseg.NewGraphemes(s); g.Next() && g.Width() < width; width -= g.Width() {
		b.WriteString(g.Str())
	}
	return b.String() + "…"
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-uniseg.StringWidth(s)))
}

// wrap breaks a text into harmless lines of at most width columns, at blanks
// where there are any.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.Lines(harmless(text)) {
		var b strings.Builder
		used := 0
		flush := func() {
			lines = append(lines, strings.TrimRight(b.String(), " "))
			b.Reset()
			used = 0
		}
		for _, word := range strings.Fields(paragraph) {
			if w := uniseg.StringWidth(word); used > 0 && used+1+w > width {
				flush()
			} else if used > 0 {
				b.WriteByte(' ')
				used++
			}
			for g := uniseg.NewGraphemes(word); g.Next(); used += g.Width() {
				if used+g.Width() > width {
					flush()
				}
				b.WriteString(g.Str())
			}
		}
		flush()
	}
	return lines
}
