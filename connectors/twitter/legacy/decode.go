package legacy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dghubble/go-twitter/twitter"

	"socialwatch"
)

// shape says which fields of an object are used and what they are. What is not
// used is dropped before the library's types see it, so that an odd field that
// nobody needs can't make a post unreadable.
type shape struct {
	fields map[string]*shape // of an object
	each   *shape            // of a list
	kind   rune              // of a value: 'n' number, 's' text
}

var (
	number  = &shape{kind: 'n'}
	words   = &shape{kind: 's'}
	numbers = &shape{each: number}

	userShape = &shape{fields: map[string]*shape{"id": number, "id_str": words, "name": words, "screen_name": words, "followers_count": number}}
	linkShape = &shape{fields: map[string]*shape{"url": words, "expanded_url": words, "indices": numbers}}
	nameShape = &shape{fields: map[string]*shape{"id": number, "id_str": words, "screen_name": words, "indices": numbers}}
	filmShape = &shape{fields: map[string]*shape{"type": words}}

	mediaShape  = &shape{fields: map[string]*shape{"media": {each: filmShape}}}
	entityShape = &shape{fields: map[string]*shape{"user_mentions": {each: nameShape}, "urls": {each: linkShape}, "media": {each: filmShape}}}
	longShape   = &shape{fields: map[string]*shape{"full_text": words, "entities": entityShape, "extended_entities": mediaShape}}

	tweetShape = &shape{fields: map[string]*shape{
		"id": number, "id_str": words, "created_at": words, "text": words, "full_text": words, "lang": words,
		"in_reply_to_status_id": number, "in_reply_to_status_id_str": words,
		"in_reply_to_user_id": number, "in_reply_to_user_id_str": words, "in_reply_to_screen_name": words,
		"quoted_status_id": number, "quoted_status_id_str": words,
		"user": userShape, "entities": entityShape, "extended_entities": mediaShape, "extended_tweet": longShape,
		"retweeted_status": briefShape, "quoted_status": briefShape,
	}}
	// briefShape is what is used of a post inside a post.
	briefShape = &shape{fields: map[string]*shape{"id": number, "id_str": words, "user": userShape}}
)

// fit brings a value into shape: numbers and texts may each be written as the
// other, as account archives do. A value that is null or not there is dropped.
func (s *shape) fit(v any, path string) (any, error) {
	wrong := fmt.Errorf("wrong type of field %s", cmp.Or(path, "(the post)"))
	switch x := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		if s.fields == nil {
			return nil, wrong
		}
		return s.fitObject(x, path)
	case []any:
		if s.each == nil {
			return nil, wrong
		}
		list := make([]any, 0, len(x))
		for _, e := range x {
			f, err := s.each.fit(e, path+"[]")
			if err != nil {
				return nil, err
			}
			if f != nil {
				list = append(list, f)
			}
		}
		return list, nil
	case string:
		if s.kind == 's' {
			return x, nil
		}
		if n, err := strconv.ParseInt(x, 10, 64); s.kind == 'n' && err == nil {
			return n, nil
		}
		return nil, wrong
	case json.Number:
		if s.kind == 's' {
			return string(x), nil
		}
		if n, err := x.Int64(); s.kind == 'n' && err == nil {
			return n, nil
		}
	}
	return nil, wrong
}

func (s *shape) fitObject(x map[string]any, path string) (any, error) {
	kept := make(map[string]any, len(s.fields))
	for name, field := range s.fields {
		f, err := field.fit(x[name], strings.TrimPrefix(path+"."+name, "."))
		if err != nil {
			return nil, err
		}
		if f != nil {
			kept[name] = f
		}
	}
	return kept, nil
}

// errForm is all that is told of what is no JSON: more would repeat a
// customer's words.
var errForm = errors.New("it is not JSON, or more than one value")

// decodeTweet reads one post in the v1.1 format, or one of an account archive,
// which stands inside {"tweet": …} with its numbers quoted and without its
// author, who is the archive's owner. Its errors hold nothing of its content.
func decodeTweet(raw []byte) (t twitter.Tweet, archived bool, err error) {
	v, err := object(raw)
	if err != nil {
		return t, false, err
	}
	if inner, ok := v["tweet"].(map[string]any); ok && v["id_str"] == nil && v["id"] == nil {
		v, archived = inner, inner["user"] == nil
	}
	kept, err := tweetShape.fit(v, "")
	if err != nil {
		return t, archived, err
	}
	plain, err := json.Marshal(kept)
	if err == nil {
		err = json.Unmarshal(plain, &t)
	}
	if err != nil {
		return t, archived, errors.New("it is not a post in the v1.1 format")
	}
	return t, archived, check(t, archived)
}

// object reads a JSON object and keeps its numbers as they are written.
func object(raw []byte) (v map[string]any, err error) {
	if !json.Valid(raw) { // or more than one value
		return nil, errForm
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&v) != nil || v == nil {
		return nil, errors.New("it is not an object")
	}
	return v, nil
}

func check(t twitter.Tweet, archived bool) error {
	if idOf(t.IDStr, t.ID) == "" {
		return errors.New("it has no usable id")
	}
	if !archived && (t.User == nil || idOf(t.User.IDStr, t.User.ID) == "" || !validName(t.User.ScreenName)) {
		return errors.New("it has no usable author")
	}
	if _, err := created(t); err != nil {
		return errors.New("it has no readable created_at")
	}
	return nil
}

// created reads created_at as v1.1 writes it, or as v2 does, which exporting
// tools mix in.
func created(t twitter.Tweet) (time.Time, error) {
	at, err := t.CreatedAtTime()
	if err != nil {
		at, err = time.Parse(time.RFC3339, t.CreatedAt)
	}
	if err == nil && (at.Year() < 2006 || at.Year() > 9998) { // before X, or no time that a database holds
		err = errors.New("no time")
	}
	return socialwatch.Micros(at), err
}

// idOf is an id in the form that is stored: the text where it is one, else the
// number, which tools without 64-bit integers may have rounded. Empty: none.
func idOf(text string, n int64) string {
	if validID(text) {
		return text
	}
	if text == "" && n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// validID reports whether s is an id as X writes it: a positive number of 63
// bits in plain decimal.
func validID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

// nameLimit is far above the 15 characters of today's usernames.
const nameLimit = 50

func validName(s string) bool {
	return s != "" && len(s) <= nameLimit && strings.IndexFunc(s, func(r rune) bool { return !nameRune(r) }) < 0
}

func nameRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// unescape undoes what X escapes in texts, and nothing else.
var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

func cleaned(s string) string { return socialwatch.CleanText(unescape.Replace(s)) }

// us is who we are on X. The id is empty where only the handle is known.
type us struct{ id, handle string }

func (u us) wrote(t twitter.Tweet) bool { return u.is(t.User) }

func (u us) is(user *twitter.User) bool {
	return user != nil && u.same(idOf(user.IDStr, user.ID), user.ScreenName)
}

// same goes by the id where both are known: handles change hands.
func (u us) same(id, name string) bool {
	if u.id != "" && id != "" {
		return u.id == id
	}
	return name != "" && strings.EqualFold(u.handle, name)
}

// named reports whether a post names us with @: by its list of mentions, or
// by its text when it came without.
func (u us) named(t twitter.Tweet) bool {
	if e := entities(t); e != nil {
		for _, m := range e.UserMentions {
			if u.same(idOf(m.IDStr, m.ID), m.ScreenName) {
				return true
			}
		}
		return false
	}
	return names(text(t), u.handle)
}

// names reports whether @handle stands in a text as a whole word.
func names(s, handle string) bool {
	before := byte(' ')
	for at := strings.IndexByte(s, '@'); at >= 0; at = strings.IndexByte(s, '@') {
		if at > 0 {
			before = s[at-1]
		}
		s = s[at+1:]
		end := strings.IndexFunc(s, func(r rune) bool { return !nameRune(r) })
		if end < 0 {
			end = len(s)
		}
		if strings.EqualFold(s[:end], handle) && !nameRune(rune(before)) && !strings.HasPrefix(s[end:], "@") {
			return true
		}
		before = '@'
	}
	return false
}

func text(t twitter.Tweet) string {
	if t.ExtendedTweet != nil && t.ExtendedTweet.FullText != "" {
		return t.ExtendedTweet.FullText
	}
	return cmp.Or(t.FullText, t.Text)
}

// entities are those of the text that counts; nil when the post came without.
func entities(t twitter.Tweet) *twitter.Entities {
	if t.ExtendedTweet != nil && t.ExtendedTweet.Entities != nil {
		return t.ExtendedTweet.Entities
	}
	return t.Entities
}

// post is a checked tweet in our words. v1.1 knows neither conversations nor
// edits: the root is the parent as far as is known, and an edit is a post of
// its own.
func post(t twitter.Tweet, u us) socialwatch.Post {
	id := idOf(t.IDStr, t.ID)
	at, _ := created(t) // was checked
	if exact := drawn(id); exact.Sub(at).Abs() <= 2*time.Second {
		at = exact // the same to the millisecond, as v2 tells it
	}
	p := socialwatch.Post{
		Network: socialwatch.X, Host: Host, ID: id, RootID: id, Text: cleaned(text(t)), Language: language(t.Lang),
		Visibility: socialwatch.Public, Media: media(t), CreatedAt: at, Own: u.wrote(t),
		ParentID: idOf(t.InReplyToStatusIDStr, t.InReplyToStatusID),
	}
	if p.ParentID != "" {
		p.RootID, p.ParentBy = p.ParentID, idOf(t.InReplyToUserIDStr, t.InReplyToUserID)
	}
	if by := t.User; by != nil {
		p.URL = address(by.ScreenName, id)
		p.Author = socialwatch.Author{ID: idOf(by.IDStr, by.ID), Handle: by.ScreenName, Name: cleaned(by.Name),
			URL: "https://" + Host + "/" + by.ScreenName, Followers: max(by.FollowersCount, 0)}
	}
	return p
}

func address(handle, id string) string { return "https://" + Host + "/" + handle + "/status/" + id }

// language is the claim of X, without the codes that stand for none: und, zxx,
// and those of posts without words (qme, qht and so on).
func language(tag string) string {
	if tag == "und" || tag == "zxx" || len(tag) == 3 && tag[0] == 'q' || len(tag) > 35 {
		return ""
	}
	return socialwatch.CleanText(tag)
}

func media(t twitter.Tweet) []socialwatch.Media {
	var found []twitter.MediaEntity
	switch x := t.ExtendedTweet; {
	case x != nil && x.ExtendedEntities != nil:
		found = x.ExtendedEntities.Media
	case t.ExtendedEntities != nil:
		found = t.ExtendedEntities.Media
	case entities(t) != nil:
		found = entities(t).Media
	}
	var list []socialwatch.Media
	for _, m := range found {
		kind := map[string]string{"photo": "image", "video": "video", "animated_gif": "video"}[m.Type]
		list = append(list, socialwatch.Media{Kind: cmp.Or(kind, "other")})
	}
	return list
}

// Skip says why a post is no mention of an account; empty when it is one.
type Skip string

// Reasons to skip a post.
const (
	SkipOwn          Skip = "own"           // written by the account itself
	SkipRetweet      Skip = "retweet"       // somebody else's words passed on
	SkipNotAddressed Skip = "not_addressed" // neither names the account nor quotes it
)

// mentionOf is a checked tweet as a mention of an account of ours, or why it is none.
func mentionOf(t twitter.Tweet, account string, u us) (socialwatch.Mention, Skip) {
	m := socialwatch.Mention{Account: account, Kind: socialwatch.KindMention}
	switch {
	case t.User == nil || u.wrote(t):
		return m, SkipOwn
	case t.RetweetedStatus != nil:
		return m, SkipRetweet
	case u.named(t):
	case t.QuotedStatus != nil && u.is(t.QuotedStatus.User):
		m.Kind = socialwatch.KindQuote
	default:
		return m, SkipNotAddressed
	}
	m.Post = post(t, u)
	return m, ""
}
