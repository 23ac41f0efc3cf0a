package triage

// Of the common words that a text needs, at least, for its language to be sure;
// and how many times those of the next language.
const (
	sureVotes = 3 * vote
	sureFold  = 2
)

// Language is the language of a text, as ISO 639-1, when its script or its words
// leave no doubt; else empty. It is pure.
func (t *Triage) Language(text string) string {
	s := t.scanned(text)
	defer t.scratch.Put(s)
	lang := s.language(t.languages)
	if lang == undetermined {
		return ""
	}
	most, next := 0, 0
	for i, v := range s.votes {
		if t.languages[i] == lang {
			most = v
		} else {
			next = max(next, v)
		}
	}
	if byScript := s.byScript(); byScript == lang || most >= sureVotes && most >= sureFold*next {
		return lang
	}
	return ""
}
