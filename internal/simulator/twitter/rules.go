package twitter

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// The texts in which X refuses.
const (
	textNotEngaged = "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to."
	textDuplicate  = "You are not allowed to create a Tweet with duplicate content."
	textTooLong    = "Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text."
	textCashtags   = "Your post contains more than one cashtag. Posts created through the API can hold at most one."
	textQuoting    = "You are not permitted to perform this action: quoting is not available for your access level."
)

// refuse holds a client's post against X's rules of writing, in the order in
// which they matter to a client: first what no repetition can heal, last the
// one against repetition. The caller holds mu.
func (s *Server) refuse(p *post, w wanted) error {
	if w.quote {
		return forbidden(textQuoting)
	}
	if s.countedLength(p, w.text) > maxLength {
		return invalidRequest("text", "", textTooLong)
	}
	if cashtags(w.text) > 1 {
		return forbidden(textCashtags)
	}
	if p.parent != nil && !s.mayReply(p.parent, p.author) {
		return forbidden(textNotEngaged)
	}
	return s.refuseDuplicate(p.author, w.text)
}

func cashtags(text string) int {
	n := 0
	for _, part := range splitText(text) {
		if part.kind == partCash {
			n++
		}
	}
	return n
}

// mayReply holds a reply against the rule of replying and the reply settings
// of the conversation. The author of the parent must have summoned the
// replier: by an @ that they typed into the post, or by quoting a post of the
// replier's. The @ carried by X into a reply does not count (X leaves that
// open; this is the stricter reading).
func (s *Server) mayReply(parent *post, replier *user) bool {
	if parent.author == replier {
		return true
	}
	typed := slices.Contains(parent.explicit, replier)
	if !typed && (parent.quoted == nil || parent.quoted.author != replier) {
		return false
	}
	for _, p := range []*post{parent, s.posts[parent.conversation]} {
		if p != nil && p.author != replier && !settingsAllow(p, replier) {
			return false
		}
	}
	return true
}

// settingsAllow holds the replier against the reply settings of one post.
// Subscribers and verified users: a help account is none.
func settingsAllow(p *post, replier *user) bool {
	switch p.replySettings {
	case "everyone":
		return true
	case "mentionedUsers":
		return slices.Contains(p.explicit, replier)
	case "following":
		return p.author.follows[replier] || slices.Contains(p.explicit, replier)
	}
	return false
}

// refuseDuplicate refuses a text that its author has posted within the window,
// in the app or through the API, whatever post it answered, also when it was
// deleted since.
func (s *Server) refuseDuplicate(author *user, text string) error {
	if last, ok := s.texts[textKey(author, text)]; ok && s.now().Sub(last) < s.opt.DuplicateWindow {
		return forbidden(textDuplicate)
	}
	return nil
}

// textKey is what two equal texts by one author have in common: all but case,
// spaces and the @ in front.
func textKey(author *user, text string) string {
	_, rest := leading(text)
	return idText(author.id) + " " + strings.Join(strings.Fields(norm.NFC.String(strings.ToLower(rest))), " ")
}

// forgetTexts keeps the memory of texts small.
func (s *Server) forgetTexts(now time.Time) {
	if len(s.texts) < 10_000 {
		return
	}
	for key, at := range s.texts {
		if now.Sub(at) >= s.opt.DuplicateWindow {
			delete(s.texts, key)
		}
	}
}
