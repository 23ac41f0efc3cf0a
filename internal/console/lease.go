package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Leases tells colleagues who is deciding about what, and hands out what nobody
// is deciding about. Errors are those of the store.
type Leases interface {
	Lease(ctx context.Context, replyID int64, by socialwatch.Person, now time.Time) (socialwatch.Reply, error)
	EndLease(ctx context.Context, replyID int64, by socialwatch.Person, now time.Time) (socialwatch.Reply, error)
	TakeNext(ctx context.Context, q store.Taking) (int64, error)
}

// leaseView says on a card who else is deciding, and lets the page of one who
// may decide tell colleagues.
type leaseView struct {
	URL      string // where the page tells that somebody is at work; "": it does not
	Deciding string // who else is; "" for nobody
	MayEnd   bool
}

// deciding is who else than p is deciding about a reply that is open to it.
func (c *Console) deciding(p socialwatch.Person, rp socialwatch.Reply) string {
	if !open(rp) || rp.Lease.By == p.Login || !rp.Lease.Active(c.o.Now()) {
		return ""
	}
	return say("deciding", rp.Lease.By)
}

// open reports whether a decision about a reply is due.
func open(rp socialwatch.Reply) bool {
	return rp.State == socialwatch.ReplyAwaiting || rp.State == socialwatch.ReplyBlocked
}

func (c *Console) leaseView(p socialwatch.Person, rp socialwatch.Reply) leaseView {
	v := leaseView{Deciding: c.deciding(p, rp)}
	if c.o.Leases == nil || !open(rp) {
		return v
	}
	account := rp.Payload.Account
	v.MayEnd = v.Deciding != "" && p.May(socialwatch.RoleLead, account)
	// Who wrote the text waits for a colleague to decide about it.
	if p.May(socialwatch.RoleAuthor, account) && rp.Author != p.Login {
		v.URL = "/replies/" + strconv.FormatInt(rp.ID, 10) + "/lease"
	}
	return v
}

// lease is told by a page that its person is deciding.
func (c *Console) lease(w http.ResponseWriter, r *http.Request) error {
	id, err := replyID(r)
	if err != nil || c.o.Leases == nil {
		return errors.Join(err, socialwatch.ErrNotFound)
	}
	p, _ := auth.PersonFrom(r.Context())
	_, err = c.o.Leases.Lease(r.Context(), id, p, socialwatch.Micros(c.o.Now()))
	switch {
	case errors.Is(err, socialwatch.ErrLeaseHeld), errors.Is(err, socialwatch.ErrConflict):
		w.WriteHeader(http.StatusConflict) // the page hears why by its live channel
	case err != nil:
		return fmt.Errorf("tell who is deciding: %w", err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// endLease makes a reply free for everybody.
func (c *Console) endLease(w http.ResponseWriter, r *http.Request) error {
	id, err := replyID(r)
	if err != nil || c.o.Leases == nil {
		return errors.Join(err, socialwatch.ErrNotFound)
	}
	p, _ := auth.PersonFrom(r.Context())
	if _, err := c.o.Leases.EndLease(r.Context(), id, p, socialwatch.Micros(c.o.Now())); err != nil {
		return fmt.Errorf("end the lease of a reply: %w", err)
	}
	return see(w, r, listFrom(r).at("/replies/"+r.PathValue("id")))
}

// take leads to the next draft that nobody is deciding about, under the filter
// of the list.
func (c *Console) take(w http.ResponseWriter, r *http.Request) error {
	if c.o.Leases == nil {
		return socialwatch.ErrNotFound
	}
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	p, _ := auth.PersonFrom(r.Context())
	if !anywhere(p, socialwatch.RoleApprover) {
		return &rightError{socialwatch.RoleApprover, socialwatch.AllAccounts}
	}
	l := listFrom(r)
	l.show, l.after = "", ""
	left, _ := strconv.ParseInt(r.PostForm.Get("left"), 10, 64) // none is fine
	q := c.taking(r, l, left)
	id, err := c.o.Leases.TakeNext(r.Context(), q)
	switch {
	case errors.Is(err, socialwatch.ErrNotFound) && q.Left > 0:
		return see(w, r, l.at("/replies/"+strconv.FormatInt(q.Left, 10), "free", "none"))
	case errors.Is(err, socialwatch.ErrNotFound):
		return see(w, r, l.at("/", "free", "none"))
	case err != nil:
		return fmt.Errorf("take the next draft: %w", err)
	}
	return see(w, r, l.at("/replies/"+strconv.FormatInt(id, 10)))
}
