package config

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// Alert is a channel of a chat service that is told what needs people.
type Alert struct {
	Name     string        `yaml:"name" example:"support_room" doc:"What it is called here; letters, digits, _ and -. Never change it later."`
	Kind     string        `yaml:"kind" example:"slack" doc:"slack (an incoming webhook, also of Mattermost and others that take the same), or teams (a workflow that posts an Adaptive Card)."`
	URLEnv   string        `yaml:"url_env" example:"SOCIALWATCH_ALERT_SUPPORT" doc:"Environment variable that holds the channel's secret address."`
	On       []string      `yaml:"on" example:"[breach, spike, unattended, stopped, polling]" doc:"What is told: breach (a case is past its target of the first or the next response), spike (an incident begins or is over), unattended (an overdue draft waits and no approver is signed in), stopped (publishing is stopped or goes on), polling (an account is paused, out of credit or has missed its polls). Empty: all."`
	Accounts []string      `yaml:"accounts" example:"[shop_help]" doc:"Accounts whose matters are told. Empty: all."`
	Digest   time.Duration `yaml:"digest" example:"1m" doc:"At most one message in this time, 1m to 24h; what happens meanwhile comes as one. Empty: 1m."`
}

// AlertTopics are what an endpoint may be told.
var AlertTopics = []string{"breach", "spike", "unattended", "stopped", "polling"}

const shortestDigest = time.Minute

func (c Config) checkAlerts(add func(path, format string, args ...any)) {
	if u := c.Replies.Unattended; u != 0 && u < 2*time.Minute {
		add("replies.unattended", "write at least 2m, as a use is noted once a minute, or 0s for never")
	}
	seen := map[string]bool{}
	for i, a := range c.Alerts {
		at := fmt.Sprintf("alerts[%d].", i)
		if !accountName.MatchString(a.Name) {
			add(at+"name", "write a name of letters, digits, _ and -, such as support_room")
		}
		if seen[a.Name] {
			add(at+"name", "two endpoints are called %q: give each its own name", a.Name)
		}
		seen[a.Name] = true
		if a.Kind != "slack" && a.Kind != "teams" {
			add(at+"kind", "write slack or teams")
		}
		if !variable.MatchString(a.URLEnv) {
			add(at+"url_env", "write the variable's name, such as SOCIALWATCH_ALERT_SUPPORT, never the address itself: it is a secret")
		}
		for n, topic := range a.On {
			if !slices.Contains(AlertTopics, topic) {
				add(fmt.Sprintf("%son[%d]", at, n), "unknown topic %q: write one of %s", topic, strings.Join(AlertTopics, ", "))
			}
		}
		for n, name := range a.Accounts {
			if _, err := c.Account(name); err != nil {
				add(fmt.Sprintf("%saccounts[%d]", at, n), "there is no account of this name: write one of accounts")
			}
		}
		if a.Digest != 0 && (a.Digest < shortestDigest || a.Digest > 24*time.Hour) {
			add(at+"digest", "write 1m to 24h")
		}
	}
}

// Topics are what the endpoint is told.
func (a Alert) Topics() []string {
	if len(a.On) == 0 {
		return AlertTopics
	}
	return a.On
}

// Every is the least time between two messages.
func (a Alert) Every() time.Duration { return max(a.Digest, shortestDigest) }

// URL reads the endpoint's address. The error holds nothing of it.
func (a Alert) URL() (string, error) {
	text := strings.TrimSpace(os.Getenv(a.URLEnv))
	if text == "" {
		return "", fmt.Errorf("alerts: %s: the environment variable %s is not set: export it with the channel's address", a.Name, a.URLEnv)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return "", fmt.Errorf("alerts: %s: the environment variable %s holds no https address: copy it again from the chat service", a.Name, a.URLEnv)
	}
	return text, nil
}

// Retired says why an address of the endpoint's kind no longer works, or
// belongs to another kind; empty when nothing is known against it.
func (a Alert) Retired(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host := u.Hostname()
	below := func(domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }
	switch {
	case a.Kind == "slack" && (below("powerplatform.com") || below("office.com") || below("logic.azure.com")):
		return "its address is one of Teams: write kind: teams"
	case a.Kind == "teams" && below("hooks.slack.com"):
		return "its address is one of Slack: write kind: slack"
	case below("webhook.office.com"):
		return "its address is that of a connector of Microsoft 365, which Microsoft has retired: make a workflow in Teams"
	case below("logic.azure.com"):
		return "its address is from before December 2025, when Microsoft moved workflows: copy the new one from the workflow"
	}
	return ""
}
