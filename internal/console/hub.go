package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// Live reads what open pages are told of lists and replies.
type Live interface {
	Glance(ctx context.Context, f store.QueueFilter) (store.Glance, error)
	Standings(ctx context.Context, ids []int64) ([]store.Standing, error)
}

// Figures of the live channel. What a person is told within a quarter of a second
// is told at once, and most of that passes before the hub hears of it.
const (
	quiet      = 10 * time.Millisecond // changes this close together are one
	pace       = 25 * time.Millisecond // at most forty looks a second, of a quick database
	lookAnyway = 10 * time.Second      // a bell may be lost, and a lease ends without one
	roundRest  = 6                     // a look is followed by a rest this many times as long
	listRest   = 9                     // so is each list, by itself: one that is costly holds up no other
	atOnce     = 500                   // replies of one query
)

// hub looks for all open pages together. It asks the database once about each
// reply and once about each list that any page shows, and says it in JSON once.
// Pages fetch what has changed for them whenever they can take it: one that is
// slow gets the newest of each, later, and holds up nobody. The hub works while
// pages are open; the last one to leave ends it.
type hub struct {
	live Live
	// breaches tells who wants to know; nil: nobody is told.
	breaches Breaches
	bell     func(ctx context.Context) (<-chan struct{}, error) // nil: none rings
	sign     func(ctx context.Context) (string, error)          // of what banners say
	now      func() time.Time
	log      *slog.Logger
	came     chan struct{} // a page has come

	mu      sync.Mutex
	pages   map[*watcher]bool
	lists   map[string]*liveList
	replies map[int64]*liveReply
	banners string
	breach  breachLog
	end     context.CancelFunc
	ended   chan struct{}
}

// liveList is one list, for all pages that show it.
type liveList struct {
	filter store.QueueFilter
	pages  int
	rests  time.Time // until when it is not read again
	said   []byte    // as JSON; nil: not read yet
}

// liveReply is one reply, for all pages that show it.
type liveReply struct {
	pages   int
	account string
	decider string // who is deciding; "": nobody
	said    []byte // as JSON; nil: not read yet
	free    []byte // the same for who is deciding
}

func newHub(o Options, sign func(context.Context) (string, error)) *hub {
	return &hub{live: o.Live, breaches: o.Breaches, bell: o.Bell, sign: sign, now: o.Now, log: o.Log, came: make(chan struct{}, 1),
		pages: map[*watcher]bool{}, lists: map[string]*liveList{}, replies: map[int64]*liveReply{}}
}

// join begins to look for a page. It is told everything first, by a look that
// begins after this.
func (h *hub) join(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.pages) == 0 {
		h.begin()
	}
	h.pages[w] = true
	if h.lists[w.list] == nil {
		h.lists[w.list] = &liveList{filter: w.filter}
	}
	h.lists[w.list].pages++
	for id := range w.ids {
		if h.replies[id] == nil {
			h.replies[id] = &liveReply{}
		}
		h.replies[id].pages++
	}
	ring(h.came)
}

func (h *hub) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	h.end, h.ended = cancel, ended
	go func() {
		defer close(ended)
		h.run(ctx)
	}()
}

// leave ends what join began; the last page waits for the hub to end.
func (h *hub) leave(w *watcher) {
	h.mu.Lock()
	delete(h.pages, w)
	if h.lists[w.list].pages--; h.lists[w.list].pages == 0 {
		delete(h.lists, w.list)
	}
	for id := range w.ids {
		if h.replies[id].pages--; h.replies[id].pages == 0 {
			delete(h.replies, id)
		}
	}
	last, ended := len(h.pages) == 0, h.ended
	if last {
		h.end()
	}
	h.mu.Unlock()
	if last {
		<-ended
	}
}

// run looks after each ring of the bell, when a page comes, and now and then.
func (h *hub) run(ctx context.Context) {
	bell := h.listen(ctx, true)
	anyway := time.NewTicker(lookAnyway)
	defer anyway.Stop()
	var skipped <-chan time.Time // a list rests that has perhaps changed
	for {
		select {
		case <-ctx.Done():
			return
		case <-bell:
			if !pass(ctx, quiet) {
				return
			}
		case <-h.came:
		case <-skipped:
		case <-anyway.C:
			if bell == nil {
				bell = h.listen(ctx, false)
			}
		}
		for _, c := range []<-chan struct{}{bell, h.came} { // what rang meanwhile is seen with it
			select {
			case <-c:
			default:
			}
		}
		begun := time.Now()
		rest, err := h.look(ctx)
		if err != nil && ctx.Err() == nil {
			h.log.Warn("live pages are not told", "err", err)
			rest = time.Second
		}
		if skipped = nil; rest > 0 {
			skipped = time.After(rest)
		}
		if !pass(ctx, max(pace-quiet, roundRest*time.Since(begun))) {
			return
		}
	}
}

// listen is the bell, nil when there is none or none can be had: then the hub
// looks now and then, and says so if it is to complain.
func (h *hub) listen(ctx context.Context, complain bool) <-chan struct{} {
	if h.bell == nil {
		return nil
	}
	bell, err := h.bell(ctx)
	if err == nil {
		return bell
	}
	if complain && ctx.Err() == nil {
		h.log.Warn("live pages are told of changes late", "every", lookAnyway, "err", err)
	}
	return nil
}

// seen is what one look has read.
type seen struct {
	pages    []*watcher // that were there when it began
	replies  []store.Standing
	lists    map[string]store.Glance
	took     map[string]time.Duration
	banners  string
	wanted   bool // breaches are, by a page
	breaches []store.Breach
	upTo     int64         // event up to which there are no others; 0: not read
	nextList time.Duration // until a list that rests may be read; 0: none does
}

// look reads what pages show and marks what has changed for each. rest is after
// how long a list that was left out may be read.
func (h *hub) look(ctx context.Context) (rest time.Duration, err error) {
	s := seen{lists: map[string]store.Glance{}, took: map[string]time.Duration{}}
	ids, lists := h.due(&s)
	if s.banners, err = h.sign(ctx); err != nil {
		return 0, fmt.Errorf("read banners: %w", err)
	}
	var breachErr error // of this alone: the rest is told
	s.breaches, s.upTo, breachErr = h.breached(ctx, s.wanted)
	for some := range slices.Chunk(ids, atOnce) {
		part, err := h.live.Standings(ctx, some)
		if err != nil {
			return 0, err
		}
		s.replies = append(s.replies, part...)
	}
	for key, filter := range lists {
		begun := time.Now()
		g, listErr := h.live.Glance(ctx, filter)
		if listErr != nil {
			err = listErr // of this list: the others are told
			continue
		}
		s.lists[key], s.took[key] = g, time.Since(begun)
	}
	h.mark(s)
	return s.nextList, errors.Join(err, breachErr)
}

// due is what there is to read.
func (h *hub) due(s *seen) (ids []int64, lists map[string]store.QueueFilter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.pages = slices.Collect(maps.Keys(h.pages))
	s.wanted = slices.ContainsFunc(s.pages, func(w *watcher) bool { return w.seen != untold })
	ids, lists = slices.Sorted(maps.Keys(h.replies)), map[string]store.QueueFilter{}
	now := time.Now()
	for key, l := range h.lists {
		if left := l.rests.Sub(now); left > 0 {
			if s.nextList == 0 || left < s.nextList {
				s.nextList = left
			}
			continue
		}
		lists[key] = l.filter
	}
	return ids, lists
}

// mark notes for each page what it has to be told.
func (h *hub) mark(s seen) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var replies []int64
	for _, at := range s.replies {
		if r := h.replies[at.ID]; r != nil && r.set(at, h.now()) {
			replies = append(replies, at.ID)
		}
	}
	lists := map[string]bool{}
	for key, g := range s.lists {
		if l := h.lists[key]; l != nil && l.set(g, s.took[key]) {
			lists[key] = true
		}
	}
	banners := s.banners != h.banners
	h.banners = s.banners
	h.breach.note(s.breaches, s.upTo, h.now())
	for w := range h.pages {
		w.mark(replies, lists[w.list], banners)
		if w.ready && w.seen != untold && slices.ContainsFunc(s.breaches, func(b store.Breach) bool { return isMine(w.person, b) }) {
			ring(w.wake)
		}
	}
	for _, w := range s.pages {
		if h.pages[w] && !w.ready && h.lists[w.list].said != nil {
			w.all()
		}
	}
}

// snoozed is where awaiting replies stand whose case is snoozed.
const snoozed = "snoozed"

// set notes how a reply stands and reports whether that is news.
func (r *liveReply) set(at store.Standing, now time.Time) bool {
	rp := socialwatch.Reply{State: at.State, Lease: at.Lease}
	v := struct {
		ID       int64  `json:"id"`
		State    string `json:"state"`
		Place    string `json:"place"` // the state, or snoozed
		Label    string `json:"label"`
		Hash     string `json:"hash"`
		Revision string `json:"revision"`
		Deciding string `json:"deciding"` // "": nobody, or who reads this
	}{ID: at.ID, State: string(at.State), Place: string(at.State), Hash: at.Hash, Revision: at.Revision}
	if at.Gone {
		v.Revision = "gone"
	}
	if at.Snoozed && at.State == socialwatch.ReplyAwaiting {
		v.Place = snoozed
	}
	v.Label = label("reply", v.Place)
	free, _ := json.Marshal(v) // texts and numbers
	decider := ""
	if open(rp) && at.Lease.Active(now) {
		decider = at.Lease.By
		v.Deciding = say("deciding", decider)
	}
	said, _ := json.Marshal(v)
	news := string(said) != string(r.said)
	r.account, r.decider, r.said, r.free = at.Account, decider, said, free
	return news
}

// set notes a list and reports whether it has changed.
func (l *liveList) set(g store.Glance, took time.Duration) bool {
	l.rests = time.Now().Add(listRest * took)
	v := struct {
		In    []string `json:"in"` // the places of its replies
		Count string   `json:"count"`
		IDs   []int64  `json:"ids"`
	}{texts(l.filter.States), most(g.Count), g.IDs}
	if l.filter.Snoozed {
		v.In = []string{snoozed}
	}
	said, _ := json.Marshal(v)
	news := string(said) != string(l.said)
	l.said = said
	return news
}

// ring rings a bell that may be ringing already.
func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// pass lets time pass and reports false when ctx ended first.
func pass(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
