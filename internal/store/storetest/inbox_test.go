package storetest

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

func (fx Fixture) put(t *testing.T, mentions ...socialwatch.Mention) {
	t.Helper()
	if err := fx.PutInbox(t.Context(), Account, mentions, Start); err != nil {
		t.Fatal(err)
	}
}

func (fx Fixture) waiting(t *testing.T, limit int) []socialwatch.Pushed {
	t.Helper()
	list, err := fx.Inbox(t.Context(), Account, limit)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestInboxKeepsWhatWasPushedUntilItIsTaken(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		a, b := Mention("a", "customer1"), Mention("b", "customer2")
		b.EditedAt, b.Text = Start.Add(time.Second), "@help caf\u00e9 \U0001F4E6"
		fx.put(t, b, a)
		fx.put(t)
		fx.put(t, a, a)
		list := fx.waiting(t, 10)
		if len(list) != 2 || !reflect.DeepEqual(list[0].Mention, b) || !reflect.DeepEqual(list[1].Mention, a) {
			t.Fatalf("%+v", list)
		}
		if one := fx.waiting(t, 1); len(one) != 1 || one[0].Mention.ID != "b" {
			t.Errorf("the first of them: %+v", one)
		}
		c := fx.Changes(t)
		c.Entries = []socialwatch.Entry{{Mention: b, Assessment: Assessment(b)}}
		c.Taken = []int64{list[0].ID}
		stale := c
		stale.Version--
		if err := fx.Save(t.Context(), stale); !errors.Is(err, socialwatch.ErrConflict) || len(fx.waiting(t, 10)) != 2 {
			t.Errorf("a batch that is refused takes: %v", err)
		}
		fx.MustSave(t, c)
		if left := fx.waiting(t, 10); len(left) != 1 || left[0].Mention.ID != "a" {
			t.Errorf("left %+v", left)
		}
	})
}

func TestNewerVersionIsNotTakenWithTheOlder(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		first := Mention("a", "customer1")
		fx.put(t, first)
		read := fx.waiting(t, 1)[0]
		edited := first
		edited.EditedAt, edited.Text = Start, "@help it came"
		fx.put(t, edited) // while the first is being taken in
		fx.put(t, first)  // late
		c := fx.Changes(t)
		c.Taken = []int64{read.ID}
		fx.MustSave(t, c)
		if left := fx.waiting(t, 10); len(left) != 1 || left[0].Mention.Text != edited.Text {
			t.Errorf("left %+v", left)
		}
	})
}

func TestInboxRefusesWhatNoSaveCouldTake(t *testing.T) {
	change := map[string]func(*socialwatch.Mention){
		"no id":           func(m *socialwatch.Mention) { m.ID = "" },
		"long id":         func(m *socialwatch.Mention) { m.ID = strings.Repeat("9", 513) },
		"no time":         func(m *socialwatch.Mention) { m.CreatedAt = time.Time{} },
		"other account":   func(m *socialwatch.Mention) { m.Account = "other" },
		"another network": func(m *socialwatch.Mention) { m.Network = socialwatch.X },
		"another host":    func(m *socialwatch.Mention) { m.Host = "other.example" },
	}
	Each(t, func(t *testing.T, fx Fixture) {
		for name, f := range change {
			m := Mention("a", "customer1")
			f(&m)
			if err := fx.PutInbox(t.Context(), Account, []socialwatch.Mention{Mention("b", "customer2"), m}, Start); err == nil {
				t.Errorf("%s: it is put", name)
			}
		}
		if err := fx.PutInbox(t.Context(), "nobody", []socialwatch.Mention{{Account: "nobody", Post: Mention("a", "c").Post}}, Start); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("an account that is none: %v", err)
		}
		if left := fx.waiting(t, 10); len(left) != 0 {
			t.Errorf("left %+v", left)
		}
		bad := Mention("x\x00y", "customer1")
		bad.Text = "a\x00b \xff"
		fx.put(t, bad)
		if left := fx.waiting(t, 10); len(left) != 1 || left[0].Mention.ID != "x y" || left[0].Mention.Text != "a b \uFFFD" {
			t.Errorf("bytes that Postgres refuses: %+v", left)
		}
		// Another server's posts would wait for ever.
		if err := fx.EnsureAccount(t.Context(), Account, string(socialwatch.X), "x.com"); err != nil || len(fx.waiting(t, 10)) != 0 {
			t.Errorf("on another network %+v, %v", fx.waiting(t, 10), err)
		}
	})
}

func TestCredentialsAreReplacedByWhoReadThem(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		if _, _, err := fx.Credential(ctx, Account); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("before any: %v", err)
		}
		if err := fx.SaveCredential(ctx, Account, []byte("x"), 7, Start); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("a version that never was: %v", err)
		}
		want := func(sealed string, version int64) {
			t.Helper()
			if b, v, err := fx.Credential(ctx, Account); err != nil || !bytes.Equal(b, []byte(sealed)) || v != version {
				t.Errorf("%q at %d, %v", b, v, err)
			}
		}
		for i, step := range []struct {
			sealed  string
			version int64
			err     error
		}{{"\x00a", 0, nil}, {"b", 1, nil}, {"late", 1, socialwatch.ErrConflict}, {"c", 2, nil}, {"login", 0, nil}} {
			if err := fx.SaveCredential(ctx, Account, []byte(step.sealed), step.version, Start); !errors.Is(err, step.err) {
				t.Errorf("step %d: %v, want %v", i, err, step.err)
			}
		}
		want("login", 4)
	})
}

func TestPushIsStoredWholeOrNotAtAll(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		aside := socialwatch.SetAside{Account: Account, ID: "odd", Raw: []byte("{"), Problem: "it is not valid JSON", At: Start}
		p := socialwatch.Push{Mentions: []socialwatch.Mention{Mention("a", "customer1")}, Gone: []string{"b", "a", "b"}, Aside: []socialwatch.SetAside{aside}}
		bad := p
		bad.Gone = []string{"c", ""}
		if err := fx.PutPush(ctx, Account, bad, Start); err == nil || len(fx.waiting(t, 10)) != 0 {
			t.Fatalf("a push with an empty id is put: %v", err)
		}
		for range 2 {
			if err := fx.PutPush(ctx, Account, p, Start); err != nil {
				t.Fatal(err)
			}
		}
		gone, err := fx.InboxGone(ctx, Account, 10)
		if err != nil || !reflect.DeepEqual(gone, []string{"a", "b"}) || len(fx.waiting(t, 10)) != 1 {
			t.Fatalf("%v %v", gone, err)
		}
		asides := func() int {
			st, err := fx.Stats(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return st.Aside
		}
		if n := asides(); n != 1 {
			t.Errorf("%d set aside", n)
		}
		if err := fx.DropInboxGone(ctx, Account, []string{"a", "odd"}); err != nil || asides() != 0 {
			t.Errorf("what was set aside of a deleted post stays: %v", err)
		}
		if gone, err = fx.InboxGone(ctx, Account, 10); err != nil || !reflect.DeepEqual(gone, []string{"b"}) {
			t.Errorf("%v %v", gone, err)
		}
		if err := fx.PutPush(ctx, "nobody", socialwatch.Push{Gone: []string{"x"}}, Start); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("an account that is none: %v", err)
		}
		if err := fx.EnsureAccount(ctx, Account, string(socialwatch.X), "x.com"); err != nil {
			t.Fatal(err)
		}
		if gone, err = fx.InboxGone(ctx, Account, 10); err != nil || len(gone) != 0 {
			t.Errorf("on another network %v %v", gone, err)
		}
	})
}
