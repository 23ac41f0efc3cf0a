package twitter

import (
	"slices"
	"strconv"
	"time"
)

var usageFields = []string{
	"cap_reset_day", "daily_client_app_usage", "daily_project_usage", "project_cap", "project_id", "project_usage",
}

// projectID names the app's project.
const projectID = "1369785403853424"

// getUsage is GET /2/usage/tweets: posts read in this calendar month.
func (s *Server) getUsage(c *call) (any, error) {
	q := readQuery(c.r, "days", "usage.fields")
	days := q.number("days", 7, 1, 90)
	fields := q.list("usage.fields", usageFields)
	if err := q.err(); err != nil {
		return nil, err
	}
	now := s.now()
	reset := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	data := object{
		"cap_reset_day": int(reset.Sub(now).Hours()/24) + 1, "project_cap": strconv.Itoa(s.opt.PostCap),
		"project_id": projectID, "project_usage": strconv.Itoa(s.bill.month(now)),
	}
	if slices.Contains(fields, "daily_project_usage") {
		data["daily_project_usage"] = object{"project_id": projectID, "usage": s.dailyUsage(now, days)}
	}
	return object{"data": data}, nil
}

func (s *Server) dailyUsage(now time.Time, days int) []object {
	usage := []object{}
	for i := range days {
		day := now.AddDate(0, 0, i+1-days).Format(dayForm)
		if n := s.bill.reads[day]; n > 0 {
			usage = append(usage, object{"date": day + "T00:00:00.000Z", "usage": strconv.Itoa(n)})
		}
	}
	return usage
}
