package mastodon

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// cursor is where reading stands (R1). Ids are those of notifications: ids of
// statuses mislead, because remote ones are back-dated.
//
// Head is the highest id seen; reading on from it is fast and may miss what
// commits later than a higher id. Anchor is so old that nothing below it can
// still commit: sweeps read again from there. Mark is a Head with the time at
// which it was seen; when it has been known for SweepAge, the next sweep makes
// it the anchor. Ages count from our own sight of an id and not from the
// server's times, so a wrong clock on either side can't move the anchor early.
type cursor struct {
	Version int    `json:"v"`
	Host    string `json:"host"`
	Account string `json:"account"`

	Head   string    `json:"head,omitempty"`
	Anchor string    `json:"anchor,omitempty"`
	Mark   string    `json:"mark,omitempty"`
	MarkAt time.Time `json:"mark_at,omitzero"`

	Swept time.Time `json:"swept,omitzero"` // when the last sweep ended
	Sweep *walk     `json:"sweep,omitempty"`
	Dived time.Time `json:"dived,omitzero"` // when the last deep sweep began
	Deep  *walk     `json:"deep,omitempty"`
	Owed  bool      `json:"owed,omitempty"` // a sweep gave way to the head and is next

	PolicyOK  time.Time `json:"policy_ok,omitzero"`  // when the policy last dropped nothing
	DropSince time.Time `json:"drop_since,omitzero"` // since when it drops mentions
}

// walk is an unfinished sweep. At is the id it has come to. A sweep goes
// forward and makes Next the anchor in the end; a deep sweep goes backward
// until it meets what is older than Since.
type walk struct {
	At    string    `json:"at,omitempty"`
	Next  string    `json:"next,omitempty"`
	Moves bool      `json:"moves,omitempty"` // the mark became Next and is to be set anew
	Since time.Time `json:"since,omitzero"`
}

// cursorLimit bounds a stored cursor, in bytes.
const cursorLimit = 8 << 10

// parseCursor reads a stored cursor and refuses that of another server or
// account: its ids would give empty pages for ever, or old ones (note,
// section 3).
func parseCursor(b []byte, host, account string) (cursor, error) {
	var c cursor
	if len(b) > cursorLimit || json.Unmarshal(b, &c) != nil || c.Version != 1 {
		return cursor{}, refused("the stored cursor is not one of this connector: " +
			"delete it to begin with the present page")
	}
	if c.Host != host || c.Account != account {
		return cursor{}, refused(fmt.Sprintf("the stored cursor belongs to account id %.40q on %.80q, "+
			"and the token is that of id %q on %q: give the account its former base_url and token, "+
			"or another name, or delete the cursor to begin with the present page",
			c.Account, c.Host, account, host))
	}
	return c, nil
}

func (c cursor) encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and times of this era can always be written
	}
	return b
}

// compareIDs orders notification ids: decimal numbers without leading zeros
// on Mastodon, ULIDs of one length on GoToSocial. "" is before every id.
func compareIDs(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func higher(a, b string) string {
	if compareIDs(a, b) > 0 {
		return a
	}
	return b
}

// lowestID is below every id of both kinds: zero as a number and as a ULID.
const lowestID = "00000000000000000000000000"

// since is how long ago t was; never negative: after our clock went back the
// time counts as long past, so that what is due is done.
func since(now, t time.Time) time.Duration {
	if d := now.Sub(t); d >= 0 {
		return d
	}
	return 1<<63 - 1
}
