package twitter

import "net/url"

// fields asks for what we read of posts and their authors. X describes its
// reads in two spellings: tweet.fields everywhere, post.fields in its newest
// description, where the author comes by the expansion alone. The posts that
// one refers to are not asked for: X may charge for each.
func (c *client) fields() url.Values {
	q := url.Values{"expansions": {"author_id"}, "user.fields": {"username,name,protected,verified"}}
	if c.opt.PostFields {
		q.Set("post.fields", "created_at,conversation_id,in_reply_to_user_id,referenced_posts,entities,lang,"+
			"note_post,edit_controls,reply_settings,possibly_sensitive")
		return q
	}
	q.Set("tweet.fields", "created_at,author_id,conversation_id,in_reply_to_user_id,referenced_tweets,entities,lang,"+
		"note_tweet,edit_controls,reply_settings,possibly_sensitive")
	return q
}
