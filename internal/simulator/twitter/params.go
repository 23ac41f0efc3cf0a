package twitter

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query reads the parameters of a request and collects all that is wrong.
type query struct {
	invalid
	values url.Values
}

// readQuery refuses parameters that are not allowed, repeated, or empty.
func readQuery(r *http.Request, allowed ...string) *query {
	q := &query{}
	var err error
	if q.values, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		q.add("", "", "The query string is malformed: %v", err)
	}
	for name, values := range q.values {
		switch {
		case !slices.Contains(allowed, name):
			q.add(name, values[0], "The query parameter [%s] is not one of [%s]", name, strings.Join(allowed, ","))
		case len(values) > 1:
			q.add(name, values[1], "The `%s` query parameter is given %d times", name, len(values))
		case values[0] == "":
			q.add(name, "", "The `%s` query parameter can not be empty", name)
		}
	}
	return q
}

func (q *query) has(name string) bool { return q.values.Has(name) }

func (q *query) number(name string, or, low, high int) int {
	if !q.has(name) {
		return or
	}
	text := q.values.Get(name)
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text {
		q.add(name, text, "The `%s` query parameter value [%s] is not a valid integer", name, text)
		return or
	}
	if n < low || n > high {
		q.add(name, text, "The `%s` query parameter value [%s] is not between %d and %d", name, text, low, high)
		return or
	}
	return n
}

func (q *query) id(name string) (uint64, bool) {
	if !q.has(name) {
		return 0, false
	}
	text := q.values.Get(name)
	id, ok := parseID(text)
	if !ok {
		q.add(name, text, "The `%s` query parameter value [%s] does not match ^[0-9]{1,19}$", name, text)
	}
	return id, ok
}

// ids reads a list of at most most ids, separated by commas.
func (q *query) ids(name string, most int) []uint64 {
	if !q.has(name) {
		q.add(name, "", "The `%s` query parameter can not be empty", name)
		return nil
	}
	list := strings.Split(q.values.Get(name), ",")
	if len(list) > most {
		q.add(name, q.values.Get(name), "The number of values in the `%s` query parameter list [%d] is not between 1 and %d", name, len(list), most)
		return nil
	}
	var ids []uint64
	for _, text := range list {
		id, ok := parseID(text)
		if !ok {
			q.add(name, text, "The `%s` query parameter value [%s] does not match ^[0-9]{1,19}$", name, text)
		}
		ids = append(ids, id)
	}
	return ids
}

var timeForms = []string{"2006-01-02T15:04:05Z", "2006-01-02T15:04:05.000Z"}

// time reads a UTC time with a Z, to the second or millisecond.
func (q *query) time(name string) (time.Time, bool) {
	if !q.has(name) {
		return time.Time{}, false
	}
	text := q.values.Get(name)
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil && t.Format(form) == text {
			return t, true
		}
	}
	q.add(name, text, "The `%s` query parameter value [%s] is not a valid RFC3339 date-time", name, text)
	return time.Time{}, false
}

func (q *query) oneOf(name, or string, allowed ...string) string {
	if !q.has(name) {
		return or
	}
	text := q.values.Get(name)
	if !slices.Contains(allowed, text) {
		q.add(name, text, "The `%s` query parameter value [%s] is not one of [%s]", name, text, strings.Join(allowed, ","))
	}
	return text
}

// list reads a set of names, separated by commas, each once.
func (q *query) list(name string, allowed []string) []string {
	if !q.has(name) {
		return nil
	}
	list := strings.Split(q.values.Get(name), ",")
	for i, item := range list {
		switch {
		case !slices.Contains(allowed, item):
			q.add(name, item, "The `%s` query parameter value [%s] is not one of [%s]", name, item, strings.Join(allowed, ","))
		case slices.Contains(list[:i], item):
			q.add(name, item, "The `%s` query parameter value [%s] is given twice", name, item)
		}
	}
	return list
}

// span is the part of a timeline that a request asks for: ids above since and
// below until.
type span struct{ since, until uint64 }

var spanParams = []string{"since_id", "until_id", "start_time", "end_time"}

// span reads since_id, until_id, start_time and end_time.
func (q *query) span() span {
	v := span{until: 1<<64 - 1}
	since, sinceSet := q.id("since_id")
	until, untilSet := q.id("until_id")
	start, startSet := q.time("start_time")
	end, endSet := q.time("end_time")
	if sinceSet {
		v.since = since
	}
	if untilSet {
		v.until = until
	}
	if (q.has("since_id") || q.has("until_id")) && (q.has("start_time") || q.has("end_time")) {
		q.add("", "", "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'")
	}
	if sinceSet && untilSet && since >= until {
		q.add("since_id", idText(since), "'since_id' must be lower than 'until_id'")
	}
	if startSet && endSet && !start.Before(end) {
		q.add("start_time", q.values.Get("start_time"), "'start_time' must be before 'end_time'")
	}
	if startSet {
		v.since = max(firstID(start), 1) - 1
	}
	if endSet {
		v.until = firstID(end)
	}
	return v
}
