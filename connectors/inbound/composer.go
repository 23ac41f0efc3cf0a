package inbound

import (
	"errors"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"socialwatch"
)

type composer struct{ *client }

// Compose keeps the text as it is and counts it as the account says. What is
// not public to read is answered in private.
func (c composer) Compose(d socialwatch.Draft) (socialwatch.Payload, error) {
	parent, text := d.Parent, socialwatch.CleanText(d.Text)
	switch {
	case d.Account != c.opt.Account || parent.Network != c.opt.Network || parent.Host != c.opt.Host:
		return socialwatch.Payload{}, errors.New("the post belongs to another account")
	case parent.Own:
		return socialwatch.Payload{}, errors.New("the post is our own")
	case text == "":
		return socialwatch.Payload{}, errors.New("the reply has no text")
	}
	return socialwatch.Payload{
		Network: c.opt.Network, Host: c.opt.Host, Account: d.Account,
		ParentID: parent.ID, ParentRev: parent.Revision(), ParentBy: parent.Author.ID, ParentName: parent.Author.Handle,
		Text: text, Visibility: c.visibility(parent.Visibility), Language: d.Language,
		Template: d.Template, TemplateV: d.TemplateV, Length: c.opt.Count.Of(text), Limit: c.opt.MaxLength,
	}, nil
}

// visibility is never wider than the post's, nor than the setting.
func (c composer) visibility(of socialwatch.Visibility) socialwatch.Visibility {
	switch {
	case !of.PublicToRead():
		return socialwatch.Direct
	case of.Wider(c.opt.ReplyVisibility):
		return c.opt.ReplyVisibility
	}
	return of
}

// Of is the length of a text; of anything but Graphemes in code points.
func (c Count) Of(text string) int {
	if c == Graphemes {
		return uniseg.GraphemeClusterCount(text)
	}
	return utf8.RuneCountInString(text)
}
