package console

// englishChanged are the texts about what changed since the draft before.
var englishChanged = map[string]string{
	"changed":         "What changed since the last draft",
	"changed.anew":    "Drafted anew:",
	"changed.look":    "See what changed",
	"changed.edited":  "Post edited",
	"changed.new":     "New post",
	"changed.gone":    "Post deleted",
	"changed.native":  "Answered in the network’s own app",
	"changed.link":    "our answer",
	"changed.parent":  "It is the one to answer, above.",
	"changed.unknown": "What it said before is not kept.",
	"changed.beside":  "Its words are the same but for what is masked here, or something beside the words has changed.",
	"changed.ours":    "What we say",
	"changed.same":    "The draft says the same as the last one.",
	"changed.erased":  "The words of the last draft are erased.",
	"changed.before":  "The last draft",
}
