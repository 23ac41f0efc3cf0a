package alert_test

import (
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/alert"
	"socialwatch/internal/store/storetest"
)

// watch is a watcher over one account, whose people work until ten hours after
// storetest.Start.
func watch(r *rig) *alert.Watcher {
	return &alert.Watcher{Store: r.Fixture, Accounts: []string{storetest.Account}, Away: 15 * time.Minute, Now: r.now,
		Open: func(_ string, at time.Time) bool { return at.Before(storetest.Start.Add(10 * time.Hour)) }}
}

// kindsOf are the kinds of the queue's and the polls' events, in order.
func kindsOf(t *testing.T, r *rig) string {
	t.Helper()
	var all []string
	for _, e := range r.Log(t, 0) {
		if strings.HasPrefix(e.Kind, "queue.") || strings.HasPrefix(e.Kind, "polling.") {
			all = append(all, e.Kind)
		}
	}
	return strings.Join(all, " ")
}

func TestAnOverdueDraftWithoutAnApproverIsTold(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		w := watch(r)
		look := func(want string) {
			t.Helper()
			for range 2 { // once for each episode
				if err := w.Attendance(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if got := kindsOf(t, r); got != want {
				t.Fatalf("events %q, want %q", got, want)
			}
		}
		seeded := r.Seed(t, "a", 1)[0]
		anna := r.Hire(t, "anna", socialwatch.RoleApprover)
		r.at = storetest.Start.Add(3 * time.Hour)
		look("") // nothing is overdue
		author := r.Hire(t, "author", socialwatch.RoleAuthor)
		r.at = storetest.Start.Add(5 * time.Hour)
		r.open(t, author)
		look("queue.unattended") // an author approves nothing
		r.pass(t)
		m := r.want(t, 1)[0]
		want := "Approvals\n• help: no approver is signed in, and the first draft is overdue: " + seeded.Case.Number + ", stuck_order, level 3, 1 h late"
		if m.Text != want || m.Links[0] != "https://console.example/?account=help" {
			t.Errorf("said %q with %v, want %q", m.Text, m.Links, want)
		}
		r.open(t, anna)
		look("queue.unattended queue.attended")
		r.later(15 * time.Minute)
		look("queue.unattended queue.attended queue.unattended") // she is away
		w.Accounts = []string{"other"}
		look("queue.unattended queue.attended queue.unattended")
		w.Accounts = []string{storetest.Account}
		r.at = storetest.Start.Add(11 * time.Hour)
		look("queue.unattended queue.attended queue.unattended queue.attended") // nobody need be here
		w.Away = 0
		r.at = storetest.Start.Add(9 * time.Hour)
		look("queue.unattended queue.attended queue.unattended queue.attended")
	})
}

// open logs a person in now.
func (r *rig) open(t *testing.T, p socialwatch.Person) {
	t.Helper()
	s := socialwatch.Session{Hash: p.Login, PersonID: p.ID, CreatedAt: r.now(), ExpiresAt: r.now().Add(24 * time.Hour)}
	if err := r.AddSession(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestMissedPollsAreToldOnce(t *testing.T) {
	kinds(t, func(t *testing.T, r *rig) {
		w := watch(r)
		for _, how := range []alert.Polls{alert.PollsGood, alert.PollsMissed, alert.PollsMissed, alert.PollsUnknown, alert.PollsGood, alert.PollsGood,
			alert.PollsMissed, alert.PollsResting, alert.PollsGood} {
			if err := w.Reading(t.Context(), storetest.Account, how, storetest.Start); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := kindsOf(t, r), "polling.missed polling.working polling.missed"; got != want {
			t.Errorf("events %q, want %q", got, want)
		}
		r.pass(t)
		if m := r.want(t, 1)[0]; !strings.HasPrefix(m.Text, "Reading the networks\n• help: no poll has worked for too long: posts may be missing") {
			t.Errorf("said %q", m.Text)
		}
	})
}
