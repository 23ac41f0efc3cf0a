package responder

import "socialwatch"

// advise appends the sentence that advises to delete personal data, when the
// customer put some into a post that anybody can read. Without such a sentence
// in the language, or room for it, the text stays as it is and note says so.
func (r *Responder) advise(in Input, language, text string) (whole, note string) {
	phrase := advice(in)
	if phrase == "" {
		return text, ""
	}
	sentence := r.templates.phrases[language][phrase]
	if sentence == "" {
		return text, "; without the advice to delete personal data: " + phrase + " is missing in " + language + "/phrases.txt"
	}
	whole = text + " " + sentence
	if weigh(whole) > roomOn(in.Mention.Network) {
		return text, "; without the advice to delete personal data: no room"
	}
	return whole, ""
}

// advice is the phrase for what the customer should delete, empty for nothing.
// Our own numbers may stand, and a number in the report of a fraud is that of
// the one reported.
func advice(in Input) string {
	if !in.Mention.Visibility.PublicToRead() {
		return ""
	}
	phrase := ""
	own := check{in: CheckInput{Account: in.Account}}
	for _, e := range in.Assessment.Entities {
		switch e.Kind {
		case socialwatch.Phone, socialwatch.Card:
			if digits := onlyDigits(e.Value); e.Kind == socialwatch.Phone && (in.Assessment.Intent == socialwatch.ScamReport || own.allowedNumber(digits)) {
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
