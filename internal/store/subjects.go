package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"socialwatch"
)

const (
	sqlSubjects = `select network, host, author_id, author_handle from mentions
where (author_id = ? or author_handle <> '' and lower(author_handle) = lower(?)) and erased_at is null
union select network, host, customer_id, coalesce(customer ->> 'handle', '') from cases
where (customer_id = ? or lower(customer ->> 'handle') = lower(?)) and erased_at is null order by 1, 2, 3, 4`
	sqlSubjectHandles = `select author_handle from mentions where account in (?) and author_id = ? and author_handle <> ''
union select customer ->> 'handle' from cases where account in (?) and customer_id = ? and customer ->> 'handle' <> '' order by 1`
	sqlHostAccounts = `select name from accounts where network = ? and host = ? order by name`
	sqlHosts        = `select distinct network, host from accounts order by network, host`
	sqlInboxOf      = `select id, mention from inbox where account in (?)`
)

// Subjects returns the people whom a handle (a full address, with or without @)
// or a network's id names, on every network. One who wrote under several
// handles is known by each of them.
func (s *Store) Subjects(ctx context.Context, who string) (all []socialwatch.Subject, err error) {
	err = s.read(ctx, func(t *tx) error {
		all, err = t.subjects(ctx, strings.TrimPrefix(strings.TrimSpace(who), "@"))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for a person: %w", err)
	}
	return all, nil
}

func (t *tx) subjects(ctx context.Context, who string) (all []socialwatch.Subject, err error) {
	if who == "" {
		return nil, nil
	}
	var rows []struct {
		Network socialwatch.Network `db:"network"`
		Host    string              `db:"host"`
		ID      string              `db:"author_id"`
		Handle  string              `db:"author_handle"`
	}
	if err := t.all(ctx, &rows, sqlSubjects, who, who, who, who); err != nil {
		return nil, err
	}
	add := func(of socialwatch.Subject) {
		same := func(s socialwatch.Subject) bool { return s.Network == of.Network && s.Host == of.Host && s.ID == of.ID }
		if of.ID != "" && !slices.ContainsFunc(all, same) {
			all = append(all, of)
		}
	}
	for _, r := range rows {
		add(socialwatch.Subject{Network: r.Network, Host: r.Host, ID: r.ID})
	}
	waiting, err := t.waitingSubjects(ctx, who)
	for _, w := range waiting {
		add(w)
	}
	for i := range all {
		if err == nil {
			err = t.completeSubject(ctx, &all[i])
		}
	}
	return all, err
}

// waitingSubjects are the people of whom only posts that wait are stored.
func (t *tx) waitingSubjects(ctx context.Context, who string) (found []socialwatch.Subject, err error) {
	var hosts []socialwatch.Subject
	if err := t.all(ctx, &hosts, sqlHosts); err != nil {
		return nil, err
	}
	for _, h := range hosts {
		waiting, err := t.waitingOf(ctx, h, func(a socialwatch.Author) bool { return a.ID == who || strings.EqualFold(a.Handle, who) })
		if err != nil {
			return nil, err
		}
		for _, w := range waiting {
			h.ID = w.author.ID
			found = append(found, h)
		}
	}
	return found, nil
}

// waitingPost is a post in the inbox.
type waitingPost struct {
	id     int64
	author socialwatch.Author
}

// waitingOf finds posts in the inbox by who wrote them. There are few: they wait
// for a moment.
func (t *tx) waitingOf(ctx context.Context, on socialwatch.Subject, by func(socialwatch.Author) bool) (found []waitingPost, err error) {
	accounts, err := t.accountsOf(ctx, on)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID      int64                       `db:"id"`
		Mention jsonOf[socialwatch.Mention] `db:"mention"`
	}
	if err := t.all(ctx, &rows, sqlInboxOf, accounts); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if by(r.Mention.V.Author) {
			found = append(found, waitingPost{r.ID, r.Mention.V.Author})
		}
	}
	return found, nil
}

// accountsOf are the accounts that know a person under the same id.
func (t *tx) accountsOf(ctx context.Context, on socialwatch.Subject) (names []string, err error) {
	err = t.all(ctx, &names, sqlHostAccounts, on.Network, on.Host)
	return names, err
}

// completeSubject reads under which handles a person is stored, and who of us
// knows them.
func (t *tx) completeSubject(ctx context.Context, of *socialwatch.Subject) (err error) {
	if of.Accounts, err = t.accountsOf(ctx, *of); err != nil {
		return err
	}
	of.Handles = []string{}
	if err := t.all(ctx, &of.Handles, sqlSubjectHandles, of.Accounts, of.ID, of.Accounts, of.ID); err != nil {
		return err
	}
	waiting, err := t.waitingOf(ctx, *of, func(a socialwatch.Author) bool { return a.ID == of.ID })
	for _, w := range waiting {
		if w.author.Handle != "" && !slices.Contains(of.Handles, w.author.Handle) {
			of.Handles = append(of.Handles, w.author.Handle)
		}
	}
	return err
}

// names reports whether raw JSON from a network tells of the person: their id or a
// handle is a whole value in it. A short handle stands in many words, and in names
// of fields. Of what is no JSON the same is looked for between quotation marks.
func names(of socialwatch.Subject, raw []byte) bool {
	var v any
	if json.Unmarshal(raw, &v) == nil {
		return holds(of, v)
	}
	lower := strings.ToLower(string(raw))
	return slices.ContainsFunc(append([]string{of.ID}, of.Handles...), func(name string) bool {
		name = strings.ToLower(name) + `"`
		return strings.Contains(lower, `"`+name) || strings.Contains(lower, `"@`+name)
	})
}

func holds(of socialwatch.Subject, v any) bool {
	switch v := v.(type) {
	case string:
		is := func(handle string) bool { return strings.EqualFold(strings.TrimPrefix(v, "@"), handle) }
		return strings.EqualFold(v, of.ID) || slices.ContainsFunc(of.Handles, is)
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return holds(of, one) })
	case map[string]any:
		for _, one := range v {
			if holds(of, one) {
				return true
			}
		}
	}
	return false
}
