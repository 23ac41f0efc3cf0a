package publish

import (
	"context"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// unguarded publishes on a network that knows no keys.
type unguarded struct{}

func (unguarded) Reply(context.Context, socialwatch.Payload, string) (socialwatch.Published, error) {
	return socialwatch.Published{}, nil
}
func (unguarded) Guard() time.Duration { return 0 }

// TestResendsComeEverMoreRarely: a network that refuses the words as a double,
// because they stand under another post, would else be asked every few seconds
// for hours, at the cost of all other replies.
func TestResendsComeEverMoreRarely(t *testing.T) {
	p := &Publisher{Resend: func(string) bool { return true }, Now: time.Now}
	c := &connectors.Connector{Account: "shop", Replier: unguarded{}}
	now := time.Now()
	for n, want := range map[int]time.Duration{1: 0, 2: 15 * time.Second, 4: time.Minute, 50: 16 * time.Minute} {
		o := p.absent(c, socialwatch.Attempt{Reply: socialwatch.Reply{ExpiresAt: now.Add(time.Hour)}, N: n, Looks: 2, FirstAt: now}, now)
		if got := o.RetryAt.Sub(now); o.State != socialwatch.ReplyUnknown || got != want {
			t.Errorf("attempt %d: %s, again after %s, want %s", n, o.State, got, want)
		}
	}
}
