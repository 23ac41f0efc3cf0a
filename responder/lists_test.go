package responder

import (
	"strings"
	"testing"
)

// TestDigitsThatAreReadAreSeen holds numbers in forms that a person reads.
func TestDigitsThatAreReadAreSeen(t *testing.T) {
	for text, want := range map[string]string{
		"We have 4️⃣4️⃣7️⃣1️⃣9️⃣9️⃣8️⃣1️⃣2️⃣0️⃣ here.":      RuleOrderNumber,
		"We have 4\u20e34\u20e37\u20e31\u20e3-998120 here.": RuleOrderNumber,
		"It was 4️⃣1️⃣1️⃣1️⃣ 1111 1111 1️⃣1️⃣1️⃣1️⃣.":       RuleCardNumber,
		"Ring 0️⃣2️⃣0️⃣ 7946 0958.":                         RuleContact,
		"We have ❹❹❼❶ ❾❾❽❶❷⓿ here.":                         RuleOrderNumber,
		"We have ➃➃➆➀➈➈➇➀➁⓪ here.":                          RuleOrderNumber,
		"We have ➍➍➐➊➒➒➑➊➋🄌 here.":                          RuleOrderNumber,
		"Our line is ⓿②⓪ ❼❾❹❻ ⓪➈➄➇.":                        RuleContact,
		"Our line is ⓪②⓪ ⑺⑼⑷⑹ ⒐⒌⒏.":                         RuleContact,
		"電話番号は０３ー１２３４ー５６７８です。":                              RuleContact,
		"番号は０３ｰ１２３４ｰ５６７８です。":                                RuleContact,
		"We have 4,471,998,120 here.":                       RuleOrderNumber,
		"We have 4471→998→120 here.":                        RuleOrderNumber,
		"We have 4471 ➡️ 998 ➡️ 120 here.":                  RuleOrderNumber,
		"We have 44, 71, 99, 81, 20 here.":                  RuleOrderNumber,
		"We have 4:4:7:1:9:9:8:1:2:0 here.":                 RuleOrderNumber,
		"020, 7946, 0958 is our number.":                    RuleContact,
		"[020] [7946] [0958]":                               RuleContact,
		"{020}{7946}{0958}":                                 RuleContact,
		"«020» «7946» «0958»":                               RuleContact,
		"we are on 0207,946,0958":                           RuleContact,
		"Tel. 0207:946:0958":                                RuleContact,
		"we are on 020 📞 7946 📞 0958":                       RuleContact,
		"we are on 020; 7946; 0958":                         RuleContact,
		"we are on 020=7946=0958":                           RuleContact,
		"we are on 0, 2, 0, 7, 9, 4, 6, 0, 9, 5, 8":         RuleContact,
		"we are on 2,079,460,958":                           RuleContact,
		"It was 4,111,111,111,111,111, correct?":            RuleCardNumber,
		"It was 4111, 1111, 1111, 1111, correct?":           RuleCardNumber,
		"It was 4111:1111:1111:1111, correct?":              RuleCardNumber,
		"It was €4,471,998,120, correct?":                   RuleOrderNumber,
		"Order 99:81:20 is here.":                           RuleOrderNumber,
		"We have #4471, #998120 here.":                      RuleOrderNumber,
		"Ring 555, or 867, 5309.":                           RuleContact,
	} {
		findings := Safety{}.Check(public(text))
		if got := strings.Join(blocks(findings), ","); got != want {
			t.Errorf("%q blocks as %q, want %q: %+v", text, got, want, findings)
		}
		requireSpans(t, text, findings)
	}
}

// TestListsAndQuantitiesAreNoNumbers holds neighbours that identify nobody.
func TestListsAndQuantitiesAreNoNumbers(t *testing.T) {
	for _, text := range []string{
		"We have 1,000 shops.",
		"We have 1,000,000 customers in 12,500 towns.",
		"Some 120,000,000 parcels, 2,500,000,000 letters.",
		"We open at 10:30, 11:30, 12:30 and 14:45.",
		"Open Mon 9:00-18:00, Sat 10:00-14:00, Sun 11:00-13:00.",
		"Call back at 10:30, 11:30 or 12:30, please.",
		"It left on 23/11/2026, 24/11/2026 and 25/11/2026.",
		"Es sind 1.234,56 €, also 1.234,56 € weniger.",
		"Es sind 12,99, 13,99 oder 14,99 €.",
		"It is 12.99, 13.99 or 14.99 €.",
		"1, 2, 3, 4, 5, 6, 7, 8: take a seat.",
		"We took steps [1], [2], [3], [4], [5], [6] and [7].",
		"1️⃣ Open the app 2️⃣ Tap on Orders 3️⃣ Choose Help",
		"1️⃣2️⃣3️⃣ and done!",
		"❶ Open the app ❷ Tap on Orders ❸ Choose Help",
		"Go to ① → ② → ③.",
		"The sizes are 36, 38, 40, 42 and 44.",
		"The sizes are 36/38, 40/42, 44/46.",
		"The sizes are 128, 140, 152, 164.",
		"The sizes are 42, 38, 40 or 36.",
		"サイズは36、38、40、42、44がございます。",
		"In 2024, 2025, 2026 it was the same.",
		"We look at orders of 2024, 2025 and 2026.",
		"A refund of 100, 200 or 300 points is possible.",
		"Steps 10 → 20 → 30 → 40.",
		"iPhone 15/16, 256 GB",
		"It scored 3:1, 2:0, 4:2.",
		"W32, 34, 36 and 38 are back.",
		"Thanks! K-1042: 12 days, 3 parcels.",
		"The dates are 23.11., 24.11. and 25.11.",
		"営業時間は9:00〜18:00、10:00〜14:00です。",
		"サービスは1ー3日です。",
		"We are here 10:00→18:00, 9:00→13:00.",
		"The sizes are 36, 38, 40, 42, 44, 46, 48.",
	} {
		if f := (Safety{}).Check(public(text)); len(blocks(f)) > 0 {
			t.Errorf("%q: %+v", text, f)
		}
	}
}
