package console

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"socialwatch"
)

// workText is what an event of a person's work on a case says.
func (c *Console) workText(e socialwatch.Event) string {
	text := func(key string) string { s, _ := e.Data[key].(string); return s }
	switch e.Kind {
	case socialwatch.EventCaseAssigned:
		words := []string{}
		if text("assignee") != text("was_assignee") {
			words = append(words, cmp.Or(text("assignee"), say("nobody")))
		}
		if text("team") != text("was_team") {
			words = append(words, say("team")+" "+cmp.Or(text("team"), say("team.none")))
		}
		return strings.Join(words, ", ")
	case socialwatch.EventCaseClaimed, socialwatch.EventCaseReleased:
		return say("owned.event", text("system"), text("reference"))
	case socialwatch.EventCaseEscalated:
		if team := text("team"); team != "" {
			return say("team") + " " + team
		}
	case socialwatch.EventCaseSnoozed:
		until, err := time.Parse(time.RFC3339, text("until"))
		if err != nil || until.Equal(socialwatch.UntilMention) {
			return say("snooze.mention")
		}
		return c.moment(until).Clock
	case socialwatch.EventCaseBreached, socialwatch.EventCaseWarned:
		return label("target", cmp.Or(text("target"), string(socialwatch.FirstResponse)))
	case socialwatch.EventCaseResponded:
		return label("how", text("how"))
	case socialwatch.EventCaseWoken:
		return label("woken", text("why"))
	case socialwatch.EventCaseTagged:
		return strings.Join(append(signed("+", e.Data["added"]), signed("−", e.Data["removed"])...), " ")
	case socialwatch.EventMentionPromoted:
		return label("ignored", text("was"))
	}
	return ""
}

// signed are the words of a list in an event, each behind a sign.
func signed(sign string, list any) (words []string) {
	all, _ := list.([]any)
	for _, word := range all {
		words = append(words, sign+fmt.Sprint(word))
	}
	return words
}
