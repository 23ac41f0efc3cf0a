package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	var walk func(c *cobra.Command)
	seen := 0
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.Name() == "help" || c.Name() == "completion" || c.HasParent() && c.Parent().Name() == "completion" {
			return
		}
		seen++
		var help bytes.Buffer
		root := newRoot(tuning{})
		root.SetOut(&help)
		root.SetArgs(append(strings.Fields(c.CommandPath())[1:], "--help"))
		if err := root.Execute(); err != nil {
			t.Errorf("%s --help: %v", c.CommandPath(), err)
		}
		example := strings.Fields(c.Example)
		if !strings.Contains(help.String(), "Examples:") || !slices.Contains(example, "socialwatch") ||
			c.Short == "" || c.HasParent() && !strings.Contains(c.Example, c.Name()) {
			t.Errorf("%s --help has no example of it:\n%s", c.CommandPath(), help.String())
		}
	}
	walk(newRoot(tuning{}))
	if seen < 21 {
		t.Errorf("%d commands, want those of the issue", seen)
	}
}

// TestExitCodes: 0 done, 1 something failed, 2 wrong usage; an error goes to
// standard error and says what to do.
func TestExitCodes(t *testing.T) {
	s := newShop(t, store.SQLite, simulator.Options{})
	t.Parallel()
	for _, tc := range []struct {
		args string
		code int
		says string // on standard error; "" when it must be silent
	}{
		{"", 0, ""},
		{"version", 0, ""},
		{"check", 0, ""},
		{"migrate", 0, ""},
		{"poll --once", 0, ""},
		{"stop", 0, ""},
		{"nonsense", 2, "unknown command"},
		{"version extra", 2, "extra"},
		{"serve --nonsense", 2, "unknown flag"},
		{"poll", 2, "poll --once"},
		{"poll --once --max-time 0s", 2, "--max-time"},
		{"poll --once --max-time never", 2, "invalid"},
		{"demo --speed 0", 2, "--speed"},
		{"migrate --role case_system", 2, "--print"},
		{"triage", 2, "triage FILE|-"},
		{"triage a b", 2, "triage FILE|-"},
		{"eval", 2, "eval FILE"},
		{"show", 2, "show ID"},
		{"show seven", 2, "its number"},
		{"show 0", 2, "its number"},
		{"approve", 2, "approve ID"},
		{"approve 1", 2, "--hash"},
		{"reject 1", 2, "--reason"},
		{"reject 1 --reason mood", 2, "--reason"},
		{"resolve 1", 2, "--absent"},
		{"resolve 1 --absent --link https://social.example/@shop_help/1", 2, "--absent"},
		{"user add", 2, "LOGIN"},
		{"user nonsense", 2, "nonsense"},
		{"user add ben --role king", 2, "--role"},
		{"token add", 2, "NAME"},
		{"token nonsense", 2, "nonsense"},
		{"token add x --scope fly", 2, "--scope"},
		{"token add x --scope decide", 2, "--person"},
		{"poll --once --account other", 1, `no account "other"`},
		{"triage absent.jsonl", 1, "absent.jsonl"},
		{"eval absent.jsonl", 1, "absent.jsonl"},
		{"init", 1, "exists"},
		{"init --config /dev/null/socialwatch.yaml", 1, "/dev/null"},
		{"serve --config absent.yaml", 1, "socialwatch init"},
		{"migrate --config absent.yaml", 1, "socialwatch init"},
		{"queue", 1, "socialwatch serve"},
		{"cases", 1, "socialwatch serve"},
		{"show 1", 1, "socialwatch serve"},
		{"approve 1 --hash x", 1, "socialwatch serve"},
		{"reject 1 --reason wrong_tone", 1, "socialwatch serve"},
		{"resolve 1 --absent", 1, "socialwatch serve"},
		{"resume", 1, "socialwatch serve"},
		{"unpause", 2, "unpause ACCOUNT"},
		{"unpause other", 1, `no account "other"`},
		{"user add ben --role lead", 1, "password"},
		{"user add ben --role lead --account other", 1, `no account "other"`},
		{"token add x --person nobody --scope decide", 1, "password"},
	} {
		t.Run(tc.args, func(t *testing.T) {
			t.Parallel()
			one := *s
			one.T = t
			a := one.do(strings.Fields(tc.args)...)
			if a.code != tc.code || tc.says == "" && a.errors != "" || !strings.Contains(a.errors, tc.says) {
				t.Errorf("exit code %d, want %d with %q: %s", a.code, tc.code, tc.says, a.errors)
			}
			if tc.code == 1 && a.out != "" {
				t.Errorf("it failed and wrote %q", a.out)
			}
		})
	}
}

// TestCommandsSpeakJSON decides one reply after the other by the commands and
// reads each answer as JSON.
func TestCommandsSpeakJSON(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	read := func(into any, args ...string) {
		t.Helper()
		out := s.done(append(args, "--json")...)
		dec := json.NewDecoder(strings.NewReader(out))
		if err := dec.Decode(into); err != nil {
			t.Fatalf("%v: %v: %q", args, err, out)
		}
		if dec.More() {
			t.Fatalf("%v: more than one JSON document: %q", args, out)
		}
	}
	var version struct{ Version, Go string }
	if read(&version, "version"); version.Version == "" || version.Go == "" {
		t.Errorf("version: %+v", version)
	}
	var applied struct{ Applied []string }
	read(&applied, "migrate")
	var found []finding
	if read(&found, "check"); len(found) < 5 {
		t.Errorf("check: %+v", found)
	}
	for _, one := range found {
		if !one.OK && !one.Warn || one.What == "" || one.Text == "" {
			t.Errorf("check: %+v", one)
		}
	}
	d := s.serve()
	for n := range 3 {
		s.post(n)
	}
	type reply struct {
		ID    int64
		State string
		Hash  string
	}
	var queue struct{ Items []reply }
	until(t, time.Minute, "three drafts wait", func() bool { return len(s.rows()) == 3 })
	if read(&queue, "queue"); len(queue.Items) != 3 {
		t.Fatalf("queue: %+v", queue)
	}
	one := queue.Items[0]
	id := number(one.ID)
	var shown, decided reply
	if read(&shown, "show", id); shown != one {
		t.Errorf("show: %+v, want %+v", shown, one)
	}
	if a := s.do("show", "9977"); a.code != exitFailed || !strings.Contains(a.errors, "there is no reply 9977 that your token may read") || !strings.Contains(a.errors, "`socialwatch queue`") || strings.Contains(a.errors, "API") {
		t.Errorf("show of a reply that is none: %+v", a)
	}
	if a := s.do("approve", id, "--hash", strings.Repeat("0", 64)); a.code != exitFailed || !strings.Contains(a.errors, "look at it again") {
		t.Errorf("approve with another text's hash: %+v", a)
	}
	ask := s.do("approve", id, "--hash", shown.Hash)
	if ask.code != exitFailed || !strings.Contains(ask.errors, "confirm this approval: new template") {
		t.Errorf("approve of a new template: %+v", ask)
	}
	if read(&decided, "approve", id, "--hash", shown.Hash, "--confirm", s.toConfirm(ask.errors)); decided.State != "holding" {
		t.Errorf("approve: %+v", decided)
	}
	if a := s.do("reject", number(queue.Items[1].ID), "--reason", "other"); a.code != exitFailed || !strings.Contains(a.errors, "note") {
		t.Errorf("reject for other reasons without a note: %+v", a)
	}
	if read(&decided, "reject", number(queue.Items[1].ID), "--reason", "wrong_tone"); decided.State != "rejected" {
		t.Errorf("reject: %+v", decided)
	}
	if a := s.do("resolve", number(queue.Items[2].ID), "--absent"); a.code != exitFailed {
		t.Errorf("resolve of what is not in doubt: %+v", a)
	}
	var cases struct {
		Items []struct{ Number, State string }
	}
	if read(&cases, "cases"); len(cases.Items) != 3 || cases.Items[0].Number == "" {
		t.Errorf("cases: %+v", cases)
	}
	var stop struct{ Stopped *bool }
	if read(&stop, "stop"); stop.Stopped == nil || !*stop.Stopped {
		t.Error("stop does not say that it is stopped")
	}
	if read(&stop, "resume"); *stop.Stopped {
		t.Error("resume says that it is stopped")
	}
	d.end()
}

func number(n int64) string { b, _ := json.Marshal(n); return string(b) }

// TestTriageContract: the keys and types that docs and the issue promise, one
// line out for each good line in, every bad line named.
func TestTriageContract(t *testing.T) {
	t.Parallel()
	s := &shop{T: t, dir: t.TempDir()}
	s.config = filepath.Join(s.dir, "socialwatch.yaml") // there is none
	in := strings.Join([]string{
		`{"id":"a","text":"@shop_help order 555-0100123-0000001 still not shipped after 12 days!! mail me at customer1@mail.example","handle":"shop_help"}`,
		`not json`,
		``,
		`{"id":"b","text":"Thank you, it arrived today","lang":"en"}`,
		`["a list"]`,
		`{"id":"c","text":""}`,
	}, "\n")
	a := s.doWith(in, "triage", "-")
	if a.code != exitFailed || !strings.Contains(a.errors, "line 2") || !strings.Contains(a.errors, "line 5") || strings.Contains(a.errors, "line 3") {
		t.Errorf("exit code %d, want 1 and the bad lines named: %s", a.code, a.errors)
	}
	lines := strings.Split(strings.TrimSpace(a.out), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines out, want 3:\n%s", len(lines), a.out)
	}
	for i, line := range lines {
		var keys map[string]json.RawMessage
		must(t, json.Unmarshal([]byte(line), &keys))
		for _, key := range []string{"id", "intent", "escalate", "urgency", "sentiment", "lang", "score", "signals", "entities", "masked"} {
			if v, ok := keys[key]; !ok || string(v) == "null" {
				t.Errorf("line %d: no %s", i+1, key)
			}
		}
		var got struct {
			ID, Intent, Lang, Masked  string
			Escalate                  bool
			Urgency, Sentiment, Score int
			Signals                   []struct {
				Name               string
				Start, End, Points int
			}
		}
		dec := json.NewDecoder(strings.NewReader(line))
		must(t, dec.Decode(&got))
		if got.ID != string("abc"[i]) || got.Intent == "" || got.Urgency < 0 || got.Urgency > 2 ||
			got.Sentiment < -1 || got.Sentiment > 1 || got.Score < 0 || got.Score > 100 {
			t.Errorf("line %d: %+v", i+1, got)
		}
		if i == 0 && (len(got.Signals) == 0 || strings.Contains(got.Masked, "customer1@mail.example")) {
			t.Errorf("a stuck order has no evidence, or an address stands unmasked: %+v", got)
		}
	}
	file := filepath.Join(s.dir, "posts.jsonl")
	must(t, os.WriteFile(file, []byte(`{"id":"a","text":"where is my order"}`), 0o600))
	if a := s.do("triage", file); a.code != exitDone || strings.Count(a.out, "\n") != 1 || a.errors != "" {
		t.Errorf("triage of a file: %+v", a)
	}
}

func TestInitNeverOverwrites(t *testing.T) {
	t.Parallel()
	s := &shop{T: t, dir: t.TempDir()}
	s.config = filepath.Join(s.dir, "socialwatch.yaml")
	s.done("init")
	first, err := os.ReadFile(s.config)
	must(t, err)
	must(t, os.WriteFile(s.config, append(first, "# mine\n"...), 0o600))
	if a := s.do("init"); a.code != exitFailed || !strings.Contains(a.errors, "left as it is") {
		t.Errorf("second init: %+v", a)
	}
	second, err := os.ReadFile(s.config)
	must(t, err)
	if !bytes.HasSuffix(second, []byte("# mine\n")) {
		t.Error("init wrote over a configuration")
	}
}

// TestPollOnceBesideAnother: a lease that another process holds is no
// failure; an account that fails is named, and the others are read.
func TestPollOnceBesideAnother(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	quiet := func() {
		t.Helper()
		if a := s.do("poll", "--once"); a.code != exitDone || a.out+a.errors != "" {
			t.Fatalf("poll --once is not silent on success: %+v", a)
		}
	}
	quiet()
	post := s.post(1)
	st := dbtest.Reopen(t, s.db)
	ctx := context.WithoutCancel(t.Context())
	s.pace.Lease = time.Minute
	fence, err := st.Acquire(ctx, "poll/shop_help", "elsewhere", s.pace.Lease, time.Now())
	must(t, err)
	looks, err := st.Acquire(ctx, "threads/shop_help", "elsewhere", s.pace.Lease, time.Now())
	must(t, err)
	quiet()
	if s.has([]string{post}) {
		t.Error("an account was read under another's lease")
	}
	must(t, st.Release(ctx, "poll/shop_help", "elsewhere", fence))
	must(t, st.Release(ctx, "threads/shop_help", "elsewhere", looks))
	quiet()
	if !s.has([]string{post}) {
		t.Error("the mention was not read")
	}

	config, err := os.ReadFile(s.config)
	must(t, err)
	config = append(config, "  - {name: second_help, network: mastodon, base_url: \"http://"+freeAddress(t)+"\", token_file: "+filepath.Join(s.dir, "token")+"}\n"...)
	must(t, os.WriteFile(s.config, config, 0o600))
	post = s.post(2)
	a := s.do("poll", "--once")
	if a.code != exitFailed || !strings.Contains(a.errors, "account second_help") || strings.Contains(a.errors, "account shop_help") || a.out != "" {
		t.Errorf("one account fails: %+v", a)
	}
	if !s.has([]string{post}) {
		t.Error("the account that works was not read")
	}
	if a := s.do("poll", "--once", "--account", "shop_help"); a.code != exitDone {
		t.Errorf("the account that works, alone: %+v", a)
	}
}
