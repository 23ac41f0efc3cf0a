package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"socialwatch"
)

func TestConnectionsTellHowPollingDoes(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, adam := t.Context(), fx.Hire(t, "adam", socialwatch.RoleAdmin)
		if err := fx.EnsureAccount(ctx, "another", string(socialwatch.Mastodon), Host); err != nil {
			t.Fatal(err)
		}
		c := fx.Changes(t)
		for i, hours := range []int{-24 * 8, -30, -24, -4, -3} { // the first is too long ago to count
			m := Mention(string(rune('a'+i)), "customer1")
			m.CreatedAt = Start.Add(time.Duration(hours) * time.Hour)
			c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: Assessment(m)})
		}
		c.Gaps = []socialwatch.Gap{{From: Start.Add(-time.Hour), Reason: "open"},
			{From: Start.Add(-2 * time.Hour), To: Start.Add(-time.Hour), Reason: "over"}}
		c.Aside = []socialwatch.SetAside{{ID: "1", Raw: []byte("x"), Problem: "p"}, {ID: "2", Raw: []byte("x"), Problem: "p"}}
		fx.MustSave(t, c)
		fx.Seed(t, "post", 2)
		err := errors.Join(
			fx.RecordPoll(ctx, socialwatch.PollResult{Account: Account, At: Start}),
			fx.RecordPoll(ctx, socialwatch.PollResult{Account: Account, At: Start.Add(time.Minute), Err: "away", Reason: socialwatch.Temporary, NextAt: Start.Add(time.Hour)}),
			fx.SetStream(ctx, Account, true, Start),
			fx.Pause(ctx, Account, adam, Start), fx.Pause(ctx, Account, adam, Start.Add(time.Hour)))
		if err != nil {
			t.Fatal(err)
		}
		list, err := fx.Connections(ctx, Start)
		if err != nil || len(list) != 2 || list[0].Name != "another" {
			t.Fatalf("%+v, %v", list, err)
		}
		got := list[1]
		if len(got.Gaps) != 2 || got.Gaps[0].Reason != "open" || !got.Gaps[0].To.IsZero() || got.Gaps[1].To.IsZero() {
			t.Errorf("gaps %+v", got.Gaps)
		}
		if got.Aside != 2 || got.Queue != 2 || got.Silence != 20*time.Hour || got.PausedBy != "adam" || !got.PausedAt.Equal(Start) {
			t.Errorf("%+v", got)
		}
		if !got.GoodAt.Equal(Start) || !got.PolledAt.Equal(Start.Add(time.Minute)) || got.Failures != 1 || got.Error != "away" ||
			got.Reason != socialwatch.Temporary || !got.StreamUp || got.Lag != time.Minute || !got.NewestAt.Equal(Start.Add(-time.Minute)) {
			t.Errorf("%+v", got)
		}
		if a := list[0]; a.Silence != 0 || !a.NewestAt.IsZero() || a.PausedBy != "" || len(a.Gaps) != 0 {
			t.Errorf("%+v", a)
		}
		later, err := fx.Connections(ctx, Start.Add(8*24*time.Hour))
		if err != nil || len(later[1].Gaps) != 1 || later[1].Gaps[0].Reason != "open" {
			t.Errorf("gaps a week later %+v, %v", later[1].Gaps, err)
		}
	})
}

func TestPauseAndUnpauseAreToldOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, adam := t.Context(), fx.Hire(t, "adam", socialwatch.RoleAdmin)
		for _, step := range []struct {
			do     func() error
			paused bool
		}{
			{func() error { return fx.Unpause(ctx, Account, adam, Start) }, false},
			{func() error { return fx.Pause(ctx, Account, adam, Start) }, true},
			{func() error { return fx.Pause(ctx, Account, adam, Start) }, true},
			{func() error { return fx.Unpause(ctx, Account, adam, Start) }, false},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if a, err := fx.Account(ctx, Account); err != nil || a.Paused != step.paused {
				t.Errorf("%+v, %v", a, err)
			}
		}
		if err := fx.Pause(ctx, "no such", adam, Start); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("an account that is none: %v", err)
		}
		log := fx.Log(t, 0)
		if len(log) != 2 || log[0].Kind != "polling.paused" || log[1].Kind != "polling.resumed" || log[0].Actor != "adam" || log[0].Data["account"] != Account {
			t.Errorf("%+v", log)
		}
	})
}

func TestStatsCountWhatStands(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		empty, err := fx.Stats(ctx)
		if err != nil || len(empty.Replies) != 0 || empty.Mentions != 0 || !empty.OldestAwaiting.IsZero() ||
			!empty.OldestUnnumbered.IsZero() || empty.Stop.Stopped {
			t.Errorf("%+v, %v", empty, err)
		}
		s := fx.Seed(t, "post", 4)
		put(t, fx, s[0].Reply.ID, socialwatch.ReplyUnknown)
		put(t, fx, s[1].Reply.ID, socialwatch.ReplySent)
		if err := fx.Stop(ctx, "ben", Start); err != nil {
			t.Fatal(err)
		}
		got, err := fx.Stats(ctx)
		if err != nil || got.Mentions != 4 || len(got.Replies) != 2 || got.Replies[socialwatch.ReplyAwaiting] != 2 ||
			got.Replies[socialwatch.ReplyUnknown] != 1 || got.HandedOver != 0 || !got.OldestAwaiting.Equal(Start) ||
			!got.OldestUnnumbered.Equal(Start) || !got.Stop.Stopped {
			t.Errorf("%+v, %v", got, err)
		}
		fx.Log(t, 0) // numbers them
		if got, err := fx.Stats(ctx); err != nil || !got.OldestUnnumbered.IsZero() {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// saveAt stores mentions posted at the given times before a batch taken in at.
func saveAt(t *testing.T, fx Fixture, at time.Time, posted ...time.Time) {
	t.Helper()
	c := fx.Changes(t)
	c.At = at
	for _, p := range posted {
		m := Mention("at "+p.String(), "customer1")
		m.CreatedAt = p
		c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: Assessment(m)})
	}
	fx.MustSave(t, c)
}

func TestSilenceAlarmStaysOn(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		saveAt(t, fx, Start, Start.Add(-5*time.Hour), Start.Add(-3*time.Hour), Start.Add(-time.Hour))
		for _, days := range []int{1, 6, 8, 30, 300} {
			now := Start.Add(time.Duration(days) * 24 * time.Hour)
			list, err := fx.Connections(t.Context(), now)
			if err != nil || list[0].Silence != 2*time.Hour || !list[0].Silent(now) {
				t.Errorf("after %d days: %+v, %v", days, list, err)
			}
		}
		now := Start.Add(30 * 24 * time.Hour)
		saveAt(t, fx, now, now) // one is not enough to tell what is usual now
		now = now.Add(11 * time.Minute)
		list, err := fx.Connections(t.Context(), now)
		if err != nil || list[0].Silence < 30*24*time.Hour || list[0].Silent(now) {
			t.Errorf("after one mention: %+v, %v", list, err)
		}
	})
}

func TestMentionDatedInTheFutureDoesNotHideSilence(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		saveAt(t, fx, Start, Start.Add(-2*time.Hour), Start.Add(-time.Hour), Start.AddDate(70, 0, 0))
		now := Start.Add(6 * time.Hour)
		list, err := fx.Connections(t.Context(), now)
		if err != nil || !list[0].NewestAt.Equal(Start) || list[0].Silence != time.Hour || !list[0].Silent(now) {
			t.Errorf("%+v, %v", list, err)
		}
		// As written by a clock that went back since.
		saveAt(t, fx, Start.AddDate(1, 0, 0), Start.AddDate(1, 0, 0))
		saveAt(t, fx, now) // tells nothing new
		saveAt(t, fx, now, now.Add(-time.Minute))
		if list, err = fx.Connections(t.Context(), now); err != nil || !list[0].NewestAt.Equal(now.Add(-time.Minute)) {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestImportedPostsTellNothingOfAnAccount(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		saveAt(t, fx, Start, Start.Add(-3*time.Hour), Start.Add(-time.Hour))
		before, err := fx.Connections(t.Context(), Start.AddDate(0, 1, 0))
		if err != nil {
			t.Fatal(err)
		}
		fx.Store = On(t, fx.Options).Store // which remembers no silence
		c := fx.Changes(t)
		c.Past, c.At = true, Start.AddDate(0, 1, 0)
		for _, days := range []int{400, 20} {
			m := Mention(fmt.Sprint("old-", days), "customer1")
			m.CreatedAt = c.At.AddDate(0, 0, -days)
			a := Assessment(m)
			a.Ignored = socialwatch.IgnoredImported
			c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: a})
		}
		fx.MustSave(t, c)
		after, err := fx.Connections(t.Context(), Start.AddDate(0, 1, 0))
		if err != nil || len(after) != 1 || fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) || after[0].Silence != 2*time.Hour {
			t.Errorf("before %+v\nafter  %+v, %v", before, after, err)
		}
	})
}
