package twitter

import (
	"strconv"
	"time"
)

// epochMS is the beginning of X's ids, in Unix milliseconds.
const epochMS = 1288834974657

// idSource draws ids as X does: milliseconds since its epoch in the upper
// bits, 22 bits to tell those of one millisecond apart.
type idSource struct {
	lastMS int64
	seq    uint64
	users  uint64
}

// post draws the id of a post made at t. Ids of posts that are made in order
// rise.
func (i *idSource) post(t time.Time) uint64 {
	ms := max(t.UnixMilli()-epochMS, 1)
	if ms == i.lastMS {
		i.seq++
	} else {
		i.lastMS, i.seq = ms, 1
	}
	return uint64(ms)<<22 | i.seq&(1<<22-1)
}

func (i *idSource) user() uint64 {
	i.users++
	return 7000 + i.users
}

// idTime is when the id was drawn.
func idTime(id uint64) time.Time { return time.UnixMilli(int64(id>>22) + epochMS).UTC() }

// firstID is below all ids drawn at t or later, and not below those before.
func firstID(t time.Time) uint64 { return uint64(max(t.UnixMilli()-epochMS, 0)) << 22 }

func idText(id uint64) string { return strconv.FormatUint(id, 10) }

// parseID reads an id of 1 to 19 digits.
func parseID(text string) (uint64, bool) {
	if len(text) < 1 || len(text) > 19 {
		return 0, false
	}
	for _, r := range text {
		if r < '0' || r > '9' {
			return 0, false
		}
	}
	id, err := strconv.ParseUint(text, 10, 64)
	return id, err == nil
}

// wireTime is how X writes times: UTC, full seconds, with milliseconds.
func wireTime(t time.Time) string {
	return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z")
}
