package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store/dbtest"
	"socialwatch/triage"
)

const wordsOfAShop = `accounts:
  - name: shop_help
    network: mastodon
    base_url: https://social.example
    token_env: T
    numbers: ["+44 20 7946 0000"]
    links: [shop.example]
    private: https://forms.shop.example/help
triage:
  brands: [Brightshop]
  products: ["toaster*"]
  order_patterns: ["SW-######"]
  high_value: {EUR: 300}
  phrases: {billing: [star points missing]}
  official:
    handles: [shop_news]
    numbers: ["0800 900 100"]
    sites: [brightshop.example]
`

func TestConfigurationBecomesTriagesOptions(t *testing.T) {
	cfg, err := config.Parse("f.yaml", []byte(wordsOfAShop))
	must(t, err)
	got, err := shopOptions(cfg)
	must(t, err)
	want := triage.Options{Handles: []string{"shop_help"}, OrderPatterns: []string{"SW-######"}, HighValue: map[string]float64{"EUR": 300},
		Brands: []string{"Brightshop"}, Products: []string{"toaster*"},
		Phrases: map[socialwatch.Intent][]string{socialwatch.Billing: {"star points missing"}},
		Official: triage.Official{Handles: []string{"shop_news"}, Phones: []string{"0800 900 100", "+44 20 7946 0000"},
			Sites: []string{"brightshop.example", "shop.example", "forms.shop.example"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestCheckNamesEachWrongWordOfTheShopWithItsPlace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "socialwatch.yaml")
	for _, c := range []struct{ old, new, want string }{
		{"[Brightshop]", `[Brightshop, ""]`, `socialwatch.yaml:10:24: triage.brands[1]: "" is empty`},
		{`["toaster*"]`, `["toas*ter"]`, `socialwatch.yaml:11:14: triage.products[0]: "toas*ter" a star may stand at the end only`},
		{`"SW-######"`, `"SW-#"`, `socialwatch.yaml:12:20: triage.order_patterns[0]: "SW-#" write at least three #`},
		{"{EUR: 300}", "{EURO: 300}", `socialwatch.yaml:13:22: triage.high_value.EURO: write amounts above 0 by ISO code`},
		{"{billing: [star", "{refunds: [star", `socialwatch.yaml:14:13: triage.phrases.refunds: "refunds" is no intent: write one of stuck_order, `},
		{"[star points missing]", "[star points missing, x|y]", `socialwatch.yaml:14:44: triage.phrases.billing[1]: "x|y" holds several phrases`},
		{"[shop_news]", "[shop news]", `socialwatch.yaml:16:15: triage.official.handles[0]: "shop news" is no handle: write it as shop_help`},
		{`["0800 900 100"]`, `["call us"]`, `socialwatch.yaml:17:15: triage.official.numbers[0]: "call us" is no telephone number`},
		{"[brightshop.example]", "[https://brightshop.example/x]", `socialwatch.yaml:18:13: triage.official.sites[0]: "https://brightshop.example/x" is no host`},
		{"[shop.example]", "[shop.example/help]", `socialwatch.yaml:7:13: accounts[0].links[0]: "shop.example/help" is no host`},
		{"  brands:", "  brand:", `socialwatch.yaml:10:3: unknown key "brand"`},
		{"    sites:", "    site:", `socialwatch.yaml:18:5: unknown key "site"`},
	} {
		text := strings.Replace(wordsOfAShop, c.old, c.new, 1)
		if text == wordsOfAShop {
			t.Fatalf("%q stands nowhere", c.old)
		}
		must(t, os.WriteFile(path, []byte(text), 0o600))
		found := check(t.Context(), &flags{config: path})
		if !strings.Contains(found[len(found)-1].Text+found[min(1, len(found)-1)].Text, c.want) {
			t.Errorf("%s:\n%+v\nwant %s", c.new, found, c.want)
		}
		if _, err := triageOptions(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the commands that only triage say %v", c.new, err)
		}
	}
	two := strings.NewReplacer("[Brightshop]", `["!"]`, "[shop_news]", `["@"]`).Replace(wordsOfAShop)
	must(t, os.WriteFile(path, []byte(two), 0o600))
	if _, err := triageOptions(path); err == nil || strings.Count(err.Error(), "socialwatch.yaml:") != 2 {
		t.Errorf("not both at once: %v", err)
	}
}

func TestTeamOfACase(t *testing.T) {
	cfg := config.Config{Accounts: []config.Account{{Name: "help", Team: "support"}}}
	teams := cfg
	teams.Triage.Teams = config.Teams{Scam: "security", Account: "logins"}
	signal := func(names ...string) (a socialwatch.Assessment) {
		for _, n := range names {
			a.Signals = append(a.Signals, socialwatch.Signal{Name: n})
		}
		return a
	}
	for _, c := range []struct {
		name    string
		cfg     config.Config
		account string
		current string
		a       socialwatch.Assessment
		want    string
	}{
		{"new", teams, "help", "", socialwatch.Assessment{}, "support"},
		{"no team anywhere", teams, "other", "", socialwatch.Assessment{}, ""},
		{"impostor", teams, "help", "", signal(socialwatch.SignalImpostor), "security"},
		{"call", teams, "help", "support", signal(socialwatch.SignalScamCall), "security"},
		{"report without a call", teams, "help", "", socialwatch.Assessment{Intent: socialwatch.ScamReport}, "security"},
		{"takeover", teams, "help", "", signal("case.x", socialwatch.SignalTakeover), "logins"},
		{"takeover by a call", teams, "help", "security", signal(socialwatch.SignalScamCall, socialwatch.SignalTakeover), "logins"},
		{"stays where it is", teams, "help", "security", socialwatch.Assessment{}, "security"},
		{"nothing configured", cfg, "help", "", signal(socialwatch.SignalImpostor), "support"},
	} {
		if got := team(c.cfg, c.account, c.current, c.a); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestImpostorsAndTakeoversReachTheirTeams goes through the whole program: the
// impostor answers a customer without naming us.
func TestImpostorsAndTakeoversReachTheirTeams(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, kind, simulator.Options{})
			text, err := os.ReadFile(s.config)
			must(t, err)
			must(t, os.WriteFile(s.config, append(text, "triage: {brands: [Brightshop], teams: {scam: security, account: logins}}\n"...), 0o600))
			h := s.inside("[]")
			first, err := s.sim.Post("customer1@far.example", "@shop_help@social.example my order 555-0000042-0000001 is 9 days late", simulator.PostOptions{})
			must(t, err)
			_, err = s.sim.Post("customer2@far.example", "@shop_help@social.example my account was hacked and someone changed my password", simulator.PostOptions{})
			must(t, err)
			until(t, time.Minute, "two cases", func() bool { return s.number("select count(*) from cases") == 2 })
			_, err = s.sim.Post("brightshop_support@evil.example", "@customer1@far.example so sorry! Please send your order number to us", simulator.PostOptions{InReplyTo: first})
			must(t, err)
			_, err = s.sim.Post("customer3@far.example", "@customer1@far.example same here", simulator.PostOptions{InReplyTo: first})
			must(t, err)
			until(t, time.Minute, "the impostor's case", func() bool { return s.number("select count(*) from cases") == 3 })
			got := strings.Join(h.column("select customer_handle || ' ' || intent || ' ' || team || ' ' || escalated from cases_v1 order by case_id"), "\n")
			for _, want := range []string{"customer1@far.example stuck_order  ", "customer2@far.example account_access logins ", "brightshop_support@evil.example scam_report security "} {
				if !strings.Contains(got, want) {
					t.Errorf("cases\n%s\nlack %q", got, want)
				}
			}
			if n := s.number("select count(*) from replies r join cases c on c.id = r.case_id where c.intent = 'scam_report'"); n != 0 {
				t.Errorf("%d drafts for an impostor", n)
			}
			h.end()
		})
	}
}
