package publish

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
)

// child is what a process that is to be killed is told.
type child struct {
	Store store.Options
	URL   string
	Token string
	At    string
}

const childEnv = "SOCIALWATCH_TEST_KILL_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		os.Exit(runChild(text))
	}
	os.Exit(m.Run())
}

// runChild makes one pass and kills itself, as kill -9 does, on the way.
func runChild(text string) int {
	var c child
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		panic(err)
	}
	ctx := context.Background()
	s, err := store.Open(ctx, c.Store)
	if err != nil {
		panic(err)
	}
	p, err := newParts(s, c.URL, c.Token, "child")
	if err != nil {
		panic(err)
	}
	p.publisher.at = func(point string) {
		if point == c.At {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
	if _, err := p.publisher.Pass(ctx); err != nil {
		panic(err)
	}
	return 0
}

// killAt runs a pass in a process of its own that dies at the point.
func (w *town) killAt(point string) {
	w.t.Helper()
	text, err := json.Marshal(child{w.opts, w.sim.URL(), w.token, point})
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(w.t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	out, err := cmd.CombinedOutput()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if err == nil || !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		w.t.Fatalf("the process was to be killed at %q: %v\n%s", point, err, out)
	}
}

// leaseEnd is past the lease of any attempt.
const leaseEnd = 11 * time.Second

// TestKilledAnywhereSendsOnce is the crash table of docs/operations.md: the
// sender is really killed at each point and another process takes over.
func TestKilledAnywhereSendsOnce(t *testing.T) {
	for _, tc := range []struct {
		point string
		// what stands right after the kill
		state  socialwatch.ReplyState
		public int
		// who brings it to an end where the server has no guard
		person bool
	}{
		{point: "looked", state: socialwatch.ReplyHolding, public: 0},
		{point: "claimed", state: socialwatch.ReplySending, public: 0, person: true},
		{point: "called", state: socialwatch.ReplySending, public: 1},
		{point: "answered", state: socialwatch.ReplySending, public: 1},
		{point: "finished", state: socialwatch.ReplySent, public: 1},
	} {
		t.Run(tc.point, func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				post, draft := w.complain("customer1@far.example")
				w.approve(draft)
				w.killAt(tc.point)
				w.wantState(draft.ID, tc.state)
				w.wantPublic(post, tc.public)
				if tc.state == socialwatch.ReplySending {
					w.pass(0) // the lease still runs: nobody else may touch it
					w.wantState(draft.ID, socialwatch.ReplySending)
				}
				w.pass(leaseEnd)
				for range 6 {
					w.pass(time.Second)
				}
				if tc.person && w.conn.Replier.Guard() == 0 {
					w.wantState(draft.ID, socialwatch.ReplyUnknown)
					w.wantPublic(post, 0)
					if _, err := w.desk.Settle(t.Context(), socialwatch.Settlement{ReplyID: draft.ID, By: w.person, Absent: true}); err != nil {
						t.Fatal(err)
					}
					w.pass(time.Second)
				}
				w.wantState(draft.ID, socialwatch.ReplySent)
				w.wantPublic(post, 1)
				w.pass(time.Hour)
				w.wantPublic(post, 1)
			})
		})
	}
}

func TestLostAnswersEndInOnePost(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.FaultLostAfter, simulator.FaultTruncated, simulator.FaultGatewayTimeout, simulator.FaultInvalidJSON} {
		t.Run(string(kind), func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				post, draft := w.complain("customer1@far.example")
				w.approve(draft)
				if err := w.sim.Inject(simulator.Fault{Kind: kind, Route: "POST /api/v1/statuses", Count: 1}); err != nil {
					t.Fatal(err)
				}
				w.pass(0)
				w.wantState(draft.ID, socialwatch.ReplyUnknown)
				w.wantPublic(post, 1)
				w.pass(time.Second)
				w.wantState(draft.ID, socialwatch.ReplySent)
				w.pass(time.Hour)
				w.wantPublic(post, 1)
			})
		})
	}
}

func TestRefusalsAreFailedAndHealWithoutADouble(t *testing.T) {
	for kind, again := range map[simulator.FaultKind]bool{simulator.FaultRateLimited: true, simulator.FaultUnauthorized: false} {
		t.Run(string(kind), func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				post, draft := w.complain("customer1@far.example")
				w.approve(draft)
				if err := w.sim.Inject(simulator.Fault{Kind: kind, Route: "POST /api/v1/statuses", Count: 1}); err != nil {
					t.Fatal(err)
				}
				w.pass(0)
				w.wantState(draft.ID, socialwatch.ReplyFailed)
				w.pass(30 * time.Minute)
				if !again { // a person decides: the token must be mended first
					w.wantState(draft.ID, socialwatch.ReplyFailed)
					w.wantPublic(post, 0)
					return
				}
				w.wantState(draft.ID, socialwatch.ReplySent)
				w.wantPublic(post, 1)
			})
		})
	}
}

// TestApprovalOfADeletedPostIsAConflict: the look before the approval finds
// that the post is gone. The approver hears that the thread has moved.
func TestApprovalOfADeletedPostIsAConflict(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		post, draft := w.complain("customer1@far.example")
		if err := w.sim.Delete(post); err != nil {
			t.Fatal(err)
		}
		_, err := w.desk.Approve(t.Context(), socialwatch.Decision{ReplyID: draft.ID, Hash: draft.Hash, By: w.person})
		if !errors.Is(err, socialwatch.ErrConflict) {
			t.Fatalf("approved, or refused as %v", err)
		}
		w.wantState(draft.ID, socialwatch.ReplySuperseded)
	})
}
