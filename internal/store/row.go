package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

const sqlConsumerRow = `select * from cases_v1 where case_id = ?`

// Field is one column of a row, as text.
type Field struct{ Name, Value string }

// ConsumerRow is the row of cases_v1 of a case, as case systems read it.
// ErrNotFound when there is none.
func (s *Store) ConsumerRow(ctx context.Context, caseID int64) (fields []Field, err error) {
	err = s.read(ctx, func(t *tx) error {
		fields, err = t.consumerRow(ctx, caseID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the row of case %d: %w", caseID, err)
	}
	return fields, nil
}

func (t *tx) consumerRow(ctx context.Context, caseID int64) ([]Field, error) {
	query, args, err := t.bound(sqlConsumerRow, []any{caseID})
	if err != nil {
		return nil, err
	}
	rows, err := t.QueryxContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var fields []Field
	for rows.Next() {
		names, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		values, err := rows.SliceScan()
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			fields = append(fields, Field{names[i], asText(v)})
		}
	}
	if err := rows.Err(); err != nil || len(fields) > 0 {
		return fields, err
	}
	return nil, socialwatch.ErrNotFound
}

// asText is a value of the database as people read it; null is empty.
func asText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return string(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	}
	return fmt.Sprint(v)
}
