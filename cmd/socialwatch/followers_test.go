package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// temper is how a consumer is hostile.
type temper struct {
	slow  time.Duration // after each event
	crash int           // once in so many events; 0: never
}

// unlucky reports whether now is the moment of a crash.
func (p temper) unlucky() bool { return p.crash > 0 && rand.N(p.crash) == 0 }

const sqlFollow = `select seq, coalesce(case_id, 0), at from case_events_v1 where seq > $1 order by seq limit 50`

// readFeed is one page of the SQL feed, as docs/consumers.md says.
func readFeed(ctx context.Context, conn *sql.Conn, after int64) (page []heard, err error) {
	rows, err := conn.QueryContext(ctx, sqlFollow, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e heard
		var at any
		if err := rows.Scan(&e.Seq, &e.CaseID, &at); err != nil {
			return nil, err
		}
		switch v := at.(type) {
		case time.Time:
			e.At = v
		case int64: // SQLite
			e.At = time.UnixMicro(v)
		}
		page = append(page, e)
	}
	return page, rows.Err()
}

// followSQL consumes the SQL feed until ctx ends. It writes its bookmark after
// each page; a crash in the middle of one goes back to it.
func followSQL(ctx context.Context, conn *sql.Conn, b *book, p temper) error {
	for pause(ctx, 20*time.Millisecond) {
		page, err := readFeed(ctx, conn, b.saved())
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		for i, e := range page {
			b.take(e)
			if p.slow > 0 && !pause(ctx, p.slow) {
				return nil
			}
			if p.unlucky() {
				b.crashed()
				break
			}
			if i == len(page)-1 {
				b.save(e.Seq)
			}
		}
	}
	return nil
}

// followStream consumes the server-sent events of whichever server answers,
// until ctx ends.
func followStream(ctx context.Context, urls []string, token string, b *book, p temper) {
	for n := 0; pause(ctx, 50*time.Millisecond); n++ {
		b.listen(ctx, urls[n%len(urls)], token, p)
	}
}

// listen reads one stream until it breaks or the consumer crashes. It writes its
// bookmark every few events.
func (b *book) listen(ctx context.Context, url, token string, p temper) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/v1/events/stream", nil)
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Last-Event-ID", strconv.FormatInt(b.saved(), 10))
	res, err := http.DefaultClient.Do(req)
	if err != nil { // it is down: again
		return
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for n := 1; res.StatusCode == http.StatusOK && lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		var e heard
		if !ok || json.Unmarshal([]byte(data), &e) != nil || e.Seq == 0 {
			continue
		}
		b.take(e)
		if n++; n%10 == 0 {
			b.save(e.Seq)
		}
		if p.slow > 0 && !pause(ctx, p.slow) {
			return
		}
		if p.unlucky() {
			b.crashed()
			return
		}
	}
}
