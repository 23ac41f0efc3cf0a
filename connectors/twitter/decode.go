package twitter

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"socialwatch"
	"socialwatch/connectors"
)

// xid is an id of X: an unsigned number of 64 bits, written as a string
// because many programs can't keep it otherwise. Some payloads have a number.
type xid string

func (id *xid) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '"' {
		var n json.Number
		if err := json.Unmarshal(b, &n); err != nil {
			return err
		}
		*id = xid(n)
		return nil
	}
	return json.Unmarshal(b, (*string)(id))
}

// parseID reads an id, which goes into addresses and database keys.
func parseID(s string) (uint64, error) {
	if s == "" || s[0] < '1' || s[0] > '9' {
		return 0, errors.New("not an id of X")
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, errors.New("not an id of X")
	}
	return n, nil
}

// compareIDs orders ids as numbers. What is none comes first.
func compareIDs(a, b string) int {
	x, _ := parseID(a)
	y, _ := parseID(b)
	return cmp.Compare(x, y)
}

func lower(a, b string) string {
	if a == "" || b != "" && compareIDs(b, a) < 0 {
		return b
	}
	return a
}

// epoch is where the time in X's ids begins, in milliseconds since 1970.
const epoch = 1288834974657

// snowflake is the lowest id that X can have drawn at t.
func snowflake(t time.Time) string {
	ms := max(t.UnixMilli()-epoch, 1)
	return strconv.FormatUint(uint64(ms)<<22, 10) // at least 1
}

// drawn is when an id was drawn, in UTC; zero for what is no id.
func drawn(id string) time.Time {
	n, err := parseID(id)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(n>>22) + epoch).UTC() // 42 bits
}

// The entities hold what we use and nothing else, so that an odd field that is
// not used can't make a post unreadable. Where X has two spellings both are
// read.

type post struct {
	ID           xid      `json:"id"`
	Text         string   `json:"text"`
	Author       xid      `json:"author_id"`
	Conversation xid      `json:"conversation_id"`
	ParentBy     xid      `json:"in_reply_to_user_id"`
	Lang         string   `json:"lang"`
	Entities     entities `json:"entities"`
	ReplyRule    string   `json:"reply_settings"` // everyone, mentionedUsers, following, …

	History     []xid       `json:"edit_history_tweet_ids"`
	PostHistory []xid       `json:"edit_history_post_ids"`
	Refs        []reference `json:"referenced_tweets"`
	PostRefs    []reference `json:"referenced_posts"`
	Note        note        `json:"note_tweet"`
	PostNote    note        `json:"note_post"`
}

type note struct {
	Text     string   `json:"text"`
	Entities entities `json:"entities"`
}

type entities struct {
	Mentions []named `json:"mentions"`
	URLs     []link  `json:"urls"`
}

type link struct {
	Expanded string `json:"expanded_url"`
}

type named struct {
	ID       xid    `json:"id"`
	Username string `json:"username"`
}

type reference struct {
	Type string `json:"type"` // replied_to, quoted, retweeted
	ID   xid    `json:"id"`
}

type user struct {
	ID       xid    `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
}

// decodePost reads one post; its errors hold nothing of its content.
func decodePost(raw []byte) (post, error) {
	var p post
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, connectors.NotUnderstood(err)
	}
	p.unite()
	return p, p.check()
}

// unite brings both spellings together and drops what is no id.
func (p *post) unite() {
	p.History = slices.Concat(p.History, p.PostHistory, []xid{p.ID})
	p.History = slices.DeleteFunc(p.History, func(id xid) bool { _, err := parseID(string(id)); return err != nil })
	slices.SortFunc(p.History, func(a, b xid) int { return compareIDs(string(a), string(b)) })
	p.History = slices.Compact(p.History)
	p.Refs = append(p.Refs, p.PostRefs...)
	for _, n := range []note{p.Note, p.PostNote} {
		if n.Text != "" { // what is cut in text and its entities is whole here
			p.Text = n.Text
			p.Entities.Mentions = append(p.Entities.Mentions, n.Entities.Mentions...)
			p.Entities.URLs = append(p.Entities.URLs, n.Entities.URLs...)
		}
	}
	if p.Conversation == "" && len(p.History) > 0 {
		p.Conversation = p.History[0]
	}
}

func (p *post) check() error {
	ids := map[string]xid{"id": p.ID, "author": p.Author, "conversation": p.Conversation}
	for _, name := range []string{"id", "author", "conversation"} {
		if _, err := parseID(string(ids[name])); err != nil {
			return errors.New("the post has no usable " + name)
		}
	}
	if parent := p.parent(); parent != "" {
		if _, err := parseID(parent); err != nil {
			return errors.New("the post answers something without a usable id")
		}
	}
	return nil
}

// first is the id by which we know the post: each edit has a new one.
func (p *post) first() string { return string(p.History[0]) }

// newest is the id of the newest version that X tells of.
func (p *post) newest() string { return string(p.History[len(p.History)-1]) }

func (p *post) ref(kind string) string {
	for _, r := range p.Refs {
		if r.Type == kind {
			return string(r.ID)
		}
	}
	return ""
}

func (p *post) parent() string { return p.ref("replied_to") }

// current reports whether this is the newest version that X tells of.
func (p *post) current() bool { return string(p.ID) == p.newest() }

// names reports whether the post mentions an account: by id; where X tells no
// ids, by username; where it tells of no mentions at all, or of those of a cut
// text alone, by the text.
func (p *post) names(s self) bool {
	if len(p.Entities.Mentions) == 0 || p.bareNote() && handleIn(p.Text, s.username) {
		return handleIn(p.Text, s.username)
	}
	return slices.ContainsFunc(p.Entities.Mentions, func(m named) bool {
		if m.ID != "" {
			return string(m.ID) == s.id
		}
		return strings.EqualFold(m.Username, s.username)
	})
}

// bareNote reports whether the whole text of a long post came without its
// entities.
func (p *post) bareNote() bool {
	for _, n := range []note{p.Note, p.PostNote} {
		if n.Text != "" && len(n.Entities.Mentions) == 0 {
			return true
		}
	}
	return false
}

// handleIn reports whether a text holds @username as a whole word.
func handleIn(text, username string) bool {
	text, name := strings.ToLower(text), strings.ToLower(username)
	for at := 0; ; {
		i := strings.Index(text[at:], "@"+name)
		if i < 0 {
			return false
		}
		at += i + 1
		before, _ := utf8.DecodeLastRuneInString(text[:at-1])
		after, _ := utf8.DecodeRuneInString(text[at+len(name):])
		if !nameSign(before) && before != '@' && !nameSign(after) && after != '@' {
			return true
		}
	}
}

// quotes reports whether the post quotes one of an account's: X adds the
// address of what is quoted, which has the author's username in it.
func (p *post) quotes(s self) bool {
	quoted := p.ref("quoted")
	return quoted != "" && slices.ContainsFunc(p.Entities.URLs, func(l link) bool {
		u, err := url.Parse(l.Expanded)
		if err != nil || (u.Hostname() != host && u.Hostname() != "twitter.com") {
			return false
		}
		parts := strings.Split(strings.Trim(u.Path, "/"), "/")
		return len(parts) >= 3 && strings.EqualFold(parts[0], s.username) && parts[1] == "status" && parts[2] == quoted
	})
}

// page is the answer of every call that brings posts.
type page struct {
	raws     []json.RawMessage
	users    map[string]user // that came along, by id
	next     string
	problems []problem
	said     bool // the answer tells of a list, also of an empty one
}

func decodePage(body []byte) (page, error) {
	var answer struct {
		Data     json.RawMessage `json:"data"`
		Includes struct {
			Users []json.RawMessage `json:"users"`
		} `json:"includes"`
		Meta *struct {
			Next string `json:"next_token"`
		} `json:"meta"`
		Errors problems `json:"errors"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return page{}, readError(connectors.NotUnderstood(err))
	}
	p := page{users: map[string]user{}, problems: answer.Errors, said: answer.Meta != nil}
	if answer.Meta != nil {
		p.next = answer.Meta.Next
	}
	if len(answer.Data) > 0 && json.Unmarshal(answer.Data, &p.raws) != nil {
		p.raws = []json.RawMessage{answer.Data} // of a call for a single one
	}
	for _, raw := range answer.Includes.Users {
		var u user
		if json.Unmarshal(raw, &u) == nil {
			p.users[string(u.ID)] = u
		}
	}
	return p, nil
}

// unescape undoes what X escapes in texts, once.
var unescape = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// post is p as the rest of the program knows posts. The id and its time are
// those of the first version, everything else is of the version at hand.
func (c *client) post(p post, users map[string]user, s self) socialwatch.Post {
	author := users[string(p.Author)]
	out := socialwatch.Post{
		Network: socialwatch.X, Host: host, ID: p.first(),
		Author: socialwatch.Author{ID: string(p.Author), Name: socialwatch.CleanText(author.Name)},
		Text:   socialwatch.CleanText(unescape.Replace(p.Text)), Language: language(p.Lang),
		Visibility: socialwatch.Public, URL: postURL("", string(p.ID)),
		ParentID: p.parent(), ParentBy: string(p.ParentBy), RootID: string(p.Conversation),
		CreatedAt: drawn(p.first()), Own: string(p.Author) == s.id,
	}
	if name := socialwatch.CleanText(author.Username); validHandle(name) {
		out.Author.Handle, out.Author.URL = name, "https://"+host+"/"+name
		out.URL = postURL(name, string(p.ID))
	}
	if string(p.ID) != p.first() {
		out.EditedAt = drawn(string(p.ID))
	}
	return out
}

// postURL is where a person can read a post.
func postURL(username, id string) string {
	if username == "" {
		return "https://" + host + "/i/web/status/" + id
	}
	return "https://" + host + "/" + username + "/status/" + id
}

// language is X's claim as BCP 47: its own marks for "unknown" and for posts
// without words are none.
func language(lang string) string {
	if lang == "und" || lang == "zxx" || len(lang) == 3 && lang[0] == 'q' {
		return ""
	}
	return socialwatch.CleanText(lang)
}

// rawLimit bounds what is kept of an element that could not be decoded.
const rawLimit = 64 << 10

// idOf reads the id of an element, however odd the rest is; "" when it can't.
func idOf(raw []byte) xid {
	var h struct {
		ID xid `json:"id"`
	}
	if json.Unmarshal(raw, &h) != nil {
		return ""
	}
	if _, err := parseID(string(h.ID)); err != nil {
		return ""
	}
	return h.ID
}

func (c *client) setAside(raw []byte, why error) socialwatch.SetAside {
	id := string(idOf(raw))
	if id == "" {
		sum := sha256.Sum256(raw)
		id = hex.EncodeToString(sum[:16])
	}
	return socialwatch.SetAside{
		Account: c.opt.Account, ID: id, Raw: slices.Clone(raw[:min(len(raw), rawLimit)]),
		Problem: why.Error(), At: socialwatch.Micros(c.opt.Now()),
	}
}
