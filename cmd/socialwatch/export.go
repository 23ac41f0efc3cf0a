package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/store"
)

func newExport(f *flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "export",
		Short:   "Write cases, mentions, replies, events or all about a person into a file",
		Example: "  socialwatch export cases --format csv --since 30d --out cases.csv\n  socialwatch export person --author customer1@far.example",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, what := range []string{"cases", "mentions", "replies", "events"} {
		cmd.AddCommand(newExportOf(f, what))
	}
	cmd.AddCommand(newExportPerson(f))
	return cmd
}

// stretch is a span of time and where what happened in it goes.
type stretch struct{ format, since, until, path string }

func newExportOf(f *flags, what string) *cobra.Command {
	var x stretch
	cmd := &cobra.Command{
		Use:   what,
		Short: "Write " + what + " as CSV or JSON lines, as other systems see them",
		Long: "Columns and masking are those of the view for consumers (docs/consumers.md): words come\n" +
			"with personal data replaced by *, never as they were written. It reads page by page, beside\n" +
			"a running serve. In CSV a text that a spreadsheet would take for a formula has a ' in front;\n" +
			"JSON lines have every value as it is.",
		Example: "  socialwatch export " + what + " --format csv --since 30d --out " + what + ".csv\n" +
			"  socialwatch export " + what + " --since 2026-11-01 --until 2026-12-01 > " + what + ".jsonl",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return exportTo(cmd, f, what, x) },
	}
	cmd.Flags().StringVar(&x.format, "format", "jsonl", "csv or jsonl")
	cmd.Flags().StringVar(&x.since, "since", "", "from then: 36h, 7d, 2w or 2026-11-01 (default ever)")
	cmd.Flags().StringVar(&x.until, "until", "", "before then, written likewise (default now)")
	cmd.Flags().StringVar(&x.path, "out", "", "file to write, for its owner alone (default standard output)")
	return cmd
}

func exportTo(cmd *cobra.Command, f *flags, what string, x stretch) error {
	write, known := map[string]func(io.Writer) recordWriter{"csv": csvRecords, "jsonl": jsonRecords}[x.format]
	if !known {
		return usageError{fmt.Errorf("--format %q: write csv or jsonl", x.format)}
	}
	if f.json && x.path == "" {
		return usageError{errors.New("--json belongs to --out: it tells how many rows the file has")}
	}
	since, until, err := x.moments(f.now())
	if err != nil {
		return err
	}
	_, s, err := openStore(cmd.Context(), f)
	if err != nil {
		return err
	}
	defer s.Close()
	n := 0
	err = intoFile(cmd, x.path, func(w io.Writer) error {
		buffered := bufio.NewWriter(w)
		to := write(buffered)
		for r, err := range s.Export(cmd.Context(), what, since, until) {
			if err == nil {
				err = to.write(r)
			}
			if err != nil {
				return err
			}
			n++
		}
		return errors.Join(to.end(), buffered.Flush())
	})
	if err != nil || x.path == "" {
		return err
	}
	return out(cmd, f, map[string]any{"file": x.path, "rows": n}, func() {
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", x.path, counted(n, "row"))
	})
}

// moments are the stretch's ends; zero: it has none there.
func (x stretch) moments(now time.Time) (since, until time.Time, err error) {
	for _, of := range []struct {
		flag, text string
		at         *time.Time
	}{{"--since", x.since, &since}, {"--until", x.until, &until}} {
		if of.text == "" {
			continue
		}
		if *of.at, err = readMoment(of.text, now); err != nil {
			return since, until, usageError{fmt.Errorf("%s %q: %w", of.flag, of.text, err)}
		}
	}
	return since, until, nil
}

// intoFile writes a file whole or not at all, for its owner alone; without a path
// standard output.
func intoFile(cmd *cobra.Command, path string, write func(io.Writer) error) error {
	if path == "" {
		return write(cmd.OutOrStdout())
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer os.Remove(file.Name())
	if err := errors.Join(write(file), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// recordWriter writes rows in one format.
type recordWriter struct {
	write func(store.Record) error
	end   func() error
}

func jsonRecords(w io.Writer) recordWriter {
	enc := json.NewEncoder(w)
	return recordWriter{func(r store.Record) error { return enc.Encode(r) }, func() error { return nil }}
}

func csvRecords(w io.Writer) recordWriter {
	file, headed := csv.NewWriter(w), false
	return recordWriter{func(r store.Record) error {
		if !headed {
			headed = true
			_ = file.Write(r.Columns) // the writer keeps its first error
		}
		cells := make([]string, len(r.Values))
		for i, v := range r.Values {
			cells[i] = csvCell(v)
		}
		return file.Write(cells)
	}, func() error { file.Flush(); return file.Error() }}
}

// csvCell is a value as a cell. A spreadsheet runs what begins like a formula, also
// behind blanks: such a text gets a ' in front.
func csvCell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case json.RawMessage:
		return string(v)
	case string:
		if t := strings.TrimLeft(v, " \t\r\n\u00a0"); t != "" && strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", []rune(t)[0]) || strings.ContainsAny(v[:min(len(v), 1)], "\t\r\n") {
			return "'" + v
		}
		return v
	}
	return fmt.Sprint(v)
}

func newExportPerson(f *flags) *cobra.Command {
	var w whom
	var path string
	cmd := &cobra.Command{
		Use:   "person",
		Short: "Write all that is stored about a person, as JSON",
		Long: "Posts as they were written, earlier wordings, cases with tags, notes and orders, our replies\n" +
			"to them, events: every stored column. It names colleagues and holds their private notes:\n" +
			"read it before you hand it over.",
		Example: "  socialwatch export person --author customer1@far.example --out person.json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, s, err := openStore(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer s.Close()
			of, err := w.find(cmd, s)
			if err != nil {
				return err
			}
			if of.ID == "" {
				return fmt.Errorf("nothing is stored about this person: %w", socialwatch.ErrNotFound)
			}
			d, err := s.Person(cmd.Context(), of)
			if err != nil {
				return err
			}
			return intoFile(cmd, path, func(w io.Writer) error {
				enc := json.NewEncoder(w)
				enc.SetIndent("", "  ")
				return enc.Encode(d)
			})
		},
	}
	w.flags(cmd)
	cmd.Flags().StringVar(&path, "out", "", "file to write, for its owner alone (default standard output)")
	return cmd
}
