package twitter

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// huge is an X whose posts are so long, by what X tells beside their text, that
// a page of them is longer than what we read of one answer.
type huge struct {
	*testing.T
	ids    []string // newest first
	length func(id string) int
	sizes  []int // of pages that were asked for
}

func (h *huge) newest(n int) {
	h.ids = nil
	for i := range n {
		h.ids = append(h.ids, strconv.Itoa(2123706425275318272-i))
	}
}

func (h *huge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if r.URL.Path == "/2/users/me" {
		_, _ = w.Write([]byte(`{"data":{"id":"42","username":"shop_help"}}`))
		return
	}
	size, _ := strconv.Atoi(q.Get("max_results"))
	if asked := q.Get("ids"); asked != "" {
		size = 1 + strings.Count(asked, ",")
	}
	h.sizes = append(h.sizes, size)
	var page []string
	last := ""
	for _, id := range h.ids {
		until := cmp.Or(q.Get("pagination_token"), q.Get("next_token"), q.Get("until_id"))
		in := until == "" || compareIDs(id, until) < 0
		if asked := q.Get("ids"); asked != "" {
			in = strings.Contains(asked, id)
		}
		if in && len(page) < size {
			page, last = append(page, h.post(id, q.Has("tweet.fields"))), id
		}
	}
	next := ""
	if len(page) == size && q.Get("ids") == "" {
		next = `,"next_token":"` + last + `"`
	}
	_, _ = fmt.Fprintf(w, `{"data":[%s],"includes":{"users":[{"id":"7","username":"customer1"}]},"meta":{"result_count":%d%s}}`,
		strings.Join(page, ","), len(page), next)
}

func (h *huge) post(id string, whole bool) string {
	if !whole {
		return `{"id":"` + id + `","text":"@shop_help"}`
	}
	return `{"id":"` + id + `","author_id":"7","conversation_id":"` + id + `","text":"@shop_help","note_tweet":{"text":"@shop_help","entities":{"hashtags":"` +
		strings.Repeat("#", h.length(id)) + `"}}}`
}

// hugeLimit stands for bodyLimit.
const hugeLimit = 80 << 10

func (h *huge) connect() (*client, *books) {
	h.Helper()
	server := httptest.NewServer(h)
	h.Cleanup(server.Close)
	b := &books{}
	c, err := newClient(Options{Account: "shop", Handle: "shop_help", BaseURL: server.URL, Ledger: b, Auth: fourSecrets})
	if err != nil {
		h.Fatal(err)
	}
	c.most = hugeLimit
	return c, b
}

// TestPagesOfHugePostsAreReadInSmallerOnes: with a few thousand tags in each of
// some dozen posts nobody can stop our polling.
func TestPagesOfHugePostsAreReadInSmallerOnes(t *testing.T) {
	h := &huge{T: t, length: func(string) int { return 4 << 10 }}
	h.newest(30)
	c, b := h.connect()
	first, err := source{c}.Fetch(t.Context(), nil)
	if err != nil || len(first.Mentions) != 12 {
		t.Fatalf("%d mentions by pages of %v: %v", len(first.Mentions), h.sizes, err)
	}
	if n := b.counts()[ItemMentionRead]; n != 12 || b.open != 0 {
		t.Errorf("%d settled, %d reservations open", n, b.open)
	}
	cur := cursor{Version: 1, User: "42", Polled: drawn(h.ids[0]).Add(-time.Hour)}.encode()
	found := map[string]bool{}
	for more := true; more; {
		batch, err := source{c}.Fetch(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range batch.Mentions {
			found[m.ID] = true
		}
		more, cur = batch.More, batch.Cursor
	}
	if len(found) != len(h.ids) || b.open != 0 {
		t.Errorf("%d of %d mentions by pages of %v", len(found), len(h.ids), h.sizes)
	}
}

// TestAPostThatIsTooLongAloneIsSetAside with those that X puts on its page.
func TestAPostThatIsTooLongAloneIsSetAside(t *testing.T) {
	h := &huge{T: t}
	h.newest(40)
	monster := h.ids[20]
	h.length = func(id string) int {
		if id == monster {
			return hugeLimit
		}
		return 10
	}
	c, _ := h.connect()
	cur := cursor{Version: 1, User: "42", Polled: drawn(h.ids[0]).Add(-time.Hour)}.encode()
	found, aside := map[string]bool{}, map[string]string{}
	for more := true; more; {
		batch, err := source{c}.Fetch(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range batch.Mentions {
			found[m.ID] = true
		}
		for _, a := range batch.SetAside {
			aside[a.ID] = a.Problem
		}
		more, cur = batch.More, batch.Cursor
	}
	if len(found)+len(aside) != len(h.ids) || len(aside) > leastPage || !strings.Contains(aside[monster], "longer than 8 MB") {
		t.Errorf("%d of %d mentions, aside %v, by pages of %v", len(found), len(h.ids), aside, h.sizes)
	}
	looks, err := lookup{c}.Get(t.Context(), h.ids)
	if err != nil || len(looks) != len(h.ids)-1 {
		t.Errorf("%d posts looked up: %v", len(looks), err)
	}
}

// TestHugePostsDoNotHideOurReplies nor those of others in a thread.
func TestHugePostsDoNotHideOurReplies(t *testing.T) {
	h := &huge{T: t, length: func(string) int { return 7 << 10 }}
	h.newest(10)
	c, _ := h.connect()
	_, err := finder{c}.Find(t.Context(), socialwatch.Payload{ParentID: h.ids[0]})
	if err != nil {
		t.Errorf("by pages of %v: %v", h.sizes, err)
	}
	threads, err := threads{c}.Read(t.Context(), h.ids[:1], time.Time{})
	if err != nil || len(threads) != 1 || len(threads[0].Posts) != 1 {
		t.Errorf("%+v by pages of %v: %v", threads, h.sizes, err)
	}
}
