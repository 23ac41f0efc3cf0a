package simulator

import (
	"strings"
	"time"
)

// The functions here write the API's entities. All need mu held.

type object = map[string]any

func (m *Mastodon) base() string { return "https://" + m.opt.Domain }

func (m *Mastodon) home(a *account) string {
	if a.local() {
		return m.base()
	}
	return "https://" + a.domain
}

func (m *Mastodon) accountURL(a *account) string { return m.home(a) + "/@" + a.username }

func (m *Mastodon) statusURL(s *status) string { return m.accountURL(s.author) + "/" + s.id }

func (m *Mastodon) accountEntity(a *account) object {
	picture := m.home(a) + "/avatars/" + a.username + ".png"
	e := object{
		"id": a.id, "username": a.username, "acct": a.acct(), "display_name": a.username,
		"locked": false, "bot": a.bot, "discoverable": true, "group": false,
		"created_at": isoTime(a.created.Truncate(24 * time.Hour)),
		"note":       "", "url": m.accountURL(a), "uri": m.home(a) + "/users/" + a.username,
		"avatar": picture, "avatar_static": picture, "header": picture, "header_static": picture,
		"followers_count": 0, "following_count": 0, "statuses_count": len(a.posts),
		"last_status_at": nil, "emojis": []any{}, "fields": []any{},
	}
	if a.suspended {
		e["suspended"] = true
	}
	return e
}

func (m *Mastodon) mentionEntities(accounts []*account) []object {
	list := make([]object, 0, len(accounts))
	for _, a := range accounts {
		list = append(list, object{"id": a.id, "username": a.username, "acct": a.acct(), "url": m.accountURL(a)})
	}
	return list
}

func (m *Mastodon) mediaEntities(s *status) []object {
	list := make([]object, 0, len(s.media))
	for i, text := range s.media {
		url := m.base() + "/media/" + s.id + "/" + string(rune('a'+i%26)) + ".png"
		list = append(list, object{
			"id": s.id + string(rune('0'+i%10)), "type": "image", "url": url, "preview_url": url,
			"remote_url": nil, "description": text, "meta": object{}, "blurhash": nil,
		})
	}
	return list
}

func (m *Mastodon) statusEntity(s *status, viewer *account) object {
	v := s.current()
	e := object{
		"id": s.id, "created_at": isoTime(s.created), "edited_at": nil,
		"in_reply_to_id": nil, "in_reply_to_account_id": nil,
		"sensitive": v.spoiler != "", "spoiler_text": v.spoiler, "visibility": s.visibility,
		"language": nil, "uri": m.home(s.author) + "/users/" + s.author.username + "/statuses/" + s.id,
		"url": m.statusURL(s), "replies_count": s.replies(), "reblogs_count": 0, "favourites_count": 0,
		"favourited": false, "reblogged": false, "muted": false, "bookmarked": false,
		"content": v.html, "reblog": nil, "account": m.accountEntity(s.author),
		"media_attachments": m.mediaEntities(s), "mentions": m.mentionEntities(s.mentions),
		"tags": m.tagEntities(v.text), "emojis": []any{}, "card": nil, "poll": nil, "application": nil,
	}
	if s.language != "" {
		e["language"] = s.language
	}
	if s.edited() {
		e["edited_at"] = isoTime(v.at)
	}
	if s.parentID != "" {
		e["in_reply_to_id"] = s.parentID
	}
	if s.parent != nil {
		e["in_reply_to_account_id"] = s.parent.author.id
	}
	if s.quoted != nil && !m.gts() {
		e["quote"] = m.quoteEntity(s.quoted, viewer)
	}
	return e
}

// quoteEntity shows a quoted status one level deep, if the viewer may see it.
func (m *Mastodon) quoteEntity(quoted *status, viewer *account) object {
	if quoted.deleted {
		return object{"state": "deleted", "quoted_status": nil}
	}
	if !quoted.visibleTo(viewer) {
		return object{"state": "unauthorized", "quoted_status": nil}
	}
	flat := *quoted
	flat.quoted = nil
	return object{"state": "accepted", "quoted_status": m.statusEntity(&flat, viewer)}
}

func (m *Mastodon) tagEntities(text string) []object {
	list := []object{}
	for _, p := range splitText(text) {
		if p.kind == partTag {
			name := strings.ToLower(p.text[1:])
			list = append(list, object{"name": name, "url": m.base() + "/tags/" + name})
		}
	}
	return list
}

func (m *Mastodon) historyEntities(s *status) []object {
	list := make([]object, 0, len(s.versions))
	for _, v := range s.versions {
		list = append(list, object{
			"content": v.html, "spoiler_text": v.spoiler, "sensitive": v.spoiler != "",
			"created_at": isoTime(v.at), "account": m.accountEntity(s.author),
			"media_attachments": m.mediaEntities(s), "emojis": []any{}, "poll": nil,
		})
	}
	return list
}

func (m *Mastodon) notificationEntity(n *notification) object {
	e := object{
		"id": n.id, "type": n.kind, "created_at": isoTime(n.created),
		"account": m.accountEntity(n.from),
	}
	if !m.gts() {
		e["group_key"] = "ungrouped-" + n.id
	}
	if n.filtered {
		e["filtered"] = true
	}
	if n.status != nil {
		e["status"] = m.statusEntity(n.status, n.owner)
		if n.status.odd {
			e["created_at"] = ""
			e["status"].(object)["created_at"] = ""
		}
	}
	return e
}
