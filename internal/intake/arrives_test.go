package intake_test

import (
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// arrival is one line of "What arrives, and its effect" (product note, section 4):
// what came before, what arrives, and what holds then. Customer c1 has the case of
// post p1, which is K-1001.
type arrival struct {
	name    string
	before  func(r *rig)
	arrives func(r *rig)
	want    map[string]int
}

const (
	attached = "select count(*) from mentions where post_id = 'new' and case_id = 1001"
	cases    = "select count(*) from cases"
	live     = "select count(*) from cases where id = 1001 and state in ('new','open')"
	reopened = "select count(*) from events where case_id = 1001 and kind = 'case.reopened'"
)

func (r *rig) resolved(ago time.Duration) {
	r.exec("update cases set state = 'resolved', resolved_at = updated_at where id = 1001")
	r.clock.add(ago)
}

// another opens a second case of c1, older than the first, about order SW-2.
func (r *rig) another() {
	r.exec(`insert into cases (id, number, account, network, host, customer_id, customer, state, level, intent, score, escalated, escalation,
		orders, opened_at, updated_at, due_at, version, team) select 900, 'K-900', account, network, host, customer_id, customer, 'open', level, intent,
		score, escalated, escalation, '["SW-2"]', opened_at, updated_at, due_at, 1, team from cases where id = 1001`)
	r.exec("update cases set orders = '[\"SW-1\"]' where id = 1001")
	r.exec("update cases set opened_at = updated_at where id = 1001")
}

func says(author, text string, change ...func(*socialwatch.Mention)) func(*rig) {
	return func(r *rig) {
		now := func(m *socialwatch.Mention) { m.CreatedAt = r.clock.Now() }
		r.town.say("new", author, text, append([]func(*socialwatch.Mention){now}, change...)...)
		r.poll()
	}
}

func nothing(*rig) {}

func (r *rig) sent() {
	r.exec("update replies set state = 'sent', post_id = 'ours', sent_at = created_at where state = 'awaiting'")
	r.exec("update cases set responded_at = updated_at, asked_at = null, state = 'waiting' where id = 1001")
	r.town.say("ours", "us", "answer", answers("p1"), func(m *socialwatch.Mention) { m.Own = true })
	r.town.feed = r.town.feed[:1]
}

// ourReplyGoes is what the nightly look does when our reply is gone.
func ourReplyGoes(r *rig) {
	delete(r.town.posts, "ours")
	r.clock.add(time.Hour)
	ids, err := r.store.DueSent(r.t.Context(), "help", r.clock.Now(), r.clock.Now(), 10)
	if err != nil || len(ids) != 1 {
		r.t.Fatalf("to look at: %v, %v", ids, err)
	}
	for range 2 { // twice says it once
		if err := r.in.Look(r.t.Context(), r.town.connector(), ids); err != nil {
			r.t.Fatal(err)
		}
	}
}

var arrivals = []arrival{
	{"author's reply in the thread", nothing, says("c1", "still nothing", answers("p1")), map[string]int{attached: 1, cases: 1}},
	{"new post within 7 days", nothing, func(r *rig) { r.clock.add(6 * 24 * time.Hour); says("c1", "hello again")(r) }, map[string]int{attached: 1, cases: 1}},
	{"new post after 7 days", nothing, func(r *rig) { r.clock.add(8 * 24 * time.Hour); says("c1", "hello again")(r) }, map[string]int{attached: 0, cases: 2}},
	{"new post after 7 days of clocks alone", nothing, afterClocks, map[string]int{attached: 0, cases: 2}},
	{"new post after 7 days, 6 after a colleague's note", nothing, afterNote, map[string]int{attached: 1, cases: 1}},
	{"of several, the same order number", (*rig).another, says("c1", "about SW-2"), map[string]int{attached: 0, cases: 2}},
	{"of several, else the newest", (*rig).another, says("c1", "hello again"), map[string]int{attached: 1, cases: 2}},
	{"number quoted by its customer", (*rig).another, says("c1", "about K-1001"), map[string]int{attached: 1, cases: 2}},
	{"number quoted under somebody else's post", nothing, says("c1", "about K-1001", answers("elsewhere"), follows), map[string]int{attached: 1, cases: 1}},
	{"number of a merged case", merged, says("c1", "about K-900"), map[string]int{attached: 1, cases: 2}},
	{"number of a closed case", closed, says("c1", "about K-1001"), map[string]int{attached: 0, cases: 2,
		"select count(*) from cases where linked = 1001": 1}},
	{"number quoted by a stranger", nothing, says("c2", "about K-1001"), map[string]int{attached: 0, cases: 2,
		"select count(*) from quotes where number = 'K-1001'": 1}},
	{"third party in the thread", nothing, says("c2", "same here", answers("p1"), follows), map[string]int{"select count(*) from mentions": 1, cases: 1}},
	{"third party who names us", nothing, says("c2", "same here", answers("p1")), map[string]int{attached: 0, cases: 2}},
	{"follow-up within 72 h of resolving", func(r *rig) { r.resolved(71 * time.Hour) }, says("c1", "still nothing", answers("p1")),
		map[string]int{attached: 1, live: 1, reopened: 1}},
	{"only thanks", func(r *rig) { r.resolved(time.Hour) }, says("c1", "thanks", answers("p1")), map[string]int{attached: 1, live: 0, reopened: 0}},
	{"follow-up after closing", closed, says("c1", "still nothing", answers("p1")), map[string]int{attached: 0, live: 0, cases: 2,
		"select count(*) from cases where linked = 1001": 1}},
	{"our sent reply vanished", (*rig).sent, ourReplyGoes, map[string]int{live: 1, cases: 1,
		"select count(*) from events where kind = 'reply.gone'":                                                             1,
		"select count(*) from replies where gone_at is not null":                                                            1,
		"select count(*) from cases where escalated and asked_at is not null and escalation like '%gone from the network%'": 1}},
	{"our sent reply vanished after resolving", func(r *rig) { r.sent(); r.resolved(time.Hour) }, ourReplyGoes, map[string]int{live: 1, reopened: 1}},
	{"our sent reply vanished, of another system's case", func(r *rig) { r.sent(); r.exec("update cases set external_system = 'desk'") }, ourReplyGoes,
		map[string]int{live: 0, "select count(*) from events where kind = 'reply.gone'": 1}},
}

func follows(m *socialwatch.Mention) { m.Kind = socialwatch.KindFollowUp }

func closed(r *rig) {
	r.exec("update cases set state = 'closed', resolved_at = updated_at where id = 1001")
}

func merged(r *rig) {
	r.another()
	r.exec("update cases set state = 'merged', merged_into = 1001 where id = 900")
}

// afterClocks lets a warning and a breach come late.
func afterClocks(r *rig) {
	r.clock.add(6 * 24 * time.Hour)
	if n, err := r.store.Breach(r.t.Context(), r.clock.Now()); err != nil || n != 1 {
		r.t.Fatalf("%d breaches, %v", n, err)
	}
	r.clock.add(2 * 24 * time.Hour)
	says("c1", "hello again")(r)
}

func afterNote(r *rig) {
	r.clock.add(2 * 24 * time.Hour)
	ana, err := r.store.AddPerson(r.t.Context(), socialwatch.Person{Login: "ana", Name: "Ana",
		Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleAuthor}}, "", start)
	if err != nil {
		r.t.Fatal(err)
	}
	d, err := r.store.Case(r.t.Context(), "K-1001")
	if err == nil {
		_, err = r.store.AddNote(r.t.Context(), store.NewNote{CaseWork: store.CaseWork{Number: "K-1001", Version: d.Case.Version, By: ana, At: r.clock.Now()}, Body: "rang"})
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.clock.add(6 * 24 * time.Hour)
	says("c1", "hello again")(r)
}

func TestWhatArrivesAndItsEffect(t *testing.T) {
	each(t, func(t *testing.T, whole *rig) {
		for _, a := range arrivals {
			t.Run(a.name, func(t *testing.T) {
				r := *whole
				r.t = t
				r.anew()
				r.town.say("p1", "c1", "never came")
				r.poll()
				a.before(&r)
				a.arrives(&r)
				for query, n := range a.want {
					r.want(n, query)
				}
			})
		}
	})
}

// anew empties the database and the town: to make both costs more.
func (r *rig) anew() {
	r.exec(`delete from reply_versions; delete from replies; delete from mentions; delete from notes; delete from case_words;
		delete from events; delete from cases; update counters set value = 1000 where name = 'case'; update accounts set cursor = null`)
	r.town, r.clock = newTown(), &clock{now: start.Add(time.Hour)}
	in := *r.in
	in.Now, r.in = r.clock.Now, &in
}
