package publish

import (
	"testing"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestAnEditGoesOutInTheLanguageOfItsWords: the network is told the language.
func TestAnEditGoesOutInTheLanguageOfItsWords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		w := newTown(t, simulator.FlavourMastodon, o)
		_, draft := w.complain("customer1@far.example")
		w.desk.Language = func(text string) string {
			return map[string]string{draft.Payload.Text: "fr", "ご不便をおかけしております。": "ja", "We are looking into it.": "en"}[text]
		}
		old := draft.Payload.Language
		if old != "en" {
			t.Fatalf("the draft is in %q", old)
		}
		for _, tt := range []struct{ text, want string }{
			{draft.Payload.Text, old}, // as it stands
			{"We are looking into it.", old}, {"Hm.", old}, {"ご不便をおかけしております。", "ja"},
		} {
			seen, err := w.desk.Preview(t.Context(), draft.ID, tt.text)
			if err != nil || seen.Payload.Language != tt.want {
				t.Errorf("%q goes out as %q, want %q: %v", tt.text, seen.Payload.Language, tt.want, err)
			}
		}
		d := socialwatch.Decision{ReplyID: draft.ID, Hash: draft.Hash, By: w.person, Text: "ご不便をおかけしております。"}
		saved, err := w.desk.Edit(t.Context(), d, false)
		if err != nil || saved.Payload.Language != "ja" {
			t.Fatalf("%+v, %v", saved.Payload, err)
		}
		if seen, err := w.desk.Preview(t.Context(), draft.ID, "はい"); err != nil || seen.Payload.Language != "ja" {
			t.Errorf("what is not sure goes out as %q: %v", seen.Payload.Language, err)
		}
	})
}

// TestATagThatSaysMoreThanTheLanguageStays: hi-Latn is Hindi.
func TestATagThatSaysMoreThanTheLanguageStays(t *testing.T) {
	d := &Desk{Language: func(string) string { return "hi" }}
	for old, want := range map[string]string{"hi-Latn": "hi-Latn", "hi": "hi", "en": "hi", "": "hi"} {
		if got := d.language(socialwatch.Payload{Language: old, Text: "a"}, "b"); got != want {
			t.Errorf("%q becomes %q, want %q", old, got, want)
		}
	}
}
