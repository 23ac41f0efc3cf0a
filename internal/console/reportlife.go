package console

import (
	"socialwatch"
	"socialwatch/internal/store"
)

// breaches is targets that became overdue, by stretch: first responses by level,
// and the others.
func (s *reportSpan) breaches(first []store.Breaches, others []store.Late) reportPanel {
	p := panel("breaches", "reports.late", head("from", "reports.when"), numHead("count", "reports.breaches"), numHead("level_1", "reports.level.1"),
		numHead("level_2", "reports.level.2"), numHead("level_3", "reports.level.3"), numHead("level_4", "reports.level.4"),
		numHead("next_response", "reports.late.next"), numHead("resolution", "reports.late.resolution"))
	if len(first)+len(others) == 0 {
		return p
	}
	const next, resolution = 5, 6
	counts, most := make([][7]int, len(s.starts)), 0 // 0: first responses, then by level
	for _, b := range first {
		counts[b.Stretch][b.Level] += b.N
		counts[b.Stretch][0] += b.N
	}
	for _, l := range others {
		column := next
		if l.Target == socialwatch.Resolution {
			column = resolution
		}
		counts[l.Stretch][column] += l.N
	}
	for _, n := range counts {
		most = max(most, n[0]+n[next]+n[resolution])
	}
	p.Chart = columns(say("reports.late.label", s.stretchWord()), s.names)
	p.Chart.Legend = []chartKey{{"bad", say("reports.breaches")}, {"one", say("reports.late.next")}, {"two", say("reports.late.resolution")}}
	axis := p.Chart.counts(most)
	for i, n := range counts {
		p.Chart.Columns[i].Title = say("reports.late.one", s.names.Long[i], n[0], n[next], n[resolution])
		p.Chart.stack(i, axis, []int{n[0], n[next], n[resolution]}, []string{"bad", "one", "two"})
		row := []reportCell{s.stretch(i)}
		for _, one := range n {
			row = append(row, number(one))
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return p
}

// private is what became of asking customers for private contact, by when they
// were asked.
func (s *reportSpan) private(all store.Private) reportPanel {
	p := panel("private_contact", "reports.private", head("from", "reports.when"), numHead("asked", "reports.asked"),
		numHead("received", "reports.received"), numHead("missed", "reports.missed"))
	asked, most := 0, 0
	for _, one := range all.Stretches {
		asked, most = asked+one.Asked, max(most, one.Asked)
	}
	if asked == 0 {
		return p
	}
	if all.Received.N > 0 {
		p.Text += " " + say("reports.together", took(all.Received.Median), took(all.Received.P90))
	}
	p.Chart = columns(say("reports.private.label", s.stretchWord()), s.names)
	p.Chart.Legend = []chartKey{{"one", say("reports.received")}, {"two", say("reports.absent")}}
	axis := p.Chart.counts(most)
	for i, one := range all.Stretches {
		p.Chart.Columns[i].Title = say("reports.private.one", s.names.Long[i], one.Asked, one.Received, one.Missed)
		p.Chart.stack(i, axis, []int{one.Received, one.Asked - one.Received}, []string{"one", "two"})
		p.Table.Rows = append(p.Table.Rows, []reportCell{s.stretch(i), number(one.Asked), number(one.Received), number(one.Missed)})
	}
	return p
}
