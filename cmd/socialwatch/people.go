package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

func newUser(f *flags) *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Manage people", Args: noArgs,
		Example: "  socialwatch user add anna --role approver",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newUserAdd(f), newUserList(f), newUserSet(f), newUserLink(f), newUserDisable(f, true), newUserDisable(f, false))
	return cmd
}

func newUserAdd(f *flags) *cobra.Command {
	var name, role, account string
	var work workFlags
	add := &cobra.Command{
		Use:   "add LOGIN",
		Short: "Add a person, who logs in with a password typed here",
		Long: "Roles, each with those before it: reader sees, author drafts, approver approves\n" +
			"and stops, lead settles replies in doubt and resumes, admin manages. The password\n" +
			"is asked for, or read from standard input when that is no terminal.",
		Example: "  socialwatch user add anna --role approver\n  socialwatch user add ben --role lead --account shop_help < password",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(socialwatch.Roles, socialwatch.Role(role)) {
				return usageError{fmt.Errorf("--role must be one of %v", socialwatch.Roles)}
			}
			cfg, s, err := openStore(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer s.Close()
			if account != socialwatch.AllAccounts {
				if _, err := cfg.Account(account); err != nil {
					return err
				}
			}
			password, err := askPassword(cmd, "Password: ")
			if err != nil {
				return err
			}
			p := socialwatch.Person{Login: args[0], Name: name, Roles: map[string]socialwatch.Role{account: socialwatch.Role(role)},
				Teams: work.teams, Languages: work.languages}
			if p, err = addPerson(cmd.Context(), s, p, password); err != nil {
				return err
			}
			return out(cmd, f, map[string]any{"id": p.ID, "login": p.Login, "roles": p.Roles}, func() {
				fmt.Fprintf(cmd.OutOrStdout(), "Added %s as %s.\n", p.Login, role)
			})
		},
	}
	add.Flags().StringVar(&name, "name", "", "full name")
	add.Flags().StringVar(&role, "role", string(socialwatch.RoleReader), "reader, author, approver, lead or admin")
	add.Flags().StringVar(&account, "account", socialwatch.AllAccounts, "account on which the role holds, or * for all")
	work.on(add)
	return add
}

func newUserList(f *flags) *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List people and their roles", Args: noArgs, Example: "  socialwatch user list",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, s, err := openStore(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer s.Close()
			people, err := s.People(cmd.Context())
			if err != nil {
				return err
			}
			return out(cmd, f, people, func() {
				w := table(cmd.OutOrStdout())
				fmt.Fprintln(w, "LOGIN\tNAME\tROLES\tTEAMS\tLANGUAGES\tSTATE")
				for _, p := range people {
					state := "active"
					if p.Disabled {
						state = "disabled"
					}
					fmt.Fprintf(w, "%s\t%s\t%v\t%s\t%s\t%s\n", p.Person.Login, p.Person.Name, rolesText(p.Person.Roles),
						strings.Join(p.Person.Teams, ","), strings.Join(p.Person.Languages, ","), state)
				}
				_ = w.Flush()
			})
		}}
}

// newUserDisable makes disable and its opposite, enable.
func newUserDisable(f *flags, disable bool) *cobra.Command {
	use, short := "enable", "Let a disabled person in again"
	if disable {
		use, short = "disable", "Shut a person out: sessions end, tokens no longer work"
	}
	return &cobra.Command{Use: use + " LOGIN", Short: short, Args: exactArgs(1), Example: "  socialwatch user " + use + " anna",
		RunE: func(cmd *cobra.Command, args []string) error {
			_, s, err := openStore(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer s.Close()
			c := store.PersonChange{Login: args[0], Disabled: &disable, By: terminal(), At: socialwatch.Micros(time.Now())}
			if err := s.ChangePerson(cmd.Context(), c); err != nil {
				return err
			}
			return out(cmd, f, map[string]any{"login": args[0], "disabled": disable}, func() {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %sd.\n", args[0], use)
			})
		}}
}

func addPerson(ctx context.Context, s *store.Store, p socialwatch.Person, password string) (socialwatch.Person, error) {
	hash, err := auth.HashPassword(ctx, password)
	if err != nil {
		return p, fmt.Errorf("add %s: %w", p.Login, err)
	}
	if p.Name == "" {
		p.Name = p.Login
	}
	return s.Enrol(ctx, store.NewPerson{Person: p, Password: hash, By: terminal(), At: socialwatch.Micros(time.Now())})
}

func newToken(f *flags) *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Manage API tokens", Args: noArgs,
		Example: "  socialwatch token add my-laptop --person anna --scope read --scope decide",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var person string
	var scope []string
	var days int
	add := &cobra.Command{
		Use:   "add NAME",
		Short: "Make a token of a system, or with --person of a person",
		Long: "The token is printed once. A system's token can read and never approve. A\n" +
			"person's token asks for that person's password: the database alone makes nobody\n" +
			"an approver.",
		Example: "  socialwatch token add case-system --scope read --scope cases --scope entities\n  socialwatch token add my-laptop --person anna --scope read --scope decide",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkScopes(scope, person); err != nil {
				return err
			}
			_, s, err := openStore(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer s.Close()
			t := store.NewToken{Name: args[0], Scopes: scope, By: terminal()}
			if person != "" {
				p, err := prove(cmd, s, person)
				if err != nil {
					return err
				}
				t.PersonID = &p.ID
			}
			secret, err := addToken(cmd.Context(), s, t, days)
			if err != nil {
				return err
			}
			return out(cmd, f, map[string]string{"token": secret}, func() { fmt.Fprintln(cmd.OutOrStdout(), secret) })
		},
	}
	add.Flags().StringVar(&person, "person", "", "login of the person it belongs to")
	add.Flags().StringArrayVar(&scope, "scope", []string{api.ScopeRead}, "read, cases (work on cases), decide or entities (order and tracking numbers in full); may be repeated")
	add.Flags().IntVar(&days, "days", 90, "days until it ends; 0 for never")
	cmd.AddCommand(add)
	return cmd
}

func checkScopes(scope []string, person string) error {
	for _, one := range scope {
		if !slices.Contains(api.Scopes, one) {
			return usageError{fmt.Errorf("--scope must be one of %v", api.Scopes)}
		}
		if one == api.ScopeDecide && person == "" {
			return usageError{fmt.Errorf("only a person decides: name one with --person")}
		}
	}
	return nil
}

// addToken completes and stores a token and returns its secret.
func addToken(ctx context.Context, s *store.Store, t store.NewToken, days int) (string, error) {
	secret, hash := auth.NewToken()
	t.Hash, t.CreatedAt = hash, socialwatch.Micros(time.Now())
	if days > 0 {
		t.ExpiresAt = t.CreatedAt.AddDate(0, 0, days)
	}
	return secret, s.AddToken(ctx, t)
}

// rolesText are roles as "lead" for all accounts, or "approver on shop_help".
func rolesText(roles map[string]socialwatch.Role) string {
	var all []string
	for _, account := range slices.Sorted(maps.Keys(roles)) {
		if account == socialwatch.AllAccounts {
			all = append(all, string(roles[account]))
		} else {
			all = append(all, string(roles[account])+" on "+account)
		}
	}
	return strings.Join(all, ", ")
}

// prove asks for a person's password and refuses a wrong one.
func prove(cmd *cobra.Command, s *store.Store, login string) (socialwatch.Person, error) {
	password, err := askPassword(cmd, "Password of "+login+": ")
	if err != nil {
		return socialwatch.Person{}, err
	}
	logins := auth.Logins{Store: s}
	p, err := logins.Check(cmd.Context(), login, password, "terminal")
	if err != nil {
		return p, fmt.Errorf("token of %s: %w (add people with `socialwatch user add`)", login, err)
	}
	return p, nil
}

// askPassword reads without showing from a terminal, else one line of
// standard input.
func askPassword(cmd *cobra.Command, prompt string) (string, error) {
	if file, ok := cmd.InOrStdin().(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(cmd.ErrOrStderr(), prompt)
		b, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		return string(b), err
	}
	line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && line == "" {
		return "", fmt.Errorf("no password on standard input: type it in a terminal, or pipe it in")
	}
	return strings.TrimRight(line, "\r\n"), nil
}
