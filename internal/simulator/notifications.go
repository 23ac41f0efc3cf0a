package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

const (
	defaultPage = 40
	maxPage     = 80
)

// pageLimit reads limit as the servers do: silently clamped.
func pageLimit(r *http.Request) int {
	n, err := strconv.Atoi(r.Form.Get("limit"))
	if err != nil || n <= 0 {
		return defaultPage
	}
	return min(n, maxPage)
}

// getNotifications lists newest first. min_id asks for the oldest page after
// an id, since_id for the newest page that is after it, max_id for what is
// before.
func (m *Mastodon) getNotifications(c *call) (any, error) {
	q := c.r.Form
	types, excluded := listParam(c.r, "types"), listParam(c.r, "exclude_types")
	wanted := func(n *notification) bool {
		switch {
		case !n.listed(),
			n.filtered && q.Get("include_filtered") != "true",
			len(types) > 0 && !slices.Contains(types, n.kind),
			slices.Contains(excluded, n.kind),
			q.Get("account_id") != "" && q.Get("account_id") != n.from.id,
			q.Get("max_id") != "" && !m.ids.after(q.Get("max_id"), n.id):
			return false
		}
		return true
	}
	page := m.page(c.viewer.notes, q.Get("min_id"), q.Get("since_id"), pageLimit(c.r), wanted)
	list := make([]object, 0, len(page))
	for _, n := range page {
		n.serve()
		list = append(list, m.notificationEntity(n))
	}
	if len(page) > 0 {
		c.w.Header().Set("Link", pageLinks(c.r, page[len(page)-1].id, page[0].id))
	}
	return list, nil
}

// page picks up to limit wanted notifications: the oldest after minID if that
// is given, else the newest after sinceID. The result is newest first.
func (m *Mastodon) page(notes []*notification, minID, sinceID string, limit int, wanted func(*notification) bool) []*notification {
	after := sinceID
	if minID != "" {
		after = minID
	}
	start := 0
	if after != "" {
		start, _ = slices.BinarySearchFunc(notes, after, func(n *notification, id string) int {
			if m.ids.after(n.id, id) {
				return 1
			}
			return -1
		})
	}
	var page []*notification
	if minID != "" {
		for _, n := range notes[start:] {
			if len(page) == limit {
				break
			}
			if wanted(n) {
				page = append(page, n)
			}
		}
		slices.Reverse(page)
		return page
	}
	for i := len(notes) - 1; i >= start && len(page) < limit; i-- {
		if wanted(notes[i]) {
			page = append(page, notes[i])
		}
	}
	return page
}

// pageLinks writes the Link header: next is older, prev is newer.
func pageLinks(r *http.Request, lowest, highest string) string {
	link := func(param, id, rel string) string {
		q := url.Values{}
		for k, v := range r.URL.Query() {
			if k != "min_id" && k != "max_id" && k != "since_id" && k != "access_token" {
				q[k] = v
			}
		}
		q.Set(param, id)
		return fmt.Sprintf(`<http://%s%s?%s>; rel="%s"`, r.Host, r.URL.Path, q.Encode(), rel)
	}
	return link("max_id", lowest, "next") + ", " + link("min_id", highest, "prev")
}

func (m *Mastodon) getNotification(c *call) (any, error) {
	for _, n := range c.viewer.notes {
		if n.id == c.r.PathValue("id") && n.listed() {
			n.serve()
			return m.notificationEntity(n), nil
		}
	}
	return nil, m.notFound()
}
