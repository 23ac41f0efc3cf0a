package responder

import "slices"

// joints returns the words across which a number goes on ("555 then 0100"),
// as spans of the folded text.
func (c *check) joints() [][2]int {
	var out [][2]int
	for _, h := range c.board.by[secJoin] {
		a, b := c.board.words.place(int(h.from), int(h.to))
		out = append(out, [2]int{a, b})
	}
	return out
}

// Of numbers in words ("five five five …"): so many digits are no counting,
// and so much may stand between two.
const (
	minSaid = 5
	saidGap = 3
)

// saidDigits finds numbers whose digits are written as words of one language.
func (c *check) saidDigits() []stretch {
	var out []stretch
	text := c.loose.text
	for language := range theVocabulary().languages {
		var all []group
		for digit := range 10 {
			for _, h := range c.board.by[int(secDigit)+digit] {
				if h.language == language {
					from, to := c.board.words.place(int(h.from), int(h.to))
					all = append(all, group{digits: string(rune('0' + digit)), from: from, to: to})
				}
			}
		}
		if len(all) >= minSaid {
			slices.SortFunc(all, func(a, b group) int { return a.from - b.from })
			out = append(out, runs(all, text)...)
		}
	}
	return out
}

// runs joins groups that follow each other closely.
func runs(all []group, text string) []stretch {
	var out []stretch
	for start := 0; start < len(all); {
		end := start + 1
		for end < len(all) && distance(text, all[end-1].to, all[end].from) <= saidGap {
			end++
		}
		if end-start >= minSaid {
			out = append(out, stretch{groups: all[start:end]})
		}
		start = end
	}
	return out
}

// Of a card number that words part ("4111 1111 and then 1111 1111").
const (
	partedGap   = 24 // bytes between two groups
	partedGroup = 3  // shortest group
)

// partedCards finds card numbers whose groups have words between.
func (c *check) partedCards(all []stretch) {
	var groups []group
	for _, s := range all {
		for _, g := range s.groups {
			if len(g.digits) >= partedGroup && len(g.digits) <= maxCard {
				groups = append(groups, g)
			}
		}
	}
	for i := range groups {
		digits := ""
		for j := i; j < len(groups) && len(digits) < 16 && (j == i || distance(c.loose.text, groups[j-1].to, groups[j].from) <= partedGap); j++ {
			digits += groups[j].digits
			if j > i && issued(digits) && luhn(digits) {
				a, b := c.loose.span(groups[i].from, groups[j].to)
				c.add(RuleCardNumber, a, b, "remove the card number")
				return
			}
		}
	}
}

// issued reports whether digits have the length and beginning of the common
// cards: 16 of Visa, Mastercard, RuPay and others, 15 of American Express.
func issued(digits string) bool {
	switch len(digits) {
	case 15:
		return digits[0] == '3' && (digits[1] == '4' || digits[1] == '7')
	case 16:
		return digits[0] >= '2' && digits[0] <= '6' || digits[0] == '8'
	}
	return false
}
