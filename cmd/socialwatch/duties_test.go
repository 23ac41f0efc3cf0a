package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/config"
	"socialwatch/internal/publish"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// deskRig is the wired program on the stand-in, driven step by step.
type deskRig struct {
	*shop
	app  *app
	conn *connectors.Connector
	by   socialwatch.Person
}

// onDesk runs a test on the wired program and each kind of database.
func onDesk(t *testing.T, f func(d *deskRig)) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, kind, simulator.Options{})
			cfg, err := config.Load(s.config)
			must(t, err)
			cfg.Database.URL, cfg.Database.URLEnv = s.db.URL, ""
			a, err := wire(t.Context(), cfg, tuning{sweep: time.Millisecond, settle: time.Millisecond, look: time.Second, log: quietLog()})
			must(t, err)
			t.Cleanup(func() { must(t, a.close()) })
			f(&deskRig{shop: s, app: a, conn: a.connector("shop_help"), by: socialwatch.Person{Login: shopLogin,
				Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleLead}}})
		})
	}
}

func (d *deskRig) say(author, text string, o simulator.PostOptions) string {
	d.Helper()
	id, err := d.sim.Post(author, text, o)
	must(d.T, err)
	return id
}

func (d *deskRig) poll() { d.Helper(); must(d.T, d.app.poll(d.Context(), d.conn)) }

// reply is the newest reply to a post.
func (d *deskRig) reply(post string) socialwatch.Reply {
	d.Helper()
	var id int64
	for _, r := range d.rows() {
		if r.parent == post {
			id = r.id
		}
	}
	rc, err := d.app.store.Context(d.Context(), id)
	must(d.T, err)
	return rc.Reply
}

func (d *deskRig) approve(r socialwatch.Reply) error {
	return approve(d.Context(), d.app, socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: d.by})
}

// approve decides as a person does who looks twice where that is asked.
func approve(ctx context.Context, a *app, d socialwatch.Decision) error {
	_, err := a.desk.Approve(ctx, d)
	var ask *socialwatch.ConfirmError
	if errors.As(err, &ask) {
		d.Confirm = ask.Digest
		_, err = a.desk.Approve(ctx, d)
	}
	return err
}

// again writes a text by hand where a reply has ended.
func (d *deskRig) again(r socialwatch.Reply) socialwatch.Reply {
	d.Helper()
	fresh, err := d.app.desk.Again(d.Context(), socialwatch.Decision{ReplyID: r.ID, By: d.by, Text: "One more thing: we look into it."})
	must(d.T, err)
	return fresh
}

func (d *deskRig) force(query string, r socialwatch.Reply) {
	d.Helper()
	_, err := d.look().Exec(fmt.Sprintf("update replies set %s where id = %d", query, r.ID))
	must(d.T, err)
}

// mustBlock shows that a rule stands in a reply's way when it is written, when
// it is approved and, should both have come too early, before it is sent: by
// itself, where looking at the network would not have ended the reply before.
func (d *deskRig) mustBlock(r socialwatch.Reply, rule, words string) {
	d.Helper()
	blocked := func(when string, findings []socialwatch.Finding) {
		d.Helper()
		if !slices.ContainsFunc(findings, func(f socialwatch.Finding) bool {
			return f.Blocks && f.Rule == rule && strings.Contains(f.Mend, words)
		}) {
			d.Errorf("%s: %+v, want %s", when, findings, rule)
		}
	}
	blocked("written", r.Findings)
	if r.State != socialwatch.ReplyBlocked {
		d.Errorf("written: %s", r.State)
	}
	desk, publisher := d.app.desk.Refresh, d.app.publisher.Refresh
	defer func() { d.app.desk.Refresh, d.app.publisher.Refresh = desk, publisher }()
	d.app.desk.Refresh = nil
	d.app.publisher.Refresh = func(context.Context, *connectors.Connector, []socialwatch.Watch) (error, error) { return nil, nil }
	d.force("state = 'awaiting', findings = '[]'", r)
	var refusal *publish.BlockedError
	if err := d.approve(r); !errors.As(err, &refusal) {
		d.Fatalf("approved: %v", err)
	}
	blocked("approved", refusal.Findings)
	// All of it as an approval leaves it, half a minute before.
	d.force("state = 'holding', key = 'k', findings = '[]', decided_at = created_at, hold_until = created_at", r)
	public := len(d.public())
	must(d.T, d.app.publish(d.Context()))
	r = d.reply(r.Payload.ParentID)
	blocked("to be sent", r.Findings)
	if r.State != socialwatch.ReplyBlocked || len(d.public()) != public {
		d.Errorf("to be sent: %s, %d public", r.State, len(d.public()))
	}
}

func TestWhoAsksForSilenceIsLeftAlone(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *deskRig) {
		first := d.post(1)
		d.poll()
		must(d.T, d.approve(d.reply(first)))
		d.say("customer1@far.example", "@shop_help@social.example please stop messaging me", simulator.PostOptions{})
		d.poll()
		r := d.reply(first)
		if r.State != socialwatch.ReplySuperseded || r.Reason != "the customer asked us not to write to them" {
			d.Errorf("the approved reply is %s: %s", r.State, r.Reason)
		}
		must(d.T, d.app.publish(d.Context()))
		d.say("customer1@far.example", "@shop_help@social.example order 555-0000009-0000001 still has not arrived", simulator.PostOptions{})
		d.poll()
		if n := d.number("select count(*) from replies"); n != 1 {
			d.Errorf("%d replies", n)
		}
		if n := d.number("select count(*) from cases where escalated and escalation like '%asked us not to write to them%'"); n != 1 {
			d.Errorf("%d cases say why", n)
		}
		if public := d.public(); len(public) != 0 {
			d.Fatalf("published %v", public)
		}
		d.mustBlock(d.again(r), "not_answerable", "asked us not to write to them")
	})
}

func TestOneReplyWhereTheNetworkAllowsOne(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *deskRig) {
		first := d.post(1)
		d.poll()
		must(d.T, d.approve(d.reply(first)))
		must(d.T, d.app.publish(d.Context()))
		r := d.reply(first)
		if r.State != socialwatch.ReplySent {
			d.Fatalf("%s: %s", r.State, r.Reason)
		}
		// Where several are allowed, a second one awaits.
		more := d.again(r)
		if more.State != socialwatch.ReplyAwaiting {
			d.Errorf("a second reply on a network that allows it is %s: %+v", more.State, more.Findings)
		}
		d.force("state = 'withdrawn'", more)
		d.conn.OneReply = true
		d.mustBlock(d.again(r), "second_reply", "allows one")
	})
}

// TestNativeAnswerIsTheOneReply: what our people say in the network's own app
// between approval and sending voids the reply, also one written by hand since.
func TestNativeAnswerIsTheOneReply(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *deskRig) {
		d.conn.OneReply = true
		first := d.post(1)
		d.poll()
		r := d.reply(first)
		_, err := d.app.desk.Decisions.Reject(d.Context(), socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: d.by,
			Reason: "wrong_tone"}, socialwatch.Micros(time.Now()))
		must(d.T, err)
		d.say("shop_help", "@customer1@far.example we have written to you", simulator.PostOptions{InReplyTo: first})
		again := d.again(r)
		d.force("author = 'somebody'", again)
		_, err = d.look().Exec(fmt.Sprintf("update reply_versions set author = 'somebody' where reply_id = %d", again.ID))
		must(d.T, err)
		must(d.T, d.approve(again))
		must(d.T, d.app.publish(d.Context()))
		if r := d.reply(first); r.State != socialwatch.ReplySuperseded || r.Reason != "answered natively" {
			d.Errorf("%s: %s", r.State, r.Reason)
		}
		if public := d.public(); len(public) != 1 {
			d.Errorf("published %v", public)
		}
		d.mustBlock(d.again(r), "second_reply", "allows one")
	})
}

// TestDraftsThatPeopleSeeFirstAreHeldAgainstTheNetwork: nobody needs to ask for
// the approval of a draft to learn that its post is gone.
func TestDraftsThatPeopleSeeFirstAreHeldAgainstTheNetwork(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *deskRig) {
		first, second := d.post(1), d.post(2)
		d.poll()
		must(d.T, d.sim.Delete(first))
		must(d.T, d.app.shown(d.Context(), d.conn)) // they were read a moment ago
		if state := d.reply(first).State; state != socialwatch.ReplyAwaiting {
			d.Errorf("looked at once: %s", state)
		}
		real := d.app.now
		later := func(by time.Duration) { d.app.now = func() time.Time { return real().Add(by) } }
		d.conn.Paid = true
		later(6 * time.Minute)
		must(d.T, d.app.shown(d.Context(), d.conn)) // every look costs: an hour is young enough
		if state := d.reply(first).State; state != socialwatch.ReplyAwaiting {
			d.Errorf("looked at soon where it costs: %s", state)
		}
		d.conn.Paid = false
		must(d.T, d.app.shown(d.Context(), d.conn))
		if a, b := d.reply(first), d.reply(second); a.State != socialwatch.ReplySuperseded || b.State != socialwatch.ReplyAwaiting {
			d.Errorf("%s, %s", a.State, b.State)
		}
		if n := d.number("select count(*) from mentions where gone_at is not null and body = '' and author_handle = ''"); n != 1 {
			d.Errorf("%d posts erased", n)
		}
	})
}

// registry is a network that tells which posts are gone.
type registry struct {
	asked [][]string
	gone  []string
	err   error
}

func (r *registry) Gone(_ context.Context, ids []string) ([]string, error) {
	r.asked = append(r.asked, ids)
	return r.gone, r.err
}

// TestComplianceCoversAllThatIsStored asks once a day for every post that has
// its text, in closed cases and in none too, and soon again after a failure.
func TestComplianceCoversAllThatIsStored(t *testing.T) {
	t.Parallel()
	a, c, fx := part(t, storetest.Start)
	s := fx.Seed(t, "post", 3)
	db := dbtest.Raw(t, fx.Options)
	defer db.Close()
	_, err := db.Exec("update cases set state = 'closed' where id = $1", s[0].Case.ID)
	must(t, err)
	m := storetest.Mention("ignored", "customer9")
	changes := fx.Changes(t)
	changes.Entries = []socialwatch.Entry{{Mention: m, Assessment: storetest.Assessment(m)}}
	fx.MustSave(t, changes)
	all := []string{s[0].Mention.ID, s[1].Mention.ID, s[2].Mention.ID, "ignored"}

	network := &registry{err: errors.New("the job failed")}
	c.Compliance = network
	pass := func(after time.Duration, asked int) {
		t.Helper()
		a.now = func() time.Time { return storetest.Start.Add(after) }
		before := len(network.asked)
		err := a.rehydrate(t.Context(), c)
		if failed := network.err != nil && len(network.asked) > before; (err != nil) != failed {
			t.Fatal(err)
		}
		if len(network.asked) != asked {
			t.Fatalf("after %s asked %d times, want %d", after, len(network.asked), asked)
		}
	}
	pass(time.Hour, 0)
	pass(21*time.Hour, 1)
	network.err, network.gone = nil, []string{s[0].Mention.ID, "ignored", "somebody's"}
	pass(22*time.Hour, 2)
	for _, asked := range network.asked {
		if !slices.Equal(asked, all) {
			t.Errorf("asked for %v, want %v", asked, all)
		}
	}
	pass(23*time.Hour, 2)
	pass(43*time.Hour, 3)
	if got := network.asked[2]; !slices.Equal(got, all[1:3]) {
		t.Errorf("asked for %v, want %v", got, all[1:3])
	}
	k := fx.Know(t, all, nil)
	for i, want := range []bool{true, false, false, true} {
		if k.Mentions[all[i]].Gone != want {
			t.Errorf("%s gone: %t", all[i], !want)
		}
	}
	events := 0
	for _, e := range fx.Log(t, 0) {
		if e.Kind == socialwatch.EventMentionGone && e.CaseID == s[0].Case.ID {
			events++
		}
	}
	if events != 1 {
		t.Errorf("%d events", events)
	}
}

// TestTheNightForgetsAnsweredCommandsInTheirTime: after 90 days, or when the
// configuration says.
func TestTheNightForgetsAnsweredCommandsInTheirTime(t *testing.T) {
	a, _, fx := part(t, storetest.Start)
	a.cfg.Privacy.Retain.Commands = 90 * 24 * time.Hour
	crm := fx.System(t, "crm")
	must(t, crm.Insert(t, storetest.Ask{Key: "k", Kind: store.CommandPing}))
	must(t, a.commands(t.Context()))
	for i, left := range []int{1, 0} {
		days := 90 + i
		a.now = func() time.Time { return storetest.Start.AddDate(0, 0, days) }
		must(t, a.retain(t.Context()))
		var n int
		must(t, crm.QueryRowContext(t.Context(), "select count(*) from case_commands_v1").Scan(&n))
		if n != left {
			t.Errorf("after %d days there are %d, want %d", days, n, left)
		}
	}
}
