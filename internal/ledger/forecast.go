package ledger

import (
	"time"

	"socialwatch"
)

// paceDays are the full days before today whose mean tells the pace: a week,
// because weekends differ.
const paceDays = 7

// leastDays is the time that a pace is measured by at least, in days: an
// account's first hour is no measure of its days.
const leastDays = 0.25

// Forecast is what the account of rows will have spent when now's month ends:
// what it has spent this month, and for the time that is left the mean of the
// last seven full days and of today so far. Days before the first spending do
// not count. rows are of one account, from seven days before today or the first
// of the month on, in any order.
func Forecast(rows []socialwatch.Spending, now time.Time) socialwatch.MicroUSD {
	month, today := socialwatch.Month(now), socialwatch.Day(now)
	since := today.AddDate(0, 0, -paceDays)
	first := today
	var spent, paced socialwatch.MicroUSD
	for _, r := range rows {
		if r.Day.After(today) {
			continue // a clock that went back
		}
		if !r.Day.Before(month) {
			spent += r.Amount
		}
		if !r.Day.Before(since) {
			paced += r.Amount
		}
		if r.Day.Before(first) {
			first = r.Day
		}
	}
	if first.Before(since) {
		first = since
	}
	days := max(now.Sub(first).Hours()/24, leastDays)
	left := month.AddDate(0, 1, 0).Sub(now).Hours() / 24
	return spent + socialwatch.MicroUSD(float64(paced)/days*left)
}
