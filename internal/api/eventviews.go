package api

import (
	"maps"
	"time"

	"socialwatch"
)

// EventPage is the next stretch of the event log. Next is where to go on,
// also when there is nothing yet.
type EventPage struct {
	Items []Event `json:"items"`
	Next  int64   `json:"next"`
}

// Event is one line of the log. Seq is nil in a case's detail for a moment,
// until the event is numbered; in the feed it is always there.
type Event struct {
	Seq         *int64         `json:"seq"`
	Kind        string         `json:"kind"`
	CaseID      *int64         `json:"case_id"`
	CaseNumber  string         `json:"case_number"`
	CaseVersion *int64         `json:"case_version"`
	ReplyID     *int64         `json:"reply_id"`
	Actor       string         `json:"actor"`
	At          *time.Time     `json:"at"`
	Data        map[string]any `json:"data"`
}

func viewEvent(e socialwatch.Event) Event {
	v := Event{Seq: known(e.Seq), Kind: e.Kind, CaseID: known(e.CaseID), CaseNumber: e.CaseNumber, CaseVersion: known(int64(e.CaseVersion)),
		ReplyID: known(e.ReplyID), Actor: e.Actor, At: at(e.At)}
	v.Data = maps.Clone(e.Data)
	if v.Data == nil {
		v.Data = map[string]any{}
	}
	delete(v.Data, "note") // people's notes are private to the console
	return v
}
