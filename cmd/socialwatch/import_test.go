package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/config"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// importHost is where posts on X are.
const importHost = "x.com"

// runX runs a command in this process for an account on X.
func runX(t *testing.T, o store.Options, stdin string, args ...string) (string, error) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "socialwatch.yaml")
	must(t, os.WriteFile(config, fmt.Appendf(nil, "database: {url_env: IMPORT_DATABASE, schema: %q}\nprivacy: {mask_stored: [phone]}\naccounts:\n"+
		"  - {name: shop_x, handle: shop_help, network: x, x: {secrets_env: NOT_SET}}\n"+
		"  - {name: elsewhere, network: mastodon, base_url: \"https://social.example\", token_env: NOT_SET}\n", o.Schema), 0o600))
	t.Setenv("IMPORT_DATABASE", o.URL)
	root := newRoot(tuning{now: func() time.Time { return storetest.Start }})
	var stdout bytes.Buffer
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&stdout)
	root.SetArgs(append(args, "--config", config))
	err := root.ExecuteContext(t.Context())
	return stdout.String(), err
}

func TestImportKeepsThePastOnceAndMovesNothing(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			fx := storetest.On(t, dbtest.New(t, kind))
			must(t, fx.EnsureAccount(t.Context(), "shop_x", string(socialwatch.X), importHost))
			k, err := fx.Known(t.Context(), socialwatch.Ask{Account: "shop_x"})
			must(t, err)
			fx.MustSave(t, socialwatch.Changes{Account: "shop_x", Version: k.Version, At: storetest.Start, Cursor: []byte("here")})
			before := rowsOf(t, fx, "accounts")

			got, err := runX(t, fx.Options, "", "import", "testdata/import.jsonl", "--account", "shop_x")
			must(t, err)
			golden(t, "import.txt", got)
			if after := rowsOf(t, fx, "accounts"); after != before {
				t.Errorf("the accounts were\n%s\nand are\n%s", before, after)
			}
			for query, want := range map[string]int{
				"select count(*) from mentions": 21,
				"select count(*) from mentions where ignored = 'imported' and case_id is null":      21,
				"select count(*) from mentions where host = 'x.com' and account = 'shop_x'":         21,
				"select count(*) from mentions where kind = 'quote'":                                1,
				"select count(*) from mentions where body like '%what happens next, please'":        1,
				"select count(*) from mentions where body like '%broken & the box was open <sigh>'": 1,
				"select count(*) from mentions where body like '%7946%' or masked like '%7946%'":    0,
				"select count(*) from mentions where parent_id <> '' and parent_by = '7001'":        1,
				"select count(*) from mentions where author_id = '7020' and followers = 200":        1,
				"select count(*) from cases":   0,
				"select count(*) from replies": 0,
				"select count(*) from events":  0,
			} {
				if n := countOf(t, fx, query); n != want {
					t.Errorf("%s: %d, want %d", query, n, want)
				}
			}

			all := rowsOf(t, fx, "mentions")
			got, err = runX(t, fx.Options, "", "import", "testdata/import.jsonl", "--account", "shop_x", "--json")
			must(t, err)
			var d imported
			must(t, json.Unmarshal([]byte(got), &d))
			if d.Read != 30 || d.Stored != 0 || d.Known != 22 || d.Odd != 1 || len(d.OddLines) != 1 || d.OddLines[0].Line != 13 {
				t.Errorf("the second time: %+v", d)
			}
			if rowsOf(t, fx, "mentions") != all {
				t.Error("the second import changed mentions")
			}
		})
	}
}

// TestReplayOverImportedPosts: the rules that assessed them change nothing, and
// others show what they make of the past.
func TestReplayOverImportedPosts(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			fx := storetest.On(t, dbtest.New(t, kind))
			_, err := runX(t, fx.Options, "", "import", "testdata/import.jsonl", "--account", "shop_x")
			must(t, err)
			replay := func(args ...string) (d replayed) {
				t.Helper()
				got, err := runX(t, fx.Options, "", append([]string{"replay", "--since", "2026-09-01", "--json"}, args...)...)
				must(t, err)
				must(t, json.Unmarshal([]byte(got), &d))
				return d
			}
			if d := replay(); d.Mentions != 21 || d.Changed != 0 || d.Redacted != 1 {
				t.Errorf("with the same rules: %+v", d)
			}
			d := replay("--rules", lateRules(t))
			if d.Mentions != 21 || d.Changed == 0 {
				t.Errorf("with other rules: %+v", d)
			}
			for _, c := range d.Changes {
				if c.What == "ignored" {
					t.Errorf("what was imported counts as a change: %+v", c)
				}
			}
		})
	}
}

func TestImportedPostsAreNoHistory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		_, err := runX(t, fx.Options, "", "import", "testdata/import.jsonl", "--account", "shop_x")
		must(t, err)
		n := 0
		for m, err := range fx.Past(t.Context(), store.PastFilter{}) {
			must(t, err)
			if n++; m.History != (socialwatch.History{}) {
				t.Errorf("%s: history %+v", m.Mention.ID, m.History)
			}
		}
		if n != 21 {
			t.Errorf("%d mentions", n)
		}
	})
}

func TestImportSaysWhatIsWrong(t *testing.T) {
	fx := storetest.On(t, dbtest.New(t, store.SQLite))
	for _, tc := range []struct {
		name, stdin, want string
		args              []string
		usage             bool
	}{
		{"no file", "", "name the files", []string{"--account", "shop_x"}, true},
		{"no account", "", "--account is needed", []string{"-"}, true},
		{"unknown account", "", `no account "nobody"`, []string{"-", "--account", "nobody"}, false},
		{"another network", "", "for an account with network: x", []string{"-", "--account", "elsewhere"}, false},
		{"missing file", "", "no such file", []string{"/nowhere/posts.jsonl", "--account", "shop_x"}, false},
		{"not posts at all", "one\ntwo\n", "nothing was a post", []string{"-", "--account", "shop_x"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := runX(t, fx.Options, tc.stdin, append([]string{"import"}, tc.args...)...)
			var usage usageError
			if err == nil || !strings.Contains(err.Error(), tc.want) || errors.As(err, &usage) != tc.usage {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
	got, err := runX(t, fx.Options, "", "import", "-", "--account", "shop_x")
	if must(t, err); !strings.HasPrefix(got, "0 posts read for shop_x: 0 stored") {
		t.Errorf("an empty file: %s", got)
	}
}

// TestAccountsOnV11AreThoseOfTheLegacyConnector and need its secrets.
func TestAccountsOnV11AreThoseOfTheLegacyConnector(t *testing.T) {
	fx := storetest.On(t, dbtest.New(t, store.SQLite))
	acc := config.Account{Name: "shop_x", Handle: "shop_help", Network: "x", X: config.XAccount{SecretsEnv: "LEGACY_TEST", API: "v1.1"}}
	networks := func() (*connectors.Connector, error) {
		a := &app{cfg: config.Config{Accounts: []config.Account{acc}}, store: fx.Store, now: time.Now, log: quietLog()}
		err := a.networks()
		return a.connectors["shop_x"], err
	}
	t.Setenv("LEGACY_TEST_CLIENT_ID", "id")
	if _, err := networks(); err == nil || !strings.Contains(err.Error(), "v1.1 needs the four secrets of OAuth 1.0a") {
		t.Errorf("with OAuth 2.0: %v", err)
	}
	t.Setenv("LEGACY_TEST_CLIENT_ID", "")
	for _, name := range []string{"CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET"} {
		t.Setenv("LEGACY_TEST_"+name, "x")
	}
	c, err := networks()
	must(t, err)
	if c.Host != importHost || c.Source == nil || c.Composer == nil || c.Replier == nil || c.Finder == nil || c.Lookup == nil ||
		c.Prober == nil || c.Threads != nil || c.Waker != nil || c.Paid {
		t.Errorf("%+v", c)
	}
	acc.X.Stream = true
	if _, err := networks(); err == nil || !strings.Contains(err.Error(), "x.stream") {
		t.Errorf("with a stream: %v", err)
	}
	acc.X.Stream, acc.X.API = false, ""
	if c, err := networks(); err != nil || c.Threads == nil {
		t.Errorf("v2: %+v, %v", c, err)
	}
}

// rowsOf is all that a table holds.
func rowsOf(t *testing.T, fx storetest.Fixture, table string) string {
	t.Helper()
	var kept []string
	for line := range strings.Lines(contents(t, fx)) {
		if strings.HasPrefix(line, table+"[") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

func countOf(t *testing.T, fx storetest.Fixture, query string) (n int) {
	t.Helper()
	db := dbtest.Raw(t, fx.Options)
	defer db.Close()
	must(t, db.QueryRowContext(t.Context(), query).Scan(&n))
	return n
}
