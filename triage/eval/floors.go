package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Floor is the least that a figure may be.
type Floor struct {
	Place string  // file:line, for messages
	Key   string  // see Report.Figures
	Min   float64 // the figure may be equal
}

// ReadFloors reads one floor a line, as in
//
//	# a comment
//	macro_f1 0.70
//	es.flagged_f1 0.80
//	want.asks_for_human 0.95
//
// It gives every good line; the error joins what is wrong with the others,
// each named by name, the number of its line and what to write.
func ReadFloors(r io.Reader, name string) ([]Floor, error) {
	var (
		floors []Floor
		bad    []error
	)
	scan := bufio.NewScanner(r)
	n := 0
	for scan.Scan() {
		n++
		line, _, _ := strings.Cut(scan.Text(), "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		place := fmt.Sprintf("%s:%d", name, n)
		if len(words) != 2 {
			bad = append(bad, fmt.Errorf("%s: %d words: write a figure and its floor, as in macro_f1 0.70", place, len(words)))
			continue
		}
		least, err := strconv.ParseFloat(words[1], 64)
		if err != nil || least != least {
			bad = append(bad, fmt.Errorf("%s: %s %q is no number: write one such as 0.70", place, words[0], words[1]))
			continue
		}
		floors = append(floors, Floor{Place: place, Key: words[0], Min: least})
	}
	if err := scan.Err(); err != nil {
		bad = append(bad, fmt.Errorf("%s:%d: the rest is not read: %w", name, n+1, err))
	}
	return floors, errors.Join(bad...)
}

// Check names every figure that is under its floor, and every floor of a
// figure that the report does not have.
func (r Report) Check(floors []Floor) error {
	figures := r.Figures()
	var under []error
	for _, f := range floors {
		switch v, ok := figures[f.Key]; {
		case !ok:
			under = append(under, fmt.Errorf("%s: there is no figure %s: no such label in the posts, or a mistake in the name (--json shows the names)", f.Place, f.Key))
		case v < f.Min:
			under = append(under, fmt.Errorf("%s: %s is %.4g, under its floor %.4g", f.Place, f.Key, v, f.Min))
		}
	}
	return errors.Join(under...)
}

// Figures are the report's numbers by the names that floors use: the path of
// keys in the JSON form joined by dots, without "languages" and "intents"
// (es.flagged_f1, billing.f1, intervals.macro_f1.low, posts). A signal's
// recall is want.<signal> as well. The Brier score, which is better when
// lower, and the confusion matrix and bands have none.
func (r Report) Figures() map[string]float64 {
	var tree map[string]any
	text, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(text, &tree)
	}
	if err != nil {
		panic(err) // numbers, strings and maps of them; ratios are finite
	}
	delete(tree, "brier")
	figures := map[string]float64{}
	for _, name := range []string{"languages", "intents"} {
		flatten(figures, "", tree[name])
		delete(tree, name)
	}
	flatten(figures, "", tree)
	for name, w := range r.Want {
		figures["want."+name] = w.Recall
	}
	return figures
}

// flatten adds the numbers below v, named by their path.
func flatten(figures map[string]float64, path string, v any) {
	switch v := v.(type) {
	case float64:
		figures[path] = v
	case map[string]any:
		for key, below := range v {
			if path != "" {
				key = path + "." + key
			}
			flatten(figures, key, below)
		}
	}
}
