package responder

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"socialwatch"
)

// minIncident is how many wordings a template for incidents has: X refuses
// the same text again, and people who read the thread see through it.
const minIncident = 5

// readWordings reads what stands below the front matter: wordings with lines
// of --- between. first is the index of its first line.
func (t *Template) readWordings(lines []string, first int) []lineError {
	var bad []lineError
	for at := first; at <= len(lines); {
		start, end := at, at
		for end < len(lines) && strings.TrimSpace(lines[end]) != "---" {
			end++
		}
		for at < end && strings.TrimSpace(lines[at]) == "" {
			at++
		}
		text := strings.TrimSpace(strings.Join(lines[at:end], "\n"))
		switch {
		case text != "":
			parts, errs := parseBody(text, at+1)
			bad = append(bad, errs...)
			t.Wordings, t.parts, t.lines = append(t.Wordings, text), append(t.parts, parts), append(t.lines, at+1)
		case end == len(lines) && len(t.Wordings) == 0 && len(bad) == 0:
			return []lineError{{first, "the text of the reply is missing: write it below the second ---"}}
		default:
			bad = append(bad, lineError{min(start+1, len(lines)), "a wording is empty: write one on each side of ---"})
		}
		at = end + 1
	}
	return bad
}

// checkUse checks what the template's use asks of its wordings.
func (t *Template) checkUse(line int) []lineError {
	var bad []lineError
	if t.Intent == Incident && len(t.Wordings) < minIncident {
		bad = append(bad, lineError{line, fmt.Sprintf("a template for incidents needs %d wordings with lines of --- between: it has %d", minIncident, len(t.Wordings))})
	}
	if !t.Handoff {
		return bad
	}
	for i, parts := range t.parts {
		for _, slot := range []string{SlotCase, SlotPrivate} {
			if !slices.Contains(parts, part{slot: slot}) {
				bad = append(bad, lineError{t.lines[i], fmt.Sprintf("handoff is yes, so the text needs {{%s}} outside [[ ]]", slot)})
			}
		}
	}
	return bad
}

// wording is the index of the wording for a case: the same for the same
// number, and another for the number before it where there are several.
func (t Template) wording(caseNumber string) int {
	tail := caseNumber[strings.LastIndexFunc(caseNumber, func(r rune) bool { return r < '0' || r > '9' })+1:]
	n, err := strconv.ParseUint(tail, 10, 64)
	if err != nil { // not one of ours
		h := fnv.New64a()
		h.Write([]byte(caseNumber))
		n = h.Sum64()
	}
	return int(n % uint64(len(t.Wordings)))
}

// ref is what a draft keeps of its template: the id, and behind a # the number
// of the wording, from 1, where there are several.
func (t Template) ref(wording int) string {
	if len(t.Wordings) == 1 {
		return t.ID
	}
	return t.ID + "#" + strconv.Itoa(wording+1)
}

// fill puts values into a wording; slots are where they stand. missing names the
// first slot outside [[ ]] that has no value.
func (t Template) fill(wording int, values map[string]string) (text string, slots []socialwatch.Span, missing string) {
	dropped := map[int]bool{}
	for _, p := range t.parts[wording] {
		if p.slot == "" || values[p.slot] != "" {
			continue
		}
		if p.option == 0 {
			return "", nil, p.slot
		}
		dropped[p.option] = true
	}
	var b strings.Builder
	for _, p := range t.parts[wording] {
		if dropped[p.option] {
			continue
		}
		at := b.Len()
		if p.slot == "" {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(values[p.slot])
		slots = append(slots, socialwatch.Span{Start: at, End: b.Len()})
	}
	return b.String(), slots, ""
}

// parseBody splits a body into its parts; line is the line it begins at.
func parseBody(body string, line int) ([]part, []lineError) {
	var parts []part
	var bad []lineError
	option, options := 0, 0
	for rest := body; rest != ""; {
		n := strings.IndexFunc(rest, func(r rune) bool { return strings.ContainsRune("{}[]", r) })
		if n < 0 {
			n = len(rest)
		}
		if n > 0 {
			parts = append(parts, part{text: rest[:n], option: option})
			line += strings.Count(rest[:n], "\n")
			rest = rest[n:]
			continue
		}
		switch {
		case strings.HasPrefix(rest, "{{"):
			name, after, ok := strings.Cut(rest[2:], "}}")
			name = strings.TrimSpace(name)
			if !ok || !slices.Contains(slotNames, name) {
				return parts, append(bad, lineError{line, fmt.Sprintf("unknown slot %q: write one of {{%s}}", clip(name), strings.Join(slotNames, "}}, {{"))})
			}
			parts = append(parts, part{slot: name, option: option})
			rest = after
		case strings.HasPrefix(rest, "[[") && option == 0:
			options++
			option, rest = options, rest[2:]
		case strings.HasPrefix(rest, "]]") && option > 0:
			option, rest = 0, rest[2:]
		default:
			return parts, append(bad, lineError{line, "a bracket that opens or closes nothing: slots are {{case}}, parts that may be left out are [[ … ]], not one within another"})
		}
	}
	if option > 0 {
		bad = append(bad, lineError{line, "[[ without ]]: close the part that may be left out"})
	}
	return parts, bad
}

// checkSlots holds the declared slots against those of the body.
func (t *Template) checkSlots(line int) []lineError {
	var bad []lineError
	used := map[string]bool{}
	for _, parts := range t.parts {
		for _, p := range parts {
			if p.slot != "" && !slices.Contains(t.Slots, p.slot) && !used[p.slot] {
				bad = append(bad, lineError{line, fmt.Sprintf("the text uses {{%s}}: add %s to slots", p.slot, p.slot)})
			}
			used[p.slot] = true
		}
	}
	for _, s := range t.Slots {
		if !used[s] {
			bad = append(bad, lineError{line, fmt.Sprintf("slots names %q but the text does not use it: remove it there", s)})
		}
	}
	return bad
}
