package triage

import "socialwatch"

// Result is one line of the triage command's output.
type Result struct {
	ID        string               `json:"id"`
	Intent    socialwatch.Intent   `json:"intent"`
	Escalate  bool                 `json:"escalate"`
	Urgency   int                  `json:"urgency"`
	Sentiment int                  `json:"sentiment"`
	Language  string               `json:"lang"`
	Score     int                  `json:"score"`
	Signals   []socialwatch.Signal `json:"signals"`  // never null
	Entities  []socialwatch.Entity `json:"entities"` // never null
	Masked    string               `json:"masked"`
}

// NewResult is the line for the mention that the caller names id. It shares
// the assessment's slices.
func NewResult(id string, a socialwatch.Assessment) Result {
	r := Result{ID: id, Intent: a.Intent, Escalate: a.Escalate, Urgency: a.Urgency,
		Sentiment: a.Sentiment, Language: a.Language, Score: a.Score,
		Signals: a.Signals, Entities: a.Entities, Masked: a.Masked}
	if r.Signals == nil {
		r.Signals = []socialwatch.Signal{}
	}
	if r.Entities == nil {
		r.Entities = []socialwatch.Entity{}
	}
	return r
}
