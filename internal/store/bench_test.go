//go:build unix

package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lib/pq"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// The product's batch: 100 mentions, 10 cases, 20 drafts and their events.
const (
	benchMentions = 100
	benchCases    = 10
	benchDrafts   = 20
)

func benchBatch(b *testing.B, fx storetest.Fixture, version int64) socialwatch.Changes {
	refs, err := fx.NextCases(b.Context(), benchCases)
	if err != nil {
		b.Fatal(err)
	}
	c := socialwatch.Changes{Account: storetest.Account, Version: version, At: storetest.Start,
		Cursor: []byte(strconv.FormatInt(version, 10))}
	for i := range benchMentions {
		m := storetest.Mention(fmt.Sprintf("%08d-%03d", version, i), fmt.Sprint("customer-", i%benchCases))
		ref := refs[i%benchCases]
		if i < benchCases {
			one := storetest.CaseOf(ref, m)
			c.Cases = append(c.Cases, one)
			c.Events = append(c.Events, storetest.Opened(one))
		}
		e := socialwatch.Entry{Mention: m, Assessment: storetest.Assessment(m), CaseID: ref.ID}
		if i < benchDrafts {
			e.Reply = storetest.Draft(m, "Sorry for the wait. We are looking into it and come back to you today.")
		}
		c.Entries = append(c.Entries, e)
	}
	return c
}

// BenchmarkSave stores the product's batch; ns/op is that of a batch.
func BenchmarkSave(b *testing.B) {
	for _, kind := range dbtest.Kinds(b) {
		b.Run(string(kind), func(b *testing.B) {
			fx := storetest.On(b, dbtest.New(b, kind))
			var version int64
			b.ReportAllocs()
			for b.Loop() {
				if err := fx.Save(b.Context(), benchBatch(b, fx, version)); err != nil {
					b.Fatal(err)
				}
				version++
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*benchMentions), "µs/mention")
		})
	}
}

// BenchmarkSaveAgainstLimit compares the CPU of Save, ours and the server's,
// with that of storing as many equal rows the cheapest way known: on Postgres
// COPY into mentions and INSERT…SELECT for the rest, on SQLite prepared
// statements. Each iteration is one round of both; ratio is the median of the
// rounds. Run it with -benchtime=7x or more.
func BenchmarkSaveAgainstLimit(b *testing.B) {
	const batches = 30 // of a round
	for _, kind := range dbtest.Kinds(b) {
		b.Run(string(kind), func(b *testing.B) {
			fx := storetest.On(b, dbtest.New(b, kind))
			limit := newLimit(b, dbtest.New(b, kind), kind)
			var version int64
			var saves, limits, ratios []float64
			for b.Loop() {
				round := make([]socialwatch.Changes, batches)
				for n := range round {
					round[n] = benchBatch(b, fx, version+int64(n))
				}
				saved := cpuOf(b, limit.server, func() {
					for _, c := range round {
						if _, err := fx.NextCases(b.Context(), benchCases); err != nil { // part of the price
							b.Fatal(err)
						}
						if err := fx.Save(b.Context(), c); err != nil {
							b.Fatal(err)
						}
					}
				})
				stored := cpuOf(b, limit.server, func() {
					for _, c := range round {
						limit.store(b, c)
					}
				})
				version += batches
				per := float64(batches * benchMentions)
				saves = append(saves, float64(saved.Microseconds())/per)
				limits = append(limits, float64(stored.Microseconds())/per)
				ratios = append(ratios, float64(saved)/float64(stored))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(saves), "cpu-µs/mention")
			b.ReportMetric(median(limits), "limit-cpu-µs/mention")
			b.ReportMetric(median(ratios), "ratio")
		})
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// cpuOf is the CPU time of this process and of the server's children while f
// runs.
func cpuOf(b testing.TB, server string, f func()) time.Duration {
	before := ownCPU(b) + serverCPU(server)
	f()
	return ownCPU(b) + serverCPU(server) - before
}

func ownCPU(b testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// serverCPU sums the processes whose parent is server; 0 where there is no
// /proc or no server.
func serverCPU(server string) time.Duration {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on Linux
	var sum time.Duration
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		_, after, ok := strings.Cut(string(text), ") ") // of the name
		fields := strings.Fields(after)
		if !ok || len(fields) < 13 || server == "" || fields[1] != server {
			continue
		}
		for _, f := range fields[11:13] { // utime and stime
			n, _ := strconv.ParseInt(f, 10, 64)
			sum += time.Duration(n) * tick
		}
	}
	return sum
}

// limit stores the same rows the cheapest way known.
type limit struct {
	db     *sql.DB
	kind   store.Kind
	server string // process id of the Postgres server
	last   int64  // case id
}

func newLimit(b *testing.B, o store.Options, kind store.Kind) *limit {
	l := &limit{db: dbtest.Raw(b, o), kind: kind, last: 1000}
	l.db.SetMaxOpenConns(1)
	b.Cleanup(func() { l.db.Close() })
	if _, err := l.db.Exec("insert into accounts (name, network, host) values ('help', 'mastodon', 'social.example')"); err != nil {
		b.Fatal(err)
	}
	if kind != store.Postgres {
		return l
	}
	l.server = serverOf(b, l.db)
	return l
}

// serverOf is the process id of a Postgres server; empty where there is no /proc.
func serverOf(b testing.TB, db *sql.DB) string {
	var pid string
	if err := db.QueryRow("select pg_backend_pid()").Scan(&pid); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		b.Logf("server CPU is not counted: %v", err)
		return ""
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return strings.Fields(after)[1]
}

var limitMentionColumns = []string{"network", "host", "post_id", "account", "kind", "case_id", "author_id", "author_handle",
	"author_name", "author_url", "followers", "bot", "body", "warning", "language", "visibility", "url", "parent_id", "parent_by",
	"root_id", "media", "created_at", "edited_at", "revision", "received_at", "rules", "intent", "escalate", "urgency", "sentiment",
	"lang", "score", "ignored", "thanks", "masked", "signals", "entities"}

func limitMention(e socialwatch.Entry, at time.Time) []any {
	m, a := e.Mention, e.Assessment
	signals, _ := json.Marshal(a.Signals)
	entities, _ := json.Marshal(a.Entities)
	media, _ := json.Marshal(m.Media)
	return []any{string(m.Network), m.Host, m.ID, m.Account, string(m.Kind), e.CaseID, m.Author.ID, m.Author.Handle,
		m.Author.Name, m.Author.URL, m.Author.Followers, m.Author.Bot, m.Text, m.Warning, m.Language, string(m.Visibility), m.URL,
		m.ParentID, m.ParentBy, m.RootID, string(media), m.CreatedAt, nil, m.Revision(), at, a.Rules, string(a.Intent), a.Escalate,
		a.Urgency, a.Sentiment, a.Language, a.Score, a.Ignored, a.Thanks, a.Masked, string(signals), string(entities)}
}

const (
	limitCase = `insert into cases (id, number, account, network, host, customer_id, customer, state, level, intent, score,
escalated, escalation, orders, opened_at, updated_at, due_at, look_at, version)`
	limitReply = `insert into replies (case_id, mention_id, account, state, version, payload, hash, findings, author,
expires_at, created_at, updated_at, due_at, rank, opened_at)`
	limitVersion = `insert into reply_versions (reply_id, version, payload, hash, findings, author, created_at)`
	limitEvent   = `insert into events (kind, case_id, case_version, reply_id, actor, at, data)`
)

func (l *limit) store(b *testing.B, c socialwatch.Changes) {
	for i := range c.Entries { // the limit's own numbers
		c.Entries[i].CaseID = l.last + 1 + int64(i%benchCases)
	}
	tx, err := l.db.BeginTx(context.Background(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	run := func(query string, args ...any) {
		if _, err := tx.Exec(query, args...); err != nil {
			b.Fatal(query, err)
		}
	}
	customer, _ := json.Marshal(c.Cases[0].Customer)
	payload, _ := json.Marshal(c.Entries[0].Reply.Payload)
	if l.kind == store.Postgres {
		l.copyIn(b, tx, run, c, string(customer), string(payload))
	} else {
		l.prepared(b, tx, run, c, string(customer), string(payload))
	}
	l.last += benchCases
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

func (l *limit) copyIn(b *testing.B, tx *sql.Tx, run func(string, ...any), c socialwatch.Changes, customer, payload string) {
	at, hash := c.At, c.Entries[0].Reply.Payload.Hash()
	run("update accounts set version = version + 1")
	run(limitCase+` select n, 'K-' || n, 'help', 'mastodon', 'social.example', 'customer-' || n % 10, $1, 'new', 3, 'stuck_order', 60,
false, '', '["100-2233"]', $2, $2, $2, $2, 1 from generate_series($3::bigint, $4::bigint) n`, customer, at, l.last+1, l.last+benchCases)
	stmt, err := tx.Prepare(pq.CopyIn("mentions", limitMentionColumns...))
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range c.Entries {
		if _, err := stmt.Exec(limitMention(e, at)...); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := stmt.Exec(); err != nil {
		b.Fatal(err)
	}
	if err := stmt.Close(); err != nil {
		b.Fatal(err)
	}
	posts := make([]string, benchDrafts)
	for i := range posts {
		posts[i] = c.Entries[i].Mention.ID
	}
	run(limitReply+` select m.case_id, m.id, 'help', 'awaiting', 1, $1, $2, '[]', 'socialwatch', $3, $3, $3, $3, 40, $3
from mentions m where m.network = 'mastodon' and m.host = 'social.example' and m.post_id = any($4)`, payload, hash, at, pq.Array(posts))
	run(limitVersion+` select id, 1, payload, hash, findings, author, created_at from replies where case_id between $1 and $2`,
		l.last+1, l.last+benchCases)
	run(limitEvent+` select 'case.opened', id, 1, null, 'socialwatch', $1, '{"intent":"stuck_order"}' from cases where id between $2 and $3`,
		at, l.last+1, l.last+benchCases)
	run(limitEvent+` select 'reply.' || s, case_id, 1, id, 'socialwatch', $1, jsonb_build_object('from', '', 'to', s, 'reason', '', 'version', 1, 'hash', hash)
from replies, unnest(array['proposed', 'checked', 'awaiting']) s where case_id between $2 and $3`, at, l.last+1, l.last+benchCases)
	run("select pg_notify('bench', '')")
}

func (l *limit) prepared(b *testing.B, tx *sql.Tx, run func(string, ...any), c socialwatch.Changes, customer, payload string) {
	prepare := func(query string, n int) func(args ...any) int64 {
		stmt, err := tx.Prepare(query + " values (?" + strings.Repeat(",?", n-1) + ")")
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { stmt.Close() })
		return func(args ...any) int64 {
			res, err := stmt.Exec(args...)
			if err != nil {
				b.Fatal(err)
			}
			id, _ := res.LastInsertId()
			return id
		}
	}
	at, hash := c.At, c.Entries[0].Reply.Payload.Hash()
	run("update accounts set version = version + 1")
	newCase, newEvent := prepare(limitCase, 19), prepare(limitEvent, 7)
	newMention := prepare("insert into mentions ("+strings.Join(limitMentionColumns, ", ")+")", len(limitMentionColumns))
	newReply, newVersion := prepare(limitReply, 15), prepare(limitVersion, 7)
	for i := range int64(benchCases) {
		id := l.last + 1 + i
		newCase(id, "K-"+strconv.FormatInt(id, 10), "help", "mastodon", "social.example", "customer-1", customer, "new", 3,
			"stuck_order", 60, false, "", `["100-2233"]`, at, at, at, at, 1)
		newEvent("case.opened", id, 1, nil, "socialwatch", at, `{"intent":"stuck_order"}`)
	}
	for i, e := range c.Entries {
		mention := newMention(limitMention(e, at)...)
		if i >= benchDrafts {
			continue
		}
		reply := newReply(e.CaseID, mention, "help", "awaiting", 1, payload, hash, "[]", "socialwatch", at, at, at, at, 40, at)
		newVersion(reply, 1, payload, hash, "[]", "socialwatch", at)
		for _, s := range []string{"proposed", "checked", "awaiting"} {
			newEvent("reply."+s, e.CaseID, 1, reply, "socialwatch", at,
				`{"from":"","to":"`+s+`","reason":"","version":1,"hash":"`+hash+`"}`)
		}
	}
}

// BenchmarkKeepWords is what search costs, our CPU and the server's, beside that
// of Save for the same mentions: paid in the background. Each iteration is one
// round; ratio is the median of the rounds.
func BenchmarkKeepWords(b *testing.B) {
	const batches = 30 // of a round
	for _, kind := range dbtest.Kinds(b) {
		b.Run(string(kind), func(b *testing.B) {
			fx := storetest.On(b, dbtest.New(b, kind))
			server := newLimit(b, dbtest.New(b, kind), kind).server
			var version int64
			var keeps, ratios []float64
			random := rand.New(rand.NewPCG(1, 2))
			for b.Loop() {
				round := make([]socialwatch.Changes, batches)
				for n := range round {
					round[n] = benchBatch(b, fx, version+int64(n))
					for i := range round[n].Entries { // twenty words of twenty thousand
						text := &round[n].Entries[i].Assessment.Masked
						*text = ""
						for range 20 {
							*text += fmt.Sprintf("word%x ", int(20_000*random.Float64()*random.Float64()))
						}
					}
				}
				version += batches
				saved := cpuOf(b, server, func() {
					for _, c := range round {
						if err := fx.Save(b.Context(), c); err != nil {
							b.Fatal(err)
						}
					}
				})
				fx.Log(b, 1<<62)
				kept := cpuOf(b, server, func() {
					for n := 1; n > 0; {
						var err error
						if n, err = fx.KeepWords(b.Context(), 500); err != nil {
							b.Fatal(err)
						}
					}
				})
				keeps = append(keeps, float64(kept.Microseconds())/(batches*benchMentions))
				ratios = append(ratios, float64(kept)/float64(saved))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(keeps), "cpu-µs/mention")
			b.ReportMetric(median(ratios), "ratio")
		})
	}
}
