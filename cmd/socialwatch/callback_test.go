package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator/bridge"
	"socialwatch/internal/store/dbtest"
)

// TestEveryAnswerOfACallbackHasItsEnd: approved replies meet all that a callback
// can answer, and each ends where docs/inbound.md says: what was published
// counts as sent and stands once, what was refused has failed, what may come
// later waits as long as it was told to, and what nobody can tell waits for a
// person.
func TestEveryAnswerOfACallbackHasItsEnd(t *testing.T) {
	const sent, failed, doubt = socialwatch.ReplySent, socialwatch.ReplyFailed, socialwatch.ReplyUnknown
	cases := []struct {
		name   string
		meets  []bridge.Fault
		state  socialwatch.ReplyState
		stands int
		calls  int
		why    string // of a reply that is not sent
	}{
		{"201 with the post", nil, sent, 1, 1, ""},
		{"204 without a body", []bridge.Fault{bridge.Bodiless}, sent, 1, 1, ""},
		{"2xx without the post", []bridge.Fault{bridge.Nameless}, sent, 1, 1, ""},
		{"409 with the post", []bridge.Fault{bridge.Known}, sent, 1, 1, ""},
		{"409 alone", []bridge.Fault{bridge.KnownBare}, sent, 1, 1, ""},
		{"400", []bridge.Fault{bridge.Invalid}, failed, 0, 1, "HTTP 400"},
		{"422", []bridge.Fault{bridge.Unacceptable}, failed, 0, 1, "HTTP 422"},
		{"410", []bridge.Fault{bridge.Gone}, failed, 0, 1, "HTTP 410"},
		{"401", []bridge.Fault{bridge.Refuses}, failed, 0, 1, "refuses our signature"},
		{"a redirect", []bridge.Fault{bridge.Redirecting}, failed, 0, 1, "redirects, which is not followed"},
		{"503, twice", []bridge.Fault{bridge.Resting, bridge.Resting}, sent, 1, 3, ""},
		{"429", []bridge.Fault{bridge.Busy}, sent, 1, 2, ""},
		{"none, after publishing", []bridge.Fault{bridge.HangsAfter}, sent, 1, 1, ""},
		{"a cut connection, after publishing", []bridge.Fault{bridge.LostAfter}, sent, 1, 1, ""},
		{"a cut answer", []bridge.Fault{bridge.Cut}, sent, 1, 1, ""},
		{"504 of a proxy, after publishing", []bridge.Fault{bridge.Gateway}, sent, 1, 1, ""},
		{"a cut connection", []bridge.Fault{bridge.LostBefore}, doubt, 0, 1, "a person must say"},
		{"500", []bridge.Fault{bridge.ServerError}, doubt, 0, 1, "a person must say"},
	}
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, b := newBridgeShop(t, kind, false, ", find: true")
			d := s.serve()
			stop := s.approver()
			defer stop()
			ids := make([]string, len(cases))
			for i, tc := range cases {
				b.Answer(fmt.Sprint("1001_", i), tc.meets...)
				ids[i] = say(t, b, i)
			}
			until(t, 2*time.Minute, "every reply has its end", func() bool { return s.ended(len(cases)) })
			stop()
			d.end()
			for i, tc := range cases {
				got, why := s.end(ids[i])
				if calls := b.Calls(ids[i]); got != tc.state || len(b.Published(ids[i])) != tc.stands || len(calls) != tc.calls || !strings.Contains(why, tc.why) {
					t.Errorf("%s: %s (%s), %d in public by %d calls", tc.name, got, why, len(b.Published(ids[i])), len(calls))
				} else if again := tc.calls > 1 && calls[1].Sub(calls[0]) < 3*time.Second; again {
					t.Errorf("%s: called again after %s, it asked for 3 s", tc.name, calls[1].Sub(calls[0]))
				}
			}
			s.audit(bridged(b))
		})
	}
}

// ended reports whether n replies have the end that no program changes.
func (s *shop) ended(n int) bool {
	s.Helper()
	return s.number(`select count(*) from replies where state = 'sent' or state = 'failed' and retry_at is null
or state = 'unknown' and look_at is null and retry_at is null`) == int64(n)
}

// end is the state of the reply to a post, and why.
func (s *shop) end(post string) (state socialwatch.ReplyState, why string) {
	s.Helper()
	must(s.T, s.look().QueryRowContext(s.Context(), fmt.Sprintf(`select r.state, r.reason from replies r join mentions m on m.id = r.mention_id
where m.post_id = '%s' order by r.id desc limit 1`, post)).Scan(&state, &why))
	return state, why
}

// bridged is all that stands in public.
func bridged(b *bridge.Bridge) (all []published) {
	for _, r := range b.Published("") {
		all = append(all, published{r.ID, r.ParentID})
	}
	return all
}

// TestReplyInDoubtGoesAgainUnderItsKey: where the callback knows keys, a reply
// that is not found goes again under the same one, and where it was published
// all the same it is answered with the post.
func TestReplyInDoubtGoesAgainUnderItsKey(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, b := newBridgeShop(t, kind, true, ", find: true, guard: 1h")
			d := s.serve()
			stop := s.approver()
			defer stop()
			b.Answer("1001_0", bridge.LostBefore)
			b.Answer("1001_1", bridge.LostBefore, bridge.LostAfter)
			b.Answer("1001_2", bridge.Unlisted)
			ids := []string{say(t, b, 0), say(t, b, 1), say(t, b, 2)}
			until(t, time.Minute, "every reply has its end", func() bool { return s.ended(len(ids)) })
			stop()
			d.end()
			for i, calls := range []int{2, 2, 2} {
				if got, why := s.end(ids[i]); got != socialwatch.ReplySent || len(b.Published(ids[i])) != 1 || len(b.Calls(ids[i])) != calls {
					t.Errorf("reply %d: %s (%s), %d in public by %d calls", i, got, why, len(b.Published(ids[i])), len(b.Calls(ids[i])))
				}
			}
			s.audit(bridged(b))
		})
	}
}
