package console

// englishAlerts are the texts about alerts, alarms and notifications.
var englishAlerts = map[string]string{
	"alerts":               "Alerts",
	"alerts.what":          "Channels that are told what needs people. The configuration names them; socialwatch alerts test NAME tries one.",
	"alert.slack":          "Slack",
	"alert.teams":          "Teams",
	"alert.on":             "Told of",
	"alert.accounts":       "Accounts",
	"alert.accounts.all":   "all",
	"alert.last":           "Last message",
	"alert.messages":       "Messages",
	"alert.idle":           "nothing told yet",
	"alert.good":           "works",
	"alert.unusable":       "cannot be used",
	"alert.unusable.title": "Nothing can be told:",
	"alert.failing":        "Nothing arrives since %s (%d failures):",
	"alert.do":             "Nothing is lost: it is told as one message when the channel answers. Next try at %s. If it does not heal, make a new webhook and export its address.",
	"topic.breach":         "breaches",
	"topic.spike":          "spikes",
	"topic.unattended":     "overdue drafts without an approver",
	"topic.stopped":        "publishing stopped",
	"topic.polling":        "polling",

	"unattended.title": "%s: an overdue draft waits and no approver is signed in.",
	"unattended.text":  "Tell an approver.",
	"unattended.you":   "You may approve it.",
	"unattended.look":  "Show its queue",

	"event.queue.unattended": "An overdue draft waits without an approver",
	"event.queue.attended":   "No overdue draft waits without an approver",
	"event.polling.missed":   "Polls are missed: posts may be missing",
	"event.polling.working":  "Polls work again",
	"audit.queue":            "Approvers’ absence",
}
