package console

import (
	"testing"
	"time"
)

func TestOnlyWebAddressesAreFollowed(t *testing.T) {
	for address, want := range map[string]string{
		"https://social.example/@a/1":        "https://social.example/@a/1",
		"http://social.example":              "http://social.example",
		"javascript:alert(1)":                "",
		"javascript://x.example/%0aalert(1)": "",
		"data:text/html,x":                   "",
		"//evil.example":                     "",
		"/replies/1":                         "",
		"https://shop.example@evil.example/": "",
		"https://":                           "",
		"ftp://x.example/":                   "",
		"https://x.example/\x00":             "",
		"":                                   "",
	} {
		if got := link(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
	for typed, want := range map[string]string{"https://social.example/": "", "https://social.example": "", "https://social.example/@a/1": "https://social.example/@a/1"} {
		if got := postLink(typed); got != want {
			t.Errorf("post %q: %q, want %q", typed, got, want)
		}
	}
}

func TestTimesReadInOneUnit(t *testing.T) {
	for d, want := range map[time.Duration]string{-time.Second: "0 s", 59 * time.Second: "59 s", 90 * time.Second: "1 min",
		119 * time.Minute: "1 h", 47 * time.Hour: "47 h", 50 * time.Hour: "2 days"} {
		if got := span(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int]string{-1: "", 0: "", 999: "999", 1240: "1.2k", 9999: "9.9k", 15300: "15k", 2_450_000: "2.4M"} {
		if got := short(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestTargetsTellHowMuchTimeIsLeft(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	c := &Console{o: Options{Now: func() time.Time { return now }}.withDefaults()}
	for _, tc := range []struct {
		at    time.Time
		given bool
		text  string
		class string
	}{
		{now.Add(6 * time.Minute), false, "6 min left", ""}, {now.Add(4 * time.Minute), false, "4 min left", "soon"},
		{now.Add(-time.Minute), false, "1 min overdue", "late"}, {now.Add(-time.Minute), true, "answered", "done"}, {time.Time{}, false, "–", ""},
	} {
		if m := c.due(tc.at, tc.given); m.Due != tc.text || m.Class != tc.class {
			t.Errorf("%s: %q %q, want %q %q", tc.at, m.Due, m.Class, tc.text, tc.class)
		}
	}
	if got := c.moment(now.Add(-25 * time.Hour)).Clock; got != "19 Nov 11:00" {
		t.Errorf("another day: %q", got)
	}
}

func TestLanguageTagsAreTagsOrNothing(t *testing.T) {
	for code, want := range map[string]string{"en": "en", "pt-BR": "pt-BR", "und": "", "": "", "e": "", `en" onload="x`: ""} {
		if got := tongue(code); got != want {
			t.Errorf("%q: %q", code, got)
		}
	}
	if language("de-AT") != "German" || language("xx") != "xx" {
		t.Error("names of languages")
	}
}
