package config

import (
	"strings"
	"testing"
	"time"
)

// TestRetentionIsADayOrForEver: a slip of the pen erases nothing that people work
// with.
func TestRetentionIsADayOrForEver(t *testing.T) {
	for key, texts := range map[string]map[string]bool{
		"closed":   {"0s": false, "24h": false, "1h": true, "-24h": true},
		"commands": {"0s": false, "168h": false, "167h": true, "-168h": true},
	} {
		for text, wrong := range texts {
			_, err := Parse("f", []byte("privacy: {retain: {"+key+": "+text+"}}"))
			if got := err != nil && strings.Contains(err.Error(), "privacy.retain."+key); got != wrong {
				t.Errorf("%s %s: %v", key, text, err)
			}
		}
	}
	c, err := Parse("f", []byte("privacy: {mask_stored: [email]}"))
	if err != nil || c.Privacy.Retain != (Retain{90 * 24 * time.Hour, 730 * 24 * time.Hour, 90 * 24 * time.Hour, 7 * 24 * time.Hour}) {
		t.Errorf("defaults: %+v, %v", c.Privacy.Retain, err)
	}
}
