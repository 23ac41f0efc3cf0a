package config

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"
)

// Inbound is what only an account has whose posts a program of the shop hands
// in.
type Inbound struct {
	Network   string        `yaml:"network" example:"facebook" doc:"What people, the API and case systems call the network: lower-case letters, digits, _ and -. Never change it later."`
	Host      string        `yaml:"host" example:"facebook.com" doc:"Where its posts live, lower case. Posts are known by network, host and id. Never change it later."`
	SecretEnv string        `yaml:"secret_env" example:"SOCIALWATCH_FACEBOOK_SECRET" doc:"Environment variable with the secret that signs both ways: whsec_ and 32 random bytes in base64. To change it write the new one, a comma and the old one."`
	Callback  string        `yaml:"callback" example:"https://bridge.shop.example/replies" doc:"Address that is given approved replies. Empty: none can be sent. Private addresses are allowed, as you name it here; redirects are not followed."`
	MaxLength int           `yaml:"max_length" example:"2000" doc:"Most that a reply may have on the network. What is longer is neither drafted nor approved; socialwatch check names the templates that do not fit."`
	Count     string        `yaml:"count" example:"characters" doc:"What max_length counts: characters (Unicode code points), or graphemes (what people see as one)."`
	Default   string        `yaml:"visibility" example:"public" doc:"Of posts that come without one: public, unlisted, followers or direct."`
	Find      bool          `yaml:"find" example:"true" doc:"True when the callback lists its replies under a post: a reply whose answer was lost is then looked for, else a person looks."`
	Guard     time.Duration `yaml:"guard" example:"24h" doc:"How long the callback surely answers a key again with the reply that it published under it, instead of publishing twice. Together with find a reply that is not found is sent again within that time. 0s: it does not."`
}

var (
	networkName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
	hostName    = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?$`)
)

func (i Inbound) check(add func(key, format string, args ...any)) {
	if !networkName.MatchString(i.Network) || i.Network == "mastodon" || i.Network == "x" || i.Network == "inbound" {
		add("network", "write what the network is called, in lower case, such as facebook or app_reviews; mastodon, x and inbound are taken")
	}
	if !hostName.MatchString(i.Host) {
		add("host", "write where its posts live, in lower case, such as facebook.com")
	}
	if !variable.MatchString(i.SecretEnv) {
		add("secret_env", "write the name of an environment variable, such as SOCIALWATCH_FACEBOOK_SECRET, never the secret itself")
	}
	if i.MaxLength < 1 || i.MaxLength > 100_000 {
		add("max_length", "write the most that a reply may have on the network, 1 to 100000, such as 2000")
	}
	if i.Count != "" && i.Count != "characters" && i.Count != "graphemes" {
		add("count", "write characters or graphemes")
	}
	switch i.Default {
	case "", "public", "unlisted", "followers", "direct":
	default:
		add("visibility", "write public, unlisted, followers or direct")
	}
	if i.Guard < 0 || i.Guard > 365*24*time.Hour {
		add("guard", "write how long the callback knows a key again, such as 24h, or 0s")
	}
	if i.Callback == "" && (i.Find || i.Guard > 0) {
		add("callback", "find and guard belong to a callback: write its address, or remove them")
	}
}

// Secret reads the secret, or the two while it changes.
func (i Inbound) Secret(account string) (string, error) {
	if v := strings.TrimSpace(os.Getenv(i.SecretEnv)); v != "" {
		return v, nil
	}
	return "", fmt.Errorf("account %s: inbound.secret_env: the environment variable %s is not set: make a secret with `echo whsec_$(openssl rand -base64 32)`, and give it to both sides", account, i.SecretEnv)
}

// On is the network that the account's posts are of.
func (a Account) On() string {
	if a.Network == "inbound" {
		return a.Inbound.Network
	}
	return a.Network
}
