package console

// englishBench are the texts of the page of templates and its test bench.
var englishBench = map[string]string{
	"lang.hi-latn":    "Hindi, romanised",
	"templates":       "Templates",
	"key.gt":          "templates and test bench",
	"bench.title":     "Test bench",
	"bench.text":      "What would a public post be taken for, and what would it be answered with? Nothing is stored and nothing is sent.",
	"bench.post":      "Post",
	"bench.account":   "to",
	"bench.try":       "Try",
	"bench.languages": "Language",
	"bench.slots":     "filled in:",
	"bench.owner":     "by %s",
	"bench.handoff":   "hands off",
	"bench.waits":     "The case then waits for the customer's private message.",
	"bench.nothing":   "Nothing is answered by itself: a person writes, or nobody.",
	"bench.empty":     "The post is empty: write its text.",
	"bench.long":      "The post is too long: no network takes more than 32,000 bytes.",
}
