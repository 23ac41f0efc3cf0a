package intake_test

import (
	"slices"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/intake"
)

// says makes the test's triage find intents, entities and signals by words,
// and collects what the responder is asked.
func (r *rig) says(change func(text string, a *socialwatch.Assessment)) *[]intake.Situation {
	assessed, answer := r.in.Rules.Assess, r.in.Rules.Respond
	seen := &[]intake.Situation{}
	r.in.Rules.Assess = func(m socialwatch.Mention, h socialwatch.History) socialwatch.Assessment {
		a := assessed(m, h)
		change(m.Text, &a)
		return a
	}
	r.in.Rules.Respond = func(s intake.Situation) intake.Answer {
		*seen = append(*seen, s)
		return answer(s)
	}
	return seen
}

func TestFollowUpsAreAnsweredForTheMatterOfTheCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		seen := r.says(func(text string, a *socialwatch.Assessment) {
			word, _, _ := strings.Cut(text, " ")
			a.Intent = socialwatch.Intent(word)
			if word != "stuck_order" { // a later post weighs more and needs a human, and yet
				a.Score = 45 + len(text)
			}
			if strings.Contains(text, "DM sent") {
				a.Signals = []socialwatch.Signal{{Name: "other.dm_sent", Points: 8}}
			}
			if strings.Contains(text, "555") {
				a.Entities = append(a.Entities, socialwatch.Entity{Kind: socialwatch.Phone, Value: "5550104477"})
			}
		})
		for i, tt := range []struct {
			text  string
			want  socialwatch.Intent
			given bool
		}{
			{"stuck_order never came SW-1", socialwatch.StuckOrder, false},
			{"other DM sent", socialwatch.StuckOrder, true},
			{"other my number again SW-1", socialwatch.StuckOrder, false},
			{"other this is it SW-7", socialwatch.StuckOrder, true},
			{"service_complaint so rude", socialwatch.StuckOrder, false},
			{"question when", socialwatch.StuckOrder, false},
			{"praise oh great", socialwatch.StuckOrder, false},
			{"other 555 010 4477", socialwatch.StuckOrder, true},
			{"billing and charged twice for what never came SW-9", socialwatch.Billing, false},
		} {
			id := string(rune('a' + i))
			if r.town.say(id, "c1", tt.text, answers("a")); i == 0 {
				r.town.feed[0].ParentID = ""
			}
			r.poll()
			if got := (*seen)[i]; got.Assessment.Intent != tt.want || got.Given != tt.given {
				t.Errorf("%s: intent %s, given %t", tt.text, got.Assessment.Intent, got.Given)
			}
			r.want(1, "select count(*) from cases where intent = '"+string(tt.want)+"'")
		}
	})
}

func TestRepliesKnowWhatEarlierPostsShowed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		seen := r.says(func(text string, a *socialwatch.Assessment) {
			if strings.Contains(text, "555") {
				a.Entities = append(a.Entities, socialwatch.Entity{Kind: socialwatch.Phone, Value: "5550104477"})
			}
		})
		last := func() []socialwatch.Past { return (*seen)[len(*seen)-1].Earlier }
		m := r.town.say("p1", "c1", "never came, 555 010 4477")
		r.poll()
		r.town.say("p2", "c1", "still nothing", answers("p1"))
		r.town.say("p3", "c1", "and now", answers("p1"))
		r.poll()
		for _, s := range (*seen)[1:] {
			if e := s.Earlier; len(e) == 0 || e[0].PostID != "p1" || e[0].Answered || e[0].Visibility != socialwatch.Public ||
				!slices.ContainsFunc(e[0].Assessment.Entities, func(e socialwatch.Entity) bool { return e.Kind == socialwatch.Phone }) {
				t.Fatalf("%+v", e)
			}
		}
		r.exec("update replies set state = 'sent', post_id = 'ours' where state = 'awaiting'")
		r.town.say("p4", "c1", "hello", answers("p1"))
		r.poll()
		if e := last(); len(e) != 1 || !e[0].Answered || len(e[0].Answers) != 1 || !strings.HasPrefix(e[0].Answers[0], "about K-") {
			t.Errorf("after an answer: %+v", e)
		}
		// An edit is not its own past.
		m.Text, m.EditedAt = "never came, the number is 555 010 4477", r.clock.Now()
		r.town.posts["p1"] = m.Post
		if err := r.in.Look(t.Context(), r.town.connector(), []string{"p1"}); err != nil {
			t.Fatal(err)
		}
		if e := last(); len(e) != 0 {
			t.Errorf("an edit: %+v", e)
		}
	})
}

func TestAGraverReasonJoinsThoseOfTheCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.says(func(text string, a *socialwatch.Assessment) {
			switch {
			case strings.Contains(text, "person"):
				a.Signals = []socialwatch.Signal{{Name: "must.asks_for_human", Points: 1}}
			case strings.Contains(text, "smoke"):
				a.Signals = []socialwatch.Signal{{Name: socialwatch.SignalSafety, Points: 1}}
			case strings.Contains(text, "twice"):
				a.Signals = []socialwatch.Signal{{Name: "must.charged_after_cancel", Points: 1}}
			}
		})
		answer := r.in.Rules.Respond
		r.in.Rules.Respond = func(s intake.Situation) intake.Answer {
			a := answer(s)
			a.Escalate, a.Escalation = true, "Waited."
			if name, _ := s.Assessment.Must(); name != "" {
				a.Escalation = strings.TrimPrefix(name, "must.") + "."
			}
			return a
		}
		for i, tt := range [][2]string{
			{"never came", "Waited."},
			{"a person please", "asks_for_human. Waited."},
			{"a person, I said", "asks_for_human. Waited."},
			{"still nothing", "asks_for_human. Waited."},
			{"and charged twice", "asks_for_human. Waited. charged_after_cancel."},
			{"there is smoke", "safety. asks_for_human. Waited. charged_after_cancel."},
		} {
			r.town.say(string(rune('a'+i)), "c1", tt[0])
			r.poll()
			r.want(1, "select count(*) from cases where escalated and escalation = '"+tt[1]+"'")
		}
		r.want(4, "select count(*) from events where kind = 'case.escalated'")
		r.want(1, "select count(*) from events where kind = 'case.escalated' and cast(data as text) like '%safety.%'")
	})
}

func TestImpostorsFirstPostOpensACaseWithoutADraft(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "i1", "call our helpline")
		r.poll()
		r.want(1, "select count(*) from cases where customer_id = 'i1' and team = 'security' and escalated and escalation = 'an impostor'")
		r.want(0, "select count(*) from replies")
		r.poll()
		r.want(1, "select count(*) from mentions where case_id is not null")
	})
}
