package console

// englishSearch are the texts of search.
var englishSearch = map[string]string{
	"search":             "Search",
	"search.field":       "Search cases",
	"search.words":       "Words, number or @handle",
	"search.hint":        "Finds cases by all words of posts, replies, notes and tags, by order or tracking number, and by @handle; the last word may be unfinished. A case number opens the case.",
	"search.from":        "Opened from",
	"search.to":          "to",
	"search.any":         "Any",
	"search.many":        "more than %d",
	"search.cut":         "That is too long: the words at its end did not count.",
	"search.late":        "What has changed since %s is not found yet.",
	"search.none":        "There is no word to look for in this.",
	"search.nothing":     "No case has all of these words.",
	"search.nothing.why": "Try fewer of them, or their beginning. Posts that were deleted are not found, nor are those without a case.",
	"search.plain":       "The words stand in its names or numbers. It begins:",
	"search.post":        "Post by",
	"search.reply":       "Our reply",
	"search.note":        "Note by",
	"key.search":         "search",
}
