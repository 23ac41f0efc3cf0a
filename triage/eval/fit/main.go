// Fit sets the points of the triage rules from labelled posts.
//
//	go run ./triage/eval/fit -data ../shared/data/triage [-write]
//
// Every condition of rules.txt is one feature, present or not. The points of
// the intents are fitted together (softmax), those of case, urgency and
// sentiment each by themselves (logistic and ordinal), with an absolute and a
// quadratic penalty, so that most points are none, and those that stay small
// are left out. Points for other targets, of conditions that fewer than
// minSupport posts meet, and of everything below handMark stay as they are
// written. The same files give the same points.
//
// The posts are dev.jsonl, unlabelled.jsonl with the labels of labels.tsv, and
// one half of our own corpus (see eval.HeldOut). The text of the first two is not part
// of this repository, nor is any of it in what is written: a few hundred
// numbers. What is printed is measured on real posts that were held out.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"

	"socialwatch"
	"socialwatch/triage"
)

func main() {
	data := flag.String("data", "../shared/data/triage", "folder of dev.jsonl and unlabelled.jsonl")
	rules := flag.String("rules", "triage/lexicon", "folder of lexicons and rules.txt")
	corpus := flag.String("corpus", "triage/testdata/corpus", "folder of our own labelled lines")
	write := flag.Bool("write", false, "write the points into rules.txt")
	var p params
	flag.Float64Var(&p.l1, "l1", 0.0017, "absolute penalty of a point's weight")
	flag.Float64Var(&p.l2, "l2", 0.002, "quadratic penalty")
	flag.Float64Var(&p.common, "common", 25, "how much more a condition of every post pays of l1: its signals would stand everywhere")
	flag.Float64Var(&p.own, "own", 0.4, "weight of a line of our corpus beside a real post")
	flag.Float64Var(&p.dev, "dev", 2, "weight of a post of dev.jsonl beside one of labels.tsv")
	flag.Float64Var(&p.balance, "balance", 0.35, "how much rare intents are raised, 0 to 1")
	flag.IntVar(&p.folds, "folds", 5, "folds of the cross-validation, 0 for none")
	flag.Parse()
	if err := run(*data, *rules, *corpus, *write, p); err != nil {
		fmt.Fprintln(os.Stderr, "fit:", err)
		os.Exit(1)
	}
}

type params struct {
	l1, l2, common, own, dev, balance float64
	folds                             int
}

func run(data, rules, corpus string, write bool, p params) error {
	table, err := readTable(filepath.Join(rules, "rules.txt"))
	if err != nil {
		return err
	}
	posts, err := readPosts(data, corpus)
	if err != nil {
		return err
	}
	if err := mark(posts, table, rules); err != nil {
		return err
	}
	if p.folds > 0 {
		if err := validate(os.Stdout, posts, len(table.rules), p); err != nil {
			return err
		}
	}
	train, _ := split(posts, -1, 1)
	m := fit(train, len(table.rules), p)
	m.points(table, train)
	fmt.Printf("%d posts, %d conditions, %d points fitted\n", len(train), len(table.rules), table.count())
	if !write {
		return nil
	}
	return table.write(filepath.Join(rules, "rules.txt"))
}

// mark finds the features of every post: the lexicons with a rule for each
// condition that gives a signal of its number.
func mark(posts []post, t *table, folder string) error {
	files := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(folder, path))
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		return fmt.Errorf("read lexicons: %w", err)
	}
	files["rules.txt"] = &fstest.MapFile{Data: []byte(t.marked())}
	all, err := triage.New(triage.Options{Lexicons: files})
	if err != nil {
		return err
	}
	byHandle := map[string]*triage.Triage{}
	for i := range posts {
		h := posts[i].Handle
		if byHandle[h] == nil {
			if byHandle[h], err = all.WithHandle(h); err != nil {
				return err
			}
		}
		m := socialwatch.Mention{Post: socialwatch.Post{Text: socialwatch.CleanText(posts[i].Text)}}
		for _, s := range byHandle[h].Assess(m, socialwatch.History{}).Signals {
			var k int
			if _, err := fmt.Sscanf(strings.TrimPrefix(s.Name, "score."), "f%d", &k); err == nil {
				posts[i].features = append(posts[i].features, k)
			}
		}
	}
	return nil
}
