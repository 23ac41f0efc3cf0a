package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/internal/store"
)

func newLabels(f *flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "labels",
		Short:   "What people said of posts, as labels to measure triage with",
		Example: "  socialwatch labels export --out labels.jsonl",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newLabelsExport(f))
	return cmd
}

func newLabelsExport(f *flags) *cobra.Command {
	var since, path string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write corrections and rejected intents as labelled JSON lines",
		Long: "A correction on a case's page, or of an ignored post on Mentions, gives a line\n" +
			"with intent and escalate. A draft\n" +
			"rejected for wrong_intent, or as spam_or_impostor, says only what the post is\n" +
			"not: not_intent. Other reasons say nothing about the post. The newest word on a\n" +
			"post counts; posts edited or deleted since are left out. Texts are masked.\n\n" +
			"socialwatch eval reads the lines and says how often triage agrees with people.\n" +
			"docs/triage.md tells what such figures are worth.",
		Example: "  socialwatch labels export --out labels.jsonl && socialwatch eval labels.jsonl\n" +
			"  socialwatch labels export --since 30d | socialwatch eval - --rules my-rules",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var from time.Time
			if since != "" {
				var err error
				if from, err = readMoment(since, f.now()); err != nil {
					return usageError{fmt.Errorf("--since %q: %w", since, err)}
				}
			}
			if f.json && path == "" {
				return usageError{errors.New("--json belongs to --out: the labels are JSON lines already")}
			}
			return exportLabels(cmd, f, from, path)
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "said since: 36h, 7d, 2w or 2026-11-01 (default ever)")
	cmd.Flags().StringVar(&path, "out", "", "file to write, for its owner alone (default standard output)")
	return cmd
}

// label is one line of the export: eval.Read says what the keys mean.
type label struct {
	ID        string             `json:"id"`
	Text      string             `json:"text"`
	Handle    string             `json:"handle,omitempty"`
	Lang      string             `json:"lang,omitempty"`
	Intent    socialwatch.Intent `json:"intent,omitempty"`
	Escalate  *bool              `json:"escalate,omitempty"`
	NotIntent socialwatch.Intent `json:"not_intent,omitempty"`
	Source    string             `json:"source"` // correction, or the reason of a rejection
	At        time.Time          `json:"at"`
}

// exported counts what an export wrote.
type exported struct {
	File        string `json:"file"`
	Corrections int    `json:"corrections"`
	Rejected    int    `json:"rejected"`
}

func exportLabels(cmd *cobra.Command, f *flags, since time.Time, path string) error {
	cfg, s, err := openStore(cmd.Context(), f)
	if err != nil {
		return err
	}
	defer s.Close()
	all := s.Labels(cmd.Context(), since)
	if path == "" {
		_, err := writeLabels(cmd.OutOrStdout(), all, cfg)
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".labels-*") // whole or not at all
	if err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	defer os.Remove(file.Name())
	n, err := writeLabels(file, all, cfg)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	n.File = path
	return out(cmd, f, n, func() {
		fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s and %s to %s.\nMeasure triage with them: socialwatch eval %s\n",
			counted(n.Corrections, "correction"), counted(n.Rejected, "rejected intent"), path, path)
	})
}

func writeLabels(to io.Writer, all iter.Seq2[store.Label, error], cfg config.Config) (n exported, err error) {
	w := bufio.NewWriter(to)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for l, err := range all {
		if err != nil {
			return n, fmt.Errorf("labels: %w", err)
		}
		line, known := labelOf(l, cfg)
		if !known {
			continue
		}
		if err := enc.Encode(line); err != nil {
			return n, fmt.Errorf("labels: %w", err)
		}
		if line.Intent != "" {
			n.Corrections++
		} else {
			n.Rejected++
		}
	}
	if err := w.Flush(); err != nil {
		return n, fmt.Errorf("labels: %w", err)
	}
	return n, nil
}

// labelOf is the line of a label, and whether it says anything: spam is no
// objection to an intent that stands for it, and a post without words is none
// to measure.
func labelOf(l store.Label, cfg config.Config) (label, bool) {
	m, a := l.Mention.Mention, l.Mention.Assessment
	line := label{ID: strconv.FormatInt(l.Mention.ID, 10), Text: a.Masked, Lang: agreedLanguage(m.Language, a.Language), At: l.At}
	if acc, err := cfg.Account(m.Account); err == nil {
		line.Handle = cmp.Or(acc.Handle, acc.Name)
	}
	if c := l.Corrected; c != nil {
		line.Intent, line.Escalate, line.Source = c.Intent, &c.Escalate, "correction"
		return line, line.Text != ""
	}
	line.NotIntent, line.Source = l.NotIntent, l.Reason
	spam := l.Reason == "spam_or_impostor" && (l.NotIntent == socialwatch.Other || l.NotIntent == socialwatch.ScamReport)
	return line, line.Text != "" && !spam
}

// agreedLanguage is the language that the network claims and triage found;
// empty if they differ. Triage alone would be its own judge.
func agreedLanguage(claimed, found string) string {
	if base, _, _ := strings.Cut(strings.ToLower(claimed), "-"); base == found {
		return found
	}
	return ""
}
