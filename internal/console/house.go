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
	Address      string          // where people use the console, without a slash at its end
	Targets      []time.Duration // business time until the first response, by level from 1
	Hold, Expiry time.Duration
	WideReach    int // followers from which an answer asks for a second look; 0: never
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
	Facts []houseFact
	Note  string
}

// houseFact is one thing, and the key of the configuration that says it.
type houseFact struct{ Name, Value, Key string }

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
	wide := say("house.wide.never")
	if h.WideReach > 0 {
		wide = say("reach", short(h.WideReach))
	}
	targets := houseView{Title: say("house.targets"), Note: say("house.targets.note")}
	for i, t := range h.Targets {
		targets.Facts = append(targets.Facts, houseFact{Name: say("level", i+1), Value: took(t)})
	}
	hours := houseView{Title: say("house.hours")}
	for _, account := range slices.Sorted(maps.Keys(h.Hours)) {
		key := "accounts[].calendar"
		if name := h.Hours[account].Calendar; name != "" {
			key = "calendars." + name
		}
		hours.Facts = append(hours.Facts, houseFact{account, openHours(h.Hours[account]), key})
	}
	replies := houseView{Title: say("house.replies"), Facts: []houseFact{
		{say("house.hold"), span(h.Hold), "replies.hold"},
		{say("house.expiry"), span(h.Expiry), "replies.expiry"},
		{say("house.self"), self, "replies.self_approval"},
		{say("house.wide"), wide, "replies.wide_reach"},
	}}
	privacy := houseView{Title: say("house.privacy"), Facts: []houseFact{
		{say("house.masked"), strings.Join(masked, ", "), "privacy.mask_stored"},
		{Name: say("house.retention"), Value: say("house.retention.none")},
	}}
	return []houseView{targets, hours, replies, privacy}
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
