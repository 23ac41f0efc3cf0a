package triage

import (
	"strings"
	"testing"

	"socialwatch"
)

// acme is triage for a shop whose names people also use otherwise.
func acme(t testing.TB) *Triage {
	t.Helper()
	tr, err := New(Options{Handles: []string{"brightshop_help@social.example"}, Brands: []string{"Brightshop", "Bright & Co", "Ova"},
		Official: Official{Handles: []string{"brightshop", "brightshop_de@social.example", "@parcels@carrier.example"},
			Phones: []string{"+44 20 7946 0000", "0800 900 100"}, Sites: []string{"brightshop.example", "*.bright-status.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// by is a post of somebody who answers somebody else's post.
func by(handle, name, text string) socialwatch.Mention {
	m := mention(text)
	m.Host, m.Author = "social.example", socialwatch.Author{ID: "a1", Handle: handle, Name: name}
	m.ParentID, m.ParentBy = "p1", "c1"
	return m
}

func TestImpostorsAreKnownAndOthersAreNot(t *testing.T) {
	const dm = "Sorry for the trouble! Please DM us your order number so that we can help you."
	const calm = "That happened to me last week."
	tr := acme(t)
	for _, c := range []struct {
		why, handle, name, text string
		want                    string // the signal that says why, "" for no impostor
	}{
		{"our own handle", "brightshop_help@social.example", "Brightshop Help", dm, ""},
		{"our own handle in capitals", "BrightShop_Help@social.example", "Brightshop Help", dm, ""},
		{"official without a host, here", "brightshop@social.example", "Brightshop", dm, ""},
		{"official elsewhere", "parcels@carrier.example", "Brightshop parcels support", dm + " Call our helpline +44 161 496 0000", ""},
		{"our handle on another server", "brightshop_help@evil.example", "", dm, "lookalike_handle"},
		{"official without a host, elsewhere", "brightshop@evil.example", "", dm, "lookalike_handle"},
		{"digits for letters", "br1ghtsh0p_help@social.example", "", dm, "lookalike_handle"},
		{"digits, and no offer at all", "br1ghtsh0p_help@social.example", "", calm, "lookalike_handle"},
		{"one letter left out", "brightshop_hep@social.example", "", dm, "lookalike_handle"},
		{"one letter twice", "brightshopp_help@social.example", "", dm, "lookalike_handle"},
		{"letters swapped", "birghtshop_help@social.example", "", dm, "lookalike_handle"},
		{"no sign between", "brightshophelp@social.example", "", dm, "lookalike_handle"},
		{"a sign more", "brightshop__help_@social.example", "", dm, "lookalike_handle"},
		{"support", "brightshop_support@social.example", "", calm, "lookalike_handle"},
		{"care, joined", "brightshopcare@social.example", "", calm, "lookalike_handle"},
		{"official before", "official_brightshop@social.example", "", calm, "lookalike_handle"},
		{"a country", "brightshop_help_in@social.example", "", calm, "lookalike_handle"},
		{"a country behind the bare name", "brightshop_uk@social.example", "", calm, "lookalike_handle"},
		{"a number behind", "brightshop_help24@social.example", "", calm, "lookalike_handle"},
		{"German", "brightshop-kundenservice@social.example", "", "Hallo!", "lookalike_handle"},
		{"Spanish", "ayuda_brightshop@social.example", "", "Hola", "lookalike_handle"},
		{"Italian", "brightshop_assistenza@social.example", "", "Ciao", "lookalike_handle"},
		{"short name as a word of its own", "ova_support@social.example", "", calm, "lookalike_handle"},

		{"name with a check mark", "user7781@social.example", "Brightshop ✔️", calm, "lookalike_name"},
		{"name and support", "user7781@social.example", "Brightshop Customer Care", calm, "lookalike_name"},
		{"Cyrillic letters", "user7781@social.example", "Вrightshор Неlр", calm, "lookalike_name"},
		{"small capitals", "user7781@social.example", "ʙʀɪɢʜᴛꜱʜᴏᴘ ꜱᴜᴘᴘᴏʀᴛ", calm, "lookalike_name"},
		{"Greek capitals", "user7781@social.example", "BRIGΗTSΗOP SUPPORT", calm, "lookalike_name"},
		{"nothing but Greek where it can be", "user7781@social.example", "ΒRIGΗΤSΗΟΡ SUΡΡΟRΤ", calm, "lookalike_name"},
		{"mathematical letters", "user7781@social.example", "𝐁𝐫𝐢𝐠𝐡𝐭𝐬𝐡𝐨𝐩 𝐒𝐮𝐩𝐩𝐨𝐫𝐭", calm, "lookalike_name"},
		{"brand of two words", "user7781@social.example", "Bright & Co Support", calm, "lookalike_name"},
		{"Japanese", "user7781@social.example", "Brightshop サポート", "こんにちは", "lookalike_name"},
		{"Hindi", "user7781@social.example", "Brightshop सहायता", "नमस्ते", "lookalike_name"},
		{"bare name that offers help", "user7781@social.example", "Brightshop", dm, "lookalike_name"},
		{"bare name that reports", "user7781@social.example", "Brightshop", "Beware, this is a scam, they write please dm us", ""},
		{"bare name that only talks", "user7781@social.example", "Brightshop", calm, ""},

		{"link with a letter changed", "maria@far.example", "Maria", "Get your refund here https://brightsh0p.example/refund", "lookalike_link"},
		{"link with a word added", "maria@far.example", "Maria", "Please fill in this form: brightshop-refund.example/f?id=7", "lookalike_link"},
		{"our host below another", "maria@far.example", "Maria", "Click here https://brightshop.example.claims.example/now", "lookalike_link"},
		{"user part in front", "maria@far.example", "Maria", "click here https://brightshop.example@brightsh0p.example/x", "lookalike_link"},
		{"Cyrillic host", "maria@far.example", "Maria", "Click here https://brіghtshop.example/login", "lookalike_link"},
		{"our own host", "maria@far.example", "Maria", "Fill in this form https://www.brightshop.example/returns", ""},
		{"below our own host", "maria@far.example", "Maria", "Click here https://help.brightshop.example", ""},
		{"below a listed wildcard", "maria@far.example", "Maria", "Click here https://eu.bright-status.example", ""},
		{"link that is foreign", "maria@far.example", "Maria", "Click here https://news.example/brightshop", ""},
		{"asks whether a link is ours", "c1@far.example", "Chris", "Is https://brightsh0p.example yours? I am not sure", ""},
		{"reports a link", "c1@far.example", "Chris", "Beware of brightshop-refund.example, that is a scam, they ask to click here", ""},
		{"name under another ending, no offer", "maria@far.example", "Maria", "I bought mine at brightshop.test and it was fine", ""},
		{"name under another ending, offer", "maria@far.example", "Maria", "Click here brightshop.test to get your refund", "lookalike_link"},
		{"longer word in a host", "maria@far.example", "Maria", "Click here https://brightshopperstown.example", ""},

		{"helpline that is not ours", "maria@far.example", "Maria", "Please call our helpline +44 161 496 0000 for your refund", "unofficial_phone"},
		{"customer care number", "maria@far.example", "", "Sir, customer care number is 9876543210, call now", "unofficial_phone"},
		{"our own helpline", "maria@far.example", "Maria", "You can call their helpline, contact us says: call on 020 7946 0000", ""},
		{"our own number without its prefix", "maria@far.example", "Maria", "Contact us on 0800 900 100", ""},
		{"customer leaves a number", "c1@far.example", "Chris", "Please call me, my number is +44 161 496 0000", ""},
		{"customer reports a number", "c1@far.example", "Chris", "I got a call from +44 161 496 0000, they told me to call this number, is it a scam?", ""},
		{"number without an offer", "maria@far.example", "Maria", "the driver is 07700 900123", ""},

		{"fan", "brightshop_fan@far.example", "Brightshop fan", calm, ""},
		{"critic", "ihatebrightshop@far.example", "Brightshop never again", calm, ""},
		{"longer word", "brightshopper@far.example", "Anna Brightshopper", calm, ""},
		{"longer word that offers", "brightshopper@far.example", "Anna Brightshopper", "I can help you, DM me", ""},
		{"short name joined to a word", "careova@far.example", "", calm, ""},
		{"short name within a word", "novakova_help@far.example", "Nova Support", calm, ""},
		{"employee in a private capacity", "jo@far.example", "Jo, works at Brightshop", calm, ""},
		{"joke about care", "nobody@far.example", "Brightshop does not care", calm, ""},
		{"another shop's desk", "otherstore_help@social.example", "Otherstore Help", dm, ""},
		{"no name at all", "", "", dm, ""},
		{"no name that can be compared", "_@far.example", "🙂🙂", dm, ""},
	} {
		a := tr.Assess(by(c.handle, c.name, c.text), socialwatch.History{})
		got := ""
		for _, s := range a.Signals {
			if k, ok := strings.CutPrefix(s.Name, "scam_report."); ok && got == "" && (strings.HasPrefix(k, "lookalike_") || k == "unofficial_phone") {
				got = k
			}
		}
		if got != c.want {
			t.Errorf("%s: %q %q %q: %q, want %q", c.why, c.handle, c.name, c.text, got, c.want)
		}
		if flagged := a.Has(socialwatch.SignalImpostor); flagged != (c.want != "") {
			t.Errorf("%s: flagged %v", c.why, flagged)
		}
		if c.want != "" && (a.Intent != socialwatch.ScamReport || !a.Escalate || a.Urgency != 2 || a.Ignored != "" || a.Thanks) {
			t.Errorf("%s: %s, escalate %v, urgency %d, ignored %q", c.why, a.Intent, a.Escalate, a.Urgency, a.Ignored)
		}
	}
}

func TestOnlyAnAnswerOrAnOfferMakesAnImpostor(t *testing.T) {
	tr := acme(t)
	for _, c := range []struct {
		name   string
		change func(*socialwatch.Mention)
		want   bool
	}{
		{"answers a customer", func(m *socialwatch.Mention) {}, true},
		{"parent's author unknown", func(m *socialwatch.Mention) { m.ParentBy = "" }, true},
		{"a first post", func(m *socialwatch.Mention) { m.ParentID, m.ParentBy = "", "" }, false},
		{"continues its own post", func(m *socialwatch.Mention) { m.ParentBy = m.Author.ID }, false},
		{"a first post to somebody else", func(m *socialwatch.Mention) {
			m.ParentID, m.ParentBy, m.Text = "", "", "@customer1 good morning"
		}, true},
		{"a first post that offers help", func(m *socialwatch.Mention) {
			m.ParentID, m.ParentBy, m.Text = "", "", "For refunds please DM us"
		}, true},
		{"our own post", func(m *socialwatch.Mention) { m.Own = true }, false},
	} {
		m := by("brightshop_support@social.example", "", "Good morning")
		c.change(&m)
		if got := tr.Assess(m, socialwatch.History{}).Has(socialwatch.SignalImpostor); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestImpostorsEvidenceStandsInTheText(t *testing.T) {
	m := by("maria@far.example", "Maria", "Sorry — call our helpline +44 161 496 0000 or click here: https://brightsh0p.example/x !")
	want := map[string]string{"scam_report.lookalike_link": "https://brightsh0p.example/x", "scam_report.unofficial_phone": "+44 161 496 0000"}
	for _, s := range acme(t).Assess(m, socialwatch.History{}).Signals {
		if w, ok := want[s.Name]; ok {
			if got := m.Text[s.Start:s.End]; got != w {
				t.Errorf("%s at %q, want %q", s.Name, got, w)
			}
			delete(want, s.Name)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing %v", want)
	}
}

func TestWithoutAnOfficialListNobodyIsAnImpostor(t *testing.T) {
	tr, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := by("brightshop_support@social.example", "Brightshop Support", "Call our helpline +44 161 496 0000")
	if tr.Assess(m, socialwatch.History{}).Has(socialwatch.SignalImpostor) {
		t.Error("an impostor of nobody")
	}
}

func FuzzImpostor(f *testing.F) {
	tr := acme(f)
	f.Add("brightshop_help@evil.example", "Вrightshор", "click https://brightsh0p.example")
	f.Add("@@", "✔️✔️", "a.b@c..d :// http://[::1]")
	f.Fuzz(func(t *testing.T, handle, name, text string) {
		a := tr.Assess(by(handle, name, text), socialwatch.History{})
		for _, s := range a.Signals {
			if s.Start < 0 || s.Start > s.End || s.End > len(text) {
				t.Fatalf("%s at %d to %d of %d", s.Name, s.Start, s.End, len(text))
			}
		}
	})
}
