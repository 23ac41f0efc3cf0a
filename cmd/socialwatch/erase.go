package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/store"
)

// whom says which person a command is about.
type whom struct{ author, network, account string }

func (w *whom) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.author, "author", "", "handle (full address) or the network's id of the person; - reads it from standard input")
	cmd.Flags().StringVar(&w.network, "network", "", "the network, where the handle exists on several")
	cmd.Flags().StringVar(&w.account, "account", "", "our account on that network and server, likewise")
}

// find returns the one person that is meant.
func (w whom) find(cmd *cobra.Command, s *store.Store) (socialwatch.Subject, error) {
	author := w.author
	if author == "-" {
		line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return socialwatch.Subject{}, fmt.Errorf("read the author: %w", err)
		}
		author = strings.TrimSpace(line)
	}
	if author == "" {
		return socialwatch.Subject{}, usageError{errors.New("--author is missing: the person's handle or id")}
	}
	found, err := s.Subjects(cmd.Context(), author)
	if err != nil {
		return socialwatch.Subject{}, err
	}
	found = slices.DeleteFunc(found, func(p socialwatch.Subject) bool {
		return w.network != "" && string(p.Network) != w.network || w.account != "" && !slices.Contains(p.Accounts, w.account)
	})
	switch len(found) {
	case 0:
		return socialwatch.Subject{}, nil
	case 1:
		return found[0], nil
	}
	var list []string
	for _, p := range found {
		list = append(list, fmt.Sprintf("%s at %s with id %s", p.Network, p.Host, p.ID))
	}
	return socialwatch.Subject{}, usageError{fmt.Errorf("these are %d people, name one by its id and --network or --account: %s", len(found), strings.Join(list, "; "))}
}

func newErase(f *flags) *cobra.Command {
	var w whom
	var reason string
	var dry bool
	cmd := &cobra.Command{
		Use:   "erase",
		Short: "Erase all that is stored about a person; works with the database alone",
		Long: "Posts with their earlier wordings, names, links, order numbers and what the shop said of\n" +
			"them, notes and tags on the person's cases, the words of our replies to them (withdrawn\n" +
			"first where they are not public), what search knows, and what waits to be taken in.\n" +
			"Cases, numbers, times, hashes, ids of posts and events stay as tombstones; consumers are\n" +
			"told by case.erased and mention.erased. Our public replies stay on the network: delete\n" +
			"them there. What the person writes later is a new matter.\n\n" +
			"Afterwards `socialwatch vacuum` takes the words out of the database's files. What\n" +
			"backups keep: docs/operations.md, Privacy. Exits with 1 while a case has to wait.",
		Example: "  socialwatch erase --author customer1@far.example --reason \"letter of 3 May\" --dry-run\n" +
			"  socialwatch erase --author 109 --account shop_help --reason \"letter of 3 May\" && socialwatch vacuum",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if reason = strings.TrimSpace(reason); reason == "" {
				return usageError{errors.New("--reason is missing: why, for the audit, without the person's name")}
			}
			return erase(cmd, f, w, socialwatch.Erasure{Actor: terminal(), Note: reason, DryRun: dry})
		},
	}
	w.flags(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the audit; never the person's name")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "tell what would be erased and change nothing")
	return cmd
}

func erase(cmd *cobra.Command, f *flags, w whom, e socialwatch.Erasure) error {
	_, s, err := openStore(cmd.Context(), f)
	if err != nil {
		return err
	}
	defer s.Close()
	if e.Subject, err = w.find(cmd, s); err != nil {
		return err
	}
	if err := e.Check(); err != nil {
		return usageError{fmt.Errorf("--reason: %w", err)}
	}
	e.At = socialwatch.Micros(f.now())
	done, err := s.ErasePerson(cmd.Context(), e)
	if err != nil {
		return err
	}
	report := struct {
		DryRun bool `json:"dry_run"`
		socialwatch.Erased
	}{e.DryRun, done}
	if err := out(cmd, f, report, func() { printErased(cmd.OutOrStdout(), e.DryRun, done) }); err != nil || len(done.Kept) == 0 {
		return err
	}
	return fmt.Errorf("%s not erased: settle the replies named, then erase again", counted(len(done.Kept), "case"))
}

// erasedKinds words socialwatch.Erased.Counts.
var erasedKinds = map[string]string{
	"posts": "posts", "revisions": "earlier wordings of posts", "replies": "replies of ours", "withdrawn": "of these withdrawn",
	"notes": "notes of colleagues", "tags": "tags", "orders": "orders looked up", "events": "events, of links, tags and private words",
	"commands": "commands that waited", "waiting": "posts that waited", "aside": "raw items set aside", "answers": "stored answers of the API",
}

// printErased tells people what an erasure did.
func printErased(w io.Writer, dry bool, e socialwatch.Erased) {
	if e.None() {
		fmt.Fprintln(w, "Nothing is stored about this person.")
		return
	}
	if dry {
		fmt.Fprintln(w, "Would erase (nothing is changed):")
	} else {
		fmt.Fprintln(w, "Erased:")
	}
	for _, n := range e.Counts() {
		fmt.Fprintf(w, "  %6d %s\n", n.N, erasedKinds[n.Kind])
	}
	if len(e.Cases) > 0 {
		fmt.Fprintf(w, "Cases, now tombstones: %s\n", strings.Join(e.Cases, " "))
	}
	if len(e.Touched) > 0 {
		fmt.Fprintf(w, "Posts in cases of others: %s\n", strings.Join(e.Touched, " "))
	}
	for _, k := range e.Kept {
		fmt.Fprintf(w, "NOT erased: %s, whose reply %d is %s. ", k.Number, k.ReplyID, k.State)
		if k.State == socialwatch.ReplySending {
			fmt.Fprintln(w, "It is on its way: erase again in a minute.")
		} else {
			fmt.Fprintf(w, "Settle it (socialwatch resolve %d), then erase again.\n", k.ReplyID)
		}
	}
	if !dry {
		fmt.Fprintln(w, "Now run `socialwatch vacuum`, which takes the words out of the database's files.")
	}
}

func newVacuum(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "vacuum",
		Short: "Take what is erased out of the database's files",
		Long: "What is erased is gone from every row and from search at once; its bytes may stay in the\n" +
			"free space of the files until they are written over. This rewrites the files.\n\n" +
			"Postgres: each table is locked while it is rewritten (seconds for 100,000 posts), so\n" +
			"choose a quiet hour; the role must own the tables: run it as the one that migrates.\n" +
			"SQLite: it waits for other processes; stop serve if it cannot get through.\n" +
			"docs/operations.md, Privacy, says what the write-ahead log, statistics and backups keep.",
		Example: "  socialwatch vacuum",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, s, err := openStore(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer s.Close()
			begun := time.Now()
			if err := s.Vacuum(cmd.Context()); err != nil {
				return err
			}
			took := time.Since(begun)
			return out(cmd, f, map[string]any{"seconds": took.Seconds()}, func() {
				fmt.Fprintf(cmd.OutOrStdout(), "The files hold what the rows hold. It took %s.\n", took.Round(time.Millisecond))
			})
		},
	}
}
