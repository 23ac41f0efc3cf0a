package console

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAThousandChangesBecomeFewLooksForAllPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &busyLive{}
		told := crowd(t, b, 2*time.Second, map[string]time.Duration{"rows=1": 0, "rows=1,2": 0, "rows=3": 0})
		if b.looks < 72 || b.looks > 88 {
			t.Errorf("%d looks in two seconds, want about eighty for all pages", b.looks)
		}
		for page, n := range told {
			if n < 72 || n > 88 {
				t.Errorf("%s was told %d times", page, n)
			}
		}
	})
}

func TestASlowPageHoldsUpNobodyAndIsToldTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := crowd(t, &busyLive{}, 4*time.Second, map[string]time.Duration{"rows=1": 0, "rows=1,2,3": time.Second})
		if n := told["rows=1"]; n < 72 {
			t.Errorf("the quick one was told %d times", n)
		}
		if n := told["rows=1,2,3"]; n < 3 || n > 5 {
			t.Errorf("the slow one was told %d times", n)
		}
	})
}

func TestACostlyListRestsAndHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := crowd(t, &busyLive{takes: 30 * time.Millisecond}, 6*time.Second, map[string]time.Duration{"": 0, "team=slow": 0})
		if quick, slow := told[""], told["team=slow"]; quick < 35 || slow < 15 || slow > 22 {
			t.Errorf("%d and %d", quick, slow)
		}
	})
}
