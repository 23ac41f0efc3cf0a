package simulator

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// idSource draws ids like the flavour's server does. It is not safe for
// concurrent use.
type idSource struct {
	flavour Flavour
	seq     uint64
	lastMS  int64
}

func newIDSource(f Flavour) idSource {
	return idSource{flavour: f, seq: 4100}
}

// status draws the id of a status created at t. A back-dated status gets a
// back-dated id, so ids of statuses are not in the order of arrival.
func (s *idSource) status(t time.Time) string {
	s.seq++
	if s.flavour == FlavourGoToSocial {
		return ulid(t.UnixMilli(), s.seq)
	}
	return strconv.FormatInt(t.UnixMilli()<<16|int64(s.seq&0xffff), 10)
}

// rising draws an id that is higher than all rising ids before it: those of
// notifications and accounts.
func (s *idSource) rising(t time.Time) string {
	s.seq++
	if s.flavour != FlavourGoToSocial {
		return strconv.FormatUint(s.seq, 10)
	}
	s.lastMS = max(s.lastMS, t.UnixMilli())
	return ulid(s.lastMS, s.seq)
}

// ulid writes 48 bits of time and 80 bits of which the low 64 are n.
func ulid(ms int64, n uint64) string {
	var b [26]byte
	for i := 9; i >= 0; i-- {
		b[i] = crockford[ms&31]
		ms >>= 5
	}
	for i := 25; i >= 10; i-- {
		b[i] = crockford[n&31]
		n >>= 5
	}
	return string(b[:])
}

// after reports whether id a is higher than b as the server's database
// compares them. b may be anything that a client sent: Mastodon reads the
// number in front (else 0, which is below every id), GoToSocial compares
// letters (so that a foreign decimal id is above every ULID of its own).
func (s *idSource) after(a, b string) bool {
	if s.flavour == FlavourGoToSocial {
		return a > b
	}
	return leadingNumber(a) > leadingNumber(b)
}

func leadingNumber(s string) int64 {
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(s)
	}
	n, err := strconv.ParseInt(s[:end], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// isoTime is how both servers write times.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func tokenText(n uint64) string { return fmt.Sprintf("sim-token-%016x", n) }
