package mastodon

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"socialwatch"
)

// composer makes the final form of replies. It knows the server's limits and
// domain once they are learnt, which any Fetch, Find or Probe does; until
// then it counts with Mastodon's own.
type composer struct{ *client }

// Compose puts the author's address in front, chooses the visibility and
// counts. It refuses an empty text, a parent of our own or of another server,
// and a text that would address somebody else.
func (c composer) Compose(d socialwatch.Draft) (socialwatch.Payload, error) {
	f := c.known()
	parent := d.Parent
	text := socialwatch.CleanText(d.Text)
	switch {
	case d.Account != c.opt.Account || parent.Network != socialwatch.Mastodon || parent.Host != c.host:
		return socialwatch.Payload{}, errors.New("the post belongs to another account")
	case parent.Own:
		return socialwatch.Payload{}, errors.New("the post is our own")
	case text == "":
		return socialwatch.Payload{}, errors.New("the reply has no text")
	}
	name, err := addressOf(parent.Author.Handle, f.domain)
	if err != nil {
		return socialwatch.Payload{}, err
	}
	if addresses(text, name, parent.Author.Handle) {
		return socialwatch.Payload{}, errors.New("the text addresses somebody else with @: " +
			"on this network that would send it to them; write the name without @, or a link")
	}
	p := socialwatch.Payload{
		Network: socialwatch.Mastodon, Host: c.host, Account: d.Account,
		ParentID: parent.ID, ParentRev: parent.Revision(), ParentBy: parent.Author.ID,
		ParentName: name, Prefix: "@" + name + " ", Text: text, Warning: c.warning(parent.Warning),
		Visibility: replyVisibility(parent.Visibility, c.opt.ReplyVisibility),
		Language:   language(d.Language), Template: d.Template, TemplateV: d.TemplateV,
		Limit: f.limit,
	}
	p.Length = length(p.Whole()+p.Warning, f.reserved)
	return p, nil
}

// neutralWarning stands for a warning of the customer's that we would not say
// in our own name. The reply stays behind a warning all the same.
const neutralWarning = "re: your post"

// Most code points and words of a warning that is taken over: a topic has few,
// and a sentence would be ours.
const (
	warningLimit = 80
	warningWords = 4
)

// warning is the customer's content warning when it is short and plain, words
// without links, addresses, long numbers and characters that don't show, and
// may be echoed. It would stand in public as ours, so any other is replaced.
func (c composer) warning(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || plain(s) && (c.opt.Echoes == nil || c.opt.Echoes(s)) {
		return s
	}
	return neutralWarning
}

func plain(s string) bool {
	runes := []rune(s)
	if len(runes) > warningLimit || len(strings.Fields(s)) > warningWords || strings.ContainsAny(s, "@\uff20:/\\!?") {
		return false
	}
	digits := 0
	for i, r := range runes {
		if unicode.IsDigit(r) {
			digits++
		} else if !strings.ContainsRune(" -.,()+", r) { // a number goes on across these
			digits = 0
		}
		host := strings.ContainsRune(".\u3002\uff0e\uff61", r) && i+1 < len(runes) &&
			(unicode.IsLetter(runes[i+1]) || unicode.IsDigit(runes[i+1]))
		if digits >= 4 || host || r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// addressOf is what goes after the "@" (R11): the full address, but a local
// account's name without the server's own domain, as the server writes it. A
// bare name for a remote author would address another, local person.
func addressOf(handle, domain string) (string, error) {
	user, host, ok := strings.Cut(handle, "@")
	if !ok || user == "" || host == "" || strings.ContainsAny(handle, " \t\n") || strings.Contains(host, "@") {
		return "", fmt.Errorf("the author's address is not complete: it needs a name and a server")
	}
	if strings.EqualFold(host, domain) {
		return user, nil
	}
	return handle, nil
}

// replyVisibility is never wider than the parent's, nor than the setting (R10).
func replyVisibility(parent, widest socialwatch.Visibility) socialwatch.Visibility {
	switch {
	case !parent.PublicToRead():
		return socialwatch.Direct
	case parent.Wider(widest):
		return widest
	}
	return parent
}

// language is the tag to send; empty, which is the account's own, when the
// text has none.
func language(tag string) string {
	if tag == "und" || tag == "zxx" {
		return ""
	}
	return tag
}

// addresses reports whether the text holds an @name that a server may take as
// an address, other than the allowed ones. An e-mail address is none, nor is
// the name in a profile's address.
func addresses(text string, allowed ...string) bool {
	rest, before := text, ' '
	for rest != "" {
		at := strings.IndexByte(rest, '@')
		if at < 0 {
			return false
		}
		if at > 0 {
			before, _ = utf8.DecodeLastRuneInString(rest[:at])
		}
		rest = rest[at+1:]
		if !nameRune(before) && before != '/' && before != '=' {
			end := strings.IndexFunc(rest, func(r rune) bool { return !nameRune(r) && r != '@' && r != '.' && r != '-' && r != ':' })
			if end < 0 {
				end = len(rest)
			}
			name := strings.TrimRight(rest[:end], ".-:@")
			if name != "" && nameRune(rune(name[0])) && !oneOf(name, allowed) {
				return true
			}
		}
		before = '@'
	}
	return false
}

func nameRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func oneOf(name string, allowed []string) bool {
	for _, a := range allowed {
		if strings.EqualFold(name, a) {
			return true
		}
	}
	return false
}

// length counts safely for both servers (R12): GoToSocial counts code points
// and links in full, Mastodon graphemes and every link as a fixed number. So:
// code points, and a link as the larger of its own length and that number.
func length(text string, reserved int) int {
	n := utf8.RuneCountInString(text)
	for {
		i := strings.Index(text, "://")
		if i < 0 {
			return n
		}
		// A link that a server takes as longer than we do costs less there.
		start := strings.LastIndexFunc(text[:i], func(r rune) bool { return !nameRune(r) }) + 1
		tail := text[i+3:]
		end := strings.IndexFunc(tail, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>`{}|\\^", r) })
		if end < 0 {
			end = len(tail)
		}
		link := i + 3 - start + len(strings.TrimRight(tail[:end], ".,;:!?)('*_~"))
		n += max(0, reserved-link)
		text = tail[end:]
	}
}
