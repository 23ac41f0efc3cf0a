package mastodon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"socialwatch"
)

const notifications = "/api/v1/notifications"

// page reads one page into the batch, element by element (R5). A page that is
// too long for one answer is asked for again with half as many elements; one
// element that alone is too long is set aside, so that the walk goes on.
func (r *reading) page(ctx context.Context, q url.Values) (page, error) {
	if q == nil {
		q = url.Values{}
	}
	q.Add("types[]", "mention")
	if r.facts.api > 0 { // other software may refuse a type that it does not know
		q.Add("types[]", "quote")
	}
	q.Set("include_filtered", "true") // R6
	var (
		raws  []json.RawMessage
		limit = pageSize
	)
	for {
		q.Set("limit", strconv.Itoa(limit))
		raws = nil // of an answer that was too long a part is there
		err := r.get(ctx, notifications, q, &raws)
		if err == nil {
			break
		}
		if !errors.Is(err, errTooLong) {
			return page{}, err
		}
		if limit == 1 {
			return r.pass(ctx, q, err)
		}
		limit /= 2
	}
	p := page{full: len(raws) >= limit}
	for _, raw := range raws {
		id, at := headOf(raw)
		if id != "" && (p.low == "" || compareIDs(id, p.low) < 0) {
			p.low = id
		}
		p.high = higher(id, p.high)
		if at.After(p.newest) {
			p.newest = at
		}
		r.take(raw)
	}
	return p, nil
}

// pass sets aside the one element of a page that is too long to be read. Its
// id stands at its beginning or in the header's links; when it stands in
// neither, the failure stays.
func (r *reading) pass(ctx context.Context, q url.Values, tooLong error) (page, error) {
	raw, header, err := r.beginning(ctx, notifications, q, rawLimit)
	if err != nil {
		return page{}, err
	}
	id := firstID(raw)
	if id == "" {
		id = linkedID(header)
	}
	if id == "" {
		return page{}, tooLong
	}
	if !r.odd[id] {
		r.odd[id] = true
		r.batch.SetAside = append(r.batch.SetAside, socialwatch.SetAside{
			Account: r.opt.Account, ID: id, Raw: raw, At: socialwatch.Micros(r.now),
			Problem: fmt.Sprintf("the notification is longer than %d kB and was not read: look at it on the server", r.opt.AnswerLimit>>10),
		})
	}
	return page{full: true, low: id, high: id}, nil
}

// firstID is the id of the first element of a list whose end is cut off; ""
// when it is not in what is left.
func firstID(raw []byte) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	for _, want := range []json.Delim{'[', '{'} {
		if got, err := dec.Token(); err != nil || got != want {
			return ""
		}
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return ""
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return ""
		}
		var id entityID
		if key == "id" && json.Unmarshal(value, &id) == nil && validID(string(id)) {
			return string(id)
		}
	}
	return ""
}

// linkedID is the id that a page of one element is followed on by: the link
// to the previous page holds it as min_id.
func linkedID(h http.Header) string {
	for _, link := range strings.Split(strings.Join(h.Values("Link"), ","), ",") {
		address, params, ok := strings.Cut(strings.TrimSpace(link), ">")
		u, err := url.Parse(strings.TrimPrefix(address, "<"))
		if !ok || err != nil || !strings.Contains(params, `rel="prev"`) {
			continue
		}
		if id := u.Query().Get("min_id"); validID(id) {
			return id
		}
	}
	return ""
}
