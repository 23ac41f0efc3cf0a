package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/config"
	"socialwatch/internal/store"
)

// workFlags say what "my" cases are.
type workFlags struct{ teams, languages []string }

func (w *workFlags) on(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&w.teams, "team", nil, "teams the person works in, as accounts name them")
	cmd.Flags().StringSliceVar(&w.languages, "language", nil, "languages the person answers in, such as en,es")
}

// noRole takes a role away.
const noRole = "none"

func newUserSet(f *flags) *cobra.Command {
	var set userSet
	cmd := &cobra.Command{
		Use:   "set LOGIN",
		Short: "Change a person's name, roles, teams, languages or password",
		Long: "What is not named stays. --role holds on the account named by --account, on all\n" +
			"without one; none takes it away. An empty --team or --language clears the list.\n" +
			"A new password is asked for, and ends the person's sessions.",
		Example: "  socialwatch user set anna --language en,es --team support\n  socialwatch user set anna --role none --account shop_help",
		Args:    exactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return set.run(cmd, f, args[0]) },
	}
	cmd.Flags().StringVar(&set.name, "name", "", "full name")
	cmd.Flags().StringVar(&set.role, "role", "", "reader, author, approver, lead, admin or none")
	cmd.Flags().StringVar(&set.account, "account", socialwatch.AllAccounts, "account on which the role holds, or * for all")
	cmd.Flags().BoolVar(&set.password, "password", false, "ask for a new password")
	cmd.Flags().StringVar(&set.subject, "subject", "", "who the person is at sign_in.oidc.issuer; roles then come from there")
	set.work.on(cmd)
	return cmd
}

// userSet are the flags of user set.
type userSet struct {
	name, role, account, subject string
	password                     bool
	work                         workFlags
}

func (u *userSet) run(cmd *cobra.Command, f *flags, login string) error {
	if u.role != "" && u.role != noRole && !slices.Contains(socialwatch.Roles, socialwatch.Role(u.role)) {
		return usageError{fmt.Errorf("--role must be one of %v or none", socialwatch.Roles)}
	}
	cfg, s, err := openStore(cmd.Context(), f)
	if err != nil {
		return err
	}
	defer s.Close()
	c := store.PersonChange{Login: login, By: terminal(), At: socialwatch.Micros(time.Now())}
	p, _, _, err := s.PersonByLogin(cmd.Context(), login)
	if err != nil {
		return err
	}
	if err := rolesOf(&c, cfg, p, u.account, u.role); err != nil {
		return err
	}
	if cmd.Flags().Changed("name") {
		c.Name = &u.name
	}
	u.work.change(cmd, &c)
	if err := newPassword(cmd, &c, u.password); err != nil {
		return err
	}
	if err := s.ChangePerson(cmd.Context(), c); err != nil {
		return err
	}
	if err := linkIdentity(cmd.Context(), s, cfg, c, u.subject); err != nil {
		return err
	}
	return out(cmd, f, map[string]any{"login": login}, func() { fmt.Fprintf(cmd.OutOrStdout(), "%s: changed.\n", login) })
}

// linkIdentity lets somebody who is here already come by single sign-on.
func linkIdentity(ctx context.Context, s *store.Store, cfg config.Config, c store.PersonChange, subject string) error {
	if subject == "" {
		return nil
	}
	if !cfg.SignIn.OIDC.Enabled() {
		return fmt.Errorf("--subject: there is no sign_in.oidc in the configuration: name the identity provider there first")
	}
	return s.LinkIdentity(ctx, store.NewPerson{Person: socialwatch.Person{Login: c.Login}, Issuer: cfg.SignIn.OIDC.Issuer, Subject: subject, By: c.By, At: c.At})
}

func (w *workFlags) change(cmd *cobra.Command, c *store.PersonChange) {
	if cmd.Flags().Changed("team") {
		c.Teams = append([]string{}, w.teams...)
	}
	if cmd.Flags().Changed("language") {
		c.Languages = append([]string{}, w.languages...)
	}
}

func rolesOf(c *store.PersonChange, cfg config.Config, p socialwatch.Person, account, role string) error {
	if role == "" {
		return nil
	}
	if account != socialwatch.AllAccounts {
		if _, err := cfg.Account(account); err != nil && role != noRole {
			return err
		}
	}
	c.Roles = maps.Clone(p.Roles)
	if c.Roles == nil {
		c.Roles = map[string]socialwatch.Role{}
	}
	c.Roles[account] = socialwatch.Role(role)
	if role == noRole {
		delete(c.Roles, account)
	}
	return nil
}

func newPassword(cmd *cobra.Command, c *store.PersonChange, ask bool) error {
	if !ask {
		return nil
	}
	typed, err := askPassword(cmd, "New password of "+c.Login+": ")
	if err != nil {
		return err
	}
	hash, err := auth.HashPassword(cmd.Context(), typed)
	c.Password = &hash
	return err
}

func newUserLink(f *flags) *cobra.Command {
	var enter bool
	var life time.Duration
	cmd := &cobra.Command{
		Use:   "link LOGIN",
		Short: "Print a link by which a person sets a password, once",
		Long: "With --enter the link lets the person in without a password: for the day on\n" +
			"which single sign-on is away. Each link is written into the audit.",
		Example: "  socialwatch user link anna\n  socialwatch user link anna --enter --life 10m",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if life <= 0 || life > 7*24*time.Hour {
				return usageError{fmt.Errorf("--life must be above 0 and at most 168h")}
			}
			cfg, s, err := openStore(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer s.Close()
			code, hash := auth.NewLink()
			now := socialwatch.Micros(time.Now())
			n := store.NewLink{Hash: hash, Login: args[0], Purpose: store.LinkPassword, By: terminal(), At: now, ExpiresAt: now.Add(life)}
			path := "/password"
			if enter {
				n.Purpose, path = store.LinkEnter, "/login"
			}
			if err := s.AddLink(cmd.Context(), n); err != nil {
				return err
			}
			link := address(cfg) + path + "?" + url.Values{"code": {code}}.Encode()
			return out(cmd, f, map[string]string{"link": link}, func() { fmt.Fprintln(cmd.OutOrStdout(), link) })
		},
	}
	cmd.Flags().BoolVar(&enter, "enter", false, "let the person in instead of asking for a new password")
	cmd.Flags().DurationVar(&life, "life", time.Hour, "how long the link works")
	return cmd
}

// address is where people use the console.
func address(cfg config.Config) string { return cmp.Or(cfg.PublicURL, "http://"+cfg.Listen) }
