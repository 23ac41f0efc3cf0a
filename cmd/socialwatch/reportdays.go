package main

import (
	"context"

	"socialwatch"
)

// reportDays is how many days one pass of keepReports counts at most.
const reportDays = 30

// keepReports counts the days that are over, for reports.
func (a *app) keepReports(ctx context.Context) error {
	_, err := a.store.KeepReportDays(ctx, socialwatch.Micros(a.now()), reportDays)
	return err
}
