package store_test

import (
	"fmt"
	"strings"
	"testing"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// BenchmarkCommands applies what two systems have asked for, notes on 32 cases;
// an iteration is 500 of them.
func BenchmarkCommands(b *testing.B) {
	const each = 250
	for _, kind := range dbtest.Kinds(b) {
		b.Run(string(kind), func(b *testing.B) {
			fx := storetest.On(b, dbtest.New(b, kind))
			cases := fx.Seed(b, "post", 32)
			systems := []storetest.System{fx.System(b, "crm"), fx.System(b, "desk")}
			n := 0
			for b.Loop() {
				b.StopTimer()
				for range each {
					for _, s := range systems {
						n++
						a := storetest.Ask{Key: fmt.Sprint("k", n), Kind: store.CommandNote, Case: cases[n%len(cases)].Case.Number, Data: `{"text": "seen"}`}
						if err := s.Insert(b, a); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.StartTimer()
				for n := 1; n > 0; {
					var err error
					if n, err = fx.ApplyCommands(b.Context(), storetest.Start, strings.ToUpper); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.N*each*len(systems))/b.Elapsed().Seconds(), "commands/s")
		})
	}
}
