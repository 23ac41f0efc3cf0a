package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socialwatch"
)

// toy are posts whose class and levels follow from three conditions: 0 and 1
// say the intent, 2 says nothing.
func toy(n int) []post {
	rng := rand.New(rand.NewPCG(1, 2))
	var posts []post
	for range n {
		p := post{Intent: socialwatch.Other, class: 10, Sentiment: 0}
		if rng.IntN(2) == 0 {
			p.features = append(p.features, 0)
			p.Intent, p.class, p.Escalate, p.Urgency, p.Sentiment = socialwatch.StuckOrder, 0, true, 2, -1
		} else if rng.IntN(2) == 0 {
			p.features = append(p.features, 1)
			p.Intent, p.class, p.Sentiment = socialwatch.Praise, 9, 1
		}
		if rng.IntN(2) == 0 {
			p.features = append(p.features, 2)
		}
		posts = append(posts, p)
	}
	return posts
}

var plain = params{l1: 0.002, l2: 0.002, own: 1, dev: 1}

func TestFitLearnsWhatConditionsSay(t *testing.T) {
	m := fit(toy(600), 3, plain)
	for _, q := range toy(60) {
		got := m.predict(q)
		if got.class != q.class || got.level[0] > 0 != q.Escalate || got.level[1] != q.Urgency || got.level[2]-1 != q.Sentiment {
			t.Fatalf("%v: predicted %+v of %+v", q.features, got, q)
		}
	}
	for k, w := range m.intent[2] {
		if max(w, -w) > m.intent[0][0]/4 {
			t.Errorf("a condition that says nothing has weight %.3f for %s beside %.3f", w, socialwatch.Intents[k], m.intent[0][0])
		}
	}
}

func TestFittingTwiceGivesTheSamePoints(t *testing.T) {
	const rules = "# comment\nhit a: b\nlate -> stuck_order 3\nnice: praise_word & brief -> praise 1, ignored 30\nnoise -> none\n" +
		"always -> other 1\n" + handMark + "\nrare -> must 1, billing 7\n"
	name := filepath.Join(t.TempDir(), "rules.txt")
	if err := os.WriteFile(name, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	var first string
	for range 2 {
		table, err := readTable(name)
		if err != nil {
			t.Fatal(err)
		}
		posts := toy(600)
		fit(posts, len(table.rules), plain).points(table, posts)
		if err := table.write(name); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(text)
		} else if first != string(text) {
			t.Errorf("first\n%s\nthen\n%s", first, text)
		}
	}
	for _, want := range []string{"# comment\nhit a: b\nlate -> stuck_order ", "ignored 30\n", handMark + "\nrare -> billing 7, must 1\n"} {
		if !strings.Contains(first, want) {
			t.Errorf("%q is not in\n%s", want, first)
		}
	}
}

func TestCopiesCountOnce(t *testing.T) {
	same := "@shop_help my order of last week has not come at all"
	posts := unalike([]post{{ID: "1", Text: same}, {ID: "2", Text: "@customer1 " + strings.ToUpper(same)}, {ID: "3", Text: "thanks"}, {ID: "4", Text: "thanks"}})
	var ids string
	for _, p := range posts {
		ids += p.ID
	}
	if ids != "134" {
		t.Errorf("left %s, want 1, 3 and 4: short posts are alike without being copies", ids)
	}
}
