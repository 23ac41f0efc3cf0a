package responder

import (
	"strings"
	"testing"
)

// TestALinkToUsCarriesNoNumberOfTheCustomer holds what stands behind our own
// host: a network shows it like the text.
func TestALinkToUsCarriesNoNumberOfTheCustomer(t *testing.T) {
	for text, want := range map[string]string{
		"See https://shop.example/help?card=4111111111111111":             RuleCardNumber,
		"See https://shop.example/pay/4111-1111-1111-1111/now":            RuleCardNumber,
		"See https://shop.example/articles/4111111111111111":              RuleCardNumber,
		"See https://www.shop.example/track/4471998120.":                  RuleOrderNumber,
		"See https://shop.example/articles/4471998120":                    RuleOrderNumber,
		"See https://a.care.example/#4471-998120":                         RuleOrderNumber,
		"See https://shop.example/?order=998877":                          RuleOrderNumber,
		"See https://shop.example/o/%34%34%37%31%39%39%38%31%32%30":       RuleOrderNumber,
		"See https://shop.example/o/%2534471998120":                       RuleOrderNumber,
		"See https://shop.example/o/４４７１９９８１２０":                           RuleOrderNumber,
		"See https://shop.example/f?tel=+442079460958":                    RuleContact,
		"See https://shop.example/f?p=020%207946%200958":                  RuleContact,
		"See https://shop.example/call/020/7946/0958":                     RuleContact,
		"See https://shop.example/f?email=jane@mail.example":              RuleContact,
		"See https://shop.example/f?email=jane%40mail.example&x=1":        RuleContact,
		"See https://shop.example/f?order=4471-998120&email=j@mail.test":  RuleContact + "," + RuleOrderNumber,
		"See https://shop.example/out?to=https://evil.test/a":             RuleLink,
		"See https://shop.example/out?to=https%3A%2F%2Fevil.test":         RuleLink,
		"See https://shop.example/track/44 719 981 20":                    RuleOrderNumber,
		"See https://shop.example/pay/4111 1111 1111 1111":                RuleCardNumber,
		"See https://shop.example/?p=020 7946 0958":                       RuleContact,
		"Ｓｅｅ ｈｔｔｐｓ：／／ｓｈｏｐ．ｅｘａｍｐｌｅ／４４７１９９８１２０":                             RuleOrderNumber,
		"See https://help.other.example/start?case=4471998120":            RuleOrderNumber,
		"See https://help.other.example/start?case=K-1042&t=020-79460958": RuleContact,

		"See https://shop.example/help?case=K-1042":                        "",
		"See https://shop.example/help/2026/11/23/delays":                  "",
		"See https://shop.example/help?size=42&colour=7#top2":              "",
		"See https://shop.example/hc/en-us/articles/360001234567-Returns":  "",
		"See https://shop.example/hc/en-us/articles/4111111111116":         "", // 13 digits that pass Luhn
		"See https://shop.example/articles/360001234567 (24/7, 3 min)":     "",
		"See https://shop.example/products/88123456/shoes":                 "",
		"See https://shop.example/apps/shop/id1234567890":                  "",
		"See https://shop.example/out?to=https://a.care.example/returns":   "",
		"See https://shop.example/help?mail=team@shop.example":             "",
		"See https://shop.example/call?n=+15550142000":                     "",
		"See https://shop.example/100%25-natural%":                         "",
		"See https://help.other.example/start?case=K-1042 and write to us": "",
		"See https://help.other.example/start?case=K-1042.":                "",
	} {
		in := public(text)
		in.Account.Private = "https://help.other.example/start?case={case}"
		findings := Safety{}.Check(in)
		if got := strings.Join(blocks(findings), ","); got != want {
			t.Errorf("%q blocks as %q, want %q: %+v", text, got, want, findings)
		}
		requireSpans(t, text, findings)
	}
}

// TestOurPrivateRouteMayHaveNumbersOfItsOwn: an admin wrote it.
func TestOurPrivateRouteMayHaveNumbersOfItsOwn(t *testing.T) {
	for route, want := range map[string]string{
		"https://forms.example/8812345678":            "",
		"https://forms.example/f/8812345678?c={case}": "",
		"https://forms.example/{case}/8812345678":     "",
	} {
		in := public("Please use " + strings.ReplaceAll(route, slotInRoute, "K-1042") + ".")
		in.Account.Private = route
		if got := strings.Join(blocks(Safety{}.Check(in)), ","); got != want {
			t.Errorf("%q blocks as %q", in.Payload.Text, got)
		}
		in.Payload.Text = "Please use " + strings.ReplaceAll(route, slotInRoute, "4471998120") + "&order=4471998120"
		if len(blocks(Safety{}.Check(in))) == 0 {
			t.Errorf("%q passes", in.Payload.Text)
		}
	}
}
