package legacy

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// cursor is where reading stands. Polled is when the last complete walk began,
// by X's clock: ids are not it, because posts can appear below one that was
// seen already, and so each poll reads Overlap below Polled again.
type cursor struct {
	Version int       `json:"v"`
	API     string    `json:"api"`  // v1.1: not a cursor of the other connector
	User    string    `json:"user"` // our id
	Polled  time.Time `json:"polled"`
	Walk    *walk     `json:"walk,omitempty"`
}

// walk is an unfinished way back from the newest mention to Since.
type walk struct {
	Begun time.Time `json:"begun"`         // by X's clock
	Since int64     `json:"since"`         // ids above it are wanted
	Top   int64     `json:"top,omitempty"` // highest id read
	Low   int64     `json:"low,omitempty"`
	Count int       `json:"count"` // posts read
}

const (
	api         = "v1.1"
	cursorLimit = 1 << 10 // of a stored cursor, in bytes
)

func parseCursor(b []byte, user string) (cursor, error) {
	var c cursor
	if len(b) > cursorLimit || json.Unmarshal(b, &c) != nil || c.Version != 1 || c.API != api || c.Polled.IsZero() {
		return cursor{}, refused("the stored cursor is not one of this connector, as after a change of the account's api: " +
			"delete it to begin with the present page")
	}
	if c.User != user {
		return cursor{}, refused(fmt.Sprintf("the stored cursor belongs to user id %.20q and the secrets are those of user id %q: "+
			"give the account its former secrets, or another name, or delete the cursor to begin with the present page", c.User, user))
	}
	return c, nil
}

func (c cursor) encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // numbers and times of this era can always be written
	}
	return b
}

// epoch is where the time in X's ids begins, in milliseconds since 1970.
const epoch = 1288834974657

// snowflake is the lowest id that X can have drawn at t.
func snowflake(t time.Time) int64 { return max(t.UnixMilli()-epoch, 1) << 22 }

// drawn is when an id was drawn. Ids from before 2010 hold no time and give
// one about then.
func drawn(id string) time.Time {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return drawnAt(n)
}

func drawnAt(id int64) time.Time { return time.UnixMilli(id>>22 + epoch).UTC() }
