package triage

import (
	"strings"

	"socialwatch"
)

// The forms of tracking numbers and where they are published:
//
//	UPS 1Z               UPS's own table of letters, modulo 10
//	S10                  UPU standard S10-12: Royal Mail and the national posts
//	USPS 20, 22          USPS Publication 199, modulo 10 with weights 3 and 1
//	FedEx Express 12     weights 1, 3, 7 from the right, modulo 11, 10 counts as 0
//	FedEx Ground 15, 96  FedEx Ground Label Layout Specification, modulo 10 with
//	                     weights 3 and 1 over the last 15 digits
//	SSCC, 00 and 18      GS1 General Specifications 7.9, modulo 10; FedEx Ground,
//	                     DHL Paket and others
//	DHL Express 10       the first nine digits modulo 7
//	DHL JJD, JVGL, GM,   dhl.com, "Tracking ID labels": forms without a check
//	LX, RX
//	DPD 14 and a check   DPD Parcel Label Specification 2.4.1: ISO/IEC 7064
//	                     MOD 37,36
//	Evri 16              forms without a published check
//	Amazon TBA, TBC, TBM forms without a published check
//	Ekart FMPP, FMPC,    forms without a published check, as public clients of
//	FMPR                 its tracking and customers write them
//
// Numbers of a form too weak to stand alone count only where the words near
// say that they are tracking numbers, or name the carrier. Delhivery publishes
// no form of its own: its numbers are found by the words before them.

// lettered are the forms that begin with letters of their own, in small
// letters, and how many digits follow.
var lettered = []struct {
	text     string
	min, max int
}{
	{"tba", 12, 12}, {"tbc", 12, 12}, {"tbm", 12, 12}, {"fmpp", 10, 10}, {"fmpc", 10, 10}, {"fmpr", 10, 10},
	{"jjd", 10, 20}, {"jvgl", 10, 20}, {"gm", 10, 37}, {"lx", 10, 37}, {"rx", 10, 37},
}

// tracking finds the tracking numbers that have a form of their own.
func (e *scanner) tracking(i int) int {
	s := e.s[i:]
	n := 0
	switch {
	case s[0] >= '0' && s[0] <= '9' && !prefixFold(s, "1z"):
		return e.trackingDigits(i)
	case prefixFold(s, "1z"):
		if len(s) >= 18 && upsValid(s[:18]) {
			n = 18
		}
	case postal.length(s) > 0:
		if s10Valid(s[2:11]) {
			n = 13
		}
	default:
		if n = letteredLength(s); n == 0 {
			n = e.evri(i)
		}
	}
	if n == 0 || !e.ends(i+n) {
		return 0
	}
	return e.take(socialwatch.TrackingNumber, strings.ToUpper(s[:n]), i, n)
}

// letteredLength is the length of the lettered form that s starts with.
func letteredLength(s string) int {
	for _, f := range lettered {
		if byteFold[s[0]] != f.text[0] || !prefixFold(s, f.text) {
			continue
		}
		if n := digits(s[len(f.text):]); n >= f.min && n <= f.max {
			return len(f.text) + n
		}
	}
	return 0
}

// evri is the length of an Evri number that starts with a letter: two digits
// and 13 letters or digits follow. It needs the carrier's name.
func (e *scanner) evri(i int) int {
	s := e.s[i:]
	if len(s) < 16 || s[0] == '_' || digits(s[1:3]) < 2 || !e.ends(i+16) {
		return 0
	}
	for k := 3; k < 16; k++ {
		if !handleByte(s[k]) || s[k] == '_' {
			return 0
		}
	}
	if e.carrier(i, i+16)&evriNamed == 0 {
		return 0
	}
	return 16
}

// trackingDigits finds those that are digits, alone or in groups, and DPD's
// with their check letter.
func (e *scanner) trackingDigits(i int) int {
	s := e.s[i:]
	if countGrouped(s, 22) < 10 {
		return 0
	}
	if digits(s) == 14 && len(s) > 14 && handleByte(s[14]) && e.ends(i+15) && dpdValid(s[:15]) {
		return e.take(socialwatch.TrackingNumber, strings.ToUpper(s[:15]), i, 15)
	}
	all, ends, groups := group(s, 22)
	for g := groups - 1; g >= 0; g-- {
		count, length := ends[g][0], ends[g][1]
		if count < 10 {
			break
		}
		if e.ends(i+length) && (checked(all[:count]) || e.named(all[:count], i, length)) {
			return e.take(socialwatch.TrackingNumber, string(all[:count]), i, length)
		}
	}
	return 0
}

// countGrouped is how many digits s starts with, in groups parted by one byte,
// up to max or a little more.
func countGrouped(s string, max int) int {
	count := 0
	for i := 0; count < max; i++ {
		n := digits(s[i:])
		if n == 0 {
			break
		}
		count, i = count+n, i+n
		if i+1 >= len(s) || strings.IndexByte(" -.", s[i]) < 0 {
			break
		}
	}
	return count
}

// checked reports whether d is a number of a form that stands for itself: its
// length, its first digits and its check digit agree.
func checked(d []byte) bool {
	switch {
	case len(d) == 22 && d[0] == '9' && d[1] == '6':
		return mod10Valid(d[7:])
	case len(d) == 20 && d[0] == '0' && d[1] == '0':
		return mod10Valid(d[2:]) && string(d[2:6]) != "0000"
	case len(d) == 20 || len(d) == 22:
		return d[0] == '9' && d[1] >= '1' && d[1] <= '5' && mod10Valid(d)
	}
	return false
}

// named reports whether d is a number of a form that needs words near it. What
// may be a payment card as well is taken for one.
func (e *scanner) named(d []byte, i, length int) bool {
	var who carriers
	switch len(d) {
	case 10:
		who = dhlNamed
	case 12:
		who = fedexNamed
	case 14:
		who = dpdNamed
	case 15:
		who = fedexNamed | dpdNamed
	case 16:
		who = evriNamed
	default:
		return false
	}
	if strings.ContainsAny(e.s[i:i+length], "-.") || len(d) > 14 && d[0] >= '2' && d[0] <= '6' && luhnValid(d) {
		return false
	}
	says := e.context(i)
	if says != saysTracking && says != saysNothing {
		return false
	}
	here := e.carrier(i, i+length)
	tracked := says == saysTracking
	switch len(d) {
	case 10:
		return (tracked || here&who != 0) && dhlValid(d)
	case 12:
		return (tracked || here&who != 0) && fedexValid(d)
	case 15:
		return (tracked || here&fedexNamed != 0) && mod10Valid(d) || (tracked || here&dpdNamed != 0) && dpdValid(string(d))
	}
	return here&who != 0 // forms without a check
}

// carriers is a set of carriers.
type carriers uint8

const (
	fedexNamed carriers = 1 << iota
	dhlNamed
	dpdNamed
	evriNamed
)

var carrierNames = []struct {
	text string
	who  carriers
}{{"fedex", fedexNamed}, {"fed ex", fedexNamed}, {"dhl", dhlNamed}, {"dpd", dpdNamed}, {"evri", evriNamed}, {"hermes", evriNamed}}

// behindWidth is how many bytes behind a number its carrier's name may stand.
const behindWidth = 16

// carrier is whose names stand near a number.
func (e *scanner) carrier(start, end int) carriers {
	before, behind := e.s[max(0, start-contextWidth):start], e.s[end:min(len(e.s), end+behindWidth)]
	return carriersIn(before) | carriersIn(behind)
}

// carriersIn is whose names stand in s as words.
func carriersIn(s string) carriers {
	var found carriers
	for k := 0; k < len(s); k++ {
		if b := byteFold[s[k]]; b != 'f' && b != 'd' && b != 'e' && b != 'h' || k > 0 && handleByte(s[k-1]) {
			continue
		}
		for _, c := range carrierNames {
			if n := k + len(c.text); prefixFold(s[k:], c.text) && (n == len(s) || !handleByte(s[n])) {
				found |= c.who
			}
		}
	}
	return found
}

// postal is the form of a postal item's number (UPU standard S10).
var postal = pattern{form: "AA#########AA", first: 2}

// upsValid checks the last digit of a 1Z number: letters count as in UPS's
// own table (A is 2), every second place twice, modulo 10.
func upsValid(s string) bool {
	sum := 0
	for k := 2; k < 18; k++ {
		c, v := s[k], 0
		switch {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			v = (int(c&^0x20) - 63) % 10
		default:
			return false
		}
		if k == 17 {
			return c >= '0' && c <= '9' && (10-sum%10)%10 == v
		}
		if k%2 == 1 {
			v *= 2
		}
		sum += v
	}
	return false
}

// s10Valid checks the nine digits of a postal item (UPU standard S10).
func s10Valid(s string) bool {
	weights := [8]int{8, 6, 4, 2, 3, 5, 9, 7}
	sum := 0
	for k, w := range weights {
		sum += w * int(s[k]-'0')
	}
	check := 11 - sum%11
	switch check {
	case 10:
		check = 0
	case 11:
		check = 5
	}
	return check == int(s[8]-'0')
}

// mod10Valid checks the last digit: modulo 10 with weights 3 and 1 from the
// right (USPS Publication 199, GS1 General Specifications 7.9).
func mod10Valid(d []byte) bool {
	sum, last := 0, len(d)-1
	for k := range last {
		v := int(d[last-1-k] - '0')
		if k%2 == 0 {
			v *= 3
		}
		sum += v
	}
	return (10-sum%10)%10 == int(d[last]-'0')
}

// fedexValid checks the last of the twelve digits of FedEx Express: weights 1,
// 3 and 7 from the right, modulo 11, where 10 counts as 0.
func fedexValid(d []byte) bool {
	weights := [3]int{1, 3, 7}
	sum, last := 0, len(d)-1
	for k := range last {
		sum += weights[k%3] * int(d[last-1-k]-'0')
	}
	return sum%11%10 == int(d[last]-'0')
}

// dhlValid checks the last of the ten digits of DHL Express: the others
// modulo 7.
func dhlValid(d []byte) bool {
	rest, last := 0, len(d)-1
	for _, c := range d[:last] {
		rest = (rest*10 + int(c-'0')) % 7
	}
	return rest == int(d[last]-'0')
}

// dpdValid checks the last character by ISO/IEC 7064 MOD 37,36, a hybrid
// system over digits and letters.
func dpdValid(s string) bool {
	p := 36
	for k := 0; k < len(s); k++ {
		c, v := s[k], 0
		switch {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			v = int(c|0x20-'a') + 10
		default:
			return false
		}
		if k == len(s)-1 {
			return (p+v)%36 == 1
		}
		if p = (p + v) % 36; p == 0 {
			p = 36
		}
		p = p * 2 % 37
	}
	return false
}
