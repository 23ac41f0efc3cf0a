package config

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Lookup says how the shop's own system is asked about orders. Empty: it is not.
type Lookup struct {
	URL        string            `yaml:"url" example:"https://shop.example/api/orders/{order}" doc:"Address that answers GET with JSON about one order: {order} stands for its number, percent-encoded. 404 means that there is none. It may be internal; redirects are not followed. Either this or view."`
	HeadersEnv map[string]string `yaml:"headers_env" example:"{Authorization: SOCIALWATCH_LOOKUP_AUTH}" doc:"Headers of the question, each with the environment variable that holds its whole value, such as Bearer and a token."`
	Fields     map[string]string `yaml:"fields" example:"{status: order.status, last_movement_at: shipments.-1.scanned_at, value: total.amount, currency: total.currency}" doc:"Where facts stand in the answer: names with dots between, a number for a place in a list, -1 the last. Facts are status, last_movement_at, value (129.00) or value_minor (12900), currency, refund_state, refund_at, delivered_at, expected_at; one that is left out is looked for under its own name."`
	View       string            `yaml:"view" example:"shop.orders_for_socialwatch" doc:"View or table in the same database instead, with its schema, read by order_number (text); its other columns are named as the facts under fields. On Postgres the role that serves needs select on it. On SQLite it stands in the same file, without a schema."`
	Timeout    time.Duration     `yaml:"timeout" example:"3s" doc:"Of one question, 100ms to 30s."`
	AllowHTTP  bool              `yaml:"allow_http" example:"false" doc:"True permits an http url beyond this machine. Number, headers and answer then travel in clear."`
	StuckAfter int               `yaml:"stuck_after" example:"5" doc:"Days without a movement from which an order that is not settled counts as truly stuck and lifts the priority of its case. 0: never. From the amounts of triage.high_value on an order lifts its case too."`
	Settled    []string          `yaml:"settled" example:"[delivered, cancelled, returned, refunded]" doc:"States, as the shop's system calls them, in which an order moves no more."`
	Refresh    time.Duration     `yaml:"refresh" example:"6h" doc:"How old the facts of an open case may get, 10m to 168h. It is also asked when the customer writes again, and when a person wants to know."`
	Probe      string            `yaml:"probe" example:"SW-000000" doc:"Number of an order that socialwatch check asks about."`
}

// Enabled reports whether anything is asked.
func (l Lookup) Enabled() bool { return l.URL != "" || l.View != "" }

// lookupFacts are the facts of an order that fields may map.
var lookupFacts = []string{"status", "last_movement_at", "value", "value_minor", "currency", "refund_state", "refund_at", "delivered_at", "expected_at"}

var (
	headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	viewName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$`)
	jsonPath   = regexp.MustCompile(`^[^.\s][^.\n]*(\.[^.\n]+)*$`)
)

func (c Config) checkLookup(add func(path, format string, args ...any)) {
	l := c.Lookup
	if l.URL != "" && l.View != "" {
		add("lookup.view", "write either url or view")
	}
	if l.URL != "" {
		l.checkURL(add)
	}
	if l.View != "" && !viewName.MatchString(l.View) {
		add("lookup.view", "write the schema's and the view's name, such as shop.orders_for_socialwatch")
	}
	for _, name := range slices.Sorted(maps.Keys(l.HeadersEnv)) {
		if !headerName.MatchString(name) || strings.EqualFold(name, "Host") {
			add("lookup.headers_env."+name, "write a header's name, such as Authorization")
		}
		if !variable.MatchString(l.HeadersEnv[name]) {
			add("lookup.headers_env."+name, "write the variable's name, such as SOCIALWATCH_LOOKUP_AUTH, never the value itself: it is a secret")
		}
	}
	for _, fact := range slices.Sorted(maps.Keys(l.Fields)) {
		if !slices.Contains(lookupFacts, fact) {
			add("lookup.fields."+fact, "there is no such fact: write one of %s", strings.Join(lookupFacts, ", "))
		} else if !jsonPath.MatchString(l.Fields[fact]) {
			add("lookup.fields."+fact, "write names with dots between, such as order.status")
		}
	}
	if l.Timeout < 100*time.Millisecond || l.Timeout > 30*time.Second {
		add("lookup.timeout", "write 100ms to 30s")
	}
	if l.StuckAfter < 0 {
		add("lookup.stuck_after", "write a number of days, or 0 for never")
	}
	if l.Refresh < 10*time.Minute || l.Refresh > 7*24*time.Hour {
		add("lookup.refresh", "write 10m to 168h")
	}
}

func (l Lookup) checkURL(add func(path, format string, args ...any)) {
	u, err := url.Parse(strings.ReplaceAll(l.URL, "{order}", "1"))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		add("lookup.url", "write the address of an order, such as https://shop.example/api/orders/{order}")
	case u.User != nil:
		add("lookup.url", "holds a name or password: put it into a header and name its variable under headers_env")
	case strings.Count(l.URL, "{order}") != 1 || strings.Contains(hostOf(l.URL), "{order}") || u.Fragment != "":
		add("lookup.url", "write {order} once, in the path or the query, where the number stands")
	case u.Scheme == "http" && !l.AllowHTTP && !loopback(u.Hostname()):
		add("lookup.url", "sends the number in clear: write https, or allow_http: true if you accept that")
	}
}

// hostOf is the part of an address between scheme and path.
func hostOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		return rest
	}
	return rest[:end]
}

// Headers reads the headers of the question. The error holds nothing of them.
func (l Lookup) Headers() (map[string]string, error) {
	headers := map[string]string{}
	for name, env := range l.HeadersEnv {
		value := strings.TrimSpace(os.Getenv(env))
		if value == "" {
			return nil, fmt.Errorf("lookup.headers_env: %s: the environment variable %s is not set: export it with the header's value", name, env)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, fmt.Errorf("lookup.headers_env: %s: the environment variable %s holds more than one line", name, env)
		}
		headers[name] = value
	}
	return headers, nil
}
