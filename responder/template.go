package responder

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"socialwatch"
)

// FollowUp is the intent of the neutral template for a customer who writes
// again when the intent's own template was used already.
const FollowUp socialwatch.Intent = "follow_up"

// Human is the intent of the template in which a person of the team takes
// over. No other may answer a customer who wants a person: every other one may
// leave them to help themselves.
const Human socialwatch.Intent = "human"

// ownIntents are the templates' intents beside those of triage.
var ownIntents = []socialwatch.Intent{FollowUp, Human}

// Slots that a template may use, with their longest values (templates are
// measured with them).
const (
	SlotCase    = "case"    // number of the case, up to 14 characters
	SlotDays    = "days"    // whole days the customer says they waited, 2 to 99
	SlotPrivate = "private" // how to go on in private: a phrase of the language
)

const (
	maxCase = 14
	maxLink = 60 // characters of an account's private route
)

var slotNames = []string{SlotCase, SlotDays, SlotPrivate}

// Template is one text that we may say. Body is as written, with its slots.
type Template struct {
	ID       string // unique within its language; small letters, digits, hyphens
	Version  int    // from 1
	Intent   socialwatch.Intent
	Language string                // ISO 639-1
	Networks []socialwatch.Network // empty: all
	Slots    []string
	Owner    string // who answers for the text
	Gloss    string // what it says, in the approvers' language
	Body     string
	Source   string // the file it came from

	parts []part
}

// On reports whether the template is meant for a network.
func (t Template) On(n socialwatch.Network) bool {
	return len(t.Networks) == 0 || slices.Contains(t.Networks, n)
}

// part is literal text or, when slot is set, a slot. Parts that share an
// option above 0 stand or fall together.
type part struct {
	text   string
	slot   string
	option int
}

// fill puts values into the body. missing names the first slot outside [[ ]]
// that has no value.
func (t Template) fill(values map[string]string) (text, missing string) {
	dropped := map[int]bool{}
	for _, p := range t.parts {
		if p.slot == "" || values[p.slot] != "" {
			continue
		}
		if p.option == 0 {
			return "", p.slot
		}
		dropped[p.option] = true
	}
	var b strings.Builder
	for _, p := range t.parts {
		if dropped[p.option] {
			continue
		}
		if p.slot != "" {
			b.WriteString(values[p.slot])
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String(), ""
}

// lineError is a problem at a line of a file.
type lineError struct {
	line int
	text string
}

func (e lineError) Error() string { return fmt.Sprintf("%d: %s", e.line, e.text) }

// parseTemplate reads one file and reports every problem it finds.
func parseTemplate(source, text string) (Template, []lineError) {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	t := Template{Source: source}
	if strings.TrimSpace(lines[0]) != "---" {
		return t, []lineError{{1, "write --- in the first line, then id: and the other keys, then --- again"}}
	}
	end := slices.IndexFunc(lines[1:], func(l string) bool { return strings.TrimSpace(l) == "---" }) + 1
	if end == 0 {
		return t, []lineError{{1, "the front matter has no end: write --- on a line of its own below the keys"}}
	}
	bad := t.readKeys(lines[1:end])
	first := end + 1
	for first < len(lines) && strings.TrimSpace(lines[first]) == "" {
		first++
	}
	t.Body = strings.TrimSpace(strings.Join(lines[first:], "\n"))
	if t.Body == "" {
		return t, append(bad, lineError{end + 1, "the text of the reply is missing: write it below the second ---"})
	}
	parts, errs := parseBody(t.Body, first+1)
	t.parts = parts
	bad = append(bad, errs...)
	return t, append(bad, t.checkSlots(end+1)...)
}

var keyNames = []string{"id", "version", "intent", "language", "networks", "slots", "owner", "gloss"}

// readKeys reads the front matter; lines begin at line 2 of the file.
func (t *Template) readKeys(lines []string) []lineError {
	var bad []lineError
	seen := map[string]bool{}
	for i, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		key, value, ok := strings.Cut(l, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case !ok || !slices.Contains(keyNames, key):
			bad = append(bad, lineError{i + 2, fmt.Sprintf("unknown key %q: write one of %s, then a colon and its value", key, strings.Join(keyNames, ", "))})
			continue
		case seen[key]:
			bad = append(bad, lineError{i + 2, fmt.Sprintf("%s stands twice: remove one", key)})
			continue
		}
		seen[key] = true
		if mend := t.set(key, value); mend != "" {
			bad = append(bad, lineError{i + 2, fmt.Sprintf("%s is %q: %s", key, value, mend)})
		}
	}
	for _, key := range keyNames {
		if !seen[key] {
			bad = append(bad, lineError{1, fmt.Sprintf("the key %s is missing: add a line %s: …", key, key)})
		}
	}
	return bad
}

// set stores one value and returns what to write instead when it is no good.
func (t *Template) set(key, value string) string {
	switch key {
	case "id":
		t.ID = value
		return unless(simpleName(value, '-'), "write small letters, digits and hyphens")
	case "version":
		n, err := strconv.Atoi(value)
		t.Version = n
		return unless(err == nil && n > 0, "write a whole number from 1")
	case "intent":
		t.Intent = socialwatch.Intent(value)
		return unless(slices.Contains(ownIntents, t.Intent) || slices.Contains(socialwatch.Intents, t.Intent),
			"write one of the intents, such as stuck_order, or follow_up, or human")
	case "language":
		t.Language = value
		return unless(len(value) == 2 && simpleName(value, 'a'), "write a code of two small letters, such as en")
	case "networks":
		return t.setNetworks(value)
	case "slots":
		t.Slots = list(value)
	case "owner":
		t.Owner = value
		return unless(value != "", "name who answers for this text")
	case "gloss":
		t.Gloss = value
		return unless(value != "", "say in a few words what the text says")
	}
	return ""
}

func (t *Template) setNetworks(value string) string {
	if value == "all" {
		return ""
	}
	for _, n := range list(value) {
		t.Networks = append(t.Networks, socialwatch.Network(n))
		if !simpleName(n, '_') {
			return "write all, or names such as mastodon with commas between"
		}
	}
	return unless(len(t.Networks) > 0, "write all, or names such as mastodon with commas between")
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
	for _, p := range t.parts {
		if p.slot != "" && !slices.Contains(t.Slots, p.slot) && !used[p.slot] {
			bad = append(bad, lineError{line, fmt.Sprintf("the text uses {{%s}}: add %s to slots", p.slot, p.slot)})
		}
		used[p.slot] = true
	}
	for _, s := range t.Slots {
		if !used[s] {
			bad = append(bad, lineError{line, fmt.Sprintf("slots names %q but the text does not use it: remove it there", s)})
		}
	}
	return bad
}

func unless(ok bool, mend string) string {
	if ok {
		return ""
	}
	return mend
}

// list splits at commas and drops empty items.
func list(s string) []string {
	var out []string
	for _, item := range strings.Split(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

func simpleName(s string, also rune) bool {
	return s != "" && len(s) <= 60 && strings.IndexFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || r != also && !unicode.IsLower(r) && !unicode.IsDigit(r)
	}) < 0
}

// clip keeps an error message short.
func clip(s string) string {
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}
