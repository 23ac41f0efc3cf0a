package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"socialwatch"
	"socialwatch/internal/intake"
	"socialwatch/internal/spike"
	"socialwatch/responder"
)

// groups are the accounts by region, in the order of the configuration.
func (a *app) groups() []spike.Group {
	var groups []spike.Group
	ours := slices.Concat(a.cfg.Triage.Brands, a.cfg.Triage.Official.Sites)
	for _, acc := range a.cfg.Accounts {
		ours = append(append(ours, acc.Handle), acc.Links...)
	}
	for _, acc := range a.cfg.Accounts {
		i := slices.IndexFunc(groups, func(g spike.Group) bool { return g.Region == acc.Region })
		if i < 0 {
			i, groups = len(groups), append(groups, spike.Group{Region: acc.Region, Ours: ours})
		}
		groups[i].Accounts = append(groups[i].Accounts, acc.Name)
	}
	return groups
}

// spikes looks for incidents in each region.
func (a *app) spikes(ctx context.Context) error {
	w := &spike.Watcher{Store: a.store, Now: a.now}
	var errs []error
	for _, g := range a.groups() {
		if err := w.Pass(ctx, g); err != nil {
			errs = append(errs, fmt.Errorf("region %q: %w", g.Region, err))
		}
	}
	return errors.Join(errs...)
}

// asIncident drafts what an incident's template says to the post of a reply
// that awaits; nil when another one fits better, as for who has been answered or
// wants a person.
func (a *app) asIncident(ctx context.Context, rc socialwatch.ReplyContext) (*socialwatch.Draft, error) {
	known, err := a.store.Known(ctx, socialwatch.Ask{Account: rc.Case.Account, PostIDs: []string{rc.Parent.ID}})
	if err != nil {
		return nil, err
	}
	earlier := slices.DeleteFunc(known.Posts[rc.Case.ID], func(p socialwatch.Past) bool { return p.PostID == rc.Parent.ID })
	r := a.respond(intake.Situation{Mention: rc.Parent, Assessment: rc.Assessment, CaseNumber: rc.Case.Number,
		FollowUp: !rc.Case.RespondedAt.IsZero(), Used: known.Used[rc.Case.ID], Earlier: earlier, Team: rc.Case.Team, Incident: true, Now: a.now()})
	if r.Draft == nil || !a.worded(socialwatch.Payload{Template: r.Draft.Template, Language: r.Draft.Language}) {
		return nil, nil
	}
	return r.Draft, nil
}

// worded reports whether a payload comes from an incident's template.
func (a *app) worded(p socialwatch.Payload) bool {
	t, _ := a.templates.Get(p.Template, p.Language)
	return t.Intent == responder.Incident
}
