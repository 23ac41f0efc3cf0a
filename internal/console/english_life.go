package console

// englishLife are the texts of what a case owes, of hand-offs and merges.
var englishLife = map[string]string{
	"target.first_response": "first response",
	"target.next_response":  "next response",
	"target.resolution":     "resolution",
	"target.stands":         "stands while it waits",
	"next.due":              "next:",

	"how.reply":   "by a reply",
	"how.native":  "in the network's own app",
	"how.private": "in private",
}
