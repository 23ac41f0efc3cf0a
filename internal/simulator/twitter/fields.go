package twitter

import (
	"net/http"
	"slices"
	"strings"
)

// The names that a request may ask for in the tweet spelling.
var (
	tweetFields = []string{
		"article", "attachments", "author_id", "card_uri", "community_id", "context_annotations", "conversation_id",
		"created_at", "display_text_range", "edit_controls", "edit_history_tweet_ids", "entities", "geo", "id",
		"in_reply_to_user_id", "lang", "media_metadata", "non_public_metrics", "note_tweet", "organic_metrics",
		"possibly_sensitive", "promoted_metrics", "public_metrics", "referenced_tweets", "reply_settings", "scopes",
		"source", "suggested_source_links", "text", "withheld",
	}
	userFields = []string{
		"affiliation", "confirmed_email", "connection_status", "created_at", "description", "entities", "id",
		"is_identity_verified", "location", "most_recent_tweet_id", "name", "parody", "pinned_tweet_id",
		"profile_banner_url", "profile_image_url", "protected", "public_metrics", "receives_your_dm", "subscription",
		"subscription_type", "url", "username", "verified", "verified_followers_count", "verified_type", "withheld",
	}
	tweetExpansions = []string{
		"article.cover_media", "article.media_entities", "attachments.media_keys", "attachments.media_source_tweet",
		"attachments.poll_ids", "author_id", "edit_history_tweet_ids", "entities.mentions.username", "geo.place_id",
		"in_reply_to_user_id", "entities.note.mentions.username", "referenced_tweets.id", "referenced_tweets.id.author_id",
	}
)

// postSpelling is how the newer schema calls what has "tweet" in its name.
func postSpelling(name string) string {
	if name == "referenced_tweets.id" {
		return "referenced_posts"
	}
	return strings.NewReplacer("_tweets", "_posts", "_tweet", "_post").Replace(name)
}

// postNames is a list of names in the post spelling, in which ids of others
// are no fields: only expansions bring them (schema 2.167).
func postNames(list []string, without ...string) []string {
	var out []string
	for _, name := range list {
		if !slices.Contains(without, name) {
			out = append(out, postSpelling(name))
		}
	}
	return out
}

var (
	postFields     = postNames(tweetFields, "author_id", "edit_history_tweet_ids", "in_reply_to_user_id", "referenced_tweets")
	postExpansions = postNames(tweetExpansions, "entities.note.mentions.username", "referenced_tweets.id.author_id")
)

// shape is what a request wants to be told of posts. Names are in the tweet
// spelling.
type shape struct {
	posts  bool // answer in the post spelling
	fields map[string]bool
	users  map[string]bool
	expand map[string]bool
}

var shapeParams = []string{"tweet.fields", "post.fields", "user.fields", "expansions"}

// shape reads the fields and expansions. Mixed spellings are refused.
func (q *query) shape() shape {
	sh := shape{fields: map[string]bool{}, users: map[string]bool{}, expand: map[string]bool{}}
	asked := q.list("expansions", slices.Concat(tweetExpansions, postExpansions))
	only := func(a, b []string) bool {
		return slices.ContainsFunc(asked, func(n string) bool { return slices.Contains(a, n) && !slices.Contains(b, n) })
	}
	tweets := q.has("tweet.fields") || only(tweetExpansions, postExpansions)
	sh.posts = q.has("post.fields") || only(postExpansions, tweetExpansions)
	if tweets && sh.posts {
		q.add("", "", "The tweet and the post names of fields and expansions can not be mixed in one request")
	}
	for _, n := range q.list("tweet.fields", tweetFields) {
		sh.fields[n] = true
	}
	for _, n := range q.list("post.fields", postFields) {
		sh.fields[tweetName(n, tweetFields)] = true
	}
	for _, n := range q.list("user.fields", userFields) {
		sh.users[n] = true
	}
	for _, n := range asked {
		sh.expand[tweetName(n, tweetExpansions)] = true
	}
	return sh
}

// tweetName is the name in the tweet spelling of one in either.
func tweetName(name string, list []string) string {
	for _, n := range list {
		if n == name || postSpelling(n) == name {
			return n
		}
	}
	return name
}

// name spells a name as the request does.
func (sh shape) name(n string) string {
	if sh.posts {
		return postSpelling(n)
	}
	return n
}

// postObject tells one version of a post. The caller holds mu.
func (s *Server) postObject(p *post, v *version, sh shape) object {
	o := object{"id": idText(v.id), "text": v.cut, sh.name("edit_history_tweet_ids"): p.history()}
	if p.odd {
		o["text"] = []string{v.cut}
	}
	set := func(field string, value any) {
		if sh.fields[field] {
			o[sh.name(field)] = value
		}
	}
	if sh.fields["author_id"] || sh.expand["author_id"] {
		o["author_id"] = idText(p.author.id)
	}
	set("created_at", wireTime(v.at))
	set("conversation_id", idText(p.conversation))
	set("lang", p.language)
	set("possibly_sensitive", false)
	set("reply_settings", p.replySettings)
	set("edit_controls", p.editControls())
	set("display_text_range", []int{len([]rune(v.prefix)), len([]rune(v.cut))})
	set("public_metrics", p.metrics())
	if v.cut != v.full {
		note := object{"text": v.full}
		if e := v.ents.object(len([]rune(v.full))); len(e) > 0 {
			note["entities"] = e
		}
		set("note_tweet", note)
	}
	if e := v.ents.object(len([]rune(v.cut))); len(e) > 0 {
		set("entities", e)
	}
	if p.parent != nil && (sh.fields["in_reply_to_user_id"] || sh.expand["in_reply_to_user_id"]) {
		o["in_reply_to_user_id"] = idText(p.parent.author.id)
	}
	if refs := p.references(); len(refs) > 0 && (sh.fields["referenced_tweets"] || sh.expand["referenced_tweets.id"]) {
		o[sh.name("referenced_tweets")] = refs
	}
	return o
}

func (p *post) references() []object {
	var refs []object
	add := func(kind string, id uint64) { refs = append(refs, object{"type": kind, "id": idText(id)}) }
	if p.reposted != nil {
		add("retweeted", p.reposted.id())
	}
	if p.quoted != nil {
		add("quoted", p.quotedID)
	}
	if p.parent != nil {
		add("replied_to", p.parentID)
	}
	return refs
}

func (p *post) editControls() object {
	first := p.versions[0].at
	return object{
		"edits_remaining": max(0, 5-(len(p.versions)-1)), "is_edit_eligible": p.parent == nil,
		"editable_until": wireTime(first.Add(editTime)),
	}
}

func (p *post) metrics() object {
	replies := 0
	for _, c := range p.children {
		if !c.gone() {
			replies++
		}
	}
	return object{
		"retweet_count": 0, "reply_count": replies, "like_count": 0, "quote_count": 0,
		"bookmark_count": 0, "impression_count": 0,
	}
}

// object tells the entities that end within the first size code points.
func (e entities) object(size int) object {
	o := object{}
	for name, list := range map[string][]object{
		"mentions": e.mentions, "urls": e.urls, "hashtags": e.hashtags, "cashtags": e.cashtags,
	} {
		var kept []object
		for _, item := range list {
			if end, ok := item["end"].(int); ok && end <= size {
				kept = append(kept, item)
			}
		}
		if len(kept) > 0 {
			o[name] = kept
		}
	}
	return o
}

// userObject tells a user. The caller holds mu.
func (s *Server) userObject(u *user, fields map[string]bool) object {
	o := object{"id": idText(u.id), "name": u.handle, "username": u.handle}
	for name, value := range map[string]any{
		"created_at": wireTime(u.created), "description": "", "protected": u.protected, "verified": false,
		"verified_type": "none", "profile_image_url": "https://pbs.twimg.com/profile_images/" + idText(u.id) + "_normal.png",
		"public_metrics": object{"followers_count": 0, "following_count": len(u.follows), "tweet_count": len(u.posts), "listed_count": 0},
	} {
		if fields[name] {
			o[name] = value
		}
	}
	return o
}

// included gathers what expansions bring beside the posts.
type included struct {
	users []*user
	posts []*post
	ids   []uint64 // of the versions of posts
	errs  []object
}

func (in *included) user(u *user) {
	if !slices.Contains(in.users, u) {
		in.users = append(in.users, u)
	}
}

// expand gathers what the expansions want for one post. The caller holds mu.
func (s *Server) expand(c *call, p *post, v *version, sh shape, in *included) {
	if sh.expand["author_id"] {
		in.user(p.author)
	}
	if sh.expand["in_reply_to_user_id"] && p.parent != nil {
		in.user(p.parent.author)
	}
	if sh.expand["entities.mentions.username"] {
		for _, m := range v.ents.mentions {
			id, _ := parseID(m["id"].(string))
			in.user(s.byID[id])
		}
	}
	if !sh.expand["referenced_tweets.id"] && !sh.expand["referenced_tweets.id.author_id"] {
		return
	}
	for _, ref := range p.references() {
		id, _ := parseID(ref["id"].(string))
		other := s.posts[id]
		switch {
		case other.gone():
			in.errs = append(in.errs, unavailable(http.StatusNotFound, sh.name("referenced_tweets")+".id", idText(id), "tweet"))
		case other.hiddenFrom(c.viewer):
			in.errs = append(in.errs, unavailable(http.StatusForbidden, sh.name("referenced_tweets")+".id", idText(id), "tweet"))
		default:
			if !slices.Contains(in.ids, id) {
				in.posts, in.ids = append(in.posts, other), append(in.ids, id)
			}
			if sh.expand["referenced_tweets.id.author_id"] {
				in.user(other.author)
			}
		}
	}
}

// object tells what was gathered. Included posts are charged as post reads.
// The caller holds mu.
func (s *Server) includedObject(c *call, in *included, sh shape) object {
	o := object{}
	var users, posts []object
	for _, u := range in.users {
		users = append(users, s.userObject(u, sh.users))
	}
	for i, p := range in.posts {
		s.told(c, p, itemPost)
		posts = append(posts, s.postObject(p, p.version(in.ids[i]), sh))
	}
	if users != nil {
		o["users"] = users
	}
	if posts != nil {
		name := "tweets"
		if sh.posts {
			name = "posts"
		}
		o[name] = posts
	}
	return o
}

// told notes that a post was in an answer, and charges it.
func (s *Server) told(c *call, p *post, item string) {
	p.told[c.viewer] = true
	s.bill.charge(s.now(), item, "post:"+idText(p.id()))
}
