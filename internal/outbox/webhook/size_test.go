package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"socialwatch"
)

// TestAMessageIsSmallerThanReceiversRead: whatever the customer wrote.
func TestAMessageIsSmallerThanReceiversRead(t *testing.T) {
	for _, text := range []string{"<", "\u2028", "\"", "\n", "é", "x\U0001F4E6"} {
		c := &socialwatch.CaseV1{Number: "K-1", FirstPostMasked: strings.Repeat(text, 900_000/len(text))}
		m, err := letter("ref", socialwatch.Letter{Case: c})
		if err != nil || len(m.body) >= 1<<20 {
			t.Errorf("%q: %d bytes, %v", text, len(m.body), err)
			continue
		}
		var got Payload
		err = json.Unmarshal(m.body, &got)
		told, cut := strings.CutSuffix(got.Data.Case.FirstPostMasked, "…")
		if err != nil || !cut || !utf8.ValidString(told) || !strings.HasPrefix(c.FirstPostMasked, told) {
			t.Errorf("%q: %d bytes of text, %v", text, len(told), err)
		}
	}
	short := &socialwatch.CaseV1{FirstPostMasked: "2 < 3 & 4 > 1"}
	if m, err := letter("ref", socialwatch.Letter{Case: short}); err != nil || !strings.Contains(string(m.body), short.FirstPostMasked) {
		t.Errorf("%s, %v", m.body, err)
	}
}
