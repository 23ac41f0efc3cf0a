package config

import "time"

// checkCases checks the promises of time.
func (c Config) checkCases(add func(path, format string, args ...any)) {
	t := c.Cases.Targets
	for _, one := range []struct {
		key   string
		times []time.Duration
	}{{"first_response", t.First}, {"next_response", t.Next}, {"resolution", t.Resolution}} {
		path := "cases.targets." + one.key
		if len(one.times) != 0 && len(one.times) != 4 {
			add(path, "write four durations, for levels 1 to 4, such as [30m, 1h, 2h, 8h]")
			continue
		}
		for i, d := range one.times {
			switch {
			case d < time.Minute || d > 8760*time.Hour:
				add(path, "%s is for level %d: write 1m to 8760h", d, i+1)
			case i > 0 && d < one.times[i-1]:
				add(path, "level %d is less urgent than level %d: give it at least as long", i+1, i)
			}
		}
	}
	if p := c.Cases.Private; p < time.Minute || p > 720*time.Hour {
		add("cases.private_wait", "write 1m to 720h")
	}
}
