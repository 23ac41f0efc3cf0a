package socialwatch

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// WebhookState says whether an endpoint is told of events.
type WebhookState string

// States of an endpoint. Events of a time in which it is not active are kept
// for it.
const (
	WebhookActive   WebhookState = "active"
	WebhookPaused   WebhookState = "paused"   // by a person
	WebhookDisabled WebhookState = "disabled" // by the program: the endpoint said that it is gone
)

// DeliveryState is where one event for one endpoint stands.
type DeliveryState string

// States of a delivery.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryDead      DeliveryState = "dead" // given up; a person can have it tried again
)

// WebhookFilter chooses events. Empty lists choose all.
type WebhookFilter struct {
	Kinds     []string // of event; one that ends in * stands for all that begin so
	Accounts  []string // and events of no account
	Levels    []int    // of the case, as it stands when the event is taken up: then no event of no case
	Escalated bool     // only of escalated cases
}

// eventKind is a kind of event, or the beginning of some.
var eventKind = regexp.MustCompile(`^([a-z][a-z_]*(\.[a-z_]*)?)?\*?$`)

// maxFilter bounds each list of a filter.
const maxFilter = 100

// Check says what is wrong with a filter.
func (f WebhookFilter) Check() error {
	for _, kind := range f.Kinds {
		if kind == "" || len(kind) > 64 || !eventKind.MatchString(kind) {
			return fmt.Errorf("%q is no kind of event: write such as case.opened or case.*", kind)
		}
		if strings.HasPrefix(kind, "people") {
			return errors.New("events of people and their rights stand in the audit alone")
		}
	}
	for _, level := range f.Levels {
		if level < 1 || level > 4 {
			return fmt.Errorf("%d is no level: write 1 to 4", level)
		}
	}
	if len(f.Kinds) > maxFilter || len(f.Accounts) > maxFilter || len(f.Levels) > 4 || slices.Contains(f.Accounts, "") {
		return fmt.Errorf("a filter has at most %d kinds, %d accounts and 4 levels, none empty", maxFilter, maxFilter)
	}
	return nil
}

// Webhook is an endpoint that is told of events over HTTP.
type Webhook struct {
	ID          int64
	Name        string
	Ref         string // random: makes the ids of its messages its own
	Address     string // without query: to be shown, never logged
	Sealed      []byte // whole address and secrets
	Version     int    // rises when Sealed changes
	Filter      WebhookFilter
	State       WebhookState
	Why         string // it is disabled
	Seq         int64  // events up to this number have their deliveries
	Failures    int    // in a row
	Error       string // of the last of them; without secrets
	FailedAt    time.Time
	RestUntil   time.Time
	DeliveredAt time.Time
	CreatedAt   time.Time
}

// WebhookChange is what a person does to an endpoint. Nil and empty fields stay
// as they are.
type WebhookChange struct {
	Name   string
	Filter *WebhookFilter
	State  WebhookState // active or paused
	// Sealed takes the place of what stands at Version, with its Address; Rotated
	// tells a new secret from a new address.
	Sealed  []byte
	Address string
	Version int
	Rotated bool
	By      string
	At      time.Time
}

// WebhookHealth is a Webhook with what waits for it.
type WebhookHealth struct {
	Webhook
	Pending int
	Dead    int
	Behind  int64     // numbered events that it has no delivery of yet, fitting or not
	Oldest  time.Time // of the events that wait; zero: none
}

// Delivery is one event for one endpoint.
type Delivery struct {
	ID         int64
	Seq        int64
	Kind       string // of the event
	CaseNumber string
	State      DeliveryState
	Attempt    int // calls so far, and the fence of a claim
	Tries      int // since a person last had it tried again
	NextAt     time.Time
	Status     int // of the last answer; 0: none
	Error      string
	TriedAt    time.Time
	DoneAt     time.Time
	EventAt    time.Time
}

// DeliveryClaim asks for deliveries of one endpoint.
type DeliveryClaim struct {
	WebhookID int64
	Version   int // of the secrets that the worker holds; with older ones it gets none
	Worker    string
	Now       time.Time
	Lease     time.Duration
	Limit     int
}

// DeliveryEnd is how one call ended. Exactly one of Delivered, Dead, Back and
// NextAt counts, in this order.
type DeliveryEnd struct {
	DeliveryID int64
	Attempt    int // of the claim
	Worker     string
	At         time.Time
	Status     int    // 0: no answer
	Error      string // without secrets
	Delivered  bool
	Dead       bool
	Back       bool      // the call was cut off by us, or not made: as if never claimed
	NextAt     time.Time // of the next try
	Rest       time.Time // no call to the endpoint before this; zero: leave it
	Gone       bool      // the endpoint asked to be told no more: it is disabled
}
