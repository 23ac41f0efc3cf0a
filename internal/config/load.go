package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Load reads the file and checks it. Each problem is one line: file, line,
// key, what is wrong and what to write; all of them are told at once. Secrets
// are not read: see Secret.
func Load(path string) (Config, error) {
	c := defaults()
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return c, fmt.Errorf("no configuration at %s: write one with `socialwatch init`, or name yours with --config", path)
	}
	if err != nil {
		return c, fmt.Errorf("read the configuration: %w", err)
	}
	c, err = Parse(filepath.Base(path), data)
	if err != nil {
		return c, err
	}
	// Relative paths are meant from the file's folder, so that cron, which
	// starts elsewhere, finds the same database.
	dir := filepath.Dir(path)
	if p, ok := strings.CutPrefix(c.Database.URL, "sqlite:"); ok && !filepath.IsAbs(p) {
		c.Database.URL = "sqlite:" + filepath.Join(dir, p)
	}
	if c.Templates != "" && !filepath.IsAbs(c.Templates) {
		c.Templates = filepath.Join(dir, c.Templates)
	}
	if info, err := os.Stat(c.Templates); c.Templates != "" && (err != nil || !info.IsDir()) {
		return c, fmt.Errorf("%s: templates: there is no folder %s: make it, or leave the key out", filepath.Base(path), c.Templates)
	}
	return c, nil
}

// Parse is Load on bytes; name stands in the errors.
func Parse(name string, data []byte) (Config, error) {
	c := defaults()
	err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&c)
	if errors.Is(err, io.EOF) {
		return c, fmt.Errorf("%s is empty: write one with `socialwatch init`", name)
	}
	if err != nil {
		return c, decodeError(name, data, err)
	}
	for i := range c.Accounts {
		if c.Accounts[i].Handle == "" {
			c.Accounts[i].Handle = c.Accounts[i].Name
		}
	}
	c.file = newFile(name, data)
	var problems []error
	for _, p := range c.check() {
		problems = append(problems, c.Fault(p.path, p.text))
	}
	return c, errors.Join(problems...)
}

type problem struct{ path, text string }

var (
	accountName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	teamName     = regexp.MustCompile(`^[\pL\pN][\pL\pN _-]{0,63}$`)
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
	country      = regexp.MustCompile(`^[A-Z]{2}$`)
	language     = regexp.MustCompile(`^[a-z]{2,3}$`)
	telephone    = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{3,}$`)
)

func (c Config) check() []problem {
	var ps []problem
	add := func(path, format string, args ...any) {
		ps = append(ps, problem{path, fmt.Sprintf(format, args...)})
	}
	if u := c.Database.URL; c.Database.URLEnv == "" && !strings.HasPrefix(u, "sqlite:") &&
		!strings.HasPrefix(u, "postgres://") && !strings.HasPrefix(u, "postgresql://") {
		add("database.url", "write sqlite:PATH or postgres://user@host/name")
	} else if u, err := url.Parse(c.Database.URL); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			add("database.url", "holds a password: put the address into an environment variable and name it under url_env")
		}
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
		add("listen", "write host and port, such as 127.0.0.1:8080")
	}
	if u, err := url.Parse(c.PublicURL); c.PublicURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		add("public_url", "write the address people use, such as https://socialwatch.shop.example")
	}
	c.checkTriage(add)
	c.checkPrivacy(add)
	c.checkCases(add)
	c.checkReplies(add)
	if c.Polling.Stale < 1 {
		add("polling.missed", "write a number from 1")
	}
	if n := c.Database.MaxOpen; n < 2 || n > 10 {
		add("database.max_connections", "write 2 to 10: a guest in a shop's database stays small")
	}
	c.checkSignIn(add)
	c.checkAccounts(add)
	c.checkAlerts(add)
	c.checkLookup(add)
	c.checkNetworks(add)
	c.checkWebhooks(add)
	return ps
}

func (c Config) checkReplies(add func(path, format string, args ...any)) {
	if h := c.Replies.Hold; h < 0 || h > 5*time.Minute {
		add("replies.hold", "write 0s to 5m")
	}
	if e := c.Replies.Expiry; e < time.Minute {
		add("replies.expiry", "write at least 1m")
	}
	if c.Replies.WideReach < 0 {
		add("replies.wide_reach", "write a number of followers from 0, such as 10000")
	}
	switch c.Replies.EditSecondPerson {
	case "off", "outside_slots", "always":
	default:
		add("replies.edit_second_person", "write off, outside_slots or always")
	}
}

func (c Config) checkAccounts(add func(path, format string, args ...any)) {
	seen := map[string]bool{}
	for i, a := range c.Accounts {
		at := fmt.Sprintf("accounts[%d]", i)
		if seen[a.Name] {
			add(at+".name", "two accounts are called %q: give each its own name", a.Name)
		}
		seen[a.Name] = true
		c.checkAccount(a, func(key, format string, args ...any) { add(at+"."+key, format, args...) })
	}
}

func (c Config) checkAccount(a Account, add func(key, format string, args ...any)) {
	if !accountName.MatchString(a.Name) {
		add("name", "write a name of letters, digits, _ and -, such as shop_help")
	}
	c.checkNetwork(a, add)
	if a.Region != "" && !country.MatchString(a.Region) {
		add("region", "write the country's two letters, such as GB")
	}
	for _, l := range a.Languages {
		if !language.MatchString(l) {
			add("languages", "%q is no language: write its letters, such as en", l)
		}
	}
	for _, n := range a.Numbers {
		if !telephone.MatchString(n) {
			add("numbers", "%q is no telephone number: write such as +44 20 7946 0000", n)
		}
	}
	if a.Calendar != "" {
		if _, ok := c.Calendars[a.Calendar]; !ok {
			add("calendar", "no calendar %q: add it under calendars", a.Calendar)
		}
	}
	if a.Team != "" && !teamName.MatchString(a.Team) {
		add("team", "write a name of at most 64 letters, digits, spaces, _ and -, such as support")
	}
	if v := a.ReplyVisibility; v != "" && v != "public" && v != "unlisted" {
		add("reply_visibility", "write public or unlisted")
	}
}

// checkNetwork checks the keys whose meaning the network decides.
func (c Config) checkNetwork(a Account, add func(key, format string, args ...any)) {
	u, err := url.Parse(a.BaseURL)
	address := err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
	switch a.Network {
	case "mastodon":
		if !address {
			add("base_url", "write the server's address, such as https://social.example")
		}
		if (a.TokenEnv == "") == (a.TokenFile == "") {
			add("token_env", "name the access token's place by token_env or token_file, one of them")
		}
		if !reflect.ValueOf(a.X).IsZero() {
			add("x", "belongs to an account with network: x")
		}
		a.noInbound(add)
	case "x":
		if a.BaseURL != "" && !address {
			add("base_url", "leave it out, or write the address of X's API, such as https://api.x.com")
		}
		if a.TokenEnv != "" || a.TokenFile != "" {
			add("token_env", "an account on X has its secrets under x: name their place by x.secrets_env or x.secrets_file")
		}
		if a.ReplyVisibility == "unlisted" {
			add("reply_visibility", "replies on X are public: leave it out")
		}
		a.X.check(func(key, format string, args ...any) { add("x."+key, format, args...) })
		a.noInbound(add)
	case "inbound":
		if a.BaseURL != "" || a.TokenEnv != "" || a.TokenFile != "" || !reflect.ValueOf(a.X).IsZero() {
			add("network", "base_url, token_env, token_file and x belong to other networks: all that an account with network: inbound needs stands under inbound")
		}
		a.Inbound.check(func(key, format string, args ...any) { add("inbound."+key, format, args...) })
	default:
		add("network", "unknown network %q: write mastodon, x or inbound", a.Network)
	}
}

func (a Account) noInbound(add func(key, format string, args ...any)) {
	if a.Inbound != (Inbound{}) {
		add("inbound", "belongs to an account with network: inbound")
	}
}

// DatabaseURL is the address of the database, from the environment if the
// file says so.
func (c Config) DatabaseURL() (string, error) {
	if c.Database.URLEnv == "" {
		return c.Database.URL, nil
	}
	if v := os.Getenv(c.Database.URLEnv); v != "" {
		return v, nil
	}
	return "", fmt.Errorf("database.url_env: the environment variable %s is not set: export it with the address of the database", c.Database.URLEnv)
}

// Token reads the account's access token.
func (a Account) Token() (string, error) {
	if a.TokenEnv != "" {
		if v := strings.TrimSpace(os.Getenv(a.TokenEnv)); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("account %s: token_env: the environment variable %s is not set: export it with the account's access token", a.Name, a.TokenEnv)
	}
	data, err := os.ReadFile(a.TokenFile)
	if err != nil {
		return "", fmt.Errorf("account %s: token_file: %w: write the account's access token there", a.Name, err)
	}
	if v := strings.TrimSpace(string(data)); v != "" {
		return v, nil
	}
	return "", fmt.Errorf("account %s: token_file: %s is empty: write the account's access token there", a.Name, a.TokenFile)
}

// Account finds an account by name.
func (c Config) Account(name string) (Account, error) {
	var names []string
	for _, a := range c.Accounts {
		if a.Name == name {
			return a, nil
		}
		names = append(names, a.Name)
	}
	return Account{}, fmt.Errorf("no account %q in the configuration; there is: %s", name, strings.Join(names, ", "))
}
