package console

import (
	"testing"
	"time"

	"socialwatch"
)

func TestConnectionsShowCursorAndWhatLimitsLeave(t *testing.T) {
	s := newShop(t)
	if s.now().Add(time.Hour).Day() != s.now().Day() {
		s.advance(time.Hour) // a time of tomorrow is shown with its day
	}
	max, rita := s.enter(t, "max"), s.enter(t, "rita")
	max.get("/connections").has(t, "nothing read yet")
	s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: account, At: s.now().Add(-4 * time.Second)}))
	k, err := s.Known(t.Context(), socialwatch.Ask{Account: account})
	must(t, err)
	must(t, s.Save(t.Context(), socialwatch.Changes{Account: account, Version: k.Version, At: s.now(), Cursor: []byte("{\"head\":\"<b>9\xff\"}")}))
	reset := s.now().Add(3 * time.Minute)
	s.console.o.Rates = func(name string, _ time.Time) []socialwatch.Rate {
		if name != account {
			t.Errorf("asked for %s", name)
		}
		return []socialwatch.Rate{{Call: "user GET /2/tweets", Limit: 300, Remaining: 150, ResetAt: reset}, {Call: "user POST /2/tweets", Limit: 200, Remaining: 20, ResetAt: reset},
			{Call: "user GET /2/users/me", ResetAt: reset}}
	}
	page := max.get("/connections")
	page.has(t, "the last good poll, 4 s ago", "none, until "+reset.Format("15:04"), "user POST /2/tweets", "20 of 200", "150 of 300", "head&#34;:&#34;&lt;b&gt;9�")
	page = rita.get("/connections")
	page.has(t, "the last good poll", "20 of 200")
	page.hasNot(t, "head&#34;")
	s.console.o.Rates = func(string, time.Time) []socialwatch.Rate {
		return []socialwatch.Rate{{Limit: 300, Remaining: 287, ResetAt: reset}}
	}
	page = rita.get("/connections")
	page.has(t, "287 of 300, until")
	page.hasNot(t, "Calls left, by call")
}

func TestSettingsSayWhereEachRuleOfTheShopIsChanged(t *testing.T) {
	s := newShop(t)
	s.enter(t, "rita").get("/settings").has(t, "First response due, in business time", "15 min", "4 h", "no key changes them", "calendars.office", "replies.hold",
		"privacy.mask_stored", "10k followers", "mon-fri 09:00-18:00")
}
