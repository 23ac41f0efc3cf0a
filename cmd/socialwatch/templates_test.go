package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// templatesRun runs the command in this process on a configuration's text,
// without one if it is empty.
func templatesRun(t *testing.T, cfg string, args ...string) (string, error) {
	t.Helper()
	return here(t, cfg, "", append([]string{"templates"}, args...)...)
}

const twoAccounts = `accounts:
  - name: shop_help
    network: mastodon
    base_url: https://social.example
    token_env: T
    languages: [en, de, sv]
    links: [shop.example]
    private: https://shop.example/help?case={case}
  - name: shop_x
    network: x
    languages: [es]
    private: https://shop.example/help
    x: {secrets_env: SOCIALWATCH_X}
`

func TestTemplatesListsAllAndTheConfiguredFolderInTheirPlace(t *testing.T) {
	text, err := templatesRun(t, "")
	must(t, err)
	if !strings.Contains(text, "hi-Latn") || !strings.Contains(text, "de/stuck_order.tmpl") || strings.Count(text, "\n") != 9*14+1 {
		t.Errorf("list:\n%s", text)
	}
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "en"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "en", "mine.tmpl"), []byte("---\nid: praise\nversion: 7\nintent: praise\nlanguage: en\nnetworks: all\nslots: case\nowner: me\ngloss: short\n---\nThanks, {{case}}!\n"), 0o600))
	text, err = templatesRun(t, twoAccounts+"templates: "+dir+"\n", "--json")
	must(t, err)
	var list []listedTemplate
	must(t, json.Unmarshal([]byte(text), &list))
	n := 0
	for _, x := range list {
		if x.Language == "en" && x.ID == "praise" {
			n++
			if x.Version != 7 || x.File != "en/mine.tmpl" || x.Wordings[0] != "Thanks, {{case}}!" || x.Handoff {
				t.Errorf("%+v", x)
			}
		}
	}
	if n != 1 || len(list) != 9*14 {
		t.Errorf("%d of praise, %d in all", n, len(list))
	}
}

func TestTryShowsPostAssessmentTemplateAndFindings(t *testing.T) {
	const late = "@shop_help order 555-0100123-0000041 not shipped, 12 days now"
	for _, tt := range []struct {
		cfg  string
		args []string
		want []string
	}{
		{"", []string{late}, []string{late, "stuck_order · a human must act", "template stuck-order v", "ending in 0041 is taking this long, 12 days",
			"direct message. Your reference is K-1042.", "then waits for the customer", " of 280 characters", "all checks passed"}},
		{"", []string{"mi pedido no llega, ya van 12 días"}, []string{"ya van 12 días. Queremos", "Su número de caso"}},
		{"", []string{"--incident", "--case", "K-7", late}, []string{"template incident#3 v1", "noted under K-7."}},
		{"", []string{"I want to talk to a human"}, []string{"template human", "Someone must take over"}},
		{twoAccounts, []string{late}, []string{"https://shop.example/help?case=K-1042", " of 460 characters", "all checks passed"}},
		{twoAccounts, []string{"--account", "shop_x", late}, []string{`in "es" because the account does not answer in "en"`, "escríbanos por mensaje directo", "warns: language", " of 280"}},
		{strings.Replace(twoAccounts, "https://shop.example/help?case={case}", `"Bit.ly/help"`, 1), []string{late}, []string{"BLOCKS: link_host on “Bit.ly”"}},
	} {
		text, err := templatesRun(t, tt.cfg, append([]string{"try"}, tt.args...)...)
		must(t, err)
		flat := strings.Join(strings.Fields(text), " ")
		for _, want := range tt.want {
			if !strings.Contains(flat, strings.Join(strings.Fields(want), " ")) {
				t.Errorf("%q: no %q in\n%s", tt.args, want, text)
			}
		}
	}
	text, err := templatesRun(t, "", "try", "--json", "you are great, thanks a lot")
	must(t, err)
	var r tried
	must(t, json.Unmarshal([]byte(text), &r))
	if r.Template != "praise" || r.Assessment.Intent != "praise" || r.Handoff || r.Findings == nil || r.Gloss == "" {
		t.Errorf("%+v", r)
	}
	for _, args := range [][]string{{"try"}, {"try", " "}, {"try", "--account", "nobody", "x"}, {"more"}} {
		if _, err := templatesRun(t, twoAccounts, args...); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func TestCheckHoldsTheTemplatesAgainstEachAccount(t *testing.T) {
	t.Setenv("T", "token")
	path := filepath.Join(t.TempDir(), "socialwatch.yaml")
	for _, tt := range []struct{ old, new, account, want string }{
		{"", "", "shop_help", `warn no template in "sv" for 14 intents`},
		{", sv]", "]", "shop_help", "ok each is safe and fits mastodon"},
		{"", "", "shop_x", "warn private is a link, which x.links refuses"},
		{"secrets_env: SOCIALWATCH_X", "secrets_env: SOCIALWATCH_X, links: priced", "shop_x", "ok each is safe and fits x"},
		{"?case={case}", "/our/very/long/way/of/getting/help?case={case}", "shop_help", "warn private has more than 60 characters"},
		{"https://shop.example/help?case={case}", `"send your address here"`, "shop_help", " more: BLOCKS: asks_personal on “send your address”"},
	} {
		must(t, os.WriteFile(path, []byte(strings.Replace(twoAccounts, tt.old, tt.new, 1)), 0o600))
		got := []string{}
		for _, f := range check(t.Context(), &flags{config: path}) {
			if f.What == "account "+tt.account+", templates" {
				mark := map[bool]string{true: "ok", false: "BAD"}[f.OK]
				if f.Warn {
					mark = "warn"
				}
				got = append(got, mark+" "+f.Text)
			}
		}
		if !strings.Contains(strings.Join(got, "\n"), tt.want) {
			t.Errorf("%q: no %q in\n%s", tt.new, tt.want, strings.Join(got, "\n"))
		}
	}
}
