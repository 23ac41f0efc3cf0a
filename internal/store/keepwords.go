package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// Every change of what a case holds writes an event, so the log says whose
// words to read again.
const (
	sqlWordsKept = `select value from counters where name = 'search'`
	sqlWordsDue  = `select seq, case_id from events where seq > ? order by seq limit ?`
	sqlWordsDone = `update counters set value = ? where name = 'search'`
	sqlWordsLate = `select at from events where seq > (select value from counters where name = 'search') order by seq limit 1`

	// The row, which is locked even though nothing in it changes, is whose turn
	// it is: words read before it was taken may have been erased since.
	sqlWordsClaim     = `insert into case_words (case_id, words)`
	sqlWordsClaimTail = `on conflict (case_id) do update set words = '' where 1 = 0`
	sqlWordsKeepTail  = `on conflict (case_id) do update set words = excluded.words where case_words.words <> excluded.words`

	sqlWordsCases = `select id, number, account, state, customer, orders from cases where id in (?)`

	// All that is written in cases, each text once: posts that stand,
	// replies that were said or may be, and colleagues' notes.
	sqlCaseTexts = `select case_id, 'post' as kind, author_handle as handle, author_name as name, created_at as at, lang as language,
    warning, body, masked, cast(entities as text) as entities
from (select m.*, row_number() over (partition by case_id order by created_at desc, id desc) as n from mentions m
      where case_id in (?) and gone_at is null) m where n <= ?
union all
select case_id, 'reply', '', '', coalesce(sent_at, created_at), payload ->> 'language', '', payload ->> 'text', payload ->> 'text', '[]'
from (select r.*, row_number() over (partition by case_id order by id desc) as n from replies r
      where case_id in (?) and state not in ('rejected','withdrawn','superseded','expired','cancelled')) r where n <= ?
union all
select case_id, 'note', author, '', written_at, '', '', body, body, '[]'
from (select x.*, row_number() over (partition by case_id order by id desc) as n from notes x where case_id in (?) and body <> '') x where n <= ?`

	sqlWordsTags = `select case_id, tag from case_tags where case_id in (?) order by case_id, tag`
)

// textsMax bounds the texts of each kind that are read of one case: the newest.
const textsMax = threadMax

// maxWords bounds the words of a case, in bytes.
const maxWords = 128 << 10

// caseText is one text of a case.
type caseText struct {
	CaseID   int64                        `db:"case_id"`
	Kind     string                       `db:"kind"`
	Handle   string                       `db:"handle"`
	Name     string                       `db:"name"`
	At       moment                       `db:"at"`
	Language string                       `db:"language"`
	Warning  string                       `db:"warning"`
	Body     string                       `db:"body"`
	Masked   string                       `db:"masked"`
	Entities jsonOf[[]socialwatch.Entity] `db:"entities"`
}

// numbers are the order and tracking numbers in the text.
func (c caseText) numbers() (all []term) {
	for _, e := range c.Entities.V {
		n := numberTerm(e.Value)
		if n != "" && (e.Kind == socialwatch.OrderNumber || e.Kind == socialwatch.TrackingNumber) &&
			e.Start >= 0 && e.Start < e.End && e.End <= len(c.Body) {
			all = append(all, term{text: n, start: e.Start, end: e.End})
		}
	}
	return all
}

// KeepWords reads at most limit numbered events and keeps anew, for Search,
// the words of the cases they are about. It returns how many events it read;
// less than limit means that no more waited. Any number of processes may call
// it; they take turns.
func (s *Store) KeepWords(ctx context.Context, limit int) (n int, err error) {
	var waits []moment
	err = s.readOne(ctx, func(t *tx) error { // most passes find nothing, and lock nothing
		waits = nil
		return t.all(ctx, &waits, sqlWordsLate)
	})
	if err == nil && len(waits) > 0 {
		err = s.tx(ctx, func(t *tx) error {
			n, err = t.keepDue(ctx, limit)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("keep words for search: %w", err)
	}
	return n, nil
}

func (t *tx) keepDue(ctx context.Context, limit int) (int, error) {
	var kept int64
	if err := t.get(ctx, &kept, sqlWordsKept+t.s.dialect.forUpdate); err != nil {
		return 0, err
	}
	var due []struct {
		Seq    int64  `db:"seq"`
		CaseID *int64 `db:"case_id"`
	}
	if err := t.all(ctx, &due, sqlWordsDue, kept, limit); err != nil || len(due) == 0 {
		return 0, err
	}
	var ids []int64
	for _, e := range due {
		if e.CaseID != nil {
			ids = append(ids, *e.CaseID)
		}
	}
	if err := t.keepWords(ctx, ids); err != nil {
		return 0, err
	}
	_, err := t.exec(ctx, sqlWordsDone, due[len(due)-1].Seq)
	return len(due), err
}

// WordsLate is when the oldest change that Search does not know yet was
// written; zero when there is none.
func (s *Store) WordsLate(ctx context.Context) (at time.Time, err error) {
	err = s.read(ctx, func(t *tx) error {
		at, err = t.wordsLate(ctx)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read how late search is: %w", err)
	}
	return at, nil
}

func (t *tx) wordsLate(ctx context.Context) (time.Time, error) {
	for _, query := range []string{sqlWordsLate, sqlOldestUnnumbered} {
		var at []moment
		if err := t.all(ctx, &at, query); err != nil {
			return time.Time{}, err
		}
		if len(at) > 0 {
			return at[0].Time, nil
		}
	}
	return time.Time{}, nil
}

// keepWords reads the words of cases and keeps them, unless they are the same.
func (t *tx) keepWords(ctx context.Context, ids []int64) error {
	ids = slices.Clone(ids)
	slices.Sort(ids) // everybody locks in this order
	ids = slices.Compact(ids)
	claim := values{head: sqlWordsClaim, width: 2, tail: sqlWordsClaimTail, untold: true}
	for _, id := range ids {
		claim.args = append(claim.args, id, "")
	}
	if err := t.values(ctx, claim); err != nil || len(ids) == 0 {
		return err
	}
	words, err := t.caseWords(ctx, ids)
	if err != nil {
		return err
	}
	keep := values{head: sqlWordsClaim, width: 2, tail: sqlWordsKeepTail, untold: true}
	for _, id := range ids {
		keep.args = append(keep.args, id, words[id])
	}
	return t.values(ctx, keep)
}

// caseWords returns the words of each case that has any.
func (t *tx) caseWords(ctx context.Context, ids []int64) (map[int64]string, error) {
	texts, err := t.caseTexts(ctx, ids)
	if err != nil {
		return nil, err
	}
	var cases []struct {
		ID       int64            `db:"id"`
		Number   string           `db:"number"`
		Account  string           `db:"account"`
		State    string           `db:"state"`
		Customer jsonOf[customer] `db:"customer"`
		Orders   jsonOf[[]string] `db:"orders"`
	}
	if err := t.all(ctx, &cases, sqlWordsCases, ids); err != nil {
		return nil, err
	}
	tags, err := t.caseTags(ctx, ids)
	if err != nil {
		return nil, err
	}
	words := make(map[int64]string, len(cases))
	for _, c := range cases {
		if c.State == string(socialwatch.CaseMerged) {
			continue // its number leads to the one that survived
		}
		b := bag{has: map[string]bool{}}
		b.add(accountTerm(c.Account))
		b.text(c.Number)
		b.person(c.Customer.V.Handle, c.Customer.V.Name)
		for _, o := range c.Orders.V {
			b.add(numberTerm(o))
		}
		for _, tag := range tags[c.ID] {
			b.text(tag)
		}
		for _, x := range texts[c.ID] {
			b.written(x)
		}
		words[c.ID] = b.words.String()
	}
	return words, nil
}

func (t *tx) caseTags(ctx context.Context, ids []int64) (map[int64][]string, error) {
	var rows []struct {
		CaseID int64  `db:"case_id"`
		Tag    string `db:"tag"`
	}
	err := t.all(ctx, &rows, sqlWordsTags, ids)
	tags := map[int64][]string{}
	for _, r := range rows {
		tags[r.CaseID] = append(tags[r.CaseID], r.Tag)
	}
	return tags, err
}

// caseTexts returns what is written in each case, the newest first.
func (t *tx) caseTexts(ctx context.Context, ids []int64) (map[int64][]caseText, error) {
	var rows []caseText
	if err := t.all(ctx, &rows, sqlCaseTexts, ids, textsMax, ids, textsMax, ids, textsMax); err != nil {
		return nil, err
	}
	texts := make(map[int64][]caseText, len(ids))
	for _, x := range rows {
		texts[x.CaseID] = append(texts[x.CaseID], x)
	}
	for _, of := range texts {
		slices.SortStableFunc(of, func(a, b caseText) int { return b.At.Compare(a.At.Time) })
	}
	return texts, nil
}

// bag gathers words, each once.
type bag struct {
	words strings.Builder
	has   map[string]bool
}

func (b *bag) add(word string) {
	if word == "" || b.has[word] || b.words.Len()+len(word) >= maxWords {
		return
	}
	b.has[word] = true
	if b.words.Len() > 0 {
		b.words.WriteByte(' ')
	}
	b.words.WriteString(word)
}

func (b *bag) text(text string) {
	for _, t := range terms(text) {
		b.add(t.text)
	}
}

// written adds one text of a case.
func (b *bag) written(x caseText) {
	if x.Kind == HitPost {
		b.person(x.Handle, x.Name)
	}
	for _, n := range x.numbers() {
		b.add(n.text)
	}
	b.text(x.Masked)
	b.text(x.Warning)
}

// person adds who wrote: the handle as a whole, without its host, and by its
// words.
func (b *bag) person(handle, name string) {
	user, _, _ := strings.Cut(handle, "@")
	b.add(handleTerm(user))
	b.add(handleTerm(handle))
	b.text(handle)
	b.text(name)
}
