package inbound

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"socialwatch"
)

// Limits of one request, and of what stands in it.
const (
	maxBody    = 1 << 20 // bytes
	maxItems   = 500
	maxID      = 200 // bytes
	maxName    = 300
	maxAddress = 2000
	maxMedia   = 20
	// ahead is how far a network's clock may be ahead of ours.
	ahead = 24 * time.Hour
)

// Kinds of item.
const (
	kindPost     = "post"     // a customer's, to us
	kindEdit     = "edit"     // its newer version
	kindDeletion = "deletion" // it is gone, or we may no longer see it
	kindAnswer   = "answer"   // our own people's, in the network's own app
)

// item is one thing that has happened, as it is sent.
type item struct {
	Kind       string       `json:"kind"`
	ID         string       `json:"id"`
	URL        string       `json:"url"`
	CreatedAt  time.Time    `json:"created_at"`
	EditedAt   time.Time    `json:"edited_at"`
	Text       string       `json:"text"`
	Language   string       `json:"language"`
	Visibility string       `json:"visibility"`
	Author     author       `json:"author"`
	InReplyTo  string       `json:"in_reply_to"`
	Thread     string       `json:"thread"`
	Media      []attachment `json:"media"`
}

type author struct {
	ID        string `json:"id"`
	Handle    string `json:"handle"`
	Name      string `json:"name"`
	URL       string `json:"url"`
	Followers int    `json:"followers"`
	Bot       bool   `json:"bot"`
}

type attachment struct {
	Kind        string `json:"kind"`
	Description string `json:"description"`
}

// refusal is an item that was not taken, and why, without its words.
type refusal struct {
	Index int    `json:"index"`
	ID    string `json:"id"`
	Why   string `json:"why"`
}

// taken is what a body holds.
type taken struct {
	push     socialwatch.Push
	accepted []string
	refused  []refusal
}

// strict decodes one JSON value of known fields and nothing after it.
func strict(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return misread(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands after the JSON object")
	}
	return nil
}

// misread says why JSON was not understood, without its values.
func misread(err error) error {
	var (
		typ  *json.UnmarshalTypeError
		when *time.ParseError
	)
	switch {
	case errors.As(err, &typ) && typ.Field == "":
		return errors.New("it is not a JSON object")
	case errors.As(err, &typ):
		return fmt.Errorf("the field %.40s has the wrong type", typ.Field)
	case errors.As(err, &when) || strings.HasPrefix(err.Error(), "Time.UnmarshalJSON"):
		return errors.New("a time is not written like 2026-11-20T09:14:03Z")
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return fmt.Errorf("there is an unknown field: %.60s", strings.TrimPrefix(err.Error(), "json: unknown field "))
	}
	return errors.New("it is not valid JSON")
}

// decode reads a body. An error means that nothing of it was understood; an
// item that alone was not is refused, and set aside.
func (c *client) decode(body []byte) (taken, error) {
	t := taken{accepted: []string{}, refused: []refusal{}}
	var whole struct {
		Mentions []json.RawMessage `json:"mentions"`
	}
	if err := strict(body, &whole); err != nil {
		return t, err
	}
	if len(whole.Mentions) == 0 || len(whole.Mentions) > maxItems {
		return t, fmt.Errorf("send 1 to %d mentions", maxItems)
	}
	now := socialwatch.Micros(c.opt.Now())
	for i, raw := range whole.Mentions {
		var it item
		err := strict(raw, &it)
		if err == nil {
			err = it.check(now)
		}
		if err != nil {
			id := idOf(raw)
			t.refused = append(t.refused, refusal{i, id, err.Error()})
			t.push.Aside = append(t.push.Aside, socialwatch.SetAside{Account: c.opt.Account, ID: orHash(id, raw), Raw: raw, Problem: err.Error(), At: now})
			continue
		}
		t.accepted = append(t.accepted, it.ID)
		if it.Kind == kindDeletion {
			t.push.Gone = append(t.push.Gone, it.ID)
		} else {
			t.push.Mentions = append(t.push.Mentions, c.mention(it))
		}
	}
	return t, nil
}

// idOf reads the id of an item that was refused; empty without a usable one.
func idOf(raw []byte) string {
	var loose struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &loose) != nil || !validID(loose.ID) {
		return ""
	}
	return loose.ID
}

func orHash(id string, raw []byte) string {
	if id != "" {
		return id
	}
	sum := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// validID reports whether s can be an id: printable ASCII without spaces.
func validID(s string) bool {
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (it item) check(now time.Time) error {
	switch {
	case it.Kind != kindPost && it.Kind != kindEdit && it.Kind != kindDeletion && it.Kind != kindAnswer:
		return errors.New("kind must be post, edit, deletion or answer")
	case !validID(it.ID):
		return fmt.Errorf("id must be 1 to %d printable ASCII characters without spaces", maxID)
	case it.Kind == kindDeletion:
		return nil
	case !plausible(it.CreatedAt, now):
		return errors.New("created_at must be the time at which it was posted")
	case it.Kind == kindEdit && it.EditedAt.IsZero():
		return errors.New("an edit needs edited_at")
	case !it.EditedAt.IsZero() && !plausible(it.EditedAt, now):
		return errors.New("edited_at must be the time of the newest edit")
	case (it.Kind != kindAnswer || it.Author.ID != "") && !validID(strings.TrimPrefix(it.Author.ID, "post:")):
		return fmt.Errorf("author.id must be 1 to %d printable ASCII characters without spaces; where the network withholds it, write post: and the post's id", maxID)
	case it.Kind == kindAnswer && it.InReplyTo == "":
		return errors.New("an answer needs in_reply_to")
	}
	return it.checkRest()
}

func (it item) checkRest() error {
	switch {
	case it.InReplyTo != "" && !validID(it.InReplyTo) || it.Thread != "" && !validID(it.Thread):
		return errors.New("in_reply_to and thread must be ids of posts")
	case !webAddress(it.URL) || !webAddress(it.Author.URL):
		return errors.New("url must be an address with http or https")
	case it.Visibility != "" && !known(socialwatch.Visibility(it.Visibility)):
		return errors.New("visibility must be public, unlisted, followers or direct")
	case len(it.Author.Handle) > maxName || len(it.Author.Name) > maxName:
		return fmt.Errorf("author.handle and author.name may have %d bytes", maxName)
	case it.Author.Followers < 0:
		return errors.New("author.followers must be a number from 0")
	case len(it.Language) > 35 || strings.ContainsFunc(it.Language, notInTag):
		return errors.New("language must be a tag such as en or pt-BR")
	case len(it.Media) > maxMedia:
		return fmt.Errorf("media may have %d entries", maxMedia)
	}
	return nil
}

func notInTag(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func plausible(at, now time.Time) bool {
	return at.Year() >= 1990 && at.Before(now.Add(ahead))
}

// webAddress reports whether s is empty or a page that a person can open.
func webAddress(s string) bool {
	if s == "" {
		return true
	}
	u, err := url.Parse(s)
	return len(s) <= maxAddress && err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// mention is an item that was found good.
func (c *client) mention(it item) socialwatch.Mention {
	a := it.Author
	m := socialwatch.Mention{Account: c.opt.Account, Kind: socialwatch.KindMention, Post: socialwatch.Post{
		Network: c.opt.Network, Host: c.opt.Host, ID: it.ID, Text: socialwatch.CleanText(it.Text),
		Author: socialwatch.Author{ID: a.ID, Handle: strings.TrimLeft(oneLine(a.Handle), "@ "), Name: oneLine(a.Name), URL: a.URL,
			Followers: a.Followers, Bot: a.Bot},
		Language: it.Language, Visibility: socialwatch.Visibility(it.Visibility), URL: it.URL,
		ParentID: it.InReplyTo, RootID: it.Thread, CreatedAt: socialwatch.Micros(it.CreatedAt), Own: it.Kind == kindAnswer,
	}}
	if !it.EditedAt.IsZero() {
		m.EditedAt = socialwatch.Micros(it.EditedAt)
	}
	if m.Visibility == "" {
		m.Visibility = c.opt.Visibility
	}
	if m.Author.Handle == "" {
		m.Author.Handle = a.ID
	}
	for _, root := range []string{it.InReplyTo, it.ID} {
		if m.RootID == "" {
			m.RootID = root
		}
	}
	for _, x := range it.Media {
		m.Media = append(m.Media, socialwatch.Media{Kind: mediaKind(x.Kind), Description: socialwatch.CleanText(x.Description)})
	}
	return m
}

func mediaKind(s string) string {
	switch s {
	case "image", "video", "audio":
		return s
	}
	return "other"
}

func oneLine(s string) string { return strings.Join(strings.Fields(socialwatch.CleanText(s)), " ") }
