package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"socialwatch"
)

func isNotFound(err error) bool { return errors.Is(err, socialwatch.ErrNotFound) }

func (s *server) approve(r *http.Request, c caller) (any, error) {
	var d socialwatch.Decision
	if err := body(r, fields{"hash": &d.Hash, "confirm": &d.Confirm}); err != nil {
		return nil, err
	}
	return s.decide(r, c, verdict{d, s.Decider.Approve, func(now socialwatch.Reply) bool {
		return approvedBy(now, d.Hash, c.person.Login)
	}})
}

func (s *server) reject(r *http.Request, c caller) (any, error) {
	var d socialwatch.Decision
	if err := body(r, fields{"hash": &d.Hash, "reason": &d.Reason, "note": &d.Note}); err != nil {
		return nil, err
	}
	if !slices.Contains(socialwatch.RejectReasons, d.Reason) {
		return nil, kindInvalid.of(`field "reason" must be one of %s`, strings.Join(socialwatch.RejectReasons, ", "))
	}
	if d.Note = s.masked(d.Note); d.Note == "" && d.Reason == socialwatch.RejectReasons[len(socialwatch.RejectReasons)-1] {
		return nil, kindInvalid.of(`reason %q needs the field "note": say in a few words why`, d.Reason)
	}
	return s.decide(r, c, verdict{d, s.Decider.Reject, never})
}

func (s *server) edit(r *http.Request, c caller) (any, error) {
	var d socialwatch.Decision
	var approve bool
	if err := body(r, fields{"hash": &d.Hash, "text": &d.Text, "approve": &approve, "confirm": &d.Confirm}); err != nil {
		return nil, err
	}
	if d.Text = socialwatch.CleanText(d.Text); d.Text == "" {
		return nil, kindInvalid.of(`field "text" must hold the new text of the reply`)
	}
	act := func(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error) {
		return s.Decider.Edit(ctx, d, approve)
	}
	return s.decide(r, c, verdict{d, act, never})
}

func (s *server) withdraw(r *http.Request, c caller) (any, error) {
	var d socialwatch.Decision
	if err := body(r, fields{"hash": &d.Hash, "note": &d.Note}); err != nil {
		return nil, err
	}
	d.Note = s.masked(d.Note)
	act := func(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error) {
		return s.Withdraw(ctx, d, socialwatch.Micros(s.Now()))
	}
	return s.decide(r, c, verdict{d, act, never})
}

func (s *server) undo(r *http.Request, c caller) (any, error) {
	var d socialwatch.Decision
	if err := body(r, fields{"hash": &d.Hash}); err != nil {
		return nil, err
	}
	return s.decide(r, c, verdict{d, s.Decider.Undo, never})
}

func (s *server) extend(r *http.Request, c caller) (any, error) {
	var d socialwatch.Decision
	if err := body(r, fields{"hash": &d.Hash}); err != nil {
		return nil, err
	}
	return s.decide(r, c, verdict{d, s.Holds.Extend, never})
}

// verdict is a decision with how to carry it out and how to see that it
// stands already.
type verdict struct {
	socialwatch.Decision
	act  func(context.Context, socialwatch.Decision) (socialwatch.Reply, error)
	done func(now socialwatch.Reply) bool
}

// never is for decisions that are not repeated without being read again.
func never(socialwatch.Reply) bool { return false }

// decide carries a person's decision out. One that stands already is answered
// with how the reply stands, so that a call whose answer was lost may be
// repeated.
func (s *server) decide(r *http.Request, c caller, v verdict) (any, error) {
	if _, err := query(r); err != nil {
		return nil, err
	}
	if len(v.Hash) != 64 || strings.Trim(v.Hash, "0123456789abcdef") != "" {
		return nil, kindInvalid.of(`field "hash" must be the 64 characters of the reply's hash as it was read`)
	}
	card, err := s.card(r, c)
	if err != nil {
		return nil, err
	}
	if v.done(card.Reply) {
		return c.viewReply(card.Reply, card.Case.Number), nil
	}
	v.ReplyID, v.By = card.Reply.ID, *c.person
	reply, err := v.act(r.Context(), v.Decision)
	if err == nil {
		return c.viewReply(reply, card.Case.Number), nil
	}
	var ask *socialwatch.ConfirmError
	if errors.As(err, &ask) {
		p := kindConfirm.of("%s", ask)
		p.Confirm, p.Reasons, p.Findings = ask.Digest, ask.Reasons, ask.Findings
		return nil, p
	}
	if err = s.refusal(err); !errors.Is(err, socialwatch.ErrConflict) {
		return nil, err
	}
	now, readErr := s.card(r, c)
	if readErr != nil {
		return nil, readErr
	}
	if v.done(now.Reply) {
		return c.viewReply(now.Reply, now.Case.Number), nil
	}
	p := conflict(err)
	p.Current = &Current{now.Reply.State, now.Reply.Hash, now.Reply.DecidedBy, at(now.Reply.DecidedAt)}
	return nil, p
}

// replyNow answers with the reply as it stands.
func (s *server) replyNow(r *http.Request, c caller) (any, error) {
	card, err := s.card(r, c)
	if err != nil {
		return nil, err
	}
	return c.viewReply(card.Reply, card.Case.Number), nil
}

// approved are the states that only an approval leads to and that do not take
// it back.
var approved = []socialwatch.ReplyState{socialwatch.ReplyApproved, socialwatch.ReplyHolding, socialwatch.ReplySending,
	socialwatch.ReplySent, socialwatch.ReplyFailed, socialwatch.ReplyUnknown}

func approvedBy(r socialwatch.Reply, hash, login string) bool {
	return r.Hash == hash && r.DecidedBy == login && slices.Contains(approved, r.State)
}

// refusal is err, as a problem when it is about what the person gave.
func (s *server) refusal(err error) error {
	text, findings := s.Refused(err)
	if text == "" {
		return err
	}
	p := kindRefused.of("%s", text)
	p.Findings = findings
	return p
}

// lease tells colleagues that the person is deciding, or no longer is.
func (s *server) lease(r *http.Request, c caller) (any, error) {
	var end bool
	if err := body(r, fields{"end": &end}); err != nil {
		return nil, err
	}
	if _, err := query(r); err != nil {
		return nil, err
	}
	card, err := s.card(r, c)
	if err != nil {
		return nil, err
	}
	act := s.Leases.Lease
	if end {
		act = s.Leases.EndLease
	}
	reply, err := act(r.Context(), card.Reply.ID, *c.person, socialwatch.Micros(s.Now()))
	if errors.Is(err, socialwatch.ErrLeaseHeld) {
		p := kindConflict.of("%s is deciding about it until %s unless that is renewed; you may decide as well, the first one counts",
			reply.Lease.By, reply.Lease.Until.Format("15:04:05 MST"))
		p.Current = &Current{reply.State, reply.Hash, reply.DecidedBy, at(reply.DecidedAt)}
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	return c.viewReply(reply, card.Case.Number), nil
}

// resolve takes a person's word on a reply in doubt.
func (s *server) resolve(r *http.Request, c caller) (any, error) {
	var link string
	var absent bool
	var attempt int
	if err := body(r, fields{"link": &link, "absent": &absent, "attempt": &attempt}); err != nil {
		return nil, err
	}
	if _, err := query(r); err != nil {
		return nil, err
	}
	if absent == (link != "") {
		return nil, kindInvalid.of(`say either "link", the address at which the reply stands, or "absent": true, when you have looked and it does not stand`)
	}
	if absent && attempt < 1 {
		return nil, kindInvalid.of(`"absent" needs "attempt", the reply's "attempt_count" as you read it before you looked: your word is about that call and no later one`)
	}
	if link != "" && !isPost(link) {
		return nil, kindInvalid.of(`field "link" must be the whole address of the published post, such as https://social.example/@shop_help/9050`)
	}
	card, err := s.card(r, c)
	if err != nil {
		return nil, err
	}
	reply, err := s.Control.Settle(r.Context(), socialwatch.Settlement{ReplyID: card.Reply.ID, By: *c.person, Attempt: cmp.Or(attempt, card.Reply.Attempt),
		Post: socialwatch.Published{URL: link}, Absent: absent})
	if err != nil {
		return nil, err
	}
	return c.viewReply(reply, card.Case.Number), nil
}

// isPost reports whether link can be the address of a post.
func isPost(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil &&
		len(path.Clean("/"+u.Path)) > 1 && link == socialwatch.CleanText(link)
}

func (s *server) stop(r *http.Request, c caller) (any, error) {
	return s.control(r, c, s.Control.Stop, true)
}

func (s *server) resume(r *http.Request, c caller) (any, error) {
	return s.control(r, c, s.Control.Resume, false)
}

func (s *server) control(r *http.Request, c caller, turn func(context.Context, socialwatch.Person) error, stopped bool) (any, error) {
	if err := body(r, fields{}); err != nil {
		return nil, err
	}
	if _, err := query(r); err != nil {
		return nil, err
	}
	if err := turn(r.Context(), *c.person); err != nil {
		return nil, err
	}
	return Publishing{Stopped: stopped}, nil
}

// publishing answers that publishing is stopped, or goes on.
func publishing(stopped bool) operation {
	return func(*http.Request, caller) (any, error) { return Publishing{Stopped: stopped}, nil }
}
