package eval

import "socialwatch"

// Report is what labelled posts say of triage. Its JSON form is stable: keys
// are only added. Shares are from 0 to 1, rounded to four decimals; one of
// nothing is 0, and the counts beside it tell. docs/triage.md explains them.
type Report struct {
	Rules string `json:"rules"` // version of the rules that were measured
	Group
	Intents     map[string]IntentScore `json:"intents"`   // every intent
	Languages   map[string]Group       `json:"languages"` // by label; not_en is all but English
	Want        map[string]Recall      `json:"want"`      // by signal
	Ignored     Score                  `json:"ignored"`   // noise rules, of posts that say which they expect
	Rejected    Rejected               `json:"rejected"`  // posts of which only an intent is known that they do not have
	Confusion   Confusion              `json:"confusion"`
	Calibration []Band                 `json:"calibration"` // ten bands of the score
	Brier       float64                `json:"brier"`       // mean square of score/100 − escalate; lower is better
}

// Group is what is measured of all posts and of each language's.
type Group struct {
	Posts             int      `json:"posts"`
	IntentAccuracy    float64  `json:"intent_accuracy"`
	IntentAccuracyAlt float64  `json:"intent_accuracy_alt"` // the second defensible intent counts as right
	MacroF1           float64  `json:"macro_f1"`            // mean over MacroIntents
	MacroIntents      []string `json:"macro_intents"`       // intents that occur or are predicted

	// Flagged is the union of stuck_order, missing_delivery and refund_delay: a
	// post of one of them that triage gives to another is a hit.
	FlaggedPrecision float64 `json:"flagged_precision"`
	FlaggedRecall    float64 `json:"flagged_recall"`
	FlaggedF1        float64 `json:"flagged_f1"`
	FlaggedSupport   int     `json:"flagged_support"`
	FlaggedPredicted int     `json:"flagged_predicted"`

	EscalatePrecision float64 `json:"escalate_precision"`
	EscalateRecall    float64 `json:"escalate_recall"`
	EscalateF1        float64 `json:"escalate_f1"`
	EscalateSupport   int     `json:"escalate_support"`
	EscalatePredicted int     `json:"escalate_predicted"`

	Urgency   Agreement `json:"urgency"`
	Sentiment Agreement `json:"sentiment"`

	Language     Share     `json:"language"`      // language right
	LanguageLong Share     `json:"language_long"` // the same on posts of at least LongText characters
	Intervals    Intervals `json:"intervals"`
}

// Intervals are the bootstrapped 95 % intervals of a group's figures.
type Intervals struct {
	IntentAccuracy Interval `json:"intent_accuracy"`
	MacroF1        Interval `json:"macro_f1"`
	FlaggedF1      Interval `json:"flagged_f1"`
	EscalateF1     Interval `json:"escalate_f1"`
}

// Interval is a 95 % interval. The zero value says that there is none.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Score is how well one thing is found. Support is how many posts are
// labelled with it, Predicted how many triage gave it to.
type Score struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Support   int     `json:"support"`
	Predicted int     `json:"predicted"`
}

// IntentScore is an intent's score with the interval of its F1.
type IntentScore struct {
	Score
	Interval Interval `json:"interval"`
}

// Agreement is how often a value on a scale is the labelled one, of the posts
// that have the label.
type Agreement struct {
	Accuracy float64 `json:"accuracy"`
	MacroF1  float64 `json:"macro_f1"` // over the values that occur or are predicted
	Posts    int     `json:"posts"`
}

// Share is how many of the posts that have a label are right.
type Share struct {
	Accuracy float64 `json:"accuracy"`
	Posts    int     `json:"posts"`
}

// Recall is how many of the posts that want a signal have it.
type Recall struct {
	Recall  float64 `json:"recall"`
	Hits    int     `json:"hits"`
	Support int     `json:"support"`
}

// Rejected is how often triage gives a post the intent that people said it
// does not have. Such posts count nowhere else.
type Rejected struct {
	Repeated float64 `json:"repeated"` // share, lower is better
	Again    int     `json:"again"`
	Posts    int     `json:"posts"`
}

func (r *Rejected) add(again bool) {
	if r.Posts++; again {
		r.Again++
	}
	r.Repeated = round(ratio(r.Again, r.Posts))
}

// Confusion counts posts by labelled intent (rows) and predicted intent
// (columns), both in the order of Labels.
type Confusion struct {
	Labels []string `json:"labels"`
	Counts [][]int  `json:"counts"`
}

// Band is the posts whose score is From to To, both included.
type Band struct {
	From     int      `json:"from"`
	To       int      `json:"to"`
	Posts    int      `json:"posts"`
	Escalate int      `json:"escalate"` // labelled so
	Share    float64  `json:"share"`
	Interval Interval `json:"interval"` // of the share, Wilson's
}

// LongText is the number of characters beside handles and links from which a
// language can be told.
const LongText = 25

// notEnglish is the group of all posts in a language other than English.
const notEnglish = "not_en"

// isFlagged reports whether an intent belongs to the flagged union.
func isFlagged(i socialwatch.Intent) bool {
	return i == socialwatch.StuckOrder || i == socialwatch.MissingDelivery || i == socialwatch.RefundDelay
}
