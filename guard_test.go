package socialwatch_test

import (
	"errors"
	"strings"
	"testing"

	"socialwatch"
)

func TestAPanicIsAnErrorThatSaysWhereAndTellsNoWords(t *testing.T) {
	var none map[string]int
	for _, tc := range []struct {
		work func() error
		says string
	}{
		{func() error { none["a"] = 1; return nil }, "panic: assignment to entry in nil map\n"},
		{func() error { panic(errors.New("the template is broken")) }, "panic: the template is broken\n"},
		{func() error { panic("words of a customer") }, "panic: a value of type string\n"},
		{func() error { panic(struct{ Text string }{"words of a customer"}) }, "panic: a value of type struct"},
	} {
		err := socialwatch.Guard(tc.work)
		if err == nil || !strings.HasPrefix(err.Error(), tc.says) || !strings.Contains(err.Error(), "guard_test.go:") || strings.Contains(err.Error(), "customer") {
			t.Errorf("want %q and where it happened, have %v", tc.says, err)
		}
	}
	if err := socialwatch.Guard(func() error { return socialwatch.ErrConflict }); err != socialwatch.ErrConflict {
		t.Errorf("an error became %v", err)
	}
	if err := socialwatch.Guard(func() error { return nil }); err != nil {
		t.Errorf("no error became %v", err)
	}
}
