package responder

import "strings"

// promises finds what binds us and does not stand in the template.
func (c *check) promises() {
	b := c.board
	if len(b.by[secPromise]) == 0 && len(b.by[secDeadline]) == 0 {
		return
	}
	for i, at := range b.sentences {
		end, asks := int32(0), strings.HasSuffix(b.words.text[at.from:at.to], "?")
		for _, x := range b.within(secPromise, at) {
			if x.from >= end && !b.negated(x, at) && !b.before(secUnsure, x, at) && !(asks && b.overlapped(secYours, x)) {
				c.promise(x)
				end = x.to
			}
		}
		if asks {
			continue
		}
		for _, x := range b.within(secDeadline, at) {
			if x.from >= end && b.commits(x.language, i) {
				c.promise(x)
				end = x.to
			}
		}
	}
}

// commits reports whether sentence i says that something will be.
func (b *board) commits(language, i int) bool {
	known, ok := b.committed[[2]int{language, i}]
	if !ok {
		at := b.sentences[i]
		for _, x := range b.within(secCommit, at) {
			known = known || x.language == language && !b.negated(x, at) && !b.right(secNegated, x, at) && !b.before(secUnsure, x, at)
		}
		b.committed[[2]int{language, i}] = known
	}
	return known
}

func (c *check) promise(x found) {
	if !c.ofTemplate(x) {
		a, b := c.place(int(x.from), int(x.to))
		c.add(RulePromise, a, b, "say what we do, not what will come of it and when; only a template may promise")
	}
}

// ofTemplate reports whether the words of x stand in the filled template.
func (c *check) ofTemplate(x found) bool {
	if c.in.TemplateText == "" || len(c.in.TemplateText) > maxCheck {
		return false
	}
	if c.template == "" {
		c.template = spelled(loose(c.in.TemplateText), c.in.TemplateText).text
	}
	return strings.Contains(c.template, strings.TrimSpace(c.board.words.text[x.from:x.to]))
}
