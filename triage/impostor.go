package triage

import (
	"slices"
	"strings"

	"socialwatch"
)

// An impostor answers our customers as if it were us. Four things give one
// away: a handle or a name like ours, a link like ours, and a telephone number
// that is not ours in an offer of help. Each alone may be an accident, so each
// has its condition in findImpostor. What is ours never is one, and neither is
// who reports a fraud, asks whether something is ours, or has the shop's name
// within a longer word. The words of help desks and of offers are the concepts
// desk_word and offers_help of the lexicons.

// guard knows what the shop is called and how it can be reached. Immutable.
type guard struct {
	official []address
	handles  []likeness // our handles that hold words of a help desk
	brands   []likeness // what the shop is called, without the words of a help desk
	desk     []string   // skeletons of the words of a help desk
	phones   []string   // digits
	sites    []site
	labels   *guard // of the names of the sites
}

// address is a handle, lower case; without a host it is ours on the servers
// that we read.
type address struct{ name, host string }

func parseHandle(h string) address {
	name, host, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(h)), "@"), "@")
	return address{name, host}
}

func adviseHandle(h string) string {
	a := parseHandle(h)
	if a.name == "" || strings.ContainsAny(a.name+a.host, " @/:,") || strings.Contains(strings.TrimSpace(h)[1:], "@") && a.host == "" {
		return "is no handle: write it as shop_help or @shop_help@social.example"
	}
	return ""
}

// Digits that a telephone number has: of a short code, of a subscriber's
// number that can be told by its end, and ITU-T E.164's longest.
const (
	minCode  = 3
	minPhone = 7
	maxPhone = 15
)

func advisePhone(p string) string {
	digits := phoneOf(p)
	if strings.Trim(p, "+0123456789 ()./-") != "" || len(digits) < minCode || len(digits) > maxPhone {
		return "is no telephone number: write 3 to 15 digits, such as +44 20 7946 0000"
	}
	return ""
}

// phoneOf is a telephone number's digits.
func phoneOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// newGuard returns nil where the options name nothing to pose as.
func newGuard(o Options, deskWords []string) *guard {
	g := &guard{}
	for _, w := range deskWords {
		if s := newLikeness(w).skeleton; s != "" && !slices.Contains(g.desk, s) {
			g.desk = append(g.desk, s)
		}
	}
	for _, h := range slices.Concat(o.Handles, o.Official.Handles) {
		a := parseHandle(h)
		g.official = append(g.official, a)
		full := newLikeness(a.name)
		core := g.core(full)
		if core != full {
			g.handles = append(g.handles, full)
		}
		g.brands = append(g.brands, core)
	}
	for _, b := range o.Brands {
		g.brands = append(g.brands, newLikeness(b))
	}
	for _, p := range o.Official.Phones {
		g.phones = append(g.phones, phoneOf(p))
	}
	for _, h := range o.Official.Sites {
		g.sites = append(g.sites, newSite(h))
	}
	g.labels = &guard{desk: g.desk}
	for _, s := range g.sites {
		g.labels.brands = append(g.labels.brands, s.name)
	}
	g.brands = slices.DeleteFunc(g.brands, func(l likeness) bool { return len(l.plain) < 2 })
	if len(g.brands)+len(g.phones)+len(g.sites) == 0 {
		return nil
	}
	return g
}

// ours reports whether a mention's author is on the official list.
func (g *guard) ours(m socialwatch.Mention) bool {
	by := parseHandle(m.Author.Handle)
	return slices.ContainsFunc(g.official, func(a address) bool {
		if a.name != by.name {
			return false
		}
		if a.host == "" {
			return by.host == "" || m.Host == "" || local(by.host, m.Host)
		}
		return by.host == a.host || by.host == "" && local(a.host, m.Host)
	})
}

// local reports whether handles with this host are those of the server: a
// server may stand below the host that its handles show.
func local(host, server string) bool { return host == server || strings.HasSuffix(server, "."+host) }

// unofficial returns the first telephone number of the text that is not on the
// official list.
func (g *guard) unofficial(entities []socialwatch.Entity) (socialwatch.Entity, bool) {
	if len(g.phones) == 0 {
		return socialwatch.Entity{}, false
	}
	for _, e := range entities {
		if e.Kind == socialwatch.Phone && !g.officialPhone(phoneOf(e.Value)) {
			return e, true
		}
	}
	return socialwatch.Entity{}, false
}

// officialPhone compares digits, with or without the prefix of the country.
func (g *guard) officialPhone(digits string) bool {
	national := strings.TrimLeft(digits, "0")
	return slices.ContainsFunc(g.phones, func(p string) bool {
		p = strings.TrimLeft(p, "0")
		short, long := national, p
		if len(short) > len(long) {
			short, long = long, short
		}
		return p == national || len(short) >= minPhone && len(long)-len(short) <= 4 && strings.HasSuffix(long, short)
	})
}

// impostorIDs are the concepts of findImpostor.
type impostorIDs struct {
	handle, name, link, phone uint16
	offers                    uint16
	asks, self                uint16
	reports                   []uint16
}

func newImpostorIDs(l *lexicon) impostorIDs {
	id := impostorIDs{handle: l.concept("lookalike_handle"), name: l.concept("lookalike_name"),
		link: l.concept("lookalike_link"), phone: l.concept("unofficial_phone"),
		offers: l.concept("offers_help"), asks: l.concept("qmark"), self: l.concept("first_person")}
	// Who tells of a fraud, or of what our people said, quotes.
	for _, c := range []string{"scam_word", "scam_call", "sell_fake", "told", "no_reply"} {
		id.reports = append(id.reports, l.concept(c))
	}
	return id
}

// findImpostor puts on the board what shows that the author poses as us.
func (t *Triage) findImpostor(s *scratch, m socialwatch.Mention) {
	g, b, id := t.guard, &s.board, &t.shape.impostor
	if g == nil || m.Own || g.ours(m) {
		return
	}
	answers := m.ParentID != "" && (m.ParentBy == "" || m.ParentBy != m.Author.ID) || b.has[t.shape.otherFirst]
	reports := b.any(id.reports)
	offers := b.has[id.offers] && !reports
	if !answers && !offers {
		return
	}
	poses := func(l closeness) bool { return l == near || l == akin && offers }
	if poses(g.handle(&s.narrow, m.Author.Handle)) {
		b.add(id.handle, span{})
	}
	if poses(g.display(&s.narrow, m.Author.Name)) {
		b.add(id.name, span{})
	}
	if !answers || reports {
		return
	}
	if offers || !b.has[id.asks] && !b.has[id.self] {
		if start, end, l := g.link(m.Text); poses(l) {
			b.add(id.link, span{s.fold.position(start), s.fold.position(end)})
		}
	}
	if e, ok := g.unofficial(s.scan.found); ok && offers {
		b.add(id.phone, span{s.fold.position(e.Start), s.fold.position(e.End)})
	}
}
