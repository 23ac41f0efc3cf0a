package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"socialwatch/connectors"
	"socialwatch/internal/config"
	"socialwatch/internal/jobs"
	"socialwatch/internal/store"
)

func newInit(f *flags) *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:     "init",
		Short:   "Write a commented configuration",
		Example: "  socialwatch init\n  socialwatch init --config /etc/socialwatch/socialwatch.yaml",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if markdown {
				fmt.Fprint(cmd.OutOrStdout(), config.Markdown())
				return nil
			}
			if err := os.MkdirAll(filepath.Dir(f.config), 0o755); err != nil {
				return fmt.Errorf("write the configuration: %w", err)
			}
			file, err := os.OpenFile(f.config, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("%s exists and was left as it is: remove it first, or name another with --config", f.config)
			}
			if err != nil {
				return fmt.Errorf("write the configuration: %w", err)
			}
			_, err = file.WriteString(config.Example())
			if err = errors.Join(err, file.Close()); err != nil {
				return fmt.Errorf("write the configuration: %w", err)
			}
			return out(cmd, f, map[string]string{"wrote": f.config}, func() {
				fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s. Fill in your account, then: socialwatch migrate && socialwatch check\n", f.config)
			})
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print docs/configuration.md instead")
	return cmd
}

func newMigrate(f *flags) *cobra.Command {
	var show, grants bool
	var roles store.Roles
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Make or update the database's tables",
		Long: "The only command that changes the schema: run it with the rights to do so, and\n" +
			"serve with lesser ones. --print shows the SQL instead, for the database's owner:\n" +
			"what is pending, or all of it when the database has none or does not answer.",
		Example: "  socialwatch migrate\n  socialwatch migrate --print --role case_system > socialwatch.sql\n" +
			"  socialwatch migrate --grants --role case_system | psql -v ON_ERROR_STOP=1 shop",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(f.config)
			if err != nil {
				return err
			}
			opts, err := storeOptions(cfg)
			if err != nil {
				return err
			}
			if show || grants {
				return printed(cmd, opts, roles, grants)
			}
			if roles != (store.Roles{}) {
				return usageError{fmt.Errorf("roles belong to --print or --grants")}
			}
			return migrate(cmd, f, opts)
		},
	}
	cmd.Flags().BoolVar(&show, "print", false, "print the SQL that is pending and change nothing")
	cmd.Flags().BoolVar(&grants, "grants", false, "print the grants alone, for a database that stands")
	cmd.Flags().StringVar(&roles.Consumer, "role", "", "role that may read the consumers' views")
	cmd.Flags().BoolVar(&roles.Entities, "entities", false, "--role may read order and tracking numbers too")
	cmd.Flags().BoolVar(&roles.Commands, "commands", false, "--role may claim, resolve and note on cases too")
	cmd.Flags().StringVar(&roles.Serve, "serve-role", "", "role that runs everything but migrate")
	return cmd
}

func migrate(cmd *cobra.Command, f *flags, opts store.Options) error {
	applied, err := store.Migrate(cmd.Context(), opts)
	if err != nil {
		return err
	}
	return out(cmd, f, map[string]any{"applied": applied}, func() {
		for _, name := range applied {
			fmt.Fprintln(cmd.OutOrStdout(), "applied", name)
		}
		fmt.Fprintln(cmd.OutOrStdout(), "The database is up to date.")
	})
}

// printed prints SQL for the database's owner: the grants alone, or what is pending
// with them.
func printed(cmd *cobra.Command, opts store.Options, roles store.Roles, grants bool) error {
	sql := ""
	var err error
	switch {
	case (roles.Entities || roles.Commands) && roles.Consumer == "":
		return usageError{fmt.Errorf("--entities and --commands belong to --role: name the consumer's role")}
	case !grants:
		ctx, cancel := context.WithTimeout(cmd.Context(), 10*time.Second)
		defer cancel()
		pending, unread := store.Pending(ctx, opts)
		if pending == nil && unread != nil {
			return unread
		}
		if unread != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "This is the SQL for a database without socialwatch: what is pending is unknown, %v\n", unread)
		}
		sql, err = store.Print(opts, roles, pending)
	case roles.Consumer == "" && roles.Serve == "":
		return usageError{fmt.Errorf("--grants needs --role or --serve-role")}
	default:
		sql, err = store.Grants(opts, roles)
	}
	fmt.Fprint(cmd.OutOrStdout(), sql)
	return err
}

// finding is one line of check.
type finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Warn bool   `json:"warn"`
	Text string `json:"text"`
}

func newCheck(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "check",
		Short:   "Check configuration, database, accounts and clock; say what to do",
		Example: "  socialwatch check\n  socialwatch check --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
			defer cancel()
			found := check(ctx, f)
			bad := 0
			for _, one := range found {
				if !one.OK && !one.Warn {
					bad++
				}
			}
			err := out(cmd, f, found, func() {
				for _, one := range found {
					mark := "ok  "
					if one.Warn {
						mark = "warn"
					} else if !one.OK {
						mark = "BAD "
					}
					fmt.Fprintf(cmd.OutOrStdout(), "%s  %s: %s\n", mark, one.What, one.Text)
				}
			})
			if err == nil && bad > 0 {
				err = fmt.Errorf("%d of %d checks failed", bad, len(found))
			}
			return err
		},
	}
}

// check looks at each thing that another depends on, in that order, and goes
// on as far as it can.
func check(ctx context.Context, f *flags) []finding {
	cfg, err := config.Load(f.config)
	if err != nil {
		return []finding{{What: "configuration", Text: err.Error()}}
	}
	found := []finding{{What: "configuration", OK: true, Text: fmt.Sprintf("%s, %s", f.config, counted(len(cfg.Accounts), "account"))}}
	a := &app{cfg: cfg, now: time.Now, log: quietLog()}
	if _, err := jobs.Parse(cfg.Polling.Every); err != nil {
		found = append(found, finding{What: "polling.every", Text: err.Error()})
	}
	if err := a.rules(); err != nil {
		found = append(found, finding{What: "rules and templates", Text: err.Error()})
	} else {
		found = append(found, finding{What: "rules and templates", OK: true, Text: counted(len(a.templates.List()), "template")})
		found = append(found, a.checkTemplates()...)
	}
	var database finding
	a.store, database = checkDatabase(ctx, cfg)
	found = append(found, database)
	if a.store != nil {
		defer a.close()
	}
	found = append(found, a.checkAlerts(ctx)...)
	found = append(found, checkLookup(ctx, cfg)...)
	found = append(found, a.checkWebhooks(ctx)...)
	err = a.networks()
	if err == nil && a.store != nil {
		err = a.enroll(ctx)
	}
	if err != nil {
		return append(found, finding{What: "accounts", Text: err.Error()})
	}
	for _, acc := range cfg.Accounts {
		found = append(found, checkAccount(ctx, acc.Name, a.connectors[acc.Name])...)
	}
	if a.store != nil {
		found = append(found, a.checkMoney(ctx)...)
	}
	return found
}

// checkMoney tells what accounts on networks that charge have spent, and what
// the month will cost at the present volume.
func (a *app) checkMoney(ctx context.Context) []finding {
	purses, err := a.ledger.Purses(ctx, nil)
	if err != nil {
		return []finding{{What: "money", Text: err.Error()}}
	}
	var found []finding
	for _, acc := range a.cfg.Accounts {
		p := purses[acc.Name]
		if !p.Used() {
			continue
		}
		f := finding{What: "account " + acc.Name + ", money", OK: true, Text: fmt.Sprintf(
			"%s today, %s this month; at the present volume the month will cost %s", p.Day.Dollars(), p.Month.Dollars(), p.Forecast.Dollars())}
		if b := p.Budget.Month; b > 0 {
			f.Text += ", of a budget of " + b.Dollars()
			if p.Forecast > b {
				f.OK, f.Warn = false, true
				f.Text += ": reading will stop before the month ends; raise x.budget_month or expect a pause"
			}
		}
		found = append(found, f)
	}
	return found
}

// checkDatabase returns the open database, nil when it is not fit for use.
func checkDatabase(ctx context.Context, cfg config.Config) (*store.Store, finding) {
	opts, err := storeOptions(cfg)
	if err != nil {
		return nil, finding{What: "database", Text: err.Error()}
	}
	s, err := store.Open(ctx, opts)
	if err != nil {
		return nil, finding{What: "database", Text: err.Error()}
	}
	if err := s.Ping(ctx); err != nil {
		s.Close()
		return nil, finding{What: "database", Text: err.Error()}
	}
	return s, finding{What: "database", OK: true, Text: fmt.Sprintf("%s, schema up to date", s.Kind())}
}

func checkAccount(ctx context.Context, name string, c *connectors.Connector) []finding {
	checks, err := c.Prober.Probe(ctx)
	var found []finding
	for _, one := range checks {
		found = append(found, finding{What: "account " + name + ", " + one.Name, OK: one.OK, Warn: one.Warn, Text: one.Text})
	}
	if err != nil {
		found = append(found, finding{What: "account " + name, Text: err.Error()})
	}
	return found
}

func newVersion(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  socialwatch version --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			goVersion, revision := "", ""
			if info, ok := debug.ReadBuildInfo(); ok {
				goVersion = info.GoVersion
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						revision = s.Value
					}
				}
			}
			return out(cmd, f, map[string]string{"version": version, "revision": revision, "go": goVersion}, func() {
				fmt.Fprintf(cmd.OutOrStdout(), "socialwatch %s %s %s\n", version, revision, goVersion)
			})
		},
	}
}
