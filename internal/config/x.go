package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// XAccount is what only an account on X has.
type XAccount struct {
	SecretsEnv  string             `yaml:"secrets_env" example:"SOCIALWATCH_X" doc:"What the names of the environment variables begin with that hold the app's secrets: SOCIALWATCH_X_CONSUMER_KEY, _CONSUMER_SECRET, _ACCESS_TOKEN and _ACCESS_SECRET for OAuth 1.0a; _CLIENT_ID and, of a confidential client, _CLIENT_SECRET for OAuth 2.0, then run socialwatch login; _BEARER for reading as the app, which stream and compliance need."`
	SecretsFile string             `yaml:"secrets_file" example:"/run/secrets/shop_x" doc:"File with lines CONSUMER_KEY=… and so on instead."`
	API         string             `yaml:"api" example:"v2" doc:"v2. Or v1.1 for an organisation that still has such access: it needs OAuth 1.0a, reads mentions, replies, and nothing else."`
	BudgetDay   float64            `yaml:"budget_day" example:"5" doc:"Most US dollars of one UTC day. 0: no limit. From 80 % on polls come every 15 minutes at most, at 95 % reading stops with an alarm, at 100 % replies stop. A call sets aside the most that it may cost, up to 0.50, so below 1 little can be read."`
	BudgetMonth float64            `yaml:"budget_month" example:"100" doc:"Most US dollars of one month in UTC, as budget_day."`
	Prices      map[string]float64 `yaml:"prices" example:"{mention_read: 0.001, create_link: 0.2}" doc:"US dollars for one object, where they differ from X's list of November 2026: mention_read, own_read, post_read, user_read, stream_event, create, create_link, delete."`
	Links       string             `yaml:"links" example:"refused" doc:"Links in replies: refused, or priced, as X takes twenty times as much for a reply with one. What a reply costs stands on its card either way."`
	Stream      bool               `yaml:"stream" example:"false" doc:"True also gets mentions pushed within a second, at five times the price of polling. Needs OAuth 2.0, _BEARER, and an app of its own for each account that has it."`
	Automated   bool               `yaml:"automated_label" example:"true" doc:"True once the account carries X's Automated label and its bio says so: check reminds you until then."`
	PostFields  bool               `yaml:"post_fields" example:"false" doc:"True asks for post.fields, the newer spelling, if X refuses tweet.fields one day."`
}

// XItems are the items of X's price list.
var XItems = []string{"mention_read", "own_read", "post_read", "user_read", "stream_event", "create", "create_link", "delete"}

// dearest is the highest price of one object that is taken for one, in US
// dollars: a price in cents or thousandths would stop everything.
const dearest = 10

// cheapest is the lowest, which is the smallest amount that is counted.
const cheapest = 0.000001

// isBudget refuses what is no amount, and what would round to none, which is no
// limit.
func isBudget(dollars float64) bool { return dollars == 0 || dollars >= 0.01 && dollars <= 1e9 }

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (x XAccount) check(add func(key, format string, args ...any)) {
	if (x.SecretsEnv == "") == (x.SecretsFile == "") {
		add("secrets_env", "name the secrets' place by secrets_env or secrets_file, one of them")
	}
	if x.SecretsEnv != "" && !variable.MatchString(x.SecretsEnv) {
		add("secrets_env", "write what the variables' names begin with, such as SOCIALWATCH_X, never a secret itself")
	}
	if x.API != "" && x.API != "v2" && x.API != "v1.1" {
		add("api", "write v2 or v1.1")
	}
	if x.Links != "" && x.Links != "refused" && x.Links != "priced" {
		add("links", "write refused or priced")
	}
	if !isBudget(x.BudgetDay) {
		add("budget_day", "write US dollars from 0, such as 5; 0 is no limit, else 0.01 is the least")
	}
	if !isBudget(x.BudgetMonth) {
		add("budget_month", "write US dollars from 0, such as 100; 0 is no limit, else 0.01 is the least")
	}
	for _, item := range slices.Sorted(maps.Keys(x.Prices)) {
		if !slices.Contains(XItems, item) {
			add("prices."+item, "unknown item: write one of %s", strings.Join(XItems, ", "))
		} else if p := x.Prices[item]; !(p >= cheapest && p <= dearest) {
			add("prices."+item, "write US dollars for one object, above 0, such as 0.001")
		}
	}
}

// secretNames are the secrets of an account on X.
var secretNames = []string{"CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET", "CLIENT_ID", "CLIENT_SECRET", "BEARER"}

// Secrets reads the account's secrets by their names, such as CONSUMER_KEY;
// those that are not given are missing. It fails unless they make one way to
// sign calls: all four of OAuth 1.0a, CLIENT_ID, or BEARER alone for reading.
func (x XAccount) Secrets(account string) (map[string]string, error) {
	found, err := x.readSecrets()
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", account, err)
	}
	first := 0
	for _, name := range secretNames[:4] {
		if found[name] != "" {
			first++
		}
	}
	second := found["CLIENT_ID"] != ""
	where := x.SecretsFile
	if where == "" {
		where = x.SecretsEnv + "_…"
	}
	switch {
	case first > 0 && first < 4:
		return nil, fmt.Errorf("account %s: %s holds %d of the four secrets of OAuth 1.0a: give CONSUMER_KEY, CONSUMER_SECRET, ACCESS_TOKEN and ACCESS_SECRET", account, where, first)
	case first == 4 && second:
		return nil, fmt.Errorf("account %s: %s holds secrets of OAuth 1.0a and of OAuth 2.0: remove those of one", account, where)
	case first == 0 && !second && found["BEARER"] == "":
		return nil, fmt.Errorf("account %s: %s holds no secrets: give the four of OAuth 1.0a (CONSUMER_KEY, CONSUMER_SECRET, ACCESS_TOKEN, ACCESS_SECRET), or CLIENT_ID for OAuth 2.0, or BEARER alone for reading", account, where)
	}
	return found, nil
}

func (x XAccount) readSecrets() (map[string]string, error) {
	found := map[string]string{}
	if x.SecretsFile == "" {
		for _, name := range secretNames {
			if v := strings.TrimSpace(os.Getenv(x.SecretsEnv + "_" + name)); v != "" {
				found[name] = v
			}
		}
		return found, nil
	}
	data, err := os.ReadFile(x.SecretsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("x.secrets_file: there is no file %s: write the app's secrets there, each as NAME=value", x.SecretsFile)
	}
	if err != nil {
		return nil, fmt.Errorf("x.secrets_file: %w", err)
	}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !ok || !slices.Contains(secretNames, name) { // the line itself may be a secret
			return nil, fmt.Errorf("x.secrets_file: %s, line %d: write NAME=value with one of the names %s", x.SecretsFile, i+1, strings.Join(secretNames, ", "))
		}
		found[name] = strings.Trim(strings.TrimSpace(value), `"'`)
	}
	return found, nil
}
