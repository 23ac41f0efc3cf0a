package store

import (
	"context"
	"fmt"
	"slices"

	"socialwatch"
)

const (
	sqlReportBreaches    = `select %s as stretch, c.level, count(*) as n from cases c where `
	sqlReportBreachesEnd = ` group by 1, 2 order by 1, 2`

	sqlReportSpikes = `select ` + incidentColumns + ` from incidents i where i.began_at < ? and (i.ended_at is null or i.ended_at > ?)
order by i.began_at desc, i.id desc limit ?`
)

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
