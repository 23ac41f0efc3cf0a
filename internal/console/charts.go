package console

import (
	"math"
	"strconv"
	"time"
)

// A picture is drawn in per cents of its width and pixels of its height, so
// that it fits any screen and its letters keep their size. The classes of its
// marks take their colours from the sheet: light, dark and forced ones. What
// it shows stands in the table beside it too.

// chart is a picture of columns over time.
type chart struct {
	Label   string // what it is a picture of
	Height  int    // of the plot, without the labels below
	Whole   int    // with them
	Ticks   []tick // across
	Columns []chartColumn
	Labels  []tick // below
	Legend  []chartKey
}

// tick is a line or a word of an axis, at a place on it.
type tick struct {
	At     string // per cent or pixels
	Text   string
	Anchor string // start, middle or end; empty: middle
}

// chartColumn is what stands over one stretch of time. Title tells it all.
type chartColumn struct {
	Title string
	X, W  string // per cent
	Boxes []box
	Span  *spanMark
}

// box is a filled stretch of a column.
type box struct{ Y, H, Class string }

// spanMark is a line from a median to a ninth decile.
type spanMark struct{ X, Low, High string }

// chartKey is a line of the legend.
type chartKey struct{ Class, Text string }

const (
	plotHeight = 150
	plotTop    = 12 // room for half a letter and a mark
	labelRoom  = 20
)

// stretchNames are the names of the stretches of a span, long ones for titles
// and tables and short ones below pictures.
type stretchNames struct{ Long, Short []string }

// columns is a chart without marks: a column for each stretch, with names
// below as many as a telephone has room for.
func columns(label string, names stretchNames) *chart {
	c := &chart{Label: label, Height: plotHeight, Whole: plotHeight + labelRoom}
	n := len(names.Long)
	each := 100 / float64(n)
	gap := each * .15
	every := (n + 3) / 4
	for i, name := range names.Long {
		c.Columns = append(c.Columns, chartColumn{Title: name, X: percent(float64(i)*each + gap), W: percent(each - 2*gap)})
		if i%every == 0 {
			t := tick{At: percent((float64(i) + .5) * each), Text: names.Short[i]}
			if n > 6 && i == 0 {
				t.At, t.Anchor = percent(0), "start"
			}
			if n > 6 && float64(i)+.5 > .93*float64(n) {
				t.At, t.Anchor = percent(100), "end"
			}
			c.Labels = append(c.Labels, t)
		}
	}
	return c
}

// scale is a linear axis from 0 to a round number.
type scale struct{ top float64 }

// y is the place of a value on the plot.
func (s scale) y(v float64) float64 {
	return plotTop + (plotHeight-plotTop)*(1-v/s.top)
}

// counts makes an axis for counts up to most.
func (c *chart) counts(most int) scale {
	step := 1.0
	for base := 1.0; ; base *= 10 {
		for _, m := range []float64{1, 2, 5} {
			if step = base * m; step*4 >= float64(most) {
				return c.axis(step, float64(most), func(v float64) string { return strconv.Itoa(int(v)) })
			}
		}
	}
}

// timeSteps are lengths that people count by.
var timeSteps = []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
	10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	48 * time.Hour, 120 * time.Hour, 240 * time.Hour, 720 * time.Hour}

// lengths makes an axis for lengths of time up to most.
func (c *chart) lengths(most time.Duration) scale {
	step := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if s*4 >= most {
			step = s
			break
		}
	}
	for step*4 < most {
		step *= 2
	}
	return c.axis(float64(step), float64(most), func(v float64) string { return took(time.Duration(v)) })
}

func (c *chart) axis(step, most float64, text func(float64) string) scale {
	s := scale{top: math.Max(1, math.Ceil(most/step)) * step}
	for v := 0.0; v <= s.top; v += step {
		c.Ticks = append(c.Ticks, tick{At: px(s.y(v)), Text: text(v)})
	}
	return s
}

// stack puts values upon each other over a stretch, each in its class.
func (c *chart) stack(i int, s scale, values []int, classes []string) {
	under := 0.0
	for n, v := range values {
		if v > 0 {
			top := under + float64(v)
			c.Columns[i].Boxes = append(c.Columns[i].Boxes, box{px(s.y(top)), px(s.y(under) - s.y(top)), classes[n]})
			under = top
		}
	}
}

// span marks a median and a ninth decile over a stretch.
func (c *chart) span(i int, s scale, median, p90 time.Duration) {
	x := (float64(i) + .5) * 100 / float64(len(c.Columns))
	c.Columns[i].Span = &spanMark{percent(x), px(s.y(float64(median))), px(s.y(float64(p90)))}
}

// heat is a picture of the hours of a week.
type heat struct {
	Label  string
	Whole  int
	Rows   []tick // days
	Cells  []heatCell
	Labels []tick // hours
}

// heatCell is an hour. Shade is from 0 to 1.
type heatCell struct{ X, Y, Shade, Title string }

const heatRow = 22

// hours draws counts by day of the week, from Monday, and hour.
func hours(label string, names []string, counts [7][24]int, title func(day, hour, n int) string) *heat {
	h := &heat{Label: label, Whole: 7*heatRow + labelRoom}
	most := 1
	for _, day := range counts {
		for _, n := range day {
			most = max(most, n)
		}
	}
	for d, day := range counts {
		h.Rows = append(h.Rows, tick{At: px(float64(d*heatRow) + heatRow*.7), Text: names[d]})
		for hour, n := range day {
			shade := 0.0
			if n > 0 {
				shade = .15 + .85*float64(n)/float64(most)
			}
			h.Cells = append(h.Cells, heatCell{percent(float64(hour) * 100 / 24), strconv.Itoa(d * heatRow),
				strconv.FormatFloat(shade, 'f', 2, 64), title(d, hour, n)})
		}
	}
	for hour := 0; hour < 24; hour += 6 {
		h.Labels = append(h.Labels, tick{At: percent((float64(hour) + .5) * 100 / 24), Text: clock(hour)})
	}
	return h
}

func clock(hour int) string { return date("clock", time.Date(0, 1, 1, hour, 0, 0, 0, time.UTC)) }

func percent(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "%" }

func px(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// took is a length of time in at most two units, cut off as the store's Times
// are.
func took(d time.Duration) string {
	whole := func(unit time.Duration, key string) (string, time.Duration) {
		return say(key, int(d/unit)), d % unit
	}
	var big, small string
	var rest time.Duration
	switch {
	case d < time.Minute:
		return say("js.s", int(d/time.Second))
	case d < 10*time.Minute:
		big, rest = whole(time.Minute, "js.min")
		small = say("js.s", int(rest/time.Second))
	case d < time.Hour:
		return say("js.min", int(d/time.Minute))
	case d < 48*time.Hour:
		big, rest = whole(time.Hour, "js.h")
		rest = rest.Truncate(time.Minute)
		small = say("js.min", int(rest/time.Minute))
	default:
		big, rest = whole(24*time.Hour, "js.days")
		rest = rest.Truncate(time.Hour)
		small = say("js.h", int(rest/time.Hour))
	}
	if rest == 0 {
		return big
	}
	return big + " " + small
}
