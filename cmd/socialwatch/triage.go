package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/triage"
)

// maxLine bounds one line of input: a post of 100 kB fits many times.
const maxLine = 4 << 20

func newTriage(f *flags) *cobra.Command {
	var rules string
	cmd := &cobra.Command{
		Use:   "triage FILE|-",
		Short: "Assess JSON lines of posts",
		Long: "Reads one JSON object a line with the keys id and text, optionally lang and\n" +
			"handle (ours, that the post is addressed to), and writes one assessment\n" +
			"a line. Order numbers and thresholds come from the configuration if\n" +
			"there is one. A bad line is named and the rest goes on; the exit code is then 1.",
		Example: "  echo '{\"id\":\"1\",\"text\":\"order 555-0100123-0000001 still not shipped\"}' | socialwatch triage -",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := cmd.InOrStdin()
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return fmt.Errorf("triage: %w", err)
				}
				defer file.Close()
				in = file
			}
			opts, err := withRules(f.config, rules)
			if err != nil {
				return err
			}
			return assessLines(cmd, in, opts)
		},
	}
	cmd.Flags().StringVar(&rules, "rules", "", rulesHelp)
	return cmd
}

const rulesHelp = "folder of lexicons and rules to use instead of the built-in ones"

// withRules are the configuration's options, with the lexicons and rules of a
// folder unless it is empty.
func withRules(path, folder string) (triage.Options, error) {
	opts, err := triageOptions(path)
	if folder != "" {
		opts.Lexicons = os.DirFS(folder)
	}
	return opts, err
}

func triageOptions(path string) (triage.Options, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return triage.Options{}, nil
	}
	cfg, err := config.Load(path)
	opts := triage.Options{OrderPatterns: cfg.Triage.OrderPatterns, HighValue: cfg.Triage.HighValue}
	for _, a := range cfg.Accounts {
		opts.Handles = append(opts.Handles, a.Handle)
	}
	return opts, err
}

// triageLine is one line of input.
type triageLine struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Lang   string `json:"lang"`
	Handle string `json:"handle"`
}

func assessLines(cmd *cobra.Command, in io.Reader, opts triage.Options) error {
	engines := map[string]*triage.Triage{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	w := bufio.NewWriter(cmd.OutOrStdout())
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
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
		if err := enc.Encode(triage.NewResult(l.ID, t.Assess(post(l.ID, l.Text, l.Lang), socialwatch.History{}))); err != nil {
			return fmt.Errorf("triage: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		bad = append(bad, fmt.Errorf("read: %w (a line may have at most %d bytes)", err, maxLine))
	}
	return errors.Join(append(bad, w.Flush())...)
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
	own := opts
	if handle != "" {
		own.Handles = append([]string{handle}, opts.Handles...)
	}
	t, err := triage.New(own)
	if err != nil {
		return nil, fmt.Errorf("triage: %w", err)
	}
	made[handle] = t
	return t, nil
}
