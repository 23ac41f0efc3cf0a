package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// desk is a help desk. Tickets have an id.
type desk interface {
	// Open opens the ticket of a case, or finds the one that a call before, whose
	// answer was lost, has opened.
	Open(ctx context.Context, m matter) (id string, err error)
	// Say writes an internal note; again opens the ticket again.
	Say(ctx context.Context, id, text string, again bool) error
	// State says whether people have closed the ticket, and whether they have
	// marked that the customer came in private.
	State(ctx context.Context, id string) (closed, private bool, err error)
	// Name is what people call the ticket, and where it is: https or empty.
	Name(id string) (reference, url string)
	// Moved reads a webhook of the help desk's: which ticket, and whether the
	// signature is right.
	Moved(h http.Header, body []byte) (id string, ok bool)
}

// privateMark is the tag or label by which people say that the customer came in
// private.
const privateMark = "came-in-private"

func title(m matter) string {
	return fmt.Sprintf("[%s] %s", m.Number, strings.ReplaceAll(m.Intent, "_", " "))
}

// first is what a ticket says when it is opened. No customer's words, handles or
// numbers stand in tickets, nor an address of theirs, which often holds a handle:
// who deletes a post deletes it, and here is nothing left to erase. They are read
// at socialwatch.
func first(m matter) string {
	text := fmt.Sprintf("Case %s of socialwatch, level %d: %s.", m.Number, m.Level, strings.ReplaceAll(m.Intent, "_", " "))
	if m.Escalation != "" {
		text += "\nA human must act: " + m.Escalation
	}
	return text + "\nIt is read at " + m.Page + "\nClosing this ticket resolves the case. " + privateMark + " as a tag says that the customer has come in private."
}

// says is what a ticket is told of an event, and whether that opens it again.
func says(kind string, m matter) (text string, again bool) {
	switch kind {
	case "mention.attached":
		text, again = "The customer has written again.", true
	case "case.reopened":
		text, again = "The case is open again.", true
	case "mention.edited":
		text = "The customer has edited a post."
	case "mention.gone":
		text = "A post of the customer is gone."
	case "reply.sent":
		text = "Our reply is public."
		if n := len(m.Replies); n > 0 && m.Replies[n-1].URL != "" {
			text += " " + m.Replies[n-1].URL
		}
	case "case.private_missed":
		text, again = "The customer has not come in private.", true
	}
	return text, again
}

// lost is the last that a ticket is told, once its case is no longer ours.
func lost(m matter) string {
	who := "people of socialwatch lead"
	if m.External != nil {
		who = m.External.System + " leads"
	}
	return "The case was given back: " + who + " it from now on."
}

// paper is no help desk: it prints what one would be told.
type paper struct{ io.Writer }

func (p paper) Open(_ context.Context, m matter) (string, error) {
	_, err := fmt.Fprintf(p, "open %s\n%s\n", title(m), first(m))
	return m.Number, err
}

func (p paper) Say(_ context.Context, id, text string, _ bool) error {
	_, err := fmt.Fprintf(p, "say to %s: %s\n", id, text)
	return err
}

func (p paper) State(context.Context, string) (bool, bool, error) { return false, false, nil }
func (p paper) Name(id string) (string, string)                   { return id, "" }
func (p paper) Moved(http.Header, []byte) (string, bool)          { return "", false }
