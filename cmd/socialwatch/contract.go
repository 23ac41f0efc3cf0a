package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/store"
)

// contractTest is one run of `contract test`: what a case system may rely on,
// held against a database with that system's own role.
type contractTest struct {
	c     *store.Consumer
	role  string
	probe bool
	wait  time.Duration
	found []finding
}

func newContract(f *flags) *cobra.Command {
	cmd := &cobra.Command{Use: "contract", Short: "What case systems rely on", Args: noArgs,
		Example: "  socialwatch contract test --dsn postgres://case_system@db.example/shop",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newContractTest(f))
	return cmd
}

func newContractTest(f *flags) *cobra.Command {
	var o store.Options
	t := contractTest{}
	cmd := &cobra.Command{
		Use:   "test --dsn ADDRESS",
		Short: "Test a database as a case system sees it, with that system's own role",
		Long: "Needs no configuration and changes nothing; with --probe it inserts one command\n" +
			"that does nothing and waits for the answer. Exits with 1 when a promise is broken.",
		Example: "  socialwatch contract test --dsn postgres://case_system@db.example/shop\n" +
			"  socialwatch contract test --dsn sqlite:socialwatch.db --probe",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.URL == "" {
				return usageError{errors.New("--dsn is missing: the address with which the case system connects")}
			}
			return t.run(cmd, f, o)
		},
	}
	cmd.Flags().StringVar(&o.URL, "dsn", "", "postgres://…, sqlite:PATH or a path, as the case system connects")
	cmd.Flags().StringVar(&o.Schema, "schema", "", "Postgres: where everything lives; empty means socialwatch")
	cmd.Flags().BoolVar(&t.probe, "probe", false, "insert a ping into case_commands_v1 and wait for the answer")
	cmd.Flags().DurationVar(&t.wait, "wait", 5*time.Second, "how long to wait for the bell and the answer")
	return cmd
}

func (t *contractTest) run(cmd *cobra.Command, f *flags, o store.Options) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute+2*t.wait)
	defer cancel()
	if err := t.all(ctx, o); err != nil {
		return err
	}
	broken := 0
	for _, one := range t.found {
		if !one.OK && !one.Warn {
			broken++
		}
	}
	err := out(cmd, f, t.found, func() {
		w := table(cmd.OutOrStdout())
		for _, one := range t.found {
			mark := "ok"
			if one.Warn {
				mark = "warn"
			} else if !one.OK {
				mark = "BAD"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", mark, one.What, one.Text)
		}
		w.Flush()
	})
	if err == nil && broken > 0 {
		err = fmt.Errorf("%d of %d promises are broken", broken, len(t.found))
	}
	return err
}

func (t *contractTest) add(what string, ok bool, text string, args ...any) {
	t.found = append(t.found, finding{What: what, OK: ok, Text: fmt.Sprintf(text, args...)})
}

func (t *contractTest) warn(what, text string, args ...any) {
	t.found = append(t.found, finding{What: what, Warn: true, Text: fmt.Sprintf(text, args...)})
}

// all holds the promises against the database, each that another needs first.
func (t *contractTest) all(ctx context.Context, o store.Options) error {
	c, err := store.OpenConsumer(o)
	if err != nil {
		return err
	}
	t.c = c
	defer c.Close()
	t.role, err = c.Role(ctx)
	switch {
	case errors.Is(err, socialwatch.ErrForbidden):
		t.add("connect", false, "%s: the database's owner runs socialwatch migrate, then migrate --grants --role %s; or name the right --schema", brief(err), t.role)
		return nil
	case err != nil:
		t.add("connect", false, "%s: check address, role and password", brief(err))
		return nil
	case t.role != "":
		t.add("connect", true, "as %s: commands and events will name it system:%s", t.role, t.role)
	default:
		t.add("connect", true, "a file, which has no roles")
	}
	granted, err := t.views(ctx)
	if err != nil {
		return err
	}
	if err := t.rights(ctx); err != nil {
		return err
	}
	if granted["case_events_v1"] {
		t.feed(ctx)
		t.bell(ctx, granted["case_commands_v1"])
	}
	return nil
}

// optional are views that a role has only when somebody wanted it to.
var optional = map[string]string{"case_entities_v1": "--entities", "case_orders_v1": "--entities", "case_commands_v1": "--commands"}

// views compares each view with the contract and reports which can be read.
func (t *contractTest) views(ctx context.Context) (map[string]bool, error) {
	all, err := t.c.Columns(ctx)
	if err != nil {
		return nil, err
	}
	has, wanted, granted := map[string][]store.Column{}, map[string][]store.Column{}, map[string]bool{}
	for _, c := range all {
		has[c.View] = append(has[c.View], c)
	}
	var names []string
	for _, c := range store.Contract() {
		wanted[c.View] = append(wanted[c.View], c)
		names = append(names, c.View)
	}
	for _, view := range slices.Compact(names) {
		flag := optional[view]
		switch {
		case len(has[view]) == 0 && flag != "":
			t.warn(view, "not granted; whoever needs it: migrate --grants --role %s %s", t.role, flag)
			continue
		case len(has[view]) == 0:
			t.add(view, false, "not there or not granted: the owner runs socialwatch migrate, then migrate --grants --role %s", t.role)
			continue
		}
		wrong := t.differs(wanted[view], has[view])
		if err := t.c.Read(ctx, view); err != nil && wrong == "" {
			wrong = brief(err)
		}
		if granted[view] = wrong == ""; granted[view] {
			t.add(view, true, "%s", counted(len(has[view]), "column"))
		} else {
			t.add(view, false, "%s: migrated by another release or changed by hand: the owner runs socialwatch migrate of the release in use", wrong)
		}
	}
	return granted, nil
}

// differs says in what a view is not what is promised; more columns are none.
func (t *contractTest) differs(wanted, has []store.Column) string {
	for i, w := range wanted {
		if i >= len(has) {
			return "lacks " + w.Name
		}
		is, want := cmp.Or(has[i].Postgres, has[i].SQLite), w.Postgres
		if t.c.Kind() == store.SQLite {
			want = w.SQLite
		}
		if has[i].Name != w.Name || is != want && want != "any" {
			return fmt.Sprintf("column %d is %s %s, promised is %s %s", i+1, has[i].Name, is, w.Name, want)
		}
	}
	return ""
}

// rights reports what the role may do that it needs not.
func (t *contractTest) rights(ctx context.Context) error {
	if t.c.Kind() == store.SQLite {
		t.warn("rights", "a file has no roles: whoever can open it reads and writes everything; open it read-only unless you insert commands")
		return nil
	}
	beyond, err := t.c.Beyond(ctx)
	if err != nil {
		return err
	}
	if len(beyond) == 0 {
		t.add("rights", true, "reads the views and nothing else")
		return nil
	}
	var some []string
	for _, r := range beyond[:min(5, len(beyond))] {
		some = append(some, r.What+" on "+r.On)
	}
	t.add("rights", false, "may do more than it needs (%s, %d in all): connect with a role of its own that owns nothing, and revoke the rest", strings.Join(some, ", "), len(beyond))
	return nil
}

// Of the feed its newest events are read, in pages as a consumer would.
const (
	feedTail = 5000
	feedPage = 500
)

// feed reads the newest events and checks that their numbers rise.
func (t *contractTest) feed(ctx context.Context) {
	head, err := t.c.Head(ctx)
	last, n, begun := max(0, head-feedTail), 0, time.Now()
	for more := err == nil && head > 0; more; {
		var page []int64
		if page, err = t.c.Feed(ctx, last, feedPage); err != nil {
			break
		}
		for _, seq := range page {
			if seq <= last {
				t.add("feed", false, "number %d comes after %d: tell the makers of socialwatch", seq, last)
				return
			}
			last = seq
		}
		n, more = n+len(page), len(page) == feedPage
	}
	switch {
	case err != nil:
		t.add("feed", false, "%s: ask again; then ask the operator of the database", brief(err))
	case head == 0:
		t.warn("feed", "no event yet: come back when there are cases")
	default:
		t.add("feed", true, "%s up to %d, rising, none twice, in %s", counted(n, "event"), last, time.Since(begun).Round(time.Millisecond))
	}
}

// bell waits for the bell, and with a probe for the answer to a command.
func (t *contractTest) bell(ctx context.Context, mayAsk bool) {
	ctx, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	bell, err := t.c.Bell(ctx)
	if err != nil {
		t.add("bell", false, "%s: connect past the pooler, or poll", brief(err))
		return
	}
	if t.probe {
		t.ask(ctx, mayAsk)
	}
	if t.c.Kind() == store.SQLite {
		t.warn("bell", "a file has none: poll")
		return
	}
	select {
	case <-bell:
		t.add("bell", true, "rings")
	case <-ctx.Done():
		t.warn("bell", "silent for %s: nothing may have happened; with --probe something does", t.wait)
	}
}

// ask inserts a ping and waits for its answer.
func (t *contractTest) ask(ctx context.Context, may bool) {
	key, begun := "contract-test-"+rand.Text(), time.Now()
	err := socialwatch.ErrForbidden
	if may {
		err = t.c.Ask(ctx, key, store.CommandPing)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for state := store.CommandWaiting; err == nil; {
		var reason string
		if state, reason, err = t.c.Answer(ctx, key); err == nil && state != store.CommandWaiting {
			t.add("probe", state == store.CommandApplied, "%s after %s%s", state, time.Since(begun).Round(time.Millisecond), reason)
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			err = cmp.Or(err, ctx.Err())
		}
	}
	switch {
	case errors.Is(err, socialwatch.ErrForbidden):
		t.add("probe", false, "may not insert commands: the owner runs migrate --grants --role %s --commands", t.role)
	case ctx.Err() != nil:
		t.add("probe", false, "no answer within %s: does socialwatch serve run on this database?", t.wait)
	default:
		t.add("probe", false, "%s", brief(err))
	}
}

// brief is an error on one line.
func brief(err error) string {
	text := strings.TrimSuffix(err.Error(), ": "+socialwatch.ErrForbidden.Error())
	return strings.Join(strings.Fields(text), " ")
}
