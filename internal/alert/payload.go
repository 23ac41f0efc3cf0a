package alert

import (
	"encoding/json"
	"fmt"
	"strings"
)

// payload is a message as an endpoint of a kind takes it.
func payload(kind Kind, m Message) ([]byte, error) {
	switch kind {
	case Slack:
		return json.Marshal(slackMessage{Text: mrkdwn(m)})
	case Teams:
		return json.Marshal(teamsMessage{Type: "message", Attachments: []attachment{{
			ContentType: "application/vnd.microsoft.card.adaptive", Content: card(m)}}})
	}
	return nil, fmt.Errorf("there is no kind %q of endpoint", kind)
}

// slackMessage is a text without previews of its links, which would only repeat
// that one must log in. All of it stands in text, which notifications, screen
// readers and services other than Slack read.
type slackMessage struct {
	Text        string `json:"text"`
	UnfurlLinks bool   `json:"unfurl_links"`
	UnfurlMedia bool   `json:"unfurl_media"`
}

// control makes Slack's three control characters text: without < there is no
// link, no mention of a person and none of a channel.
var control = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// mrkdwn writes a message in Slack's markup.
func mrkdwn(m Message) string {
	var b strings.Builder
	for i, s := range m.Sections {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "*%s*", control.Replace(s.Title))
		for _, l := range s.Lines {
			b.WriteString("\n• ")
			if l.Link != "" {
				fmt.Fprintf(&b, "<%s|%s>: ", control.Replace(l.URL), control.Replace(l.Link))
			}
			b.WriteString(control.Replace(l.Text))
		}
	}
	return b.String()
}

type teamsMessage struct {
	Type        string       `json:"type"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	ContentType string       `json:"contentType"`
	ContentURL  *string      `json:"contentUrl"` // null: the card stands in content
	Content     adaptiveCard `json:"content"`
}

type adaptiveCard struct {
	Schema  string      `json:"$schema"`
	Type    string      `json:"type"`
	Version string      `json:"version"`
	Body    []textBlock `json:"body"`
	MSTeams struct {
		Width string `json:"width"`
	} `json:"msteams"`
}

// textBlock is a RichTextBlock: of an Adaptive Card's texts the one that is not
// read as Markdown, so that nothing in it can become a link or a mention.
type textBlock struct {
	Type    string    `json:"type"`
	Spacing string    `json:"spacing,omitempty"`
	Inlines []textRun `json:"inlines"`
}

type textRun struct {
	Type   string   `json:"type"`
	Text   string   `json:"text"`
	Weight string   `json:"weight,omitempty"`
	Select *openURL `json:"selectAction,omitempty"`
}

type openURL struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// cardVersion is the first one with RichTextBlock, and the one that Teams on
// phones shows.
const cardVersion = "1.2"

func card(m Message) adaptiveCard {
	c := adaptiveCard{Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: cardVersion}
	c.MSTeams.Width = "Full"
	for i, s := range m.Sections {
		title := textBlock{Type: "RichTextBlock", Inlines: []textRun{{Type: "TextRun", Text: s.Title, Weight: "Bolder"}}}
		if i > 0 {
			title.Spacing = "Large"
		}
		c.Body = append(c.Body, title)
		for _, l := range s.Lines {
			block := textBlock{Type: "RichTextBlock", Spacing: "Small"}
			if l.Link != "" {
				block.Inlines = append(block.Inlines, textRun{Type: "TextRun", Text: l.Link, Select: &openURL{"Action.OpenUrl", l.URL}},
					textRun{Type: "TextRun", Text: ": "})
			}
			block.Inlines = append(block.Inlines, textRun{Type: "TextRun", Text: l.Text})
			c.Body = append(c.Body, block)
		}
	}
	return c
}
