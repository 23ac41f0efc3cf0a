package triage

import (
	"strings"
	"testing"

	"socialwatch"
)

// entityCases are texts with the entities that must be found in them, as
// "kind value text", and nothing else.
var entityCases = []struct {
	text string
	want []string
}{
	{"order 123-1234567-7654321 please", []string{"order_number 123-1234567-7654321 123-1234567-7654321"}},
	{"Order#123-1234567-7654321.", []string{"order_number 123-1234567-7654321 123-1234567-7654321"}},
	{"x123-1234567-7654321", nil},
	{"id od123456789012345678!", []string{"order_number OD123456789012345678 od123456789012345678"}},
	{"OD12345678901234567", nil},
	{"sw-100234 and SW-1002345", []string{"order_number SW-100234 sw-100234"}},
	{"my order no. 4400123987", []string{"order_number 4400123987 4400123987"}},
	{"1Z999AA10123456784", []string{"tracking_number 1Z999AA10123456784 1Z999AA10123456784"}},
	{"1Z999AA10123456785", nil},
	{"RR473124829GB", []string{"tracking_number RR473124829GB RR473124829GB"}},
	{"RR473124828GB", nil},
	{"9400 1000 0000 0000 0012 32", []string{"tracking_number 9400100000000000001232 9400 1000 0000 0000 0012 32"}},
	{"tracking number 778812341234", []string{"tracking_number 778812341234 778812341234"}},
	{"£49.99", []string{"amount 49.99 GBP £49.99"}},
	{"$1,299 and 1.299,50 €", []string{"amount 1299.00 USD $1,299", "amount 1299.50 EUR 1.299,50 €"}},
	{"Rs. 1,00,000/- or 800rs", []string{"amount 100000.00 INR Rs. 1,00,000/-", "amount 800.00 INR 800rs"}},
	{"7250/- and 75k INR", []string{"amount 7250.00 INR 7250/-", "amount 75000.00 INR 75k INR"}},
	{"¥5000 or 20 quid", []string{"amount 5000 JPY ¥5000", "amount 20.00 GBP 20 quid"}},
	{"₹200", []string{"amount 200.00 INR ₹200"}},
	{"version 3.5 of 20 cars", nil},
	{"it's day 23", []string{"days_waited 23 day 23"}},
	{"waiting 5 days, two weeks, a month", []string{"days_waited 5 5 days", "days_waited 14 two weeks", "days_waited 30 a month"}},
	{"48 hours ago", []string{"days_waited 2 48 hours"}},
	{"within 5 days, 2 day delivery, 30 day warranty, next 2 weeks", nil},
	{"you promised 5 days and it has been 3 weeks", []string{"days_waited 21 3 weeks"}},
	{"a customer for ten years, 6 years customer, I was told 10 days", nil},
	{"es hieß 5 Tage, seit 10 Jahren Kunde, jetzt 3 Wochen", []string{"days_waited 21 3 Wochen"}},
	{"client depuis 8 ans, vous aviez dit 5 jours, et 12 jours d'attente", []string{"days_waited 12 12 jours"}},
	{"me dijeron 5 días y ya son 3 semanas", []string{"days_waited 21 3 semanas"}},
	{"cliente da 10 anni, avevate promesso 5 giorni, e ora 20 giorni", []string{"days_waited 20 20 giorni"}},
	{"cliente há 5 anos, disseram 3 dias, espero há 15 dias", []string{"days_waited 15 15 dias"}},
	{"5日で届くと言われたのに、もう21日待って", []string{"days_waited 21 21日待"}},
	{"3 hours", nil},
	{"since 26th Oct", []string{"date --10-26 26th Oct"}},
	{"October 3, 2026 and 21-Oct-2026", []string{"date 2026-10-03 October 3, 2026", "date 2026-10-21 21-Oct-2026"}},
	{"2026-10-26 or 26/10/2026 or on 10/27", []string{"date 2026-10-26 2026-10-26", "date 2026-10-26 26/10/2026", "date --10-27 10/27"}},
	{"05/04/2026, part 1/2, open 24/7, 31 Feb, May I 5", nil},
	{"mail Jane.Doe+x@mail.example now", []string{"email jane.doe+x@mail.example Jane.Doe+x@mail.example"}},
	{"@shop_help@social.example and a@b", nil},
	{"call +44 20 7946 0958", []string{"phone +442079460958 +44 20 7946 0958"}},
	{"my number (555) 010-4477", []string{"phone 5550104477 (555) 010-4477"}},
	{"whatsapp 9876501234", []string{"phone 9876501234 9876501234"}},
	{"9876501234", []string{"phone 9876501234 9876501234"}},
	{"complaint no 9876501234", nil},
	{"card 4111 1111 1111 1111", []string{"card 4111111111111111 4111 1111 1111 1111"}},
	{"4111-1111-1111-1111 12", []string{"card 4111111111111111 4111-1111-1111-1111"}},
	{"4111 1111 1111 1112", nil},
	{"case K-123 and k-9", []string{"case_number K-123 K-123", "case_number K-9 k-9"}},
	{"MK-123 K-x", nil},
	{"12 High Street, SW1A 1AA", []string{"address 12 High Street 12 High Street", "address SW1A 1AA SW1A 1AA"}},
	{"２６/１０/２０２６ ４１１１１１１１１１１１１１１１", []string{"date 2026-10-26 ２６/１０/２０２６", "card 4111111111111111 ４１１１１１１１１１１１１１１１"}},
	{"https://example.com/123-1234567-7654321?q=4111111111111111", nil},
}

func TestEntitiesAreTypedAndNothingElseIs(t *testing.T) {
	tr := shop(t)
	for _, c := range entityCases {
		var got []string
		for _, e := range assess(t, tr, c.text).Entities {
			parts := []string{string(e.Kind), e.Value, e.Currency, c.text[e.Start:e.End]}
			if e.Currency == "" {
				parts = append(parts[:2], parts[3])
			}
			got = append(got, strings.Join(parts, " "))
		}
		if strings.Join(got, "; ") != strings.Join(c.want, "; ") {
			t.Errorf("%q:\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

func TestPersonalDataIsMaskedByteForByte(t *testing.T) {
	tr := shop(t)
	for text, want := range map[string]string{
		"call +44 20 7946 0958 or a.b@mail.example": "call **************** or ****************",
		"4111 1111 1111 1111":                       "*******************",
		"é 12 High Street 😡":                        "é ************** 😡",
		"SW-100234 paid £20 on 26 Oct":              "******234 paid £20 on 26 Oct",
		"1Z999AA10123456784":                        "***************784",
		"４１１１１１１１１１１１１１１１":                          strings.Repeat("*", 48),
		"nothing here":                              "nothing here",
	} {
		if got := assess(t, tr, text).Masked; got != want {
			t.Errorf("%q: masked %q, want %q", text, got, want)
		}
	}
}

func TestHighValueFollowsTheTablePerCurrency(t *testing.T) {
	tr, err := New(Options{HighValue: map[string]float64{"GBP": 100}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"it was £100": true, "it was £99.99": false, "it was $9000": false, "it was 1,250 GBP": true,
	} {
		if got := has(assess(t, tr, text), "score.high_value"); got != want {
			t.Errorf("%q: high value %v", text, got)
		}
	}
}

func TestPlainOrderAndTrackingNumbersNeedTheirWord(t *testing.T) {
	tr := shop(t)
	a := assess(t, tr, "invoice 4400123987 ticket 778812341234")
	if _, ok := a.Entity(socialwatch.OrderNumber); ok || len(a.Entities) != 0 {
		t.Errorf("found %v", a.Entities)
	}
}
