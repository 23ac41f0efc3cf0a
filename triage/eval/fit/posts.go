package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "embed"

	"socialwatch"
	"socialwatch/triage/eval"
)

// labels are our labels of posts of unlabelled.jsonl by their ids, made by the
// same guide: id, intent, second intent, esc or -, urgency, sentiment, language.
//
//go:embed labels.tsv
var labels string

// post is one labelled text.
type post struct {
	ID        string             `json:"id"`
	Text      string             `json:"text"`
	Handle    string             `json:"handle"`
	Lang      string             `json:"lang"`
	Intent    socialwatch.Intent `json:"intent"`
	Escalate  bool               `json:"escalate"`
	Urgency   int                `json:"urgency"`
	Sentiment int                `json:"sentiment"`

	class    int
	own, dev bool // of our corpus, of dev.jsonl
	features []int
}

// readPosts reads everything that may be learnt from.
func readPosts(data, corpus string) ([]post, error) {
	posts, err := readLines(filepath.Join(data, "dev.jsonl"))
	if err != nil {
		return nil, err
	}
	for i := range posts {
		posts[i].dev = true
	}
	more, err := readLabelled(filepath.Join(data, "unlabelled.jsonl"))
	if err != nil {
		return nil, err
	}
	posts = append(posts, more...)
	names, err := filepath.Glob(filepath.Join(corpus, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		own, err := readLines(name)
		if err != nil {
			return nil, err
		}
		for _, p := range own {
			if p.own, p.Handle = true, "shop_help"; !eval.HeldOut(p.ID) {
				posts = append(posts, p)
			}
		}
	}
	posts = unalike(posts)
	for i := range posts {
		if posts[i].class = slices.Index(socialwatch.Intents, posts[i].Intent); posts[i].class < 0 {
			return nil, fmt.Errorf("post %s: unknown intent %q", posts[i].ID, posts[i].Intent)
		}
	}
	return posts, nil
}

// unalike leaves out posts whose words another one has already said: campaigns
// and copies would count for many.
func unalike(posts []post) []post {
	seen := map[string]bool{}
	return slices.DeleteFunc(posts, func(p post) bool {
		var words []string
		for _, w := range strings.Fields(strings.ToLower(p.Text)) {
			if w[0] != '@' && w[0] != '#' && !strings.HasPrefix(w, "http") {
				words = append(words, w)
			}
		}
		key := strings.Join(words[:min(len(words), 12)], " ")
		if len(words) < 6 || !seen[key] {
			seen[key] = true
			return false
		}
		return true
	})
}

func readLines(name string) ([]post, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read posts: %w", err)
	}
	defer file.Close()
	var posts []post
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 4<<20)
	for n := 1; lines.Scan(); n++ {
		var p post
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return nil, fmt.Errorf("%s line %d: %w", name, n, err)
		}
		posts = append(posts, p)
	}
	return posts, lines.Err()
}

// readLabelled joins the unlabelled posts with our labels.
func readLabelled(name string) ([]post, error) {
	all, err := readLines(name)
	if err != nil {
		return nil, err
	}
	byID := map[string]post{}
	for _, p := range all {
		byID[p.ID] = p
	}
	var posts []post
	for line := range strings.Lines(labels) {
		c := strings.Split(strings.TrimSpace(line), "\t")
		if len(c) != 7 {
			return nil, fmt.Errorf("labels.tsv: %q: want 7 columns", line)
		}
		p, ok := byID[c[0]]
		if !ok {
			return nil, fmt.Errorf("labels.tsv: no post %s", c[0])
		}
		p.Intent, p.Escalate, p.Lang = socialwatch.Intent(c[1]), c[3] == "esc", c[6]
		if _, err := fmt.Sscan(c[4]+" "+c[5], &p.Urgency, &p.Sentiment); err != nil {
			return nil, fmt.Errorf("labels.tsv: %q: %w", line, err)
		}
		posts = append(posts, p)
	}
	return posts, nil
}

// split parts posts for a fold of the cross-validation: every real post is
// held out once, our corpus never. Fold -1 holds out nothing.
func split(posts []post, fold, folds int) (train, test []post) {
	n := 0
	for _, p := range posts {
		if !p.own {
			if n++; fold >= 0 && n%folds == fold {
				test = append(test, p)
				continue
			}
		}
		train = append(train, p)
	}
	return train, test
}
