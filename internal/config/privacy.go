package config

import (
	"fmt"
	"time"
)

// Privacy says what is kept of customers' personal data.
type Privacy struct {
	MaskStored []string `yaml:"mask_stored" example:"[email, phone, address]" doc:"Kinds of personal data that posts are stored without: email, phone, address. Each is replaced by * for good, so the console cannot show it either; who needs it opens the original. Card numbers are always stored masked. Empty: people signed in see the rest; the API, views, events and logs never hold any of it."`
	Retain     Retain   `yaml:"retain" doc:"How long words and names are kept. What is older is erased every night: a tombstone with number, times and events stays. 0s: for ever."`
}

// Retain says how long what is kept.
type Retain struct {
	Ignored  time.Duration `yaml:"ignored" example:"2160h" doc:"Posts without a case, ignored or imported, since they were taken in: 90 days."`
	Closed   time.Duration `yaml:"closed" example:"17520h" doc:"Closed cases with their posts, notes and replies, since anything happened in them: two years. Open ones, and those with a reply in doubt, stay."`
	Commands time.Duration `yaml:"commands" example:"2160h" doc:"Answered commands of other systems, since the answer: 90 days, at least a week. The same key again does nothing for as long; then it is a new command."`
	SetAside time.Duration `yaml:"set_aside" example:"168h" doc:"Raw items that could not be read: seven days; a day at most where the network charges for reading."`
}

// leastRetain keeps a slip of the pen from erasing what people work with: reopening
// alone takes three days.
const leastRetain = 24 * time.Hour

// leastCommands is a guess at how long systems try again what was lost: a key that
// is forgotten sooner would have its effect twice.
const leastCommands = 7 * 24 * time.Hour

func (c Config) checkPrivacy(add func(path, format string, args ...any)) {
	for i, kind := range c.Privacy.MaskStored {
		if kind != "email" && kind != "phone" && kind != "address" {
			add(fmt.Sprintf("privacy.mask_stored[%d]", i), "unknown kind %q: write email, phone or address (cards always are masked)", kind)
		}
	}
	r := c.Privacy.Retain
	for _, one := range []struct {
		key string
		d   time.Duration
	}{{"ignored", r.Ignored}, {"closed", r.Closed}, {"set_aside", r.SetAside}} {
		if one.d != 0 && one.d < leastRetain {
			add("privacy.retain."+one.key, "%s is less than a day: write at least 24h, or 0s for ever", one.d)
		}
	}
	if r.Commands != 0 && r.Commands < leastCommands {
		add("privacy.retain.commands", "%s is less than a week, in which systems may still send a command again: write at least 168h, or 0s for ever", r.Commands)
	}
}
