package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/connectors/twitter/legacy"
	"socialwatch/internal/config"
	"socialwatch/internal/intake"
	"socialwatch/internal/store"
)

// Bounds of an import: posts of one transaction, and odd lines that are listed.
const (
	importBatch = 500
	importOdd   = 20
)

func newImport(f *flags) *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use:   "import FILE... --account NAME",
		Short: "Keep past posts in X's v1.1 format, to replay rules on them",
		Long: "Reads JSON lines, JSON lists or an account archive's files; - is standard input.\n" +
			"Posts that name the account's handle, or quote it, are assessed and stored as\n" +
			"mentions without case and draft. Nothing is stored twice, the account's place in\n" +
			"polling does not move, and no network is asked. Posts younger than 7 days are left\n" +
			"to polling. What can't be read is counted, and listed up to 20 times.",
		Example: "  socialwatch import mentions.jsonl --account shop_x && socialwatch replay --since 2026-01-01 --rules my-rules",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("name the files to import, or - for standard input")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if account == "" {
				return usageError{errors.New("--account is needed: whose mentions the posts are")}
			}
			return importFiles(cmd, f, account, args)
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "account on X whose mentions the posts are (required)")
	return cmd
}

// imported is what an import came to.
type imported struct {
	Account  string              `json:"account"`
	Read     int                 `json:"read"` // posts, odd ones included
	Stored   int                 `json:"stored"`
	Known    int                 `json:"known"` // were stored already
	Skipped  map[legacy.Skip]int `json:"skipped"`
	Odd      int                 `json:"odd"`
	OddLines []oddLine           `json:"odd_lines"` // the first of them
}

// oddLine is something that could not be read.
type oddLine struct {
	File    string `json:"file"`
	Line    int    `json:"line"` // or which post of a list
	Problem string `json:"problem"`
}

// skipRecent is intake's reason: polling may still bring the post.
const skipRecent legacy.Skip = "younger_than_7_days"

// importing is one run of the command.
type importing struct {
	cfg    config.Account
	intake *intake.Intake
	found  imported
	batch  []socialwatch.Mention
}

func importFiles(cmd *cobra.Command, f *flags, account string, files []string) error {
	cfg, s, err := openStore(cmd.Context(), f)
	if err != nil {
		return err
	}
	defer s.Close()
	im, err := newImporting(cmd.Context(), f, cfg, s, account)
	if err != nil {
		return err
	}
	for _, name := range files {
		if err = im.file(cmd, name); err != nil {
			break
		}
	}
	if told := out(cmd, f, im.found, func() { im.found.write(cmd.OutOrStdout()) }); told != nil || err != nil {
		return errors.Join(err, told)
	}
	if im.found.Odd == im.found.Read && im.found.Odd > 0 {
		return errors.New("import: nothing was a post in X's v1.1 format: give JSON lines, one post a line as its API writes them")
	}
	return nil
}

func newImporting(ctx context.Context, f *flags, cfg config.Config, s *store.Store, account string) (*importing, error) {
	acc, err := cfg.Account(account)
	if err != nil {
		return nil, err
	}
	if acc.Network != string(socialwatch.X) {
		return nil, fmt.Errorf("account %s is on %s: import reads posts of X, for an account with network: x", account, acc.Network)
	}
	a := &app{cfg: cfg, store: s}
	if err := a.rules(); err != nil {
		return nil, err
	}
	if err := s.EnsureAccount(ctx, account, string(socialwatch.X), legacy.Host); err != nil {
		return nil, err
	}
	return &importing{cfg: acc, found: imported{Account: account, Skipped: map[legacy.Skip]int{}, OddLines: []oddLine{}},
		intake: &intake.Intake{Store: s, Now: f.now, Rules: intake.Rules{Assess: a.triage.Assess, Redact: a.redact}}}, nil
}

func (im *importing) file(cmd *cobra.Command, name string) error {
	in := io.NopCloser(cmd.InOrStdin())
	if name != "-" {
		var err error
		if in, err = os.Open(name); err != nil {
			return fmt.Errorf("import: %w", err)
		}
	}
	defer in.Close()
	for line, err := range legacy.Lines(in, im.cfg.Name, im.cfg.Handle) {
		if err != nil {
			return errors.Join(fmt.Errorf("import %s: %w", name, err), im.keep(cmd.Context()))
		}
		im.found.Read++
		switch {
		case line.Odd != nil:
			im.odd(oddLine{name, line.N, line.Odd.Error()})
		case line.Skip != "":
			im.found.Skipped[line.Skip]++
		default:
			im.batch = append(im.batch, line.Mention)
		}
		if len(im.batch) == importBatch {
			if err := im.keep(cmd.Context()); err != nil {
				return err
			}
		}
	}
	return im.keep(cmd.Context())
}

func (im *importing) odd(line oddLine) {
	im.found.Odd++
	if len(im.found.OddLines) < importOdd {
		im.found.OddLines = append(im.found.OddLines, line)
	}
}

// keep stores the posts that were read.
func (im *importing) keep(ctx context.Context) error {
	if len(im.batch) == 0 {
		return nil
	}
	n, err := im.intake.Import(ctx, im.cfg.Name, im.batch)
	if err != nil {
		return err
	}
	im.batch = im.batch[:0]
	im.found.Stored += n.Stored
	im.found.Known += n.Known
	if n.Recent > 0 {
		im.found.Skipped[skipRecent] += n.Recent
	}
	return nil
}

// skipWords say a reason to skip as people do.
var skipWords = map[legacy.Skip]string{
	legacy.SkipOwn: "by the account itself", legacy.SkipRetweet: "retweets",
	legacy.SkipNotAddressed: "that neither name nor quote it", skipRecent: "younger than 7 days, which polling reads",
}

func (d imported) write(w io.Writer) {
	fmt.Fprintf(w, "%s read for %s: %d stored, %d known already.\n", counted(d.Read, "post"), d.Account, d.Stored, d.Known)
	var skipped []string
	for _, why := range slices.Sorted(maps.Keys(d.Skipped)) {
		skipped = append(skipped, fmt.Sprintf("%d %s", d.Skipped[why], skipWords[why]))
	}
	if len(skipped) > 0 {
		fmt.Fprintf(w, "Skipped: %s.\n", strings.Join(skipped, ", "))
	}
	if d.Odd > 0 {
		fmt.Fprintf(w, "%d could not be read:\n", d.Odd)
	}
	for _, o := range d.OddLines {
		fmt.Fprintf(w, "  %s:%d: %s\n", oneLine(o.File), o.Line, oneLine(o.Problem))
	}
	if left := d.Odd - len(d.OddLines); left > 0 {
		fmt.Fprintf(w, "  and %d more.\n", left)
	}
}
