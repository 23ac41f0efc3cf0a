package connectors

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"socialwatch"
)

func TestRatesTellWhatLimitsLeaveUntilTheyEnd(t *testing.T) {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	told, refused, unknown := &RateBudget{}, &RateBudget{}, &RateBudget{}
	told.Note(http.Header{"X-Ratelimit-Limit": {"300"}, "X-Ratelimit-Remaining": {"12"}, "X-Ratelimit-Reset": {now.Add(5 * time.Minute).Format(time.RFC3339)}}, now)
	told.Take(now, true)
	refused.Refused(2*time.Minute, now)
	budgets := map[string]*RateBudget{"read": told, "post": refused, "other": unknown}
	want := []socialwatch.Rate{{Call: "post", ResetAt: now.Add(2 * time.Minute)}, {Call: "read", Limit: 300, Remaining: 11, ResetAt: now.Add(5 * time.Minute)}}
	if got := Rates(budgets, now); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := Rates(budgets, now.Add(2*time.Minute)); len(got) != 1 || got[0].Call != "read" {
		t.Errorf("after two minutes %+v", got)
	}
	if got := Rates(budgets, now.Add(time.Hour)); got != nil {
		t.Errorf("after an hour %+v", got)
	}
}
