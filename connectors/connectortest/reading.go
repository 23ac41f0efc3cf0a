package connectortest

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"socialwatch"
)

func (r *rig) mentions(n int, what string) []string {
	ids := make([]string, 0, n)
	for i := range n {
		ids = append(ids, r.People.Say(r.T, Say{
			By: fmt.Sprintf("customer%d", i%7), ToUs: true, Text: fmt.Sprintf("%s %d", what, i)}))
	}
	return ids
}

func firstFetch(r *rig) {
	ids := r.mentions(5, "before the start")
	rd := r.reader()
	rd.poll()
	rd.exactly(ids)
	if len(rd.cursor) == 0 {
		r.Fatal("the first batch has no cursor")
	}
	ids = append(ids, r.mentions(3, "after it")...)
	rd.restart()
	rd.poll()
	rd.exactly(ids)
}

func backlog(r *rig) {
	rd := r.reader()
	rd.poll()
	ids := r.mentions(1000, "while nobody looked")
	before := rd.batches
	for more := true; more; {
		var err error
		more, err = rd.fetch()
		r.must(err)
		if rd.batches%2 == 0 {
			rd.restart() // an unfinished walk stands in the cursor
		}
	}
	rd.exactly(ids)
	if rd.batches-before < 2 || rd.largest == len(ids) {
		r.Fatalf("the backlog came in one batch of %d: a batch must be bounded", rd.largest)
	}
}

// lateIDs holds some mentions back at the moment at which their ids are drawn
// and shows them only after higher ones were read and swept.
func lateIDs(r *rig) {
	rd := r.reader()
	rd.poll()
	var ids, late []string
	for i := range 40 {
		s := Say{ToUs: true, Text: fmt.Sprintf("number %d", i), Late: i%8 == 3}
		id := r.People.Say(r.T, s)
		if ids = append(ids, id); s.Late {
			late = append(late, id)
		}
		if i%5 == 4 {
			rd.poll()
			r.Pass(time.Second)
		}
	}
	if len(rd.got) != len(ids)-len(late) {
		r.Fatalf("read %d, want %d before the late ones show", len(rd.got), len(ids)-len(late))
	}
	rd.restart()
	for _, id := range late {
		r.Faults.Release(r.T, id)
	}
	rd.poll()
	rd.exactly(ids)
}

// steadyLoad has something new at every Fetch, which must not keep late ids
// from being found.
func steadyLoad(r *rig) {
	rd := r.reader()
	rd.poll()
	late := r.People.Say(r.T, Say{ToUs: true, Text: "late", Late: true})
	r.mentions(2, "higher")
	rd.poll()
	r.Faults.Release(r.T, late)
	for i := range 10 {
		r.mentions(1, fmt.Sprintf("steady %d", i))
		_, err := rd.fetch()
		r.must(err)
	}
	if _, ok := rd.got[late]; !ok {
		r.Fatal("ten fetches under load did not find the late mention")
	}
}

func sameCursor(r *rig) {
	rd := r.reader()
	rd.poll()
	cursor := rd.cursor
	ids := r.mentions(30, "once")
	rd.poll()
	first := sortedIDs(rd.got)
	again := r.reader()
	again.cursor = cursor
	again.poll()
	if !slices.Equal(first, sortedIDs(again.got)) {
		r.Fatal("the same cursor gave other mentions")
	}
	for _, id := range first {
		if a, b := rd.got[id].Post, again.got[id].Post; a.Text != b.Text || a.Revision() != b.Revision() {
			r.Fatal("a repeated mention has changed though nobody touched it")
		}
	}
	rd.exactly(ids)
}

func failedFetch(r *rig) {
	rd := r.reader()
	rd.poll()
	ids := r.mentions(600, "in bad times")
	r.Faults.Begin(r.T, ReadsFail)
	failed := false
	for range 50 {
		if _, err := rd.fetch(); err != nil {
			r.reason("fetch", err, socialwatch.Temporary)
			failed = true
			break
		}
	}
	if !failed {
		r.Fatal("fifty fetches from a broken server, and no error")
	}
	r.Faults.Clear(r.T)
	rd.restart()
	rd.poll()
	rd.exactly(ids)
}

func foreignCursor(r *rig) {
	r.mentions(3, "hello")
	rd := r.reader()
	rd.poll()
	other := r.Other(r.T)
	b, err := other.Source.Fetch(r.Context(), rd.cursor)
	r.reason("cursor of another account", err, socialwatch.Refused)
	if len(b.Mentions) > 0 || b.Cursor != nil {
		r.Fatal("a refused cursor gave a batch")
	}
	for _, junk := range []string{"x", "{}", `{"v":99}`, "null", strings.Repeat("9", 1<<20)} {
		_, err = rd.conn.Source.Fetch(r.Context(), []byte(junk))
		r.reason("junk for a cursor", err, socialwatch.Refused)
	}
}

func oddElement(r *rig) {
	rd := r.reader()
	rd.poll()
	ids := r.mentions(3, "before")
	r.People.Say(r.T, Say{ToUs: true, Text: "odd", Odd: true})
	ids = append(ids, r.mentions(3, "after")...)
	rd.poll()
	rd.exactly(ids)
	if len(rd.aside) != 1 {
		r.Fatalf("%d elements were set aside, want 1", len(rd.aside))
	}
	for _, a := range rd.aside {
		if a.ID == "" || len(a.Raw) == 0 || a.Problem == "" || a.At.IsZero() || a.Account != rd.conn.Account {
			r.Fatal("what was set aside does not say what and why")
		}
	}
}

func cleanText(r *rig) {
	const words = "my parcel & I <wait> "
	long := strings.Repeat(words, 5000)
	if n := r.Lacks.LongestPost / len(words); n > 0 {
		long = strings.Repeat(words, n)
	}
	for _, text := range []string{"NUL \x00 in it", "bad \xff\xfe bytes", "bell \a", long, "line\nbreak & <b>no tag</b>"} {
		m := r.mention(Say{Text: text, Warning: "w\x00\xff"})
		for _, s := range []string{m.Text, m.Warning, m.Author.Name, m.Author.Handle} {
			if !utf8.ValidString(s) || s != socialwatch.CleanText(s) {
				r.Fatalf("text of %d bytes was not cleaned", len(text))
			}
		}
		if !strings.Contains(plain(m.Text), plain(text)) {
			r.Fatalf("the words of a text of %d bytes are not in the mention", len(text))
		}
		if m.CreatedAt != socialwatch.Micros(m.CreatedAt) || m.CreatedAt.IsZero() {
			r.Fatal("the time is not UTC in microseconds")
		}
	}
}

// plain is the text without what a network may write otherwise on its way:
// white space, and any number of signs for bytes that were no text.
func plain(s string) string {
	s = strings.ReplaceAll(socialwatch.CleanText(s), string(utf8.RuneError), "")
	return strings.Join(strings.Fields(s), " ")
}

func ownPosts(r *rig) {
	m := r.mention(Say{Text: "where is order 1001"})
	c := r.Connect(r.T)
	_, err := c.Replier.Reply(r.Context(), r.payload(c, m.Post, "We look into it."), "key-own")
	r.must(err)
	rd := r.reader()
	rd.poll()
	rd.exactly([]string{m.ID})
}

func lookup(r *rig) {
	m := r.mention(Say{Text: "order 1001 is late"})
	c := r.Connect(r.T)
	if c.Lookup == nil {
		return
	}
	get := func() (gone bool, p socialwatch.Post) {
		r.Helper()
		looks, err := c.Lookup.Get(r.Context(), []string{m.ID})
		r.must(err)
		if len(looks) != 1 || looks[0].ID != m.ID {
			r.Fatal("one id was asked for, another was answered")
		}
		return looks[0].Gone, looks[0].Post
	}
	if gone, p := get(); gone || p.Text != m.Text || p.Revision() != m.Revision() {
		r.Fatal("an untouched post looks changed")
	}
	r.People.Edit(r.T, m.ID, "order 1002 is late")
	if gone, p := get(); gone || p.Revision() == m.Revision() || !strings.Contains(p.Text, "1002") {
		r.Fatal("an edit does not show")
	}
	r.People.Delete(r.T, m.ID)
	if gone, p := get(); !gone || p.ID != "" {
		r.Fatal("a deletion does not show")
	}
	m = r.mention(Say{By: "customer2", Text: "hello"})
	r.People.Block(r.T, m.ID)
	if gone, _ := get(); !gone {
		r.Fatal("a block does not show")
	}
}

func lookupOrder(r *rig) {
	c := r.Connect(r.T)
	if c.Lookup == nil {
		return
	}
	ids := r.mentions(45, "number")
	slices.Reverse(ids)
	r.People.Delete(r.T, ids[7])
	looks, err := c.Lookup.Get(r.Context(), append(ids, ids[0]))
	r.must(err)
	if len(looks) != len(ids)+1 {
		r.Fatalf("%d answers for %d ids", len(looks), len(ids)+1)
	}
	for i, l := range looks[:len(ids)] {
		if l.ID != ids[i] || l.Gone != (i == 7) || (!l.Gone && l.Post.ID != ids[i]) {
			r.Fatalf("answer %d is not that of id %d", i, i)
		}
	}
	const never = "no such id" // can't be read, which is not the same as gone
	looks, err = c.Lookup.Get(r.Context(), []string{ids[0], never, ids[1]})
	r.must(err)
	if len(looks) != 2 || looks[0].ID != ids[0] || looks[1].ID != ids[1] {
		r.Fatal("an id that can't be read alone must be left out, and no other")
	}
	looks, err = c.Lookup.Get(r.Context(), nil)
	if r.must(err); len(looks) != 0 {
		r.Fatal("nothing was asked for, something was answered")
	}
}

func followUps(r *rig) {
	m := r.mention(Say{By: "customer1@far.example", Text: "order 1001 never came"})
	c := r.Connect(r.T)
	_, err := c.Replier.Reply(r.Context(), r.payload(c, m.Post, "We look into it."), "key-thread")
	r.must(err)
	reply := r.published(m.ID)
	follow := r.People.Say(r.T, Say{By: "customer1@far.example", Text: "any news?", Under: reply.PostID})
	aside := r.People.Say(r.T, Say{By: "customer2", Text: "same here", Under: m.ID})
	threads, err := c.Threads.Read(r.Context(), []string{m.RootID}, time.Time{})
	r.must(err)
	if len(threads) != 1 || threads[0].Root != m.RootID || threads[0].Gone {
		r.Fatal("the thread does not come back as asked for")
	}
	posts := threads[0].Posts
	found := map[string]socialwatch.Post{}
	for i, p := range posts {
		found[p.ID] = p
		if i > 0 && p.CreatedAt.Before(posts[i-1].CreatedAt) {
			r.Fatal("posts are not in the order of their time")
		}
		if p.RootID != m.RootID || p.Own != (p.ID == reply.PostID) {
			r.Fatal("a post has the wrong root, or is wrongly taken as ours")
		}
	}
	want := 4
	if r.Lacks.FreeThreads {
		want = 3
	}
	if len(found) != want || found[follow].ParentID != reply.PostID || found[aside].ParentID != m.ID ||
		(found[m.ID].ID == "") != r.Lacks.FreeThreads {
		r.Fatalf("%d posts in the thread, want %d, each under its parent", len(found), want)
	}
	if found[follow].Author.ID != m.Author.ID || found[follow].ParentBy != found[reply.PostID].Author.ID {
		r.Fatal("the follow-up does not tell who says it to whom")
	}
}

func goneThread(r *rig) {
	m, n := r.mention(Say{Text: "one"}), r.mention(Say{Text: "two"})
	r.People.Delete(r.T, m.ID)
	threads, err := r.Connect(r.T).Threads.Read(r.Context(), []string{m.ID, n.ID}, time.Time{})
	r.must(err)
	posts := 1
	if r.Lacks.FreeThreads {
		posts = 0
	}
	if len(threads) != 2 || threads[0].Gone == r.Lacks.FreeThreads || threads[1].Gone || len(threads[1].Posts) != posts {
		r.Fatal("of two threads the deleted one, and only that, must be gone")
	}
	threads, err = r.Connect(r.T).Threads.Read(r.Context(), []string{"no such id", n.ID}, time.Time{})
	r.must(err)
	if len(threads) != 2 || threads[0].Err == nil || threads[0].Gone || threads[1].Err != nil || len(threads[1].Posts) != posts {
		r.Fatal("of two threads the one that can't be read must say so, and the other be read")
	}
	r.Faults.Begin(r.T, Down)
	_, err = r.Connect(r.T).Threads.Read(r.Context(), []string{n.ID}, time.Time{})
	r.reason("read from a server that is down", err, socialwatch.Temporary)
}
