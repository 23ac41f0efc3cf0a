package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/triage"
	"socialwatch/triage/eval"
)

// evaluation is what the command is asked for.
type evaluation struct{ rules, page, floors string }

func newEval(f *flags) *cobra.Command {
	var e evaluation
	cmd := &cobra.Command{
		Use:   "eval FILE|-...",
		Short: "Measure triage on labelled posts",
		Long: "Reads JSON lines with the keys id, text, intent and escalate (or not_intent alone,\n" +
			"as socialwatch labels export writes for rejected drafts), optionally handle, lang,\n" +
			"alt_intent, urgency, sentiment, want (signals) and ignored (a noise rule),\n" +
			"and says how well triage finds the labels. Order numbers and thresholds come\n" +
			"from the configuration if there is one. A bad line is named and the rest goes\n" +
			"on; the exit code is then 1, as it is for a figure under its floor.\n" +
			"docs/triage.md explains the figures.",
		Example: "  socialwatch eval triage/testdata/corpus/*.jsonl --floors triage/testdata/floors.txt\n" +
			"  socialwatch eval posts.jsonl --html report.html",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("no file to measure: %s", cmd.UseLine())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return e.run(cmd, f, args) },
	}
	cmd.Flags().StringVar(&e.rules, "rules", "", rulesHelp)
	cmd.Flags().StringVar(&e.page, "html", "", "file to write the report to as one page with pictures")
	cmd.Flags().StringVar(&e.floors, "floors", "", "file of figures and their floors, one a line: macro_f1 0.70")
	return cmd
}

func (e evaluation) run(cmd *cobra.Command, f *flags, paths []string) error {
	floors, err := readFloors(e.floors)
	if err != nil {
		return err
	}
	opts, err := withRules(f.config, e.rules)
	if err != nil {
		return err
	}
	lines, bad := readLabelled(cmd, paths)
	if len(lines) == 0 {
		return errors.Join(bad, errors.New("no posts: nothing to measure"))
	}
	report, err := measure(lines, opts)
	if err != nil {
		return errors.Join(bad, err)
	}
	if e.page != "" {
		if err := writePage(e.page, report); err != nil {
			return errors.Join(bad, err)
		}
	}
	var broken error
	err = out(cmd, f, report, func() { broken = report.WriteText(cmd.OutOrStdout()) })
	return errors.Join(bad, err, broken, report.Check(floors))
}

// readFloors reads the file of floors, none without a path.
func readFloors(path string) ([]eval.Floor, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("eval: floors: %w", err)
	}
	defer file.Close()
	floors, err := eval.ReadFloors(file, path)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	return floors, nil
}

// readLabelled reads every file's good lines. The error joins the bad lines
// and the files that cannot be read.
func readLabelled(cmd *cobra.Command, paths []string) ([]eval.Line, error) {
	var (
		all []eval.Line
		bad []error
	)
	for _, path := range paths {
		in, name := cmd.InOrStdin(), "stdin"
		if path != "-" {
			file, err := os.Open(path)
			if err != nil {
				bad = append(bad, fmt.Errorf("eval: %w", err))
				continue
			}
			defer file.Close()
			in, name = file, path
		}
		lines, err := eval.Read(in, name)
		all = append(all, lines...)
		bad = append(bad, err)
	}
	return all, errors.Join(bad...)
}

// measure assesses every line as the triage command does.
func measure(lines []eval.Line, opts triage.Options) (eval.Report, error) {
	engines := map[string]*triage.Triage{}
	if _, err := engine(engines, opts, ""); err != nil {
		return eval.Report{}, err // of the rules or the configuration, not of a line
	}
	for _, l := range lines {
		if _, err := engine(engines, opts, l.Handle); err != nil {
			return eval.Report{}, fmt.Errorf("%s: %w", l.Place, err)
		}
	}
	return eval.Measure(lines, func(l eval.Line) socialwatch.Assessment {
		return engines[l.Handle].Assess(post(l.ID, l.Text, ""), socialwatch.History{})
	}), nil
}

func writePage(path string, report eval.Report) error {
	var b bytes.Buffer
	if err := report.WriteHTML(&b); err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	return nil
}
