package responder

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"socialwatch"
	"socialwatch/templates"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func input(intent socialwatch.Intent) Input {
	return Input{
		Mention: socialwatch.Mention{Account: "shop", Post: socialwatch.Post{Network: socialwatch.Mastodon, ID: "7",
			Visibility: socialwatch.Public, Text: "where is it", CreatedAt: noon.Add(-time.Minute)}},
		Assessment: socialwatch.Assessment{Intent: intent, Language: "en"},
		CaseNumber: "K-1042", Account: testAccount, Now: noon,
	}
}

func TestEveryIntentGetsADraftThatPassesTheCheck(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, intent := range socialwatch.Intents {
		in := input(intent)
		in.Assessment.Entities = []socialwatch.Entity{{Kind: socialwatch.DaysWaited, Value: "12"}}
		got := r.Respond(in)
		if got.Draft == nil {
			t.Errorf("%s: %s", intent, got.Why)
			continue
		}
		c := public(got.Draft.Text)
		c.TemplateText = got.Draft.Text
		if f := r.Check(c); len(f) > 0 {
			t.Errorf("%s: %+v", intent, f)
		}
		if !strings.Contains(got.Draft.Text, "K-1042") || got.Draft.Account != "shop" || got.Draft.Parent.ID != "7" ||
			got.Draft.Language != "en" || got.Draft.Template == "" || got.Draft.TemplateV < 1 || !strings.Contains(got.Why, got.Draft.Template) {
			t.Errorf("%s: %+v", intent, got)
		}
	}
}

func TestDraftText(t *testing.T) {
	r := New(builtin(t), Safety{})
	tests := []struct {
		name   string
		change func(*Input)
		want   string
	}{
		{"plain", func(*Input) {}, "We are sorry your order is taking this long. We would like to look into it with you: please send us a direct message. Your reference is K-1042."},
		{"days", func(in *Input) {
			in.Assessment.Entities = []socialwatch.Entity{{Kind: socialwatch.DaysWaited, Value: "12"}}
		}, "this long, 12 days by now. We"},
		{"one day is not worth saying", func(in *Input) {
			in.Assessment.Entities = []socialwatch.Entity{{Kind: socialwatch.DaysWaited, Value: "1"}}
		}, "this long. We"},
		{"which of them it is must not be guessed", func(in *Input) {
			in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.DaysWaited, "5"), entity(socialwatch.DaysWaited, "21")}
		}, "this long. We"},
		{"the same twice", func(in *Input) {
			in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.DaysWaited, "21"), entity(socialwatch.DaysWaited, "21")}
		}, "this long, 21 days by now. We"},
		{"hostile days", func(in *Input) {
			in.Assessment.Entities = []socialwatch.Entity{{Kind: socialwatch.DaysWaited, Value: "12 <b>"}}
		}, "this long. We"},
		{"link", func(in *Input) { in.Account.Private = "https://shop.example/help" }, ": please use https://shop.example/help."},
		{"own words", func(in *Input) { in.Account.Private = "please use the chat in our app" }, ": please use the chat in our app."},
		{"overlong private route", func(in *Input) { in.Account.Private = "https://shop.example/" + strings.Repeat("x", 60) }, ": please send us a direct message."},
		{"direct", func(in *Input) { in.Mention.Visibility = socialwatch.Direct }, ": please tell us more in this private conversation."},
	}
	for _, tt := range tests {
		in := input(socialwatch.StuckOrder)
		tt.change(&in)
		if got := r.Respond(in); got.Draft == nil || !strings.Contains(got.Draft.Text, tt.want) {
			t.Errorf("%s: %+v, want %q", tt.name, got.Draft, tt.want)
		}
	}
}

func TestNoTemplateTwiceInOneCase(t *testing.T) {
	r := New(builtin(t), Safety{})
	in := input(socialwatch.StuckOrder)
	in.FollowUp = true
	var ids []string
	for range 3 {
		got := r.Respond(in)
		if got.Draft == nil {
			if !got.Escalate || !strings.Contains(got.Why, "used already") {
				t.Errorf("without a template: %+v", got)
			}
			break
		}
		ids = append(ids, got.Draft.Template)
		in.Used = append(in.Used, got.Draft.Template)
	}
	if strings.Join(ids, " ") != "stuck-order follow-up" {
		t.Errorf("templates %v", ids)
	}
}

func TestWhoGetsWhichTemplate(t *testing.T) {
	nl := strings.NewReplacer("language: en", "language: nl", "id: late", "id: traag").Replace(front) + "Dat spijt ons, {{case}}."
	set, err := Load(templates.FS, fstest.MapFS{"nl/traag.tmpl": {Data: []byte(nl)}})
	if err != nil {
		t.Fatal(err)
	}
	r := New(set, Safety{})
	tests := []struct {
		name   string
		change func(*Input)
		id     string // empty: no draft
		why    string
	}{
		{"writer's language", func(in *Input) { in.Assessment.Language = "nl" }, "traag", "template traag v2"},
		{"tag with a region", func(in *Input) { in.Assessment.Language = "nl-BE" }, "traag", ""},
		{"language without templates", func(in *Input) { in.Assessment.Language = "sv" }, "stuck-order", `in "en" because there is no template in "sv"`},
		{"language without templates, main language with", func(in *Input) {
			in.Assessment.Language, in.Account.Languages = "sv", []string{"nl", "sv"}
		}, "traag", `in "nl" because there is no template in "sv"`},
		{"language without templates, main language without", func(in *Input) {
			in.Assessment.Language, in.Account.Languages = "sv", []string{"fi", "sv"}
		}, "stuck-order", `in "en" because there is no template in "sv"`},
		{"intent missing in the language", func(in *Input) {
			in.Assessment.Language, in.Assessment.Intent = "nl", socialwatch.Billing
		}, "billing", `in "en"`},
		{"language the account does not speak", func(in *Input) {
			in.Assessment.Language, in.Account.Languages = "nl", []string{"en"}
		}, "stuck-order", `in "en" because the account does not answer in "nl"`},
		{"English to an account that answers in another", func(in *Input) { in.Account.Languages = []string{"nl"} }, "traag", `in "nl" because the account does not answer in "en"`},
		{"no words: the account's main language", func(in *Input) {
			in.Assessment.Language, in.Account.Languages = "und", []string{"nl", "en"}
		}, "traag", ""},
		{"ignored", func(in *Input) { in.Assessment.Ignored = "promotion" }, "", "ignored by the rule promotion"},
		{"our own post", func(in *Input) { in.Mention.Own = true }, "", "our own"},
		{"thanks in a case", func(in *Input) { in.Assessment.Thanks, in.FollowUp = true, true }, "", "only says thanks"},
		{"thanks as first words", func(in *Input) {
			in.Assessment.Thanks, in.Assessment.Intent = true, socialwatch.Praise
		}, "praise", ""},
		{"follow-up without a matter of its own", func(in *Input) {
			in.FollowUp, in.Assessment.Intent = true, socialwatch.Other
		}, "follow-up", ""},
		{"praise again is not answered", func(in *Input) {
			in.FollowUp, in.Assessment.Intent, in.Used = true, socialwatch.Praise, []string{"praise"}
		}, "", "used already"},
		{"no case number", func(in *Input) { in.CaseNumber = "" }, "", "no value for {{case}}"},
		{"odd case number", func(in *Input) { in.CaseNumber = "K 1042 <b>" }, "", "unusual form"},
		{"praise needs no case", func(in *Input) {
			in.CaseNumber, in.Assessment.Intent = "", socialwatch.Praise
		}, "praise", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := input(socialwatch.StuckOrder)
			tt.change(&in)
			got := r.Respond(in)
			id := ""
			if got.Draft != nil {
				id = got.Draft.Template
			}
			if id != tt.id || !strings.Contains(got.Why, tt.why) {
				t.Errorf("template %q, why %q; want %q, %q", id, got.Why, tt.id, tt.why)
			}
		})
	}
}

func TestLevelAndFirstResponse(t *testing.T) {
	tests := []struct {
		intent   socialwatch.Intent
		escalate bool
		urgency  int
		score    int
		level    int
		minutes  int
	}{
		{socialwatch.StuckOrder, true, 2, 10, 1, 15},
		{socialwatch.RefundDelay, true, 0, 80, 1, 15},
		{socialwatch.RefundDelay, true, 1, 79, 2, 30},
		{socialwatch.Billing, true, 0, 60, 2, 30},
		{socialwatch.ScamReport, false, 0, 0, 2, 30},
		{socialwatch.AccountAccess, false, 0, 0, 2, 30},
		{socialwatch.ServiceComplaint, false, 2, 0, 2, 30},
		{socialwatch.Billing, true, 0, 59, 3, 60},
		{socialwatch.ServiceComplaint, false, 0, 0, 3, 60},
		{socialwatch.Question, false, 1, 0, 3, 60},
		{socialwatch.Question, false, 0, 99, 4, 240},
		{socialwatch.Other, false, 0, 0, 4, 240},
		{socialwatch.Praise, true, 2, 99, 4, 240},
	}
	r := New(builtin(t), Safety{})
	for _, tt := range tests {
		in := input(tt.intent)
		in.Assessment.Escalate, in.Assessment.Urgency, in.Assessment.Score = tt.escalate, tt.urgency, tt.score
		got := r.Respond(in)
		want := in.Mention.CreatedAt.Add(time.Duration(tt.minutes) * time.Minute)
		if got.Level != tt.level || !got.DueAt.Equal(want) {
			t.Errorf("%+v: level %d, due %s, want %s", tt, got.Level, got.DueAt, want)
		}
	}
}

func TestDueTimeCountsFromThePostAndNeverFromTheFuture(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, tt := range []struct{ posted, want time.Time }{
		{noon.Add(-3 * time.Hour), noon.Add(time.Hour)},
		{noon.Add(3 * time.Hour), noon.Add(4 * time.Hour)},
		{time.Time{}, noon.Add(4 * time.Hour)},
	} {
		in := input(socialwatch.Question)
		in.Mention.CreatedAt = tt.posted
		if got := r.Respond(in).DueAt; !got.Equal(tt.want) {
			t.Errorf("posted %s: due %s, want %s", tt.posted, got, tt.want)
		}
	}
}

func TestEscalationHasAReasonAndPraiseNone(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, intent := range socialwatch.Intents {
		for _, escalate := range []bool{false, true} {
			in := input(intent)
			in.Assessment.Escalate = escalate
			in.Assessment.Entities = []socialwatch.Entity{{Kind: socialwatch.DaysWaited, Value: "12"}}
			got := r.Respond(in)
			want := (escalate || intent == socialwatch.ScamReport) && intent != socialwatch.Praise
			if got.Escalate != want || (got.Escalation != "") != want {
				t.Errorf("%s, triage says %t: %t, %q", intent, escalate, got.Escalate, got.Escalation)
			}
			if want && (strings.Count(got.Escalation, ".") != 1 || !strings.HasSuffix(got.Escalation, "12 days.")) {
				t.Errorf("%s: %q is not one sentence with the evidence", intent, got.Escalation)
			}
		}
	}
	in := input(socialwatch.StuckOrder)
	in.Assessment.Escalate = true
	in.Assessment.Entities = []socialwatch.Entity{entity(socialwatch.DaysWaited, "5"), entity(socialwatch.DaysWaited, "21")}
	if got := r.Respond(in); !strings.HasSuffix(got.Escalation, ": the customer writes of 5 and 21 days.") {
		t.Errorf("two numbers: %q", got.Escalation)
	}
	in.Assessment.Escalate, in.Assessment.Ignored = true, "promotion"
	if got := r.Respond(in); got.Escalate || got.Draft != nil {
		t.Errorf("ignored: %+v", got)
	}
}

func TestImpostorGetsNoDraftAndAReason(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, intent := range socialwatch.Intents {
		in := input(intent)
		in.Assessment.Escalate, in.Assessment.Urgency = true, 2
		in.Assessment.Signals = []socialwatch.Signal{{Name: socialwatch.SignalImpostor, Points: 1}}
		for _, followUp := range []bool{false, true} {
			in.FollowUp = followUp
			got := r.Respond(in)
			if got.Draft != nil || !strings.Contains(got.Why, "impostor") || !got.Escalate || !strings.Contains(got.Escalation, "poses as us") {
				t.Errorf("%s: %+v", intent, got)
			}
		}
	}
}
