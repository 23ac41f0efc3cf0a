package socialwatch

import (
	"slices"
	"time"
)

// Intent is what a mention wants. The eleven values and their meaning are
// those of the labelling guide that the triage data was labelled by.
type Intent string

// Intents.
const (
	StuckOrder       Intent = "stuck_order"       // late, not shipped, no movement, attempt failed
	MissingDelivery  Intent = "missing_delivery"  // said to be delivered but is not here, lost, stolen
	RefundDelay      Intent = "refund_delay"      // money promised or due and not received
	Billing          Intent = "billing"           // double or unknown charge, promotion not applied
	ReturnExchange   Intent = "return_exchange"   // damaged, wrong or missing item, pick-up, replacement
	AccountAccess    Intent = "account_access"    // locked, hacked, login, one-time code
	ScamReport       Intent = "scam_report"       // phishing, impostor, fake seller
	ServiceComplaint Intent = "service_complaint" // conduct, or a rant without one of the above
	Question         Intent = "question"          // how-to, availability, a feature
	Praise           Intent = "praise"
	Other            Intent = "other" // chit-chat, spam, marketing, not addressed to us
)

// Intents lists every intent, in the order in which reports show them.
var Intents = []Intent{StuckOrder, MissingDelivery, RefundDelay, Billing, ReturnExchange,
	AccountAccess, ScamReport, ServiceComplaint, Question, Praise, Other}

// Signal is one piece of evidence. Start and End are byte offsets into the
// mention's stored text, End exclusive; both are 0 when the evidence lies
// outside the text (history, content warning, reach).
type Signal struct {
	Name   string `json:"name"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
	Points int    `json:"points"`
}

// EntityKind names a kind of entity found in a text.
type EntityKind string

// Kinds of entity. Order and tracking numbers are the join key of case
// systems and travel as typed values; the rest of PersonalData is masked.
const (
	OrderNumber    EntityKind = "order_number"
	TrackingNumber EntityKind = "tracking_number"
	Amount         EntityKind = "amount"
	DaysWaited     EntityKind = "days_waited"
	Date           EntityKind = "date"
	Email          EntityKind = "email"
	Phone          EntityKind = "phone"
	Card           EntityKind = "card"
	Address        EntityKind = "address"
	CaseNumber     EntityKind = "case_number"
)

// Entity is a typed thing found in the text. Value is normalised: amounts as
// "129.99", waits in whole days, dates as 2026-10-26 (or --10-26 without a
// year), numbers without spaces. Currency is ISO 4217, for amounts only.
type Entity struct {
	Kind     EntityKind `json:"kind"`
	Value    string     `json:"value"`
	Currency string     `json:"currency,omitempty"`
	Start    int        `json:"start"`
	End      int        `json:"end"`
}

// IgnoredImported stands in Assessment.Ignored of every mention that was
// imported from a file: it is of the past, and has neither case nor history.
const IgnoredImported = "imported"

// Assessment is what triage says of a mention: same input and same rules give
// the same value. The zero value is "nothing known" and never stored.
type Assessment struct {
	Rules     string   `json:"rules"` // version of the rules, for the audit
	Intent    Intent   `json:"intent"`
	Escalate  bool     `json:"escalate"`  // a human must act beyond the reply
	Urgency   int      `json:"urgency"`   // 0 calm, 1 pressed, 2 severe
	Sentiment int      `json:"sentiment"` // -1, 0, 1: what the writer feels
	Language  string   `json:"lang"`      // ISO 639-1 of the words, und if none
	Score     int      `json:"score"`     // 0 to 100, higher needs us sooner
	Ignored   string   `json:"ignored"`   // noise rule that applies; empty when it is a matter for us
	Thanks    bool     `json:"thanks"`    // only thanks: attaches, reopens nothing
	Signals   []Signal `json:"signals"`
	Entities  []Entity `json:"entities"`
	Masked    string   `json:"masked"` // text with personal data replaced by * byte for byte, so spans hold
}

// Entity returns the first entity of a kind and whether there is one.
func (a Assessment) Entity(kind EntityKind) (Entity, bool) {
	for _, e := range a.Entities {
		if e.Kind == kind {
			return e, true
		}
	}
	return Entity{}, false
}

// HumanSignals are the signals of a customer who wants a person: to speak to
// one, to be spared the bot, to be called. One of them forces Escalate, and no
// template that leaves the customer to help themselves may answer.
var HumanSignals = []string{"must.asks_for_human", "must.bot_denied", "must.asks_for_call"}

// WantsHuman is the first signal by which the customer wants a person, empty
// without one.
func (a Assessment) WantsHuman() string {
	for _, s := range a.Signals {
		if slices.Contains(HumanSignals, s.Name) {
			return s.Name
		}
	}
	return ""
}

// HistoryTime is how far back earlier mentions of an author count, and how
// long a new post without a thread joins the author's open case (product
// note, section 4).
const HistoryTime = 7 * 24 * time.Hour

// History is what triage may know beyond the text: an input value, never a
// look-up, so that assessing stays pure.
type History struct {
	Earlier  int  // mentions of this author in the HistoryTime before this one
	OpenCase bool // the author has an open case with us
}
