package legacy

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// reader reads like intake: the cursor is stored with its batch.
type reader struct {
	*fake
	cursor  []byte
	got     map[string]socialwatch.Mention
	aside   []socialwatch.SetAside
	gaps    []socialwatch.Gap
	batches int
}

func (f *fake) reader() *reader { return &reader{fake: f, got: map[string]socialwatch.Mention{}} }

func (r *reader) fetch(c *connectors.Connector) (more bool, err error) {
	b, err := c.Source.Fetch(r.Context(), r.cursor)
	if err != nil {
		return false, err
	}
	for _, m := range b.Mentions {
		r.got[m.ID] = m
	}
	r.cursor, r.aside, r.gaps = b.Cursor, append(r.aside, b.SetAside...), append(r.gaps, b.Gaps...)
	r.batches++
	return b.More, nil
}

// poll reads until there is no more, with a connector as after a restart.
func (r *reader) poll(change ...func(*Options)) {
	r.Helper()
	for range 100 {
		more, err := r.fetch(r.connect(change...))
		if err != nil {
			r.Fatal(err)
		}
		if !more {
			return
		}
	}
	r.Fatal("a hundred batches, and still more")
}

func (r *reader) want(n int) {
	r.Helper()
	if len(r.got) != n {
		r.Errorf("%d mentions, want %d", len(r.got), n)
	}
}

func TestFirstFetchHoldsThePresentPage(t *testing.T) {
	f := newFake(t)
	for i := range 250 {
		f.say(time.Duration(250-i)*time.Minute, "")
	}
	r := f.reader()
	if more, err := r.fetch(f.connect()); err != nil || more {
		t.Errorf("more %v, %v", more, err)
	}
	r.want(200)
	if len(r.cursor) > cursorLimit || f.count("mentions_timeline") != 1 {
		t.Errorf("cursor %s after %d requests", r.cursor, f.count("mentions_timeline"))
	}
}

func TestBacklogComesWholeInBatches(t *testing.T) {
	f := newFake(t)
	r := f.reader()
	r.poll()
	f.pass(3 * time.Hour)
	for i := range 690 {
		f.say(time.Duration(690-i)*10*time.Second, "")
	}
	r.batches = 0
	r.poll(func(o *Options) { o.Pages = 2 })
	r.want(690)
	if r.batches != 3 || len(r.gaps) != 0 {
		t.Errorf("%d batches, gaps %+v", r.batches, r.gaps)
	}
	f.say(0, "")
	r.poll()
	r.want(691)
}

// TestPostsIndexedLateAreFound below those that were seen already.
func TestPostsIndexedLateAreFound(t *testing.T) {
	f := newFake(t)
	r := f.reader()
	r.poll()
	for minute := range 20 {
		f.pass(time.Minute)
		f.say(0, "")
		f.say(time.Duration(minute%14)*time.Minute, "") // becomes visible only now
		r.poll()
	}
	r.want(40)
}

// TestCheckpointMovesOnlyAtTheEndOfAWalk: a walk that a failure or a restart
// breaks off goes on where it stood, and what comes meanwhile is not lost.
func TestCheckpointMovesOnlyAtTheEndOfAWalk(t *testing.T) {
	f := newFake(t)
	r := f.reader()
	r.poll()
	f.pass(time.Hour)
	for i := range 600 {
		f.say(time.Duration(600-i)*time.Second, "")
	}
	f.pass(time.Minute)
	one := func(o *Options) { o.Pages = 1 }
	for range 2 {
		more, err := r.fetch(f.connect(one))
		must(t, err)
		if !more {
			t.Fatal("the walk is over")
		}
	}
	r.want(400)
	f.with("mentions_timeline", saying(500, ""))
	before := bytes.Clone(r.cursor)
	_, err := r.fetch(f.connect(one))
	f.reason(err, socialwatch.Temporary)
	if !bytes.Equal(before, r.cursor) {
		t.Error("a failure moved the cursor")
	}
	f.with("nothing", nil)
	f.pass(30 * time.Minute) // longer than the overlap
	f.say(20*time.Minute, "")
	f.say(25*time.Minute, "")
	r.poll(one) // ends the walk, and looks what came meanwhile
	r.want(602)
	f.say(29*time.Minute, "") // visible only now, and since the walk began
	r.poll(one)
	r.want(603)
	if len(r.gaps) != 0 {
		t.Errorf("gaps %+v", r.gaps)
	}
}

// TestWhatWasReadBeforeAFailureCounts within one Fetch.
func TestWhatWasReadBeforeAFailureCounts(t *testing.T) {
	f := newFake(t)
	r := f.reader()
	r.poll()
	f.pass(time.Hour)
	for i := range 500 {
		f.say(time.Duration(500-i)*time.Second, "")
	}
	pages := 0
	f.mu.Lock()
	f.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if pages++; pages == 4 { // who we are, and two pages
			saying(503, "")(w, r)
			return true
		}
		return false
	}
	f.mu.Unlock()
	more, err := r.fetch(f.connect())
	if err != nil || !more {
		t.Fatalf("more %v, %v", more, err)
	}
	r.want(400)
	r.poll()
	r.want(500)
}

func TestMoreThanXReachesIsAGap(t *testing.T) {
	f := newFake(t)
	r := f.reader()
	r.poll()
	f.pass(4 * time.Hour)
	for i := range 1000 {
		f.say(time.Duration(1000-i)*time.Second, "")
	}
	r.poll()
	r.want(800)
	if len(r.gaps) != 1 || !r.gaps[0].From.Equal(clock) || r.gaps[0].To.Sub(clock.Add(4*time.Hour-800*time.Second)).Abs() > time.Second {
		t.Fatalf("gaps %+v", r.gaps)
	}
	f.pass(time.Minute)
	r.poll() // reads all 800 again
	if len(r.gaps) != 1 {
		t.Errorf("the next poll tells of gaps %+v", r.gaps)
	}
}

// TestAnInterruptedWalkTellsWhatXCouldNotReach: X counts its 800 from the newest
// at each request, so mentions that come during a break push the oldest out of
// reach, long before the walk itself has read as many.
func TestAnInterruptedWalkTellsWhatXCouldNotReach(t *testing.T) {
	for name, interrupt := range map[string]func(r *reader){
		"a failure": func(r *reader) {
			pages := 0
			r.with("mentions_timeline", func(w http.ResponseWriter, q *http.Request) {
				if pages++; pages == 3 {
					saying(503, "")(w, q)
					return
				}
				r.mu.Lock()
				defer r.mu.Unlock()
				r.serve(w, q)
			})
			more, err := r.fetch(r.connect())
			if err != nil || !more {
				t.Fatalf("more %v, %v", more, err)
			}
			r.with("nothing", nil)
		},
		"a full batch": func(r *reader) {
			more, err := r.fetch(r.connect(func(o *Options) { o.Pages = 2 }))
			if err != nil || !more {
				t.Fatalf("more %v, %v", more, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			r := f.reader()
			r.poll()
			f.pass(4 * time.Hour)
			for i := range 1000 {
				f.say(time.Duration(1000-i)*time.Second, "")
			}
			interrupt(r)
			r.want(400)
			f.pass(30 * time.Minute)
			for i := range 500 {
				f.say(time.Duration(500-i)*time.Second, "")
			}
			r.poll()
			r.poll()
			if len(r.got) == 1500 || len(r.gaps) != 1 || !r.gaps[0].From.Equal(clock) {
				t.Errorf("%d of 1500 mentions are read, gaps %+v", len(r.got), r.gaps)
			}
		})
	}
}

func TestForeignCursorsAreRefused(t *testing.T) {
	f := newFake(t)
	for _, cur := range []string{"x", "{}", `{"v":1,"user":"42","polled":"2026-11-20T09:00:00Z"}`, `{"v":1,"api":"v1.1","user":"43","polled":"2026-11-20T09:00:00Z"}`,
		`{"v":1,"api":"v1.1","user":"42"}`, strings.Repeat(" ", cursorLimit) + `{"v":1,"api":"v1.1","user":"42","polled":"2026-11-20T09:00:00Z"}`} {
		_, err := f.connect().Source.Fetch(t.Context(), []byte(cur))
		f.reason(err, socialwatch.Refused)
	}
	_, err := f.connect().Source.Fetch(t.Context(), []byte(`{"v":1,"api":"v1.1","user":"42","polled":"2026-11-20T08:00:00Z"}`))
	must(t, err)
}

func TestOddPostsAreSetAsideAndOthersPass(t *testing.T) {
	f := newFake(t)
	odd := f.say(2*time.Minute, `"entities": 5`)
	huge := f.say(3*time.Minute, `"user": null, "text": "`+strings.Repeat("x", 2*rawLimit)+`"`)
	good := f.say(time.Minute, `"place": {"attributes": {"n": 1}}, "coordinates": {"coordinates": "x"}`)
	f.say(4*time.Minute, `"retweeted_status": {"id_str": "5"}`)
	f.say(5*time.Minute, `"entities": {"user_mentions": []}`)
	r := f.reader()
	r.poll()
	r.want(1)
	if m := r.got[good]; m.Account != "shop_x" || m.CreatedAt.Sub(clock.Add(-time.Minute)).Abs() > time.Second {
		t.Errorf("%+v", m)
	}
	if len(r.aside) != 2 || r.aside[0].ID != odd || r.aside[1].ID != huge || len(r.aside[1].Raw) != rawLimit ||
		!strings.Contains(r.aside[0].Problem, "entities") || !r.aside[0].At.Equal(clock) {
		t.Errorf("%+v", r.aside)
	}
}

// TestOurIDDecidesAndNotTheHandle: handles change hands.
func TestOurIDDecidesAndNotTheHandle(t *testing.T) {
	f := newFake(t)
	f.say(time.Minute, `"entities": {"user_mentions": [{"id_str": "99", "screen_name": "shop_help"}]}`)
	ours := f.say(2*time.Minute, `"entities": {"user_mentions": [{"id_str": "42", "screen_name": "former_name"}]}`)
	stranger := f.say(3*time.Minute, `"user": {"id_str": "99", "screen_name": "shop_help"}`)
	r := f.reader()
	r.poll()
	if r.want(2); r.got[ours].ID == "" || r.got[stranger].Own {
		t.Errorf("%+v", r.got)
	}
}

func TestAServerThatRepeatsItselfEndsTheWalk(t *testing.T) {
	f := newFake(t)
	r := f.reader()
	r.poll()
	page := "[" + tweet(fmt.Sprint(snowflake(clock)), "") + "]"
	f.with("mentions_timeline", saying(200, page))
	for range 3 {
		_, err := r.fetch(f.connect())
		f.reason(err, socialwatch.Temporary)
	}
	f.with("mentions_timeline", saying(200, `[{"no": "id"}]`))
	_, err := r.fetch(f.connect())
	f.reason(err, socialwatch.Temporary)
}
