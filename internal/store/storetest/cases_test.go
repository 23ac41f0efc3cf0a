package storetest

import (
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// caseMove takes a case, as seen, to another state.
func caseMove(c socialwatch.Case, to socialwatch.CaseState, by socialwatch.Person) store.CaseMove {
	return store.CaseMove{Number: c.Number, Version: c.Version, To: to, By: by, At: Start.Add(time.Hour)}
}
