package responder

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"socialwatch"
	"socialwatch/templates"
)

// wanting is an input whose author wants a person.
func wanting(intent socialwatch.Intent, signal string) Input {
	in := input(intent)
	in.Assessment.Escalate = true
	in.Assessment.Signals = []socialwatch.Signal{{Name: "stuck_order.late", Points: 20}, {Name: signal, Points: 1}}
	return in
}

func TestWhoWantsAPersonGetsNoSelfService(t *testing.T) {
	set, err := Load(templates.FS, fstest.MapFS{"en/track.tmpl": {Data: []byte(
		strings.Replace(front, "id: late", "id: stuck-order", 1) + "You can track it on our help page. {{case}}.")}})
	if err != nil {
		t.Fatal(err)
	}
	r := New(set, Safety{})
	for _, intent := range socialwatch.Intents {
		for _, signal := range socialwatch.HumanSignals {
			for _, followUp := range []bool{false, true} {
				in := wanting(intent, signal)
				in.FollowUp = followUp
				got := r.Respond(in)
				if got.Draft == nil || got.Draft.Template != "human" {
					t.Fatalf("%s, %s, follow-up %t: %+v", intent, signal, followUp, got)
				}
				if !got.Escalate || !strings.HasPrefix(got.Escalation, "Someone must take over: the customer ") || got.Level > 3 {
					t.Errorf("%s, %s: escalate %t, %q, level %d", intent, signal, got.Escalate, got.Escalation, got.Level)
				}
				in.Used = []string{"human"}
				if got := r.Respond(in); got.Draft != nil || !got.Escalate {
					t.Errorf("%s, %s, asked again: %+v", intent, signal, got)
				}
			}
		}
	}
}

func TestAPersonAskedForEarlierIsStillWanted(t *testing.T) {
	r := New(builtin(t), Safety{})
	in := input(socialwatch.StuckOrder)
	in.Earlier = []socialwatch.Past{{Assessment: socialwatch.Assessment{Signals: []socialwatch.Signal{{Name: "must.asks_for_human", Points: 1}}}}}
	if got := r.Respond(in); got.Draft == nil || got.Draft.Template != "human" {
		t.Errorf("a second post of the case: %+v", got)
	}
	in.Used = []string{"human"}
	if got := r.Respond(in); got.Draft != nil || !got.Escalate {
		t.Errorf("after our answer: %+v", got)
	}
	in.Assessment.Intent = socialwatch.Praise
	if got := r.Respond(in); got.Draft == nil || got.Draft.Template != "praise" {
		t.Errorf("praise for the person: %+v", got)
	}
}

func TestTheHumanTemplateBindsNobodyAndLeavesRoom(t *testing.T) {
	set := builtin(t)
	x, ok := set.Get("human", "en")
	if !ok || len(x.Networks) > 0 || slices.Contains(x.Slots, SlotPrivate) {
		t.Fatalf("%+v", x)
	}
	for _, word := range []string{"http", "call", "phone", "ring", "today", "hour", "soon", "help page", "track"} {
		if strings.Contains(strings.ToLower(x.Wordings[0]), word) {
			t.Errorf("says %q: %s", word, x.Wordings[0])
		}
	}
	for _, name := range []string{phraseNumber, phraseDetails} {
		for _, text := range set.longest(x, 0, Account{}) {
			if text += " " + set.phrases["en"][name]; !(Account{}).fits(text, "") {
				t.Errorf("no room for %s: %s", name, text)
			}
		}
	}
}

func TestHumanTemplateFallsBackToEnglish(t *testing.T) {
	nl := strings.NewReplacer("language: en", "language: nl", "id: late", "id: traag").Replace(front) + "Dat spijt ons, {{case}}."
	mens := strings.NewReplacer("language: en", "language: nl", "id: late", "id: mens", "stuck_order", "human").Replace(front) + "Iemand van ons team leest mee, {{case}}."
	for _, tt := range []struct {
		fs   fstest.MapFS
		want string
	}{
		{fstest.MapFS{"nl/traag.tmpl": {Data: []byte(nl)}}, "human"},
		{fstest.MapFS{"nl/traag.tmpl": {Data: []byte(nl)}, "nl/mens.tmpl": {Data: []byte(mens)}}, "mens"},
	} {
		set, err := Load(templates.FS, tt.fs)
		if err != nil {
			t.Fatal(err)
		}
		in := wanting(socialwatch.StuckOrder, "must.asks_for_human")
		in.Assessment.Language = "nl"
		got := New(set, Safety{}).Respond(in)
		if got.Draft == nil || got.Draft.Template != tt.want {
			t.Errorf("want %s: %+v", tt.want, got)
		}
		if english := tt.want == "human"; strings.Contains(got.Why, `there is no template in "nl"`) != english {
			t.Errorf("why %q", got.Why)
		}
	}
}

func entity(kind socialwatch.EntityKind, value string) socialwatch.Entity {
	return socialwatch.Entity{Kind: kind, Value: value, Start: 1, End: 2}
}

func TestDraftAdvisesToDeletePersonalDataOfAPublicPost(t *testing.T) {
	const number, details = "Please remove your number from the public post.", "Please remove your personal details from the public post."
	phone := entity(socialwatch.Phone, "5550104477")
	tests := []struct {
		name   string
		change func(*Input)
		want   string // end of the text
	}{
		{"phone", func(in *Input) { in.Assessment.Entities = []socialwatch.Entity{phone} }, " " + number},
		{"card", func(in *Input) {
			in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.Card, "4111111111111111")}
		}, " " + number},
		{"e-mail", func(in *Input) {
			in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.Email, "a@mail.example")}
		}, " " + details},
		{"phone and address", func(in *Input) {
			in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.Address, "12 High Street"), phone}
		}, " " + details},
		{"unlisted", func(in *Input) {
			in.Assessment.Entities, in.Mention.Visibility = []socialwatch.Entity{phone}, socialwatch.Unlisted
		}, " " + number},
		{"nothing personal", func(in *Input) {
			in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.OrderNumber, "SW-100234"), entity(socialwatch.Amount, "20.00")}
		}, "K-1042."},
		{"direct", func(in *Input) {
			in.Assessment.Entities, in.Mention.Visibility = []socialwatch.Entity{phone}, socialwatch.Direct
		}, "K-1042."},
		{"followers only", func(in *Input) {
			in.Assessment.Entities, in.Mention.Visibility = []socialwatch.Entity{phone}, socialwatch.Followers
		}, "K-1042."},
		{"our own hotline", func(in *Input) {
			in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.Phone, "+15550142000")}
		}, "K-1042."},
		{"number of a reported fraud", func(in *Input) {
			in.Assessment.Intent, in.Assessment.Entities = socialwatch.ScamReport, []socialwatch.Entity{phone}
		}, "K-1042."},
	}
	r := New(builtin(t), Safety{})
	for _, tt := range tests {
		for _, in := range []Input{input(socialwatch.Billing), wanting(socialwatch.Billing, "must.asks_for_call")} {
			tt.change(&in)
			if got := r.Respond(in); got.Draft == nil || !strings.HasSuffix(got.Draft.Text, tt.want) {
				t.Errorf("%s: %+v", tt.name, got)
			}
		}
	}
}

func TestEveryDraftWithTheAdviceIsSafeAndFits(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, intent := range socialwatch.Intents {
		for _, kind := range []socialwatch.EntityKind{socialwatch.Phone, socialwatch.Email} {
			for _, human := range []bool{false, true} {
				in := input(intent)
				if human {
					in = wanting(intent, "must.asks_for_call")
				}
				in.Mention.Text = "ring me on 555 010 4477 or write to a@mail.example, I have waited 12 days"
				in.Assessment.Entities = []socialwatch.Entity{entity(kind, "5550104477"), entity(socialwatch.DaysWaited, "12")}
				got := r.Respond(in)
				c := public(got.Draft.Text)
				c.Parent.Text, c.TemplateText = in.Mention.Text, got.Draft.Text
				if f := r.Check(c); len(f) > 0 {
					t.Errorf("%s: %q: %+v", intent, got.Draft.Text, f)
				}
				advised := strings.Contains(got.Draft.Text, "Please remove your ")
				if want := intent != socialwatch.ScamReport || kind == socialwatch.Email; advised != want {
					t.Errorf("%s, %s: advised %t: %q", intent, kind, advised, got.Draft.Text)
				}
			}
		}
	}
}

func TestAdviceGivesWayWhereThereIsNoRoomOrSentence(t *testing.T) {
	r := New(builtin(t), Safety{})
	in := input(socialwatch.AccountAccess)
	in.Assessment.Language, in.Mention.Network, in.Account.Private = "fr", "narrow", longestLink
	in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.Phone, "5550104477")}
	got := r.Respond(in)
	if got.Draft == nil || !strings.HasSuffix(got.Draft.Text, "K-1042.") || !in.Account.fits(got.Draft.Text, "narrow") || !strings.Contains(got.Why, "no room") {
		t.Errorf("%+v", got)
	}
	nl := strings.NewReplacer("language: en", "language: nl").Replace(front) + "Dat spijt ons, {{case}}."
	set, err := Load(templates.FS, fstest.MapFS{"nl/late.tmpl": {Data: []byte(nl)}})
	if err != nil {
		t.Fatal(err)
	}
	in = input(socialwatch.StuckOrder)
	in.Assessment.Language = "nl"
	in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.Phone, "5550104477")}
	if got := New(set, Safety{}).Respond(in); got.Draft == nil || !strings.HasSuffix(got.Draft.Text, "K-1042.") || !strings.Contains(got.Why, "remove_number is missing in nl/phrases.txt") {
		t.Errorf("%+v", got)
	}
}
