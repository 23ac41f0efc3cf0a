package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Breaches reads which cases have passed their target lately: those after an
// event's number, or with 0 since a time, and the number to go on from.
type Breaches interface {
	Breaches(ctx context.Context, afterSeq int64, since time.Time) ([]store.Breach, int64, error)
}

// breachAge is how long a breach is told to a page that comes back.
const breachAge = 10 * time.Minute

// breachLog is what pages are told of breaches. It is the hub's to guard.
type breachLog struct {
	recent []store.Breach // of breachAge or longer
	seq    int64          // up to which events were read; 0: none yet
	readAt time.Time
}

// untold is the seen of pages that are not to be told.
const untold = -1

// seenOf reads up to which event a page knows the breaches; the word of a page
// that was never told any is 0.
func seenOf(q url.Values) int64 {
	if !q.Has("seen") {
		return untold
	}
	n, err := strconv.ParseInt(q.Get("seen"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// breached reads what is new, if a page wants to be told.
func (h *hub) breached(ctx context.Context, wanted bool) (fresh []store.Breach, upTo int64, err error) {
	if h.breaches == nil || !wanted {
		return nil, 0, nil
	}
	h.mu.Lock()
	after, now := h.breach.seq, h.now()
	if age := now.Sub(h.breach.readAt); age < 0 || age > breachAge {
		after, h.breach.recent = 0, nil // nobody wanted to know for long
	}
	h.mu.Unlock()
	return h.breaches.Breaches(ctx, after, now.Add(-breachAge))
}

// note keeps what is new.
func (l *breachLog) note(fresh []store.Breach, upTo int64, now time.Time) {
	if upTo == 0 {
		return
	}
	const most = 500
	l.recent = append(l.recent, fresh...)
	l.recent = l.recent[max(0, len(l.recent)-most):]
	l.seq, l.readAt = upTo, now
}

// after are the breaches after a number that are p's.
func (l *breachLog) after(seq int64, p socialwatch.Person) (mine []store.Breach) {
	for _, b := range l.recent {
		if b.Seq > seq && isMine(p, b) {
			mine = append(mine, b)
		}
	}
	return mine
}

// isMine reports whether a breach is p's work: a case that p has, or one that
// nobody has, of an account on which p drafts, of p's teams and languages.
func isMine(p socialwatch.Person, b store.Breach) bool {
	among := func(list []string, value string, everybodys ...string) bool {
		return len(list) == 0 || slices.Contains(list, value) || slices.Contains(everybodys, value)
	}
	if b.Assignee != "" {
		return b.Assignee == p.Login && p.May(socialwatch.RoleReader, b.Account)
	}
	return p.May(socialwatch.RoleAuthor, b.Account) && among(p.Teams, b.Team, "") && among(p.Languages, b.Language, "", undetermined)
}

// takeBreaches appends what a page has to be told of breaches. A page that was
// never told any, or by another database, hears only where it stands.
func (h *hub) takeBreaches(w *watcher, to []byte) []byte {
	type told struct {
		Number string `json:"number"`
		URL    string `json:"url"`
		Text   string `json:"text"`
		Seq    int64  `json:"seq"`
	}
	l := &h.breach
	if w.seen == untold || l.seq == 0 || w.seen == l.seq {
		return to
	}
	v := struct {
		Seq   int64  `json:"seq"`
		Cases []told `json:"cases"`
	}{Seq: l.seq, Cases: []told{}}
	if w.seen > 0 && w.seen < l.seq {
		for _, b := range l.after(w.seen, w.person) {
			v.Cases = append(v.Cases, told{b.CaseNumber, "/cases/" + url.PathEscape(b.CaseNumber),
				say("breach.text", b.CaseNumber, label("target", string(b.Target)), label("intent", string(b.Intent)), b.Account, b.Level), b.Seq})
		}
	}
	w.seen = l.seq
	said, _ := json.Marshal(v) // texts and numbers
	return append(append(append(to, `"breached":`...), said...), ',')
}

// notifyCookie says that this browser's user wants to be told of breaches. Like
// the browser's own permission it belongs to the browser.
const notifyCookie = "socialwatch-notify"

// notified reports whether a browser wants to be told of breaches.
func notified(r *http.Request) bool {
	c, err := r.Cookie(notifyCookie)
	return err == nil && c.Value == "on"
}

// saveNotify stores whether this browser is told of breaches.
func (c *Console) saveNotify(w http.ResponseWriter, r *http.Request) error {
	if _, ok := auth.PersonFrom(r.Context()); !ok {
		return socialwatch.ErrForbidden
	}
	cookie := &http.Cookie{Name: notifyCookie, Value: "on", Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true,
		Secure: c.o.Logins.Secure, SameSite: http.SameSiteLaxMode}
	if r.PostFormValue("notify") != "on" {
		cookie.Value, cookie.MaxAge = "", -1
	}
	http.SetCookie(w, cookie)
	return see(w, r, "/settings?done=saved#notify")
}
