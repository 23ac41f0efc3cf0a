package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"socialwatch"
	"socialwatch/internal/auth"
)

// editView is the editor's text with what the check says of it.
type editView struct {
	Text, Length, Cost, Language, Visibility string
	TooLong, MayApprove                      bool
	Findings                                 findingsView
	Confirm                                  string // digest of what the page asks to confirm; empty: nothing
}

// decision reads a form about one reply: the hash that the person saw comes
// with it, so that nothing else can be decided.
func (c *Console) decision(r *http.Request) (socialwatch.Decision, error) {
	id, err := replyID(r)
	if err != nil {
		return socialwatch.Decision{}, err
	}
	if err := r.ParseForm(); err != nil {
		return socialwatch.Decision{}, fmt.Errorf("read form: %w", err)
	}
	p, _ := auth.PersonFrom(r.Context())
	return socialwatch.Decision{ReplyID: id, By: p, Hash: r.PostForm.Get("hash"), Reason: r.PostForm.Get("reason"),
		Confirm: r.PostForm.Get("confirm"), Note: strings.TrimSpace(c.mask(r.PostForm.Get("note"))), Text: strings.ReplaceAll(r.PostForm.Get("text"), "\r\n", "\n")}, nil
}

// open refuses at once whoever may not, before anything is read or written.
func (c *Console) open(r *http.Request, d socialwatch.Decision, role socialwatch.Role) (*cardView, error) {
	card, err := c.o.Queue.Card(r.Context(), d.ReplyID)
	if err != nil {
		return nil, fmt.Errorf("read reply %d: %w", d.ReplyID, err)
	}
	if err := may(d.By, role, card.Reply.Payload.Account); err != nil {
		return nil, err
	}
	return c.cardView(d.By, card), nil
}

func (c *Console) approve(w http.ResponseWriter, r *http.Request) error {
	d, err := c.decision(r)
	if err != nil {
		return err
	}
	if _, err := c.open(r, d, socialwatch.RoleApprover); err != nil {
		return err
	}
	if _, err := c.o.Decider.Approve(r.Context(), d); err != nil {
		if ask := asks(err); ask != nil {
			return c.confirm(w, r, d, ask)
		}
		return c.refused(w, r, d, err)
	}
	return c.onward(w, r, d.ReplyID)
}

func (c *Console) reject(w http.ResponseWriter, r *http.Request) error {
	d, err := c.decision(r)
	if err != nil {
		return err
	}
	if _, err := c.open(r, d, socialwatch.RoleApprover); err != nil {
		return err
	}
	problem := ""
	switch {
	case !isReason(d.Reason):
		problem = say("bad.reason")
	case d.Reason == "other" && d.Note == "":
		problem = say("bad.note")
	}
	if problem != "" {
		return c.desk(w, r, http.StatusUnprocessableEntity, d.ReplyID, func(v *cardView) error {
			v.Problem, v.Note = &noteView{Kind: "bad", Title: say("bad.title") + ":", Text: problem}, d.Note
			return nil
		})
	}
	if _, err := c.o.Decider.Reject(r.Context(), d); err != nil {
		return c.refused(w, r, d, err)
	}
	return c.onward(w, r, d.ReplyID)
}

func isReason(s string) bool {
	for _, r := range socialwatch.RejectReasons {
		if r == s {
			return true
		}
	}
	return false
}

func (c *Console) undo(w http.ResponseWriter, r *http.Request) error {
	d, err := c.decision(r)
	if err != nil {
		return err
	}
	if _, err := c.open(r, d, socialwatch.RoleApprover); err != nil {
		return err
	}
	if _, err := c.o.Decider.Undo(r.Context(), d); err != nil {
		return c.refused(w, r, d, err)
	}
	return c.stay(w, r)
}

// editor shows the card with its text in a field.
func (c *Console) editor(w http.ResponseWriter, r *http.Request) error {
	d, err := c.decision(r)
	if err != nil {
		return err
	}
	if _, err := c.open(r, d, socialwatch.RoleAuthor); err != nil {
		return err
	}
	return c.desk(w, r, http.StatusOK, d.ReplyID, func(v *cardView) error {
		if !v.MayEdit {
			return &badError{say("done.now", label("reply", v.State))}
		}
		v.Edit = &editView{Text: v.Reply, Length: v.Length, Cost: v.Cost, Language: v.Language, Visibility: v.Visibility,
			TooLong: v.TooLong, MayApprove: v.mayApproveEdit, Findings: v.Findings}
		return nil
	})
}

// check shows the editor with what the safety check says of a text, which is
// not stored.
func (c *Console) check(w http.ResponseWriter, r *http.Request) error {
	d, err := c.decision(r)
	if err != nil {
		return err
	}
	if _, err := c.open(r, d, socialwatch.RoleAuthor); err != nil {
		return err
	}
	return c.recheck(w, r, d, http.StatusOK, nil)
}

// recheck shows the editor again with the person's text and a note.
func (c *Console) recheck(w http.ResponseWriter, r *http.Request, d socialwatch.Decision, status int, problem *noteView) error {
	checked, err := c.o.Check(r.Context(), d.ReplyID, d.Text)
	if err != nil {
		return fmt.Errorf("check text for reply %d: %w", d.ReplyID, err)
	}
	pl, found := checked.Payload, checked.Findings
	return c.desk(w, r, status, d.ReplyID, func(v *cardView) error {
		v.Problem, v.Hash = problem, d.Hash
		v.Edit = &editView{Text: d.Text, Length: say("length", pl.Length, pl.Limit), Cost: cost(pl), TooLong: pl.Limit > 0 && pl.Length > pl.Limit,
			Language: language(pl.Language), Visibility: label("visibility", string(pl.Visibility)), MayApprove: v.mayApproveEdit, Findings: findings(found)}
		if problem != nil && problem.Kind == "warn" {
			v.Problem, v.Ask, v.Edit.Confirm = nil, problem, d.Confirm
		}
		return nil
	})
}

// edit stores a text as a new version, and may approve it in the same step.
func (c *Console) edit(w http.ResponseWriter, r *http.Request) error {
	d, err := c.decision(r)
	if err != nil {
		return err
	}
	approve, role := r.PostForm.Get("approve") == "yes", socialwatch.RoleAuthor
	if approve {
		role = socialwatch.RoleApprover
	}
	card, err := c.open(r, d, role)
	if err != nil {
		return err
	}
	if strings.TrimSpace(d.Text) == "" {
		return c.recheck(w, r, d, http.StatusUnprocessableEntity, &noteView{Kind: "bad", Text: say("bad.text")})
	}
	if card.Hash != d.Hash && card.MayEdit {
		// The person's words are kept; what they answer has changed.
		d.Hash = card.Hash
		return c.recheck(w, r, d, http.StatusConflict, &noteView{Kind: "bad", Title: say("frozen.title"), Text: say("js.newer")})
	}
	if approve {
		checked, err := c.o.Check(r.Context(), d.ReplyID, d.Text)
		if err != nil {
			return fmt.Errorf("check text for reply %d: %w", d.ReplyID, err)
		}
		if socialwatch.AnyBlocks(checked.Findings) {
			return c.recheck(w, r, d, http.StatusUnprocessableEntity, &noteView{Kind: "bad", Title: say("bad.blocked"), Text: say("bad.blocked.do")})
		}
	}
	if _, err := c.o.Decider.Edit(r.Context(), d, approve); err != nil {
		if ask := asks(err); ask != nil {
			d.Confirm = ask.Digest
			return c.recheck(w, r, d, http.StatusConflict, confirmNote(ask))
		}
		return c.refused(w, r, d, err)
	}
	if approve {
		return c.onward(w, r, d.ReplyID)
	}
	return c.stay(w, r)
}

// withdraw ends a reply that nobody wants to send any more.
func (c *Console) withdraw(w http.ResponseWriter, r *http.Request) error {
	d, err := c.decision(r)
	if err != nil {
		return err
	}
	if _, err := c.open(r, d, socialwatch.RoleAuthor); err != nil {
		return err
	}
	if c.o.Withdraw == nil {
		return socialwatch.ErrNotFound
	}
	if _, err := c.o.Withdraw(r.Context(), d, socialwatch.Micros(c.o.Now())); err != nil {
		return c.refused(w, r, d, err)
	}
	return c.stay(w, r)
}

// again drafts the text of an ended reply anew and opens it in the editor.
func (c *Console) again(w http.ResponseWriter, r *http.Request) error {
	d, err := c.decision(r)
	if err != nil {
		return err
	}
	card, err := c.open(r, d, socialwatch.RoleAuthor)
	if err != nil {
		return err
	}
	d.Hash, d.Text = card.Hash, card.Reply
	fresh, err := c.o.Control.Again(r.Context(), d)
	if err != nil {
		return c.refused(w, r, d, err)
	}
	return see(w, r, listFrom(r).at("/replies/"+strconv.FormatInt(fresh.ID, 10)+"/edit"))
}

// settle stores a lead's word on a reply in doubt.
func (c *Console) settle(w http.ResponseWriter, r *http.Request) error {
	d, err := c.decision(r)
	if err != nil {
		return err
	}
	if _, err := c.open(r, d, socialwatch.RoleLead); err != nil {
		return err
	}
	s := socialwatch.Settlement{ReplyID: d.ReplyID, By: d.By, Absent: r.PostForm.Get("absent") == "yes", At: c.o.Now()}
	s.Attempt, _ = strconv.Atoi(r.PostForm.Get("attempt"))
	typed := strings.TrimSpace(r.PostForm.Get("link"))
	problem := ""
	if s.Absent {
		if r.PostForm.Get("looked") != "yes" {
			problem = say("bad.looked")
		}
	} else if s.Post.URL = postLink(typed); s.Post.URL == "" {
		problem = say("bad.link")
	}
	if problem != "" {
		return c.desk(w, r, http.StatusUnprocessableEntity, d.ReplyID, func(v *cardView) error {
			v.Problem, v.Link = &noteView{Kind: "bad", Title: say("bad.title") + ":", Text: problem}, typed
			return nil
		})
	}
	if _, err := c.o.Control.Settle(r.Context(), s); err != nil {
		return c.refused(w, r, d, err)
	}
	return c.stay(w, r)
}

// postLink is the address of a post, or empty when it can be none.
func postLink(typed string) string {
	to := link(typed)
	u, err := url.Parse(to)
	if to == "" || err != nil || strings.Trim(u.Path, "/") == "" {
		return ""
	}
	return to
}

// refused shows why a decision was not taken, with the reply as it is now.
func (c *Console) refused(w http.ResponseWriter, r *http.Request, d socialwatch.Decision, err error) error {
	note := noteView{Kind: "bad"}
	status := http.StatusConflict
	switch {
	case errors.Is(err, socialwatch.ErrForbidden), errors.Is(err, socialwatch.ErrNotFound):
		return err
	case errors.Is(err, socialwatch.ErrConflict):
		note.Title, note.Text = say("frozen.title"), sentence(err, socialwatch.ErrConflict)
	case errors.Is(err, socialwatch.ErrStopped):
		note.Title, note.Text = say("stop.title")+".", say("stop.wait")
	default:
		card, readErr := c.o.Queue.Card(r.Context(), d.ReplyID)
		if readErr != nil || card.Reply.State != socialwatch.ReplyBlocked {
			return err
		}
		status, note.Text = http.StatusUnprocessableEntity, say("blocked.approval")
	}
	return c.desk(w, r, status, d.ReplyID, func(v *cardView) error {
		v.Problem = &note
		return nil
	})
}

// stay shows the reply that was decided about, in the list it was found in.
func (c *Console) stay(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if back := incidentBack(r, id); back != "" {
		return see(w, r, back)
	}
	return see(w, r, listFrom(r).at("/replies/"+id, "done", id))
}

// onward goes to the next reply of the list, with word of the one decided.
func (c *Console) onward(w http.ResponseWriter, r *http.Request, id int64) error {
	done := strconv.FormatInt(id, 10)
	if back := incidentBack(r, done); back != "" {
		return see(w, r, back)
	}
	l := listFrom(r)
	next, err := c.next(r, l, id)
	if err != nil {
		if !errors.Is(err, socialwatch.ErrNotFound) {
			// The decision stands all the same, and the list shows what is left.
			c.o.Log.Error("no next draft", "reply", id, "err", err)
		}
		return see(w, r, l.at("/", "done", done))
	}
	return see(w, r, l.at("/replies/"+strconv.FormatInt(next, 10), "done", done))
}

// next is the reply to show after a decision: of those that wait the next free
// one, handed out as Take next does; elsewhere the one that followed.
func (c *Console) next(r *http.Request, l list, id int64) (int64, error) {
	if c.o.Leases != nil && l.show == "" {
		return c.o.Leases.TakeNext(r.Context(), c.taking(r, l, id))
	}
	next, err := strconv.ParseInt(r.PostForm.Get("next"), 10, 64)
	if err != nil || next <= 0 || next == id {
		return 0, socialwatch.ErrNotFound
	}
	return next, nil
}

// see sends the browser to a page after a form, so that loading it again
// sends nothing twice.
func see(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// backTo is a path of ours, never another host's.
func backTo(typed string) string {
	u, err := url.Parse(typed)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.ContainsAny(typed, "\\\r\n\t") {
		return "/"
	}
	u.Path = path.Clean(u.Path)
	return u.String()
}
