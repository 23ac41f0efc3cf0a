package connectortest

import (
	"slices"
	"strings"
	"time"

	"socialwatch"
)

const sorry = "Sorry about this. We are looking into case K-77 & will tell you here by Friday."

// replyStands answers a remote and a local customer of the same name: the
// bare name of the one addresses the other.
func replyStands(r *rig) {
	for i, by := range []string{"customer1@far.example", "customer1"} {
		m := r.mention(Say{By: by, Text: "order 1001 never came", Warning: "parcel trouble"})
		c := r.Connect(r.T)
		p := r.payload(c, m.Post, sorry)
		full := r.Lacks.Servers || strings.HasPrefix(m.Author.Handle, "customer1@")
		if !full || m.Author.Handle == "" || m.Author.ID != p.ParentBy {
			r.Fatal("the author's full address is not known")
		}
		post, err := c.Replier.Reply(r.Context(), p, []string{"key-a", "key-b"}[i])
		r.must(err)
		reply := r.published(m.ID)
		if post.PostID != reply.PostID || post.URL == "" {
			r.Fatal("the new post's id and address are not told")
		}
		if !slices.Equal(reply.Addressed, []string{m.Author.ID}) {
			r.Fatalf("the reply reached %d accounts or another than its author", len(reply.Addressed))
		}
		if reply.Text != p.Whole() || (reply.Warning != "parcel trouble") != r.Lacks.Warnings {
			r.Fatal("what was published is not what was composed")
		}
	}
}

func replyVisibility(r *rig) {
	all := []socialwatch.Visibility{socialwatch.Public, socialwatch.Unlisted, socialwatch.Followers, socialwatch.Direct}
	if r.Lacks.Visibilities {
		all = all[:1]
	}
	for _, v := range all {
		m := r.mention(Say{Text: "order 1001", Visibility: v})
		if m.Visibility != v {
			r.Fatalf("a %s mention is read as %s", v, m.Visibility)
		}
		c := r.Connect(r.T)
		p := r.payload(c, m.Post, sorry)
		_, err := c.Replier.Reply(r.Context(), p, "key-"+string(v))
		r.must(err)
		if got := r.published(m.ID).Visibility; got != p.Visibility || got.Wider(v) {
			r.Fatalf("the reply to a %s mention was composed %s and published %s", v, p.Visibility, got)
		}
		if !v.PublicToRead() && p.Visibility != socialwatch.Direct {
			r.Fatalf("a %s mention is answered %s", v, p.Visibility)
		}
	}
}

func replyGone(r *rig) {
	m := r.mention(Say{Text: "order 1001"})
	c := r.Connect(r.T)
	p := r.payload(c, m.Post, sorry)
	r.People.Delete(r.T, m.ID)
	_, err := c.Replier.Reply(r.Context(), p, "key-gone")
	r.reason("reply to a deleted post", err, socialwatch.Gone)
}

func compose(r *rig) {
	m := r.mention(Say{Text: "order 1001", Warning: "parcel trouble"})
	c := r.Connect(r.T)
	if c.Source != nil {
		_, err := c.Source.Fetch(r.Context(), nil) // learns the limits
		r.must(err)
	}
	d := socialwatch.Draft{Account: c.Account, Parent: m.Post, Text: sorry, Language: "en", Template: "t", TemplateV: 3}
	p, err := c.Composer.Compose(d)
	r.must(err)
	q, err := c.Composer.Compose(d)
	r.must(err)
	switch {
	case p != q:
		r.Fatal("composing twice gives two payloads")
	case p.Network != c.Network || p.Host != c.Host || p.Account != c.Account || p.ParentID != m.ID ||
		p.ParentRev != m.Revision() || p.ParentBy != m.Author.ID || p.ParentName == "":
		r.Fatal("the payload does not say what it answers")
	case p.Text != sorry || p.Language != "en" || p.Template != "t" || p.TemplateV != 3:
		r.Fatal("the payload is not that of the draft")
	case p.Limit <= 0 || p.Length < len([]rune(sorry)) || p.Length > p.Limit:
		r.Fatalf("length %d of %d", p.Length, p.Limit)
	}
	d.Text = strings.Repeat("x", p.Limit+1)
	long, err := c.Composer.Compose(d)
	r.must(err)
	if long.Text != d.Text || long.Length <= long.Limit {
		r.Fatal("a text that is too long was cut or not counted")
	}
	_, err = c.Replier.Reply(r.Context(), long, "key-long")
	r.reason("a reply that is too long", err, socialwatch.Refused)
}

func lostAnswer(r *rig) {
	for _, f := range []Fault{AnswerLost, AnswerCut, GatewayError} {
		m := r.mention(Say{By: "customer1@far.example", Text: "order 1001"})
		c := r.Connect(r.T)
		p := r.payload(c, m.Post, sorry+" See https://shop.example/help/a-very-long-path/that-is-shortened?x=1&y=2")
		r.Faults.Begin(r.T, f)
		_, err := c.Replier.Reply(r.Context(), p, "key-"+m.ID)
		r.reason(string(f), err, socialwatch.Unknown)
		r.Faults.Clear(r.T)
		reply := r.published(m.ID) // once: never sent again by itself
		found, err := r.Connect(r.T).Finder.Find(r.Context(), p)
		r.must(err)
		if found.PostID != reply.PostID || found.URL == "" {
			r.Fatal("a reply whose answer was lost is not found")
		}
		if c.Replier.Guard() > 0 {
			again, err := c.Replier.Reply(r.Context(), p, "key-"+m.ID)
			r.must(err)
			if again.PostID != reply.PostID || len(r.Audit(r.T, m.ID)) != 1 {
				r.Fatal("the same key published twice though the server is said to guard")
			}
		}
	}
}

func absent(r *rig) {
	m := r.mention(Say{Text: "order 1001"})
	c := r.Connect(r.T)
	p := r.payload(c, m.Post, sorry)
	r.People.Say(r.T, Say{Text: sorry, Under: m.ID}) // not by us
	other := r.payload(c, m.Post, "Something else entirely.")
	_, err := c.Replier.Reply(r.Context(), other, "key-other")
	r.must(err)
	below := r.mention(Say{By: "customer2", Text: "same here", Under: m.ID})
	_, err = c.Replier.Reply(r.Context(), r.payload(c, below.Post, sorry), "key-below") // the same words, elsewhere
	r.must(err)
	found, err := c.Finder.Find(r.Context(), p)
	r.must(err)
	if found != (socialwatch.Published{}) {
		r.Fatal("a reply was found that was never published")
	}
}

func unreadable(r *rig) {
	m := r.mention(Say{Text: "order 1001"})
	c := r.Connect(r.T)
	p := r.payload(c, m.Post, sorry)
	r.Faults.Begin(r.T, Down)
	_, err := c.Finder.Find(r.Context(), p)
	r.reason("look on a server that is down", err, socialwatch.Temporary)
	r.Faults.Clear(r.T)
	if r.Lacks.ParentlessFind {
		return
	}
	r.People.Delete(r.T, m.ID)
	if _, err = c.Finder.Find(r.Context(), p); r.safe(err) == nil {
		r.Fatal("the parent is gone, and the reply counts as absent")
	}
}

func classes(r *rig) {
	for _, tc := range []struct {
		fault       Fault
		read, write socialwatch.Reason
	}{
		{Down, socialwatch.Temporary, socialwatch.Temporary},
		{Busy, socialwatch.RateLimited, socialwatch.RateLimited},
		{NoToken, socialwatch.Unauthorized, socialwatch.Unauthorized},
		{ServerError, "", socialwatch.Unknown},
	} {
		m := r.mention(Say{Text: "order 1001"})
		rd := r.reader()
		rd.poll()
		p := r.payload(rd.conn, m.Post, sorry)
		r.Faults.Begin(r.T, tc.fault)
		_, err := rd.conn.Replier.Reply(r.Context(), p, "key-"+m.ID)
		r.reason("write while "+string(tc.fault), err, tc.write)
		if r.Pushed == nil {
			_, err = rd.fetch()
			r.reason("read while "+string(tc.fault), err, tc.read)
		}
		r.Faults.Clear(r.T)
		if len(r.Audit(r.T, m.ID)) != 0 {
			r.Fatalf("published while %s", tc.fault)
		}
		r.Pass(2 * time.Minute)
	}
}

func takeBack(r *rig) {
	m := r.mention(Say{Text: "order 1001"})
	c := r.Connect(r.T)
	if c.Deleter == nil {
		return
	}
	post, err := c.Replier.Reply(r.Context(), r.payload(c, m.Post, sorry), "key-back")
	r.must(err)
	r.must(c.Deleter.Delete(r.Context(), post.PostID))
	if len(r.Audit(r.T, m.ID)) != 0 {
		r.Fatal("the post still stands")
	}
	r.must(c.Deleter.Delete(r.Context(), post.PostID))
}
