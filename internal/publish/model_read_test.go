package publish

import (
	"database/sql"
	"encoding/json"
	"fmt"
)

// readReplies returns the newest event, too.
func (m *model) readReplies() (newest int64, err error) {
	rows, err := m.db.QueryContext(m.ctx, `select id, mention_id, case_id, state, version, attempt, hash, coalesce(key, ''),
coalesce(post_id, ''), expires_at, hold_until, deciding_until, decider, retry_at is not null, look_at is not null,
(select coalesce(max(id), 0) from events) from replies order by id`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	m.truth.replies = nil
	for rows.Next() {
		var r replyNow
		var until, hold sql.NullTime
		if err := rows.Scan(&r.id, &r.mention, &r.caseID, &r.state, &r.version, &r.attempt, &r.hash, &r.key, &r.postID, &r.expires, &hold, &until,
			&r.decider, &r.retry, &r.look, &newest); err != nil {
			return 0, err
		}
		r.leaseUntil, r.holdUntil = until.Time, hold.Time
		m.truth.replies = append(m.truth.replies, r)
	}
	return newest, rows.Err()
}

func (m *model) readVersions() error {
	rows, err := m.db.QueryContext(m.ctx, "select reply_id, version, payload, hash, author from reply_versions")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var at [2]int64
		var v versionNow
		var payload string
		if err := rows.Scan(&at[0], &at[1], &payload, &v.hash, &v.author); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(payload), &v.payload); err != nil {
			return err
		}
		if old, ok := m.truth.versions[at]; ok && (old.hash != v.hash || old.author != v.author) {
			return fmt.Errorf("version %d of reply %d was written over", at[1], at[0])
		}
		m.truth.versions[at] = v
	}
	return rows.Err()
}

func (m *model) readEvents() (events []happened, err error) {
	rows, err := m.db.QueryContext(m.ctx, fmt.Sprintf("select id, kind, coalesce(reply_id, 0), actor, at, data from events where id > %d order by id", m.truth.last))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e happened
		var data string
		if err := rows.Scan(&e.id, &e.kind, &e.reply, &e.actor, &e.at, &data); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(data), &e.data); err != nil {
			return nil, fmt.Errorf("event %s: %s: %w", e.kind, data, err)
		}
		m.truth.last = e.id
		events = append(events, e)
	}
	return events, rows.Err()
}
