package store

import (
	"context"
	"slices"

	"socialwatch"
)

const (
	sqlTemplateKnown = `select exists (select 1 from template_approvals
    where account = ? and template = ? and language = ? and version = ?)`
	sqlTemplateApproved = `insert into template_approvals (account, template, language, version, approved_by, approved_at)
values (?, ?, ?, ?, ?, ?) on conflict do nothing`
	sqlTemplateTakenBack = `delete from template_approvals
where account = ? and template = ? and language = ? and version = ? and approved_by = ? and approved_at = ?`
)

// newTemplate reports whether nobody has approved the version of the template
// that p has, on its account, as the template fills it. What is written by hand
// has none.
func (t *tx) newTemplate(ctx context.Context, p socialwatch.Payload) (bool, error) {
	if p.Template == "" {
		return false, nil
	}
	var known bool
	err := t.get(ctx, &known, sqlTemplateKnown, p.Account, socialwatch.TemplateID(p.Template), p.Language, p.TemplateV)
	return !known, err
}

func (t *tx) templateApproved(ctx context.Context, p socialwatch.Payload, a socialwatch.Approval) error {
	_, err := t.exec(ctx, sqlTemplateApproved, p.Account, socialwatch.TemplateID(p.Template), p.Language, p.TemplateV, a.By.Login, a.At)
	return err
}

// templateTakenBack forgets that a template was approved if it was by the approval
// of r, which its approver takes back: nobody stands by its words now.
func (t *tx) templateTakenBack(ctx context.Context, r socialwatch.Reply) error {
	p := r.Payload
	_, err := t.exec(ctx, sqlTemplateTakenBack, p.Account, socialwatch.TemplateID(p.Template), p.Language, p.TemplateV, r.DecidedBy, r.DecidedAt)
	return err
}

// confirmed is what an event tells of a confirmation: the reasons, and the rules
// that warned. Their words stand with the reply, where they can be erased.
func confirmed(c socialwatch.Confirmation) map[string]any {
	rules := []string{}
	for _, f := range c.Findings {
		if !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	return map[string]any{"reasons": c.Reasons, "warnings": rules}
}
