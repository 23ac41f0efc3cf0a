package console

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"socialwatch"
	"socialwatch/internal/store"
)

// maxShown is how many replies a page is told of: those of a list's page, a
// card and a notice, or an incident's drafts.
const maxShown = 120

// watcher is an open page: what it shows, and what has changed of that since it
// was last told. Its fields below ready are the hub's to guard.
type watcher struct {
	person socialwatch.Person
	filter store.QueueFilter
	list   string // of the filter
	ids    map[int64]bool
	wake   chan struct{} // there is something to tell

	ready   bool // it has been told everything once
	replies map[int64]bool
	newList bool
	banners bool
	seen    int64 // up to which event it knows the breaches; untold: it is told none
}

// newWatcher reads what a page shows from its address: the list as in the
// address of the page itself, or that of an incident, and rows, the replies'
// numbers. It sees of them what p may read.
func newWatcher(p socialwatch.Person, q url.Values) *watcher {
	w := &watcher{person: p, filter: listOf(q).filter(p), ids: map[int64]bool{}, seen: seenOf(q), wake: make(chan struct{}, 1), replies: map[int64]bool{}}
	if incident, err := strconv.ParseInt(q.Get("incident"), 10, 64); err == nil {
		w.filter = store.QueueFilter{Incident: incident, Accounts: visible(p, ""), States: shows[0].states}
	}
	w.list = fmt.Sprintf("%#v", w.filter)
	for text := range strings.SplitSeq(q.Get("rows"), ",") {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil && id > 0 && len(w.ids) < maxShown {
			w.ids[id] = true
		}
	}
	return w
}

// mark notes what has changed.
func (w *watcher) mark(replies []int64, list, banners bool) {
	if !w.ready {
		return
	}
	news := list || banners
	for _, id := range replies {
		if w.ids[id] {
			w.replies[id], news = true, true
		}
	}
	w.newList, w.banners = w.newList || list, w.banners || banners
	if news {
		ring(w.wake)
	}
}

// all notes that the page has been told nothing yet.
func (w *watcher) all() {
	w.ready, w.newList, w.banners = true, true, true
	for id := range w.ids {
		w.replies[id] = true
	}
	ring(w.wake)
}

// take returns what a page has to be told, as JSON: the list that it shows, how
// its replies stand, the sign of the banners, each only if it has changed. What
// the person may not read is left out.
func (h *hub) take(w *watcher) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := []byte("{")
	if w.newList {
		b = append(append(append(b, `"list":`...), h.lists[w.list].said...), ',')
	}
	if w.banners {
		b = append(append(b, `"banners":`...), strconv.Quote(h.banners)+","...)
	}
	b = h.takeBreaches(w, b)
	b = append(b, `"replies":[`...)
	comma := ""
	for _, id := range slices.Sorted(maps.Keys(w.replies)) {
		r := h.replies[id]
		if r.said == nil || !w.person.May(socialwatch.RoleReader, r.account) {
			continue
		}
		said := r.said
		if r.decider == w.person.Login {
			said = r.free
		}
		b = append(append(b, comma...), said...)
		comma = ","
	}
	clear(w.replies)
	w.newList, w.banners = false, false
	return append(b, "]}"...)
}
