package responder

import (
	"slices"
	"strings"

	"socialwatch"
)

// advise appends the sentence that advises to delete personal data, when the
// customer put some into a post that anybody can read. Without such a sentence
// in the language, or room for it, the text stays as it is and note says so.
func (r *Responder) advise(in Input, language, text string) (whole, note string) {
	phrase := r.advice(in)
	if phrase == "" {
		return text, ""
	}
	sentence := r.templates.phrases[language][phrase]
	if sentence == "" {
		return text, "; without the advice to delete personal data: " + phrase + " is missing in " + language + "/phrases.txt"
	}
	whole = text + " " + sentence
	if !in.Account.fits(whole, in.Mention.Network) {
		return text, "; without the advice to delete personal data: no room"
	}
	return whole, ""
}

// advice is the phrase for what the customer should delete, empty for nothing:
// from this post and from earlier ones of the case that no reply of ours since
// has advised about.
func (r *Responder) advice(in Input) string {
	phrase := exposed(in.Account, in.Mention.Visibility, in.Assessment)
	for _, e := range in.Earlier {
		if p := exposed(in.Account, e.Visibility, e.Assessment); p != "" && phrase != phraseDetails && !r.advised(e.Answers) {
			phrase = p
		}
	}
	return phrase
}

// advised reports whether one of our answers holds the advice, in any language.
func (r *Responder) advised(answers []string) bool {
	for _, phrases := range r.templates.phrases {
		for _, name := range []string{phraseNumber, phraseDetails} {
			if s := phrases[name]; s != "" && slices.ContainsFunc(answers, func(a string) bool { return strings.Contains(a, s) }) {
				return true
			}
		}
	}
	return false
}

// exposed is the phrase for what one post shows of its customer. Our own
// numbers may stand, and a number in the report of a fraud is that of the one
// reported.
func exposed(account Account, v socialwatch.Visibility, a socialwatch.Assessment) string {
	if !v.PublicToRead() {
		return ""
	}
	phrase := ""
	own := check{in: CheckInput{Account: account}}
	for _, e := range a.Entities {
		switch e.Kind {
		case socialwatch.Phone, socialwatch.Card:
			if digits := onlyDigits(e.Value); e.Kind == socialwatch.Phone && (a.Intent == socialwatch.ScamReport || own.allowedNumber(digits)) {
				continue
			}
			if phrase == "" {
				phrase = phraseNumber
			}
		case socialwatch.Email, socialwatch.Address:
			phrase = phraseDetails
		}
	}
	return phrase
}
