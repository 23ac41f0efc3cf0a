package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"socialwatch"
)

// Keys seal and open what an endpoint has that is secret.
type Keys interface {
	Seal(name string, plain []byte) ([]byte, error)
	Open(name string, sealed []byte) ([]byte, error)
}

// secrets are what is sealed of an endpoint.
type secrets struct {
	URL  string   `json:"url"`
	Keys []secret `json:"keys"` // the newest first; each signs until it ends
}

// secret is one signing secret. The zero Until has no end.
type secret struct {
	Text  string    `json:"text"` // whsec_…
	Until time.Time `json:"until,omitzero"`
}

// String and GoString keep secrets out of whatever prints them.
func (s secrets) String() string   { return "secrets" }
func (s secrets) GoString() string { return "secrets" }

const (
	secretPrefix = "whsec_"
	secretBytes  = 32
)

// newSecret makes a signing secret.
func newSecret() string {
	b := make([]byte, secretBytes)
	rand.Read(b)
	return secretPrefix + base64.StdEncoding.EncodeToString(b)
}

// newRef makes what sets an endpoint's messages apart from those of any other.
func newRef() string {
	b := make([]byte, 6)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// sealName is under what an endpoint's secrets are sealed.
func sealName(ref string) string { return "webhook/" + ref }

func seal(k Keys, ref string, s secrets) ([]byte, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, errors.New("the secrets cannot be written down")
	}
	sealed, err := k.Seal(sealName(ref), plain)
	if err != nil {
		return nil, newProblem("key", err.Error())
	}
	return sealed, nil
}

func open(k Keys, w socialwatch.Webhook) (s secrets, err error) {
	plain, err := k.Open(sealName(w.Ref), w.Sealed)
	if err != nil {
		return s, newProblem("sealed", fmt.Sprintf("open the secrets of the webhook %s: %v", w.Name, err))
	}
	if err := json.Unmarshal(plain, &s); err != nil {
		return secrets{}, newProblem("sealed", fmt.Sprintf("the secrets of the webhook %s cannot be read: remove it and add it again", w.Name))
	}
	return s, nil
}

// rotated has a fresh secret sign beside those that still do, which end after
// overlap. It refuses rather than end one of them early.
func (s secrets) rotated(now time.Time, overlap time.Duration) (secrets, string, error) {
	fresh, end := newSecret(), now.Add(overlap)
	keys := []secret{{Text: fresh}}
	for _, old := range s.Keys {
		if old.Until.IsZero() || old.Until.After(end) {
			old.Until = end
		}
		if old.Until.After(now) {
			keys = append(keys, old)
		}
	}
	if len(keys) > mostKeys {
		next := slices.MinFunc(s.signing(now), func(a, b secret) int { return a.Until.Compare(b.Until) }).Until
		return s, "", newProblem("many", fmt.Sprintf("%d secrets sign already: rotate after %s, when the first of them ends, or with an overlap of 0s, which ends all but the new one at once",
			mostKeys, next.UTC().Format("2006-01-02 15:04:05 MST")))
	}
	s.Keys = keys
	return s, fresh, nil
}

// signing are the old secrets that still sign.
func (s secrets) signing(now time.Time) (old []secret) {
	for _, k := range s.Keys {
		if k.Until.After(now) {
			old = append(old, k)
		}
	}
	return old
}

// mostKeys bounds the signatures of a message.
const mostKeys = 4

// sign makes the header webhook-signature.
func (s secrets) sign(id string, at time.Time, body []byte) (string, error) {
	var all []string
	for _, k := range s.Keys {
		if !k.Until.IsZero() && !k.Until.After(at) {
			continue
		}
		w, err := standardwebhooks.NewWebhook(k.Text)
		if err != nil {
			return "", errors.New("a signing secret cannot be read") // the error would quote it
		}
		one, err := w.Sign(id, at, body)
		if err != nil {
			return "", errors.New("a message cannot be signed")
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return "", errors.New("there is no signing secret: rotate it")
	}
	return strings.Join(all, " "), nil
}
