package triage

import (
	"slices"
	"strings"

	"socialwatch"
)

// Redactable are the kinds of personal data that Redact takes out on request.
// It always takes out cards.
var Redactable = []socialwatch.EntityKind{socialwatch.Email, socialwatch.Phone, socialwatch.Address}

// Redact returns the mention and its assessment as they may be stored: the
// cards and the given kinds of personal data are replaced by *, byte for byte,
// in text, content warning and media descriptions, and in the entities' values.
// Spans stay true. The arguments are not changed.
func (t *Triage) Redact(m socialwatch.Mention, a socialwatch.Assessment, kinds []socialwatch.EntityKind) (socialwatch.Mention, socialwatch.Assessment) {
	personal := func(e socialwatch.Entity) bool {
		return e.Kind == socialwatch.Card || slices.Contains(Redactable, e.Kind) && slices.Contains(kinds, e.Kind)
	}
	m.Text = starred(m.Text, a.Entities, personal)
	m.Warning = starred(m.Warning, t.entities(m.Warning), personal)
	m.Media = slices.Clone(m.Media)
	for i, media := range m.Media {
		m.Media[i].Description = starred(media.Description, t.entities(media.Description), personal)
	}
	a.Entities = slices.Clone(a.Entities)
	for i, e := range a.Entities {
		if personal(e) {
			a.Entities[i].Value = strings.Repeat("*", len(e.Value))
		}
	}
	return m, a
}

// entities are those of a text that stands for itself.
func (t *Triage) entities(text string) []socialwatch.Entity {
	if text == "" {
		return nil
	}
	s := t.scanned(text)
	defer t.scratch.Put(s)
	t.findEntities(s, text)
	return slices.Clone(s.scan.found)
}

// scanned is a scratch, which the caller puts back, with what the lexicons find in
// a text that stands for itself.
func (t *Triage) scanned(text string) *scratch {
	s := t.scratch.Get().(*scratch)
	s.reset()
	s.fold.add(text)
	s.main = int32(len(s.fold.text))
	s.board.text = s.fold.text
	t.trie.scan(s)
	return s
}

// starred replaces the entities for which which holds, byte for byte.
func starred(text string, entities []socialwatch.Entity, which func(socialwatch.Entity) bool) string {
	var out []byte
	for _, e := range entities {
		if !which(e) {
			continue
		}
		if out == nil {
			out = []byte(text)
		}
		for i := e.Start; i < e.End; i++ {
			out[i] = '*'
		}
	}
	if out == nil {
		return text
	}
	return string(out)
}
