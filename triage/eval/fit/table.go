package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"socialwatch"
)

// fitted are the targets whose points are fitted: the intents, then these.
var fitted = append(intents(), "case", "urgency", "sentiment")

func intents() []string {
	var names []string
	for _, i := range socialwatch.Intents {
		names = append(names, string(i))
	}
	return names
}

// table is rules.txt: its lines, and among them the rules with points.
type table struct {
	lines []string
	rules []tableRule
}

// tableRule is one line with points.
type tableRule struct {
	line   int
	head   string // what stands before the arrow
	fixed  bool   // stands behind handMark: not fitted
	points map[string]int
	order  []string // targets as written
}

// handMark begins the comment behind which points are set by hand.
const handMark = "# --- set by hand"

func readTable(name string) (*table, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	t := &table{lines: strings.Split(strings.TrimRight(string(text), "\n"), "\n")}
	hand := false
	for n, line := range t.lines {
		hand = hand || strings.HasPrefix(line, handMark)
		head, outs, ok := strings.Cut(line, "->")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		r := tableRule{line: n, head: strings.TrimSpace(head), fixed: hand, points: map[string]int{}}
		for _, o := range strings.Split(outs, ",") {
			if strings.TrimSpace(o) == "none" {
				break
			}
			var target string
			var points int
			if _, err := fmt.Sscan(o, &target, &points); err != nil {
				return nil, fmt.Errorf("%s line %d: %q: %w", name, n+1, o, err)
			}
			r.points[target] = points
			r.order = append(r.order, target)
		}
		t.rules = append(t.rules, r)
	}
	return t, nil
}

// marked is the table with a signal for each rule that tells its number.
func (t *table) marked() string {
	lines := slices.Clone(t.lines)
	for k, r := range t.rules {
		if r.fixed {
			lines[r.line] = ""
			continue
		}
		condition := r.head
		if _, after, ok := strings.Cut(r.head, ":"); ok {
			condition = after
		}
		lines[r.line] = fmt.Sprintf("f%d: %s -> score 0", k, condition)
	}
	return strings.Join(lines, "\n")
}

// set gives a rule the points for one target, none if zero.
func (r *tableRule) set(target string, points int) {
	if points != 0 {
		if _, ok := r.points[target]; !ok {
			r.order = append(r.order, target)
		}
		r.points[target] = points
		return
	}
	delete(r.points, target)
	r.order = slices.DeleteFunc(r.order, func(t string) bool { return t == target })
}

// count is the number of points that are fitted and not zero.
func (t *table) count() int {
	n := 0
	for _, r := range t.rules {
		for _, target := range r.order {
			if slices.Contains(fitted, target) {
				n++
			}
		}
	}
	return n
}

func (t *table) write(name string) error {
	for _, r := range t.rules {
		slices.SortStableFunc(r.order, func(a, b string) int { return rank(a) - rank(b) })
		var outs []string
		for _, target := range r.order {
			outs = append(outs, fmt.Sprintf("%s %d", target, r.points[target]))
		}
		if len(outs) == 0 {
			outs = []string{"none"}
		}
		t.lines[r.line] = r.head + " -> " + strings.Join(outs, ", ")
	}
	if err := os.WriteFile(name, []byte(strings.Join(t.lines, "\n")+"\n"), 0o644); err != nil {
		return fmt.Errorf("write rules: %w", err)
	}
	return nil
}

// rank is the place of a target in a line.
func rank(target string) int {
	if k := slices.Index(fitted, target); k >= 0 {
		return k
	}
	return len(fitted)
}
