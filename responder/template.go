package responder

import (
	"fmt"
	"regexp"
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

// Incident is the intent of the template for the cases of one spike: many
// customers write the same, so many would read the same reply.
const Incident socialwatch.Intent = "incident"

// ownIntents are the templates' intents beside those of triage.
var ownIntents = []socialwatch.Intent{FollowUp, Human, Incident}

// Slots that a template may use, with their longest values (templates are
// measured with them).
const (
	SlotCase    = "case"    // number of the case, up to 14 characters
	SlotDays    = "days"    // whole days the customer says they waited, 2 to 365
	SlotOrder   = "order"   // last four characters of the one order number the customer wrote
	SlotPrivate = "private" // how to go on in private: a phrase of the language
)

const (
	maxCase = 14
	maxLink = 60 // characters of an account's private route
	minDays = 2
	maxDays = 365
)

var slotNames = []string{SlotCase, SlotDays, SlotOrder, SlotPrivate}

// Template is one thing that we may say, in one wording or several.
type Template struct {
	ID       string // unique within its language; small letters, digits, hyphens
	Version  int    // from 1
	Intent   socialwatch.Intent
	Language string                // ISO 639-1, with a script where one is not the usual: hi-Latn
	Networks []socialwatch.Network // empty: all
	Slots    []string
	Owner    string   // who answers for the text
	Gloss    string   // what it says, in the approvers' language
	Handoff  bool     // sends the customer to our private route and then waits for them
	Wordings []string // as written, with their slots; one at least
	Source   string   // the file it came from

	parts [][]part // of each wording
	lines []int    // where each wording begins in the file
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

// languageTag is the form of a template's language.
var languageTag = regexp.MustCompile(`^[a-z]{2}(?:-[A-Z][a-z]{3})?$`)

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
	bad = append(bad, t.readWordings(lines, end+1)...)
	if len(t.Wordings) == 0 {
		return t, bad
	}
	bad = append(bad, t.checkSlots(end+1)...)
	return t, append(bad, t.checkUse(end+1)...)
}

// keyNames are the keys of the front matter; those of mayLack may be left out.
var (
	keyNames = []string{"id", "version", "intent", "language", "networks", "slots", "handoff", "owner", "gloss"}
	mayLack  = []string{"handoff"}
)

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
		if !seen[key] && !slices.Contains(mayLack, key) {
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
			"write one of the intents, such as stuck_order, or follow_up, human or incident")
	case "language":
		t.Language = value
		return unless(languageTag.MatchString(value), "write a code of two small letters, such as en, with a script if need be: hi-Latn")
	case "networks":
		return t.setNetworks(value)
	case "slots":
		t.Slots = list(value)
	case "handoff":
		t.Handoff = value == "yes"
		return unless(t.Handoff || value == "no", "write yes or no")
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
