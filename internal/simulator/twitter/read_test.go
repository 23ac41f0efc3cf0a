package twitter

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMentionsComeNewestFirstInPages(t *testing.T) {
	r := newRig(t, Options{})
	var want []string
	for i := range 12 {
		want = append(want, r.post("customer1", fmt.Sprintf("@shop_help order %d", i), PostOptions{}))
		r.post("customer2", "nothing for you", PostOptions{})
	}
	slices.Reverse(want)
	var got []string
	for query := "max_results=5"; query != ""; {
		p := r.mentions(query)
		got = append(got, p.ids()...)
		query = ""
		if p.Meta.Next != "" {
			query = "max_results=5&pagination_token=" + p.Meta.Next
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	p := r.mentions("since_id=" + want[3])
	if !slices.Equal(p.ids(), want[:3]) || p.Meta.Newest != want[0] || p.Meta.Oldest != want[2] || p.Meta.Count != 3 {
		t.Errorf("since_id: %+v", p)
	}
	if p := r.mentions("since_id=" + want[0]); p.Data != nil || p.Meta.Count != 0 {
		t.Errorf("an empty page has data: %+v", p)
	}
}

func TestOnly800NewestMentionsAreReachable(t *testing.T) {
	r := newRig(t, Options{})
	for i := range 850 {
		r.post("customer1", fmt.Sprintf("@shop_help order %d", i), PostOptions{})
	}
	n, pages := 0, 0
	for query := "max_results=100"; query != ""; pages++ {
		p := r.mentions(query)
		n += len(p.Data)
		query = ""
		if p.Meta.Next != "" {
			query = "max_results=100&pagination_token=" + p.Meta.Next
		}
	}
	if n != 800 || pages != 9 {
		t.Errorf("%d mentions on %d pages, want 800 on 8 and an empty one", n, pages)
	}
	found := r.search("@shop_help -is:retweet")
	if len(found.Data) != 10 || found.Meta.Next == "" {
		t.Errorf("search found %d", len(found.Data))
	}
}

func TestHeldPostAppearsBelowNewerOnes(t *testing.T) {
	r := newRig(t, Options{})
	late := r.post("customer1", "@shop_help late", PostOptions{Hold: true})
	next := r.post("customer2", "@shop_help in time", PostOptions{})
	if got := r.mentions("").ids(); !slices.Equal(got, []string{next}) {
		t.Errorf("before: %v", got)
	}
	must(t, r.s.Release(late))
	if got := r.mentions("").ids(); !slices.Equal(got, []string{next, late}) {
		t.Errorf("after: %v", got)
	}
}

func TestEditIsANewIDOfOnePost(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1", "@shop_help order 1001", PostOptions{})
	r.pass(time.Minute)
	next, err := r.s.Edit(id, "@shop_help order 1002")
	must(t, err)
	p := r.mentions("")
	if len(p.Data) != 1 || p.Data[0].ID != next || !slices.Equal(p.Data[0].History, []string{id, next}) {
		t.Errorf("mentions %+v", p)
	}
	old := r.get("/2/tweets?ids=" + id)
	if len(old.Data) != 1 || old.Data[0].ID != id || !strings.HasSuffix(old.Data[0].Text, "1001") || len(old.Data[0].History) != 2 {
		t.Errorf("old version %+v", old)
	}
	if truth := r.s.Truth("shop_help"); !slices.Equal(truth.Must, []string{id}) {
		t.Errorf("truth %+v", truth)
	}
	must(t, r.s.Delete(next))
	if got := r.get("/2/tweets?ids=" + id + "," + next); len(got.Data) != 0 || len(got.Errors) != 2 {
		t.Errorf("after deletion of one version: %+v", got)
	}
}

func TestLookupNamesWhatIsGone(t *testing.T) {
	r := newRig(t, Options{})
	here := r.post("customer1", "@shop_help a", PostOptions{})
	gone := r.post("customer2", "@shop_help b", PostOptions{})
	hidden := r.post("customer3", "@shop_help c", PostOptions{})
	blocked := r.post("customer4", "@shop_help d", PostOptions{})
	must(t, r.s.Delete(gone))
	must(t, r.s.Protect("customer3"))
	must(t, r.s.Block("customer4", "shop_help"))
	p := r.get("/2/tweets?ids=" + strings.Join([]string{gone, here, hidden, blocked, "5"}, ","))
	if !slices.Equal(p.ids(), []string{here}) {
		t.Errorf("data %v", p.ids())
	}
	got := map[string]string{}
	for _, e := range p.Errors {
		got[fmt.Sprint(e["resource_id"])] = strings.TrimPrefix(fmt.Sprint(e["type"]), problemBase)
	}
	for id, want := range map[string]string{gone: "resource-not-found", "5": "resource-not-found", hidden: "not-authorized-for-resource", blocked: "not-authorized-for-resource"} {
		if got[id] != want {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
	}
}

func TestFieldsAreToldInTheSpellingAskedFor(t *testing.T) {
	r := newRig(t, Options{})
	first := r.post("customer1", "@shop_help look at https://example.com/a?b=1&c=2 & tell", PostOptions{})
	r.post("customer2", "and @shop_help me too", PostOptions{InReplyTo: first})
	raw := func(query string) map[string]any {
		a := decode[map[string]any](t, r.want(200, r.user, "GET", "/2/users/"+r.shop+"/mentions?"+query, ""))
		return a["data"].([]any)[0].(map[string]any)
	}
	if o := raw(""); len(o) != 3 || o["edit_history_tweet_ids"] == nil {
		t.Errorf("without fields: %v", o)
	}
	o := raw("tweet.fields=author_id,conversation_id,referenced_tweets,entities,in_reply_to_user_id,created_at")
	if o["conversation_id"] != first || o["author_id"] == nil || o["referenced_tweets"] == nil || o["text"] != "@customer1 @shop_help and @shop_help me too" {
		t.Errorf("tweet spelling: %v", o)
	}
	o = raw("post.fields=conversation_id&expansions=author_id,referenced_posts")
	if o["edit_history_post_ids"] == nil || o["referenced_posts"] == nil || o["author_id"] == nil || o["edit_history_tweet_ids"] != nil {
		t.Errorf("post spelling: %v", o)
	}
	p := r.get("/2/tweets?tweet.fields=entities&ids=" + first)
	if !strings.Contains(p.Data[0].Text, "https://t.co/") || !strings.Contains(p.Data[0].Text, "&amp; tell") {
		t.Errorf("text %q", p.Data[0].Text)
	}
}

func TestOwnPostsCanLeaveOutReplies(t *testing.T) {
	r := newRig(t, Options{})
	a := r.post("customer1", "@shop_help a", PostOptions{})
	plain := r.post("shop_help", "we are open", PostOptions{})
	r.post("shop_help", "sorry", PostOptions{InReplyTo: a})
	r.post("shop_help", "", PostOptions{Repost: a})
	if got := r.get("/2/users/" + r.shop + "/tweets?exclude=replies,retweets").ids(); !slices.Equal(got, []string{plain}) {
		t.Errorf("got %v, want %s", got, plain)
	}
	r.want(400, r.user, "GET", "/2/users/"+r.shop+"/tweets?exclude=quotes", "")
}

func FuzzQueryNeverPanics(f *testing.F) {
	for _, q := range []string{"@shop_help -is:retweet", "(conversation_id:1 OR from:a) -@b", "\"a b\" (", "- -a", "é:x"} {
		f.Add(q)
	}
	s := New(Options{})
	if _, err := s.Post("customer1", "@shop_help a", PostOptions{}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := s.parseQuery(text); err == nil {
			r.match(s.order[0])
			if !r.selects {
				t.Fatalf("%q selects nothing by itself", text)
			}
		}
	})
}

func TestLongPostIsCut(t *testing.T) {
	r := newRig(t, Options{})
	text := "@shop_help " + strings.Repeat("where is it? ", 40)
	id := r.post("customer1", text, PostOptions{Long: true})
	a := decode[map[string]any](t, r.want(200, r.user, "GET", "/2/tweets?tweet.fields=note_tweet&ids="+id, ""))
	o := a["data"].([]any)[0].(map[string]any)
	if note := o["note_tweet"].(map[string]any)["text"]; note != text || !strings.Contains(o["text"].(string), "… https://t.co/") {
		t.Errorf("text %q, note %q", o["text"], note)
	}
	if _, err := r.s.Post("customer1", text, PostOptions{}); err == nil {
		t.Error("a long post without Long was taken")
	}
}

func TestSearchUnderstandsItsLanguage(t *testing.T) {
	r := newRig(t, Options{})
	a := r.post("customer1", "@shop_help order late", PostOptions{})
	b := r.post("customer1", "still nothing", PostOptions{InReplyTo: a, Untagged: true})
	c := r.post("shop_help", "sorry", PostOptions{InReplyTo: a})
	d := r.post("customer2", "", PostOptions{Repost: a})
	e := r.post("customer3", "other things", PostOptions{})
	tests := map[string][]string{
		"@shop_help -is:retweet": {a},
		"@shop_help":             {d, a},
		"conversation_id:" + a:   {c, b, a},
		"conversation_id:" + a + " -from:shop_help -@SHOP_HELP":                                            {b},
		"(conversation_id:" + a + " OR conversation_id:" + e + ") -from:shop_help -@shop_help -is:retweet": {e, b},
		"from:customer1 OR from:customer3":                                                                 {e, b, a},
		"from:customer1 nothing":                                                                           {b},
		"\"still nothing\"":                                                                                {b},
		"from:nobody":                                                                                      {},
		"customer1 is:reply":                                                                               {c},
	}
	for query, want := range tests {
		if got := r.search(query).ids(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	r.pass(8 * 24 * time.Hour)
	if got := r.search("@shop_help").ids(); len(got) != 0 {
		t.Errorf("older than 7 days: %v", got)
	}
}
