package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// checkTriage checks the amounts, the teams, and what a phrase and a brand
// cannot be; the rest of the shop's words and what is official are triage's to
// check, which knows how they are used.
func (c Config) checkTriage(add func(path, format string, args ...any)) {
	for _, currency := range slices.Sorted(maps.Keys(c.Triage.HighValue)) {
		if !currencyCode.MatchString(currency) || c.Triage.HighValue[currency] <= 0 {
			add("triage.high_value."+currency, "write amounts above 0 by ISO code, such as {USD: 500}")
		}
	}
	for _, team := range []struct{ key, name string }{{"scam", c.Triage.Teams.Scam}, {"account", c.Triage.Teams.Account}} {
		path := "triage.teams." + team.key
		switch {
		case team.name == "" && c.file != nil && c.file.has(path):
			add(path, "is empty: write the team's name, such as security, or remove the key")
		case team.name != "" && !teamName.MatchString(team.name):
			add(path, "write a name of at most 64 letters, digits, spaces, _ and -, such as security")
		}
	}
	for i, brand := range c.Triage.Brands {
		if stopWords[plain(brand)] {
			add(fmt.Sprintf("triage.brands[%d]", i), "%q is an everyday word, so most posts would name you: write the whole name, such as Brightshop", brand)
		}
	}
	c.checkPhrases(add)
}

// checkPhrases refuses a phrase that stands for two intents: it would decide
// between them by nothing.
func (c Config) checkPhrases(add func(path, format string, args ...any)) {
	first := map[string]string{} // intent by phrase
	for _, intent := range slices.Sorted(maps.Keys(c.Triage.Phrases)) {
		for i, phrase := range c.Triage.Phrases[intent] {
			key := strings.TrimSpace(strings.TrimSuffix(plain(phrase), "*"))
			if other, ok := first[key]; ok && other != intent && key != "" {
				add(fmt.Sprintf("triage.phrases.%s[%d]", intent, i), "%q stands under %s too: keep it under the one that it tells", phrase, other)
				continue
			}
			first[key] = intent
		}
	}
}

// plain is a phrase without what makes no difference: case, accents and white
// space.
func plain(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// stopWords are words of the languages of triage that stand in most texts,
// without accents.
var stopWords = func() map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(`
a an and any are as at be but by do for from had has have he her his i if in is it its me my no not of on or our
she so that the their them then they this to too us was we what when which who will with you your order shop store
der die das den dem ein eine einen ich du er sie es wir ihr und oder ist nicht zu von mit auf im am fur mein meine
el la los las un una unos y o de del en con por para que no mi su es se lo al
le les une des du et ou dans pour avec sur je tu il elle nous vous mon ma est pas ce que qui
os um uma e ou do da dos das em no na com por meu minha nao se eu
gli uno di del della il ed ma per non mio mia che sono ho
hai ka ki ke ko se me mera meri nahi aur ye wo
`) {
		all[w] = true
	}
	return all
}()
