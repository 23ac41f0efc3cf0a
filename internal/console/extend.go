package console

import (
	"net/http"
	"strconv"

	"socialwatch"
)

// mayExtend reports whether the undo window of a reply can be longer still.
func (c *Console) mayExtend(p socialwatch.Person, rp socialwatch.Reply) bool {
	from := rp.HoldFrom
	if from.IsZero() {
		from = rp.DecidedAt
	}
	return c.o.Extend != nil && mayUndo(p, rp) && rp.HoldUntil.After(c.o.Now()) && rp.HoldUntil.Before(from.Add(socialwatch.HoldMax))
}

// extend makes an undo window longer, and stays at the card that the form says.
func (c *Console) extend(w http.ResponseWriter, r *http.Request) error {
	d, err := c.decision(r)
	if err != nil {
		return err
	}
	if _, err := c.open(r, d, socialwatch.RoleApprover); err != nil {
		return err
	}
	if c.o.Extend == nil {
		return socialwatch.ErrNotFound
	}
	if _, err := c.o.Extend(r.Context(), d); err != nil {
		return c.refused(w, r, d, err)
	}
	done := r.PathValue("id")
	if back := incidentBack(r, done); back != "" {
		return see(w, r, back)
	}
	at := "/"
	if id, err := strconv.ParseInt(r.PostForm.Get("at"), 10, 64); err == nil && id > 0 {
		at = "/replies/" + strconv.FormatInt(id, 10)
	}
	return see(w, r, listFrom(r).at(at, "done", done))
}
