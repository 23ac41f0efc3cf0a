package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/responder"
)

// Colours of a terminal, beside bold and dim.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

// paper writes replies for people: wrapped to the terminal, coloured where that
// is wanted, and without anything that a customer's text could do to a terminal.
type paper struct {
	w      io.Writer
	paint  func(style, text string) string
	colour bool
	width  int    // columns
	me     string // login of who reads; "" when that is not known
}

func newPaper(w io.Writer) *paper {
	p := &paper{w: w, paint: painter(w), width: pageWidth}
	p.colour = p.paint(bold, "") != ""
	if file, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			p.width = max(40, min(columns, pageWidth))
		}
	}
	return p
}

func (p *paper) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

// block writes a text, wrapped behind a bar.
func (p *paper) block(text string) {
	for _, l := range wrap(text, p.width-2) {
		p.line("%s %s", p.paint(dim, "│"), l)
	}
}

// sentence writes a text of one paragraph, wrapped.
func (p *paper) sentence(style, text string) {
	for _, l := range wrap(text, p.width) {
		p.line("%s", p.paint(style, l))
	}
}

// queue lists replies, two lines each.
func (p *paper) queue(page api.Page[api.ReplyItem]) {
	if len(page.Items) == 0 {
		p.line("Nothing waiting.")
		return
	}
	for _, r := range page.Items {
		p.line("%s", p.head(r))
		p.line("      %s", cut(oneLine(r.Post.Masked), p.width-6))
		p.line("      %s", p.paint(dim, cut("reply: "+oneLine(r.Text), p.width-6)))
	}
	more := ""
	if page.Next != nil {
		more = " and more"
	}
	p.line("\n%s", p.paint(dim, fmt.Sprintf("%d%s. One after another: socialwatch review. One: socialwatch show ID", len(page.Items), more)))
}

// head is the first line about a reply: what presses, and who.
func (p *paper) head(r api.ReplyItem) string {
	parts := []string{p.paint(bold, pad(fmt.Sprint(r.ID), 5)), p.due(r.Case), p.paint(bold, plainWords(string(r.Case.Intent))),
		fmt.Sprintf("priority %d", r.Case.Score), r.CaseNumber, who(r.Post) + " on " + string(r.Network)}
	if r.State != socialwatch.ReplyAwaiting {
		parts = append(parts, p.paint(yellow, string(r.State)))
	}
	if r.Case.RaisedAt != nil {
		parts = append(parts, p.paint(red, "did not come in private"))
	}
	if n := len(r.Findings); n > 0 {
		parts = append(parts, p.paint(yellow, counted(n, "finding")))
	}
	return strings.Join(append(parts, p.deciding(r.Reply)...), "  ")
}

func who(post api.Post) string {
	if post.AuthorHandle == "" {
		return "somebody who is gone"
	}
	return "@" + oneLine(post.AuthorHandle)
}

// due says how long there is to answer.
func (p *paper) due(c api.CaseBrief) string {
	switch left := dueIn(c.NextAt); {
	case c.NextAt == nil && c.Responded:
		return p.paint(dim, "answered before")
	case c.NextAt == nil:
		return ""
	case time.Now().After(*c.NextAt):
		return p.paint(red, left)
	case time.Until(*c.NextAt) < 10*time.Minute:
		return p.paint(yellow, left+" left")
	default:
		return left + " left"
	}
}

func (p *paper) deciding(r api.Reply) []string {
	if r.Lease == nil || r.Lease.By == p.me || time.Now().After(r.Lease.Until) {
		return nil
	}
	return []string{p.paint(yellow, r.Lease.By+" is deciding")}
}

// text is a reply's card as one text.
func (p *paper) text(r api.ReplyDetail) string {
	var b strings.Builder
	page := *p
	page.w = &b
	page.card(r)
	return strings.TrimRight(b.String(), "\n")
}

// card writes all that a decision needs: what they wrote, why it was flagged,
// what we would say, and whether it is safe.
func (p *paper) card(r api.ReplyDetail) {
	p.line("%s", p.head(r.ReplyItem))
	p.line("%s", p.paint(dim, strings.Join([]string{string(r.Post.Visibility), moment(r.Post.PostedAt), oneLine(r.Post.URL)}, "  ")))
	if r.Post.Gone {
		p.line("%s", p.paint(red, "The post is gone."))
	} else if r.Post.EditedAt != nil {
		p.line("%s", p.paint(yellow, "The post was edited "+moment(r.Post.EditedAt)+"."))
	}
	p.block(r.Post.Masked)
	p.evidence(r.Post.Signals)
	p.changed(r.Changed)
	p.line("")
	p.ours(r)
	p.findings(r.Findings)
	if r.Reason != "" {
		p.line("Reason: %s", plainWords(r.Reason))
	}
	if p.me == "" { // else the sitting keeps it
		p.line("%s", p.paint(dim, "hash "+r.Hash))
	}
}

// evidence names the strongest signals.
func (p *paper) evidence(signals []socialwatch.Signal) {
	signals = slices.DeleteFunc(slices.Clone(signals), func(s socialwatch.Signal) bool { return s.Points <= 0 })
	slices.SortStableFunc(signals, func(a, b socialwatch.Signal) int { return b.Points - a.Points })
	var names []string
	for _, s := range signals[:min(len(signals), topSignals)] {
		names = append(names, fmt.Sprintf("%s %d", s.Name, s.Points))
	}
	if len(names) > 0 {
		p.sentence(dim, "evidence: "+strings.Join(names, ", "))
	}
}

// ours writes the exact text, and what a person has changed of it.
func (p *paper) ours(r api.ReplyDetail) {
	will := "WILL POST"
	if r.State.Final() {
		will = "OUR REPLY"
	}
	p.line("%s as %s, %s, %s, %d/%d, reply %d is %s", p.paint(bold, will), r.Account, r.Visibility, r.Language, r.Length, r.Limit, r.ID, r.State)
	if r.CostUSD > 0 {
		p.line("It costs %s to post.", socialwatch.MicroUSD(math.Round(r.CostUSD*1e6)).Dollars())
	}
	if r.Warning != "" {
		p.line("Content warning: %s", oneLine(r.Warning))
	}
	p.block(r.WholeText)
	origin := "written by hand"
	if r.Template != "" {
		origin = fmt.Sprintf("template %s v%d", r.Template, r.TemplateVersion)
	}
	if r.Author != socialwatch.System {
		origin += ", by " + r.Author
	}
	if r.State == socialwatch.ReplyAwaiting && r.ExpiresAt != nil {
		origin += ", this draft ends in " + left(*r.ExpiresAt)
	}
	p.sentence(dim, origin)
	if len(r.Versions) > 1 {
		p.line("Changed since version 1: %s", p.words(responder.WordDiff(r.Versions[0].Text, r.Text)))
	}
}

// words marks those of a diff by colour, and where there is none as
// [-removed-]{+added+}.
func (p *paper) words(diff []socialwatch.DiffPart) string {
	var b strings.Builder
	for _, d := range diff {
		text := oneSpace(harmless(d.Text))
		switch {
		case d.Op == socialwatch.DiffSame:
			b.WriteString(text)
		case d.Op == socialwatch.DiffAdded && p.colour:
			b.WriteString(p.paint(green, text))
		case d.Op == socialwatch.DiffAdded:
			b.WriteString("{+" + text + "+}")
		case p.colour:
			b.WriteString(p.paint(red+";9", text))
		default:
			b.WriteString("[-" + text + "-]")
		}
	}
	return b.String()
}

func oneSpace(s string) string { return strings.ReplaceAll(s, "\n", " ") }

func (p *paper) findings(all []socialwatch.Finding) {
	for _, f := range all {
		what, style := "warns", yellow
		if f.Blocks {
			what, style = "BLOCKS", red
		}
		text := what + ": " + plainWords(f.Rule)
		if f.Words != "" {
			text += " “" + oneLine(f.Words) + "”"
		}
		if f.Mend != "" {
			text += ": " + oneLine(f.Mend)
		}
		p.sentence(style, text)
	}
	if len(all) == 0 {
		p.line("%s", p.paint(green, "All checks passed."))
	}
}

// plainWords is a name of the program's as people read it.
func plainWords(name string) string {
	return strings.NewReplacer("_", " ", "-", " ").Replace(oneLine(name))
}
