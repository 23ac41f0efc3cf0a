package store

import (
	"testing"

	"socialwatch"
)

func TestRawItemsNameAPersonByWholeValues(t *testing.T) {
	short := socialwatch.Subject{ID: "4711", Handles: []string{"text", "ed"}}
	for raw, want := range map[string]bool{
		`{"text":"the parcel was delivered"}`:                    false,
		`{"user":{"screen_name":"Ed"},"text":"no"}`:              true,
		`[{"to":["@TEXT"]}]`:                                     true,
		`{"id":"4711"}`:                                          true,
		`{"id":"47110","likes":4711}`:                            false,
		`{"screen_name":"ed","text":"cut`:                        true,
		`{"screen_name":"edna","full_text":"it was delivered to`: false,
	} {
		if got := names(short, []byte(raw)); got != want {
			t.Errorf("%s: %t", raw, got)
		}
	}
}
