package inbound

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Headers of a signed message (Standard Webhooks).
const (
	headerID        = standardwebhooks.HeaderWebhookID
	headerTime      = standardwebhooks.HeaderWebhookTimestamp
	headerSignature = standardwebhooks.HeaderWebhookSignature
)

// tolerance is how far a message's time may be from ours.
const tolerance = 5 * time.Minute

// longestHeader bounds what is read of a signature's headers.
const longestHeader = 1000

// keys sign and verify, the first one first.
type keys struct{ all []*standardwebhooks.Webhook }

// String and GoString keep secrets out of whatever prints them.
func (keys) String() string   { return "keys" }
func (keys) GoString() string { return "keys" }

// leastSecret is the length of the shortest secret that is long enough, in
// bytes (Standard Webhooks ask for 24 to 64).
const leastSecret = 24

// parseKeys reads one secret, or two with a comma between.
func parseKeys(text string) (keys, error) {
	var k keys
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimSpace(one)
		w, err := standardwebhooks.NewWebhook(one)
		// The library's error would quote the secret.
		if err != nil || !strings.HasPrefix(one, "whsec_") || len(one) < len("whsec_")+leastSecret*4/3 {
			return k, errors.New("its secret is not one: make it with `echo whsec_$(openssl rand -base64 32)`")
		}
		k.all = append(k.all, w)
	}
	if len(k.all) > 2 {
		return k, errors.New("it has more than two secrets: give the new one, a comma, and the old one until nobody uses it")
	}
	return k, nil
}

// noKey is a key that nobody has.
func noKey() keys {
	b := make([]byte, 32)
	rand.Read(b)
	w, _ := standardwebhooks.NewWebhookRaw(b) // any bytes are a key
	return keys{[]*standardwebhooks.Webhook{w}}
}

// sign makes the signatures of a message, one by each key.
func (k keys) sign(id string, at time.Time, body []byte) (string, error) {
	var all []string
	for _, w := range k.all {
		one, err := w.Sign(id, at, body)
		if err != nil {
			return "", errors.New("the message cannot be signed")
		}
		all = append(all, one)
	}
	return strings.Join(all, " "), nil
}

// announced checks what can be before the body is read: that the headers are
// there, and the time is near.
func (k keys) announced(h http.Header, now time.Time) error {
	for _, name := range []string{headerID, headerTime, headerSignature} {
		if v := h.Values(name); len(v) != 1 || v[0] == "" || len(v[0]) > longestHeader {
			return errors.New("send the headers webhook-id, webhook-timestamp and webhook-signature, once each")
		}
	}
	seconds, err := strconv.ParseInt(h.Get(headerTime), 10, 64)
	if err != nil {
		return errors.New("webhook-timestamp must be whole seconds since 1970")
	}
	if off := now.Sub(time.Unix(seconds, 0)); off > tolerance || off < -tolerance {
		return errors.New("webhook-timestamp is more than five minutes away from our time: sign when you send, and look at the clock")
	}
	return nil
}

// genuine reports whether one of the keys has signed the message.
func (k keys) genuine(h http.Header, body []byte) bool {
	ok := false
	for _, w := range k.all {
		ok = w.VerifyIgnoringTimestamp(body, h) == nil || ok
	}
	return ok
}
