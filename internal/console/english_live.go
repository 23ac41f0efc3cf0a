package console

// englishLive are the words of the live channel.
var englishLive = map[string]string{
	"reply.snoozed": "snoozed",

	"js.calm":   "This has just come: press again.",
	"js.more":   "%d more, press .",
	"js.pause":  "Pause updates",
	"js.resume": "Resume updates",
	"js.paused": "Updates are paused: nothing on this page changes by itself.",
}
