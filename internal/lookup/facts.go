package lookup

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode"

	"socialwatch"
)

// Names of facts: columns of a view, and what fields of an answer are mapped
// to.
const (
	FactStatus      = "status"
	FactMoved       = "last_movement_at"
	FactValue       = "value"       // in the currency's main unit: 129.00
	FactValueMinor  = "value_minor" // in its smallest: 12900
	FactCurrency    = "currency"
	FactRefund      = "refund_state"
	FactRefundAt    = "refund_at"
	FactDeliveredAt = "delivered_at"
	FactExpectedAt  = "expected_at"
)

// FactNames are all of them.
var FactNames = []string{FactStatus, FactMoved, FactValue, FactValueMinor, FactCurrency, FactRefund, FactRefundAt, FactDeliveredAt, FactExpectedAt}

// clockSkew is how far ahead the clock of the shop's system may be.
const clockSkew = 5 * time.Minute

// facts makes facts of the values that a system gave, by name. What cannot be
// is left out, as if it had said nothing: an amount below zero, an unknown
// currency, a movement in the future. told reports whether anything is left.
func facts(value func(name string) any, now time.Time) (f socialwatch.OrderFacts, told bool) {
	f.Status, f.Refund = Text(str(value(FactStatus))), Text(str(value(FactRefund)))
	past := func(name string) time.Time {
		at := when(value(name))
		if at.After(now.Add(clockSkew)) {
			return time.Time{}
		}
		if at.After(now) {
			return now
		}
		return at
	}
	f.MovedAt, f.DeliveredAt = past(FactMoved), past(FactDeliveredAt)
	f.RefundAt, f.ExpectedAt = when(value(FactRefundAt)), when(value(FactExpectedAt))
	if code := strings.ToUpper(strings.TrimSpace(str(value(FactCurrency)))); code != "" {
		if minor, ok := amount(value(FactValueMinor), value(FactValue), code); ok {
			f.Value, f.Currency = minor, code
		}
	}
	return f, f != socialwatch.OrderFacts{}
}

// maxMinor bounds a value to what every reader of JSON keeps exactly.
const maxMinor = 1<<53 - 1

// amount is a value in the smallest unit of its currency.
func amount(minor, main any, code string) (int64, bool) {
	digits, ok := socialwatch.CurrencyDigits(code)
	if !ok {
		return 0, false
	}
	text := strings.TrimSpace(str(minor))
	if text == "" {
		text = strings.TrimSpace(str(main))
	} else {
		digits = 0
	}
	if len(text) > 32 || strings.ContainsAny(text, "eE/xX_pP") {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || r.Sign() < 0 {
		return 0, false
	}
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)))
	n := new(big.Int).Quo(new(big.Int).Add(new(big.Int).Lsh(r.Num(), 1), r.Denom()), new(big.Int).Lsh(r.Denom(), 1)) // to the nearest
	if !n.IsInt64() || n.Int64() > maxMinor {
		return 0, false
	}
	return n.Int64(), true
}

// Years between which a time is believed.
var earliest, latest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999Z07", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}

// when reads a time: RFC 3339, a date with or without a time of day (UTC), or
// seconds, milliseconds or microseconds since 1970. The zero time: it is none.
func when(v any) time.Time {
	at, ok := v.(time.Time)
	if text := strings.TrimSpace(str(v)); !ok && text != "" && len(text) < 64 {
		at = parse(text)
	}
	if at = socialwatch.Micros(at); at.Before(earliest) || at.After(latest) {
		return time.Time{}
	}
	return at
}

func parse(text string) time.Time {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n < 0:
		return time.Time{}
	case n < 1e11:
		return time.Unix(n, 0)
	case n < 1e14:
		return time.UnixMilli(n)
	}
	return time.UnixMicro(n)
}

// str is a scalar as text; empty for all else.
func str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case json.Number:
		return v.String()
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// maxText bounds a word of the shop's, in characters.
const maxText = 80

// maxStack is how many marks may stand on one letter: no language needs more,
// and more cover the lines around.
const maxStack = 2

// Text makes a shop's word fit for showing: one valid line without characters
// that hide, turn or cover text, bounded.
func Text(s string) string {
	stack := 0
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
			if stack++; stack > maxStack {
				return -1
			}
			return r
		case unicode.In(r, unicode.Cf, unicode.Co) && r != zwnj && r != zwj:
			return -1
		}
		stack = 0
		return r
	}, socialwatch.CleanText(s[:min(len(s), 16*maxText)]))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxText {
		s = strings.TrimSpace(string(runes[:maxText-1])) + "…"
	}
	return s
}

// Joiners that scripts need.
const zwnj, zwj = '\u200c', '\u200d'
