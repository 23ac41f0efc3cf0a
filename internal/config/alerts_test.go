package config

import (
	"strings"
	"testing"
)

func TestTheAddressOfAnAlertIsNeverQuoted(t *testing.T) {
	a := Alert{Name: "room", Kind: "slack", URLEnv: "SOCIALWATCH_TEST_ALERT"}
	for text, good := range map[string]bool{
		"": false, "https://hooks.slack.com/services/s3cr3t": true, "http://hooks.slack.com/services/s3cr3t": false,
		"http://127.0.0.1:8/s3cr3t": true, "https://s3cr3t@host/x": false, "://s3cr3t": false, "https://%zz/s3cr3t": false, "s3cr3t": false,
	} {
		t.Setenv("SOCIALWATCH_TEST_ALERT", text)
		got, err := a.URL()
		if good != (err == nil) || good && got != text {
			t.Errorf("%q: %q, %v", text, got, err)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "SOCIALWATCH_TEST_ALERT")) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestRetiredAddressesAreKnown(t *testing.T) {
	for address, want := range map[string]string{
		"slack https://hooks.slack.com/services/x":                               "",
		"slack https://chat.shop.example/hooks/x":                                "",
		"slack https://default1.2.environment.api.powerplatform.com:443/x":       "kind: teams",
		"teams https://hooks.slack.com/services/x":                               "kind: slack",
		"teams https://default1.2.environment.api.powerplatform.com:443/x?sig=y": "",
		"teams https://shop.webhook.office.com/webhookb2/x":                      "retired",
		"teams https://prod-1.westeurope.logic.azure.com:443/workflows/x":        "December 2025",
	} {
		kind, url, _ := strings.Cut(address, " ")
		if got := (Alert{Kind: kind}).Retired(url); got == "" != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
