package responder

import (
	"bufio"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"socialwatch"
)

var testAccount = Account{Name: "shop", AllowHosts: []string{"shop.example", "*.care.example"},
	AllowNumbers: []string{"+1 555 014 2000"}, Handles: []string{"@shop_help@social.example"}}

// public returns the input of a check of a hand-written public reply.
func public(text string) CheckInput {
	return CheckInput{
		Payload: socialwatch.Payload{Network: socialwatch.Mastodon, Host: "social.example", ParentID: "7", ParentName: "customer1@far.example",
			Prefix: "@customer1@far.example ", Text: text, Visibility: socialwatch.Unlisted, Language: "en", Length: len([]rune(text)), Limit: 500},
		Parent: socialwatch.Post{ID: "7", Visibility: socialwatch.Public, Language: "en",
			Text: "@shop_help where is my order 4471-998120? Waiting since Monday"},
		Account: testAccount,
	}
}

func blocks(findings []socialwatch.Finding) []string {
	var out []string
	for _, f := range findings {
		if f.Blocks && !slices.Contains(out, f.Rule) {
			out = append(out, f.Rule)
		}
	}
	return out
}

type example struct {
	line  int
	rules []string // empty: nothing may block
	text  string
}

var escape = regexp.MustCompile(`\\u\{([0-9A-Fa-f]+)\}`)

func corpus(t testing.TB) []example {
	t.Helper()
	f, err := os.Open("testdata/replies.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []example
	scan := bufio.NewScanner(f)
	for n := 1; scan.Scan(); n++ {
		rules, text, ok := strings.Cut(scan.Text(), " | ")
		if !ok || strings.HasPrefix(rules, "#") {
			continue
		}
		text = escape.ReplaceAllStringFunc(text, func(s string) string {
			r, err := strconv.ParseUint(s[3:len(s)-1], 16, 32)
			if err != nil {
				t.Fatalf("line %d: %v", n, err)
			}
			return string(rune(r))
		})
		e := example{line: n, text: text}
		if rules != "ok" {
			e.rules = strings.Split(rules, ",")
		}
		out = append(out, e)
	}
	return out
}

// TestEveryViolationBlocksAndGoodRepliesPass measures the check on the corpus
// and prints recall by rule and the rate of false blocks.
func TestEveryViolationBlocksAndGoodRepliesPass(t *testing.T) {
	want, got := map[string]int{}, map[string]int{}
	good, falsely := 0, 0
	for _, e := range corpus(t) {
		findings := Safety{}.Check(public(e.text))
		found := blocks(findings)
		if len(e.rules) == 0 {
			good++
			if len(found) > 0 {
				falsely++
				t.Errorf("line %d: %q blocks: %+v", e.line, e.text, findings)
			}
		}
		for _, rule := range e.rules {
			want[rule]++
			if slices.Contains(found, rule) {
				got[rule]++
			} else {
				t.Errorf("line %d: %q must block as %s, got %v", e.line, e.text, rule, found)
			}
		}
	}
	total, hit := 0, 0
	for _, rule := range slices.Sorted(mapKeys(want)) {
		t.Logf("%-15s %3d of %3d", rule, got[rule], want[rule])
		total, hit = total+want[rule], hit+got[rule]
	}
	t.Logf("recall %d of %d (%.1f %%), false blocks %d of %d (%.1f %%)", hit, total, 100*float64(hit)/float64(total),
		falsely, good, 100*float64(falsely)/float64(good))
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// TestContentWarningIsHeldAgainstTheRules gives what a customer could have put
// there.
func TestContentWarningIsHeldAgainstTheRules(t *testing.T) {
	for warning, rule := range map[string]string{
		"refund at https://evil.example/x": RuleLink, "shop.example.support.com": RuleLookalike,
		"call +1 555 014 7788": RuleContact, "order 4471-998120": RuleOrderNumber, "card 4111 1111 1111 1111": RuleCardNumber,
		"ask @customer2@far.example": RuleMentions, "a\u202eb": RuleHidden, strings.Repeat("a ", maxCheck): RuleTooLong,
		"damaged parcel": "", "see shop.example": "", "": "",
	} {
		in := public("We look into it.")
		in.Payload.Warning = warning
		findings := Safety{}.Check(in)
		var want []string
		if rule != "" {
			want = []string{rule}
		}
		if got := blocks(findings); !slices.Equal(got, want) {
			t.Errorf("%.40q blocks %v, want %v", warning, got, want)
		}
		for _, f := range findings {
			if f.Start != 0 || f.End != 0 || !strings.Contains(f.Mend, "content warning") {
				t.Errorf("%.40q: %+v does not tell that it is in the warning", warning, f)
			}
		}
	}
}
