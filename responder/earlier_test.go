package responder

import (
	"strings"
	"testing"

	"socialwatch"
)

// past is an earlier public post of a case.
func past(signal string, entities ...socialwatch.Entity) socialwatch.Past {
	p := socialwatch.Past{PostID: "p0", Visibility: socialwatch.Public,
		Assessment: socialwatch.Assessment{Intent: socialwatch.StuckOrder, Entities: entities}}
	if signal != "" {
		p.Assessment.Signals = []socialwatch.Signal{{Name: signal, Points: 1}}
	}
	return p
}

func TestAdviceToDeleteStaysUntilAReplyHasGivenIt(t *testing.T) {
	const number, details = "Please remove your number from the public post.", "Please remove your personal details from the public post."
	phone, mail := entity(socialwatch.Phone, "5550104477"), entity(socialwatch.Email, "a@mail.example")
	answered := func(p socialwatch.Past, with ...string) socialwatch.Past {
		p.Answers, p.Answered = with, true
		return p
	}
	direct := past("", phone)
	direct.Visibility = socialwatch.Direct
	scam := past("", phone)
	scam.Assessment.Intent = socialwatch.ScamReport
	for name, tt := range map[string]struct {
		now     []socialwatch.Entity
		earlier []socialwatch.Past
		want    string
	}{
		"never answered":            {nil, []socialwatch.Past{past("", phone)}, number},
		"answered without":          {nil, []socialwatch.Past{answered(past("", phone), "We are sorry.")}, number},
		"advised":                   {nil, []socialwatch.Past{answered(past("", phone), "We are sorry.", "We look. "+number)}, "K-1042."},
		"one advised, one not":      {nil, []socialwatch.Past{answered(past("", phone), number), past("", mail)}, details},
		"number now, mail before":   {[]socialwatch.Entity{phone}, []socialwatch.Past{past("", mail)}, details},
		"mail now, number before":   {[]socialwatch.Entity{mail}, []socialwatch.Past{past("", phone)}, details},
		"in private":                {nil, []socialwatch.Past{direct}, "K-1042."},
		"number of a fraud":         {nil, []socialwatch.Past{scam}, "K-1042."},
		"our own number":            {nil, []socialwatch.Past{past("", entity(socialwatch.Phone, "+15550142000"))}, "K-1042."},
		"stored without the number": {nil, []socialwatch.Past{past("", entity(socialwatch.Phone, "**********"))}, number},
	} {
		in := input(socialwatch.Billing)
		in.Assessment.Entities, in.Earlier = tt.now, tt.earlier
		if got := New(builtin(t), Safety{}).Respond(in); got.Draft == nil || !strings.HasSuffix(got.Draft.Text, tt.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestWhatIsGivenIsNotAskedForAgain(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, intent := range socialwatch.Intents {
		in := input(intent)
		in.Given = true
		got := r.Respond(in)
		if got.Draft == nil || got.Draft.Template != "follow-up" || strings.Contains(got.Draft.Text, "message, ") ||
			strings.Contains(got.Draft.Text, "direct") || !strings.HasSuffix(got.Draft.Text, "K-1042.") {
			t.Errorf("%s: %+v", intent, got)
		}
	}
}

func TestATemplateThatNeedsThePrivateRouteKeepsIt(t *testing.T) {
	x, ok := builtin(t).Get("billing", "en")
	text, _, missing := Input{Given: true}.fill(x, 0, map[string]string{SlotPrivate: "write to us", SlotCase: "K-1"})
	if !ok || missing != "" || !strings.Contains(text, "write to us") {
		t.Errorf("%q, missing %q", text, missing)
	}
}

func TestANumberAloneMakesNobodyWantAPerson(t *testing.T) {
	r := New(builtin(t), Safety{})
	phone := entity(socialwatch.Phone, "5550104477")
	for _, intent := range socialwatch.Intents {
		for _, given := range []bool{false, true} {
			in := input(intent)
			in.Given, in.Assessment.Entities, in.Assessment.Escalate = given, []socialwatch.Entity{phone}, true
			in.Earlier = []socialwatch.Past{past("", phone), past("must.charged_after_cancel", phone)}
			if got := r.Respond(in); got.Draft == nil || got.Draft.Template == "human" {
				t.Errorf("%s, given %t: %+v", intent, given, got)
			}
		}
	}
}

func TestAnAnsweredWishForAPersonLeavesThemTheReply(t *testing.T) {
	in := input(socialwatch.StuckOrder)
	p := past("must.asks_for_human")
	p.Answered = true
	in.Earlier = []socialwatch.Past{p}
	if got := New(builtin(t), Safety{}).Respond(in); got.Draft != nil || !got.Escalate || !strings.Contains(got.Why, "a person, who must write") {
		t.Errorf("%+v", got)
	}
}

func TestDangerToPeopleIsHandedToAPersonAtOnce(t *testing.T) {
	r := New(builtin(t), Safety{})
	const reason = "Someone must act at once: the post tells of danger to people."
	for _, intent := range socialwatch.Intents {
		for _, also := range []string{"", "must.asks_for_human"} {
			in := input(intent)
			in.FollowUp, in.Given = also != "", also != ""
			in.Assessment.Escalate, in.Assessment.Score, in.Assessment.Urgency = true, 10, 0
			in.Assessment.Signals = []socialwatch.Signal{{Name: also, Points: 1}, {Name: socialwatch.SignalSafety, Points: 1}}
			if got := r.Respond(in); got.Draft != nil || got.Level != 1 || !got.Escalate || got.Escalation != reason || got.Why == "" {
				t.Errorf("%s: %+v", intent, got)
			}
		}
	}
	in := input(socialwatch.Other)
	in.Earlier = []socialwatch.Past{past(socialwatch.SignalSafety)}
	if got := r.Respond(in); got.Draft != nil || got.Escalation != reason {
		t.Errorf("a further post before anybody has answered: %+v", got)
	}
	in.Earlier[0].Answered = true
	if got := r.Respond(in); got.Draft == nil {
		t.Errorf("once answered: %+v", got)
	}
}

func TestAnImpostorIsNeverAnswered(t *testing.T) {
	in := input(socialwatch.Question)
	p := past(socialwatch.SignalImpostor)
	p.Answered = true
	in.Earlier = []socialwatch.Past{p}
	if got := New(builtin(t), Safety{}).Respond(in); got.Draft != nil || !got.Escalate {
		t.Errorf("%+v", got)
	}
}
