package vault_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/vault"
)

var _ connectors.TokenStore = (*vault.Vault)(nil)

var (
	key1 = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("1", 32)))
	key2 = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("2", 32)))
	old  = connectors.Token{Access: "access-old", Refresh: "refresh-old", Expires: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	next = connectors.Token{Access: "access-new", Refresh: "refresh-new"}
)

func keys(t *testing.T, text string) vault.Keys {
	t.Helper()
	k, err := vault.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// process is a vault on its own connection to the database.
func process(t *testing.T, o store.Options, name string) *vault.Vault {
	s := dbtest.Reopen(t, o)
	return &vault.Vault{Store: s, Leases: s, Keys: keys(t, key1), Holder: name, Now: time.Now}
}

// each runs f with two processes and a stored token of the account help.
func each(t *testing.T, f func(t *testing.T, a, b *vault.Vault, o store.Options)) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		a := process(t, o, "a")
		if err := a.Put(t.Context(), "help", old); err != nil {
			t.Fatal(err)
		}
		f(t, a, process(t, o, "b"), o)
	})
}

func wantToken(t *testing.T, v *vault.Vault, want connectors.Token) {
	t.Helper()
	if got, err := v.Token(t.Context(), "help"); err != nil || got != want {
		t.Errorf("stored %q, %v, want %q", got.Access, err, want.Access)
	}
}

func TestTokensAreSealedForTheirAccount(t *testing.T) {
	each(t, func(t *testing.T, a, _ *vault.Vault, o store.Options) {
		ctx := t.Context()
		wantToken(t, a, old)
		db := dbtest.Raw(t, o)
		defer db.Close()
		var sealed []byte
		if err := db.QueryRow("select sealed from credentials where account = 'help'").Scan(&sealed); err != nil ||
			strings.Contains(string(sealed), "old") || strings.Contains(string(sealed), "refresh") {
			t.Errorf("%q, %v", sealed, err)
		}
		if _, err := db.Exec("insert into credentials select 'other', sealed, version, updated_at from credentials"); err != nil {
			t.Fatal(err)
		}
		if got, err := a.Token(ctx, "other"); err == nil || got != (connectors.Token{}) {
			t.Errorf("another account's token opens: %v", err)
		}
		if _, err := a.Token(ctx, "nobody"); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("no token: %v", err)
		}
		// A new key in front, the older one behind: what stands opens.
		a.Keys = keys(t, key2+", "+key1)
		wantToken(t, a, old)
		if err := a.Put(ctx, "help", next); err != nil {
			t.Fatal(err)
		}
		a.Keys = keys(t, key2)
		wantToken(t, a, next)
		a.Keys = keys(t, key1)
		_, err := a.Token(ctx, "help")
		if err == nil || !strings.Contains(err.Error(), "log in again") {
			t.Errorf("a lost key: %v", err)
		}
		a.Keys = vault.Keys{}
		if _, err := a.Token(ctx, "help"); err == nil || !strings.Contains(err.Error(), "no key") {
			t.Errorf("no key: %v", err)
		}
		if err := a.Put(ctx, "help", old); err == nil || !strings.Contains(err.Error(), "openssl rand -base64 32") || strings.Contains(err.Error(), old.Access) {
			t.Errorf("no key: %v", err)
		}
	})
}

func TestBadKeysSayHowToMakeOne(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "hole": key1 + ",", "not base64": "secret-key-secret-key-secret-key", "short": "c2VjcmV0", "hex": strings.Repeat("ab", 32)} {
		k, err := vault.ParseKeys(text)
		if err == nil || !strings.Contains(err.Error(), "openssl rand -base64 32") || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	k := keys(t, key1)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, holder := range []any{k, &k, vault.Vault{Keys: k}} {
			if got := fmt.Sprintf(verb, holder); strings.Contains(got, "31") || strings.Contains(got, "49") || strings.Contains(got, "1111") {
				t.Errorf("%s of %T prints %q", verb, holder, got)
			}
		}
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add(key1 + "," + key2)
	f.Add(" , ")
	f.Fuzz(func(t *testing.T, text string) { _, _ = vault.ParseKeys(text) })
}

// TestManyCallersRenewOnce: four processes, eight callers each, one renewal.
func TestManyCallersRenewOnce(t *testing.T) {
	each(t, func(t *testing.T, _, _ *vault.Vault, o store.Options) {
		var renewals atomic.Int64
		begun := make(chan struct{})
		var wg sync.WaitGroup
		for p := range 4 {
			v := process(t, o, fmt.Sprint("process ", p))
			for range 8 {
				wg.Go(func() {
					<-begun
					got, err := v.Refresh(t.Context(), "help", old, func(_ context.Context, stale connectors.Token) (connectors.Token, error) {
						renewals.Add(1)
						if stale != old {
							t.Errorf("renews %q", stale.Access)
						}
						return next, nil
					})
					if err != nil || got != next {
						t.Errorf("%q, %v", got.Access, err)
					}
				})
			}
		}
		close(begun)
		wg.Wait()
		if n := renewals.Load(); n != 1 {
			t.Errorf("%d renewals, want 1", n)
		}
	})
}

func TestStaleCallerGetsWhatStands(t *testing.T) {
	each(t, func(t *testing.T, a, _ *vault.Vault, _ store.Options) {
		got, err := a.Refresh(t.Context(), "help", connectors.Token{Access: "older still"}, func(context.Context, connectors.Token) (connectors.Token, error) {
			t.Error("renews a token that nobody found stale")
			return next, nil
		})
		if err != nil || got != old {
			t.Errorf("%q, %v", got.Access, err)
		}
		if _, err := a.Refresh(t.Context(), "nobody", old, nil); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("no token: %v", err)
		}
	})
}

func TestFailedRenewalLeavesTheTokenToTheNext(t *testing.T) {
	each(t, func(t *testing.T, a, b *vault.Vault, _ store.Options) {
		refused := errors.New("invalid_grant")
		fail := func(context.Context, connectors.Token) (connectors.Token, error) { return next, refused }
		if got, err := a.Refresh(t.Context(), "help", old, fail); !errors.Is(err, refused) || got != (connectors.Token{}) {
			t.Errorf("%q, %v", got.Access, err)
		}
		wantToken(t, b, old)
		ok := func(context.Context, connectors.Token) (connectors.Token, error) { return next, nil }
		if got, err := b.Refresh(t.Context(), "help", old, ok); err != nil || got != next {
			t.Errorf("%q, %v", got.Access, err)
		}
	})
}

// TestHangingRenewalEnds: at Timeout, and the caller that waited meanwhile
// renews after it.
func TestHangingRenewalEnds(t *testing.T) {
	each(t, func(t *testing.T, a, b *vault.Vault, _ store.Options) {
		a.Timeout = 300 * time.Millisecond
		begun, over := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := a.Refresh(t.Context(), "help", old, func(ctx context.Context, _ connectors.Token) (connectors.Token, error) {
				close(begun)
				<-ctx.Done()
				close(over)
				return connectors.Token{}, ctx.Err()
			})
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("hanging: %v", err)
			}
		})
		<-begun
		got, err := b.Refresh(t.Context(), "help", old, func(context.Context, connectors.Token) (connectors.Token, error) {
			select {
			case <-over:
			default:
				t.Error("two renew at once")
			}
			return next, nil
		})
		if err != nil || got != next {
			t.Errorf("%q, %v", got.Access, err)
		}
		wg.Wait()
	})
}

// leaving are leases of a caller that goes as soon as another one has what it wants.
type leaving struct {
	vault.Leases
	leave context.CancelFunc
}

func (l leaving) Acquire(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (int64, error) {
	fence, err := l.Leases.Acquire(ctx, name, holder, ttl, now)
	if errors.Is(err, socialwatch.ErrLeaseHeld) {
		l.leave()
	}
	return fence, err
}

// TestACallerThatCannotWaitGivesUp while another one's renewal hangs.
func TestACallerThatCannotWaitGivesUp(t *testing.T) {
	each(t, func(t *testing.T, a, b *vault.Vault, _ store.Options) {
		begun, gone := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			_, _ = a.Refresh(t.Context(), "help", old, func(ctx context.Context, _ connectors.Token) (connectors.Token, error) {
				close(begun)
				select {
				case <-gone:
				case <-ctx.Done():
					t.Error("a caller that cannot wait does")
				}
				return connectors.Token{}, errors.New("given up")
			})
		})
		<-begun
		ctx, leave := context.WithCancel(t.Context())
		b.Leases = leaving{b.Leases, leave}
		_, err := b.Refresh(ctx, "help", old, func(context.Context, connectors.Token) (connectors.Token, error) {
			t.Error("renews for a caller that has gone")
			return next, nil
		})
		close(gone)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that cannot wait: %v", err)
		}
		wg.Wait()
	})
}

// TestRenewalOutlivesItsCaller: the network has used the old token up, so the
// new one is stored though the caller has gone.
func TestRenewalOutlivesItsCaller(t *testing.T) {
	each(t, func(t *testing.T, a, b *vault.Vault, _ store.Options) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := a.Refresh(ctx, "help", old, func(ctx context.Context, _ connectors.Token) (connectors.Token, error) {
			cancel()
			return next, ctx.Err()
		})
		if err != nil {
			t.Error(err)
		}
		wantToken(t, b, next)
		if _, err := b.Refresh(ctx, "help", next, func(context.Context, connectors.Token) (connectors.Token, error) {
			t.Error("renews for a caller that has gone")
			return old, nil
		}); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that has gone: %v", err)
		}
	})
}

// TestLostLeaseUndoesNothing: a process that was stopped during its renewal
// wakes after another one has renewed, or while another one tries in vain.
func TestLostLeaseUndoesNothing(t *testing.T) {
	theirs := connectors.Token{Access: "access-theirs", Refresh: "refresh-theirs"}
	tests := map[string]struct {
		other error // of the second process's renewal
		want  connectors.Token
	}{"the other has renewed": {nil, theirs}, "the other could not": {errors.New("invalid_grant"), next}}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, a, b *vault.Vault, _ store.Options) {
				b.Now = func() time.Time { return time.Now().Add(31 * time.Second) } // the lease is over
				got, err := a.Refresh(t.Context(), "help", old, func(context.Context, connectors.Token) (connectors.Token, error) {
					_, err := b.Refresh(t.Context(), "help", old, func(context.Context, connectors.Token) (connectors.Token, error) {
						return theirs, tc.other
					})
					if !errors.Is(err, tc.other) {
						t.Errorf("the other: %v", err)
					}
					return next, nil
				})
				if err != nil || got != tc.want {
					t.Errorf("%q, %v, want %q", got.Access, err, tc.want.Access)
				}
				wantToken(t, b, tc.want)
			})
		})
	}
}

// away is a store that fails some savings.
type away struct {
	vault.Store
	fails atomic.Int64
}

func (s *away) SaveCredential(ctx context.Context, account string, sealed []byte, version int64, at time.Time) error {
	if s.fails.Add(-1) >= 0 {
		return errors.New("the database is away")
	}
	return s.Store.SaveCredential(ctx, account, sealed, version, at)
}

func TestRenewedTokenIsStoredOnceTheDatabaseIsBack(t *testing.T) {
	each(t, func(t *testing.T, a, b *vault.Vault, _ store.Options) {
		flaky := &away{Store: a.Store}
		flaky.fails.Store(4)
		a.Store = flaky
		got, err := a.Refresh(t.Context(), "help", old, func(context.Context, connectors.Token) (connectors.Token, error) { return next, nil })
		if err != nil || got != next {
			t.Errorf("%q, %v", got.Access, err)
		}
		wantToken(t, b, next)
	})
}
