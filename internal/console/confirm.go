package console

import (
	"errors"
	"net/http"

	"socialwatch"
)

// asks is what a decision needs a second key for; nil when err is something else.
func asks(err error) *socialwatch.ConfirmError {
	var ask *socialwatch.ConfirmError
	errors.As(err, &ask)
	return ask
}

// confirm shows the card again with what the person must look at before the same
// key approves. The form carries the digest of exactly that.
func (c *Console) confirm(w http.ResponseWriter, r *http.Request, d socialwatch.Decision, ask *socialwatch.ConfirmError) error {
	if incident := r.PostForm.Get("incident"); incident != "" {
		return c.showIncident(w, r, http.StatusConflict, incident, func(v *cardView) {
			if v.ID == d.ReplyID && v.Hash == d.Hash {
				v.askToConfirm(ask)
			}
		})
	}
	return c.desk(w, r, http.StatusConflict, d.ReplyID, func(v *cardView) error {
		if v.Hash != d.Hash { // it changed meanwhile: nothing to confirm
			v.Problem = &noteView{Kind: "bad", Title: say("frozen.title"), Text: say("js.newer")}
			return nil
		}
		v.askToConfirm(ask)
		return nil
	})
}

// askToConfirm puts what needs a second look beside the button, which confirms
// exactly that.
func (v *cardView) askToConfirm(ask *socialwatch.ConfirmError) {
	v.Ask, v.Findings = confirmNote(ask), findings(ask.Findings)
	v.Passed, v.PassedText = passed(ask.Findings)
	if v.MayApprove {
		v.Confirm, v.ApproveText = ask.Digest, say("confirm.do")
	}
}

func confirmNote(ask *socialwatch.ConfirmError) *noteView {
	note := &noteView{Kind: "warn", Title: say("confirm.title"), Text: say("confirm.how")}
	if ask.Stale {
		note.Title = say("confirm.stale")
	}
	for _, r := range ask.Reasons {
		note.Lines = append(note.Lines, label("confirm", r))
	}
	return note
}
