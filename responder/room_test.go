package responder

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"socialwatch"
	"socialwatch/templates"
)

// narrow is a post on an account whose network takes so much.
func narrow(intent socialwatch.Intent, limit int) Input {
	in := input(intent)
	in.Mention.Network, in.Account.Room = "app_reviews", Room{Limit: limit}
	return in
}

func TestDraftIsNeverLongerThanTheAccountTakes(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, language := range shipped {
		for _, intent := range socialwatch.Intents {
			for limit := 20; limit <= 280; limit += 20 {
				in := narrow(intent, limit)
				in.Assessment.Language, in.Account.Languages, in.Incident = language, []string{language}, limit%40 == 0
				in.Assessment.Entities = []socialwatch.Entity{{Kind: socialwatch.DaysWaited, Value: "12"}, entity(socialwatch.Phone, "5550104477")}
				got := r.Respond(in)
				switch {
				case got.Draft != nil && utf8.RuneCountInString(got.Draft.Text) > limit:
					t.Errorf("%s, %s: %d characters of %d", language, intent, utf8.RuneCountInString(got.Draft.Text), limit)
				case got.Draft == nil && (!strings.Contains(got.Why, "left out: it counts") || intent != socialwatch.Praise && !got.Escalate):
					t.Errorf("%s, %s at %d: nobody is told: %+v", language, intent, limit, got)
				case got.Draft == nil && limit >= 280:
					t.Errorf("%s, %s at %d: %s", language, intent, limit, got.Why)
				}
			}
		}
	}
}

func TestAccountWithMoreRoomGetsTheAdviceToo(t *testing.T) {
	r := New(builtin(t), Safety{})
	in := narrow(socialwatch.AccountAccess, 2000)
	in.Assessment.Language, in.Account.Private = "fr", longestLink
	in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.Phone, "5550104477")}
	got := r.Respond(in)
	if got.Draft == nil || !strings.HasSuffix(got.Draft.Text, r.templates.phrases["fr"][phraseNumber]) {
		t.Errorf("%+v", got)
	}
	in.Account.Room.Limit = utf8.RuneCountInString(got.Draft.Text) - 1
	if got := r.Respond(in); got.Draft == nil || !strings.Contains(got.Why, "no room") {
		t.Errorf("with a character less: %+v", got)
	}
}

func TestWordingThatFitsIsTakenForOneThatDoesNot(t *testing.T) {
	set, err := Load(templates.FS, fstest.MapFS{"en/two.tmpl": {Data: []byte(strings.Replace(front, "id: late", "id: a-two", 1) +
		"Sorry, {{case}}.\n---\nWe are very sorry to read this, {{case}}.")}})
	if err != nil {
		t.Fatal(err)
	}
	r := New(set, Safety{})
	for number, want := range map[string]string{"K-1042": "Sorry, K-1042.", "K-1043": "Sorry, K-1043."} {
		in := narrow(socialwatch.StuckOrder, 20)
		in.CaseNumber = number
		if got := r.Respond(in); got.Draft == nil || got.Draft.Text != want || got.Draft.Template != "a-two#1" {
			t.Errorf("%s: %+v", number, got)
		}
		in.Account.Room.Limit = 200
		if got := r.Respond(in); got.Draft == nil || (got.Draft.Template == "a-two#1") != (number == "K-1042") {
			t.Errorf("%s with more room: %+v", number, got)
		}
	}
}

func TestRoomCountsAsTheAccountSays(t *testing.T) {
	const text = "कृपया 👩‍👩‍👧 लिखें"
	for _, tc := range []struct {
		account Account
		network socialwatch.Network
		length  int
		limit   int
	}{
		{Account{Room: Room{Limit: 100}}, "app_reviews", utf8.RuneCountInString(text), 100},
		{Account{Room: Room{Limit: 100, Count: uniseg.GraphemeClusterCount}}, "app_reviews", uniseg.GraphemeClusterCount(text), 100},
		{Account{}, socialwatch.Mastodon, utf8.RuneCountInString(text), 460},
	} {
		if length, limit := tc.account.Measure(text, tc.network); length != tc.length || limit != tc.limit {
			t.Errorf("room for %d on %s counts %d of %d, want %d of %d", tc.account.Room.Limit, tc.network, length, limit, tc.length, tc.limit)
		}
	}
}

func TestTemplateOfAnotherNetworkIsMeasuredByItsAccounts(t *testing.T) {
	text := strings.Replace(front, "networks: all", "networks: app_reviews", 1) + strings.Repeat("very ", 60) + "{{case}}"
	if !strings.Contains(text, "app_reviews") {
		t.Fatal("the front matter has changed")
	}
	set, err := Load(templates.FS, fstest.MapFS{"en/late.tmpl": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	r := New(set, Safety{})
	x, _ := set.Get("late", "en")
	for limit, want := range map[int]string{313: RuleTooLong, 314: ""} {
		a := testAccount
		a.Room.Limit = limit
		if got := strings.Join(blocks(r.Examine(x, a, "app_reviews")), ","); got != want {
			t.Errorf("at %d: %q", limit, got)
		}
		if length, most := r.Longest(x, a, "app_reviews"); length != 314 || most != limit {
			t.Errorf("counts %d of %d", length, most)
		}
	}
}
