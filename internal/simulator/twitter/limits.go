package twitter

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// window counts the calls of one caller to one operation.
type window struct {
	used int
	ends time.Time
}

// dayLimit is how many posts the app may create in 24 hours.
const dayLimit = 10_000

// withinLimit counts the call and sets the rate-limit headers. The caller
// holds mu.
func (s *Server) withinLimit(w http.ResponseWriter, c *call, op *route) bool {
	if s.opt.LimitScale < 0 {
		return true
	}
	key, limit := "app", op.app
	if c.viewer != nil {
		key, limit = idText(c.viewer.id), op.user
	}
	if limit == 0 {
		return true
	}
	limit = s.scaled(limit)
	win := s.window(key+" "+op.pattern, quarter)
	win.used++
	within := win.used <= limit
	if op.pattern == "POST /2/tweets" && within {
		day := s.window("day "+op.pattern, 24*time.Hour)
		if day.used++; day.used > s.scaled(dayLimit) {
			limit, win, within = s.scaled(dayLimit), day, false
		}
	}
	h := w.Header()
	h.Set("x-rate-limit-limit", strconv.Itoa(limit))
	h.Set("x-rate-limit-remaining", strconv.Itoa(max(0, limit-win.used)))
	h.Set("x-rate-limit-reset", fmt.Sprint(win.ends.Unix()))
	return within
}

func (s *Server) scaled(limit int) int {
	return max(1, int(math.Round(float64(limit)*s.opt.LimitScale)))
}

// window is the running window of a key, in full seconds of its end.
func (s *Server) window(key string, length time.Duration) *window {
	now := s.now()
	win := s.windows[key]
	if win == nil || !now.Before(win.ends) {
		win = &window{ends: now.Add(length).Truncate(time.Second)}
		s.windows[key] = win
	}
	return win
}
