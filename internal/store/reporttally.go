package store

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"socialwatch"
)

// reportTally counts facts into what a report says of them.
type reportTally struct {
	f         ReportFilter // in whole quarters
	kinds     []string     // of facts; nil: all
	first     int64        // quarter of From
	stretches []int        // by quarter from there: the number of the stretch

	volume    []Quarter
	intents   map[string]*Counted
	networks  map[string]*Counted
	times     map[string]*lengths // by kind
	outcomes  Outcomes
	templates map[TemplateEdits]*TemplateEdits
}

// lengths are how often each class of length occurred, of all, by stretch and
// by level.
type lengths struct {
	all       spread
	stretches []spread
	levels    map[int]*spread
}

// spread counts classes of length.
type spread struct {
	n, inTime int
	classes   []int
}

func (s *spread) add(f fact, inTime bool) {
	if f.Took >= len(s.classes) {
		s.classes = append(s.classes, make([]int, f.Took+1-len(s.classes))...)
	}
	s.classes[f.Took] += f.N
	s.n += f.N
	if inTime {
		s.inTime += f.N
	}
}

// times are the lengths that occurred of which half, and nine in ten, are not
// longer.
func (s *spread) times(group int) Times {
	t, upto, half := Times{Group: group, N: s.n, InTime: s.inTime}, 0, false
	for class, n := range s.classes {
		if upto += n; n == 0 {
			continue
		}
		if !half && 2*upto >= s.n {
			t.Median, half = lengthOf(class), true
		}
		if 10*upto >= 9*s.n {
			t.P90 = lengthOf(class)
			break
		}
	}
	return t
}

func quarterNumber(at time.Time) int64 { return at.Unix() / int64(quarterLength/time.Second) }

func newReportTally(f ReportFilter, kinds []string) *reportTally {
	t := &reportTally{f: f, kinds: kinds, first: quarterNumber(f.From), intents: map[string]*Counted{}, networks: map[string]*Counted{},
		times: map[string]*lengths{}, outcomes: Outcomes{Rejected: map[string]int{}}, templates: map[TemplateEdits]*TemplateEdits{}}
	t.stretches = make([]int, max(0, quarterNumber(f.To)-t.first))
	t.volume = make([]Quarter, len(t.stretches))
	for i := range t.stretches {
		at := f.From.Add(time.Duration(i) * quarterLength)
		t.stretches[i] = sort.Search(len(f.Cuts), func(i int) bool { return at.Before(f.Cuts[i]) })
	}
	for _, kind := range []string{factFirst, factResolved, factDecided} {
		t.times[kind] = &lengths{stretches: make([]spread, len(f.Cuts)+1), levels: map[int]*spread{}}
	}
	return t
}

// wants reports whether the filter lets facts of a shape through.
func (t *reportTally) wants(s factShape) bool {
	return (t.kinds == nil || slices.Contains(t.kinds, s[factKind])) && (t.f.Accounts == nil || slices.Contains(t.f.Accounts, s[factAccount])) &&
		(t.f.Intent == "" || string(t.f.Intent) == s[factIntent]) &&
		(t.f.Language == "" || slices.Contains(strings.Split(s[factTongues], ","), t.f.Language))
}

// counter makes what counts facts of a shape; nil for those the filter keeps out.
func (t *reportTally) counter(s factShape) func(fact) {
	if !t.wants(s) {
		return nil
	}
	count := t.decided
	switch s[factKind] {
	case factMention:
		count = t.mention
	case factFirst, factResolved:
		count = t.cases
	}
	inner := count(s)
	return func(f fact) {
		if i := f.Quarter - t.first; i >= 0 && i < int64(len(t.stretches)) {
			inner(f)
		}
	}
}

func (t *reportTally) mention(s factShape) func(fact) {
	intent, network, noise := counted(t.intents, s[factIntent]), counted(t.networks, s[factNetwork]), s[factWord] == factNoise
	return func(f fact) {
		q := &t.volume[f.Quarter-t.first]
		for _, to := range []*int{&q.Total, &intent.Total, &network.Total} {
			*to += f.N
		}
		if noise {
			for _, to := range []*int{&q.Noise, &intent.Noise, &network.Noise} {
				*to += f.N
			}
		}
	}
}

func counted(in map[string]*Counted, value string) *Counted {
	if in[value] == nil {
		in[value] = &Counted{Value: value}
	}
	return in[value]
}

func (t *reportTally) cases(s factShape) func(fact) {
	of, inTime := t.times[s[factKind]], s[factWord] == factInTime
	level, _ := strconv.Atoi(s[factLevel])
	if of.levels[level] == nil {
		of.levels[level] = &spread{}
	}
	at := of.levels[level]
	return func(f fact) {
		of.all.add(f, inTime)
		of.stretches[t.stretches[f.Quarter-t.first]].add(f, inTime)
		at.add(f, inTime)
	}
}

func (t *reportTally) decided(s factShape) func(fact) {
	of, state, o := t.times[factDecided], socialwatch.ReplyState(s[factWord]), &t.outcomes
	outcome := func(n int) { o.Ended += n }
	switch {
	case state == socialwatch.ReplyRejected:
		outcome = func(n int) { o.Rejected[s[factReason]] += n }
	case state == socialwatch.ReplyCancelled:
		outcome = func(n int) { o.Undone += n }
	case slices.Contains(said, state):
		edits := t.template(s)
		outcome = func(n int) {
			o.Approved, edits.Said = o.Approved+n, edits.Said+n
			switch s[factEdit] {
			case factSlots:
				edits.Slots += n
			case factEdited:
				edits.Edited += n
			}
		}
	}
	return func(f fact) {
		of.all.add(f, false)
		of.stretches[t.stretches[f.Quarter-t.first]].add(f, false)
		outcome(f.N)
	}
}

func (t *reportTally) template(s factShape) *TemplateEdits {
	version, _ := strconv.Atoi(s[factVersion])
	key := TemplateEdits{Template: s[factTemplate], Version: version, Language: s[factLanguage]}
	if t.templates[key] == nil {
		one := key
		t.templates[key] = &one
	}
	return t.templates[key]
}

// fill puts what was counted into a report.
func (t *reportTally) fill(r *Report) {
	r.First, r.Resolution, r.Decision = t.times[factFirst].measure(), t.times[factResolved].measure(), t.times[factDecided].measure()
	for i, q := range t.volume {
		if q.Total > 0 {
			q.At = t.f.From.Add(time.Duration(i) * quarterLength).UTC()
			r.Volume.Quarters = append(r.Volume.Quarters, q)
		}
	}
	r.Volume.Intents, r.Volume.Networks = mostFirst(t.intents), mostFirst(t.networks)
	r.Outcomes = t.outcomes
	for _, e := range t.templates {
		if e.Said > 0 {
			r.Templates = append(r.Templates, *e)
		}
	}
	slices.SortFunc(r.Templates, func(a, b TemplateEdits) int {
		return cmp.Or(b.Said-a.Said, cmp.Compare(a.Template, b.Template), a.Version-b.Version, cmp.Compare(a.Language, b.Language))
	})
}

func (l *lengths) measure() Measure {
	m := Measure{All: l.all.times(0), Stretches: make([]Times, len(l.stretches))}
	for i := range l.stretches {
		m.Stretches[i] = l.stretches[i].times(i)
	}
	for _, level := range slices.Sorted(maps.Keys(l.levels)) {
		if one := l.levels[level].times(level); one.N > 0 {
			m.Levels = append(m.Levels, one)
		}
	}
	return m
}

func mostFirst(counts map[string]*Counted) (list []Counted) {
	for _, c := range counts {
		if c.Total > 0 {
			list = append(list, *c)
		}
	}
	slices.SortFunc(list, func(a, b Counted) int { return cmp.Or(b.Total-a.Total, cmp.Compare(a.Value, b.Value)) })
	return list
}
