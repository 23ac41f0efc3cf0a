package eval

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"socialwatch"
)

// judged is a post with what triage said of it.
type judged struct {
	*Line
	got  socialwatch.Assessment
	long bool
}

// labels are the intents that figures are kept for: all of ours, and any other
// that stands in the posts.
type labels struct {
	names   []string
	index   map[socialwatch.Intent]int
	flagged []bool
}

// Measure judges what assess says of every line. It calls assess once for each,
// in their order. Without lines every figure is 0.
func Measure(lines []Line, assess func(Line) socialwatch.Assessment) Report {
	posts := make([]judged, 0, len(lines))
	var rejected Rejected
	rules := ""
	for i := range lines {
		l := &lines[i]
		got := assess(*l)
		rules = got.Rules
		if l.NotIntent == "" {
			posts = append(posts, judged{Line: l, got: got, long: letters(l.Text) >= LongText})
		} else {
			rejected.add(got.Intent == l.NotIntent)
		}
	}
	l := labelsOf(posts)
	whole, score := l.group(posts)
	r := Report{Rules: rules, Group: whole, Rejected: rejected, Intents: score, Languages: l.languages(posts), Want: signals(posts),
		Ignored: ignored(posts), Confusion: l.confusion(posts)}
	r.Calibration, r.Brier = calibration(posts)
	return r
}

func labelsOf(posts []judged) labels {
	names := slices.Clone(socialwatch.Intents)
	for _, p := range posts {
		for _, i := range []socialwatch.Intent{p.Intent, p.got.Intent} {
			if !slices.Contains(names, i) {
				names = append(names, i)
			}
		}
	}
	l := labels{index: map[socialwatch.Intent]int{}}
	for i, name := range names {
		l.names = append(l.names, string(name))
		l.flagged = append(l.flagged, isFlagged(name))
		l.index[name] = i
	}
	return l
}

// group measures some of the posts, and gives every intent's score in them.
func (l labels) group(posts []judged) (Group, map[string]IntentScore) {
	t, places := l.tally(posts)
	s, b := t.sum(make([]counts, len(l.names))), t.bootstrap(places)
	g := Group{Posts: len(posts), IntentAccuracy: round(ratio(s.same, s.all)), IntentAccuracyAlt: round(ratio(withAlt(posts), s.all)),
		MacroF1: round(macro(s.intents)), MacroIntents: []string{},
		Intervals: Intervals{IntentAccuracy: b.accuracy, MacroF1: b.macro, FlaggedF1: b.flagged, EscalateF1: b.escalate}}
	f, e := s.flagged.score(), s.escalate.score()
	g.FlaggedPrecision, g.FlaggedRecall, g.FlaggedF1 = f.Precision, f.Recall, f.F1
	g.FlaggedSupport, g.FlaggedPredicted = f.Support, f.Predicted
	g.EscalatePrecision, g.EscalateRecall, g.EscalateF1 = e.Precision, e.Recall, e.F1
	g.EscalateSupport, g.EscalatePredicted = e.Support, e.Predicted
	g.scales(posts)
	scores := map[string]IntentScore{}
	for i, c := range s.intents {
		scores[l.names[i]] = IntentScore{Score: c.score(), Interval: b.intents[i]}
		if c.defined() {
			g.MacroIntents = append(g.MacroIntents, l.names[i])
		}
	}
	return g, scores
}

func (l labels) tally(posts []judged) (tally, []int) {
	t := newTally(l.flagged)
	places := make([]int, len(posts))
	for i, p := range posts {
		places[i] = t.cell(l.index[p.Intent], l.index[p.got.Intent], p.Escalate, p.got.Escalate)
		t.cells[places[i]]++
	}
	return t, places
}

// withAlt counts the posts whose intent is the labelled one or the second.
func withAlt(posts []judged) int {
	n := 0
	for _, p := range posts {
		if p.got.Intent == p.Intent || p.AltIntent != "" && p.got.Intent == p.AltIntent {
			n++
		}
	}
	return n
}

// scales measures urgency, sentiment and language where they are labelled.
func (g *Group) scales(posts []judged) {
	var urgency, sentiment []pair
	var right, all, longRight, long int
	for _, p := range posts {
		if p.Urgency != nil {
			urgency = append(urgency, pair{*p.Urgency, p.got.Urgency})
		}
		if p.Sentiment != nil {
			sentiment = append(sentiment, pair{*p.Sentiment, p.got.Sentiment})
		}
		if p.Language == "" {
			continue
		}
		all++
		same := p.Language == p.got.Language
		if same {
			right++
		}
		if p.long {
			long++
		}
		if p.long && same {
			longRight++
		}
	}
	g.Urgency, g.Sentiment = agreement(urgency), agreement(sentiment)
	g.Language = Share{Accuracy: round(ratio(right, all)), Posts: all}
	g.LanguageLong = Share{Accuracy: round(ratio(longRight, long)), Posts: long}
}

func (l labels) languages(posts []judged) map[string]Group {
	by := map[string][]judged{}
	for _, p := range posts {
		if p.Language == "" {
			continue
		}
		by[p.Language] = append(by[p.Language], p)
		if p.Language != "en" {
			by[notEnglish] = append(by[notEnglish], p)
		}
	}
	out := map[string]Group{}
	for lang, some := range by {
		out[lang], _ = l.group(some)
	}
	return out
}

// signals is the recall of every wanted signal.
func signals(posts []judged) map[string]Recall {
	out := map[string]Recall{}
	for _, p := range posts {
		for _, want := range p.Want {
			r := out[want]
			r.Support++
			if slices.ContainsFunc(p.got.Signals, func(s socialwatch.Signal) bool { return lastPart(s.Name) == want }) {
				r.Hits++
			}
			r.Recall = round(ratio(r.Hits, r.Support))
			out[want] = r
		}
	}
	return out
}

func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// ignored scores the noise rules. One that applies instead of another, or of
// none, is no hit.
func ignored(posts []judged) Score {
	var c counts
	for _, p := range posts {
		if p.Ignored == nil {
			continue
		}
		if p.got.Ignored != "" {
			c.predicted++
		}
		if *p.Ignored != "" {
			c.support++
		}
		if *p.Ignored != "" && p.got.Ignored == *p.Ignored {
			c.hit++
		}
	}
	return c.score()
}

func (l labels) confusion(posts []judged) Confusion {
	c := Confusion{Labels: l.names, Counts: make([][]int, len(l.names))}
	for i := range c.Counts {
		c.Counts[i] = make([]int, len(l.names))
	}
	for _, p := range posts {
		c.Counts[l.index[p.Intent]][l.index[p.got.Intent]]++
	}
	return c
}

// calibration compares the score with the label escalate: in ten bands, and by
// the Brier score of score/100 as a probability.
func calibration(posts []judged) ([]Band, float64) {
	bands := make([]Band, 10)
	for i := range bands {
		bands[i].From, bands[i].To = 10*i, 10*i+9
	}
	bands[9].To = 100
	sum := 0.0
	for _, p := range posts {
		score, truth := min(100, max(0, p.got.Score)), 0.0
		b := &bands[min(9, score/10)]
		b.Posts++
		if p.Escalate {
			b.Escalate++
			truth = 1
		}
		off := float64(score)/100 - truth
		sum += off * off
	}
	for i := range bands {
		b := &bands[i]
		b.Share, b.Interval = round(ratio(b.Escalate, b.Posts)), wilson(b.Escalate, b.Posts)
	}
	return bands, round(sum / float64(max(1, len(posts))))
}

// letters counts the characters of a text beside handles and links, a run of
// blanks as one. Handles and links end at the first character that cannot be
// part of them, as in texts that are written without blanks.
func letters(text string) int {
	n, blank := 0, true
	for i := 0; i < len(text); {
		if end := handleEnd(text, i+1); text[i] == '@' && end > i+1 {
			i = end
			continue
		}
		if strings.HasPrefix(text[i:], "https://") || strings.HasPrefix(text[i:], "http://") {
			for i < len(text) && text[i] > ' ' && text[i] < 0x80 {
				i++
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		space := unicode.IsSpace(r)
		if !space || !blank {
			n++
		}
		blank = space
		i += size
	}
	if n > 0 && blank {
		n-- // the blank at the end
	}
	return n
}
