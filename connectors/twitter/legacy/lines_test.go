package legacy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"socialwatch"
)

// tweet is a post in the v1.1 format by customer1 that names @shop_help;
// fields replace its own, null drops one.
func tweet(id, fields string) string {
	t := map[string]any{"id_str": id, "created_at": "Fri Nov 20 09:14:03 +0000 2026", "full_text": "@shop_help order 1001 never came",
		"user":     map[string]any{"id_str": "7001", "screen_name": "customer1", "name": "Customer", "followers_count": 12},
		"entities": map[string]any{"user_mentions": []any{map[string]any{"id_str": "42", "screen_name": "shop_help", "indices": []int{0, 10}}}}}
	var more map[string]any
	if fields != "" {
		dec := json.NewDecoder(strings.NewReader("{" + fields + "}"))
		dec.UseNumber()
		if err := dec.Decode(&more); err != nil {
			panic(err)
		}
	}
	for k, v := range more {
		t[k] = v
	}
	b, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// read is what Lines yields, and its error.
func read(r io.Reader) (all []Line, err error) {
	for l, e := range Lines(r, "shop_x", "Shop_Help") {
		if e != nil {
			return all, e
		}
		all = append(all, l)
	}
	return all, nil
}

func one(t *testing.T, text string) Line {
	t.Helper()
	all, err := read(strings.NewReader(text))
	if err != nil || len(all) != 1 {
		t.Fatalf("%d lines, %v", len(all), err)
	}
	return all[0]
}

func TestLinesDecodeWhatTheFormatHolds(t *testing.T) {
	got := one(t, tweet("2123706425275318272", `"lang": "en", "in_reply_to_status_id_str": "2123706425275310000", "in_reply_to_user_id_str": "7002",
		"full_text": "@shop_help &amp;lt; is &lt;not&gt; &quot;escaped&quot;\u0000\r\nSecond line ",
		"extended_entities": {"media": [{"type": "photo"}, {"type": "animated_gif"}, {"type": "hologram"}]}`))
	want := socialwatch.Mention{Account: "shop_x", Kind: socialwatch.KindMention, Post: socialwatch.Post{
		Network: socialwatch.X, Host: "x.com", ID: "2123706425275318272", Language: "en", Visibility: socialwatch.Public,
		Author: socialwatch.Author{ID: "7001", Handle: "customer1", Name: "Customer", URL: "https://x.com/customer1", Followers: 12},
		Text:   "@shop_help &lt; is <not> &quot;escaped&quot;\nSecond line",
		URL:    "https://x.com/customer1/status/2123706425275318272", ParentID: "2123706425275310000", ParentBy: "7002",
		RootID: "2123706425275310000", Media: []socialwatch.Media{{Kind: "image"}, {Kind: "video"}, {Kind: "other"}},
		CreatedAt: time.Date(2026, 11, 20, 9, 14, 3, 0, time.UTC)}}
	if got.N != 1 || got.Odd != nil || got.Skip != "" || fmt.Sprintf("%+v", got.Mention) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestLinesBearTheFormatsManyForms(t *testing.T) {
	const id = "2123706425275318272"
	user := `"user": {"id": "7001", "screen_name": "customer1", "followers_count": "12"}`
	quoted := `"quoted_status": {"id_str": "5", "user": {"id_str": "42", "screen_name": "%s"}}, "entities": {"user_mentions": []}`
	for _, tc := range []struct {
		name, fields string
		text         string // of the mention; "" for the usual one
		skip         Skip
		kind         socialwatch.MentionKind
	}{
		{"numbers as text", user + `, "favorite_count": "many", "display_text_range": ["0", "9"]`, "", "", socialwatch.KindMention},
		{"number alone", `"id_str": null, "id": 2123706425275318272`, "", "", socialwatch.KindMention},
		{"text as number", `"id_str": 2123706425275318272`, "", "", socialwatch.KindMention},
		{"odd but unused", `"place": {"attributes": {"a": 1}}, "coordinates": "here", "retweet_count": 1.5`, "", "", socialwatch.KindMention},
		{"short text", `"full_text": null, "text": "@shop_help short"`, "@shop_help short", "", socialwatch.KindMention},
		{"extended tweet", `"full_text": null, "text": "@shop_help cut…", "entities": {}, "extended_tweet": {"full_text": "@shop_help whole",
			"entities": {"user_mentions": [{"id_str": "42", "screen_name": "shop_help"}]}}`, "@shop_help whole", "", socialwatch.KindMention},
		{"no entities", `"entities": null`, "", "", socialwatch.KindMention},
		{"no entities, another handle", `"entities": null, "full_text": "@shop_helper a@shop_help.example @shop_help@social.example"`, "", SkipNotAddressed, ""},
		{"not named", `"entities": {"user_mentions": [{"id_str": "43", "screen_name": "shop_helper"}]}`, "", SkipNotAddressed, ""},
		{"handle in another case", `"entities": {"user_mentions": [{"screen_name": "SHOP_HELP"}]}`, "", "", socialwatch.KindMention},
		{"quotes us", fmt.Sprintf(quoted, "shop_help"), "", "", socialwatch.KindQuote},
		{"quotes another", fmt.Sprintf(quoted, "customer2"), "", SkipNotAddressed, ""},
		{"retweet", `"retweeted_status": {"id_str": "5"}`, "", SkipRetweet, ""},
		{"own", `"user": {"id_str": "42", "screen_name": "shop_help"}`, "", SkipOwn, ""},
		{"time of v2", `"created_at": "2026-11-20T09:14:03.000Z"`, "", "", socialwatch.KindMention},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := one(t, tweet(id, tc.fields))
			if l.Odd != nil || l.Skip != tc.skip {
				t.Fatalf("%+v", l)
			}
			if tc.text == "" {
				tc.text = "@shop_help order 1001 never came"
			}
			if m := l.Mention; tc.skip == "" && (m.ID != id || m.Text != tc.text || m.Kind != tc.kind || m.CreatedAt.Hour() != 9) {
				t.Errorf("%+v", m)
			}
		})
	}
}

// TestTimesAreThoseOfTheIDs to the millisecond, as API v2 tells them, unless
// the post says otherwise.
func TestTimesAreThoseOfTheIDs(t *testing.T) {
	for id, want := range map[string]string{"2123706425275318272": "03.000", "2123706427372470272": "03.500", "2123706450000000000": "03.000", "17": "03.000"} {
		if got := one(t, tweet(id, "")).Mention.CreatedAt.Format("05.000"); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

func TestLinesGoOnAfterOddOnes(t *testing.T) {
	good := tweet("17", "")
	odd := []string{
		"secret words", "{", `"text"`, "[1]", "null", "{} {}", good + good, `{"id_str":"17"}`,
		tweet("0", ""), tweet("-1", ""), tweet("017", ""), tweet("99999999999999999999", ""), tweet("", `"id": 1.5e300`), tweet("secret", ""),
		tweet("17", `"user": null`), tweet("17", `"user": {"id_str": "1", "screen_name": "se cret"}`), tweet("17", `"user": {"id_str": "x", "screen_name": "a"}`),
		tweet("17", `"created_at": "secret"`), tweet("17", `"created_at": "Fri Nov 20 09:14:03 +0000 1999"`),
		tweet("17", `"entities": ["secret"]`), tweet("17", `"full_text": {"secret": 1}`), tweet("17", `"user": {"id_str": true}`),
		tweet("17", `"source": "`+strings.Repeat("secret ", lineLimit/7)+`"`), strings.Repeat(" ", lineLimit+100<<10) + good,
	}
	text := "\xef\xbb\xbf\r\n" + good + "\n\n" + strings.Join(odd, "\n") + "\n" + good // no end of line
	all, err := read(strings.NewReader(text))
	if err != nil || len(all) != len(odd)+2 {
		t.Fatalf("%d lines, %v", len(all), err)
	}
	for i, l := range all {
		switch last := len(all) - 1; {
		case i == 0 || i == last:
			if l.Odd != nil || l.Mention.ID != "17" || l.N != 2+i+min(i, 1) {
				t.Errorf("good line %d: %+v", i, l)
			}
		case l.Odd == nil:
			t.Errorf("%.60s: taken for a post", odd[i-1])
		case l.N != i+3 || strings.Contains(l.Odd.Error(), "secret"):
			t.Errorf("%.60s: line %d: %v", odd[i-1], l.N, l.Odd)
		}
	}
}

func TestLinesReadListsAndArchives(t *testing.T) {
	inner := tweet("18", `"user": null, "favorite_count": "3", "id": "18"`)
	for _, tc := range []struct {
		name, text string
		want       string // id, skip or ! for each
	}{
		{"list", "\n [" + tweet("17", "") + ",\n{\"odd\":1}, 5, " + tweet("19", "") + "]\n", "17 ! ! 19"},
		{"archive", "window.YTD.tweets.part0 = [ {\"tweet\" : " + inner + "},\n {\"tweet\":" + tweet("19", "") + "} ]", "own 19"},
		{"empty list", "[]", ""},
		{"empty file", "", ""},
		{"broken list", "[" + tweet("17", "") + ", {\"a\": }, " + tweet("19", "") + "]", "17 !"},
		{"cut list", "[" + tweet("17", "") + ",", "17 !"},
		{"cut list after a post", "[" + tweet("17", ""), "17 !"},
		{"long post", "[" + tweet("17", "") + ", " + tweet("18", `"source":"`+strings.Repeat("x", lineLimit+100<<10)+`"`) + "]", "17 !"},
		{"many", "[" + strings.Repeat(tweet("17", `"source":"`+strings.Repeat("x", 9000)+`"`)+",", 300) + tweet("19", "") + "]", strings.Repeat("17 ", 300) + "19"},
		{"not an archive", "window.open('x')\n" + tweet("17", ""), "! 17"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			all, err := read(iotest.OneByteReader(strings.NewReader(tc.text)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range all {
				switch {
				case l.Odd != nil:
					got = append(got, "!")
				case l.Skip != "":
					got = append(got, string(l.Skip))
				default:
					got = append(got, l.Mention.ID)
				}
			}
			if s := strings.Join(got, " "); s != tc.want {
				t.Errorf("%.200s, want %.200s", s, tc.want)
			}
		})
	}
}

func TestLinesTellsWhenReadingFails(t *testing.T) {
	lost := errors.New("lost")
	for _, before := range []string{"", tweet("17", "") + "\n", "[" + tweet("17", ""), "[" + tweet("17", "") + ",", "[", "window"} {
		all, err := read(io.MultiReader(strings.NewReader(before), iotest.ErrReader(lost)))
		if !errors.Is(err, lost) {
			t.Errorf("after %.20q: %d lines, %v", before, len(all), err)
		}
	}
	for range Lines(strings.NewReader(tweet("17", "")+"\n"+tweet("18", "")), "a", "b") {
		break // and no panic
	}
}

func FuzzLines(f *testing.F) {
	f.Add(tweet("17", "") + "\n\nx")
	f.Add("[" + tweet("17", `"extended_tweet": {"full_text": "@shop_help x"}`) + ", 5]")
	f.Add("window.YTD.tweets.part0 = [{\"tweet\":" + tweet("18", `"user": null`) + "}]")
	f.Add("\xef\xbb\xbf [\n{\"id\":1e5}")
	f.Fuzz(func(t *testing.T, s string) {
		before := 0
		all, err := read(strings.NewReader(s))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range all {
			m := l.Mention
			switch {
			case l.N <= before:
				t.Fatalf("line %d after %d", l.N, before)
			case l.Odd != nil || l.Skip != "":
			case !validID(m.ID) || !validID(m.Author.ID) || m.RootID == "" || m.CreatedAt.Year() < 2006 || m.Own:
				t.Fatalf("%+v", m)
			case !utf8.ValidString(m.Text) || m.Text != socialwatch.CleanText(m.Text) || m.Author.Name != socialwatch.CleanText(m.Author.Name):
				t.Fatalf("not clean: %q by %q", m.Text, m.Author.Name)
			}
			before = l.N
		}
	})
}
