package twitter

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"socialwatch"
	"socialwatch/connectors"
)

// composer makes the final form of replies. It is pure: what it needs to know
// stands in the options.
type composer struct{ *client }

// NewComposer returns the composer of an account whose calls X charges by a
// contract and not by its list, as those of package legacy: replies have no
// price, and links are allowed. handle is our username without @.
func NewComposer(account, handle string) connectors.Composer {
	return composer{&client{opt: Options{Account: account, Handle: handle, Links: LinksPriced}}}
}

// Compose counts the text, says what X will charge for it, and refuses what X
// would refuse or what would do more than answer: a post that neither names nor quotes us
// (X lets the API answer only those), a text that names somebody else, that
// links when links are refused, or that has more than one cashtag. The text is
// composed (NFC), as X counts and keeps it. Nothing stands in front: X puts
// the author's name there by itself.
func (c composer) Compose(d socialwatch.Draft) (socialwatch.Payload, error) {
	parent := d.Parent
	text := norm.NFC.String(socialwatch.CleanText(d.Text))
	if err := c.answerable(d); err != nil {
		return socialwatch.Payload{}, err
	}
	item, err := c.item(text)
	if err != nil {
		return socialwatch.Payload{}, err
	}
	switch {
	case text == "":
		return socialwatch.Payload{}, errors.New("the reply has no text")
	case addresses(text, parent.Author.Handle):
		return socialwatch.Payload{}, errors.New("the text names somebody else with @: " +
			"X would tell them of it; write the name without @")
	case cashtags(text) > 1:
		return socialwatch.Payload{}, errors.New("the text holds more than one $ with a name behind it, " +
			"which X takes as stocks and refuses: write amounts with figures, or names without $")
	}
	p := socialwatch.Payload{
		Network: socialwatch.X, Host: host, Account: d.Account,
		ParentID: parent.ID, ParentRev: parent.Revision(), ParentBy: parent.Author.ID,
		ParentName: parent.Author.Handle, Text: text, Visibility: socialwatch.Public,
		Language: language(d.Language), Template: d.Template, TemplateV: d.TemplateV,
		Limit: lengthLimit, Cost: c.opt.Prices.Of(item),
	}
	p.Length = length(p.Whole())
	return p, nil
}

// answerable refuses parents that the API can't answer.
func (c composer) answerable(d socialwatch.Draft) error {
	parent := d.Parent
	switch {
	case d.Account != c.opt.Account || parent.Network != socialwatch.X || parent.Host != host:
		return errors.New("the post belongs to another account")
	case parent.Own:
		return errors.New("the post is our own")
	case !validHandle(parent.Author.Handle) || parent.Author.ID == "":
		return errors.New("the post's author is not known: answer in the app")
	case !d.Quotes && !handleIn(parent.Text, c.opt.Handle):
		return fmt.Errorf("the post neither names @%s nor quotes a post of the account, and X lets the API answer only posts that do: "+
			"a person must answer in the app", c.opt.Handle)
	}
	return nil
}

// item is what X charges the text as, or why it may not be sent. Whatever has
// http in front counts as a link here, also behind a top-level domain that is
// none today: X's list of them grows, and a link costs twenty times as much.
func (c composer) item(text string) (string, error) {
	found := links(text)
	if len(found) == 0 {
		for i := range text {
			if scheme(text[i:]) > 0 {
				found = append(found, span{i, i + len(strings.Fields(text[i:])[0])})
				break
			}
		}
	}
	switch {
	case len(found) == 0:
		return ItemCreate, nil
	case c.opt.Links == LinksPriced:
		return ItemCreateLink, nil
	}
	return "", fmt.Errorf("X takes %.60q as a link and would charge %s instead of %s: leave it out, or write a space "+
		"where it is none; to allow links set links to priced",
		text[found[0].start:found[0].end], c.opt.Prices.CreateLink.Dollars(), c.opt.Prices.Create.Dollars())
}

// addresses reports whether a text holds an @name that X would take as a
// mention of somebody else than the allowed one. The name in an e-mail address
// or in a link is none.
func addresses(text, allowed string) bool {
	var linked []span
	for i := strings.IndexAny(text, "@＠"); i >= 0; {
		if linked == nil {
			linked = append(links(text), span{len(text), len(text)})
		}
		for linked[0].end <= i {
			linked = linked[1:]
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		_, n := utf8.DecodeRuneInString(text[i:])
		rest := text[i+n:]
		end := strings.IndexFunc(rest, func(r rune) bool { return !nameSign(r) })
		if end < 0 {
			end = len(rest)
		}
		inLink := linked[0].start <= i
		if end > 0 && !inLink && !mailSign(before) && !strings.EqualFold(rest[:end], allowed) {
			return true
		}
		next := strings.IndexAny(rest[end:], "@＠")
		if next < 0 {
			return false
		}
		i += n + end + next
	}
	return false
}

// mailSign reports whether an @ behind r belongs to an address of e-mail.
func mailSign(r rune) bool { return nameSign(r) || strings.ContainsRune("!#$%&*", r) }

// cashtags counts what X takes as the symbol of a stock: a $ and one to six
// letters, which may have a point or underscore and one or two letters behind
// them, as a word of its own.
func cashtags(text string) int {
	n := 0
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '$')
		if i < 0 {
			return n
		}
		i += at
		at = i + 1
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		if i > 0 && !unicode.IsSpace(before) && !unicode.Is(unicode.Cf, before) {
			continue
		}
		end := letters(text, at, 6)
		if end == at {
			continue
		}
		if end < len(text) && (text[end] == '.' || text[end] == '_') {
			if more := letters(text, end+1, 2); more > end+1 && wordEnds(text[more:]) {
				end = more
			}
		}
		if wordEnds(text[end:]) {
			n++
		}
	}
}

// letters is where a run of at most so many ASCII letters from at ends.
func letters(text string, at, most int) int {
	end := at
	for end < len(text) && end-at < most && (text[end]|0x20 >= 'a' && text[end]|0x20 <= 'z') {
		end++
	}
	return end
}

// wordEnds reports whether a word can end before rest.
func wordEnds(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || r != '_' && (unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r))
}
