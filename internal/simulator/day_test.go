package simulator

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDayIsTheSameForASeedAndVaried(t *testing.T) {
	steps := Day(1)
	if !reflect.DeepEqual(steps, Day(1)) {
		t.Error("the same seed gives different days")
	}
	if reflect.DeepEqual(steps, Day(2)) {
		t.Error("different seeds give the same day")
	}
	count, texts, authors, keys := map[Action]int{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	themes := map[Theme]int{}
	for i, s := range steps {
		count[s.Action]++
		themes[s.Theme]++
		if i > 0 && s.Offset < steps[i-1].Offset || s.Offset > DayLength {
			t.Errorf("step %d at %v is out of order or after the day", i, s.Offset)
		}
		if s.Action != ActionPost {
			if s.Theme != ThemeNetwork && !keys[s.Key] {
				t.Errorf("%s of %s before its post", s.Action, s.Key)
			}
			continue
		}
		if keys[s.Key] || texts[s.Text] {
			t.Errorf("post %s is there twice: %s", s.Key, s.Text)
		}
		if strings.ContainsAny(s.Text, "{}") {
			t.Errorf("a placeholder is left in %q", s.Text)
		}
		if s.ReplyTo != "" && !keys[s.ReplyTo] {
			t.Errorf("%s answers a later post", s.Key)
		}
		keys[s.Key], texts[s.Text], authors[s.Author] = true, true, true
	}
	if n := count[ActionPost]; n < 135 || n > 175 {
		t.Errorf("%d posts, want 135 to 175", n)
	}
	if n := len(authors); n < 95 || n > 115 {
		t.Errorf("%d customers", n)
	}
	if len(themes) != 14 || count[ActionEdit] == 0 || count[ActionDelete] == 0 || count[ActionOutageStart] != 1 {
		t.Errorf("themes %v, actions %v", themes, count)
	}
	t.Logf("%v posts by %d customers, themes %v", count, len(authors), themes)
}

// scripted works the truth out from the script alone.
func scripted(steps []Step, ids map[string]string) (mentions, unaddressed []string, deleted int) {
	gone, addressing := map[string]bool{}, map[string]bool{}
	for _, s := range steps {
		switch {
		case s.Action == ActionDelete:
			gone[s.Key] = true
		case strings.Contains(s.Text, "@"+DayHandle):
			addressing[s.Key] = true
		}
	}
	for _, s := range steps {
		switch {
		case s.Action != ActionPost || gone[s.Key]:
		case addressing[s.Key]:
			mentions = append(mentions, ids[s.Key])
		case s.ReplyTo != "":
			unaddressed = append(unaddressed, ids[s.Key])
		}
	}
	return mentions, unaddressed, len(gone)
}

func TestPlayedDayMatchesItsTruth(t *testing.T) {
	r := newRig(t, Options{})
	steps := Day(3)
	base := r.m.URL()
	outage, told := false, 0
	ids, err := Play(t.Context(), Stages{OnMastodon: r.m}, steps, 0, func(s Step, _ string) {
		told++
		outage = outage || s.Action == ActionOutageStart
	})
	must(t, err)
	want, unaddressed, deleted := scripted(steps, ids)
	truth := r.m.Truth(DayHandle)
	for _, list := range [][]string{want, unaddressed, truth.Must, truth.Unaddressed} {
		slices.Sort(list)
	}
	if !slices.Equal(want, truth.Must) || !slices.Equal(unaddressed, truth.Unaddressed) {
		t.Errorf("script: %d mentions, %d follow-ups without the handle; server: %d, %d",
			len(want), len(unaddressed), len(truth.Must), len(truth.Unaddressed))
	}
	if len(truth.May) != 0 || len(truth.Never) != deleted {
		t.Errorf("nobody looked, but %d may be known and %d never (deleted %d)", len(truth.May), len(truth.Never), deleted)
	}
	if told != len(steps) || !outage || r.m.URL() != base {
		t.Errorf("%d of %d steps told, outage %v", told, len(steps), outage)
	}
	r.want(200, "GET", "/api/v1/notifications", nil)
	t.Logf("%d mentions, %d follow-ups without the handle, %d deleted", len(want), len(unaddressed), deleted)
}

func TestFollowUpGoesUnderTheShopsAnswer(t *testing.T) {
	r := newRig(t, Options{})
	answer := ""
	steps := []Step{
		{Action: ActionPost, Key: "a", Author: "customer1@far.example", Text: "@shop_help where"},
		{Action: ActionPost, Key: "b", Author: "customer1@far.example", Text: "still nothing", ReplyTo: "a", UnderAnswer: true},
	}
	ids, err := Play(t.Context(), Stages{OnMastodon: r.m}, steps, 0, func(s Step, id string) {
		if s.Key == "a" {
			answer = r.post(DayHandle, "@customer1@far.example looking", PostOptions{InReplyTo: id})
		}
	})
	must(t, err)
	if p := r.m.Published("customer1@far.example", answer); len(p) != 1 || p[0].ID != ids["b"] {
		t.Errorf("under the answer: %+v", p)
	}
	if got := r.m.Truth(DayHandle).Unaddressed; !slices.Equal(got, []string{ids["b"]}) {
		t.Errorf("unaddressed: %v", got)
	}
}

func TestPlayWaitsBySpeedAndEndsWithItsContext(t *testing.T) {
	r := newRig(t, Options{})
	steps := []Step{
		{Action: ActionPost, Key: "a", Author: "customer1", Text: "@shop_help one"},
		{Action: ActionOutageStart},
		{Offset: 24 * time.Hour, Action: ActionOutageEnd},
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Play(ctx, Stages{OnMastodon: r.m}, steps, 2, func(s Step, _ string) {
		if s.Action == ActionOutageStart {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	r.want(200, "GET", "/api/v1/notifications", nil)
}
