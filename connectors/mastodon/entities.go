package mastodon

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// entityID is an id, which most servers write as a string and some as a number.
type entityID string

func (id *entityID) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '"' {
		var n json.Number
		if err := json.Unmarshal(b, &n); err != nil {
			return err
		}
		*id = entityID(n)
		return nil
	}
	return json.Unmarshal(b, (*string)(id))
}

// The entities hold what we use and nothing else: a field that is odd but
// unused can't make a post unreadable (R5).

type account struct {
	ID        entityID `json:"id"`
	Acct      string   `json:"acct"`
	Name      string   `json:"display_name"`
	URL       string   `json:"url"`
	Bot       bool     `json:"bot"`
	Followers int      `json:"followers_count"`
}

type status struct {
	ID         entityID   `json:"id"`
	CreatedAt  time.Time  `json:"created_at"`
	EditedAt   time.Time  `json:"edited_at"`
	ParentID   entityID   `json:"in_reply_to_id"`
	ParentBy   entityID   `json:"in_reply_to_account_id"`
	Visibility string     `json:"visibility"`
	Language   string     `json:"language"`
	Warning    string     `json:"spoiler_text"`
	Content    string     `json:"content"`
	URL        string     `json:"url"`
	URI        string     `json:"uri"`
	Account    account    `json:"account"`
	Mentions   []mention  `json:"mentions"`
	Media      []mediaDoc `json:"media_attachments"`
}

type mention struct {
	ID   entityID `json:"id"`
	Acct string   `json:"acct"`
	URL  string   `json:"url"`
}

type mediaDoc struct {
	Type        string `json:"type"`
	Description string `json:"description"`
}

type notification struct {
	ID        entityID  `json:"id"`
	Type      string    `json:"type"`
	CreatedAt time.Time `json:"created_at"`
	Status    *status   `json:"status"`
}

// decodeStatus reads one status; its errors hold nothing of its content.
func decodeStatus(raw []byte) (status, error) {
	var s status
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, connectors.NotUnderstood(err)
	}
	return s, s.check()
}

func (s *status) check() error {
	switch {
	case !validID(string(s.ID)):
		return errors.New("the status has no usable id")
	case !validID(string(s.Account.ID)) || s.Account.Acct == "":
		return errors.New("the status has no usable author")
	case s.ParentID != "" && !validID(string(s.ParentID)):
		return errors.New("the status answers something without a usable id")
	case s.CreatedAt.IsZero():
		return errors.New("the status has no time")
	}
	return nil
}

// decodeNotification reads one element of a page. wanted is false for kinds
// that are no matter of ours.
func decodeNotification(raw []byte) (n notification, wanted bool, err error) {
	if err := json.Unmarshal(raw, &n); err != nil {
		return n, false, connectors.NotUnderstood(err)
	}
	if n.Type != "mention" && n.Type != "quote" {
		if n.Type == "" {
			return n, false, errors.New("the notification has no type")
		}
		return n, false, nil
	}
	if n.Status == nil {
		return n, false, errors.New("the notification has no status")
	}
	return n, true, n.Status.check()
}

// validID reports whether an id is one that any of these servers gives: it
// goes into addresses and database keys.
func validID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, b := range []byte(id) {
		switch {
		case b >= '0' && b <= '9', b >= 'A' && b <= 'Z', b >= 'a' && b <= 'z', b == '-', b == '_':
		default:
			return false
		}
	}
	return true
}

// headOf reads what a walk needs of an element, however odd the rest is.
func headOf(raw []byte) (id string, at time.Time) {
	var h struct {
		ID        entityID        `json:"id"`
		CreatedAt json.RawMessage `json:"created_at"`
	}
	if json.Unmarshal(raw, &h) != nil {
		return "", time.Time{}
	}
	if json.Unmarshal(h.CreatedAt, &at) != nil {
		at = time.Time{}
	}
	if !validID(string(h.ID)) {
		return "", at
	}
	return string(h.ID), at
}

// rawLimit bounds what is kept of an element that could not be decoded.
const rawLimit = 64 << 10

func (c *client) setAside(raw []byte, why error) socialwatch.SetAside {
	id, _ := headOf(raw)
	if id == "" {
		sum := sha256.Sum256(raw)
		id = hex.EncodeToString(sum[:16])
	}
	return socialwatch.SetAside{
		Account: c.opt.Account, ID: id, Raw: append([]byte(nil), raw[:min(len(raw), rawLimit)]...),
		Problem: why.Error(), At: socialwatch.Micros(c.opt.Now()),
	}
}

// post is the status as the rest of the program knows posts (R21).
func (c *client) post(s status, f facts) socialwatch.Post {
	p := socialwatch.Post{
		Network: socialwatch.Mastodon, Host: c.host, ID: string(s.ID),
		Author: socialwatch.Author{
			ID: string(s.Account.ID), Handle: fullAddress(s.Account.Acct, f.domain),
			Name: socialwatch.CleanText(s.Account.Name), URL: socialwatch.CleanText(s.Account.URL),
			Followers: s.Account.Followers, Bot: s.Account.Bot,
		},
		Text: s.text(), Warning: socialwatch.CleanText(s.Warning),
		Language: socialwatch.CleanText(s.Language), Visibility: visibilityOf(s.Visibility),
		URL:      socialwatch.CleanText(s.URL),
		ParentID: string(s.ParentID), ParentBy: string(s.ParentBy), RootID: string(s.ID),
		CreatedAt: socialwatch.Micros(s.CreatedAt), Own: string(s.Account.ID) == f.account,
	}
	if p.URL == "" {
		p.URL = socialwatch.CleanText(s.URI)
	}
	if p.ParentID != "" {
		p.RootID = p.ParentID // the earliest that one status tells of
	}
	if !s.EditedAt.IsZero() {
		p.EditedAt = socialwatch.Micros(s.EditedAt)
	}
	for _, m := range s.Media {
		p.Media = append(p.Media, socialwatch.Media{
			Kind: mediaKind(m.Type), Description: socialwatch.CleanText(m.Description)})
	}
	return p
}

// text is the content as text. Mention anchors show a name without a domain,
// so what stands for them is the address that the mentions tell.
func (s *status) text() string {
	handles := make(map[string]string, len(s.Mentions))
	for _, m := range s.Mentions {
		if m.URL != "" && m.Acct != "" {
			handles[sameAddress(m.URL)] = "@" + m.Acct
		}
	}
	return connectors.TextOf(s.Content, func(href string) string { return handles[sameAddress(href)] })
}

func sameAddress(u string) string { return strings.ToLower(strings.TrimSuffix(u, "/")) }

// fullAddress is the acct with a domain: servers leave out their own.
func fullAddress(acct, domain string) string {
	acct = socialwatch.CleanText(acct)
	if strings.Contains(acct, "@") {
		return acct
	}
	return acct + "@" + domain
}

func mediaKind(t string) string {
	switch t {
	case "image", "video", "audio":
		return t
	case "gifv":
		return "video"
	}
	return "other"
}

// visibilityOf translates; what is unknown counts as the narrowest.
func visibilityOf(v string) socialwatch.Visibility {
	switch v {
	case "public":
		return socialwatch.Public
	case "unlisted":
		return socialwatch.Unlisted
	case "private", "mutuals_only":
		return socialwatch.Followers
	}
	return socialwatch.Direct
}

func visibilityName(v socialwatch.Visibility) string {
	switch v {
	case socialwatch.Public, socialwatch.Unlisted:
		return string(v)
	case socialwatch.Followers:
		return "private"
	}
	return "direct"
}
