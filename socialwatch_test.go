package socialwatch

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestHashChangesWithEveryPublishedField(t *testing.T) {
	// Key-free and derived fields do not decide what is published.
	derived := []string{"Length", "Limit", "Cost"}
	base := Payload{Text: "a", ParentID: "1"}
	typ := reflect.TypeFor[Payload]()
	for i := range typ.NumField() {
		p := base
		f := reflect.ValueOf(&p).Elem().Field(i)
		if f.CanInt() {
			f.SetInt(f.Int() + 1)
		} else {
			f.SetString(f.String() + "x")
		}
		same := p.Hash() == base.Hash()
		if same != slices.Contains(derived, typ.Field(i).Name) {
			t.Errorf("%s: hash same = %v", typ.Field(i).Name, same)
		}
	}
	moved := Payload{Prefix: "ab", Text: "c"}
	if other := (Payload{Prefix: "a", Text: "bc"}); moved.Hash() == other.Hash() {
		t.Error("two payloads share an encoding")
	}
}

func TestReplyLife(t *testing.T) {
	all := []ReplyState{ReplyProposed, ReplyChecked, ReplyAwaiting, ReplyApproved, ReplyHolding, ReplySending, ReplySent,
		ReplyBlocked, ReplyRejected, ReplyWithdrawn, ReplySuperseded, ReplyExpired, ReplyCancelled, ReplyFailed, ReplyUnknown}
	for _, to := range all {
		for _, from := range all {
			if from.May(to) != slices.Contains(Before(to), from) {
				t.Errorf("Before(%s) disagrees with May from %s", to, from)
			}
		}
	}
	if !slices.Equal(Before(ReplySent), []ReplyState{ReplySending, ReplyUnknown}) {
		t.Errorf("sent comes from %v", Before(ReplySent))
	}
	if !slices.Equal(Before(ReplySending), []ReplyState{ReplyFailed, ReplyHolding, ReplyUnknown}) {
		t.Errorf("sending comes from %v: nothing unapproved may be sent", Before(ReplySending))
	}
	for _, s := range []ReplyState{ReplySent, ReplyRejected, ReplyWithdrawn, ReplySuperseded, ReplyExpired, ReplyCancelled} {
		if !s.Final() {
			t.Errorf("%s is not final", s)
		}
	}
}

func TestVisibilityNeverWidensTheUnknown(t *testing.T) {
	if !Public.Wider(Unlisted) || !Unlisted.Wider(Followers) || !Followers.Wider(Direct) || Direct.Wider(Direct) {
		t.Error("order of visibilities")
	}
	if Visibility("circle").Wider(Direct) || !Direct.Wider("circle") {
		t.Error("an unknown visibility must count as the narrowest")
	}
}

func TestPersonMayOnlyWhereTheRoleHolds(t *testing.T) {
	p := Person{Roles: map[string]Role{"a": RoleApprover, AllAccounts: RoleReader}}
	for _, tc := range []struct {
		role    Role
		account string
		want    bool
	}{{RoleApprover, "a", true}, {RoleLead, "a", false}, {RoleApprover, "b", false}, {RoleReader, "b", true}, {"owner", "a", false}} {
		if got := p.May(tc.role, tc.account); got != tc.want {
			t.Errorf("May(%s, %s) = %v", tc.role, tc.account, got)
		}
	}
	if (Person{}).May(RoleReader, "a") {
		t.Error("the zero person may something")
	}
}

func TestCaseReopensFor72Hours(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	c := Case{State: CaseResolved, ResolvedAt: now.Add(-71 * time.Hour)}
	if !c.Reopenable(now) || c.Reopenable(now.Add(2*time.Hour)) {
		t.Error("72 h after resolving")
	}
	if (Case{State: CaseClosed}).Reopenable(now) || (Case{State: CaseMerged}).Reopenable(now) {
		t.Error("closed and merged cases take nothing")
	}
}

func FuzzCleanText(f *testing.F) {
	f.Add("a\x00b\xff\r\nc\rd\u0085e")
	f.Fuzz(func(t *testing.T, s string) {
		got := CleanText(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\r") {
			t.Fatalf("%q", got)
		}
		if CleanText(got) != got {
			t.Fatalf("not stable: %q", got)
		}
	})
}
