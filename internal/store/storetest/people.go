package storetest

import (
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// Hire stores a person with a role on every account.
func (fx Fixture) Hire(t testing.TB, login string, role socialwatch.Role) socialwatch.Person {
	t.Helper()
	p, err := fx.AddPerson(t.Context(), socialwatch.Person{Login: login, Name: "Name of " + login,
		Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: role}}, "", Start)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Disable shuts a person out, by the terminal.
func (fx Fixture) Disable(t testing.TB, login string) { fx.disable(t, login, true) }

func (fx Fixture) disable(t testing.TB, login string, disabled bool) {
	t.Helper()
	fx.change(t, store.PersonChange{Login: login, Disabled: &disabled})
}

// change is the terminal's change of a person, at Start.
func (fx Fixture) change(t testing.TB, c store.PersonChange) {
	t.Helper()
	c.By, c.At = store.Terminal, Start
	if err := fx.ChangePerson(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// open is a session of p.
func open(hash string, p socialwatch.Person, at time.Time, life time.Duration) socialwatch.Session {
	return socialwatch.Session{Hash: hash, PersonID: p.ID, CreatedAt: at, ExpiresAt: at.Add(life)}
}

// Yes is by's approval of r as stored, held for 20 seconds from Start on.
func Yes(r socialwatch.Reply, by socialwatch.Person) socialwatch.Approval {
	return socialwatch.Approval{Decision: socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: by}, At: Start,
		Hold: 20 * time.Second, ExpiresAt: Start.Add(4 * time.Hour), Key: "key of " + r.Payload.ParentID}
}

// Hold has by approve r, which then holds until 20 seconds after Start.
func (fx Fixture) Hold(t testing.TB, r socialwatch.Reply, by socialwatch.Person) socialwatch.Reply {
	t.Helper()
	held, err := fx.Approve(t.Context(), Yes(r, by))
	if err != nil || held.State != socialwatch.ReplyHolding {
		t.Fatalf("approve: %+v, %v", held, err)
	}
	return held
}

// Claimable is the claim by worker of a held reply, past its undo window.
func Claimable(r socialwatch.Reply, worker string) socialwatch.Claim {
	return socialwatch.Claim{ReplyID: r.ID, Hash: r.Hash, Worker: worker, Now: Start.Add(20 * time.Second),
		Lease: time.Minute}
}

// Sending holds r and claims it for worker.
func (fx Fixture) Sending(t testing.TB, r socialwatch.Reply, by socialwatch.Person, worker string) socialwatch.Attempt {
	t.Helper()
	a, err := fx.Claim(t.Context(), Claimable(fx.Hold(t, r, by), worker))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Edit is by's edit of s as stored.
func Edit(s Seeded, by socialwatch.Person, text string) socialwatch.Revision {
	return socialwatch.Revision{Decision: socialwatch.Decision{ReplyID: s.Reply.ID, Hash: s.Reply.Hash, By: by, Text: text},
		Payload: Payload(s.Mention, text), At: Start, ExpiresAt: Start.Add(4 * time.Hour)}
}

// Proposal is by's own draft for the post of s.
func Proposal(s Seeded, by socialwatch.Person, text string) socialwatch.Proposal {
	return socialwatch.Proposal{MentionID: s.Reply.MentionID, By: by, Payload: Payload(s.Mention, text), At: Start,
		ExpiresAt: Start.Add(4 * time.Hour)}
}
