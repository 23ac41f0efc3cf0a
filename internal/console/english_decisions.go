package console

// englishDecisions are the texts about what a decision asks of a person.
var englishDecisions = map[string]string{
	"confirm.title":        "Look once more before this goes out.",
	"confirm.stale":        "This has changed since you looked.",
	"confirm.how":          "Approve again to confirm exactly this.",
	"confirm.do":           "Confirm",
	"confirm.edited":       "a person has written or changed the text",
	"confirm.new_template": "nobody has approved this version of the template here before",
	"confirm.wide_reach":   "many people read this customer",
	"confirm.warnings":     "the safety check warns",
}
