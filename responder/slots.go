package responder

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"socialwatch"
)

var caseNumber = regexp.MustCompile(`^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$`)

// values gives the slots their values; what has none stays empty.
func (r *Responder) values(in Input, language string) (values map[string]string, note string) {
	values = map[string]string{SlotOrder: in.order()}
	if n := in.CaseNumber; len(n) <= maxCase && caseNumber.MatchString(n) {
		values[SlotCase] = n
	} else if n != "" {
		note = "; the case number has an unusual form and is left out"
	}
	if waits := waited(in.Assessment); len(waits) == 1 {
		if n, err := strconv.Atoi(waits[0]); err == nil && n >= minDays && n <= maxDays {
			values[SlotDays] = strconv.Itoa(n)
		}
	}
	say := r.templates.phrases[language]
	if in.Account.routeTooLong(in.CaseNumber) {
		note += fmt.Sprintf("; the account's private route is longer than %d characters and is left out", maxLink)
	}
	values[SlotPrivate] = in.Account.way(in.CaseNumber, say)
	if in.Mention.Visibility == socialwatch.Direct {
		values[SlotPrivate] = say[phraseHere]
	}
	return values, note
}

// waited are the days of which the customer writes, each number once. With more
// than one a reply must not guess which of them is the wait.
func waited(a socialwatch.Assessment) (days []string) {
	for _, e := range a.Entities {
		if e.Kind == socialwatch.DaysWaited && !slices.Contains(days, e.Value) {
			days = append(days, e.Value)
		}
	}
	return days
}

// way says how a customer goes on in private on an account.
func (a Account) way(caseNumber string, say map[string]string) string {
	route := a.route(caseNumber)
	switch {
	case route == "" || a.routeTooLong(caseNumber):
		return say[phraseMessage]
	case strings.HasPrefix(route, "https://"):
		return strings.ReplaceAll(say[phraseLink], "{{link}}", route)
	}
	return route
}

func (a Account) routeTooLong(caseNumber string) bool {
	return utf8.RuneCountInString(a.route(caseNumber)) > maxLink
}

// RouteFault says what is wrong with the account's private route, so that a
// direct message takes its place; empty when nothing is.
func (a Account) RouteFault() string {
	switch {
	case a.routeTooLong(longestCase):
		return fmt.Sprintf("private has more than %d characters with a long case number: shorten it, or customers are asked for a direct message", maxLink)
	case strings.HasPrefix(strings.TrimSpace(a.Private), "http://"):
		return "private begins with http: write an https link, or it stands in replies as if it were words"
	}
	return ""
}

// slotInRoute is where an account's private route wants the case's number.
const slotInRoute = "{case}"

// route is the account's private route for a case; empty for a direct
// message, and where it needs the number of a case and there is none.
func (a Account) route(number string) string {
	route := strings.TrimSpace(a.Private)
	if strings.Contains(route, slotInRoute) && (len(number) > maxCase || !caseNumber.MatchString(number)) {
		return ""
	}
	return strings.ReplaceAll(route, slotInRoute, number)
}

var orderForm = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// minWhole is how long an order number is, at least, for its end to stand in
// public without giving away most of it.
const minWhole = 7

// order is the end of the one order number that the customer wrote where at
// least as many could read it as may read the reply; empty when there are
// several: a reply must not guess.
func (in Input) order() string {
	var numbers []string
	add := func(entities []socialwatch.Entity) {
		for _, e := range entities {
			n := strings.Map(func(r rune) rune {
				if strings.ContainsRune("-_ ./#", r) {
					return -1
				}
				return r
			}, e.Value)
			if e.Kind == socialwatch.OrderNumber && !slices.Contains(numbers, n) {
				numbers = append(numbers, n)
			}
		}
	}
	add(in.Assessment.Entities)
	for _, p := range in.Earlier {
		if !in.Mention.Visibility.Wider(p.Visibility) {
			add(p.Assessment.Entities)
		}
	}
	if len(numbers) != 1 || len(numbers[0]) < minWhole || !orderForm.MatchString(numbers[0]) {
		return ""
	}
	return numbers[0][len(numbers[0])-4:]
}

// asked reports whether a reply of ours in this case has sent the customer to
// our private route: who was asked once is not asked again.
func (r *Responder) asked(in Input) bool {
	for _, t := range r.templates.list {
		if t.Handoff && in.used(t) {
			return true
		}
	}
	said := func(words string) bool {
		return words != "" && slices.ContainsFunc(in.Earlier, func(p socialwatch.Past) bool {
			return slices.ContainsFunc(p.Answers, func(a string) bool { return strings.Contains(a, words) })
		})
	}
	for _, phrases := range r.templates.phrases {
		if said(phrases[phraseMessage]) || said(phrases[phraseHere]) {
			return true
		}
	}
	return said(in.Account.route(in.CaseNumber))
}
