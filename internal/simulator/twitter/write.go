package twitter

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// fieldsOf reads a JSON object strictly: only the allowed names, spelt
// exactly, and nothing behind it.
func fieldsOf(raw []byte, path string, allowed ...string) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&fields); err != nil || fields == nil {
		return nil, invalidRequest("", "", "%s: is not a JSON object", path)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, invalidRequest("", "", "%s: something follows the JSON object", path)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(allowed, name) {
			return nil, invalidRequest("", "", "%s.%s: is not defined in the schema and the schema does not allow additional properties", path, name)
		}
	}
	return fields, nil
}

// stringField reads a string; null and other types are refused.
func stringField(fields map[string]json.RawMessage, path, name string) (string, error) {
	raw, ok := fields[name]
	if !ok {
		return "", nil
	}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return "", invalidRequest("", "", "%s.%s: %s found, string expected", path, name, jsonKind(raw))
	}
	return *text, nil
}

func jsonKind(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

func idField(fields map[string]json.RawMessage, path, name string) (string, error) {
	text, err := stringField(fields, path, name)
	if err != nil {
		return "", err
	}
	if _, ok := parseID(text); !ok {
		return "", invalidRequest("", "", "%s.%s: does not match the regex pattern ^[0-9]{1,19}$", path, name)
	}
	return text, nil
}

// jsonBody refuses bodies of another kind.
func jsonBody(c *call) error {
	if kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")); kind != "application/json" {
		return invalidRequest("", "", "The Content-Type of the request must be application/json")
	}
	return nil
}

// wanted is a post that a client wants to create.
type wanted struct {
	text, parent, settings string
	skip                   []string // users not to carry into the reply
	quote                  bool
}

// readWanted reads the body of POST /2/tweets. Of X's schema the parts are
// known that a help account needs; any other is refused.
func readWanted(c *call) (w wanted, err error) {
	if err = jsonBody(c); err != nil {
		return w, err
	}
	fields, err := fieldsOf(c.body, "$", "text", "reply", "quote_tweet_id", "reply_settings")
	if err != nil {
		return w, err
	}
	if w.text, err = stringField(fields, "$", "text"); err != nil {
		return w, err
	}
	if w.settings, err = stringField(fields, "$", "reply_settings"); err != nil {
		return w, err
	}
	if _, set := fields["reply_settings"]; set && (w.settings == "everyone" || !slices.Contains(replySettings, w.settings)) {
		return w, invalidRequest("", "", "$.reply_settings: does not have a value in the enumeration %v", replySettings[1:])
	}
	if _, w.quote = fields["quote_tweet_id"]; w.quote {
		if _, err = idField(fields, "$", "quote_tweet_id"); err != nil {
			return w, err
		}
	}
	if raw, set := fields["reply"]; set {
		err = readReply(raw, &w)
	}
	return w, err
}

func readReply(raw json.RawMessage, w *wanted) error {
	fields, err := fieldsOf(raw, "$.reply", "in_reply_to_tweet_id", "exclude_reply_user_ids", "auto_populate_reply_metadata")
	if err != nil {
		return err
	}
	if w.parent, err = idField(fields, "$.reply", "in_reply_to_tweet_id"); err != nil {
		return err
	}
	if raw, set := fields["auto_populate_reply_metadata"]; set && jsonKind(raw) != "boolean" {
		return invalidRequest("", "", "$.reply.auto_populate_reply_metadata: %s found, boolean expected", jsonKind(raw))
	}
	if raw, set := fields["exclude_reply_user_ids"]; set && json.Unmarshal(raw, &w.skip) != nil {
		return invalidRequest("", "", "$.reply.exclude_reply_user_ids: array of strings expected")
	}
	return nil
}

// createPost is POST /2/tweets.
func (s *Server) createPost(c *call) (any, error) {
	if err := readQuery(c.r).err(); err != nil {
		return nil, err
	}
	w, err := readWanted(c)
	if err != nil {
		return nil, err
	}
	p, err := s.draft(c.viewer, w)
	if err != nil {
		return nil, err
	}
	item := itemPlain
	switch {
	case hasLink(w.text):
		item = itemCreateLink
	case p.parent != nil && p.parent.author != c.viewer:
		item = itemCreate
	}
	if !s.bill.afford(prices[item]) {
		return nil, creditsDepleted()
	}
	if err := s.refuse(p, w); err != nil {
		return nil, err
	}
	s.publish(p, w.text, s.now())
	s.bill.charge(s.now(), item, "create:"+idText(p.id()))
	c.status = http.StatusCreated
	return object{"data": object{
		"id": idText(p.id()), "text": escape(w.text), "edit_history_tweet_ids": p.history(),
	}}, nil
}

// draft makes a post of what a client wants, unless the text is none.
func (s *Server) draft(author *user, w wanted) (*post, error) {
	if strings.TrimSpace(w.text) == "" {
		return nil, invalidRequest("", "", "One of text, media, poll, or direct_message_deep_link is required.")
	}
	p := &post{author: author, replySettings: w.settings, language: "en", byClient: true}
	if p.replySettings == "" {
		p.replySettings = "everyone"
	}
	if w.parent == "" {
		return p, nil
	}
	id, _ := parseID(w.parent)
	p.parent, p.parentID = s.posts[id], id
	if p.parent == nil || !p.parent.visibleTo(author) {
		return nil, forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
	}
	for _, u := range s.carried(p.parent, author) {
		if !slices.Contains(w.skip, idText(u.id)) || u == p.parent.author {
			p.implicit = append(p.implicit, u)
		}
	}
	return p, nil
}

// deletePost is DELETE /2/tweets/{id}: one version deletes all.
func (s *Server) deletePost(c *call) (any, error) {
	q := readQuery(c.r)
	id, ok := parseID(c.r.PathValue("id"))
	if !ok {
		q.add("id", c.r.PathValue("id"), "The `id` query parameter value [%s] does not match ^[0-9]{1,19}$", c.r.PathValue("id"))
	}
	if err := q.err(); err != nil {
		return nil, err
	}
	if !s.bill.afford(prices[itemDelete]) {
		return nil, creditsDepleted()
	}
	p := s.posts[id]
	if p != nil && p.author != c.viewer {
		return nil, forbidden("You are not authorized to delete this Tweet.")
	}
	if p == nil || p.deleted {
		return nil, notFound()
	}
	s.remove(p)
	s.bill.charge(s.now(), itemDelete, "delete:"+idText(p.id()))
	return object{"data": object{"deleted": true}}, nil
}
