package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// TestARestoredLogIsReadAgain: after an older backup was restored numbers come
// anew. Whether the log is shorter now than we have read, or longer, we are told
// what happened since, and nothing twice.
func TestARestoredLogIsReadAgain(t *testing.T) {
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	at := func(seq, minute int) event {
		return event{Seq: int64(seq), Kind: "mention.attached", Number: fmt.Sprint("K-", minute), At: start.Add(time.Duration(minute) * time.Minute)}
	}
	backup := []event{at(1, 1), at(2, 2)}
	for name, after := range map[string][]event{
		"nothing since":     backup,
		"fewer than before": append(backup[:2:2], at(3, 10)),
		"more than before":  append(backup[:2:2], at(3, 10), at(4, 11), at(5, 12)),
	} {
		t.Run(name, func(t *testing.T) {
			log := append(backup[:2:2], at(3, 3), at(4, 4))
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serveLog(w, r, log) }))
			defer server.Close()
			r := &relay{book: newBook(t), cases: socialwatch{caller{server.URL, "Authorization", "Bearer"}}}
			read := func(want int) {
				t.Helper()
				for range 2 { // again brings nothing new
					must(t, r.readLog(t.Context()))
				}
				for ; ; want-- {
					id, n := next(t, r.book)
					if id == "" {
						break
					}
					must(t, r.book.done(t.Context(), n))
				}
				if want != 0 {
					t.Errorf("%d events are missing", want)
				}
			}
			read(4)
			must(t, r.book.keep(t.Context(), ticket{number: "K-2", id: "1", seq: 4, over: true}))
			log = after
			read(len(after) - len(backup))
			if one, _, err := r.book.ticket(t.Context(), "K-2"); err != nil || one.seq != 0 || one.over {
				t.Errorf("the ticket knows an event that is gone: %+v, %v", one, err)
			}
			log = append(log, at(len(log)+1, 20))
			read(1)
		})
	}
}

// serveLog answers as GET /api/v1/events does.
func serveLog(w http.ResponseWriter, r *http.Request, log []event) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	if after > len(log) {
		w.WriteHeader(http.StatusConflict)
		return
	}
	next := len(log)
	_ = json.NewEncoder(w).Encode(map[string]any{"items": log[after:], "next": next})
}
