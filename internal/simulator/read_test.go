package simulator

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestMinIDGivesOldestPageAndSinceIDNewest(t *testing.T) {
	for _, f := range []Flavour{FlavourMastodon, FlavourGoToSocial} {
		t.Run(string(f), func(t *testing.T) {
			r := newRig(t, Options{Flavour: f})
			var ids []string
			for i := range 100 {
				ids = append(ids, r.post("customer1@far.example", "@help order "+strconv.Itoa(i), PostOptions{}))
			}
			newest := func(from, to int) []string {
				part := slices.Clone(ids[from:to])
				slices.Reverse(part)
				return part
			}
			first := r.notes("limit=1&min_id=0")[0]
			check := func(query string, want []string) {
				t.Helper()
				if got := statusIDs(r.notes(query)); !slices.Equal(got, want) {
					t.Errorf("%s: got %d: %v\nwant %d: %v", query, len(got), got, len(want), want)
				}
			}
			check("", newest(60, 100))
			check("limit=1000", newest(20, 100))
			check("limit=40&min_id="+first.ID, newest(1, 41))
			check("limit=40&since_id="+first.ID, newest(60, 100))
			last := r.notes("limit=1")[0]
			check("min_id="+last.ID, []string{})
			check("limit=10&max_id="+last.ID, newest(89, 99))
		})
	}
}

func TestForeignCursorIsOldestPageOrEternallyEmpty(t *testing.T) {
	m := newRig(t, Options{})
	m.post("customer1", "@help one", PostOptions{})
	if got := m.notes("min_id=01JABCDEFGHJKMNPQRSTVWXYZ0"); len(got) != 1 {
		t.Errorf("Mastodon answers a ULID with %d notifications, want the oldest page", len(got))
	}
	g := newRig(t, Options{Flavour: FlavourGoToSocial})
	g.post("customer1", "@help one", PostOptions{})
	if got := g.notes("min_id=4100"); len(got) != 0 {
		t.Errorf("GoToSocial answers a decimal cursor with %d notifications, want none", len(got))
	}
}

func TestLinkHeaderLeadsBothWays(t *testing.T) {
	r := newRig(t, Options{})
	for range 3 {
		r.post("customer1", "@help again", PostOptions{})
	}
	a := r.want(200, "GET", "/api/v1/notifications?limit=2", nil)
	link := a.header.Get("Link")
	if !strings.Contains(link, `max_id=`) || !strings.Contains(link, `rel="next"`) || !strings.Contains(link, `rel="prev"`) {
		t.Errorf("Link: %s", link)
	}
}

func TestLateCommitShowsLowerIDAfterHigherOne(t *testing.T) {
	r := newRig(t, Options{})
	late := r.post("customer1", "@help first, commits late", PostOptions{Hold: true})
	early := r.post("customer2", "@help second", PostOptions{})
	seen := r.notes("min_id=0")
	if got := statusIDs(seen); !slices.Equal(got, []string{early}) {
		t.Fatalf("before release: %v", got)
	}
	if err := r.m.Release(late); err != nil {
		t.Fatal(err)
	}
	if got := r.notes("min_id=" + seen[0].ID); len(got) != 0 {
		t.Errorf("a walk from the head sees the late one: %v", statusIDs(got))
	}
	if got := statusIDs(r.notes("min_id=0")); !slices.Equal(got, []string{early, late}) {
		t.Errorf("after release: %v", got)
	}
}

func TestLateCommitsByShareAllAppear(t *testing.T) {
	r := newRig(t, Options{LateCommits: LateCommits{Share: 1, Max: 30 * time.Millisecond}, Seed: 7})
	for range 20 {
		r.post("customer1", "@help x", PostOptions{})
	}
	r.await(func() bool { return len(r.m.Truth("help").Must) == 20 })
}

func TestMutedShowsBelowAfterUnmuteAndFilteredOnlyOnRequest(t *testing.T) {
	r := newRig(t, Options{})
	if _, err := r.m.AddAccount("customer2"); err != nil {
		t.Fatal(err)
	}
	r.post("customer1", "@help zero", PostOptions{})
	must(t, r.m.Mute("help", "customer1"))
	must(t, r.m.Filter("help", "customer2"))
	a := r.post("customer1", "@help muted", PostOptions{})
	b := r.post("customer2", "@help filtered", PostOptions{})
	c := r.post("customer3", "@help plain", PostOptions{})
	if got := statusIDs(r.notes("")); !slices.Equal(got, []string{c}) {
		t.Errorf("plain read: %v", got)
	}
	notes := r.notes("include_filtered=true")
	if got := statusIDs(notes); !slices.Equal(got, []string{c, b}) || !notes[1].Filtered {
		t.Errorf("with filtered: %v", got)
	}
	must(t, r.m.Unmute("help", "customer1"))
	must(t, r.m.Accept("help", "customer2"))
	if got := statusIDs(r.notes("")); !slices.Equal(got[:3], []string{c, b, a}) {
		t.Errorf("after unmute and accept: %v", got)
	}
}

func TestPolicyDropsAndFiltersByClass(t *testing.T) {
	r := newRig(t, Options{})
	must(t, r.m.SetPolicy("help", Policy{ForPrivateMentions: "drop", ForNotFollowing: "filter"}))
	r.post("customer1", "@help psst", PostOptions{Visibility: "direct"})
	open := r.post("customer1", "@help loud", PostOptions{})
	if got := statusIDs(r.notes("include_filtered=true")); !slices.Equal(got, []string{open}) {
		t.Errorf("got %v", got)
	}
	p := ok[Policy](r, "GET", "/api/v2/notifications/policy", nil)
	if p.ForPrivateMentions != "drop" || p.ForNotFollowing != "filter" || p.ForNewAccounts != "accept" {
		t.Errorf("policy told: %+v", p)
	}
	newRig(t, Options{Flavour: FlavourGoToSocial}).want(404, "GET", "/api/v2/notifications/policy", nil)
}

func TestDirectIsReadByAddresseesOnly(t *testing.T) {
	r := newRig(t, Options{})
	open := r.post("customer1", "@help where is it", PostOptions{})
	seen := r.post("customer1", "@help my number", PostOptions{InReplyTo: open, Visibility: "direct"})
	hidden := r.post("customer1", "@customer2 not for help", PostOptions{InReplyTo: open, Visibility: "direct", Mentions: []string{"customer2"}})
	follow := r.post("customer1", "still nothing", PostOptions{InReplyTo: seen})
	type thread struct{ Ancestors, Descendants []statusJSON }
	got := ok[thread](r, "GET", "/api/v1/statuses/"+open+"/context", nil)
	ids := []string{}
	for _, s := range got.Descendants {
		ids = append(ids, s.ID)
	}
	if !slices.Equal(ids, []string{seen, follow}) {
		t.Errorf("descendants %v", ids)
	}
	up := ok[thread](r, "GET", "/api/v1/statuses/"+follow+"/context", nil)
	if len(up.Ancestors) != 2 || up.Ancestors[0].ID != open {
		t.Errorf("ancestors %v", up.Ancestors)
	}
	r.want(404, "GET", "/api/v1/statuses/"+hidden, nil)
	if got := r.m.Truth("help").Unaddressed; !slices.Equal(got, []string{follow}) {
		t.Errorf("unaddressed: %v", got)
	}
}

func TestBlockedAndSuspendedAreGone(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1@far.example", "@help where", PostOptions{})
	must(t, r.m.Block("customer1@far.example", "help"))
	r.want(404, "GET", "/api/v1/statuses/"+id, nil)
	acct := ok[struct{ ID string }](r, "GET", "/api/v1/accounts/lookup?acct=customer1@far.example", nil)
	rel := ok[[]map[string]any](r, "GET", "/api/v1/accounts/relationships?id[]="+acct.ID, nil)
	if len(rel) != 1 || rel[0]["blocked_by"] != true {
		t.Errorf("relationships: %v", rel)
	}
	must(t, r.m.Unblock("customer1@far.example", "help"))
	must(t, r.m.Suspend("customer1@far.example"))
	r.want(404, "GET", "/api/v1/statuses/"+id, nil)
	a := ok[map[string]any](r, "GET", "/api/v1/accounts/"+acct.ID, nil)
	if a["suspended"] != true {
		t.Errorf("account: %v", a)
	}
}

func TestGoToSocialWantsUserAgentAndIgnoresSeveralIDs(t *testing.T) {
	r := newRig(t, Options{Flavour: FlavourGoToSocial})
	r.want(418, "GET", "/api/v1/notifications", nil, "User-Agent", "")
	if a, _ := r.send("GET", "/api/v1/statuses?id[]=1", nil); a.status != 404 && a.status != 405 {
		t.Errorf("several ids: %d", a.status)
	}
	m := newRig(t, Options{})
	one, two := m.post("customer1", "a", PostOptions{}), m.post("customer1", "b", PostOptions{})
	if got := ok[[]statusJSON](m, "GET", "/api/v1/statuses?id[]="+one+"&id[]="+two+"&id[]=77", nil); len(got) != 2 {
		t.Errorf("several ids: %v", got)
	}
}

func TestInstanceTellsTheFlavour(t *testing.T) {
	type instance struct {
		Version       string
		APIVersions   map[string]int `json:"api_versions"`
		Configuration struct {
			URLs     struct{ Streaming string }
			Statuses struct {
				Max int `json:"max_characters"`
			}
		}
	}
	m := newRig(t, Options{MaxCharacters: 640})
	i := ok[instance](m, "GET", "/api/v2/instance", nil)
	if i.APIVersions["mastodon"] == 0 || i.Configuration.Statuses.Max != 640 || !strings.HasPrefix(i.Configuration.URLs.Streaming, "ws://") {
		t.Errorf("Mastodon: %+v", i)
	}
	g := ok[instance](newRig(t, Options{Flavour: FlavourGoToSocial}), "GET", "/api/v2/instance", nil)
	if len(g.APIVersions) != 0 || !strings.HasPrefix(g.Configuration.URLs.Streaming, "wss://") || !strings.Contains(g.Version, "gotosocial") {
		t.Errorf("GoToSocial: %+v", g)
	}
}

func TestEditHistoryAndOddElement(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1", "@help frist", PostOptions{Odd: true})
	must(t, r.m.Edit(id, "@help first"))
	s := ok[statusJSON](r, "GET", "/api/v1/statuses/"+id, nil)
	if s.EditedAt == nil || !strings.Contains(s.Content, "first") {
		t.Errorf("status: %+v", s)
	}
	if h := ok[[]statusJSON](r, "GET", "/api/v1/statuses/"+id+"/history", nil); len(h) != 2 || !strings.Contains(h[0].Content, "frist") {
		t.Errorf("history: %+v", h)
	}
	if n := r.notes(""); len(n) != 1 || n[0].CreatedAt != "" {
		t.Errorf("odd element: %+v", n)
	}
}

func TestQuoteNotifiesOnMastodonOnly(t *testing.T) {
	for f, want := range map[Flavour]int{FlavourMastodon: 1, FlavourGoToSocial: 0} {
		r := newRig(t, Options{Flavour: f})
		own := ok[statusJSON](r, "POST", "/api/v1/statuses", url.Values{"status": {"we are sorry"}})
		r.post("customer1@far.example", "never again", PostOptions{Quote: own.ID})
		notes := r.notes("")
		if len(notes) != want {
			t.Errorf("%s: %d notifications, want %d", f, len(notes), want)
		}
		if want == 1 && (notes[0].Type != "quote" || !strings.Contains(notes[0].Status.Content, "quote-inline")) {
			t.Errorf("%s: %+v", f, notes[0])
		}
	}
}
