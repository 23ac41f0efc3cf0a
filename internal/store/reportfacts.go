package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"socialwatch"
)

// What a fact that reports count is like, besides when it happened.
const (
	factKind     = iota // factMention and those below it
	factAccount         //
	factNetwork         // of mentions
	factIntent          //
	factTongues         // languages of its posts, sorted, with commas between
	factLevel           // of cases
	factWord            // of mentions noise, of cases intime, of drafts their state; or ''
	factReason          // of rejected drafts
	factTemplate        // of drafts that were said, as the three below
	factVersion
	factLanguage
	factEdit // slots, edited or ''
	factDims
)

// Kinds of facts.
const (
	factMention  = "mention"
	factFirst    = "first"
	factResolved = "resolved"
	factDecided  = "decided"
)

const (
	factNoise  = "noise"
	factInTime = "intime"
	factSlots  = "slots"
	factEdited = "edited"
)

type factShape [factDims]string

// fact is what happened in a quarter of an hour, N times.
type fact struct {
	Shape   factShape
	Quarter int64 // of an hour, since 1970
	Took    int   // see rounded
	N       int
}

const (
	quarterLength  = 15 * time.Minute
	quartersOfADay = 96
)

const (
	sqlFactMentions = `select %[1]s as quarter, m.account, m.network, m.intent, m.lang as tongues,
    case when m.ignored = '' then '' else 'noise' end as word, count(*) as n
from mentions m where m.created_at >= ? and m.created_at < ? and m.ignored <> '` + socialwatch.IgnoredImported + `' group by 1, 2, 3, 4, 5, 6`

	sqlFactCases = `select %[1]s as quarter, c.account, c.intent, %[2]s as tongues, c.level, %[3]s as took,
    case when c.%[4]s <= c.due_at then 'intime' else '' end as word, 1 as n
from cases c where c.%[4]s is not null and c.state <> 'merged' and c.%[4]s >= ? and c.%[4]s < ?`

	sqlFactReplies = `select %[1]s as quarter, r.account, c.intent, %[2]s as tongues, %[3]s as took, r.state as word, r.reason, 1 as n,
    case when ` + sqlFactSaid + ` and r.edit <> 'written' then coalesce(%[4]s, '') else '' end as template,
    case when ` + sqlFactSaid + ` then coalesce(cast(r.payload ->> 'template_version' as integer), 0) else 0 end as version,
    case when ` + sqlFactSaid + ` then coalesce(r.payload ->> 'language', '') else '' end as language,
    case when r.edit in ('slots','edited') then r.edit when r.edit = '' and r.version > 1 then 'edited' else '' end as edit
from replies r join cases c on c.id = r.case_id where r.decided_at is not null and r.decided_at >= ? and r.decided_at < ?`
	sqlFactSaid = `r.` + sqlIsSaid
)

// SQL that differs by kind of database.
var (
	// quarterOf numbers the quarters of an hour since 1970.
	quarterOf = map[Kind]string{
		SQLite:   "%s / 900000000",
		Postgres: "cast(floor(extract(epoch from %s) / 900) as bigint)",
	}
	// tonguesOf are the languages of a case's posts.
	tonguesOf = map[Kind]string{
		SQLite:   "coalesce((select group_concat(distinct m.lang) from mentions m where m.case_id = c.id), '')",
		Postgres: "coalesce((select string_agg(distinct m.lang, ',') from mentions m where m.case_id = c.id), '')",
	}
	// templateOf is the id of a reply's template, of whatever wording.
	templateOf = map[Kind]string{
		SQLite:   "substr(r.payload ->> 'template', 1, instr((r.payload ->> 'template') || '#', '#') - 1)",
		Postgres: "split_part(r.payload ->> 'template', '#', 1)",
	}
	// seconds is the whole seconds between two columns.
	seconds = map[Kind]string{
		SQLite:   "(%[2]s - %[1]s) / 1000000",
		Postgres: "cast(floor(extract(epoch from %[2]s - %[1]s)) as bigint)",
	}
)

// factRow is one row of the queries above.
type factRow struct {
	Quarter  int64  `db:"quarter"`
	Account  string `db:"account"`
	Network  string `db:"network"`
	Intent   string `db:"intent"`
	Tongues  string `db:"tongues"`
	Level    int    `db:"level"`
	Took     int64  `db:"took"`
	Word     string `db:"word"`
	Reason   string `db:"reason"`
	Template string `db:"template"`
	Version  int    `db:"version"`
	Language string `db:"language"`
	Edit     string `db:"edit"`
	N        int    `db:"n"`
}

func (r factRow) fact(kind string) fact {
	f := fact{Quarter: r.Quarter, Took: rounded(r.Took), N: r.N}
	f.Shape = factShape{factKind: kind, factAccount: r.Account, factNetwork: r.Network, factIntent: r.Intent,
		factTongues: r.Tongues, factWord: r.Word}
	if strings.Contains(r.Tongues, ",") {
		all := strings.Split(r.Tongues, ",")
		slices.Sort(all)
		f.Shape[factTongues] = strings.Join(all, ",")
	}
	switch kind {
	case factFirst, factResolved:
		f.Shape[factLevel] = strconv.Itoa(r.Level)
	case factDecided:
		if state := socialwatch.ReplyState(r.Word); state == socialwatch.ReplyRejected {
			f.Shape[factReason] = reasonOf(r.Reason)
		} else if slices.Contains(said, state) {
			f.Shape[factTemplate], f.Shape[factVersion] = r.Template, strconv.Itoa(r.Version)
			f.Shape[factLanguage], f.Shape[factEdit] = r.Language, r.Edit
		}
	}
	return f
}

// reasonOf is a reason without the note that may follow it, which is a
// colleague's own words.
func reasonOf(reason string) string {
	reason, _, _ = strings.Cut(reason, ":")
	if slices.Contains(socialwatch.RejectReasons, reason) {
		return reason
	}
	return "other"
}

// said are the states of sqlIsSaid.
var said = []socialwatch.ReplyState{socialwatch.ReplyApproved, socialwatch.ReplyHolding, socialwatch.ReplySending,
	socialwatch.ReplySent, socialwatch.ReplyUnknown}

// factQuery is one query for facts of a kind, of a span.
type factQuery struct{ kind, sql string }

// factQueries are the queries that find all facts of a span. Looking up the
// languages of each case costs more than all the rest, so they are empty where
// nobody asks.
func (s *Store) factQueries(tongues bool) []factQuery {
	kind, spoken := s.dialect.kind, "''"
	if tongues {
		spoken = tonguesOf[kind]
	}
	quarter := func(column string) string { return fmt.Sprintf(quarterOf[kind], column) }
	since := func(from, to string) string { return fmt.Sprintf(seconds[kind], from, to) }
	cases := func(column string) string {
		return fmt.Sprintf(sqlFactCases, quarter("c."+column), spoken, since("c.opened_at", "c."+column), column)
	}
	return []factQuery{
		{factMention, fmt.Sprintf(sqlFactMentions, quarter("m.created_at"))},
		{factFirst, cases("responded_at")},
		{factResolved, cases("resolved_at")},
		{factDecided, fmt.Sprintf(sqlFactReplies, quarter("r.decided_at"), spoken, since("r.created_at", "r.decided_at"), templateOf[kind])},
	}
}

// readFacts reads the facts of a span from the rows themselves, a kind at a
// time, so that a long one holds nobody up. No kinds: all. tongues says whether the
// facts name the languages of cases.
func (s *Store) readFacts(ctx context.Context, from, to time.Time, kinds []string, tongues bool, each func(fact)) error {
	for _, q := range s.factQueries(tongues) {
		if kinds != nil && !slices.Contains(kinds, q.kind) {
			continue
		}
		var rows []factRow
		err := s.readOne(ctx, func(t *tx) error {
			rows = nil
			return t.all(ctx, &rows, q.sql, from, to)
		})
		if err != nil {
			return fmt.Errorf("facts of kind %s: %w", q.kind, err)
		}
		for _, r := range rows {
			each(r.fact(q.kind))
		}
	}
	return nil
}

// Lengths of time are counted in classes: seconds below ten minutes, minutes
// below two days, and hours from there.
const (
	secondsUntil = 600
	minutesUntil = 172800
	minutesFrom  = secondsUntil // the first class of minutes
	hoursFrom    = minutesFrom + (minutesUntil-secondsUntil)/60
)

// rounded is the class of a length in seconds.
func rounded(s int64) int {
	switch {
	case s < 0:
		return 0
	case s < secondsUntil:
		return int(s)
	case s < minutesUntil:
		return minutesFrom + int(s-secondsUntil)/60
	}
	return hoursFrom + int((s-minutesUntil)/3600)
}

// lengthOf is the length of a class.
func lengthOf(class int) time.Duration {
	switch {
	case class < minutesFrom:
		return time.Duration(class) * time.Second
	case class < hoursFrom:
		return secondsUntil*time.Second + time.Duration(class-minutesFrom)*time.Minute
	}
	return minutesUntil*time.Second + time.Duration(class-hoursFrom)*time.Hour
}

// blockForm is the first byte of a block. A block in another form counts as
// not made.
const blockForm = 1

// packed is a block: the words, the shapes as numbers of words, and the facts
// of a day, sorted, as the number of the shape, of the quarter within the day,
// the class of length and how many. Equal facts make equal blocks.
func packed(day int64, facts []fact) []byte {
	counts := map[fact]int{}
	for _, f := range facts {
		n := f.N
		f.N = 0
		counts[f] += n
	}
	words, shapes := newNumbering[string](), newNumbering[factShape]()
	sorted := make([]fact, 0, len(counts))
	for f, n := range counts {
		f.N = n
		sorted = append(sorted, f)
	}
	slices.SortFunc(sorted, func(a, b fact) int {
		return cmp.Or(slices.Compare(a.Shape[:], b.Shape[:]), cmp.Compare(a.Quarter, b.Quarter), cmp.Compare(a.Took, b.Took))
	})
	var rows, head []byte
	for _, f := range sorted {
		for _, v := range []int{shapes.of(f.Shape), int(f.Quarter - day*quartersOfADay), f.Took, f.N} {
			rows = binary.AppendUvarint(rows, uint64(v))
		}
	}
	for _, shape := range shapes.all {
		for _, word := range shape {
			head = binary.AppendUvarint(head, uint64(words.of(word)))
		}
	}
	b := binary.AppendUvarint([]byte{blockForm}, uint64(len(words.all)))
	for _, word := range words.all {
		b = append(binary.AppendUvarint(b, uint64(len(word))), word...)
	}
	b = append(binary.AppendUvarint(b, uint64(len(shapes.all))), head...)
	return append(binary.AppendUvarint(b, uint64(len(sorted))), rows...)
}

// numbering numbers values in the order in which they are first seen.
type numbering[T comparable] struct {
	numbers map[T]int
	all     []T
}

func newNumbering[T comparable]() *numbering[T] { return &numbering[T]{numbers: map[T]int{}} }

func (n *numbering[T]) of(v T) int {
	i, ok := n.numbers[v]
	if !ok {
		i = len(n.all)
		n.numbers[v], n.all = i, append(n.all, v)
	}
	return i
}

var errBlock = errors.New("a day's block is broken")

// unpacker reads a block. What it reads of a broken one is 0, and it remembers.
type unpacker struct {
	rest   []byte
	broken bool
}

func (u *unpacker) number() int {
	v, n := binary.Uvarint(u.rest)
	if n <= 0 || v > 1<<40 {
		u.rest, u.broken = nil, true
		return 0
	}
	u.rest = u.rest[n:]
	return int(v)
}

// count is a number of things of which each takes a byte at least.
func (u *unpacker) count() int {
	n := u.number()
	if n > len(u.rest) {
		u.rest, u.broken = nil, true
		return 0
	}
	return n
}

// unpack gives the shapes of a day's block, then its facts, in the shapes'
// numbers.
func unpack(day int64, block []byte, shape func(factShape), each func(shape int, f fact)) error {
	u := &unpacker{rest: block[1:]}
	words := make([]string, u.count())
	for i := range words {
		n := u.count()
		words[i], u.rest = string(u.rest[:n]), u.rest[n:]
	}
	shapes := u.count()
	for range shapes {
		var s factShape
		for i := range s {
			w := u.number()
			if w >= len(words) {
				return errBlock
			}
			s[i] = words[w]
		}
		shape(s)
	}
	for range u.count() {
		of, f := u.number(), fact{Quarter: day*quartersOfADay + int64(u.number()), Took: u.number(), N: u.number()}
		if u.broken || of >= shapes {
			return errBlock
		}
		each(of, f)
	}
	if u.broken || len(u.rest) > 0 {
		return errBlock
	}
	return nil
}
