package eval

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"regexp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The charts are drawn as wide as a small telephone shows them and scale up.
const (
	chartWidth = 336
	smallText  = 9.5
)

// theme is a colour that the page decides on: svg turns it into the CSS
// variable --c0, --c1 …, so that one picture serves light and dark. The eight
// shades of the heat map follow heat0.
type theme uint8

const (
	ink theme = iota
	faint
	accent
	onHeat
	heat0
)

const (
	shades = 8
	strong = 5 // from this shade on, figures are drawn in onHeat
)

// RGBA gives a colour that stands for the variable; nothing else draws it.
func (t theme) RGBA() (r, g, b, a uint32) {
	return color.NRGBA{R: 0x01, G: 0xFE, B: uint8(t), A: 0xFF}.RGBA()
}

var themed = regexp.MustCompile(`#01FE([0-9A-F]{2})`)

// svg draws p and names the picture for those who do not see it.
func svg(p *plot.Plot, height vg.Length, name string) (template.HTML, error) {
	c := vgsvg.New(chartWidth, height)
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", fmt.Errorf("draw %s: %w", name, err)
	}
	_, body, _ := bytes.Cut(b.Bytes(), []byte("<svg"))
	_, body, _ = bytes.Cut(body, []byte(">"))
	body = themed.ReplaceAllFunc(body, func(c []byte) []byte {
		var i theme
		fmt.Sscanf(string(c[5:]), "%X", &i)
		return fmt.Appendf(nil, "var(--c%d)", i)
	})
	head := fmt.Sprintf(`<svg viewBox="0 0 %d %.0f" role="img" aria-label="%s">`, chartWidth, float64(height), html.EscapeString(name))
	return template.HTML(head + string(body)), nil // labels in body are escaped by vgsvg
}

func label(c theme, size vg.Length) text.Style {
	return text.Style{Color: c, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}, Handler: plot.DefaultTextHandler}
}

// newPlot is a plot with axes in the page's colours.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		style := label(ink, smallText)
		style.XAlign, style.YAlign = a.Tick.Label.XAlign, a.Tick.Label.YAlign
		a.Tick.Label = style
		style.XAlign, style.YAlign = a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign
		style.Rotation = a.Label.TextStyle.Rotation
		a.Label.TextStyle = style
		a.LineStyle.Color, a.Tick.LineStyle.Color = faint, faint
		a.Padding = 3
	}
	return p
}

// marks puts labels at 0, 1, 2 … of an axis, without tick marks or line.
func marks(a *plot.Axis, names []string) {
	var ticks []plot.Tick
	for i, name := range names {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: name})
	}
	a.Tick.Marker = plot.ConstantTicks(ticks)
	a.Tick.Length, a.LineStyle.Width = 0, 0
	a.Min, a.Max = -0.5, float64(len(names))-0.5
}

// shares makes an axis go from 0 to 1, or to 100 with a factor of 100.
func shares(a *plot.Axis, factor float64) {
	var ticks []plot.Tick
	for i := range 6 {
		v := float64(2*i) / 10 * factor
		ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprintf("%.3g", v)})
	}
	a.Tick.Marker, a.Min, a.Max = plot.ConstantTicks(ticks), 0, factor
}

func grid() *plotter.Grid {
	line := draw.LineStyle{Color: faint, Width: 0.4}
	return &plotter.Grid{Vertical: line, Horizontal: line}
}

// ranges are points with their intervals.
type ranges struct {
	plotter.XYs
	plotter.XErrors
	plotter.YErrors
}

// barChart shows every intent's F1, with its interval, from the top down.
func (r Report) barChart() (template.HTML, error) {
	names := r.intents()
	last := len(names) - 1
	var (
		values  = make(plotter.Values, len(names))
		upwards = make([]string, len(names))
		spread  ranges
	)
	for i, name := range names {
		s, at := r.Intents[name], last-i
		values[at], upwards[at] = s.F1, name
		if s.Interval != (Interval{}) {
			spread.XYs = append(spread.XYs, plotter.XY{X: s.F1, Y: float64(at)})
			spread.XErrors = append(spread.XErrors, struct{ Low, High float64 }{s.F1 - s.Interval.Low, s.Interval.High - s.F1})
		}
	}
	bars, err := plotter.NewBarChart(values, 12)
	if err != nil {
		return "", fmt.Errorf("draw bars: %w", err)
	}
	bars.Horizontal, bars.Color, bars.LineStyle.Width = true, accent, 0
	whiskers, err := plotter.NewXErrorBars(spread)
	if err != nil {
		return "", fmt.Errorf("draw intervals: %w", err)
	}
	whiskers.LineStyle, whiskers.CapWidth = draw.LineStyle{Color: ink, Width: 1}, 5
	p := newPlot()
	lines := grid()
	lines.Horizontal.Color = nil
	p.Add(lines, bars, whiskers)
	marks(&p.Y, upwards)
	shares(&p.X, 1)
	p.X.Label.Text = "F1"
	return svg(p, vg.Length(19*len(names)+38), "F1 of every intent with its 95 % interval")
}

// heat is the confusion matrix as a grid of shades, first row at the top.
type heat struct{ Confusion }

func (h heat) Dims() (c, r int)   { return len(h.Labels), len(h.Labels) }
func (h heat) X(c int) float64    { return float64(c) }
func (h heat) Y(r int) float64    { return float64(r) }
func (h heat) Z(c, r int) float64 { return float64(h.shade(c, r)) }
func (heat) Min() float64         { return 0 }
func (heat) Max() float64         { return shades - 1 }

func (h heat) count(c, r int) int { return h.Counts[len(h.Labels)-1-r][c] }

// shade is a cell's part of its row: none, then by the square root, so that
// small parts are seen.
func (h heat) shade(c, r int) int {
	sum := 0
	for k := range h.Labels {
		sum += h.count(k, r)
	}
	part := ratio(h.count(c, r), sum)
	for s := range shades {
		if limit := float64(s) / (shades - 1); part <= limit*limit {
			return s
		}
	}
	return shades - 1
}

// Colors is the palette of the shades.
func (heat) Colors() []color.Color {
	var all []color.Color
	for i := range shades {
		all = append(all, heat0+theme(i))
	}
	return all
}

// heatChart shows the confusion matrix. Dark shades carry light figures.
func (r Report) heatChart() (template.HTML, error) {
	h := heat{r.Confusion}
	n := len(h.Labels)
	cells := &plotter.Labels{}
	upwards := make([]string, n)
	for row := range n {
		upwards[n-1-row] = h.Labels[row]
		for col := range n {
			if h.count(col, row) == 0 {
				continue
			}
			style := label(ink, 7.5)
			if h.shade(col, row) >= strong {
				style.Color = onHeat
			}
			style.XAlign, style.YAlign = text.XCenter, text.YCenter
			cells.XYs = append(cells.XYs, plotter.XY{X: float64(col), Y: float64(row)})
			cells.Labels = append(cells.Labels, fmt.Sprint(h.count(col, row)))
			cells.TextStyle = append(cells.TextStyle, style)
		}
	}
	p := newPlot()
	p.Add(plotter.NewHeatMap(h, h), cells)
	marks(&p.Y, upwards)
	marks(&p.X, h.Labels)
	p.X.Tick.Label.Rotation = upright
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = text.XRight, text.YCenter
	p.Y.Label.Text, p.X.Label.Text = "labelled", "predicted"
	return svg(p, 330, "Confusion matrix: labelled intents in rows, predicted ones in columns")
}

// upright is a quarter turn to the left, in radians.
const upright = 1.5707963

// curveChart shows the share of escalate in each band of the score, with its
// interval, beside the line on which score and share are the same.
func (r Report) curveChart() (template.HTML, error) {
	var points ranges
	for _, b := range r.Calibration {
		if b.Posts > 0 {
			points.XYs = append(points.XYs, plotter.XY{X: float64(b.From+b.To) / 2, Y: b.Share})
			points.YErrors = append(points.YErrors, struct{ Low, High float64 }{b.Share - b.Interval.Low, b.Interval.High - b.Share})
		}
	}
	p := newPlot()
	same := &plotter.Line{XYs: plotter.XYs{{X: 0, Y: 0}, {X: 100, Y: 1}},
		LineStyle: draw.LineStyle{Color: ink, Width: 0.8, Dashes: []vg.Length{3, 3}}}
	p.Add(grid(), same)
	if len(points.XYs) > 0 {
		whiskers, err := plotter.NewYErrorBars(points)
		if err != nil {
			return "", fmt.Errorf("draw intervals: %w", err)
		}
		whiskers.LineStyle, whiskers.CapWidth = draw.LineStyle{Color: ink, Width: 1}, 5
		curve := &plotter.Line{XYs: points.XYs, LineStyle: draw.LineStyle{Color: accent, Width: 1.8}}
		dots := &plotter.Scatter{XYs: points.XYs, GlyphStyle: draw.GlyphStyle{Color: accent, Radius: 3, Shape: draw.CircleGlyph{}}}
		p.Add(curve, whiskers, dots)
	}
	shares(&p.X, 100)
	shares(&p.Y, 1)
	p.X.Label.Text, p.Y.Label.Text = "score", "share labelled escalate"
	return svg(p, 240, "Calibration: share of posts labelled escalate by score")
}
