package publish

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/connectors/mastodon"
	"socialwatch/internal/auth"
	"socialwatch/internal/intake"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// parts is what one process needs to take in, decide and publish.
type parts struct {
	store     *store.Store
	conn      *connectors.Connector
	intake    *intake.Intake
	desk      *Desk
	publisher *Publisher
	ahead     time.Duration // how far the clock has been put on
}

func (p *parts) now() time.Time { return time.Now().Add(p.ahead) }

// settle is short, as the stand-in shows a taken post at once.
const settle = time.Millisecond

func newParts(s *store.Store, url, token, worker string) (*parts, error) {
	conn, err := mastodon.New(mastodon.Options{Account: "shop_help", BaseURL: url, Token: token,
		SweepEvery: time.Millisecond, SweepAge: time.Millisecond})
	if err != nil {
		return nil, err
	}
	p := &parts{store: s, conn: conn}
	connector := func(string) *connectors.Connector { return conn }
	p.intake = &intake.Intake{Store: s, Now: p.now, Rules: testRules()}
	check := func(socialwatch.ReplyContext, socialwatch.Payload) []socialwatch.Finding { return nil }
	p.desk = &Desk{Decisions: s, Switches: s, Replies: s, Connector: connector, Refresh: p.intake.Look, Check: check, Now: p.now}
	p.publisher = &Publisher{Sends: s, Looks: s, Replies: s, Connector: connector, Refresh: p.intake.LookAround, Check: check,
		Worker: worker, Timeout: 5 * time.Second, Settle: settle, Now: p.now, Log: slog.New(slog.DiscardHandler)}
	return p, nil
}

// testRules answer every post with the same words and block none.
func testRules() intake.Rules {
	return intake.Rules{
		Assess: func(m socialwatch.Mention, _ socialwatch.History) socialwatch.Assessment {
			return socialwatch.Assessment{Rules: "test", Intent: socialwatch.StuckOrder, Escalate: true, Language: "en", Score: 60, Masked: m.Text}
		},
		Respond: func(s intake.Situation) intake.Answer {
			const before = "Sorry. We look into case "
			return intake.Answer{Level: 2, DueAt: s.Now.Add(time.Hour), Draft: &socialwatch.Draft{Account: "shop_help",
				Parent: s.Mention.Post, Text: before + s.CaseNumber + ".",
				Slots: []socialwatch.Span{{Start: len(before), End: len(before) + len(s.CaseNumber)}}, Language: "en", Template: "t", TemplateV: 1}}
		},
		Check: func(intake.Text) []socialwatch.Finding { return nil },
	}
}

// town is a network, a database and one process on them.
type town struct {
	*parts
	t      *testing.T
	sim    *simulator.Mastodon
	opts   store.Options
	token  string
	person socialwatch.Person
}

// each runs f on both databases and on servers with and without a guard.
func each(t *testing.T, f func(t *testing.T, w *town)) {
	for _, flavour := range []simulator.Flavour{simulator.FlavourMastodon, simulator.FlavourGoToSocial} {
		t.Run(string(flavour), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, o store.Options) { f(t, newTown(t, flavour, o)) })
		})
	}
}

func newTown(t *testing.T, flavour simulator.Flavour, o store.Options) *town {
	sim := simulator.NewMastodon(simulator.Options{Flavour: flavour})
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	if _, err := sim.AddAccount("shop_help"); err != nil {
		t.Fatal(err)
	}
	token, err := sim.Token("shop_help")
	if err != nil {
		t.Fatal(err)
	}
	s := dbtest.Reopen(t, o)
	p, err := newParts(s, sim.URL(), token, "parent")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureAccount(t.Context(), "shop_help", string(socialwatch.Mastodon), p.conn.Host); err != nil {
		t.Fatal(err)
	}
	hash, err := auth.HashPassword(t.Context(), "a long enough password")
	if err != nil {
		t.Fatal(err)
	}
	person, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "ana", Name: "Ana",
		Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleLead}}, hash, p.now())
	if err != nil {
		t.Fatal(err)
	}
	return &town{parts: p, t: t, sim: sim, opts: o, token: token, person: person}
}

// complain posts a mention, takes it in and returns its post and draft.
func (w *town) complain(customer string) (postID string, draft socialwatch.Reply) {
	w.t.Helper()
	post, err := w.sim.Post(customer, "@shop_help my order never came", simulator.PostOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.intake.Poll(w.t.Context(), w.conn); err != nil {
		w.t.Fatal(err)
	}
	return post, w.draftFor(post)
}

func (w *town) draftFor(post string) socialwatch.Reply {
	w.t.Helper()
	var id int64
	db := dbtest.Raw(w.t, w.opts)
	defer db.Close()
	err := db.QueryRow("select max(r.id) from replies r join mentions m on m.id = r.mention_id where m.post_id = '" + post + "'").Scan(&id)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.reply(id)
}

func (w *town) reply(id int64) socialwatch.Reply {
	w.t.Helper()
	rc, err := w.store.Context(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return rc.Reply
}

func (w *town) approve(r socialwatch.Reply) {
	w.t.Helper()
	d := socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: w.person}
	if err := confirming(w.t.Context(), w.desk.Approve, d); err != nil {
		w.t.Fatal(err)
	}
}

// confirming decides, and where a second key is needed presses it.
func confirming(ctx context.Context, decide func(context.Context, socialwatch.Decision) (socialwatch.Reply, error), d socialwatch.Decision) error {
	_, err := decide(ctx, d)
	var ask *socialwatch.ConfirmError
	if errors.As(err, &ask) {
		d.Confirm = ask.Digest
		_, err = decide(ctx, d)
	}
	return err
}

// pass puts the clock on and makes one pass.
func (w *town) pass(ahead time.Duration) {
	w.t.Helper()
	w.ahead += ahead
	if _, err := w.publisher.Pass(context.WithoutCancel(w.t.Context())); err != nil {
		w.t.Logf("pass: %v", err)
	}
}

func (w *town) wantState(id int64, want socialwatch.ReplyState) {
	w.t.Helper()
	if r := w.reply(id); r.State != want {
		w.t.Fatalf("reply is %s (%s), want %s", r.State, r.Reason, want)
	}
}

// wantPublic checks how many replies of ours stand under a post.
func (w *town) wantPublic(post string, want int) {
	w.t.Helper()
	if got := w.sim.Published("shop_help", post); len(got) != want {
		w.t.Fatalf("%d replies under the post, want %d: %v", len(got), want, fmt.Sprint(got))
	}
}
