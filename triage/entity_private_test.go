package triage

import (
	"strings"
	"testing"
	"unicode"

	"socialwatch"
)

// privateCases are ways in which people write money, cards, telephone numbers
// and addresses so that a reader of plain forms misses them, or takes more than
// there is: "kind value text" of all that must be found.
var privateCases = []struct {
	text string
	want []string
}{
	// money at the end of a sentence
	{"refund £61.80. Thanks", []string{"amount 61.80 GBP £61.80"}},
	{"$12.50.", []string{"amount 12.50 USD $12.50"}},
	{"€227.02.", []string{"amount 227.02 EUR €227.02"}},
	{"€227,02, dann", []string{"amount 227.02 EUR €227,02"}},
	{"£5.99... really", []string{"amount 5.99 GBP £5.99"}},
	{"$1,299.99. ok", []string{"amount 1299.99 USD $1,299.99"}},
	{"12.50.", nil},
	{"₹1,00,000.", []string{"amount 100000.00 INR ₹1,00,000"}},
	{"Rs 12,34,56,789, yes", []string{"amount 123456789.00 INR Rs 12,34,56,789"}},
	{"£1,500.", []string{"amount 1500.00 GBP £1,500"}},
	{"£20, 30 or 40", []string{"amount 20.00 GBP £20"}},
	// cards
	{"4111  1111  1111  1111", []string{"card 4111111111111111 4111  1111  1111  1111"}},
	{"4111\n1111\n1111\n1111", []string{"card 4111111111111111 4111\n1111\n1111\n1111"}},
	{"4111\r\n1111\r\n1111\r\n1111", []string{"card 4111111111111111 4111\r\n1111\r\n1111\r\n1111"}},
	{"4111\u00a01111\u00a01111\u00a01111", []string{"card 4111111111111111 4111\u00a01111\u00a01111\u00a01111"}},
	{"4111–1111–1111–1111", []string{"card 4111111111111111 4111–1111–1111–1111"}},
	{"4111 – 1111 – 1111 – 1111", []string{"card 4111111111111111 4111 – 1111 – 1111 – 1111"}},
	{"4111/1111/1111/1111", []string{"card 4111111111111111 4111/1111/1111/1111"}},
	{"4111_1111_1111_1111", []string{"card 4111111111111111 4111_1111_1111_1111"}},
	{"4111, 1111, 1111, 1111", []string{"card 4111111111111111 4111, 1111, 1111, 1111"}},
	{"4111\u200b1111\u200b1111\u200b1111", []string{"card 4111111111111111 4111\u200b1111\u200b1111\u200b1111"}},
	{"card4111111111111111", []string{"card 4111111111111111 4111111111111111"}},
	{"card4111 1111 1111 1111.", []string{"card 4111111111111111 4111 1111 1111 1111"}},
	{"4111111111111111exp", []string{"card 4111111111111111 4111111111111111"}},
	{"no_4111111111111111_x", []string{"card 4111111111111111 4111111111111111"}},
	{"card2223003122003222", []string{"card 2223003122003222 2223003122003222"}},
	{"4111  1111  1111  1112", nil},
	{"card4111111111111112", nil},
	{"IN2011181651224988051", nil}, // passes the Luhn check
	{"2026/11/20 14:30:18", nil},
	{"20, 26, 11, 20, 14, 30, 18", nil},
	{"9411111111111111111", nil},
	// telephone numbers
	{"0049 151 23456789", []string{"phone +4915123456789 0049 151 23456789"}},
	{"Tel. 0049 151 23456789", []string{"phone +4915123456789 0049 151 23456789"}},
	{"call 00441234567890", []string{"phone +441234567890 00441234567890"}},
	{"00441234567890", []string{"phone +441234567890 00441234567890"}},
	{"order 00441234567890", []string{"order_number 00441234567890 00441234567890"}},
	{"0012345678", nil},
	{"000000000000", nil},
	{"whatsapp +49 (0)151 / 234 56 789", []string{"phone +49015123456789 +49 (0)151 / 234 56 789"}},
	{"+(49) 151 23456789", []string{"phone +4915123456789 +(49) 151 23456789"}},
	{"tel 0151 - 2345 6789", []string{"phone 015123456789 0151 - 2345 6789"}},
	{"0151\u00a02345\u00a0678", []string{"phone 01512345678 0151\u00a02345\u00a0678"}},
	{"0151–2345–678", []string{"phone 01512345678 0151–2345–678"}},
	{"0151\u20112345\u2011678", []string{"phone 01512345678 0151\u20112345\u2011678"}},
	{"tel 0151\n2345\n6789", []string{"phone 015123456789 0151\n2345\n6789"}},
	{"+49 151\n2345\n6789", []string{"phone +4915123456789 +49 151\n2345\n6789"}},
	{"98765\u200b43210", []string{"phone 9876543210 98765\u200b43210"}},
	{"call9876543210", []string{"phone 9876543210 9876543210"}},
	{"ph_9876543210", []string{"phone 9876543210 9876543210"}},
	{"callme9876543210", []string{"phone 9876543210 9876543210"}},
	{"9876543210call me", []string{"phone 9876543210 9876543210"}},
	{"9876543210_call me", []string{"phone 9876543210 9876543210"}},
	{"call+919876543210now", []string{"phone +919876543210 +919876543210"}},
	{"ph: 98765-43210 / 98765-43211", []string{"phone 9876543210 98765-43210", "phone 9876543211 98765-43211"}},
	{"Tel.: (0151) - 23456789", []string{"phone 015123456789 (0151) - 23456789"}},
	{"call 9876543210 123456", []string{"phone 9876543210 9876543210"}},
	{"https://wa.me/919876543210", []string{"phone +919876543210 919876543210"}},
	{"wa.me/919876543210", []string{"phone +919876543210 919876543210"}},
	{"https://api.whatsapp.com/send?phone=919876543210&text=hi", []string{"phone +919876543210 919876543210"}},
	{"https://api.whatsapp.com/send?phone=%2B919876543210", []string{"phone +919876543210 919876543210"}},
	{"https://t.me/+4915123456789 x", []string{"phone +4915123456789 4915123456789"}},
	{"tel:+4915123456789", []string{"phone +4915123456789 +4915123456789"}},
	{"https://t.me/shop/12345678", nil},
	{"https://example.com/919876543210", nil},
	{"https://not-wa.me.example/919876543210", nil},
	{"SW9876543210 AB9876543210 9876543210AB", nil},
	{"orderno9876543210", nil},
	{"INV0987654321012", nil},
	{"05/04/2026 - 14", nil},
	{"05/04/2026 14:30", nil},
	{"between 10.000 - 15.000 people", nil},
	{"mobile 10.000 - 15.000", nil},
	{"call me 0900 - 1700", nil},
	{"call +44 20 7946 0958\n5 Main Street", []string{"phone +442079460958 +44 20 7946 0958", "address 5 Main Street 5 Main Street"}},
	// digits of other scripts
	{"मेरा फोन नंबर ९८७६५४३२१० है", []string{"phone 9876543210 ९८७६५४३२१०"}},
	{"१० दिन", []string{"days_waited 10 १० दिन"}},
	{"४१११ ११११ ११११ ११११", []string{"card 4111111111111111 ४१११ ११११ ११११ ११११"}},
	{"٠٠٤٤١٢٣٤٥٦٧٨٩٠", []string{"phone +441234567890 ٠٠٤٤١٢٣٤٥٦٧٨٩٠"}},
	{"₹५००", []string{"amount 500.00 INR ₹५००"}},
	{"हिंदी ५", nil},
	// e-mail
	{"j.müller@example.de", []string{"email j.müller@example.de j.müller@example.de"}},
	{"müller1@example.de", []string{"email müller1@example.de müller1@example.de"}},
	{"info@müller.de.", []string{"email info@müller.de info@müller.de"}},
	{"a@b@example.com", []string{"email a@b@example.com a@b@example.com"}},
	{"https://example.com/?mail=a@b.com", []string{"email a@b.com a@b.com"}},
	{"https://example.com/?mail=a@b.com&x=c@d.org end", []string{"email a@b.com a@b.com", "email c@d.org c@d.org"}},
	{"mailto:a@b.com", []string{"email a@b.com a@b.com"}},
	{"メールはa@b.comです", []string{"email a@b.com a@b.com"}},
	{"😡a@b.com😡", []string{"email a@b.com a@b.com"}},
	{"“a@b.com”", []string{"email a@b.com a@b.com"}},
	{"https://social.example/@customer1@other.example/1", nil},
	{"https://example.com/react@18.2.10/x", nil},
	{"für@shop_help und mütter@heim", nil},
	// addresses
	{"5 Main Street, 10115 Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", []string{"address 5 Main Street, 10115 5 Main Street, 10115"}},
	{"5 Main Street, 10115 Berlin\u00a0ok", []string{"address 5 Main Street, 10115 Berlin 5 Main Street, 10115 Berlin"}},
	{"5 Main Street, 10115 Köln", []string{"address 5 Main Street, 10115 Köln 5 Main Street, 10115 Köln"}},
}

func TestUnusualWritingHidesNothingAndAddsNothing(t *testing.T) {
	tr := shop(t)
	for _, c := range privateCases {
		if got := found(assess(t, tr, c.text), c.text); strings.Join(got, "; ") != strings.Join(c.want, "; ") {
			t.Errorf("%q:\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

// found lists the entities of a text as the tables write them.
func found(a socialwatch.Assessment, text string) []string {
	var all []string
	for _, e := range a.Entities {
		parts := []string{string(e.Kind), e.Value, e.Currency, text[e.Start:e.End]}
		if e.Currency == "" {
			parts = append(parts[:2], parts[3])
		}
		all = append(all, strings.Join(parts, " "))
	}
	return all
}

func TestNumbersThatAreNoneAllocateNothing(t *testing.T) {
	for _, text := range []string{
		"4111  1111  1111  1112", "card4111111111111112", "0012 345", "AB9876543210", "05/04/2026 - 14", "0151 - 2345",
		"für@shop_help a@b j@b", "https://example.com/@a/12345678", "12.50.", "12345678901234567890123",
	} {
		s := &scanner{context: func(int) context { return saysNothing }, since: func(int) bool { return false }, numbers: make([]span, 0, 9)}
		if n := testing.AllocsPerRun(50, func() {
			if s.scan(text); len(s.found) > 0 {
				t.Fatalf("%q: %+v", text, s.found)
			}
		}); n > 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

func TestEveryDecimalDigitIsRead(t *testing.T) {
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		digit, ok := decimalDigit(r)
		if want := unicode.IsDigit(r) && !needsNFKC(r); ok != want {
			t.Fatalf("%U: %v", r, ok)
		}
		if before, sure := decimalDigit(r - 1); ok && (digit < '0' || digit > '9' || sure && before != '9' && digit != before+1) {
			t.Fatalf("%U is %c behind %c", r, digit, before)
		}
	}
}
