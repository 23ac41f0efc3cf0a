package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"socialwatch"
	"socialwatch/internal/api"
)

// interactive reports whether a person sits at the command and may be asked.
func interactive(cmd *cobra.Command, f *flags) bool {
	if f.json {
		return false
	}
	file, ok := cmd.InOrStdin().(*os.File)
	return !ok || term.IsTerminal(int(file.Fd()))
}

func newReview(f *flags) *cobra.Command {
	var accounts []string
	cmd := &cobra.Command{
		Use:     "review",
		Short:   "Decide about waiting replies one after another, in the terminal",
		Long:    decisionHelp + "\nColleagues see what you are deciding about. Every decision is bound to the text you saw.",
		Example: "  socialwatch review\n  socialwatch review --account shop_help",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !interactive(cmd, f) {
				return usageError{errors.New("review asks a person: run it in a terminal, and scripts with queue, show, approve and reject")}
			}
			c, err := remote(f)
			if err != nil {
				return err
			}
			s := newSitting(cmd, c)
			me, err := c.Me(cmd.Context())
			if err != nil {
				return err
			}
			s.me = me.Login
			return s.queue(cmd.Context(), accounts)
		},
	}
	cmd.Flags().StringArrayVar(&accounts, "account", nil, "only these accounts; may be repeated")
	return cmd
}

// errDone ends a sitting because the person wants it.
var errDone = errors.New("done")

// sitting is one person at a terminal who decides about replies.
type sitting struct {
	*paper
	api     *api.Client
	in      *bufio.Reader
	last    *api.Reply // newest approval, which undo takes back
	verdict string     // how the last decision came out
	decided int
}

func newSitting(cmd *cobra.Command, c *api.Client) *sitting {
	return &sitting{paper: newPaper(cmd.OutOrStdout()), api: c, in: bufio.NewReader(cmd.InOrStdin())}
}

// queue goes through what awaits, and through what has come meanwhile, until
// nothing is left that the person has not seen.
func (s *sitting) queue(ctx context.Context, accounts []string) error {
	seen := map[int64]bool{}
	for {
		next, err := s.next(ctx, accounts, seen)
		if err != nil {
			return err
		}
		if next == 0 {
			s.line("Nothing else is waiting. %s.", counted(s.decided, "decision"))
			return nil
		}
		seen[next] = true
		err = s.one(ctx, next)
		if errors.Is(err, errDone) {
			s.line("%s.", counted(s.decided, "decision"))
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// next is the most pressing reply that was not seen and that no colleague is
// deciding about; those come last. 0: none.
func (s *sitting) next(ctx context.Context, accounts []string, seen map[int64]bool) (int64, error) {
	var busy int64
	q := api.Query{Accounts: accounts, Limit: 100}
	for {
		page, err := s.api.Replies(ctx, q)
		if err != nil {
			return 0, err
		}
		for _, r := range page.Items {
			switch {
			case seen[r.ID]:
			case len(s.deciding(r.Reply)) == 0:
				return r.ID, nil
			case busy == 0:
				busy = r.ID
			}
		}
		if page.Next == nil {
			return busy, nil
		}
		q.Cursor = *page.Next
	}
}

// one shows a reply and asks until it is decided or passed over. While it is on
// the screen, colleagues are told.
func (s *sitting) one(ctx context.Context, id int64) error {
	if _, err := s.api.Lease(ctx, id, false); err == nil {
		defer func() { _, _ = s.api.Lease(context.WithoutCancel(ctx), id, true) }()
	}
	for {
		r, err := s.api.Reply(ctx, id)
		if err != nil {
			return err
		}
		s.line("%s", s.paint(dim, strings.Repeat("─", s.width)))
		s.card(r)
		if r.State != socialwatch.ReplyAwaiting {
			return nil
		}
		again, err := s.decide(ctx, r)
		if err != nil || !again {
			return err
		}
	}
}

const sittingHelp = `a approve   e edit in your editor   r reject   n next   t thread of the case
u take the last approval back   q quit`

// decide asks once; again: show the reply anew.
func (s *sitting) decide(ctx context.Context, r api.ReplyDetail) (again bool, err error) {
	for {
		key, err := s.ask("[a]pprove [e]dit [r]eject [n]ext [t]hread [u]ndo [q]uit ? ")
		if err != nil {
			return false, err
		}
		switch key {
		case "a":
			return s.told(s.approve(ctx, r))
		case "e":
			return s.told(true, s.edit(ctx, r))
		case "r":
			return s.told(s.reject(ctx, r))
		case "t":
			err = s.thread(ctx, r.CaseNumber)
		case "u":
			err = s.undo(ctx)
		case "n":
			return false, nil
		case "q":
			return false, errDone
		default:
			s.line("%s", sittingHelp)
		}
		if _, err := s.told(true, err); err != nil {
			return false, err
		}
	}
}

// told says what was refused and goes on; other errors end the sitting.
func (s *sitting) told(again bool, err error) (bool, error) {
	var p *api.Problem
	if !errors.As(err, &p) {
		return again, err
	}
	s.sentence(red, p.Detail)
	s.findingsOf(p)
	return true, nil
}

func (s *sitting) findingsOf(p *api.Problem) {
	if len(p.Findings) > 0 {
		s.findings(p.Findings)
	}
}

// ask reads a key or a yes.
func (s *sitting) ask(question string) (string, error) {
	text, err := s.read(question)
	return strings.ToLower(text), err
}

// read reads one line. The end of the input ends the sitting.
func (s *sitting) read(question string) (string, error) {
	fmt.Fprint(s.w, s.paint(bold, question))
	text, err := s.in.ReadString('\n')
	if err != nil && text == "" {
		s.line("")
		if errors.Is(err, io.EOF) {
			return "", errDone
		}
		return "", fmt.Errorf("read the answer: %w", err)
	}
	return strings.TrimSpace(text), nil
}

// approve approves exactly the text shown. What asks for a second look is shown
// and asked for.
func (s *sitting) approve(ctx context.Context, r api.ReplyDetail) (again bool, err error) {
	var p *api.Problem
	confirm := ""
	for {
		done, err := s.api.Approve(ctx, r.ID, r.Hash, confirm)
		if err == nil {
			s.last, s.verdict = &done, becomes(done)
			s.decided++
			s.line("%s", s.paint(green, s.verdict))
			return false, nil
		}
		if !errors.As(err, &p) || p.Confirm == "" || p.Confirm == confirm {
			return true, err
		}
		s.sentence(yellow, p.Detail)
		s.findingsOf(p)
		yes, err := s.ask("Approve all the same? [y/N] ")
		if err != nil {
			return false, err
		}
		if yes != "y" && yes != "yes" {
			return true, nil
		}
		confirm = p.Confirm
	}
}

// approveOne shows one reply, asks and approves it.
func (s *sitting) approveOne(ctx context.Context, id int64) (r api.Reply, err error) {
	shown, err := s.api.Reply(ctx, id)
	if err != nil {
		return r, err
	}
	s.card(shown)
	yes, err := s.ask("Approve this text? [y/N] ")
	if err == nil && yes != "y" && yes != "yes" {
		err = errDone
	}
	if err == nil {
		_, err = s.approve(ctx, shown)
	}
	switch {
	case errors.Is(err, errDone) || err == nil && s.last == nil:
		s.verdict = "Nothing was approved."
		return shown.Reply, nil
	case err != nil:
		return r, err
	}
	s.verdict = "Take it back with socialwatch undo " + fmt.Sprint(id) + "."
	return *s.last, nil
}

func (s *sitting) reject(ctx context.Context, r api.ReplyDetail) (again bool, err error) {
	s.line("%s", reasonList())
	key, err := s.ask("Why? [1-7, Enter to go back] ")
	if err != nil || key == "" {
		return true, err
	}
	reason, ok := reasonOf(key)
	if !ok {
		s.line("That is no reason of the list.")
		return true, nil
	}
	note := ""
	if reason == socialwatch.RejectReasons[len(socialwatch.RejectReasons)-1] {
		if note, err = s.read("In a few words: "); err != nil {
			return false, err
		}
	}
	done, err := s.api.Reject(ctx, r.ID, r.Hash, reason, note)
	if err != nil {
		return true, err
	}
	s.decided++
	s.line("%s", becomes(done))
	return false, nil
}

func (s *sitting) undo(ctx context.Context) error {
	if s.last == nil {
		s.line("You have approved nothing yet.")
		return nil
	}
	r, err := s.api.Undo(ctx, s.last.ID, s.last.Hash)
	if err == nil {
		s.last = nil
		s.line("%s", becomes(r))
	}
	return err
}

// thread shows the customer's posts of a case, oldest first.
func (s *sitting) thread(ctx context.Context, number string) error {
	c, err := s.api.Case(ctx, number)
	if err != nil {
		return err
	}
	for _, m := range c.Mentions {
		s.line("%s  %s", s.paint(bold, who(m.Post)), s.paint(dim, moment(m.Post.PostedAt)))
		s.block(m.Post.Masked)
	}
	for _, r := range c.Replies {
		if r.State == socialwatch.ReplySent {
			s.line("%s  %s", s.paint(green, "we answered"), s.paint(dim, moment(r.SentAt)))
			s.block(r.WholeText)
		}
	}
	return nil
}

// edit opens the text in the person's editor and stores what comes out of it as
// a new version, which is then shown and approved like any other.
func (s *sitting) edit(ctx context.Context, r api.ReplyDetail) error {
	text, err := s.edited(ctx, r.Text)
	if err != nil {
		s.sentence(red, err.Error())
		return nil
	}
	if text == "" || text == r.Text {
		s.line("Nothing is changed.")
		return nil
	}
	_, err = s.api.Edit(ctx, r.ID, r.Hash, text)
	return err
}

func (s *sitting) edited(ctx context.Context, text string) (string, error) {
	words := strings.Fields(editor())
	file, err := os.CreateTemp("", "reply-*.txt") // readable by this person alone
	if err != nil {
		return "", fmt.Errorf("keep the text for the editor: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(text + "\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf("keep the text for the editor: %w", err)
	}
	run := exec.CommandContext(ctx, words[0], append(words[1:], file.Name())...)
	run.Stdin, run.Stdout, run.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := run.Run(); err != nil {
		return "", fmt.Errorf("run the editor %s (choose another with VISUAL or EDITOR): %w", words[0], err)
	}
	b, err := os.ReadFile(file.Name())
	if err != nil {
		return "", fmt.Errorf("read what the editor wrote: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// editor is the command that people have chosen to edit texts with.
func editor() string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if v := strings.TrimSpace(os.Getenv(name)); v != "" {
			return v
		}
	}
	return "vi"
}
