package console

import "time"

// house is what the tests' configuration says.
var house = House{Address: "https://watch.shop.example", Hold: 20 * time.Second, Expiry: 4 * time.Hour, Masked: []string{"phone"},
	Hours: map[string]Hours{account: {Calendar: "office", Zone: "Europe/London", Times: []string{"mon-fri 09:00-18:00"}, Holidays: []string{"2026-12-25"}}}}
