package responder

import (
	"testing"
	"time"

	"socialwatch"
)

// office is open from nine to five on weekdays, but for the second of November.
func office(t *testing.T) Calendar {
	t.Helper()
	c, err := ParseCalendar("Europe/London", []string{"mon-fri 09:00-17:00"}, []string{"2026-11-04"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// monday is 2 November 2026 in London, at a time of the day.
func monday(days, hour, minute int) time.Time {
	return time.Date(2026, 11, 2+days, hour, minute, 0, 0, time.UTC)
}

func TestBetweenIsWhatAddAdds(t *testing.T) {
	for name, c := range map[string]Calendar{"office": office(t), "always": {}} {
		for _, from := range []time.Time{monday(0, 8, 0), monday(0, 16, 30), monday(1, 18, 0), monday(5, 3, 0)} {
			for _, d := range []time.Duration{0, time.Minute, 7 * time.Hour, 21 * time.Hour} {
				if got := c.Between(from, c.Add(from, d)); got != d {
					t.Errorf("%s: from %v add %v: %v lies between", name, from, d, got)
				}
			}
		}
		if got := c.Between(monday(1, 9, 0), monday(0, 9, 0)); got != 0 {
			t.Errorf("%s: backwards: %v", name, got)
		}
	}
}

func TestTargetsCountBusinessTimeAndStandWhileTheCaseWaits(t *testing.T) {
	own := Targets{First: DefaultTargets.First, Next: [4]time.Duration{2 * time.Hour}, Resolution: [4]time.Duration{16 * time.Hour}}
	c := socialwatch.Case{State: socialwatch.CaseOpen, Level: 1, OpenedAt: monday(0, 9, 0), DueAt: monday(0, 9, 15)}
	all := own.Of(c, nil, office(t))
	if len(all) != 2 || all[0].Name != socialwatch.FirstResponse || !all[0].WarnAt.Equal(monday(0, 9, 11).Add(15*time.Second)) || !all[0].DueAt.Equal(c.DueAt) {
		t.Errorf("before the first response: %+v", all)
	}
	// Tuesday is the second day; Wednesday is a holiday.
	if all[1].Name != socialwatch.Resolution || !all[1].DueAt.Equal(monday(1, 17, 0)) || !all[1].WarnAt.Equal(monday(1, 13, 0)) {
		t.Errorf("resolution: %+v", all[1])
	}

	c.RespondedAt, c.AskedAt = monday(0, 9, 10), monday(0, 16, 0)
	rests := []socialwatch.Rest{{From: monday(0, 10, 0), To: monday(0, 12, 0)}, {From: monday(0, 16, 30), To: monday(1, 9, 30)}}
	all = own.Of(c, rests, office(t))
	if len(all) != 2 || all[0].Name != socialwatch.NextResponse || !all[0].DueAt.Equal(monday(1, 11, 0)) || !all[0].Since.Equal(c.AskedAt) {
		t.Errorf("half an hour before the rest, ninety minutes behind it: %+v", all[0])
	}
	// 16 h less 1 h, less 4.5 h to 16:30 on Monday: 7.5 h of Tuesday, 3 h of Thursday.
	if want := monday(3, 12, 0); !all[1].DueAt.Equal(want) {
		t.Errorf("resolution due %v, want %v", all[1].DueAt, want)
	}

	c.State = socialwatch.CaseWaiting
	all = own.Of(c, append(rests, socialwatch.Rest{From: monday(1, 10, 0)}), office(t))
	if len(all) != 2 || !all[0].Stands() || !all[1].Stands() {
		t.Errorf("while it waits: %+v", all)
	}
	// What was due before the rest began stays so.
	all = own.Of(c, append(rests, socialwatch.Rest{From: monday(1, 13, 0)}), office(t))
	if !all[0].DueAt.Equal(monday(1, 11, 0)) {
		t.Errorf("overdue before the rest: %+v", all[0])
	}
	for _, s := range []socialwatch.CaseState{socialwatch.CaseResolved, socialwatch.CaseClosed, socialwatch.CaseMerged} {
		if c.State = s; len(own.Of(c, rests, office(t))) != 0 {
			t.Errorf("%s has targets", s)
		}
	}
}
