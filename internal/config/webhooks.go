package config

import "time"

// Webhooks holds what concerns the endpoints of case systems, which
// `socialwatch webhook` adds.
type Webhooks struct {
	AllowPrivate []string      `yaml:"allow_private" example:"[10.20.0.0/16]" doc:"Networks that webhooks may call though they are private, such as your own desk's; there http is taken too. Every other private, loopback or link-local address is refused, whatever name leads there. Empty: public addresses over https alone."`
	Keep         time.Duration `yaml:"keep" example:"720h" doc:"How long deliveries that have ended are listed, dead ones too; 24h to 8760h."`
}

func (c Config) checkWebhooks(add func(path, format string, args ...any)) {
	if k := c.Webhooks.Keep; k < 24*time.Hour || k > 8760*time.Hour {
		add("webhooks.keep", "write 24h to 8760h")
	}
}
