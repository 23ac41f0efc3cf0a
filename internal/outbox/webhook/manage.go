package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"socialwatch"
)

// Directory is where endpoints are kept. Each method writes who did it.
type Directory interface {
	Webhook(ctx context.Context, name string) (socialwatch.Webhook, error)
	AddWebhook(ctx context.Context, w socialwatch.Webhook, by string) error
	ChangeWebhook(ctx context.Context, c socialwatch.WebhookChange) error
}

// Manager does what people want of endpoints, as far as secrets are concerned.
type Manager struct {
	Directory Directory
	Keys      Keys
	Sender    *Sender
	Now       func() time.Time
}

// endpointName is what an endpoint may be called.
var endpointName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Overlap is how long an old secret signs beside a new one, unless a person
// says otherwise; LongestOverlap is the most.
const (
	Overlap        = 24 * time.Hour
	LongestOverlap = 30 * 24 * time.Hour
)

// Add makes an endpoint, which is told of the events after a number, or with a
// negative one of what happens from now on, and returns its signing secret,
// which is never shown again.
func (m *Manager) Add(ctx context.Context, name, url string, f socialwatch.WebhookFilter, after int64, by string) (string, error) {
	if !endpointName.MatchString(name) {
		return "", newProblem("name", "write a name of at most 64 letters, digits, _ and -, such as help_desk")
	}
	u, err := m.Sender.Guard.CheckURL(url)
	if err != nil {
		return "", err
	}
	w := socialwatch.Webhook{Name: name, Ref: newRef(), Address: shown(u), Filter: f, Seq: after, CreatedAt: socialwatch.Micros(m.Now())}
	text := newSecret()
	if w.Sealed, err = seal(m.Keys, w.Ref, secrets{URL: url, Keys: []secret{{Text: text}}}); err != nil {
		return "", err
	}
	return text, m.Directory.AddWebhook(ctx, w, by)
}

// Rotate gives an endpoint a new signing secret, which is never shown again. The
// old one signs beside it until overlap is over. Refused while so many sign that
// one would have to end early.
func (m *Manager) Rotate(ctx context.Context, name string, overlap time.Duration, by string) (string, error) {
	if overlap < 0 || overlap > LongestOverlap {
		return "", fmt.Errorf("an old secret signs for 0s to %s more", LongestOverlap)
	}
	var fresh string
	err := m.change(ctx, name, by, func(s secrets, c *socialwatch.WebhookChange) (_ secrets, err error) {
		c.Rotated = true
		s, fresh, err = s.rotated(c.At, overlap)
		return s, err
	})
	return fresh, err
}

// Move gives an endpoint another address; its secret stays.
func (m *Manager) Move(ctx context.Context, name, url, by string) error {
	u, err := m.Sender.Guard.CheckURL(url)
	if err != nil {
		return err
	}
	return m.change(ctx, name, by, func(s secrets, c *socialwatch.WebhookChange) (secrets, error) {
		s.URL, c.Address = url, shown(u)
		return s, nil
	})
}

// change reads what is sealed, changes it, and stores it unless somebody else
// was faster.
func (m *Manager) change(ctx context.Context, name, by string, fn func(secrets, *socialwatch.WebhookChange) (secrets, error)) error {
	w, err := m.Directory.Webhook(ctx, name)
	if err != nil {
		return err
	}
	s, err := open(m.Keys, w)
	if err != nil {
		return err
	}
	c := socialwatch.WebhookChange{Name: name, Address: w.Address, Version: w.Version, By: by, At: socialwatch.Micros(m.Now())}
	if s, err = fn(s, &c); err != nil {
		return err
	}
	if c.Sealed, err = seal(m.Keys, w.Ref, s); err != nil {
		return err
	}
	return m.Directory.ChangeWebhook(ctx, c)
}

// Test calls an endpoint with a message of the type TestType. The error says why
// it did not take it.
func (m *Manager) Test(ctx context.Context, name, by string) error {
	w, err := m.Directory.Webhook(ctx, name)
	if err != nil {
		return err
	}
	to, err := open(m.Keys, w)
	if err != nil {
		return err
	}
	now := socialwatch.Micros(m.Now())
	event := socialwatch.EventV1{Kind: TestType, Actor: by, At: now, Data: json.RawMessage(`{}`)}
	body, err := json.Marshal(Payload{Type: TestType, Timestamp: now, Data: Data{Event: event}})
	if err != nil {
		return fmt.Errorf("write a test: %w", err)
	}
	if a := m.Sender.send(ctx, to, message{id: fmt.Sprintf("msg_%s_test%d", w.Ref, now.UnixMicro()), body: body}); a.error != "" {
		return fmt.Errorf("%s did not take the message: %w", name, newProblem("answer", a.error))
	}
	return nil
}

// Check says why an endpoint cannot be called, as far as that is known without
// calling it.
func (m *Manager) Check(w socialwatch.Webhook) error {
	s, err := open(m.Keys, w)
	if err != nil {
		return err
	}
	_, err = m.Sender.Guard.CheckURL(s.URL)
	return err
}
