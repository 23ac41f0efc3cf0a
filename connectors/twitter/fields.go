package twitter

import "net/url"

// fields asks for what we read of posts and their authors, in either of X's
// spellings. With tweet.fields a post tells what it refers to; the posts
// themselves are not asked for, as X may charge for each. In the newest
// description of the API (2.167), which has post.fields instead, ids of others
// come with expansions alone, and with those the posts, which are settled as
// read.
func (c *client) fields() url.Values {
	const both = "created_at,conversation_id,entities,lang,edit_controls,reply_settings,possibly_sensitive"
	q := url.Values{"user.fields": {"username,name,protected,verified"}}
	if c.opt.PostFields {
		q.Set("post.fields", both+",note_post")
		q.Set("expansions", "author_id,in_reply_to_user_id,referenced_posts")
		return q
	}
	q.Set("tweet.fields", both+",note_tweet,author_id,in_reply_to_user_id,referenced_tweets")
	q.Set("expansions", "author_id")
	return q
}
