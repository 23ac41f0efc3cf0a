package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// desk is the consumer of examples/psql, which does a step when it is told to.
type desk struct {
	storetest.Fixture
	*testing.T
	role, own string
	url       string
	one       storetest.Seeded // the case that it reads of first
}

func newDesk(t *testing.T) desk {
	o := dbtest.New(t, store.Postgres)
	fx := storetest.On(t, o)
	as := loginAs(t, o, &store.Roles{Commands: true})
	d := desk{Fixture: fx, T: t, role: "case_system" + o.Schema[len("test"):], own: "tickets" + o.Schema[len("test"):], url: as.URL}
	d.furnish()
	d.one = fx.Seed(t, "post", 1)[0]
	d.Log(t, 0)
	return d
}

// furnish gives it a new, empty schema of its own.
func (d desk) furnish() {
	d.Helper()
	d.owner("drop schema if exists " + d.own + " cascade; create schema " + d.own + " authorization " + d.role)
	d.psql("setup.sql")
}

// owner runs a statement by the owner of the database.
func (d desk) owner(statement string) {
	d.Helper()
	db := dbtest.Raw(d.T, d.Options)
	defer db.Close()
	_, err := db.Exec(statement)
	must(d.T, err)
}

func (d desk) text(query string) (text string) {
	d.Helper()
	db := dbtest.Raw(d.T, d.Options)
	defer db.Close()
	must(d.T, db.QueryRowContext(d.T.Context(), query).Scan(&text))
	return text
}

func (d desk) psql(file string) (said string) {
	d.Helper()
	cmd := exec.Command("psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-v", "schema="+d.Options.Schema, "-v", "own="+d.own, "-v", "all=true",
		d.url, "-f", filepath.Join("..", "..", "examples", "psql", file))
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.Fatalf("%s: %v\n%s", file, err, out)
	}
	return strings.TrimSpace(string(out))
}

// step does steps until all is read, each with the answer to what it asks.
func (d desk) step() {
	d.Helper()
	for more := true; more; {
		more = d.psql("step.sql") == "more"
		d.answer()
	}
}

func (d desk) answer() {
	d.Helper()
	_, err := d.ApplyCommands(d.T.Context(), storetest.Start, strings.ToUpper)
	must(d.T, err)
}

// owners is who had the case, in order.
func (d desk) owners() string {
	d.Helper()
	return d.text(`select coalesce(string_agg(kind || ' ' || actor, ', ' order by id), '') from events where kind in ('case.claimed', 'case.released')`)
}

// release gives the case back by a lead.
func (d desk) release(lead socialwatch.Person) {
	d.Helper()
	c, err := d.Case(d.T.Context(), d.one.Case.Number)
	must(d.T, err)
	_, err = d.ReleaseCase(d.T.Context(), store.CaseWork{Number: c.Case.Number, Version: c.Case.Version, By: lead, At: storetest.Start.Add(time.Minute)})
	must(d.T, err)
}

// otherNews is more than one step reads.
const otherNews = `insert into events (kind, actor, at, data) select 'publishing.resumed', 'socialwatch', now(), '{}' from generate_series(1, 600)`

// TestThePsqlConsumerLeavesAReleasedCaseAlone: what a step reads of a case is newer
// than the events that it has come to. A case that a lead has taken back is not
// claimed again, wherever the release stands in the log, and its ticket resolves
// nothing.
func TestThePsqlConsumerLeavesAReleasedCaseAlone(t *testing.T) {
	t.Parallel()
	dbtest.NeedPostgres(t)
	for name, between := range map[string]func(d desk, release func()){
		"the release is behind other news": func(d desk, release func()) {
			d.owner(otherNews)
			release()
			d.Log(d.T, 0)
		},
		"claim and release have no number yet": func(_ desk, release func()) { release() },
		"its command is forgotten": func(d desk, release func()) {
			d.owner(`delete from case_commands; ` + otherNews)
			release()
			d.Log(d.T, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			lena := d.Hire(t, "lena", socialwatch.RoleLead)
			d.step()
			want := "case.claimed system:" + d.role
			if got := d.owners(); got != want {
				t.Fatalf("%q, want %q", got, want)
			}
			between(d, func() { d.release(lena) })
			d.step()
			d.Log(t, 0)
			d.step()
			if got, want := d.owners(), want+", case.released lena"; got != want {
				t.Errorf("%q, want %q", got, want)
			}
			if d.text("select closed_at is not null from "+d.own+".ticket") != "true" {
				t.Error("the ticket is still open")
			}
			d.furnish()
			d.step()
			if n := d.text("select count(*) from " + d.own + ".ticket"); n != "0" || !strings.HasSuffix(d.owners(), "lena") {
				t.Errorf("read from the beginning it has %s tickets: %s", n, d.owners())
			}
		})
	}
}

// TestThePsqlConsumerAsksAnewForARefusedClaim: the case had moved on.
func TestThePsqlConsumerAsksAnewForARefusedClaim(t *testing.T) {
	t.Parallel()
	dbtest.NeedPostgres(t)
	d := newDesk(t)
	otto := d.Hire(t, "otto", socialwatch.RoleAuthor)
	d.psql("step.sql")
	_, err := d.Assign(t.Context(), store.Assignment{Login: &otto.Login,
		CaseWork: store.CaseWork{Number: d.one.Case.Number, Version: d.one.Case.Version, By: otto, At: storetest.Start}})
	must(t, err)
	d.answer()
	if got := d.owners(); got != "" {
		t.Fatalf("it claims what it has not read: %s", got)
	}
	d.step()
	if got, want := d.owners(), "case.claimed system:"+d.role; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
