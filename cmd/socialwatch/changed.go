package main

import (
	"strconv"

	"socialwatch/internal/api"
)

// changed writes what has changed since the draft before, which gave way to this
// one.
func (p *paper) changed(c *api.Changed) {
	if c == nil {
		return
	}
	p.line("%s %s", p.paint(yellow, "Drafted anew:"), p.paint(dim, oneLine(c.Reason)+", after reply "+strconv.FormatInt(c.ReplyID, 10)))
	for _, one := range c.Posts {
		switch {
		case one.Change == "edited" && len(one.Diff) > 0:
			p.line("post edited: %s", p.words(one.Diff))
		case one.Change == "edited":
			p.line("post edited; what it said before is not kept")
		case one.Change == "new":
			p.line("new post: %s", cut(oneLine(one.Masked), p.width-len("new post: ")))
		default:
			p.line("%s", p.paint(red, "post deleted"))
		}
	}
	for _, n := range c.Native {
		p.line("answered in the network's own app %s", p.paint(dim, oneLine(n.URL)))
	}
	switch {
	case c.SameText:
		p.line("our words: the same as before")
	case len(c.Diff) > 0:
		p.line("our words: %s", p.words(c.Diff))
	}
}
