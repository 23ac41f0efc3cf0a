package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/triage"
)

// maxLine bounds one line of input: a post of 100 kB fits many times.
const maxLine = 4 << 20

func newTriage(f *flags) *cobra.Command {
	var t triaging
	cmd := &cobra.Command{
		Use:   "triage FILE|-",
		Short: "Assess JSON lines of posts, or explain how they are assessed",
		Long: "Reads one JSON object a line with the keys id and text, optionally lang and\n" +
			"handle (ours, that the post is addressed to), and writes one assessment\n" +
			"a line. Order numbers and thresholds come from the configuration if\n" +
			"there is one. A bad line is named and the rest goes on; the exit code is then 1.\n\n" +
			"--explain shows each assessment to people instead: the decision, what each\n" +
			"sum of points is compared with, and the words that gave the points. It shows\n" +
			"the text as it came, personal data too. docs/triage.md explains the page.",
		Example: "  echo '{\"id\":\"1\",\"text\":\"order 555-0100123-0000001 still not shipped\"}' | socialwatch triage -\n" +
			"  socialwatch triage --explain --text '@shop_help order 555-0100123-0000001 still not shipped'\n" +
			"  socialwatch triage --explain posts.jsonl | less -R",
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("text") {
				return noArgs(cmd, args)
			}
			return exactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd, f, args) },
	}
	cmd.Flags().StringVar(&t.rules, "rules", "", rulesHelp)
	cmd.Flags().StringVar(&t.text, "text", "", "assess this one post instead of a file's")
	cmd.Flags().BoolVar(&t.explain, "explain", false, "explain the assessments to people")
	cmd.Flags().BoolVar(&t.all, "all", false, "with --explain: every signal, also of intents that did not win")
	return cmd
}

// triaging is what the command is asked for.
type triaging struct {
	rules, text  string
	explain, all bool
}

func (t triaging) run(cmd *cobra.Command, f *flags, args []string) error {
	switch {
	case t.all && !t.explain:
		return usageError{errors.New("--all belongs to --explain")}
	case t.explain && f.json:
		return usageError{errors.New("--explain is for people: leave it out for JSON")}
	case cmd.Flags().Changed("text") && strings.TrimSpace(t.text) == "":
		return usageError{errors.New("--text is empty: write the post to assess")}
	}
	opts, err := withRules(f.config, t.rules)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(cmd.OutOrStdout())
	write := t.writer(cmd, w)
	if cmd.Flags().Changed("text") {
		one, err := engine(map[string]*triage.Triage{}, opts, "")
		if err != nil {
			return err
		}
		m := post("", t.text, "")
		return errors.Join(write(one, m, one.Assess(m, socialwatch.History{})), w.Flush())
	}
	in := cmd.InOrStdin()
	if args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return fmt.Errorf("triage: %w", err)
		}
		defer file.Close()
		in = file
	}
	return errors.Join(assessLines(in, opts, write), w.Flush())
}

// writeAssessed hands on what an engine said of a mention.
type writeAssessed func(*triage.Triage, socialwatch.Mention, socialwatch.Assessment) error

// writer writes one assessment to w, as a line of JSON or for people.
func (t triaging) writer(cmd *cobra.Command, w io.Writer) writeAssessed {
	if t.explain {
		p := &explainer{w: w, paint: painter(cmd.OutOrStdout()), all: t.all}
		return p.explain
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(_ *triage.Triage, m socialwatch.Mention, a socialwatch.Assessment) error {
		if err := enc.Encode(triage.NewResult(m.ID, a)); err != nil {
			return fmt.Errorf("triage: %w", err)
		}
		return nil
	}
}

const rulesHelp = "folder of lexicons and rules to use instead of the built-in ones"

// withRules are the configuration's options, with the lexicons and rules of a
// folder unless it is empty.
func withRules(path, folder string) (triage.Options, error) {
	opts, err := triageOptions(path)
	if folder == "" || err != nil {
		return opts, err
	}
	opts.Lexicons = os.DirFS(folder)
	if _, err := triage.New(triage.Options{Lexicons: opts.Lexicons}); err != nil { // the rules alone, so that it is theirs
		return opts, fmt.Errorf("triage: --rules %s: %w", folder, err)
	}
	return opts, nil
}

func triageOptions(path string) (triage.Options, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return triage.Options{}, nil
	}
	cfg, err := config.Load(path)
	if err != nil {
		return triage.Options{}, err
	}
	return shopOptions(cfg)
}

// triageLine is one line of input.
type triageLine struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Lang   string `json:"lang"`
	Handle string `json:"handle"`
}

// assessLines assesses every good line and hands it on.
func assessLines(in io.Reader, opts triage.Options, write writeAssessed) error {
	engines := map[string]*triage.Triage{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	var bad []error
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var l triageLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			bad = append(bad, fmt.Errorf("line %d is not an object with id and text: %w", n, err))
			continue
		}
		t, err := engine(engines, opts, l.Handle)
		if err != nil {
			return err
		}
		m := post(l.ID, l.Text, l.Lang)
		if err := write(t, m, t.Assess(m, socialwatch.History{})); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		bad = append(bad, fmt.Errorf("read: %w (a line may have at most %d bytes)", err, maxLine))
	}
	return errors.Join(bad...)
}

// post is a mention of a line, its text cleaned as a connector does.
func post(id, text, lang string) socialwatch.Mention {
	return socialwatch.Mention{Post: socialwatch.Post{ID: id, Text: socialwatch.CleanText(text), Language: lang}}
}

// engine makes one triage for each of our handles in the input, so that a
// post that opens with it counts as addressed to us.
func engine(made map[string]*triage.Triage, opts triage.Options, handle string) (*triage.Triage, error) {
	if t, ok := made[handle]; ok {
		return t, nil
	}
	all, ok := made[""]
	if !ok {
		var err error
		if all, err = triage.New(opts); err != nil {
			return nil, fmt.Errorf("triage: %w", err)
		}
		made[""] = all
	}
	if handle == "" {
		return all, nil
	}
	t, err := all.WithHandle(handle)
	if err != nil {
		return nil, fmt.Errorf("triage: %w", err)
	}
	made[handle] = t
	return t, nil
}
