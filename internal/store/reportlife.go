package store

import (
	"context"
	"fmt"

	"socialwatch"
)

// Late is how many targets of one name became overdue in a stretch.
type Late struct {
	Stretch int
	Target  socialwatch.TargetName
	N       int
}

// Private is what became of asking customers for private contact, by when they
// were asked.
type Private struct {
	Stretches []Asked // as many as the filter has
	Received  Times   // how long it took, of those who came
}

// Asked is what became of the customers asked in one stretch.
type Asked struct{ Asked, Received, Missed int }

const (
	// The log has them all: a target itself begins anew with the next question.
	sqlReportLate = `select %s as stretch, e.data ->> 'target' as target, count(*) as n from events e join cases c on c.id = e.case_id
where `
	sqlReportLateBase = `e.kind = '` + socialwatch.EventCaseBreached + `' and e.at >= ? and e.at < ?
  and e.data ->> 'target' in ('` + string(socialwatch.NextResponse) + `','` + string(socialwatch.Resolution) + `')`
	sqlReportLateEnd = ` group by 1, 2 order by 1, 2`

	sqlReportPrivate = `select %s as stretch, count(*) as asked, sum(case when h.received_at is null then 0 else 1 end) as received,
    sum(case when h.missed_at is null then 0 else 1 end) as missed
from handoffs h where `
	sqlReportPrivateBase  = `h.asked_at >= ? and h.asked_at < ?`
	sqlReportPrivateEnd   = ` group by 1 order by 1`
	sqlReportPrivateTimes = `select %s as took, count(*) as n from handoffs h where h.received_at is not null and `
	sqlReportPrivateTook  = ` group by 1`

	sqlReportPrivateIntent = ` and exists (select 1 from cases c where c.id = h.case_id and c.intent = ?)`
	sqlReportPrivateLang   = ` and exists (select 1 from mentions m where m.case_id = h.case_id and m.lang = ?)`
)

// reportLate counts what became overdue beside first responses.
func (t *tx) reportLate(ctx context.Context, f ReportFilter) (list []Late, err error) {
	stretch, args := f.stretch("e.at")
	query, more := f.ofCases(fmt.Sprintf(sqlReportLate, stretch) + sqlReportLateBase)
	var rows []struct {
		Stretch int                    `db:"stretch"`
		Target  socialwatch.TargetName `db:"target"`
		N       int                    `db:"n"`
	}
	if err := t.all(ctx, &rows, query+sqlReportLateEnd, append(args, more...)...); err != nil {
		return nil, fmt.Errorf("targets overdue: %w", err)
	}
	for _, r := range rows {
		list = append(list, Late(r))
	}
	return list, nil
}

// reportPrivate counts the customers who were asked for private contact.
func (t *tx) reportPrivate(ctx context.Context, f ReportFilter) (p Private, err error) {
	stretch, args := f.stretch("h.asked_at")
	query, more := f.condition(fmt.Sprintf(sqlReportPrivate, stretch)+sqlReportPrivateBase, "h.account", sqlReportPrivateIntent, sqlReportPrivateLang)
	var rows []struct {
		Stretch  int `db:"stretch"`
		Asked    int `db:"asked"`
		Received int `db:"received"`
		Missed   int `db:"missed"`
	}
	if err := t.all(ctx, &rows, query+sqlReportPrivateEnd, append(args, more...)...); err != nil {
		return p, fmt.Errorf("private contact: %w", err)
	}
	p.Stretches = make([]Asked, len(f.Cuts)+1)
	for _, r := range rows {
		p.Stretches[r.Stretch] = Asked{r.Asked, r.Received, r.Missed}
	}
	took := fmt.Sprintf(seconds[t.s.dialect.kind], "h.asked_at", "h.received_at")
	query, more = f.condition(fmt.Sprintf(sqlReportPrivateTimes, took)+sqlReportPrivateBase, "h.account", sqlReportPrivateIntent, sqlReportPrivateLang)
	var lengths []struct {
		Took int64 `db:"took"`
		N    int   `db:"n"`
	}
	if err := t.all(ctx, &lengths, query+sqlReportPrivateTook, more...); err != nil {
		return p, fmt.Errorf("times to private contact: %w", err)
	}
	var came spread
	for _, l := range lengths {
		came.add(fact{Took: rounded(l.Took), N: l.N}, false)
	}
	p.Received = came.times(0)
	return p, nil
}
