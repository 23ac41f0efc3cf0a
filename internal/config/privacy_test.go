package config

import (
	"strings"
	"testing"
	"time"
)

// TestRetentionIsADayOrForEver: a slip of the pen erases nothing that people work
// with.
func TestRetentionIsADayOrForEver(t *testing.T) {
	for text, wrong := range map[string]bool{"0s": false, "24h": false, "1h": true, "-24h": true} {
		_, err := Parse("f", []byte("privacy: {retain: {closed: "+text+"}}"))
		if got := err != nil && strings.Contains(err.Error(), "privacy.retain.closed"); got != wrong {
			t.Errorf("%s: %v", text, err)
		}
	}
	c, err := Parse("f", []byte("privacy: {mask_stored: [email]}"))
	if err != nil || c.Privacy.Retain != (Retain{90 * 24 * time.Hour, 730 * 24 * time.Hour, 7 * 24 * time.Hour}) {
		t.Errorf("defaults: %+v, %v", c.Privacy.Retain, err)
	}
}
