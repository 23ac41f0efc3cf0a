//go:build unix

package main

import (
	"testing"
	"time"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

const (
	consolesRate = 20 // matters a second
	consolesMany = 200
	consolesTime = 10 * time.Second // SOCIALWATCH_BENCH_SECONDS overrides it
)

// BenchmarkConsoles measures what it costs one person that 199 others look on:
// the time from the storing of a matter until an open console has been told of
// its draft, with one console open and with 200, at 20 matters a second. All 200
// are read in this process.
func BenchmarkConsoles(b *testing.B) {
	whole := benchTime(consolesTime)
	for _, kind := range dbtest.Kinds(b) {
		b.Run(string(kind), func(b *testing.B) {
			for b.Loop() {
				one, lostOne := consoles(b, kind, 1, whole)
				many, lostMany := consoles(b, kind, consolesMany, whole)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(quantile(one, 0.5), "one-p50-ms")
				b.ReportMetric(quantile(many, 0.5), "p50-ms")
				b.ReportMetric(quantile(many, 0.99), "p99-ms")
				b.ReportMetric(quantile(many, 0.5)/quantile(one, 0.5), "ratio")
				b.ReportMetric(float64(lostOne+lostMany), "lost")
			}
		})
	}
}

func consoles(b *testing.B, kind store.Kind, pages int, whole time.Duration) (late []float64, lost int) {
	o := dbtest.New(b, kind)
	l := newScreens(b, o, wave{every: 1, rate: consolesRate, pages: pages})
	l.play(b, time.Second) // not measured
	l.play(b, whole)
	late, lost = l.late(b, o, func(i int) time.Time { return l.stored[i] })
	l.end()
	return late, lost
}
