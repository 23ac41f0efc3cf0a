package socialwatch_test

import (
	"errors"
	"strings"
	"testing"

	"socialwatch"
)

func TestAReasonOfAnErasureNamesNobody(t *testing.T) {
	person := socialwatch.Subject{ID: "110200300", Handles: []string{"Customer1@far.example", "e"}}
	short := socialwatch.Subject{ID: "3", Handles: []string{"customer2@far.example"}}
	for _, tc := range []struct {
		of   socialwatch.Subject
		note string
		want error
	}{
		{person, "letter of 3 May", nil},
		{person, "customer10 is somebody else", nil},
		{person, "number 1102003001 as well", nil},
		{person, "asked by customer1@far.example", socialwatch.ErrErasureNoteNames},
		{person, "asked by @CUSTOMER1.", socialwatch.ErrErasureNoteNames},
		{person, "customer10, then customer1", socialwatch.ErrErasureNoteNames},
		{person, "id 110200300", socialwatch.ErrErasureNoteNames},
		{person, "mail from e", socialwatch.ErrErasureNoteNames},
		{short, "letter of 3 May", nil},
		{short, "", socialwatch.ErrErasureNoteLength},
		{short, strings.Repeat("é", socialwatch.ErasureNoteMax), nil},
		{short, strings.Repeat("é", socialwatch.ErasureNoteMax+1), socialwatch.ErrErasureNoteLength},
	} {
		if err := (socialwatch.Erasure{Subject: tc.of, Note: tc.note}).Check(); !errors.Is(err, tc.want) {
			t.Errorf("%q about %s: %v, want %v", tc.note, tc.of.ID, err, tc.want)
		}
	}
}
