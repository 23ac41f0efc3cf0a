package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"socialwatch"
)

// Two ways lead to the newest cases with the words: from the newest case
// backwards, which ends soon when the words are common, and from the index of
// words, which ends soon when they are rare. Left alone, Postgres goes
// backwards through everything for words that are nowhere. SQLite's index
// stands in the order of cases: one way is both.
const (
	sqlSearchWalk = `with newest as materialized (select case_id, words from case_words where case_id < ? order by case_id desc limit ?)
select case_id from newest w where words @@ cast(? as tsquery)%s order by case_id desc limit ?`
	sqlSearchIndex = `with hits as materialized (select case_id from case_words where words @@ cast(? as tsquery))
select case_id from hits w where case_id < ?%s order by case_id desc limit ?`
	sqlSearchFTS = `select w.rowid as case_id from case_words_index w where case_words_index match ? and w.rowid < ?%s
order by w.rowid desc limit ?`

	// Of words that its statistics do not know Postgres expects one case in two
	// hundred, and might rather read all of them.
	sqlSearchByIndex = `set local enable_seqscan = off`

	// A scalar subquery, which no planner makes a join of.
	sqlSearchCase   = ` and (select %s from cases c where c.id = w.%s)`
	sqlSearchRows   = `(select * from cases where id in (?)) c order by c.id desc`
	sqlSearchNumber = `select number, account from cases where id = ?`
)

// searchWalk is how many of the newest cases are looked through before the
// index of words is asked. A page and the count of 101 are found there when the
// words stand in more than one case of twenty.
const searchWalk = 2000

// SearchCountMax is the highest count that Search tells exactly.
const SearchCountMax = 100

// searchPage is the default size of a page, whose rows are tall.
const searchPage = 20

// hitsShown is how many texts of one case a result shows.
const hitsShown = 3

// SearchFilter says what to look for and where.
type SearchFilter struct {
	// Query holds words that must all stand in a case: in its posts, our replies
	// or colleagues' notes, as tag, as @handle or name of who wrote, as its
	// number or as an order or tracking number. The last word may be unfinished.
	// Nothing is an operator.
	Query    string
	Accounts []string                // nil: all; empty and not nil: none
	States   []socialwatch.CaseState // none: every state
	From, To time.Time               // opened at From or later, before To; zero: whenever
	After    string                  // cursor of the page before; empty: the first page
	Limit    int                     // 0 or less: 20; see PageMax
}

// SearchResult is one page of cases, the newest first.
type SearchResult struct {
	Number string // of the case whose number the query is, when it stands in Accounts
	Rows   []SearchRow
	Next   string    // cursor of the next page; empty when there is none
	Count  int       // of all cases found, told on the first page; above SearchCountMax: more than that
	None   bool      // the query holds no word
	Cut    bool      // it is too long: its end did not count
	Late   time.Time // the oldest change that is not searched yet; zero: all are
}

// SearchRow is a case with up to three of the texts in which words of the query
// stand; without any when they stand in its names or numbers alone.
type SearchRow struct {
	CaseRow
	Hits []Hit
}

// Kinds of text in which Search finds words.
const (
	HitPost  = "post"
	HitReply = "reply"
	HitNote  = "note"
)

// Hit is a text with words of the query. Text is the customer's own, and
// notes are private: both for the console alone. In Masked the spans hold too.
type Hit struct {
	Kind     string
	By       string // who wrote it: the handle, or of a note the login; empty for a reply
	At       time.Time
	Language string
	Text     string
	Masked   string
	Spans    []Span
}

// Search finds cases by words. What is erased is never found; what has changed
// within the last seconds may not be found yet, see SearchResult.Late.
func (s *Store) Search(ctx context.Context, f SearchFilter) (r SearchResult, err error) {
	err = s.read(ctx, func(t *tx) error {
		r, err = t.search(ctx, f)
		return err
	})
	if err != nil {
		return SearchResult{}, fmt.Errorf("search: %w", err)
	}
	return r, nil
}

func (t *tx) search(ctx context.Context, f SearchFilter) (r SearchResult, err error) {
	f.Query = storable(f.Query)
	var all []wanted
	all, r.Cut = wants(f.Query)
	r.None = len(all) == 0
	if r.Late, err = t.wordsLate(ctx); err != nil || r.None {
		return r, err
	}
	if r.Number, err = t.numbered(ctx, f); err != nil {
		return r, err
	}
	limit := min(cmp.Or(max(f.Limit, 0), searchPage), PageMax)
	most := limit + 1
	if f.After == "" {
		most = max(most, SearchCountMax+1)
	}
	if f.Accounts != nil && len(f.Accounts) == 0 {
		return r, nil
	}
	ids, err := t.searchIDs(ctx, f, all, most)
	if err != nil || len(ids) == 0 {
		return r, err
	}
	if f.After == "" {
		r.Count = len(ids)
	}
	ids, r.Next = page(ids, limit, func(id int64) cursor { return cursor{listSearch, []int64{id}} })
	r.Rows, err = t.searchRows(ctx, ids, all)
	return r, err
}

// searchIDs returns the newest cases with the words, at most most of them.
func (t *tx) searchIDs(ctx context.Context, f SearchFilter, all []wanted, most int) (ids []int64, err error) {
	ways, err := f.ways(t.s.dialect.kind, all, most)
	if err == nil {
		err = t.byIndex(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, w := range ways {
		ids = nil
		if err := t.all(ctx, &ids, w.query, w.args...); err != nil || len(ids) >= most {
			return ids, err
		}
	}
	return ids, nil
}

// byIndex makes the rest of the transaction use indexes where there are any.
func (t *tx) byIndex(ctx context.Context) error {
	if t.s.dialect.kind != Postgres {
		return nil
	}
	_, err := t.exec(ctx, sqlSearchByIndex)
	return err
}

// way is a query for the cases found. The last one of several finds them all,
// those before it only if there are as many as asked for.
type way struct {
	query string
	args  []any
}

func (f SearchFilter) ways(kind Kind, all []wanted, most int) ([]way, error) {
	before := int64(math.MaxInt64)
	if f.After != "" {
		at, err := parseCursor(f.After, listSearch, 1)
		if err != nil {
			return nil, err
		}
		before = at[0]
	}
	id := "case_id"
	if kind == SQLite {
		id = "rowid"
	}
	where, args, err := f.conditions(id)
	if err != nil {
		return nil, err
	}
	ask := func(query string, first ...any) way {
		return way{fmt.Sprintf(query, where), slices.Concat(first, args, []any{most})}
	}
	if f.Accounts != nil {
		of := wanted{}
		for _, a := range f.Accounts {
			of = append(of, []lexeme{{text: accountTerm(a)}})
		}
		all = append(slices.Clone(all), of)
	}
	match := kind.matchText(all)
	if kind == SQLite {
		return []way{ask(sqlSearchFTS, match, before)}, nil
	}
	return []way{ask(sqlSearchWalk, before, searchWalk, match), ask(sqlSearchIndex, match, before)}, nil
}

// conditions are those on a case of the filter, for a row w whose column id
// names the case.
func (f SearchFilter) conditions(id string) (string, []any, error) {
	var parts []string
	where, args := among("c.account", f.Accounts)
	if where != "" {
		parts = append(parts, strings.TrimPrefix(where, " and "))
	}
	if len(f.States) > 0 {
		states, err := inStates(f.States, caseStates)
		if err != nil {
			return "", nil, err
		}
		parts = append(parts, "c."+states)
	}
	if !f.From.IsZero() {
		parts, args = append(parts, "c.opened_at >= ?"), append(args, f.From)
	}
	if !f.To.IsZero() {
		parts, args = append(parts, "c.opened_at < ?"), append(args, f.To)
	}
	if len(parts) == 0 {
		return "", nil, nil
	}
	return fmt.Sprintf(sqlSearchCase, strings.Join(parts, " and "), id), args, nil
}

// numbered returns the number of the case that the query names: K-1042, 1042
// or #1042. Words beside it, or quotes, make it a word like others.
func (t *tx) numbered(ctx context.Context, f SearchFilter) (string, error) {
	typed := strings.TrimPrefix(strings.TrimSpace(f.Query), "#")
	digits := strings.TrimLeftFunc(typed, func(r rune) bool { return r < '0' || r > '9' })
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strings.HasPrefix(digits, "0") {
		return "", nil
	}
	var c struct {
		Number  string `db:"number"`
		Account string `db:"account"`
	}
	if err := t.get(ctx, &c, sqlSearchNumber, id); errors.Is(err, socialwatch.ErrNotFound) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	if digits != typed && !strings.EqualFold(c.Number, typed) || f.Accounts != nil && !slices.Contains(f.Accounts, c.Account) {
		return "", nil
	}
	return c.Number, nil
}

// searchRows reads the cases that a page shows, with the texts in which the
// words stand.
func (t *tx) searchRows(ctx context.Context, ids []int64, all []wanted) ([]SearchRow, error) {
	var listed []listedCase
	if err := t.all(ctx, &listed, sqlCasesHead+sqlCaseRows+sqlSearchRows, ids); err != nil {
		return nil, err
	}
	texts, err := t.caseTexts(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]SearchRow, len(listed))
	for i, c := range listed {
		rows[i] = SearchRow{CaseRow: c.value(), Hits: hits(all, texts[c.C.ID])}
	}
	return rows, nil
}

// hits are the texts in which the most words stand, the newest first among
// equals.
func hits(all []wanted, texts []caseText) []Hit {
	type ranked struct {
		hit   Hit
		words int
	}
	var in []ranked
	for _, x := range texts {
		if spans, words := found(all, x.Body, x.numbers()); words > 0 {
			in = append(in, ranked{Hit{Kind: x.Kind, By: x.Handle, At: x.At.Time, Language: x.Language,
				Text: x.Body, Masked: x.Masked, Spans: spans}, words})
		}
	}
	slices.SortStableFunc(in, func(a, b ranked) int { return b.words - a.words })
	var out []Hit
	for _, r := range in[:min(len(in), hitsShown)] {
		out = append(out, r.hit)
	}
	return out
}
