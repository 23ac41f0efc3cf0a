package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

const (
	sqlSpikePosts = `select m.case_id, c.incident_id, m.intent, m.lang, m.masked, m.created_at
from mentions m join cases c on c.id = m.case_id
where m.account in (?) and m.created_at >= ? and m.created_at < ? and m.gone_at is null
order by m.created_at desc, m.id desc limit ?`

	incidentColumns = `i.id, i.region, i.accounts, i.intent, i.term, i.kind, i.severity, i.began_at, i.opened_at, i.ended_at,
i.evidence, (select count(*) from cases c where c.incident_id = i.id) as cases,
(select max(c.opened_at) from cases c where c.incident_id = i.id) as last_at`
	sqlIncidentsOpen = `select ` + incidentColumns + ` from incidents i where i.ended_at is null order by i.id`

	sqlIncidentInsert = `insert into incidents (region, accounts, intent, term, kind, severity, began_at, opened_at, evidence)`
	sqlIncidentOnce   = `on conflict (region, term) where ended_at is null do nothing returning id`

	sqlIncidentLock = `select ` + incidentColumns + ` from incidents i where i.id = ? and i.ended_at is null`
	sqlIncidentJoin = `update cases set incident_id = ?, updated_at = ?, version = version + 1
where id in (?) and incident_id is null and state in ('new','open','waiting','resolved') returning id, version`
	sqlIncidentCount = `select count(*) from cases where incident_id = ?`
	sqlIncidentGrade = `update incidents set severity = ? where id = ?`
	sqlIncidentEnd   = `update incidents set ended_at = ? where id = ?`
)

// incidentRow is one row of incidents with how many cases it has.
type incidentRow struct {
	ID       int64                             `db:"id"`
	Region   string                            `db:"region"`
	Accounts jsonOf[[]string]                  `db:"accounts"`
	Intent   string                            `db:"intent"`
	Term     string                            `db:"term"`
	Kind     string                            `db:"kind"`
	Severity string                            `db:"severity"`
	BeganAt  moment                            `db:"began_at"`
	OpenedAt moment                            `db:"opened_at"`
	EndedAt  moment                            `db:"ended_at"`
	Evidence jsonOf[socialwatch.SpikeEvidence] `db:"evidence"`
	Cases    int                               `db:"cases"`
	LastAt   moment                            `db:"last_at"`
}

func (r incidentRow) value() socialwatch.Incident {
	return socialwatch.Incident{ID: r.ID, Region: r.Region, Accounts: r.Accounts.V, Intent: socialwatch.Intent(r.Intent),
		Term: r.Term, Kind: socialwatch.TermKind(r.Kind), Cases: r.Cases, Severity: socialwatch.Severity(r.Severity),
		BeganAt: r.BeganAt.Time, LastAt: r.LastAt.Time, OpenedAt: r.OpenedAt.Time, EndedAt: r.EndedAt.Time, Evidence: r.Evidence.V}
}

// SpikePosts returns at most limit posts of the accounts' cases that were
// posted from a time on and before another, the newest first, masked.
func (s *Store) SpikePosts(ctx context.Context, accounts []string, from, to time.Time, limit int) ([]socialwatch.SpikePost, error) {
	var rows []struct {
		CaseID   int64  `db:"case_id"`
		Incident *int64 `db:"incident_id"`
		Intent   string `db:"intent"`
		Lang     string `db:"lang"`
		Masked   string `db:"masked"`
		At       moment `db:"created_at"`
	}
	err := s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlSpikePosts, accounts, from, to, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read posts of an hour: %w", err)
	}
	posts := make([]socialwatch.SpikePost, len(rows))
	for i, r := range rows {
		posts[i] = socialwatch.SpikePost{CaseID: r.CaseID, Incident: deref(r.Incident), Intent: socialwatch.Intent(r.Intent),
			Language: r.Lang, Text: r.Masked, At: r.At.Time}
	}
	return posts, nil
}

// OpenIncidents returns the incidents that span one of the accounts (nil: any)
// and go on, the oldest first.
func (s *Store) OpenIncidents(ctx context.Context, accounts []string) (open []socialwatch.Incident, err error) {
	err = s.read(ctx, func(t *tx) error {
		open, err = t.openIncidents(ctx, accounts)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read open incidents: %w", err)
	}
	return open, nil
}

func (t *tx) openIncidents(ctx context.Context, accounts []string) ([]socialwatch.Incident, error) {
	var rows []incidentRow
	if err := t.all(ctx, &rows, sqlIncidentsOpen); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rowValues[incidentRow, socialwatch.Incident](rows), func(i socialwatch.Incident) bool {
		return accounts != nil && !slices.ContainsFunc(accounts, i.Spans)
	}), nil
}

// OpenIncident stores an incident that goes on with its cases, and its event.
// It returns 0, and has changed nothing, when the region has one with the term
// that goes on: somebody else was faster.
func (s *Store) OpenIncident(ctx context.Context, i socialwatch.Incident, caseIDs []int64) (id int64, err error) {
	err = s.tx(ctx, func(t *tx) error {
		ids, err := returning[int64](ctx, t, values{head: sqlIncidentInsert, tail: sqlIncidentOnce, width: 9,
			args: []any{i.Region, asJSON(i.Accounts), i.Intent, i.Term, i.Kind, i.Severity, i.BeganAt, i.OpenedAt, asJSON(i.Evidence)}})
		if id = 0; err != nil || len(ids) == 0 {
			return err
		}
		id = ids[0]
		n, err := t.join(ctx, id, caseIDs, i.OpenedAt)
		if err != nil {
			return err
		}
		return t.addEvents(ctx, socialwatch.Event{Kind: socialwatch.EventIncidentOpened, Actor: socialwatch.System, At: i.OpenedAt,
			Data: map[string]any{"incident": id, "accounts": i.Accounts, "intent": string(i.Intent), "severity": string(i.Severity),
				"cases": n, "began_at": i.BeganAt}})
	})
	if err != nil {
		return 0, fmt.Errorf("open incident: %w", err)
	}
	return id, nil
}

// joined is a case that has become one of an incident.
type joined struct {
	ID      int64 `db:"id"`
	Version int   `db:"version"`
}

// join makes cases those of an incident and grades it. Cases of another one
// stay there.
func (t *tx) join(ctx context.Context, id int64, caseIDs []int64, at time.Time) (cases int, err error) {
	var rows []joined
	for some := range slices.Chunk(caseIDs, rowsPerStatement) {
		var part []joined
		if err := t.all(ctx, &part, sqlIncidentJoin, id, at, some); err != nil {
			return 0, err
		}
		rows = append(rows, part...)
	}
	events := make([]socialwatch.Event, len(rows))
	for i, r := range rows {
		events[i] = socialwatch.Event{Kind: socialwatch.EventCaseUpdated, CaseID: r.ID, CaseVersion: r.Version,
			Actor: socialwatch.System, At: at, Data: map[string]any{"incident": id}}
	}
	if err := t.addEvents(ctx, events...); err != nil {
		return 0, err
	}
	if err := t.get(ctx, &cases, sqlIncidentCount, id); err != nil {
		return 0, err
	}
	_, err = t.exec(ctx, sqlIncidentGrade, socialwatch.SeverityOf(cases), id)
	return cases, err
}

// FollowIncident adds cases to an incident and, with end, ends it, each with
// its event. One that is over already stays as it is.
func (s *Store) FollowIncident(ctx context.Context, id int64, caseIDs []int64, end bool, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		var row incidentRow
		err := t.get(ctx, &row, sqlIncidentLock+s.dialect.forUpdate, id)
		if errors.Is(err, socialwatch.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		n, err := t.join(ctx, id, caseIDs, at)
		if err != nil || !end {
			return err
		}
		if _, err := t.exec(ctx, sqlIncidentEnd, at, id); err != nil {
			return err
		}
		i := row.value()
		return t.addEvents(ctx, socialwatch.Event{Kind: socialwatch.EventIncidentEnded, Actor: socialwatch.System, At: at,
			Data: map[string]any{"incident": id, "accounts": i.Accounts, "intent": string(i.Intent), "severity": string(socialwatch.SeverityOf(n)),
				"cases": n, "began_at": i.BeganAt}})
	})
	if err != nil {
		return fmt.Errorf("follow incident %d: %w", id, err)
	}
	return nil
}

const (
	sqlIncidents      = `select ` + incidentColumns + ` from incidents i order by case when i.ended_at is null then 0 else 1 end, i.opened_at desc, i.id desc limit ?`
	sqlIncident       = `select ` + incidentColumns + ` from incidents i where i.id = ?`
	sqlIncidentOpened = `select opened_at from cases where incident_id = ?%s order by opened_at limit ?`
)

// incidentsMax bounds a list of incidents, and incidentTimes what a timeline is
// made from.
const (
	incidentsMax  = 200
	incidentTimes = 10_000
)

// Incidents returns the newest incidents that span one of the accounts (nil:
// any), those that go on first.
func (s *Store) Incidents(ctx context.Context, accounts []string) ([]socialwatch.Incident, error) {
	var rows []incidentRow
	err := s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlIncidents, incidentsMax)
	})
	if err != nil {
		return nil, fmt.Errorf("read incidents: %w", err)
	}
	return slices.DeleteFunc(rowValues[incidentRow, socialwatch.Incident](rows), func(i socialwatch.Incident) bool {
		return accounts != nil && !slices.ContainsFunc(accounts, i.Spans)
	}), nil
}

// Incident returns one incident and when its cases of the accounts (nil: all)
// were opened, the first first. ErrNotFound when it spans none of them.
func (s *Store) Incident(ctx context.Context, id int64, accounts []string) (i socialwatch.Incident, opened []time.Time, err error) {
	var row incidentRow
	var at []moment
	where, args := among("account", accounts)
	err = s.read(ctx, func(t *tx) error {
		at = nil
		if err := t.get(ctx, &row, sqlIncident, id); err != nil {
			return err
		}
		return t.all(ctx, &at, fmt.Sprintf(sqlIncidentOpened, where), append(append([]any{id}, args...), incidentTimes)...)
	})
	if i = row.value(); err == nil && accounts != nil && !slices.ContainsFunc(accounts, i.Spans) {
		err = socialwatch.ErrNotFound
	}
	if err != nil {
		return socialwatch.Incident{}, nil, fmt.Errorf("read incident %d: %w", id, err)
	}
	for _, m := range at {
		opened = append(opened, m.Time)
	}
	return i, opened, nil
}

const (
	sqlImpostors    = ` from (select * from mentions where ` + sqlIsImpostor
	sqlImpostorsEnd = ` order by created_at desc, id desc limit ?) m
left join cases c on c.id = m.case_id order by m.created_at desc, m.id desc`
	// Of a case: its own posts, and others' in its threads. See sqlPosing.
	sqlCaseImpostors = ` from (select x.* from mentions x where x.root_id in (select root_id from mentions where case_id = ?)
    and x.network || '' = ? and x.host || '' = ? and cast(x.signals as text) like '%"` + socialwatch.SignalImpostor + `"%'
    order by x.created_at, x.id limit ?) m
left join cases c on c.id = m.case_id order by m.created_at, m.id`
)

// impostorsMax bounds a list of posts of impostors.
const impostorsMax = 200

// Impostors returns the newest posts on the accounts (nil: all) by whom poses
// as us.
func (s *Store) Impostors(ctx context.Context, accounts []string) ([]MentionRow, error) {
	where, args := among("account", accounts)
	var rows []listedMention
	err := s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlMentionsHead+sqlImpostors+where+sqlImpostorsEnd, append(args, impostorsMax)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read impostors: %w", err)
	}
	return rowValues[listedMention, MentionRow](rows), nil
}

// posing are the posts by whom poses as us in the threads of a case.
func (t *tx) posing(ctx context.Context, c socialwatch.Case) ([]MentionRow, error) {
	var rows []listedMention
	err := t.all(ctx, &rows, sqlMentionsHead+sqlCaseImpostors, c.ID, c.Network, c.Host, impostorsMax)
	return rowValues[listedMention, MentionRow](rows), err
}
