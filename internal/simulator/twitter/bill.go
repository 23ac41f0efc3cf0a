package twitter

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The items of the price list.
const (
	itemMention    = "mention_read" // of the app's owner, who is signed in
	itemOwn        = "own_read"     // the same
	itemPost       = "post_read"    // any other read of a post, search included
	itemUser       = "user_read"
	itemEvent      = "stream_event"
	itemCreate     = "create"       // a summoned reply
	itemPlain      = "create_plain" // any other post
	itemCreateLink = "create_link"  // with a link
	itemDelete     = "delete"
)

// prices are X's, in micro USD.
var prices = map[string]MicroUSD{
	itemMention: 1_000, itemOwn: 1_000, itemPost: 5_000, itemUser: 10_000, itemEvent: 5_000,
	itemCreate: 10_000, itemPlain: 15_000, itemCreateLink: 200_000, itemDelete: 10_000,
}

// Charge is what was charged for one item on one UTC day.
type Charge struct {
	Day     string   `json:"day"` // 2006-01-02
	Item    string   `json:"item"`
	Objects int      `json:"objects"`
	Amount  MicroUSD `json:"amount"` // micro USD
}

// Bill is all that was charged, by day and item.
type Bill struct {
	Total   MicroUSD `json:"total"` // micro USD
	Charges []Charge `json:"charges"`
	Balance MicroUSD `json:"balance"` // what is left; 0 with unlimited credit
}

type chargeKey struct{ day, item string }

// bill counts what the app has used. A resource is charged once a UTC day, at
// the price of the item that brought it first, whatever call brings it again.
type bill struct {
	charges map[chargeKey]*Charge
	today   string
	seen    map[string]bool // resources charged today
	limited bool
	left    MicroUSD
	reads   map[string]int // posts read, by day
}

func newBill(credits MicroUSD) bill {
	return bill{
		charges: map[chargeKey]*Charge{}, seen: map[string]bool{}, reads: map[string]int{},
		limited: credits > 0, left: credits,
	}
}

const dayForm = "2006-01-02"

// charge bills a resource, such as "post:5" or "user:42", unless it is paid
// for today.
func (b *bill) charge(now time.Time, item, resource string) {
	day := now.Format(dayForm)
	if day != b.today {
		b.today = day
		clear(b.seen)
	}
	if b.seen[resource] {
		return
	}
	b.seen[resource] = true
	key := chargeKey{day, item}
	if b.charges[key] == nil {
		b.charges[key] = &Charge{Day: day, Item: item}
	}
	b.charges[key].Objects++
	b.charges[key].Amount += prices[item]
	b.left -= prices[item]
	if strings.HasPrefix(resource, "post:") {
		b.reads[day]++
	}
}

// afford reports whether the balance allows a call that costs at least price.
func (b *bill) afford(price MicroUSD) bool { return !b.limited || b.left > 0 && b.left >= price }

// month counts the posts read in the calendar month.
func (b *bill) month(now time.Time) int {
	n := 0
	for day, posts := range b.reads {
		if strings.HasPrefix(day, now.Format("2006-01-")) {
			n += posts
		}
	}
	return n
}

// Bill is what the app owes by now, by UTC day and item of the price list.
func (s *Server) Bill() Bill {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Bill{Charges: []Charge{}}
	for _, c := range s.bill.charges {
		out.Charges = append(out.Charges, *c)
		out.Total += c.Amount
	}
	slices.SortFunc(out.Charges, func(a, b Charge) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Item, b.Item))
	})
	if s.bill.limited {
		out.Balance = s.bill.left
	}
	return out
}

// AddCredits pays into the balance, which is limited from then on; a negative
// amount takes from it.
func (s *Server) AddCredits(amount MicroUSD) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.bill.limited {
		s.bill.limited, s.bill.left = true, 0
	}
	s.bill.left += amount
}
