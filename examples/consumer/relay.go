package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// relay brings tickets and cases in line.
type relay struct {
	book  book
	cases socialwatch
	desk  desk
	hook  *standardwebhooks.Webhook
	all   bool
	dry   bool   // there is no help desk: cases stay where they are
	name  string // ours, as an owner of cases
	bell  chan struct{}
}

// deskMoved is news of the help desk: somebody has worked on a ticket.
const deskMoved = "desk.moved"

// told takes a webhook of socialwatch. A repeat has the same id.
func (r *relay) told(w http.ResponseWriter, req *http.Request) {
	b := body(w, req)
	if b == nil {
		return
	}
	if r.hook.Verify(b, req.Header) != nil {
		http.Error(w, "", http.StatusUnauthorized)
		return
	}
	var m struct{ Data struct{ Event event } }
	if err := json.Unmarshal(b, &m); err != nil {
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	}
	var err error
	if e := m.Data.Event; e.Number != "" { // else of no case, or a test
		err = r.book.add(req.Context(), req.Header.Get("webhook-id"), e)
	}
	r.taken(w, err)
}

// moved takes a webhook of the help desk. It rings and no more: how the ticket
// stands is read from the help desk.
func (r *relay) moved(w http.ResponseWriter, req *http.Request) {
	b := body(w, req)
	if b == nil {
		return
	}
	id, ok := r.desk.Moved(req.Header, b)
	if !ok {
		http.Error(w, "", http.StatusUnauthorized)
		return
	}
	numbers, err := r.book.numbers(req.Context(), id)
	if err != nil || id == "" || len(numbers) == 0 { // not one of ours
		w.WriteHeader(http.StatusNoContent)
		return
	}
	r.taken(w, r.book.ring(req.Context(), numbers[0]))
}

// taken answers a webhook that is on the disk, if it is.
func (r *relay) taken(w http.ResponseWriter, err error) {
	if err != nil {
		log.Print(err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	select {
	case r.bell <- struct{}{}:
	default:
	}
	w.WriteHeader(http.StatusNoContent)
}

// catchUp reads what was missed: the log from the bookmark on, and how the
// tickets stand.
func (r *relay) catchUp(ctx context.Context) (err error) {
	if r.name, err = r.cases.me(ctx); err != nil {
		return err
	}
	err = r.readLog(ctx)
	numbers, err2 := r.book.numbers(ctx, "")
	for _, number := range numbers {
		err2 = errors.Join(err2, r.book.ring(ctx, number))
	}
	return errors.Join(err, err2, r.book.forget(ctx))
}

// readLog notes the events since the bookmark. The one that was read last comes
// first: when it is not there as it was, socialwatch was restored from a backup.
func (r *relay) readLog(ctx context.Context) error {
	m, err := r.book.bookmark(ctx)
	if err != nil {
		return err
	}
	after := max(m.seq-1, 0)
	for more := true; more; {
		page, next, err := r.cases.events(ctx, after)
		var no *refusal
		ahead := errors.As(err, &no) && no.status == http.StatusConflict // after what there is
		if err != nil && !ahead {
			return err
		}
		if after < m.seq && (len(page) == 0 || page[0].Seq != m.seq || page[0].At.UnixMicro() != m.at) {
			log.Print("socialwatch was restored from a backup: reading its log anew")
			if err := r.book.restored(ctx); err != nil {
				return err
			}
			return r.readLog(ctx)
		}
		for _, e := range page {
			if e.Number != "" && e.At.UnixMicro() > m.since {
				err = errors.Join(err, r.book.add(ctx, fmt.Sprint("log-", e.Seq), e))
			}
		}
		if err == nil && len(page) > 0 {
			err = r.book.mark(ctx, page[len(page)-1])
		}
		if err != nil {
			return err
		}
		more, after = next > after, next
	}
	return nil
}

// work catches up at the start and every ten minutes, and works off the news.
func (r *relay) work(ctx context.Context) error {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for caught := (time.Time{}); ; {
		if time.Since(caught) > 10*time.Minute {
			if err := r.catchUp(ctx); err != nil && ctx.Err() == nil {
				log.Print(err) // again in a second
			} else {
				caught = time.Now()
			}
		}
		for r.name != "" {
			n, found, err := r.book.next(ctx)
			if err != nil && ctx.Err() == nil {
				return err
			}
			if !found {
				break
			}
			end := r.book.done
			if err := r.handle(ctx, n); err != nil {
				log.Printf("%s of %s: %v", n.event.Kind, n.event.Number, err)
				end = r.book.later
			}
			if err := end(ctx, n); err != nil && ctx.Err() == nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.bell:
		case <-look.C:
		}
	}
}

// handle brings the ticket of a case, and the case, in line. It may be repeated.
func (r *relay) handle(ctx context.Context, n news) error {
	m, err := r.cases.matter(ctx, n.event.Number)
	var no *refusal
	if errors.As(err, &no) && no.status == http.StatusNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	t, known, err := r.book.ticket(ctx, m.Number)
	if err != nil {
		return err
	}
	ours := m.External != nil && m.External.System == r.name
	switch {
	case known && t.released, !known && !ours && !r.wants(m):
		return nil
	case n.event.Kind == deskMoved && !(known && ours): // the claim comes first
		return nil
	case n.event.Kind == deskMoved:
		return r.follow(ctx, m, t, n)
	case !known:
		return r.open(ctx, m, n.event.Seq)
	case n.event.Seq <= t.seq: // an old one that came late
		return nil
	case ours, r.dry: // nothing is claimed in a dry run
	case m.External != nil, t.seq > 0, m.was(r.name): // it is as we read it now, whatever event we are at
		t.released = true
	default:
		err = r.claim(ctx, m, t.id)
	}
	text, again := says(n.event.Kind, m)
	if t.released {
		text, again = lost(m), false
	}
	if err == nil && text != "" {
		err = r.desk.Say(ctx, t.id, text, again)
		t.over = t.over && !again
	}
	if t.seq = n.event.Seq; err == nil {
		err = r.book.keep(ctx, t)
	}
	return err
}

// wants reports whether a case is to be handed over: not one that was ours.
func (r *relay) wants(m matter) bool {
	return m.External == nil && (r.all || m.Escalated) && !m.over() && !m.was(r.name)
}

// open opens a ticket and claims the case for it.
func (r *relay) open(ctx context.Context, m matter, seq int64) error {
	id, err := r.desk.Open(ctx, m)
	if err != nil {
		return err
	}
	t := ticket{number: m.Number, id: id} // until the claim has worked
	if err := r.book.keep(ctx, t); err != nil {
		return err
	}
	if m.External == nil {
		if err := r.claim(ctx, m, id); err != nil {
			return err
		}
	}
	t.seq = seq
	return r.book.keep(ctx, t)
}

func (r *relay) claim(ctx context.Context, m matter, id string) error {
	if r.dry {
		return nil
	}
	reference, url := r.desk.Name(id)
	return r.cases.act(ctx, m, "claim", map[string]any{"reference": reference, "url": url})
}

// follow does to the case what people have done to its ticket.
func (r *relay) follow(ctx context.Context, m matter, t ticket, n news) error {
	closed, private, err := r.desk.State(ctx, t.id)
	if over := closed && m.over(); err == nil && over != t.over {
		t.over = over
		err = r.book.keep(ctx, t)
	}
	switch {
	case err != nil:
		return err
	case private && m.WaitsFor == "private_contact":
		if err := r.cases.act(ctx, m, "private-contact", nil); err != nil || !closed {
			return err
		}
		return errors.New("resolved next, as it stands then")
	case !closed || m.over():
		return nil
	}
	err = r.cases.act(ctx, m, "state", map[string]any{"state": "resolved"})
	var no *refusal
	if errors.As(err, &no) && no.status == http.StatusConflict && n.tries == 2 { // once, and not for a moment's reason
		return errors.Join(err, r.desk.Say(ctx, t.id, m.Number+" is not resolved yet: "+no.detail, false))
	}
	return err
}
