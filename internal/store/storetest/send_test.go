package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

func TestClaimChecksWhatWasApproved(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		spoils := map[string]func(s Seeded, c *socialwatch.Claim){
			"payload changed in the database": func(s Seeded, _ *socialwatch.Claim) { tamper(t, fx, s.Reply.ID) },
			"payload and claim changed": func(s Seeded, c *socialwatch.Claim) {
				tamper(t, fx, s.Reply.ID)
				rc, err := fx.Context(t.Context(), s.Reply.ID)
				if err != nil {
					t.Fatal(err)
				}
				c.Hash = rc.Reply.Payload.Hash() // as the publisher recomputes it
			},
			"hash changed in the database": func(s Seeded, _ *socialwatch.Claim) {
				fx.exec(t, fmt.Sprintf("update replies set hash = 'x' where id = %d", s.Reply.ID))
			},
			"another hash":  func(_ Seeded, c *socialwatch.Claim) { c.Hash = "x" },
			"within hold":   func(_ Seeded, c *socialwatch.Claim) { c.Now = c.Now.Add(-time.Microsecond) },
			"after expiry":  func(_ Seeded, c *socialwatch.Claim) { c.Now = Start.Add(4 * time.Hour) },
			"parent gone":   func(s Seeded, _ *socialwatch.Claim) { fx.exec(t, "update mentions set gone_at = received_at") },
			"parent edited": func(s Seeded, _ *socialwatch.Claim) { fx.exec(t, "update mentions set revision = 'x'") },
		}
		n := 0
		for name, spoil := range spoils {
			t.Run(name, func(t *testing.T) {
				n++
				s := fx.Seed(t, fmt.Sprintf("p%d", n), 1)[0]
				c := Claimable(fx.Hold(t, s.Reply, ana), "w")
				spoil(s, &c)
				before := dump(t, fx)
				if a, err := fx.Claim(t.Context(), c); !errors.Is(err, socialwatch.ErrConflict) {
					t.Errorf("claimed %+v, %v", a, err)
				}
				if dump(t, fx) != before {
					t.Error("a refused claim has changed something")
				}
			})
		}
		for _, c := range []socialwatch.Claim{{ReplyID: 1, Lease: time.Second}, {ReplyID: 1, Worker: "w"}} {
			if _, err := fx.Claim(t.Context(), c); err == nil {
				t.Errorf("claimed by %+v", c)
			}
		}
	})
}

func TestSentStandsWithItsEventsAndTheFirstResponse(t *testing.T) {
	shapes := map[string]struct {
		state     socialwatch.CaseState
		escalated bool
		want      socialwatch.CaseState
	}{
		"new waits for the customer":      {socialwatch.CaseNew, false, socialwatch.CaseWaiting},
		"open waits for the customer":     {socialwatch.CaseOpen, false, socialwatch.CaseWaiting},
		"escalated stays with us":         {socialwatch.CaseNew, true, socialwatch.CaseOpen},
		"waiting for a team stays so":     {socialwatch.CaseWaiting, true, socialwatch.CaseWaiting},
		"escalated and open stays so too": {socialwatch.CaseOpen, true, socialwatch.CaseOpen},
	}
	onBench(t, func(t *testing.T, fx bench) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		n := 0
		for name, shape := range shapes {
			t.Run(name, func(t *testing.T) {
				n++
				s := fx.Seed(t, fmt.Sprintf("p%d", n), 1)[0]
				fx.exec(t, fmt.Sprintf("update cases set state = '%s', escalated = %v where id = %d", shape.state, shape.escalated, s.Case.ID))
				a := fx.Sending(t, s.Reply, ana, "w")
				if a.N != 1 || a.Reply.Key != "key of "+s.Mention.ID || !a.FirstAt.Equal(Start.Add(due)) || !a.LeaseUntil.Equal(Start.Add(due+time.Minute)) {
					t.Errorf("attempt %+v", a)
				}
				o := outcome(socialwatch.ReplySent)
				if err := fx.Finish(t.Context(), a, o); err != nil {
					t.Fatal(err)
				}
				if err := fx.Finish(t.Context(), a, o); !errors.Is(err, socialwatch.ErrConflict) {
					t.Errorf("ended twice: %v", err)
				}
				card, err := fx.Card(t.Context(), s.Reply.ID)
				if err != nil {
					t.Fatal(err)
				}
				r, c := card.Reply, card.Case
				if r.State != socialwatch.ReplySent || r.PostID != o.Post.PostID || r.PostURL != o.Post.URL || !r.SentAt.Equal(o.At) {
					t.Errorf("reply %+v", r)
				}
				if c.State != shape.want || !c.RespondedAt.Equal(o.At) || c.Version != s.Case.Version+1 {
					t.Errorf("case %+v", c)
				}
				if len(card.Attempts) != 1 || card.Attempts[0].Outcome != socialwatch.ReplySent || card.Attempts[0].EndedAt.IsZero() {
					t.Errorf("attempts %+v", card.Attempts)
				}
				var got []string
				for _, e := range card.Events[6:] { // after proposed … holding and sending
					got = append(got, e.Kind)
					if e.CaseVersion != c.Version {
						t.Errorf("%s of case version %d, is %d", e.Kind, e.CaseVersion, c.Version)
					}
				}
				want := []string{"reply.sent", socialwatch.EventCaseResponded}
				if shape.want != shape.state {
					want = append(want, socialwatch.EventCaseState)
				}
				if !slices.Equal(got, want) {
					t.Errorf("events %v, want %v", got, want)
				}
			})
		}
	})
}

func TestHandoffSaysWhatTheCaseWaitsFor(t *testing.T) {
	shapes := map[string]struct {
		state     socialwatch.CaseState
		escalated bool
		handoff   bool
		event     string // that tells it
	}{
		"new":               {socialwatch.CaseNew, false, true, socialwatch.EventCaseState},
		"waiting already":   {socialwatch.CaseWaiting, false, true, socialwatch.EventCaseUpdated},
		"escalated":         {socialwatch.CaseNew, true, true, ""}, // a human must act: it waits for nobody
		"another template":  {socialwatch.CaseNew, false, false, ""},
		"another, no state": {socialwatch.CaseWaiting, false, false, ""},
	}
	ways := map[string]func(t *testing.T, fx bench, s Seeded, ana, lea socialwatch.Person, handoff bool) error{
		"called": func(t *testing.T, fx bench, s Seeded, ana, _ socialwatch.Person, handoff bool) error {
			o := outcome(socialwatch.ReplySent)
			o.Handoff = handoff
			return fx.Finish(t.Context(), fx.Sending(t, s.Reply, ana, "w"), o)
		},
		"settled": func(t *testing.T, fx bench, s Seeded, ana, lea socialwatch.Person, handoff bool) error {
			if err := fx.Finish(t.Context(), fx.Sending(t, s.Reply, ana, "w"), outcome(socialwatch.ReplyUnknown)); err != nil {
				return err
			}
			_, err := fx.Settle(t.Context(), socialwatch.Settlement{ReplyID: s.Reply.ID, By: lea, Attempt: 1, Handoff: handoff,
				Post: socialwatch.Published{PostID: "9" + s.Mention.ID}, At: Start.Add(time.Hour)})
			return err
		},
	}
	onBench(t, func(t *testing.T, fx bench) {
		ana, lea := fx.Hire(t, "ana", socialwatch.RoleApprover), fx.Hire(t, "lea", socialwatch.RoleLead)
		n := 0
		for name, shape := range shapes {
			for way, send := range ways {
				t.Run(name+" "+way, func(t *testing.T) {
					n++
					s := fx.Seed(t, fmt.Sprintf("h%d", n), 1)[0]
					fx.exec(t, fmt.Sprintf("update cases set state = '%s', escalated = %v where id = %d", shape.state, shape.escalated, s.Case.ID))
					if err := send(t, fx, s, ana, lea, shape.handoff); err != nil {
						t.Fatal(err)
					}
					d, err := fx.Case(t.Context(), s.Case.Number)
					if err != nil {
						t.Fatal(err)
					}
					told := ""
					for _, e := range d.Events {
						if e.Data["waits_for"] == socialwatch.WaitsForPrivate {
							told = e.Kind
						}
					}
					if told != shape.event || (d.WaitsFor == socialwatch.WaitsForPrivate) != (shape.event != "") {
						t.Fatalf("told by %q, waits for %q in state %s", told, d.WaitsFor, d.Case.State)
					}
					for _, to := range []socialwatch.CaseState{socialwatch.CaseOpen, socialwatch.CaseWaiting} { // by a person, for something else
						if d.Case.State == to {
							continue
						}
						if d.Case, err = fx.SetCaseState(t.Context(), store.CaseMove{Number: s.Case.Number, Version: d.Case.Version, To: to, By: lea, At: Start.Add(2 * time.Hour)}); err != nil {
							t.Fatal(err)
						}
						if d, err = fx.Case(t.Context(), s.Case.Number); err != nil || d.WaitsFor != "" {
							t.Errorf("once %s it waits for %q, %v", to, d.WaitsFor, err)
						}
					}
				})
			}
		}
	})
}

func TestOnlyTheFirstReplyIsTheFirstResponse(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0]
		if err := fx.Finish(t.Context(), fx.Sending(t, s.Reply, ana, "w"), outcome(socialwatch.ReplySent)); err != nil {
			t.Fatal(err)
		}
		again, err := fx.Propose(t.Context(), Proposal(s, fx.Hire(t, "ben", socialwatch.RoleAuthor), "One thing more."))
		if err != nil {
			t.Fatal(err)
		}
		yes := Yes(again, ana)
		yes.Key = "another key"
		if _, err := fx.Approve(t.Context(), yes); err != nil {
			t.Fatal(err)
		}
		a, err := fx.Claim(t.Context(), Claimable(again, "w"))
		if err != nil {
			t.Fatal(err)
		}
		o := outcome(socialwatch.ReplySent)
		o.Post.PostID, o.At = "9052", o.At.Add(time.Hour)
		if err := fx.Finish(t.Context(), a, o); err != nil {
			t.Fatal(err)
		}
		if n := kinds(t, fx, socialwatch.EventCaseResponded); n != 1 {
			t.Errorf("%d first responses", n)
		}
		d, err := fx.Case(t.Context(), s.Case.Number)
		// Versions: an answer, the draft, another answer.
		if err != nil || !d.Case.RespondedAt.Equal(Start.Add(due)) || d.Case.Version != s.Case.Version+3 {
			t.Errorf("%+v, %v", d.Case, err)
		}
	})
}

func TestOutcomesThatCannotBeAreRefused(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		a := fx.Sending(t, fx.Seed(t, "post", 1)[0].Reply, fx.Hire(t, "ana", socialwatch.RoleApprover), "w")
		sent, failed := outcome(socialwatch.ReplySent), outcome(socialwatch.ReplyFailed)
		noPost, withPost, noTime := sent, failed, failed
		noPost.Post, withPost.Post, noTime.At = socialwatch.Published{}, sent.Post, time.Time{}
		for name, o := range map[string]socialwatch.Outcome{"sent without a post": noPost, "failed with a post": withPost,
			"without its time": noTime, "awaiting": outcome(socialwatch.ReplyAwaiting)} {
			for _, err := range []error{fx.Finish(t.Context(), a, o), fx.FinishLook(t.Context(), a, o)} {
				if err == nil || errors.Is(err, socialwatch.ErrConflict) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if got := stateOf(t, fx, a.Reply.ID); got != socialwatch.ReplySending {
			t.Errorf("is %s", got)
		}
	})
}

func TestOneAccountsTroubleDoesNotStarveAnother(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 6)
		for _, one := range s {
			fx.Hold(t, one.Reply, ana)
		}
		fx.exec(t, fmt.Sprintf("update replies set account = 'other' where id = %d", s[5].Reply.ID))
		ids, err := fx.DueSends(t.Context(), Start.Add(due), 3)
		if err != nil || !slices.Equal(ids, []int64{s[0].Reply.ID, s[5].Reply.ID, s[1].Reply.ID}) {
			t.Errorf("%v, %v", ids, err)
		}
		if ids, err := fx.DueSends(t.Context(), Start.Add(4*time.Hour), 10); err != nil || len(ids) != 0 {
			t.Errorf("expired ones are due: %v, %v", ids, err)
		}
	})
}

func TestSentIffAPostIsKnown(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 1)[0]
		for _, query := range []string{"update replies set state = 'sent'", "update replies set post_id = '9'",
			"insert into replies (case_id, mention_id, account, state, version, payload, hash, findings, author, expires_at, created_at, updated_at, due_at, rank, opened_at) " +
				"select case_id, mention_id, account, 'unknown', version, payload, hash, findings, author, expires_at, created_at, updated_at, due_at, rank, opened_at from replies"} {
			if _, err := fx.db.Exec(query); err == nil {
				t.Errorf("the database took: %s", query)
			}
		}
		if got := stateOf(t, fx.Fixture, s.Reply.ID); got != socialwatch.ReplyAwaiting {
			t.Errorf("is %s", got)
		}
	})
}

func TestExpiryEndsWhatIsNotSentInTime(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 2)
		fx.Hold(t, s[0].Reply, ana) // until Start plus 4 h; the other lives a day
		for _, step := range []struct {
			at   time.Duration
			want int
		}{{4*time.Hour - time.Microsecond, 0}, {4 * time.Hour, 1}, {4 * time.Hour, 0}, {24 * time.Hour, 1}} {
			if n, err := fx.Expire(t.Context(), Start.Add(step.at)); err != nil || n != step.want {
				t.Errorf("after %s: %d, %v", step.at, n, err)
			}
		}
		for from, id := range map[string]int64{"holding": s[0].Reply.ID, "awaiting": s[1].Reply.ID} {
			log := fx.Log(t, 0)
			i := slices.IndexFunc(log, func(e socialwatch.Event) bool { return e.Kind == "reply.expired" && e.ReplyID == id })
			if i < 0 || log[i].Data["from"] != from {
				t.Errorf("%s: %+v", from, log)
			}
		}
	})
}
