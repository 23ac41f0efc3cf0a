package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

const (
	sqlReportVolume = `select %s as value, count(*) as total, sum(case when m.ignored = '' then 0 else 1 end) as noise
from mentions m where `
	sqlReportVolumeEnd = ` group by 1 order by `

	sqlReportOutcomes = `select r.state, case when r.state <> 'rejected' then ''%s else r.reason end as reason, count(*) as n
from replies r where `
	sqlReportOutcome     = ` when r.reason = '%[1]s' or r.reason like '%[1]s:%%' then '%[1]s'`
	sqlReportOutcomesEnd = ` group by 1, 2`

	sqlReportBreaches    = `select %s as stretch, c.level, count(*) as n from cases c where `
	sqlReportBreachesEnd = ` group by 1, 2 order by 1, 2`

	sqlReportTemplates = `select template, version, language, count(*) as said, sum(case when edit = 'slots' then 1 else 0 end) as slots,
    sum(case when edit = 'edited' or edit = '' and nth > 1 then 1 else 0 end) as edited
from (select case when r.edit = 'written' then '' else coalesce(%s, '') end as template,
          coalesce(cast(r.payload ->> 'template_version' as integer), 0) as version, coalesce(r.payload ->> 'language', '') as language,
          r.edit as edit, r.version as nth
      from replies r where `
	sqlReportTemplatesEnd = ` and ` + sqlIsSaid + `) as said group by 1, 2, 3 order by 4 desc, 1, 2, 3`

	sqlReportSpikes = `select ` + incidentColumns + ` from incidents i where i.began_at < ? and (i.ended_at is null or i.ended_at > ?)
order by i.began_at desc, i.id desc limit ?`
)

// quarterOf numbers the quarters of an hour since 1970, by kind of database.
var quarterOf = map[Kind]string{
	SQLite:   "m.created_at / 900000000",
	Postgres: "cast(floor(extract(epoch from m.created_at) / 900) as bigint)",
}

// templateOf is the id of a reply's template, of whatever wording, by kind of
// database.
var templateOf = map[Kind]string{
	SQLite:   "substr(r.payload ->> 'template', 1, instr((r.payload ->> 'template') || '#', '#') - 1)",
	Postgres: "split_part(r.payload ->> 'template', '#', 1)",
}

// reportVolume counts mentions by when they were posted, intent and network.
func (t *tx) reportVolume(ctx context.Context, f ReportFilter) (v Volume, err error) {
	where, args := f.ofMentions(sqlReportMention)
	var quarters []struct {
		At    int64 `db:"value"`
		Total int   `db:"total"`
		Noise int   `db:"noise"`
	}
	if err := t.all(ctx, &quarters, fmt.Sprintf(sqlReportVolume, quarterOf[t.s.dialect.kind])+where+sqlReportVolumeEnd+"1", args...); err != nil {
		return v, fmt.Errorf("volume: %w", err)
	}
	for _, q := range quarters {
		v.Quarters = append(v.Quarters, Quarter{time.Unix(q.At*900, 0).UTC(), q.Total, q.Noise})
	}
	for column, to := range map[string]*[]Counted{"m.intent": &v.Intents, "m.network": &v.Networks} {
		if err := t.all(ctx, to, fmt.Sprintf(sqlReportVolume, column)+where+sqlReportVolumeEnd+"2 desc, 1", args...); err != nil {
			return v, fmt.Errorf("volume by %s: %w", column, err)
		}
	}
	return v, nil
}

// reportOutcomes counts what became of drafts by their last state.
func (t *tx) reportOutcomes(ctx context.Context, f ReportFilter) (o Outcomes, err error) {
	reasons := ""
	for _, r := range socialwatch.RejectReasons { // a note may follow the reason
		reasons += fmt.Sprintf(sqlReportOutcome, r)
	}
	query, args := f.ofReplies(fmt.Sprintf(sqlReportOutcomes, reasons) + sqlReportReply)
	var rows []struct {
		State  socialwatch.ReplyState `db:"state"`
		Reason string                 `db:"reason"`
		N      int                    `db:"n"`
	}
	if err := t.all(ctx, &rows, query+sqlReportOutcomesEnd, args...); err != nil {
		return o, fmt.Errorf("outcomes: %w", err)
	}
	o.Rejected = map[string]int{}
	for _, r := range rows {
		switch {
		case r.State == socialwatch.ReplyRejected:
			o.Rejected[r.Reason] += r.N
		case r.State == socialwatch.ReplyCancelled:
			o.Undone += r.N
		case slices.Contains(said, r.State):
			o.Approved += r.N
		default:
			o.Ended += r.N
		}
	}
	return o, nil
}

// said are the states of sqlIsSaid.
var said = []socialwatch.ReplyState{socialwatch.ReplyApproved, socialwatch.ReplyHolding, socialwatch.ReplySending,
	socialwatch.ReplySent, socialwatch.ReplyUnknown}

func (t *tx) reportBreaches(ctx context.Context, f ReportFilter) (list []Breaches, err error) {
	stretch, args := f.stretch("c.breached_at")
	query, more := f.ofCases(fmt.Sprintf(sqlReportBreaches, stretch) + fmt.Sprintf(sqlReportCase, "breached_at"))
	var rows []struct {
		Stretch int `db:"stretch"`
		Level   int `db:"level"`
		N       int `db:"n"`
	}
	if err := t.all(ctx, &rows, query+sqlReportBreachesEnd, append(args, more...)...); err != nil {
		return nil, fmt.Errorf("breaches: %w", err)
	}
	for _, r := range rows {
		list = append(list, Breaches(r))
	}
	return list, nil
}

func (t *tx) reportTemplates(ctx context.Context, f ReportFilter) (list []TemplateEdits, err error) {
	query, args := f.ofReplies(fmt.Sprintf(sqlReportTemplates, templateOf[t.s.dialect.kind]) + sqlReportReply)
	if err := t.all(ctx, &list, query+sqlReportTemplatesEnd, args...); err != nil {
		return nil, fmt.Errorf("edits of templates: %w", err)
	}
	return list, nil
}

// reportSpikes are the incidents that went on in the span, of whatever
// language.
func (t *tx) reportSpikes(ctx context.Context, f ReportFilter) ([]socialwatch.Incident, error) {
	var rows []incidentRow
	if err := t.all(ctx, &rows, sqlReportSpikes, f.To, f.From, incidentsMax); err != nil {
		return nil, fmt.Errorf("spikes: %w", err)
	}
	return slices.DeleteFunc(rowValues[incidentRow, socialwatch.Incident](rows), func(i socialwatch.Incident) bool {
		return f.Intent != "" && i.Intent != f.Intent || f.Accounts != nil && !slices.ContainsFunc(f.Accounts, i.Spans)
	}), nil
}
