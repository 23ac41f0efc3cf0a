package store

import (
	"context"
	"fmt"
)

// The page is cut in the inner query; only its rows are joined.
const (
	sqlMentionsPage = ` from (select * from mentions where %s%s order by id desc limit ?) m
left join cases c on c.id = m.case_id order by m.id desc`
	sqlMentionsAfter = ` and id < ?`

	sqlMentionByID = ` from mentions m left join cases c on c.id = m.case_id where m.id = ?`
	sqlThread      = ` from (select * from mentions where case_id = ? order by created_at desc, id desc limit ?) m
left join cases c on c.id = m.case_id order by m.created_at, m.id`
)

var sqlMentionsHead = `select c.number as number, ` + prefixed("m", mentionColumns, true)

// threadMax bounds the posts that a case or card shows: the newest.
const threadMax = 200

// listedMention is a mention with its case's number.
type listedMention struct {
	Number *string    `db:"number"`
	M      mentionRow `db:"m"`

	corrected *Corrected
}

func (r listedMention) value() MentionRow {
	return MentionRow{ID: r.M.ID, CaseID: deref(r.M.CaseID), CaseNumber: deref(r.Number), Mention: r.M.mention(),
		Assessment: r.M.assessment(), ReceivedAt: r.M.ReceivedAt.Time, GoneAt: r.M.GoneAt.Time, Corrected: r.corrected}
}

// Mentions returns one page of what was taken in, the newest received first,
// ignored ones with the noise rule in Assessment.Ignored. next is the cursor of
// the next page, empty when there is none.
func (s *Store) Mentions(ctx context.Context, f MentionFilter) (rows []MentionRow, next string, err error) {
	query, args, err := mentionsQuery(f, s.dialect.kind)
	if err != nil {
		return nil, "", fmt.Errorf("read mentions: %w", err)
	}
	var found []listedMention
	err = s.readOne(ctx, func(t *tx) error {
		found = nil
		if err := t.all(ctx, &found, query, args...); err != nil {
			return err
		}
		return t.correctIgnored(ctx, found)
	})
	if err != nil {
		return nil, "", fmt.Errorf("read mentions: %w", err)
	}
	found, next = page(found, pageLimit(f.Limit), func(r listedMention) cursor {
		return cursor{listMentions, []int64{r.M.ID}}
	})
	return rowValues[listedMention, MentionRow](found), next, nil
}

func mentionsQuery(f MentionFilter, kind Kind) (string, []any, error) {
	show := map[MentionShow]string{ShowAll: "1 = 1", ShowIgnored: "case_id is null", ShowCases: "case_id is not null"}[f.Show]
	if show == "" {
		return "", nil, fmt.Errorf("mentions can be shown as %q, %q or %q, not %q", ShowAll, ShowIgnored, ShowCases, f.Show)
	}
	// SQLite's + keeps it from an index that is not in the list's order.
	plus := map[Kind]string{SQLite: "+"}[kind]
	where, args := among(plus+"account", f.Accounts)
	for _, is := range [][2]string{{"network", string(f.Network)}, {"intent", string(f.Intent)}, {"lang", f.Language}} {
		if is[1] != "" {
			where, args = where+" and "+plus+is[0]+" = ?", append(args, is[1])
		}
	}
	if f.After != "" {
		at, err := parseCursor(f.After, listMentions, 1)
		if err != nil {
			return "", nil, err
		}
		where += sqlMentionsAfter
		args = append(args, at[0])
	}
	return sqlMentionsHead + fmt.Sprintf(sqlMentionsPage, show, where), append(args, pageLimit(f.Limit)+1), nil
}

// Mention returns one stored mention; ErrNotFound when there is none.
func (s *Store) Mention(ctx context.Context, id int64) (m MentionRow, err error) {
	err = s.read(ctx, func(t *tx) error {
		m, err = t.mentionByID(ctx, id)
		return err
	})
	if err != nil {
		return MentionRow{}, fmt.Errorf("read mention %d: %w", id, err)
	}
	return m, nil
}

func (t *tx) mentionByID(ctx context.Context, id int64) (MentionRow, error) {
	var r listedMention
	err := t.get(ctx, &r, sqlMentionsHead+sqlMentionByID, id)
	return r.value(), err
}

// thread returns the case's posts, oldest first.
func (t *tx) thread(ctx context.Context, caseID int64) ([]MentionRow, error) {
	var rows []listedMention
	err := t.all(ctx, &rows, sqlMentionsHead+sqlThread, caseID, threadMax)
	return rowValues[listedMention, MentionRow](rows), err
}
