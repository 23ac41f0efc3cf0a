package responder

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"socialwatch"
	"socialwatch/templates"
)

func TestIncidentsGetAWordingOfTheirCaseAndAnotherThanTheCaseBefore(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, language := range shipped {
		before, texts := "", map[string]bool{}
		for n := range 40 {
			in := inputIn(language, socialwatch.StuckOrder)
			in.Incident, in.CaseNumber = true, fmt.Sprintf("K-%d", 98+n)
			got, again := r.Respond(in), r.Respond(in)
			if got.Draft == nil || socialwatch.TemplateID(got.Draft.Template) != "incident" || got.Draft.Text != again.Draft.Text {
				t.Fatalf("%s: %+v, then %+v", in.CaseNumber, got, again)
			}
			wording := strings.ReplaceAll(got.Draft.Text, in.CaseNumber, "")
			if wording == before {
				t.Errorf("%s: the wording of the case before", in.CaseNumber)
			}
			before, texts[got.Draft.Template+wording] = wording, true
		}
		if len(texts) != minIncident {
			t.Errorf("%s: %d wordings: %v", language, len(texts), texts)
		}
	}
}

func TestWhoIsNotAnsweredAsOneOfManyInASpike(t *testing.T) {
	r := New(builtin(t), Safety{})
	for name, tt := range map[string]struct {
		change func(*Input)
		want   string
	}{
		"wants a person":     {func(in *Input) { *in = wanting(socialwatch.StuckOrder, "must.asks_for_human") }, "human"},
		"praises":            {func(in *Input) { in.Assessment.Intent = socialwatch.Praise }, "praise"},
		"reports a fraud":    {func(in *Input) { in.Assessment.Intent = socialwatch.ScamReport }, "scam-report"},
		"had an answer":      {func(in *Input) { in.FollowUp = true }, "stuck-order"},
		"had this answer":    {func(in *Input) { in.Used = []string{"incident#4"} }, "stuck-order"},
		"gives what we want": {func(in *Input) { in.Given = true }, "follow-up"},
	} {
		in := input(socialwatch.StuckOrder)
		tt.change(&in)
		in.Incident = true
		if got := r.Respond(in); got.Draft == nil || got.Draft.Template != tt.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestATemplateIsFoundByWhatADraftKeepsOfIt(t *testing.T) {
	set := builtin(t)
	x, ok := set.Get("incident#3", "es")
	if !ok || x.Intent != Incident || x.Language != "es" || x.Handoff {
		t.Errorf("%+v, %t", x, ok)
	}
	for _, x := range set.List() {
		for i := range x.Wordings {
			if got, ok := set.Get(x.ref(i), x.Language); !ok || got.Source != x.Source {
				t.Errorf("%s: %s", x.Source, got.Source)
			}
		}
		if many := len(x.Wordings) > 1; strings.Contains(x.ref(0), "#1") != many {
			t.Errorf("%s: kept as %s", x.Source, x.ref(0))
		}
	}
}

func TestWordingOfAnyCaseNumber(t *testing.T) {
	x := Template{ID: "x", Wordings: make([]string, 5)}
	for number, want := range map[string]int{"K-1042": 2, "K-1043": 3, "1044": 4, "K-0": 0, "SHOP-2026-7": 2} {
		if got := x.wording(number); got != want {
			t.Errorf("%s: %d, want %d", number, got, want)
		}
	}
	for _, number := range []string{"", "K", "K-99999999999999999999999", "K-1042é", "\xff"} {
		if got := x.wording(number); got < 0 || got > 4 || got != x.wording(number) {
			t.Errorf("%q: %d", number, got)
		}
	}
}

func TestRouteOfTheAccountAndWhenItStands(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, tt := range []struct{ private, number, want string }{
		{"https://shop.example/help?case={case}", "K-1042", "please use https://shop.example/help?case=K-1042."},
		{"please use the form of case {case}", "K-1042", "with you: please use the form of case K-1042."},
		{"https://shop.example/" + strings.Repeat("x", 30) + "{case}", "K-123456789012", "please send us a direct message"},
	} {
		in := input(socialwatch.StuckOrder)
		in.Account.Private, in.CaseNumber = tt.private, tt.number
		got := r.Respond(in)
		if got.Draft == nil || !strings.Contains(got.Draft.Text, tt.want) {
			t.Errorf("%s: %+v", tt.private, got.Draft)
			continue
		}
		c := public(got.Draft.Text)
		c.Account, c.TemplateText = in.Account, got.Draft.Text
		if f := r.Check(c); len(f) > 0 {
			t.Errorf("%s: %+v", got.Draft.Text, f)
		}
	}
	if got := (Account{Private: "https://shop.example/?c={case}"}).route(""); got != "" {
		t.Errorf("without a case: %q", got)
	}
}

func TestFaultsOfARouteAreNamed(t *testing.T) {
	for private, want := range map[string]string{
		"": "", "https://shop.example/help?case={case}": "", "please use the chat in our app": "",
		"http://shop.example/help":                                        "https link",
		"https://shop.example/" + strings.Repeat("x", 40):                 "more than 60",
		"https://help.shop.example/" + strings.Repeat("x", 30) + "{case}": "more than 60",
	} {
		if got := (Account{Private: private}).RouteFault(); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q", private, got)
		}
	}
}

func TestOrderIsNamedByItsEndWhereTheCustomerNamedOne(t *testing.T) {
	order := func(v string) socialwatch.Entity { return entity(socialwatch.OrderNumber, v) }
	direct := past("", order("SW-200987"))
	direct.Visibility = socialwatch.Direct
	for name, tt := range map[string]struct {
		now     []socialwatch.Entity
		earlier []socialwatch.Past
		want    string
	}{
		"none":                {nil, nil, ""},
		"one":                 {[]socialwatch.Entity{order("555-0100123-0000041")}, nil, "0041"},
		"with letters":        {[]socialwatch.Entity{order("SW-10024A")}, nil, "024A"},
		"twice the same":      {[]socialwatch.Entity{order("SW-100234"), order("SW100234")}, nil, "0234"},
		"two":                 {[]socialwatch.Entity{order("SW-100234"), order("SW-100235")}, nil, ""},
		"too short to hide":   {[]socialwatch.Entity{order("100234")}, nil, ""},
		"masked":              {[]socialwatch.Entity{order("*********")}, nil, ""},
		"hostile":             {[]socialwatch.Entity{order("1000000<b>")}, nil, ""},
		"earlier, in public":  {nil, []socialwatch.Past{past("", order("SW-100234"))}, "0234"},
		"earlier, in private": {nil, []socialwatch.Past{direct}, ""},
		"another earlier":     {[]socialwatch.Entity{order("SW-100234")}, []socialwatch.Past{past("", order("SW-100235"))}, ""},
	} {
		in := input(socialwatch.StuckOrder)
		in.Assessment.Entities, in.Earlier = tt.now, tt.earlier
		text := New(builtin(t), Safety{}).Respond(in).Draft.Text
		if got := strings.Contains(text, "ending"); got != (tt.want != "") || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestExamineSaysWhatIsWrongWithATemplateOnAnAccount(t *testing.T) {
	set, err := Load(templates.FS, fstest.MapFS{
		"en/a.tmpl": {Data: []byte(strings.Replace(front, "id: late", "id: link", 1) + "See https://other.example, {{case}}.")},
		"en/b.tmpl": {Data: []byte(strings.Replace(handoff, "id: late", "id: fits", 1) + "Well, {{private}}. {{case}}.\n---\n" + strings.Repeat("very ", 38) + "{{private}} {{case}}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := New(set, Safety{})
	for _, tt := range []struct {
		id, private string
		network     socialwatch.Network
		want        string
	}{
		{"link", "", "", RuleLink},
		{"fits", "", "", ""},
		{"fits", "https://shop.example/help", socialwatch.X, ""},
		{"fits", "bitte schreiben Sie uns über das Formular in Ihrem Kundenkonto", socialwatch.Mastodon, ""},
		{"fits", "お問い合わせはアプリのチャットからお願いいたします。いつでもご利用いただけます。お気軽に", socialwatch.X, RuleTooLong},
	} {
		x, _ := set.Get(tt.id, "en")
		a := testAccount
		a.Private = tt.private
		if got := strings.Join(blocks(r.Examine(x, a, tt.network)), ","); got != tt.want {
			t.Errorf("%s with %q on %s: %q, want %q", tt.id, tt.private, tt.network, got, tt.want)
		}
	}
}

func TestHandoffTemplatesAlwaysCarryTheRoute(t *testing.T) {
	set := builtin(t)
	n := 0
	for _, x := range set.List() {
		if !x.Handoff {
			continue
		}
		n++
		if _, _, missing := x.fill(0, map[string]string{SlotCase: "K-1"}); missing != SlotPrivate {
			t.Errorf("%s can do without: missing %q", x.Source, missing)
		}
	}
	if want := 9 * len(shipped); n != want {
		t.Errorf("%d templates hand off, want %d", n, want)
	}
	for _, id := range []string{"praise", "human", "incident", "follow-up", "scam-report"} {
		if x, _ := set.Get(id, "en"); x.Handoff {
			t.Errorf("%s hands off: nobody would look after it", id)
		}
	}
}

func TestWhatWasAskedInAnyWordsOfOursIsNotAskedAgain(t *testing.T) {
	r := New(builtin(t), Safety{})
	for _, tt := range []struct {
		private, said string
		asks          bool
	}{
		{"", "Please tell us what you received: please send us a direct message.", false},
		{"", "Por favor, escríbanos por mensaje directo. Es decir: por favor, escríbanos por mensaje directo.", false},
		{"https://shop.example/help?c={case}", "By hand: https://shop.example/help?c=K-1042", false},
		{"our chat of case {case}", "Write in our chat of case K-1042.", false},
		{"https://shop.example/help", "We are sorry. Your reference is K-1042.", true},
		{"", "We are sorry. Your reference is K-1042.", true},
	} {
		in := input(socialwatch.StuckOrder)
		in.FollowUp, in.Account.Private = true, tt.private
		in.Earlier = []socialwatch.Past{{PostID: "p0", Answered: true, Answers: []string{tt.said}}}
		got := r.Respond(in)
		if got.Draft == nil || (got.Draft.Template == "stuck-order") != tt.asks || !tt.asks && got.Draft.Text != "Thank you for coming back to us. Your messages are with our team under K-1042." {
			t.Errorf("%q after %q: %+v", tt.private, tt.said, got.Draft)
		}
	}
}

func TestAnAskThatAPersonRewordedIsNotRepeated(t *testing.T) {
	in := input(socialwatch.StuckOrder)
	in.FollowUp, in.Used = true, []string{"billing"}
	in.Earlier = []socialwatch.Past{{PostID: "p0", Answered: true, Answers: []string{"Could you drop us a line in private? K-1042"}}}
	if got := New(builtin(t), Safety{}).Respond(in); got.Draft == nil || got.Draft.Template != "follow-up" || strings.Contains(got.Draft.Text, "direct message") {
		t.Errorf("%+v", got.Draft)
	}
}
