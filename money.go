package socialwatch

import (
	"fmt"
	"time"
)

// MicroUSD is money in millionths of a US dollar, the unit in which networks
// that charge name their prices. Prices have at most four digits behind the
// point, so sums are exact.
type MicroUSD int64

// Dollars is m as people read it: "$12.34", with more digits while small:
// "$0.005".
func (m MicroUSD) Dollars() string {
	if m < 0 {
		return "-" + (-m).Dollars()
	}
	if m != 0 && m < 1_000_000 && m%10_000 != 0 {
		return fmt.Sprintf("$%.4g", float64(m)/1e6)
	}
	return fmt.Sprintf("$%.2f", float64(m)/1e6)
}

// Costing is a paid call, or kind of call: what it costs for each object that
// the network answers with.
type Costing struct {
	Account string
	Item    string   // of the network's price list, such as mention_read
	Price   MicroUSD // of one object
	Most    int      // objects that the call can bring at most
	Write   bool     // publishing, or the look right before it: reading leaves it a share of the budget
}

// Spending is what one account has spent on one item on one UTC day.
type Spending struct {
	Account string
	Day     time.Time // midnight UTC
	Item    string
	Objects int // charged once each
	Amount  MicroUSD
}
