package triage

import (
	"math/rand/v2"
	"strings"
	"testing"

	"socialwatch"
)

// trackingCases are texts with the one tracking number that must be found in
// them, empty for none.
var trackingCases = []struct{ text, want string }{
	// UPS, S10, USPS
	{"1Z999AA10123456784 late", "1Z999AA10123456784"},
	{"1Z999AA1012345678 short", ""},
	{"x1Z999AA10123456784", ""},
	{"Royal Mail RR473124829GB lost", "RR473124829GB"},
	{"rr473124829gb", "RR473124829GB"},
	{"RR473124829GBX", ""},
	{"9400 1000 0000 0000 0012 32", "9400100000000000001232"},
	{"9400 1000 0000 0000 0012 33", ""},
	// FedEx
	{"fedex 012345678983 lost", "012345678983"},
	{"012345678983 with FedEx", "012345678983"},
	{"tracking 0123 4567 8983", "012345678983"},
	{"fedex 012345678984", ""},
	{"order of 012345678983", ""},
	{"012345678983 pieces of dust", ""},
	{"fedexes 012345678983", ""},
	{"FedEx 123456789012343", "123456789012343"},
	{"FedEx 123456789012345", ""},
	{"123456789012343", ""},
	{"9611020987654312345672", "9611020987654312345672"},
	{"9611020987654312345673", ""},
	{"00340434000000000018", ""},
	{"00340434000000000017", "00340434000000000017"},
	{"00000000000000000000", ""},
	// DHL
	{"DHL 3456789011", "3456789011"},
	{"3456789011 by dhl", "3456789011"},
	{"dhl 34 5678 9011", "3456789011"},
	{"DHL 3456789012", ""},
	{"DHL 2026-11-20 14 o'clock", ""},
	{"my 3456789011", ""},
	{"JJD0099999999", "JJD0099999999"},
	{"jvgl9999999999", "JVGL9999999999"},
	{"JJD009999999", ""},
	{"JJD0099999999X", ""},
	{"GM295117494011169042", "GM295117494011169042"},
	{"GM 5 people", ""},
	{"LX99999999990", "LX99999999990"},
	// DPD
	{"01549800123456L", "01549800123456L"},
	{"01549800123456l.", "01549800123456L"},
	{"01549800123456R", ""},
	{"01549800123456LL", ""},
	{"DPD 01549800123456", "01549800123456"},
	{"01549800123456", ""},
	{"dpd 01549800123456789", ""},
	// Evri
	{"evri 7000000000000001", "7000000000000001"},
	{"Hermes H00AA0012345678B", "H00AA0012345678B"},
	{"H00AA0012345678B", ""},
	{"7000000000000001", ""},
	{"evri 700000000000001", ""},
	// Amazon, Ekart
	{"TBA123456789012 says delivered", "TBA123456789012"},
	{"tbc123456789012", "TBC123456789012"},
	{"TBA12345678901", ""},
	{"TBA1234567890123", ""},
	{"TBD123456789012", ""},
	{"FMPP0123456789 stuck", "FMPP0123456789"},
	{"FMPC0123456789", "FMPC0123456789"},
	{"fmpr0123456789", "FMPR0123456789"},
	{"FMPX0123456789", ""},
	{"FMPP012345678", ""},
}

func TestTrackingNumbersByTheirForms(t *testing.T) {
	tr := shop(t)
	for _, c := range trackingCases {
		a := assess(t, tr, c.text)
		e, _ := a.Entity(socialwatch.TrackingNumber)
		if e.Value != c.want {
			t.Errorf("%q: tracking number %q, want %q (%+v)", c.text, e.Value, c.want, a.Entities)
		}
	}
}

func TestWordsDecideBetweenTrackingPhoneAndCard(t *testing.T) {
	tr := shop(t)
	for text, want := range map[string]socialwatch.EntityKind{
		"the dhl driver can call me on 9876501235":  socialwatch.Phone, // 987650123 mod 7 is 5
		"dhl has it, my whatsapp is 9876501235":     socialwatch.Phone,
		"dhl 9876501235":                            socialwatch.TrackingNumber,
		"evri took my card 4111111111111111":        socialwatch.Card,
		"fedex 378282246310005":                     socialwatch.Card,
		"order SW-100234 went by fedex":             socialwatch.OrderNumber,
		"my order number 012345678983 went by boat": socialwatch.OrderNumber,
	} {
		a := assess(t, tr, text)
		if len(a.Entities) != 1 || a.Entities[0].Kind != want {
			t.Errorf("%q: %+v, want one %s", text, a.Entities, want)
		}
	}
}

// scheme is one way to check a number, and the changes of one digit that it is
// blind to by its making.
type scheme struct {
	name  string
	valid func(string) bool
	made  func(r *rand.Rand) string // the number without its check character
	check string                    // what the check character may be
	blind func(place int, was, is byte) bool
}

const digitSet = "0123456789"

func never(int, byte, byte) bool { return false }

// sameDigit: two remainders share a check digit, so a change may meet the other.
func sameDigit(shared string) func(string) bool {
	return func(number string) bool { return strings.HasSuffix(number, shared) }
}

var schemes = []scheme{
	{"usps and ground", func(s string) bool { return mod10Valid([]byte(s)) }, random("", 14), digitSet, never},
	{"usps 22", func(s string) bool { return checked([]byte(s)) }, random("94", 19), digitSet,
		func(place int, _, _ byte) bool { return place < 2 }}, // another service prefix is another form
	{"dpd", dpdValid, random("", 14), digitSet + "ABCDEFGHIJKLMNOPQRSTUVWXYZ", never},
	{"dhl", func(s string) bool { return dhlValid([]byte(s)) }, random("", 9), digitSet,
		func(place int, was, is byte) bool { return place < 9 && (was-is == 7 || is-was == 7) }},
	{"ups", upsValid, random("1Z999AA1", 9), digitSet,
		func(place int, was, is byte) bool { // the 1Z is the form
			return place < 2 || place < 17 && place%2 == 1 && (was-is == 5 || is-was == 5)
		}},
	{"fedex", func(s string) bool { return fedexValid([]byte(s)) }, random("", 11), digitSet, never},
	{"s10", s10Valid, random("", 8), digitSet, never},
}

func random(prefix string, n int) func(*rand.Rand) string {
	return func(r *rand.Rand) string {
		b := []byte(prefix)
		for range n {
			b = append(b, digitSet[r.IntN(10)])
		}
		return string(b)
	}
}

// TestAChangedDigitIsNotAccepted tries every change of one digit in many
// numbers of each scheme. A scheme whose remainders share a check digit (10 as
// 0 with FedEx, 11 as 5 in S10) is blind between the two: only there may a
// change pass, and only for numbers that end in that digit.
func TestAChangedDigitIsNotAccepted(t *testing.T) {
	shared := map[string]func(string) bool{"fedex": sameDigit("0"), "s10": sameDigit("5")}
	for _, s := range schemes {
		r := rand.New(rand.NewPCG(1, 2))
		tried, passed := 0, 0
		for range 300 {
			number := complete(t, s, s.made(r))
			for place := range number {
				if number[place] < '0' || number[place] > '9' {
					continue
				}
				for _, is := range []byte(digitSet) {
					if is == number[place] || s.blind(place, number[place], is) {
						continue
					}
					tried++
					changed := number[:place] + string(is) + number[place+1:]
					if !s.valid(changed) {
						continue
					}
					if twin := shared[s.name]; twin == nil || !twin(number) || place == len(number)-1 {
						t.Fatalf("%s: %s and %s are both valid", s.name, number, changed)
					}
					passed++
				}
			}
		}
		if share := float64(passed) / float64(tried); share > 0.02 {
			t.Errorf("%s: %.1f %% of changed digits pass", s.name, 100*share)
		}
	}
}

// complete adds the check character; there is always exactly one.
func complete(t *testing.T, s scheme, number string) string {
	t.Helper()
	found := ""
	for _, c := range s.check {
		if s.valid(number + string(c)) {
			if found != "" {
				t.Fatalf("%s: %s has two check characters", s.name, number)
			}
			found = number + string(c)
		}
	}
	if found == "" {
		t.Fatalf("%s: %s has no check character", s.name, number)
	}
	return found
}

// TestSchemesAgreeWithPublishedExamples holds the arithmetic against examples
// that carriers and standards print.
func TestSchemesAgreeWithPublishedExamples(t *testing.T) {
	for name, valid := range map[string]bool{
		"UPS 1Z999AA10123456784":           upsValid("1Z999AA10123456784"),
		"S10 473124829":                    s10Valid("473124829"),
		"FedEx Express":                    fedexValid([]byte("012345678983")),
		"FedEx Ground 96":                  checked([]byte("9611020987654312345672")),
		"DPD, with post code and service":  dpdValid("008182709980000020033350276C"),
		"DPD, another":                     dpdValid("008182709980000020045327276N"),
		"ISO 7064 MOD 37,36, small letter": dpdValid("008182709980000020045327276n"),
		"USPS 9400":                        checked([]byte("9400100000000000001232")),
	} {
		if !valid {
			t.Errorf("%s is refused", name)
		}
	}
}

func TestAMissAllocatesNothing(t *testing.T) {
	for _, text := range []string{"fedex 012345678984", "dhl 1234567890", "dpd 123456789012345", "evri H00AA0012345678", "9999 9999 9999 9999 9999 99"} {
		start := strings.IndexAny(text, "0123456789H")
		s := &scanner{s: text, context: func(int) context { return saysNothing }}
		if n := testing.AllocsPerRun(50, func() {
			if s.tracking(start) != 0 {
				t.Fatalf("%q is a hit", text)
			}
		}); n > 0 {
			t.Errorf("%q: %v allocations for a miss", text, n)
		}
	}
}
