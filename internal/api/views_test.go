package api

import (
	"testing"

	"socialwatch"
)

func TestReplyShowsItsContentWarning(t *testing.T) {
	r := socialwatch.Reply{Payload: socialwatch.Payload{Text: "Sorry.", Warning: "damaged parcel"}}
	if v := (caller{}).viewReply(r, "SW-1"); v.Warning != "damaged parcel" || v.WholeText != "Sorry." {
		t.Errorf("warning %q, text %q", v.Warning, v.WholeText)
	}
}
