package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"socialwatch"
	"socialwatch/internal/store"
)

// doneView tells what became of the decision just made, as it stands now.
type doneView struct {
	ID        int64
	Kind      string
	State     string
	Label     string
	Title     string
	Text      string
	HoldUntil string
	Hash      string
	MayUndo   bool
	MayExtend bool
	MayAgain  bool
	Longer    string // text of the button for that
	At        int64  // the card that stands beside the notice; 0: the first of the list
	Incident  int64  // on whose page it stands; 0: on none
	URL       string
	Kept      string // of the list, for forms
	Offer     *workView
}

// done reads the reply that the address names as just decided. One that is
// gone or hidden from the person is not mentioned.
func (c *Console) done(ctx context.Context, p socialwatch.Person, l list, q url.Values) (*doneView, error) {
	id, err := strconv.ParseInt(q.Get("done"), 10, 64)
	if err != nil {
		return nil, nil
	}
	card, err := c.o.Queue.Card(ctx, id)
	if errors.Is(err, socialwatch.ErrNotFound) || err == nil && !p.May(socialwatch.RoleReader, card.Reply.Payload.Account) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read reply %d: %w", id, err)
	}
	v := c.doneView(p, card)
	v.Offer = c.offer(p, card, l)
	v.URL, v.Kept = l.at("/replies/"+strconv.FormatInt(id, 10)), l.kept()
	return v, nil
}

// on lets what follows from the notice stay on an incident's page.
func (v *doneView) on(incident int64) {
	if v != nil {
		v.Incident = incident
	}
}

// incidentBack is where a form leads whose reply is done: to the incident that it
// names, or of it the notice alone when the page stays; empty when it names none.
func incidentBack(r *http.Request, done string) string {
	incident, err := strconv.ParseInt(r.PostFormValue("incident"), 10, 64)
	if err != nil || incident <= 0 {
		return ""
	}
	id := strconv.FormatInt(incident, 10)
	if r.URL.Query().Get("part") == "notice" {
		return "/?part=notice&incident=" + id + "&done=" + done
	}
	return "/incidents/" + id + "?done=" + done
}

func (c *Console) doneView(p socialwatch.Person, card store.Card) *doneView {
	rp := card.Reply
	v := &doneView{ID: rp.ID, Kind: "good", State: string(rp.State), Label: label("reply", string(rp.State)), Hash: rp.Hash,
		MayUndo: mayUndo(p, rp), MayExtend: c.mayExtend(p, rp), Longer: say("extend", span(socialwatch.HoldStep))}
	number := card.Case.Number
	switch rp.State {
	case socialwatch.ReplyHolding:
		v.Title, v.Text = say("done.approved", number), c.holdText(rp)
		v.HoldUntil = c.moment(rp.HoldUntil).ISO
	case socialwatch.ReplyApproved:
		v.Title, v.Text = say("done.approved", number), say("done.waiting")
	case socialwatch.ReplySending:
		v.Title, v.Text = say("done.approved", number), say("done.sending")
	case socialwatch.ReplySent:
		v.Title, v.Text = say("done.approved", number), say("done.sent")
	case socialwatch.ReplyRejected:
		v.Title, v.Text, v.MayAgain = say("done.rejected", number), say("done.nothing"), mayAgain(p, card)
	case socialwatch.ReplyCancelled:
		v.Title, v.Text, v.MayAgain = say("done.cancelled", number), say("done.nothing"), mayAgain(p, card)
	case socialwatch.ReplyWithdrawn:
		v.Title, v.Text = say("done.withdrawn", number), say("done.nothing")
	case socialwatch.ReplyAwaiting:
		v.Title = say("done.edited", number)
	case socialwatch.ReplyBlocked:
		v.Kind, v.Title, v.Text = "bad", say("done.blocked", number), say("status.blocked")
	default:
		v.Kind, v.Title, v.Text = "warn", number+".", say("done.now", v.Label)
	}
	if rp.Moved != "" {
		v.Kind, v.Text = "warn", strings.TrimSpace(v.Text+" "+say("status.moved", rp.Moved))
	}
	return v
}

func (c *Console) holdText(rp socialwatch.Reply) string {
	left := rp.HoldUntil.Sub(c.o.Now())
	if left <= 0 {
		return say("status.holding.due")
	}
	return say("status.holding", span(left))
}

func mayUndo(p socialwatch.Person, rp socialwatch.Reply) bool {
	return rp.State == socialwatch.ReplyHolding && mayTakeBack(p, rp)
}

// mayTakeBack reports whether p may take an approval back: an approver one's
// own, a lead anybody's.
func mayTakeBack(p socialwatch.Person, rp socialwatch.Reply) bool {
	account := rp.Payload.Account
	return p.May(socialwatch.RoleApprover, account) &&
		(rp.DecidedBy == p.Login || p.May(socialwatch.RoleLead, account))
}
