package console

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// told says in the spoken language what another part of the program has said
// in English: why it refuses, why a reply ended, what mends a finding, why a
// person must act. Such a sentence is its own code, as API, terminal and
// database hold it: englishTold and englishMends have each of them, with
// blanks for what varies. A network's own words, and what a person wrote, read
// as they stand.
func told(s string) string {
	if t, ok := recognised(s); ok {
		return t
	}
	// Two reasons in a row, or one and what else is to say of it.
	for _, between := range []string{". ", "; "} {
		for from := 0; ; {
			at := strings.Index(s[from:], between)
			if at < 0 {
				break
			}
			from += at + len(between)
			first := strings.TrimSuffix(s[:from], " ")
			if between == "; " {
				first = strings.TrimSuffix(first, ";")
			}
			if t, ok := recognised(first); ok {
				return t + strings.TrimPrefix(between, ".") + told(s[from:])
			}
		}
	}
	return s
}

// toldOf is told for an error's text, which may begin with what was being done.
func toldOf(s string) string {
	of := "" // the case that is spoken of, right before the sentence
	for rest, wrapped := s, true; wrapped; {
		if t, ok := recognised(rest); ok {
			return of + t
		}
		var before string
		before, rest, wrapped = strings.Cut(rest, ": ")
		if of = ""; !strings.Contains(before, " ") {
			of = before + ": "
		}
	}
	return told(s)
}

// recognised is told for one whole sentence.
func recognised(s string) (string, bool) {
	if key, ok := toldWhole[s]; ok {
		return say(key), true
	}
	for _, p := range toldPatterns {
		found := p.like.FindStringSubmatch(s)
		if found == nil {
			continue
		}
		args := make([]any, len(found)-1)
		known := true
		for i, arg := range found[1:] {
			kind := ""
			if kinds := toldBlanks[p.key]; i < len(kinds) {
				kind = kinds[i]
			}
			var ok bool
			args[i], ok = filled(kind, arg)
			known = known && ok
		}
		if known {
			return say(p.key, args...), true
		}
	}
	return s, false
}

// filled is what stands in a blank of a sentence; false when it is no word of
// the group that belongs there, so that the sentence is another one.
func filled(group, arg string) (string, bool) {
	switch group {
	case "":
		return arg, true
	case "told":
		return told(arg), true
	case "lang":
		return language(arg), true
	case "event":
		arg = strings.Replace(arg, " ", ".", 1)
	}
	words := strings.Fields(arg)
	for i, word := range words {
		text, ok := entry(group + "." + word)
		if !ok {
			return arg, false
		}
		words[i] = text
	}
	return strings.Join(words, ", "), true
}

// toldPattern recognises a sentence with blanks.
type toldPattern struct {
	key     string
	like    *regexp.Regexp
	literal int // bytes that are not blank
}

// toldWhole are the keys of sentences without blanks; toldPatterns are the
// others, those that say most first.
var toldWhole, toldPatterns = func() (map[string]string, []toldPattern) {
	whole, patterns := map[string]string{}, []toldPattern{}
	for _, catalogue := range []map[string]string{englishTold, englishMends} {
		for _, key := range slices.Sorted(maps.Keys(catalogue)) {
			parts := strings.Split(strings.ReplaceAll(catalogue[key], "%%", "%"), "%s")
			if len(parts) == 1 {
				whole[parts[0]] = key
				continue
			}
			p := toldPattern{key: key}
			for i := range parts {
				p.literal += len(parts[i])
				parts[i] = regexp.QuoteMeta(parts[i])
			}
			p.like = regexp.MustCompile(fmt.Sprintf("(?s)^%s$", strings.Join(parts, "(.+?)")))
			patterns = append(patterns, p)
		}
	}
	slices.SortStableFunc(patterns, func(a, b toldPattern) int { return b.literal - a.literal })
	return whole, patterns
}()

// toldBlanks say what fills the blanks of such a sentence, where it is a word of
// ours: the group of the catalogue that has it, or "told" for another sentence.
var toldBlanks = map[string][]string{
	"told.refused.case.moves":       {"case", "case"},
	"told.refused.case.standing":    {"", "reply"},
	"told.refused.case.now":         {"case"},
	"told.refused.case.changed.by":  {"event", "", ""},
	"told.refused.right":            {"", "role", ""},
	"told.refused.right.any":        {"", "role"},
	"told.refused.right.an":         {"", "role"},
	"told.refused.reply.now":        {"reply"},
	"told.refused.decided.approved": {"", "", "reply"},
	"told.refused.decided.rejected": {"", "", "reply"},
	"told.refused.case.over":        {"case"},
	"told.budget.small":             {"", "period"},
	"told.budget.small.reads":       {"", "period"},
	"told.budget.used":              {"", "period"},
	"told.budget.used.reads":        {"", "period"},
	"told.refused.merge.live":       {"", "case"},
	"told.refused.unmerge.later":    {"", "case", "", "case"},
	"told.reason.warning":           {"rule"},
	"told.reason.look":              {"network.reason"},
	"told.mend.warning":             {"told"},
	"told.mend.withdraw":            {"told"},
	"told.mend.visibility":          {"visibility", "visibility"},
	"told.mend.language":            {"lang", "lang"},
	"told.escalated.fits":           {"told"},
	"told.trial.ignored":            {"ignored"},
	"told.trial.none":               {"intent"},
	"told.trial.template":           {"", "", "intent"},
	"told.trial.answers":            {"lang", "lang"},
	"told.trial.lacks":              {"lang", "lang"},
}
