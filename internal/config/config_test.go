package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestExampleIsAValidConfiguration(t *testing.T) {
	c, err := Parse("socialwatch.yaml", []byte(Example()))
	if err != nil {
		t.Fatalf("%v\n%s", err, Example())
	}
	if len(c.Accounts) != 1 || c.Accounts[0].Name != "shop_help" || c.Accounts[0].Calendar != "office" {
		t.Fatalf("accounts: %+v", c.Accounts)
	}
	if c.Replies.Hold != 20*time.Second {
		t.Fatalf("a key that is only shown must keep its default, hold = %v", c.Replies.Hold)
	}
}

func TestBadKeysAreNamedWithTheirLine(t *testing.T) {
	account := "accounts:\n  - name: a\n    network: mastodon\n    base_url: https://social.example\n    token_env: T\n"
	for _, tc := range []struct{ name, yaml, want string }{
		{"empty", "", "is empty: write one with `socialwatch init`"},
		{"unknown key", "listen: 127.0.0.1:1\nlisten_on: x\n", `f.yaml:2:1: unknown key "listen_on"`},
		{"unknown key, suggestion", "replies:\n  holds: 3s\n", `did you mean "hold"?`},
		{"unknown key in account", account + "    tokn: x\n", `f.yaml:6:5: unknown key "tokn"`},
		{"hold too long", "replies:\n  hold: 1h\n", "f.yaml:2:9: replies.hold: write 0s to 5m"},
		{"hold without unit", "replies:\n  hold: 20\n", "f.yaml:2:9: a duration needs its unit"},
		{"listen without port", "listen: \"8080\"\n", "f.yaml:1:9: listen: write host and port"},
		{"public address", "public_url: nonsense\n", "f.yaml:1:13: public_url: write the address"},
		{"high value", "triage:\n  high_value: {EUR: -5}\n", "f.yaml:2:21: triage.high_value.EUR: write amounts"},
		{"kind of personal data", "privacy:\n  mask_stored: [phone, order]\n", `f.yaml:2:24: privacy.mask_stored[1]: unknown kind "order": write email, phone or address`},
		{"unknown key of triage", "triage:\n  brand: [x]\n", `f.yaml:2:3: unknown key "brand": remove it or correct its spelling; did you mean "brands"?`},
		{"unknown key of official", "triage:\n  official:\n    site: [x]\n", `f.yaml:3:5: unknown key "site": remove it or correct its spelling; did you mean "sites"?`},
		{"unknown kind of team", "triage:\n  teams: {scams: security}\n", `f.yaml:2:11: unknown key "scams"`},
		{"no team", "triage:\n  teams:\n    account: security@shop.example\n", "f.yaml:3:14: triage.teams.account: write a name"},
		{"team of an account", account + "    team: \"\\n\"\n", "f.yaml:6:11: accounts[0].team: write a name"},
		{"phrases that are no list", "triage:\n  phrases:\n    billing: two bills\n", "f.yaml:3:14: "},
		{"number", account + "    numbers: [\"call us\"]\n", `accounts[0].numbers: "call us" is no telephone number`},
		{"language", account + "    languages: [English]\n", `accounts[0].languages: "English" is no language`},
		{"region", account + "    region: Britain\n", "accounts[0].region: write the country's two letters"},
		{"not a duration", "replies:\n  hold: soon\n", "f.yaml:2:9: \"soon\" is no duration"},
		{"password in the file", "database:\n  url: postgres://u:p@h/d\n", "f.yaml:2:8: database.url: holds a password"},
		{"no such kind", "database:\n  url: mysql://h\n", "f.yaml:2:8: database.url: write sqlite:PATH"},
		{"too many connections", "database:\n  max_connections: 50\n", "f.yaml:2:20: database.max_connections: write 2 to 10"},
		{"twice the same name", account + "  - name: a\n    network: mastodon\n    base_url: https://social.example\n    token_env: T\n", "f.yaml:6:11: accounts[1].name: two accounts"},
		{"network", strings.Replace(account, "mastodon", "myspace", 1), `f.yaml:3:14: accounts[0].network: unknown network "myspace"`},
		{"no token", strings.Replace(account, "    token_env: T\n", "", 1), "accounts[0].token_env: name the access token's place"},
		{"calendar", account + "    calendar: night\n", `f.yaml:6:15: accounts[0].calendar: no calendar "night"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(tc.yaml))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v\nwant %s", err, tc.want)
			}
			if strings.Contains(err.Error(), "u:p@") {
				t.Fatalf("the error shows the password: %v", err)
			}
		})
	}
}

func TestFaultsStandWhereTheyAre(t *testing.T) {
	c, err := Parse("f.yaml", []byte(`triage:
  brands: [Brightshop, Bright & Co]
  phrases:
    billing:
      - two bills
      - "star points"
    refunds: [x]
  high_value: {EUR: 5}
  official: &ours
    numbers:
      - +44 20 7946 0000
accounts:
  - name: a
    network: mastodon
    base_url: https://social.example
    token_env: T
    links:
      - shop.example
`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"triage.brands[1]":           "f.yaml:2:24",
		"triage.brands[7]":           "f.yaml:2:3",
		"triage.phrases.billing[1]":  "f.yaml:6:9",
		"triage.phrases.refunds":     "f.yaml:7:5",
		"triage.phrases.refunds[0]":  "f.yaml:7:15",
		"triage.high_value.EUR":      "f.yaml:8:21",
		"triage.official.numbers[0]": "f.yaml:11:9",
		"accounts[0]":                "f.yaml:13:5",
		"accounts[0].links[0]":       "f.yaml:18:9",
		"accounts[0].team":           "f.yaml:13:5",
		"replies.hold":               "f.yaml:1:1",
	} {
		if got := c.Fault(path, "write more").Error(); got != want+": "+path+": write more" {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := (Config{}).Fault("listen", "write more").Error(); got != "listen: write more" {
		t.Error(got)
	}
}

func TestMissingSecretSaysWhatToSet(t *testing.T) {
	a := Account{Name: "shop_help", TokenEnv: "SOCIALWATCH_TEST_NO_SUCH_TOKEN"}
	if _, err := a.Token(); err == nil || !strings.Contains(err.Error(), "SOCIALWATCH_TEST_NO_SUCH_TOKEN is not set") {
		t.Fatal(err)
	}
	a = Account{Name: "shop_help", TokenFile: filepath.Join(t.TempDir(), "none")}
	if _, err := a.Token(); err == nil || !strings.Contains(err.Error(), "write the account's access token there") {
		t.Fatal(err)
	}
	if _, err := (Config{Database: Database{URLEnv: "SOCIALWATCH_TEST_NO_SUCH_URL"}}).DatabaseURL(); err == nil {
		t.Fatal("no error")
	}
}

func TestRelativePathsAreMeantFromTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "socialwatch.yaml")
	if err := os.Mkdir(filepath.Join(dir, "own"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("database: {url: \"sqlite:a.db\"}\ntemplates: own\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil || c.Database.URL != "sqlite:"+filepath.Join(dir, "a.db") || c.Templates != filepath.Join(dir, "own") {
		t.Fatalf("%v %+v", err, c)
	}
	if _, err := Load(path + ".none"); err == nil || !strings.Contains(err.Error(), "socialwatch init") {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Example())
	f.Add("accounts: [{name: 3}]")
	f.Fuzz(func(t *testing.T, s string) { _, _ = Parse("f.yaml", []byte(s)) })
}
