package main

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
)

// TestNothingThatPagesCanShowIsForgotten: what console and API leave out when
// they are not given it stands in the program, but for what a configuration may
// leave out.
func TestNothingThatPagesCanShowIsForgotten(t *testing.T) {
	s := newShop(t, store.SQLite, simulator.Options{})
	a := s.here(time.Now)
	defer a.close()
	console, err := a.consoleOptions()
	must(t, err)
	for _, options := range []any{console, a.apiOptions()} {
		v := reflect.ValueOf(options)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Field(i).IsZero() && !slices.Contains([]string{"SSO", "Lookups", "Zone", "Clients", "Rate", "Pace"}, name) {
				t.Errorf("%T has no %s", options, name)
			}
		}
	}
}
