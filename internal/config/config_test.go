package config

import (
	"os"
	"path/filepath"
	"regexp"
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
		{"unknown demand for a colleague", "replies:\n  edit_second_person: sometimes\n", "f.yaml:2:23: replies.edit_second_person: write off, outside_slots or always"},
		{"own text of an account", account + "    self_approval: sometimes\n", "f.yaml:6:20: accounts[0].self_approval: write true or false"},
		{"hold too long", "replies:\n  hold: 1h\n", "f.yaml:2:9: replies.hold: write 0s to 5m"},
		{"hold without unit", "replies:\n  hold: 20\n", "f.yaml:2:9: replies.hold: a duration needs its unit"},
		{"listen without port", "listen: \"8080\"\n", "f.yaml:1:9: listen: write host and port"},
		{"public address", "public_url: nonsense\n", "f.yaml:1:13: public_url: write the address"},
		{"high value", "triage:\n  high_value: {EUR: -5}\n", "f.yaml:2:21: triage.high_value.EUR: write amounts"},
		{"kind of personal data", "privacy:\n  mask_stored: [phone, order]\n", `f.yaml:2:24: privacy.mask_stored[1]: unknown kind "order": write email, phone or address`},
		{"unknown key of triage", "triage:\n  brand: [x]\n", `f.yaml:2:3: unknown key "brand": remove it or correct its spelling; did you mean "brands"?`},
		{"unknown key of official", "triage:\n  official:\n    site: [x]\n", `f.yaml:3:5: unknown key "site": remove it or correct its spelling; did you mean "sites"?`},
		{"unknown kind of team", "triage:\n  teams: {scams: security}\n", `f.yaml:2:11: unknown key "scams"`},
		{"no team", "triage:\n  teams:\n    account: security@shop.example\n", "f.yaml:3:14: triage.teams.account: write a name"},
		{"team of an account", account + "    team: \"\\n\"\n", "f.yaml:6:11: accounts[0].team: write a name"},
		{"phrases that are no list", "triage:\n  phrases:\n    billing: two bills\n", `f.yaml:3:14: triage.phrases.billing: write a list, such as [one, "two words"]`},
		{"brand that is no list", "triage:\n  brands: Brightshop\n", "f.yaml:2:11: triage.brands: write a list, such as [Brightshop, Bright & Co]"},
		{"number in words", "polling:\n  missed: many\n", "f.yaml:2:11: polling.missed: write a whole number, such as 3"},
		{"amount in words", "triage:\n  high_value: {EUR: lots}\n", "f.yaml:2:21: triage.high_value.EUR: write a number"},
		{"neither true nor false", "database:\n  pooler: maybe\n", "f.yaml:2:11: database.pooler: write true or false"},
		{"list for one value", "listen: [a]\n", "f.yaml:1:9: listen: write one value, such as 127.0.0.1:8080"},
		{"value for keys", "triage:\n  teams: security\n", "f.yaml:2:10: triage.teams: write keys with values; the keys are: account, scam"},
		{"one account without a dash", "accounts: {name: a}\n", "f.yaml:1:12: accounts: write a list, each entry behind a dash; its keys are: "},
		{"keys beside it only", "triage:\n  teams:\n    fraud: x\n", `f.yaml:3:5: unknown key "fraud": remove it or correct its spelling; the keys here are: account, scam`},
		{"suggestion from elsewhere", "replies:\n  brand: x\n", "the keys here are: edit_second_person, expiry, hold, self_approval"},
		{"empty team", "triage:\n  teams:\n    scam: \"\"\n", "f.yaml:3:11: triage.teams.scam: is empty: write the team's name, such as security, or remove the key"},
		{"team without a value", "triage:\n  teams:\n    scam:\n    account: security\n", "triage.teams.scam: is empty"},
		{"everyday brand", "triage:\n  brands: [Brightshop, The]\n", `f.yaml:2:24: triage.brands[1]: "The" is an everyday word`},
		{"everyday brand with an accent", "triage:\n  brands: [À]\n", `"À" is an everyday word`},
		{"phrase of two intents", "triage:\n  phrases:\n    billing: [x, Star  Points]\n    refund_delay: [\"stár points*\"]\n",
			`f.yaml:4:20: triage.phrases.refund_delay[0]: "stár points*" stands under billing too`},
		{"alert, topic", "alerts:\n  - {name: a, kind: slack, url_env: A, on: [breach, mention]}\n", "f.yaml:2:53: alerts[0].on[1]: unknown topic \"mention\": write one of breach, spike"},
		{"alert, kind", "alerts:\n  - {name: a, kind: irc, url_env: A}\n", "f.yaml:2:21: alerts[0].kind: write slack or teams"},
		{"alert, an address for its place", "alerts:\n  - {name: a, kind: slack, url_env: \"https://hooks.slack.com/services/x\"}\n", "alerts[0].url_env: write the variable's name"},
		{"alert, twice", "alerts:\n  - {name: a, kind: slack, url_env: A}\n  - {name: a, kind: teams, url_env: A}\n", "f.yaml:3:12: alerts[1].name: two endpoints are called"},
		{"alert, account", "alerts:\n  - {name: a, kind: slack, url_env: A, accounts: [b]}\n", "alerts[0].accounts[0]: there is no account of this name"},
		{"alert, digest", "alerts:\n  - {name: a, kind: slack, url_env: A, digest: 5s}\n", "alerts[0].digest: write 1m to 24h"},
		{"unattended", "replies:\n  unattended: 30s\n", "f.yaml:2:15: replies.unattended: write at least 2m"},
		{"X without secrets", "accounts:\n  - {name: a, network: x}\n", "accounts[0].x.secrets_env: name the secrets' place"},
		{"X with a token", "accounts:\n  - {name: a, network: x, token_env: T, x: {secrets_env: X}}\n", "f.yaml:2:38: accounts[0].token_env: an account on X has its secrets under x"},
		{"X, unknown item", "accounts:\n  - {name: a, network: x, x: {secrets_env: X, prices: {mention: 1}}}\n", "f.yaml:2:65: accounts[0].x.prices.mention: unknown item: write one of mention_read"},
		{"X, price in cents", "accounts:\n  - {name: a, network: x, x: {secrets_env: X, prices: {create: 15}}}\n", "accounts[0].x.prices.create: write US dollars for one object"},
		{"X, budget", "accounts:\n  - {name: a, network: x, x: {secrets_env: X, budget_day: -1}}\n", "accounts[0].x.budget_day: write US dollars from 0"},
		{"X, budget that is no number", "accounts:\n  - {name: a, network: x, x: {secrets_env: X, budget_day: .nan}}\n", "accounts[0].x.budget_day: write US dollars from 0"},
		{"X, budget without end", "accounts:\n  - {name: a, network: x, x: {secrets_env: X, budget_month: 1e15}}\n", "accounts[0].x.budget_month: write US dollars from 0"},
		{"X, budget that rounds to no limit", "accounts:\n  - {name: a, network: x, x: {secrets_env: X, budget_day: 0.000001}}\n", "accounts[0].x.budget_day: write US dollars from 0"},
		{"X, price that is no number", "accounts:\n  - {name: a, network: x, x: {secrets_env: X, prices: {create: .nan}}}\n", "accounts[0].x.prices.create: write US dollars for one object"},
		{"X, price that rounds to nothing", "accounts:\n  - {name: a, network: x, x: {secrets_env: X, prices: {create: 0.0000001}}}\n", "accounts[0].x.prices.create: write US dollars for one object"},
		{"X, a secret for its name", "accounts:\n  - {name: a, network: x, x: {secrets_env: \"1234-abcd\"}}\n", "accounts[0].x.secrets_env: write what the variables' names begin with"},
		{"X, unlisted", "accounts:\n  - {name: a, network: x, reply_visibility: unlisted, x: {secrets_env: X}}\n", "accounts[0].reply_visibility: replies on X are public"},
		{"keys of X elsewhere", account + "    x: {stream: true}\n", "f.yaml:6:5: accounts[0].x: belongs to an account with network: x"},
		{"network", "accounts:\n  - {name: a, network: twitter}\n", "f.yaml:2:24: accounts[0].network: unknown network \"twitter\": write mastodon, x or inbound"},
		{"number", account + "    numbers: [\"call us\"]\n", `accounts[0].numbers: "call us" is no telephone number`},
		{"language", account + "    languages: [English]\n", `accounts[0].languages: "English" is no language`},
		{"region", account + "    region: Britain\n", "accounts[0].region: write the country's two letters"},
		{"not a duration", "replies:\n  hold: soon\n", "f.yaml:2:9: replies.hold: \"soon\" is no duration"},
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

// TestWrongTypesAreAllToldAtOnce, with unknown keys among them.
func TestWrongTypesAreAllToldAtOnce(t *testing.T) {
	_, err := Parse("f.yaml", []byte("polling: {missed: many}\ntriage: {brands: Brightshop}\nlisten_on: x\n"))
	if err == nil || strings.Count(err.Error(), "f.yaml:") != 3 || strings.Contains(err.Error(), "unmarshal") {
		t.Errorf("%v", err)
	}
}

// TestWhatIsNoMistakeIsTaken: the same phrase twice under one intent, a brand
// that only begins with an everyday word, anchors, empty values.
func TestWhatIsNoMistakeIsTaken(t *testing.T) {
	for _, text := range []string{"triage: {brands: [The Kettle House, Toast]}", "triage: {phrases: {billing: [star points, Star Points]}}",
		"triage:\n  brands: &ours [Brightshop]\n  products: *ours", "triage:", "triage: {teams: {scam: security}}", "polling: {missed: 3, every: \"@every 1m\"}",
		"triage: {high_value: {EUR: 10, USD: 10.5}}", "triage: {brands: [365]}", "triage: {teams: {}}"} {
		if _, err := Parse("f.yaml", []byte(text+"\n")); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestEveryKeyOfTheExampleCanBeUncommented, one by one below its section, and
// all of them together.
func TestEveryKeyOfTheExampleCanBeUncommented(t *testing.T) {
	key := regexp.MustCompile(`(?m)^( *)# ([a-z_]+:(?: .*)?|-)$`)
	before, x, _ := strings.Cut(Example(), "    # x:\n")
	x, inbound, _ := strings.Cut(x, "    # What only an account with network: inbound has.\n    # inbound:\n")
	inbound, after, _ := strings.Cut(inbound, "    # True permits") // the key behind it
	lines := strings.Split(before+"    # True permits"+after, "\n")
	onX := "accounts:\n  - name: a\n    network: x\n    x:\n" + key.ReplaceAllString(strings.Replace(x, "# secrets_file", "#  secrets_file", 1), "$1$2")
	if c, err := Parse("f.yaml", []byte(onX)); err != nil || c.Accounts[0].X.Prices["create_link"] != 0.2 || c.Accounts[0].X.BudgetMonth != 100 {
		t.Errorf("keys of X: %v\n%s", err, onX)
	}
	onInbound := "accounts:\n  - name: a\n    network: inbound\n    inbound:\n" + key.ReplaceAllString(inbound, "$1$2")
	if c, err := Parse("f.yaml", []byte(onInbound)); err != nil || c.Accounts[0].On() != "facebook" || c.Accounts[0].Inbound.Guard != 24*time.Hour {
		t.Errorf("keys of inbound: %v\n%s", err, onInbound)
	}
	n, oidc, channel := 0, false, false
	for i, line := range lines {
		m := key.FindStringSubmatch(line)
		if m == nil || i == 0 || strings.HasPrefix(m[2], "token_file:") || strings.HasPrefix(m[2], "view:") { // the heading; instead of token_env, and of url
			continue
		}
		n++
		lines[i] = m[1] + m[2]
		if strings.HasSuffix(m[2], ":") || m[2] == "-" {
			continue // a section, empty until one below it is there
		}
		if channel = m[2] == "name: support_room" || channel && !strings.HasPrefix(m[2], "url_env:"); channel {
			continue // an endpoint of alerts needs the keys up to its address
		}
		if oidc = strings.HasPrefix(m[2], "issuer:") || oidc && !strings.HasPrefix(m[2], "roles:"); oidc {
			continue // an identity provider needs the keys up to its roles
		}
		if _, err := Parse("f.yaml", []byte(strings.Join(lines, "\n"))); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	c, err := Parse("f.yaml", []byte(strings.Join(lines, "\n")))
	if err != nil || n < 30 {
		t.Fatalf("%d keys: %v", n, err)
	}
	if c.Polling.Every != "@every 20s" || c.Triage.Teams.Scam != "security" || len(c.Triage.Phrases) != 2 || c.Privacy.MaskStored[0] != "email" {
		t.Errorf("%+v", c)
	}
	other := strings.NewReplacer("    token_env:", "    # token_env:", "    # token_file:", "    token_file:").Replace(strings.Join(lines, "\n"))
	if c, err := Parse("f.yaml", []byte(other)); err != nil || c.Accounts[0].TokenFile == "" {
		t.Errorf("token_file instead of token_env: %v", err)
	}
}

func TestSecretsOfXMakeOneWayToSign(t *testing.T) {
	four := "CONSUMER_KEY=a\nCONSUMER_SECRET=b\nACCESS_TOKEN=c\nACCESS_SECRET=d\n"
	for _, tc := range []struct{ name, file, want string }{
		{"OAuth 1.0a", four, ""},
		{"with the app's bearer", "# of the app\n\n" + four + "BEARER = \"e\"\n", ""},
		{"OAuth 2.0", "CLIENT_ID=a\n", ""},
		{"reading only", "BEARER=e", ""},
		{"none", "", "holds no secrets: give the four of OAuth 1.0a"},
		{"three", strings.Replace(four, "ACCESS_TOKEN=c\n", "", 1), "holds 3 of the four secrets"},
		{"both", four + "CLIENT_ID=a\n", "of OAuth 1.0a and of OAuth 2.0"},
		{"another name", four + "hunter2\n", "line 5: write NAME=value"},
	} {
		path := filepath.Join(t.TempDir(), "secrets")
		if err := os.WriteFile(path, []byte(tc.file), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := XAccount{SecretsFile: path}.Secrets("shop")
		if tc.want == "" && (err != nil || len(got) == 0 || got["BEARER"] != "" && got["BEARER"] != "e") {
			t.Errorf("%s: %v", tc.name, err)
		}
		if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
	t.Setenv("SW_X_BEARER", " e ")
	if got, err := (XAccount{SecretsEnv: "SW_X"}).Secrets("shop"); err != nil || got["BEARER"] != "e" {
		t.Errorf("from the environment: %v", err)
	}
	if _, err := (XAccount{SecretsFile: "/nonexistent/x"}).Secrets("shop"); err == nil || !strings.Contains(err.Error(), "there is no file") {
		t.Error(err)
	}
}

func TestAccountsMayHaveSelfApprovalOtherwise(t *testing.T) {
	account := "accounts:\n  - name: a\n    network: mastodon\n    base_url: https://social.example\n    token_env: T\n"
	for _, tc := range []struct {
		yaml string
		want bool
	}{
		{account, false},
		{"replies: {self_approval: true, edit_second_person: off}\n" + account, true},
		{"replies: {self_approval: true}\n" + account + "    self_approval: false\n", false},
		{account + "    self_approval: true\n", true},
	} {
		c, err := Parse("f.yaml", []byte(tc.yaml))
		if err != nil || c.Accounts[0].MayApproveOwn(c.Replies) != tc.want || c.Replies.EditSecondPerson != "off" {
			t.Errorf("%s: %+v, %v", tc.yaml, c.Replies, err)
		}
	}
}
