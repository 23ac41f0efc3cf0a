package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// mark stands in every word, name, link and number of the person that the tests
// erase, and nowhere else.
const mark = "zqx"

// marks are what is stored of the person.
type marks struct {
	subject socialwatch.Subject
	own     socialwatch.Case // theirs: awaiting draft, notes, tags, orders
	sent    socialwatch.Case // theirs: a reply in public
	doubt   socialwatch.Case // theirs: a reply in doubt
	merged  socialwatch.Case // theirs, merged into own
	others  socialwatch.Case // another's, with a post of theirs
	inDoubt int64            // reply
}

// wrote is a post of the person with the mark in every field.
func wrote(id string) (socialwatch.Mention, socialwatch.Assessment) {
	m := Mention(id, mark+"id")
	m.Text, m.Warning = mark+"text zqxwords zqx-5550001", mark+"warning"
	m.Author.Name, m.Author.Handle, m.Author.URL = mark+"name", mark+"handle@far.example", "https://far.example/@"+mark+"profile"
	m.URL, m.Media = "https://far.example/@"+mark+"address", []socialwatch.Media{{Kind: "image", Description: mark + "picture"}}
	a := Assessment(m)
	a.Masked = mark + "masked"
	a.Entities = []socialwatch.Entity{{Kind: socialwatch.OrderNumber, Value: "ZQX5550001", Start: 16, End: 27}}
	return m, a
}

func answered(m socialwatch.Mention) *socialwatch.Reply {
	r := Draft(m, "you wrote "+mark+"quote")
	r.Payload.Warning = m.Warning
	r.Hash, r.Findings = r.Payload.Hash(), []socialwatch.Finding{{Rule: "tone", Words: mark + "finding", Start: 1, End: 2}}
	return r
}

// plant stores a person in every place that there is, and another customer
// beside them.
func plant(t *testing.T, fx bench) (k marks) {
	t.Helper()
	c := fx.Changes(t)
	theirs := func(id string) socialwatch.Case {
		m, a := wrote(id)
		one := fx.NewCase(t, m)
		one.Orders, one.Escalated, one.Escalation = []string{"ZQX5550001"}, true, mark+"escalation"
		c.Cases = append(c.Cases, one)
		c.Events = append(c.Events, Opened(one))
		c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: a, CaseID: one.ID, Reply: answered(m)})
		return one
	}
	k.own, k.sent, k.doubt, k.merged = theirs("p1"), theirs("p2"), theirs("p3"), theirs("p7")
	second, b := say("s1", "customer2", "wvustays", "en")
	k.others = fx.NewCase(t, second)
	c.Cases = append(c.Cases, k.others)
	c.Entries = append(c.Entries, socialwatch.Entry{Mention: second, Assessment: b, CaseID: k.others.ID, Reply: Draft(second, "wvureply")})
	third, b := wrote("p4")
	third.ParentBy = mark + "id"
	c.Entries = append(c.Entries, socialwatch.Entry{Mention: third, Assessment: b, CaseID: k.others.ID})
	ignored, b := wrote("p5")
	b.Ignored = "noise.promotion"
	c.Entries = append(c.Entries, socialwatch.Entry{Mention: ignored, Assessment: b})
	c.Aside = []socialwatch.SetAside{{ID: "raw1", Raw: []byte(`{"acct":"ZQXhandle@far.example"}`), Problem: "odd", At: Start},
		{ID: "raw2", Raw: []byte(`{"acct":"wvuhandle"}`), Problem: "odd", At: Start}}
	fx.MustSave(t, c)
	waits, _ := wrote("p6")
	if err := fx.PutInbox(t.Context(), Account, []socialwatch.Mention{waits}, Start); err != nil {
		t.Fatal(err)
	}
	plantWork(t, fx, &k)
	k.subject = socialwatch.Subject{Network: socialwatch.Mastodon, Host: Host, ID: mark + "id", Handles: []string{mark + "handle@far.example"}}
	return k
}

// plantWork has people and systems work on the person's cases.
func plantWork(t *testing.T, fx bench, k *marks) {
	t.Helper()
	otto, lea := fx.Hire(t, "otto", socialwatch.RoleAuthor), fx.Hire(t, "lea", socialwatch.RoleLead)
	known := fx.Know(t, []string{"p1", "p2", "p3"}, nil)
	for _, r := range known.Replies {
		switch r.CaseID {
		case k.own.ID:
			m, _ := wrote("p1")
			rev := Edit(Seeded{Mention: m, Reply: r}, otto, mark+"revised")
			rev.Change.Diff = []socialwatch.DiffPart{{Op: socialwatch.DiffAdded, Text: mark + "diff"}}
			revised, err := fx.Revise(t.Context(), rev)
			if err != nil {
				t.Fatal(err)
			}
			_, err = fx.Reject(t.Context(), socialwatch.Decision{ReplyID: revised.ID, Hash: revised.Hash, By: lea, Reason: "other", Note: mark + "why"}, Start)
			if err != nil {
				t.Fatal(err)
			}
		case k.sent.ID:
			put(t, fx, r.ID, socialwatch.ReplySent)
			fx.exec(t, fmt.Sprintf("update replies set post_url = 'https://far.example/@%s' where id = %d", mark, r.ID))
		case k.doubt.ID:
			k.inDoubt = r.ID
			put(t, fx, r.ID, socialwatch.ReplyUnknown)
		}
	}
	edited, a := wrote("p1")
	edited.Text, edited.EditedAt = mark+"edited", Start.Add(time.Second)
	c := fx.Changes(t)
	c.Entries = []socialwatch.Entry{{Mention: edited, Assessment: a, CaseID: k.own.ID}}
	c.Events = []socialwatch.Event{{Kind: socialwatch.EventCaseResponded, CaseID: k.own.ID, CaseVersion: 1, Actor: socialwatch.System, At: Start,
		Data: map[string]any{"how": socialwatch.RespondedNatively, "parent_id": "p0", "url": "https://far.example/@" + mark}}}
	fx.MustSave(t, c)
	if _, err := fx.AddNote(t.Context(), store.NewNote{CaseWork: workOn(k.own, otto), Body: mark + "note @lea", Calls: []string{"lea"}}); err != nil {
		t.Fatal(err)
	}
	number := fx.detail(t, k.own.Number).Case
	if _, err := fx.Tag(t.Context(), store.Tagging{CaseWork: workOn(number, otto), Add: []string{mark + "tag"}}); err != nil {
		t.Fatal(err)
	}
	fx.Log(t, 0)
	if _, err := fx.EnrolOrders(t.Context(), Start, 100); err != nil {
		t.Fatal(err)
	}
	into, away := fx.detail(t, k.own.Number).Case, fx.detail(t, k.merged.Number).Case
	if _, err := fx.Merge(t.Context(), store.Merge{CaseWork: workOn(into, lea), Other: away.Number, OtherVersion: away.Version}); err != nil {
		t.Fatal(err)
	}
	fx.exec(t, fmt.Sprintf("update case_orders set status = '%sfacts', outcome = 'found'", mark))
	fx.exec(t, fmt.Sprintf(`insert into case_commands (key, system, case_id, kind, data, inserted_at)
select 'k', 'crm', id, 'note', '{"text": "%scommand"}', opened_at from cases where id = %d`, mark, k.own.ID))
	fx.exec(t, fmt.Sprintf(`insert into case_commands (key, system, case_number, kind, data, inserted_at)
select 'n', 'crm', number, 'note', '{"text": "%sby number"}', opened_at from cases where id = %d`, mark, k.own.ID))
	r := fx.begin(t, store.Request{TokenID: fx.token(t), Key: "k", Hash: "a", At: Start})
	if err := fx.Keep(t.Context(), r, store.Answer{Status: 200, Body: []byte(mark + "answer")}); err != nil {
		t.Fatal(err)
	}
	learn(t, fx.Fixture)
}

// allRows is every row of every table, a line each.
func allRows(t *testing.T, fx bench) string {
	t.Helper()
	tables := `select table_name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'`
	if fx.Kind() == store.SQLite {
		tables = `select name from sqlite_master where type = 'table' and name not like 'case_words_index%' and name not like 'sqlite_%'`
	}
	var b strings.Builder
	for _, table := range fx.strings(t, tables) {
		b.WriteString(tableText(t, fx, table))
	}
	return b.String() + index(t, fx)
}

// strings reads one column of text.
func (fx bench) strings(t *testing.T, query string) (all []string) {
	t.Helper()
	rows, err := fx.db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// left are the lines in which the mark stands, those of case K aside.
func left(t *testing.T, fx bench, but ...string) (lines []string) {
	t.Helper()
	for line := range strings.Lines(allRows(t, fx)) {
		if strings.Contains(strings.ToLower(line), mark) && !slices.ContainsFunc(but, func(b string) bool { return strings.Contains(line, b) }) {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestAnErasedPersonLeavesNoWord in any row of any table, and the events say what
// was erased.
func TestAnErasedPersonLeavesNoWord(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		k := plant(t, fx)
		found, err := fx.Subjects(t.Context(), "@ZQXhandle@far.example")
		if err != nil || len(found) != 1 || found[0].ID != k.subject.ID || !slices.Equal(found[0].Handles, k.subject.Handles) {
			t.Fatalf("%+v, %v", found, err)
		}
		request := socialwatch.Erasure{Subject: found[0], Actor: "terminal:test", Note: "letter of Monday", At: Start.Add(time.Hour), DryRun: true}
		before := allRows(t, fx)
		if got := strings.Count(before, mark); got < 60 {
			t.Fatalf("the mark stands %d times only", got)
		}
		named := socialwatch.Erasure{Subject: found[0], Note: "asked by " + found[0].Handles[0], At: request.At}
		if _, err := fx.ErasePerson(t.Context(), named); !errors.Is(err, socialwatch.ErrErasureNoteNames) || allRows(t, fx) != before {
			t.Errorf("with the name in the audit: %v", err)
		}
		dry, err := fx.ErasePerson(t.Context(), request)
		if err != nil || allRows(t, fx) != before {
			t.Fatalf("a dry run changes rows: %v", err)
		}
		after := fx.Log(t, 0)
		request.DryRun = false
		done, err := fx.ErasePerson(t.Context(), request)
		if err != nil || fmt.Sprint(done) != fmt.Sprint(dry) {
			t.Fatalf("%+v, announced %+v, %v", done, dry, err)
		}
		want := socialwatch.Erased{Cases: []string{k.own.Number, k.sent.Number, k.merged.Number}, Touched: []string{k.others.Number}, Mentions: 5, Revisions: 1,
			Replies: 3, Withdrawn: 1, Notes: 1, Tags: 1, Orders: 3, Events: 2, Commands: 2, Waiting: 1, Aside: 1, Answers: 1,
			Kept: []socialwatch.KeptCase{{Number: k.doubt.Number, ReplyID: k.inDoubt, State: socialwatch.ReplyUnknown}}}
		if fmt.Sprint(done) != fmt.Sprint(want) {
			t.Errorf("erased %+v\nwant   %+v", done, want)
		}
		put(t, fx, k.inDoubt, socialwatch.ReplySent)
		last, err := fx.ErasePerson(t.Context(), request)
		if err != nil || !slices.Equal(last.Cases, []string{k.doubt.Number}) || len(last.Kept) > 0 {
			t.Fatalf("the rest: %+v, %v", last, err)
		}
		for _, line := range left(t, fx) {
			t.Errorf("left: %s", line)
		}
		rows := allRows(t, fx)
		for _, w := range []string{"wvustays", "wvureply", "wvuhandle"} {
			if !strings.Contains(rows, w) {
				t.Errorf("%s of another is gone", w)
			}
		}
		again, err := fx.ErasePerson(t.Context(), request)
		if err != nil || !again.None() {
			t.Errorf("again: %+v, %v", again, err)
		}
		if found, err := fx.Subjects(t.Context(), k.subject.ID); err != nil || len(found) != 0 {
			t.Errorf("still known: %+v, %v", found, err)
		}
		tombstones(t, fx, k, fx.Log(t, after[len(after)-1].Seq))
	})
}

// tombstones holds what is left of the person's cases and what the log says.
func tombstones(t *testing.T, fx bench, k marks, log []socialwatch.Event) {
	t.Helper()
	kinds := map[string]int{}
	for _, e := range log {
		kinds[fmt.Sprint(e.Kind, " ", e.CaseNumber, " ", e.Data["why"])]++
		if e.Actor != "terminal:test" {
			t.Errorf("%s by %s", e.Kind, e.Actor)
		}
	}
	for _, want := range []string{"case.erased " + k.own.Number + " request", "case.erased " + k.sent.Number + " request", "case.erased " + k.doubt.Number + " request",
		"mention.erased " + k.others.Number + " request", "mention.erased  request", "case.state " + k.own.Number + " <nil>"} {
		if kinds[want] != 1 {
			t.Errorf("%s: %d times in %v", want, kinds[want], kinds)
		}
	}
	d := fx.detail(t, k.own.Number)
	if d.Case.State != socialwatch.CaseClosed || d.Case.Customer.Handle != "" || d.Case.Number != k.own.Number || len(d.Mentions) != 2 {
		t.Errorf("tombstone %+v", d.Case)
	}
	merged := workOn(k.merged, socialwatch.Person{Login: "lea"})
	if _, err := fx.Unmerge(t.Context(), store.Unmerge{CaseWork: merged}); err == nil {
		t.Error("the merge of an erased case can be undone")
	}
	if d := fx.detail(t, k.others.Number); d.Case.State != socialwatch.CaseNew || d.Case.Customer.Handle == "" {
		t.Errorf("another's case: %+v", d.Case)
	}
}

// TestErasingWithdrawsWhatIsNotOver before it takes the words away.
func TestErasingWithdrawsWhatIsNotOver(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		lives := []socialwatch.ReplyState{socialwatch.ReplyAwaiting, socialwatch.ReplyApproved, socialwatch.ReplyHolding, socialwatch.ReplyBlocked,
			socialwatch.ReplyFailed}
		c := fx.Batch(t, "post", len(lives))
		for i := range c.Entries {
			c.Entries[i].Mention.Author.ID, c.Cases[i].Customer.ID = "one", "one"
		}
		fx.MustSave(t, c)
		for i, r := range fx.Know(t, []string{"post-0001", "post-0002", "post-0003", "post-0004", "post-0005"}, nil).Replies {
			put(t, fx, r.ID, lives[i])
		}
		done, err := fx.ErasePerson(t.Context(), socialwatch.Erasure{At: Start, Actor: "terminal", Note: "letter of Monday",
			Subject: socialwatch.Subject{Network: socialwatch.Mastodon, Host: Host, ID: "one"}})
		if err != nil || done.Withdrawn != len(lives) || done.Replies != len(lives) {
			t.Fatalf("%+v, %v", done, err)
		}
		if states := fx.strings(t, "select distinct state from replies"); !slices.Equal(states, []string{"withdrawn"}) {
			t.Errorf("states %v", states)
		}
		if n := len(fx.strings(t, "select kind from events where kind = 'reply.withdrawn'")); n != len(lives) {
			t.Errorf("%d events", n)
		}
		if due, err := fx.DueSends(t.Context(), Start.Add(time.Hour), 10); err != nil || len(due) > 0 {
			t.Errorf("would be sent: %v, %v", due, err)
		}
	})
}
