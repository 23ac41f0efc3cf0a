package console

// englishLife are the texts of what a case owes, of hand-offs and merges.
var englishLife = map[string]string{
	"target.first_response": "first response",
	"target.next_response":  "next response",
	"target.resolution":     "resolution",
	"target.stands":         "stands while it waits",
	"next.due":              "next:",
	"next.resolve":          "resolve:",

	"tab.raised":   "Did not come in private",
	"chip.raised":  "did not come in private",
	"raised.title": "Did not come in private",
	"raised.what":  "They were asked to come to us in private and did not: write again, or resolve the case.",
	"raised.since": "raised",
	"raised.all":   "All of them",

	"life.private":    "Private contact came",
	"life.answered":   "Answered in private",
	"life.merge":      "Merge",
	"life.merge.with": "One matter with",
	"life.merge.what": "The older case survives: posts, replies, notes and tags come to it, and its number answers for both. It can be undone.",
	"life.merged":     "%s was merged into this case by",
	"life.unmerge":    "Take %s out again",

	"did.answered":  "The answer on %s counts.",
	"did.contacted": "Private contact is noted on %s.",
	"did.merged":    "Merged: %s holds both.",
	"did.unmerged":  "Undone: %s has what is its own. What came since has stayed.",

	"chip.vanished":     "our reply is gone",
	"hints":             "May belong to this case",
	"hints.what":        "Nothing follows by itself: a number or an order proves nothing about who writes.",
	"hint.quotes":       "%s on %s quotes %s.",
	"hint.order":        "%s on %s names the same order, %s.",
	"hint.link":         "Link %s",
	"did.linked":        "%s is linked now.",
	"fact.follows":      "Follows",
	"fact.followed":     "Followed by",
	"event.case.linked": "Linked with another case",
	"event.reply.gone":  "Our reply is gone from the network",

	"how.reply":   "by a reply",
	"how.native":  "in the network's own app",
	"how.private": "in private",
}
