package responder

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
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

// example is a line of testdata/corpus: a reply and what must be said of it.
type example struct {
	where string
	rules []string // that must be found; empty: nothing may block
	text  string
	held  bool // held out: no rule was written from it
}

var escape = regexp.MustCompile(`\\u\{([0-9A-Fa-f]+)\}`)

// seen are the files of the corpus that rules were written from as a whole.
var seen = []string{"en-early.txt", "seen.txt", "second-numbers.txt", "second-words.txt", "third.txt", "fourth.txt", "fifth.txt"}

// corpus reads testdata/corpus. Half of its lines, by hash, are held out.
func corpus(t testing.TB) []example {
	t.Helper()
	names, err := filepath.Glob("testdata/corpus/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	var out []example
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(data), "\n") {
			rules, text, ok := strings.Cut(line, " | ")
			if !ok || strings.HasPrefix(rules, "#") {
				continue
			}
			e := example{where: fmt.Sprintf("%s:%d", filepath.Base(name), n+1)}
			e.held = sha256.Sum256([]byte(text))[0]&1 == 1 && !slices.Contains(seen, filepath.Base(name))
			e.text = escape.ReplaceAllStringFunc(text, func(s string) string {
				r, err := strconv.ParseUint(s[3:len(s)-1], 16, 32)
				if err != nil {
					t.Fatalf("%s: %v", e.where, err)
				}
				return string(rune(r))
			})
			if rules != "ok" {
				e.rules = strings.Split(rules, ",")
			}
			out = append(out, e)
		}
	}
	return out
}

// tally counts the rules found of those that must be, the replies blocked of
// those that must be, by any rule, and good replies.
type tally struct{ want, got, bad, blocked, good, falsely, warned int }

func (n tally) recall() float64    { return 100 * float64(n.got) / float64(max(1, n.want)) }
func (n tally) falseRate() float64 { return 100 * float64(n.falsely) / float64(max(1, n.good)) }

// measure counts one example.
func (n *tally) measure(e example, findings []socialwatch.Finding) (missed []string) {
	var found []string
	for _, f := range findings {
		found = append(found, f.Rule)
	}
	for _, rule := range e.rules {
		n.want++
		if slices.Contains(found, rule) {
			n.got++
		} else {
			missed = append(missed, rule)
		}
	}
	if slices.ContainsFunc(e.rules, func(rule string) bool { return blocking[rule] }) {
		n.bad++
		if socialwatch.AnyBlocks(findings) {
			n.blocked++
		}
	}
	if len(e.rules) == 0 {
		n.good++
		if socialwatch.AnyBlocks(findings) {
			n.falsely++
			missed = append(missed, "ok")
		} else if len(findings) > 0 {
			n.warned++
		}
	}
	return missed
}

// holdFloors holds the figures of testdata/floors.txt: half of the corpus, or
// rule or language of the held-out half, least recall, most false blocks.
func holdFloors(t *testing.T, figures map[string]*tally) {
	data, err := os.ReadFile("testdata/floors.txt")
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for line := range strings.Lines(string(data)) {
		var key string
		var recall, falsely float64
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		if _, err := fmt.Sscan(line, &key, &recall, &falsely); err != nil || figures[key] == nil {
			t.Errorf("floors.txt: %q: %v", line, err)
			continue
		}
		held++
		if n := figures[key]; n.recall() < recall || n.falseRate() > falsely || n.blocked < n.bad {
			t.Errorf("%s: recall %.1f %%, at least %.1f; blocked %d of %d; false blocks %.1f %%, at most %.1f", key, n.recall(), recall, n.blocked, n.bad, n.falseRate(), falsely)
		}
	}
	if held == 0 {
		t.Error("floors.txt holds nothing")
	}
}

// TestEveryViolationIsFoundAndGoodRepliesPass measures the check on the corpus
// by rule and by language, prints the figures, and holds the floors.
func TestEveryViolationIsFoundAndGoodRepliesPass(t *testing.T) {
	figures := map[string]*tally{}
	count := func(key string, e example, findings []socialwatch.Finding) []string {
		if figures[key] == nil {
			figures[key] = &tally{}
		}
		return figures[key].measure(e, findings)
	}
	for _, e := range corpus(t) {
		findings := Safety{}.Check(public(e.text))
		requireSpans(t, e.text, findings)
		half := "written_from"
		if e.held {
			half = "held_out"
			count("held_out."+strings.TrimSuffix(strings.Split(e.where, ":")[0], ".txt"), e, findings)
		}
		for _, rule := range e.rules {
			one := e
			one.rules = []string{rule}
			count(half+"."+rule, one, findings)
		}
		if missed := count(half, e, findings); len(missed) > 0 && !e.held {
			t.Errorf("%s: %q: want %v, got %+v", e.where, e.text, missed, findings)
		}
	}
	holdFloors(t, figures)
	for _, key := range slices.Sorted(maps.Keys(figures)) {
		n := figures[key]
		t.Logf("%-26s found %3d of %3d (%5.1f %%), blocked %3d of %3d, false blocks %d of %3d (%.1f %%), warned %d", key, n.got, n.want, n.recall(),
			n.blocked, n.bad, n.falsely, n.good, n.falseRate(), n.warned)
	}
}
