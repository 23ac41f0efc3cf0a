// Package config reads the one configuration file. Every key stands in the
// types below with its meaning and example: the commented file that `init`
// writes and docs/configuration.md are made from them. Secrets never stand in
// the file: it names the environment variable or file that holds each.
package config

import "time"

// Config is the whole file. The zero value of a key means the default that
// its doc tag names.
type Config struct {
	Database  Database            `yaml:"database" doc:"Where everything is kept."`
	Listen    string              `yaml:"listen" example:"127.0.0.1:8080" doc:"Address of console, API and metrics. Put a TLS proxy in front before it leaves this machine."`
	PublicURL string              `yaml:"public_url" example:"https://socialwatch.shop.example" doc:"Address people use; cookies are marked Secure when it is https. Empty: http:// and listen."`
	Trusted   []string            `yaml:"trusted_proxies" example:"[127.0.0.0/8, \"::1/128\"]" doc:"Proxies in front, as networks: they are believed about who calls (X-Forwarded-For), by which wrong logins are counted. Add the one that a container sees, such as 172.18.0.2/32, else all people count as one address, and a stranger's wrong passwords keep everybody out. Without this key: this machine."`
	Cases     Cases               `yaml:"cases" doc:"Cases."`
	Replies   Replies             `yaml:"replies" doc:"Life of a reply."`
	Polling   Polling             `yaml:"polling" doc:"When the networks are read."`
	Triage    Triage              `yaml:"triage" doc:"What triage should know of this shop."`
	Privacy   Privacy             `yaml:"privacy" doc:"Personal data in customers' posts."`
	Lookup    Lookup              `yaml:"lookup" doc:"The shop's own system, which is asked about orders after a post is stored: intake never waits for it."`
	Language  string              `yaml:"language" example:"en" doc:"Language of the console, one that the program was built with. Empty: en."`
	Templates string              `yaml:"templates" example:"/etc/socialwatch/templates" doc:"Folder of templates that replace the built-in ones of the same path (en/refund_delay.tmpl). Empty: built-in only."`
	Secrets   Secrets             `yaml:"secrets" doc:"Secrets that the program keeps itself."`
	SignIn    SignIn              `yaml:"sign_in" doc:"How people log in to the console."`
	Calendars map[string]Calendar `yaml:"calendars" doc:"Business hours by name; an account without one is always open."`
	Accounts  []Account           `yaml:"accounts" doc:"Our handles, one entry each."`
	Alerts    []Alert             `yaml:"alerts" doc:"Channels of Slack or Teams that are told what needs people, one entry each. Messages hold no word and no name of a customer."`
	Webhooks  Webhooks            `yaml:"webhooks" doc:"Where calls to the endpoints of case systems may go. The endpoints themselves are added with socialwatch webhook."`

	file *file // where it was read from; nil: nowhere
}

// Database says where the database is.
type Database struct {
	URL     string `yaml:"url" example:"sqlite:socialwatch.db" doc:"sqlite:PATH, or postgres://user@host/name. A password comes from url_env or PGPASSWORD, never from here."`
	URLEnv  string `yaml:"url_env" example:"SOCIALWATCH_DATABASE_URL" doc:"Environment variable that holds the whole address instead."`
	Schema  string `yaml:"schema" example:"socialwatch" doc:"Postgres schema that holds everything."`
	Pooler  bool   `yaml:"pooler" example:"false" doc:"True behind a transaction pooler such as pgbouncer: no session state, no LISTEN."`
	MaxOpen int    `yaml:"max_connections" example:"10" doc:"Most connections to Postgres at once."`
}

// Cases holds what concerns cases.
type Cases struct {
	Prefix  string        `yaml:"prefix" example:"K-" doc:"Stands before the number that people quote."`
	Targets Targets       `yaml:"targets" doc:"Until when what is promised, in business time, for levels 1 to 4. A change counts for cases in which something happens from then on; no breach of before is rewritten."`
	Private time.Duration `yaml:"private_wait" example:"24h" doc:"How long a case waits for the private contact that our reply asked for, around the clock, before it is raised."`
}

// Targets are promises of time, four each, or none for the defaults.
type Targets struct {
	First      []time.Duration `yaml:"first_response" example:"[15m, 30m, 60m, 240m]" doc:"From the customer's post to our first response."`
	Next       []time.Duration `yaml:"next_response" example:"[30m, 1h, 2h, 8h]" doc:"From what the customer says after an answer of ours to the next answer. It stands while the case waits."`
	Resolution []time.Duration `yaml:"resolution" example:"[8h, 16h, 24h, 40h]" doc:"From opening to resolving: 1, 2, 3 and 5 days of eight hours. It stands while the case waits."`
}

// Replies holds what concerns replies.
type Replies struct {
	Hold             time.Duration `yaml:"hold" example:"20s" doc:"Undo window after an approval, 0s to 5m."`
	Expiry           time.Duration `yaml:"expiry" example:"4h" doc:"How long a draft may be approved before a fresh one is needed."`
	WideReach        int           `yaml:"wide_reach" example:"10000" doc:"Followers of a customer from which an answer asks for a second look. 0: never."`
	Unattended       time.Duration `yaml:"unattended" example:"15m" doc:"After how long without a sign of use approvers count as away: an overdue draft without an approver of its account raises an alarm in business hours. 0s: never."`
	SelfApproval     bool          `yaml:"self_approval" example:"false" doc:"True lets authors approve their own text (small teams); card and event then say so. An account can have it otherwise."`
	EditSecondPerson string        `yaml:"edit_second_person" example:"off" doc:"Whether an approver who edits another's draft, or the program's, needs a colleague to approve it: off (edit and approve is one decision), outside_slots (when more than the template's slots has changed) or always. It counts on accounts with self_approval too."`
}

// Polling says when networks are read.
type Polling struct {
	Every string `yaml:"every" example:"\"@every 20s\"" doc:"Cron expression or @every; UTC unless it begins with CRON_TZ=."`
	Stale int    `yaml:"missed" example:"3" doc:"Missed polls until /readyz and the console raise the alarm."`
}

// Triage holds what triage should know. Case and accents make no difference in
// phrases of any kind; a star at the end lets the word go on.
type Triage struct {
	Brands        []string            `yaml:"brands" example:"[Brightshop, Bright & Co]" doc:"Names that the shop goes by. Who calls himself so, or nearly so, and answers your customers is an impostor unless official."`
	Products      []string            `yaml:"products" example:"[kettle, \"toaster*\"]" doc:"What you sell, as customers call it; a star lets the word go on."`
	OrderPatterns []string            `yaml:"order_patterns" example:"[\"SW-######\"]" doc:"Your order numbers: # is a digit, A a letter, the rest stands for itself."`
	HighValue     map[string]float64  `yaml:"high_value" example:"{USD: 500, EUR: 500}" doc:"Amounts from which a mention counts as high value, by ISO currency. Nothing is converted."`
	Phrases       map[string][]string `yaml:"phrases" example:"{return_exchange: [\"bright swap\"], billing: [\"star points missing\"]}" doc:"What only your customers say, by intent. One of them weighs as much as the plainest words that are built in, for the intent and, where people must work on it, for a case."`
	Official      Official            `yaml:"official" doc:"How you can be reached beside the accounts below, whose handles, numbers and links count already. An offer of help with another number, or a site that looks like one of these, is an impostor's."`
	Teams         Teams               `yaml:"teams" doc:"Who works on a case instead of the account's team."`
}

// Official is what belongs to the shop.
type Official struct {
	Handles []string `yaml:"handles" example:"[shop_news, shop_help@other.example]" doc:"Handles of yours and your partners. Without a host: on your own servers only."`
	Numbers []string `yaml:"numbers" example:"[\"+44 20 7946 0000\"]" doc:"Telephone numbers. Without any, here or under accounts, no number is taken for an impostor's."`
	Sites   []string `yaml:"sites" example:"[shop.example]" doc:"Hosts; what lies below one is yours too."`
}

// Teams are those of certain cases, empty for none; the file leaves those out.
type Teams struct {
	Scam    string `yaml:"scam" example:"security" doc:"Reports of fraud in your name, and impostors. Leave it out for none."`
	Account string `yaml:"account" example:"security" doc:"Accounts that somebody else has taken over. Leave it out for none."`
}

// Secrets says what the program's own secrets are sealed with.
type Secrets struct {
	KeyEnv string `yaml:"key_env" example:"SOCIALWATCH_KEY" doc:"Environment variable with the key that seals tokens and webhooks' secrets in the database: 32 random bytes in base64, as openssl rand -base64 32 prints. To change it write the new key, a comma and the old one. Needed for OAuth 2.0 and for webhooks."`
}

// Calendar is when people work.
type Calendar struct {
	Zone     string   `yaml:"zone" example:"Europe/London" doc:"IANA time zone."`
	Hours    []string `yaml:"hours" example:"[\"mon-fri 09:00-18:00\"]" doc:"Days and times; several entries add up."`
	Holidays []string `yaml:"holidays" example:"[\"2026-12-25\"]" doc:"Days off."`
}

// Account is one of our handles on one network.
type Account struct {
	Name             string   `yaml:"name" example:"shop_help" doc:"What it is called here; letters, digits, _ and -. Never change it later."`
	Handle           string   `yaml:"handle" example:"shop_help" doc:"Our handle on the network, without @ and host. Empty: the name."`
	Network          string   `yaml:"network" example:"mastodon" doc:"mastodon (any server that speaks its API), x, or inbound (any other: a program of yours hands posts in and publishes replies, docs/inbound.md)."`
	BaseURL          string   `yaml:"base_url" example:"https://social.example" doc:"Address of the server; it must not redirect. Leave it out for X and inbound."`
	TokenEnv         string   `yaml:"token_env" example:"SOCIALWATCH_TOKEN_SHOP_HELP" doc:"Environment variable that holds the access token; for X see x.secrets_env."`
	TokenFile        string   `yaml:"token_file" example:"/run/secrets/shop_help" doc:"File that holds the access token instead."`
	Region           string   `yaml:"region" example:"GB" doc:"Country, ISO 3166."`
	Languages        []string `yaml:"languages" example:"[en]" doc:"Languages we answer in, the first when in doubt."`
	Calendar         string   `yaml:"calendar" example:"office" doc:"Name under calendars."`
	Team             string   `yaml:"team" example:"support" doc:"Who answers."`
	Numbers          []string `yaml:"numbers" example:"[\"+44 20 7946 0000\"]" doc:"Our official telephone numbers: only these may stand in a reply."`
	Links            []string `yaml:"links" example:"[shop.example]" doc:"Our official hosts: only links to these may stand in a reply."`
	Private          string   `yaml:"private" example:"https://shop.example/help" doc:"Where a customer continues in private: an https link, in which {case} stands for the case's number, or words such as please use the chat in our app. At most 60 characters. Empty: a direct message."`
	ReplyVisibility  string   `yaml:"reply_visibility" example:"unlisted" doc:"Of answers to public posts: public or unlisted. Never wider than the post."`
	ResendWhenAbsent bool     `yaml:"resend_when_absent" example:"false" doc:"True sends again by itself when a reply in doubt is not found and the server has no guard against doubles. A double is then possible."`
	SelfApproval     *bool    `yaml:"self_approval" example:"true" doc:"Whether authors may approve their own text on this account. Left out: as replies.self_approval says."`
	X                XAccount `yaml:"x" doc:"What only an account on X has."`
	Inbound          Inbound  `yaml:"inbound" doc:"What only an account with network: inbound has."`
	AllowHTTP        bool     `yaml:"allow_http" example:"false" doc:"True permits an http base_url, or callback, beyond this machine. The token, or customers' words, then travel in clear."`
}

// MayApproveOwn reports whether authors may approve their own text on the account.
func (a Account) MayApproveOwn(r Replies) bool {
	if a.SelfApproval != nil {
		return *a.SelfApproval
	}
	return r.SelfApproval
}

func defaults() Config {
	return Config{
		Database: Database{URL: "sqlite:socialwatch.db", Schema: "socialwatch", MaxOpen: 10},
		Listen:   "127.0.0.1:8080",
		Trusted:  []string{"127.0.0.0/8", "::1/128"},
		Cases:    Cases{Prefix: "K-", Private: 24 * time.Hour},
		Replies:  Replies{Hold: 20 * time.Second, Expiry: 4 * time.Hour, WideReach: 10_000, Unattended: 15 * time.Minute, EditSecondPerson: "off"},
		Polling:  Polling{Every: "@every 20s", Stale: 3},
		Lookup: Lookup{Timeout: 3 * time.Second, StuckAfter: 5, Refresh: 6 * time.Hour,
			Settled: []string{"delivered", "cancelled", "returned", "refunded"}},
		Privacy:  Privacy{Retain: Retain{Ignored: 90 * 24 * time.Hour, Closed: 730 * 24 * time.Hour, Commands: 90 * 24 * time.Hour, SetAside: 7 * 24 * time.Hour}},
		SignIn:   SignIn{Passwords: true},
		Secrets:  Secrets{KeyEnv: "SOCIALWATCH_KEY"},
		Webhooks: Webhooks{Keep: 720 * time.Hour},
	}
}
