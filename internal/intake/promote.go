package intake

import (
	"context"
	"errors"
	"fmt"

	"socialwatch"
	"socialwatch/connectors"
)

// Promote gives a stored mention that a noise rule ignored a case, for a person
// with the role author, and returns the case's number. All else is as for any
// mention: it joins an open case of its customer or opens one, and gets a
// draft. ErrConflict, with a text that says why, when it has a case already or
// is no longer as m tells.
func (in *Intake) Promote(ctx context.Context, c *connectors.Connector, m socialwatch.Mention, by socialwatch.Person) (string, error) {
	if !by.May(socialwatch.RoleAuthor, c.Account) {
		return "", fmt.Errorf("promote post %s: %s needs the role author on account %s: %w", m.ID, by.Login, c.Account, socialwatch.ErrForbidden)
	}
	for range conflicts {
		number, err := in.promote(ctx, c, m, by)
		if err == nil {
			return number, nil
		}
		if !errors.Is(err, errAgain) {
			return "", fmt.Errorf("promote post %s: %w", m.ID, err)
		}
	}
	return "", fmt.Errorf("promote post %s: %w", m.ID, socialwatch.ErrConflict)
}

// errAgain means that somebody else stored something meanwhile.
var errAgain = errors.New("run again")

func (in *Intake) promote(ctx context.Context, c *connectors.Connector, m socialwatch.Mention, by socialwatch.Person) (string, error) {
	p := newPlan(c, in, news{})
	it := &item{mention: m}
	p.items, p.by = []*item{it}, by.Login
	known, err := in.Store.Known(ctx, p.ask())
	if err != nil {
		return "", err
	}
	if err := promotable(known, c.Account, m); err != nil {
		return "", err
	}
	p.knows(known)
	p.promote(it)
	refs, err := in.caseNumbers(ctx, p.newCases)
	if err != nil {
		return "", err
	}
	changes := p.changes(refs)
	changes.By, changes.Past = by.Login, true
	err = in.Store.Save(ctx, changes)
	if errors.Is(err, socialwatch.ErrConflict) {
		return "", errAgain
	}
	return it.matter.Number, err
}

// promotable says what is in the way of a case.
func promotable(known socialwatch.Known, account string, m socialwatch.Mention) error {
	stored, ok := known.Mentions[m.ID]
	switch {
	case !ok || stored.Account != account:
		return socialwatch.ErrNotFound
	case stored.CaseID != 0:
		return fmt.Errorf("it has a case already: %w", socialwatch.ErrNotPossible)
	case stored.Gone:
		return fmt.Errorf("the post is gone: %w", socialwatch.ErrNotPossible)
	case stored.Revision != m.Revision():
		return fmt.Errorf("the customer has edited the post since you saw it: %w", socialwatch.ErrConflict)
	}
	return nil
}

// promote chooses the case of a mention as if no rule ignored it.
func (p *plan) promote(it *item) {
	author := it.mention.Author.ID
	it.assess = p.in.Rules.Assess(it.mention, socialwatch.History{Earlier: max(p.known.Earlier[author]-1, 0), OpenCase: p.openCase(author) != nil})
	was := it.assess.Ignored
	it.assess.Ignored, it.assess.Thanks = "", false
	if !p.choose(it) { // context in a thread that is nobody's case
		it.matter, it.opens = p.open(it, nil), true
	}
	it.matter.event(socialwatch.EventMentionPromoted, map[string]any{"post_id": it.mention.ID, "was": was})
	p.heedOptOuts()
}
