package console

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// reportTable is what a panel shows, as a table and as a file.
type reportTable struct {
	Key  string // name of the file
	Head []reportHead
	Rows [][]reportCell
}

// reportHead is a column: its name in files, and for people.
type reportHead struct {
	Name, Text string
	Num        bool
}

// reportCell is a value, as people and as files read it. Bar, where it has one,
// is a width in per cent.
type reportCell struct {
	Text, Raw, URL string
	Bar            string
	Num            bool
}

// records are the lines of the file.
func (t reportTable) records() [][]string {
	head := make([]string, len(t.Head))
	for i, h := range t.Head {
		head[i] = h.Name
	}
	all := [][]string{head}
	for _, row := range t.Rows {
		record := make([]string, len(row))
		for i, cell := range row {
			record[i] = cell.Raw
		}
		all = append(all, record)
	}
	return all
}

func head(name, key string) reportHead { return reportHead{name, say(key), false} }

func numHead(name, key string) reportHead { return reportHead{name, say(key), true} }

func word(s string) reportCell { return reportCell{Text: s, Raw: s} }

func number(n int) reportCell {
	return reportCell{Text: strconv.Itoa(n), Raw: strconv.Itoa(n), Num: true}
}

// none is a number that there is not.
func none() reportCell { return reportCell{Text: say("fig.none"), Num: true} }

// length is a length of time, in files in seconds.
func length(d time.Duration, n int) reportCell {
	if n == 0 {
		return none()
	}
	return reportCell{Text: took(d), Raw: strconv.FormatFloat(d.Seconds(), 'f', 0, 64), Num: true}
}

// part is a share, in files as a fraction.
func part(n, of int) reportCell {
	if of == 0 {
		return none()
	}
	return reportCell{Text: share(n, of), Raw: strconv.FormatFloat(float64(n)/float64(of), 'f', 4, 64), Num: true}
}

// bar is a number with a bar, as wide as it is of the most.
func bar(n, most int) reportCell {
	c := number(n)
	c.Bar = strconv.FormatFloat(100*float64(n)/float64(max(1, most)), 'f', 1, 64)
	return c
}

// stretch is the first cell of a row about one.
func (s *reportSpan) stretch(i int) reportCell {
	return reportCell{Text: s.names.Long[i], Raw: s.starts[i].Format(time.RFC3339)}
}

// reportPanels are the questions that a report answers.
func (c *Console) reportPanels(s reportSpan, r store.Report) []reportPanel {
	return []reportPanel{s.volume(r.Volume), s.week(r.Volume),
		counted("intents", "reports.intents", r.Volume.Intents, func(v string) string { return label("intent", v) }),
		counted("networks", "reports.networks", r.Volume.Networks, func(v string) string { return label("network", v) }),
		s.times("first_response", "reports.first", r.First, true), levels("first_response_by_level", "reports.first.levels", r.First),
		s.times("resolution", "reports.resolved", r.Resolution, false), s.times("decision", "reports.decided", r.Decision, false),
		s.breaches(r.Breaches, r.Late), s.private(r.Private), outcomes(r.Outcomes), templateEdits(r.Templates), c.spikesPanel(r.Spikes)}
}

// volume is mentions by stretch.
func (s *reportSpan) volume(v store.Volume) reportPanel {
	p := panel("mentions", "reports.volume", head("from", "reports.when"), numHead("mentions", "reports.mentions"),
		numHead("matters", "reports.matters"), numHead("ignored", "tab.ignored"))
	if len(v.Quarters) == 0 {
		return p
	}
	total, noise, most := make([]int, len(s.starts)), make([]int, len(s.starts)), 0
	for _, q := range v.Quarters {
		i := s.stretchAt(q.At)
		total[i], noise[i] = total[i]+q.Total, noise[i]+q.Noise
		most = max(most, total[i])
	}
	p.Chart = columns(say("reports.volume.label", s.stretchWord()), s.names)
	p.Chart.Legend = []chartKey{{"one", say("reports.matters")}, {"two", say("tab.ignored")}}
	axis := p.Chart.counts(most)
	for i := range s.starts {
		matters := total[i] - noise[i]
		p.Chart.Columns[i].Title = say("reports.volume.one", s.names.Long[i], matters, noise[i])
		p.Chart.stack(i, axis, []int{matters, noise[i]}, []string{"one", "two"})
		p.Table.Rows = append(p.Table.Rows, []reportCell{s.stretch(i), number(total[i]), number(matters), number(noise[i])})
	}
	return p
}

// week is mentions by day of the week and hour.
func (s *reportSpan) week(v store.Volume) reportPanel {
	p := panel("hours", "reports.hours", head("weekday", "reports.weekday"), head("hour", "reports.hour"), numHead("mentions", "reports.mentions"))
	if len(v.Quarters) == 0 {
		return p
	}
	var counts [7][24]int
	for _, q := range v.Quarters {
		at := q.At.In(s.zone)
		counts[(at.Weekday()+6)%7][at.Hour()] += q.Total
	}
	var short, long []string
	for d := range 7 { // 2 January 2006 was a Monday
		day := time.Date(2006, 1, 2+d, 0, 0, 0, 0, time.UTC)
		short, long = append(short, date("mon", day)), append(long, date("monday", day))
	}
	p.Heat = hours(say("reports.hours.label"), short, counts, func(day, hour, n int) string {
		return say("reports.hours.one", long[day], clock(hour), n)
	})
	for d, day := range counts {
		for hour, n := range day {
			if n > 0 {
				p.Table.Rows = append(p.Table.Rows, []reportCell{word(long[d]), word(clock(hour)), number(n)})
			}
		}
	}
	return p
}

// counted is mentions by a value, with bars.
func counted(file, key string, rows []store.Counted, name func(string) string) reportPanel {
	p := panel(file, key, head("value", key+".value"), numHead("mentions", "reports.mentions"), numHead("ignored", "reports.noise"))
	p.Open = true
	for _, row := range rows {
		p.Table.Rows = append(p.Table.Rows, []reportCell{{Text: name(row.Value), Raw: row.Value}, bar(row.Total, rows[0].Total), number(row.Noise)})
	}
	return p
}

// times is how long something took, by stretch.
func (s *reportSpan) times(file, key string, m store.Measure, target bool) reportPanel {
	p := panel(file, key, head("from", "reports.when"), numHead("count", "reports.count"), numHead("median_seconds", "reports.median"),
		numHead("p90_seconds", "reports.p90"))
	if target {
		p.Table.Head = append(p.Table.Head, numHead("in_time", "reports.intime"))
	}
	if m.All.N == 0 {
		return p
	}
	p.Text = p.Text + " " + say("reports.together", took(m.All.Median), took(m.All.P90))
	var most time.Duration
	for _, t := range m.Stretches {
		most = max(most, t.P90)
	}
	p.Chart = columns(say("reports.times.label", p.Title, s.stretchWord()), s.names)
	p.Chart.Legend = []chartKey{{"median", say("reports.median")}, {"p90", say("reports.p90")}}
	axis := p.Chart.lengths(most)
	for i, t := range m.Stretches {
		row := []reportCell{s.stretch(i), number(t.N), length(t.Median, t.N), length(t.P90, t.N)}
		if target {
			row = append(row, part(t.InTime, t.N))
		}
		p.Table.Rows = append(p.Table.Rows, row)
		if t.N > 0 {
			p.Chart.Columns[i].Title = say("reports.times.one", s.names.Long[i], t.N, took(t.Median), took(t.P90))
			p.Chart.span(i, axis, t.Median, t.P90)
		}
	}
	return p
}

// levels is how long first responses took by level, whose targets differ.
func levels(file, key string, m store.Measure) reportPanel {
	p := panel(file, key, head("level", "reports.level"), numHead("count", "reports.count"), numHead("median_seconds", "reports.median"),
		numHead("p90_seconds", "reports.p90"), numHead("in_time", "reports.intime"))
	p.Open = true
	for _, t := range m.Levels {
		intime := part(t.InTime, t.N)
		intime.Bar = strconv.Itoa(100 * t.InTime / max(1, t.N))
		p.Table.Rows = append(p.Table.Rows, []reportCell{{Text: say("level", t.Group), Raw: strconv.Itoa(t.Group)}, number(t.N),
			length(t.Median, t.N), length(t.P90, t.N), intime})
	}
	return p
}

// outcomes is what became of drafts, and why they were rejected.
func outcomes(o store.Outcomes) reportPanel {
	p := panel("decisions", "reports.outcomes", head("outcome", "reports.outcome"), numHead("drafts", "reports.drafts"), numHead("share", "reports.share"))
	p.Open = true
	rejected := 0
	for _, n := range o.Rejected {
		rejected += n
	}
	all := o.Approved + o.Undone + o.Ended + rejected
	if all == 0 {
		return p
	}
	add := func(raw, text string, n int) {
		if n > 0 {
			p.Table.Rows = append(p.Table.Rows, []reportCell{{Text: text, Raw: raw}, bar(n, all), part(n, all)})
		}
	}
	add("approved", say("reports.approved"), o.Approved)
	add("ended", say("reports.ended"), o.Ended)
	add("undone", say("reports.undone"), o.Undone)
	reasons := slices.SortedFunc(maps.Keys(o.Rejected), func(a, b string) int { return cmp.Or(cmp.Compare(o.Rejected[b], o.Rejected[a]), cmp.Compare(a, b)) })
	for _, reason := range reasons {
		add("rejected: "+reason, say("reports.rejected", label("reason", reason)), o.Rejected[reason])
	}
	return p
}

// templateEdits is how often templates' texts were changed, most said first.
func templateEdits(all []store.TemplateEdits) reportPanel {
	p := panel("templates", "reports.templates", head("template", "templates"), numHead("version", "reports.version"), head("language", "reports.language"),
		numHead("said", "reports.said"), numHead("slots_only", "reports.slots"), numHead("edited", "reports.changed"), numHead("share", "reports.edited"))
	p.Open = true
	for _, t := range all {
		if t.Template == "" {
			p.Table.Rows = append(p.Table.Rows, []reportCell{{Text: say("template.hand")}, none(), {Text: language(t.Language), Raw: t.Language}, number(t.Said), none(), none(), none()})
			continue
		}
		rate := part(t.Edited, t.Said)
		rate.Bar = strconv.Itoa(100 * t.Edited / t.Said)
		p.Table.Rows = append(p.Table.Rows, []reportCell{{Text: t.Template, Raw: t.Template, URL: "/templates?lang=" + tongue(t.Language)}, number(t.Version),
			{Text: language(t.Language), Raw: t.Language}, number(t.Said), number(t.Slots), number(t.Edited), rate})
	}
	return p
}

// spikesPanel lists the spikes that went on.
func (c *Console) spikesPanel(all []socialwatch.Incident) reportPanel {
	p := panel("spikes", "reports.spikes", head("spike", "reports.spike"), numHead("cases", "cases"), head("severity", "reports.severity"),
		head("began_at", "incident.began"), head("ended_at", "incident.ended"))
	p.Open = true
	for _, i := range all {
		line := c.incidentLine(i)
		ended := reportCell{Text: line.Ended}
		if line.Over {
			ended.Raw = i.EndedAt.Format(time.RFC3339)
		}
		p.Table.Rows = append(p.Table.Rows, []reportCell{{Text: line.Title, Raw: line.Title, URL: line.URL}, number(i.Cases), {Text: line.SeverityText, Raw: line.Severity},
			{Text: line.Began.Clock, Raw: i.BeganAt.Format(time.RFC3339)}, ended})
	}
	return p
}

// panel is one without rows, with the texts of its key.
func panel(file, key string, heads ...reportHead) reportPanel {
	text, _ := entry(key + ".text")
	return reportPanel{Title: say(key), Text: text, Table: reportTable{Key: file, Head: heads}}
}
