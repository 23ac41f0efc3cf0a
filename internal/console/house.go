package console

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// House is what the configuration says that people ask about. Pages show it
// and change nothing of it.
type House struct {
	Address      string // where people use the console, without a slash at its end
	Hold, Expiry time.Duration
	SelfApproval bool
	Hours        map[string]Hours // business hours, by account; one without is always open
	Languages    []string         // that we answer in
	Teams        []string         // who work on cases
	Masked       []string         // kinds of personal data that stored posts are without
}

// Hours are when people work.
type Hours struct {
	Calendar, Zone  string
	Times, Holidays []string
}

type houseView struct {
	Title string
	Facts []fact
}

// house is the read-only part of the settings.
func (c *Console) house() []houseView {
	h := c.o.House
	self := say("house.self.off")
	if h.SelfApproval {
		self = say("house.self.on")
	}
	masked := []string{say("house.masked.cards")}
	for _, kind := range h.Masked {
		masked = append(masked, label("personal", kind))
	}
	replies := houseView{say("house.replies"), []fact{
		{Name: say("house.hold"), Value: span(h.Hold)},
		{Name: say("house.expiry"), Value: span(h.Expiry)},
		{Name: say("house.self"), Value: self},
	}}
	privacy := houseView{say("house.privacy"), []fact{
		{Name: say("house.masked"), Value: strings.Join(masked, ", ")},
		{Name: say("house.retention"), Value: say("house.retention.none")},
	}}
	hours := houseView{Title: say("house.hours")}
	for _, account := range slices.Sorted(maps.Keys(h.Hours)) {
		hours.Facts = append(hours.Facts, fact{Name: account, Value: openHours(h.Hours[account])})
	}
	return []houseView{hours, replies, privacy}
}

func openHours(h Hours) string {
	if len(h.Times) == 0 {
		return say("house.always")
	}
	text := say("house.open", strings.Join(h.Times, ", "), h.Zone)
	if len(h.Holidays) > 0 {
		text += say("house.holidays", strings.Join(h.Holidays, ", "))
	}
	return text
}
