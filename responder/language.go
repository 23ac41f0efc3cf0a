package responder

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"socialwatch"
)

// english is the language that others fall back to in the end.
const english = "en"

// romanised is Hindi in Latin letters, which triage calls hi as well.
const romanised = "hi-Latn"

// language chooses the language to answer in: the writer's where the account
// answers in it and there is a template, else the account's first, else
// English. note says so when it is not the writer's.
func (r *Responder) language(in Input) (language, note string) {
	wants := in.languages()
	for i, l := range wants {
		if i > 0 && l == wants[0] || !in.Account.Answers(l) || !r.has(in, l) {
			continue
		}
		return l, in.instead(wants[0], l)
	}
	return english, in.instead(wants[0], english)
}

// languages are those to try, the writer's first.
func (in Input) languages() []string {
	var main []string
	if len(in.Account.Languages) > 0 {
		main = []string{base(in.Account.Languages[0])}
	}
	switch l := base(in.Assessment.Language); {
	case l == "hi" && !devanagari(in.Mention.Text):
		return append([]string{romanised}, main...)
	case l != "" && l != "und":
		return append([]string{l}, main...)
	}
	return append(main, english)
}

// instead says why the answer is in another language than the wanted one.
func (in Input) instead(want, language string) string {
	switch {
	case language == want:
		return ""
	case !in.Account.Answers(want):
		return fmt.Sprintf("; in %q because the account does not answer in %q", language, want)
	}
	return fmt.Sprintf("; in %q because there is no template in %q", language, want)
}

// Answers reports whether the account answers in a language.
func (a Account) Answers(language string) bool {
	return len(a.Languages) == 0 || slices.ContainsFunc(a.Languages, func(l string) bool { return base(l) == base(language) })
}

// has reports whether a template in a language may answer.
func (r *Responder) has(in Input, language string) bool {
	may := intents(in)
	return slices.ContainsFunc(r.templates.list, func(t Template) bool {
		return t.Language == language && slices.Contains(may, t.Intent) && t.On(in.Mention.Network)
	})
}

// devanagari reports whether a Hindi text is in Devanagari rather than Latin
// letters, by the share at which triage calls a text Hindi for its script.
func devanagari(text string) bool {
	own, latin := 0, 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Devanagari, r):
			own++
		case unicode.Is(unicode.Latin, r):
			latin++
		}
	}
	return own*4 > latin
}

// spoken is the base of a tag; empty where it names no language.
func spoken(tag string) string {
	switch l := base(tag); l {
	case "und", "zxx", "mul", "mis":
		return ""
	default:
		return l
	}
}

// base is the language of a tag such as en-GB, in small letters.
func base(tag string) string {
	tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
	tag, _, _ = strings.Cut(tag, "_")
	return tag
}

// Missing lists the intents that lack a template in a language on a network:
// the account's first language or English stands in.
func (t *Templates) Missing(language string, n socialwatch.Network) []socialwatch.Intent {
	var missing []socialwatch.Intent
	for _, intent := range append(slices.Clone(socialwatch.Intents), ownIntents...) {
		if !slices.ContainsFunc(t.list, func(x Template) bool { return x.Language == language && x.Intent == intent && x.On(n) }) {
			missing = append(missing, intent)
		}
	}
	return missing
}
