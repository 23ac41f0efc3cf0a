package store_test

import (
	"slices"
	"testing"

	"socialwatch/internal/store"
)

// FuzzCursor: whatever text arrives, a cursor is read in one spelling or
// refused.
func FuzzCursor(f *testing.F) {
	f.Add(store.Cursor("q", 1, -2, 3, 1<<62))
	f.Add("eyJsIjoicSIsInQiOlsxLDIsMyw0XX0")
	f.Add("!")
	f.Fuzz(func(t *testing.T, text string) {
		at, err := store.ParseCursor(text, "q", 4)
		if err != nil {
			if err != store.ErrCursor {
				t.Fatal(err)
			}
			return
		}
		if store.Cursor("q", at...) != text {
			t.Errorf("%q reads as %v", text, at)
		}
	})
}

func TestCursorReadsAsWritten(t *testing.T) {
	want := []int64{1, -2, 3, 1 << 62}
	got, err := store.ParseCursor(store.Cursor("q", want...), "q", 4)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}
