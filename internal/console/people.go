package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

type peopleView struct {
	Notice      *noteView
	Count       string
	Rows        []personView
	Login, Name string // as typed into a form that was refused
	Form        personForm
	Tokens      tokensView
}

type personView struct {
	ID                                       int64
	Login, Name, Roles, Teams, Languages, By string
	Disabled                                 bool
}

// personForm are the fields that adding and changing have in common.
type personForm struct {
	Languages, Teams string
	Accounts         []accountRole
}

// accountRole is a choice of roles on one account.
type accountRole struct {
	Account, Text string
	Roles         []option
}

type personPage struct {
	personView
	Notice    *noteView
	Form      personForm
	Sessions  sessionsView
	Created   moment
	Self      bool
	MayReset  bool // passwords are on and the person is not disabled
	HasLinked bool
}

// admin refuses who may not manage people.
func admin(r *http.Request) (socialwatch.Person, error) {
	p, _ := auth.PersonFrom(r.Context())
	return p, may(p, socialwatch.RoleAdmin, socialwatch.AllAccounts)
}

func (c *Console) people(w http.ResponseWriter, r *http.Request) error {
	return c.showPeople(w, r, http.StatusOK, &peopleView{Notice: done(r)})
}

func (c *Console) showPeople(w http.ResponseWriter, r *http.Request, status int, v *peopleView) error {
	if _, err := admin(r); err != nil {
		return err
	}
	all, err := c.o.People.People(r.Context())
	if err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	for _, row := range all {
		v.Rows = append(v.Rows, personRow(row))
	}
	v.Count = strconv.Itoa(len(all))
	if v.Form, err = c.personForm(r, socialwatch.Person{}); err != nil {
		return err
	}
	tokens, err := c.o.Tokens.Tokens(r.Context(), nil)
	if err != nil {
		return fmt.Errorf("read tokens: %w", err)
	}
	v.Tokens = c.tokensView(tokens, slices.DeleteFunc(slices.Clone(c.o.Scopes), func(s string) bool { return s == decideScope }))
	return c.show(w, r, status, "people", view{Title: say("people"), Class: "plain", Nav: "settings", Body: v})
}

func personRow(row store.PersonRow) personView {
	p := row.Person
	v := personView{ID: p.ID, Login: p.Login, Name: p.Name, Roles: roles(p), Teams: strings.Join(p.Teams, ", "),
		Languages: strings.Join(p.Languages, ", "), Disabled: row.Disabled, By: say("person.nothing")}
	switch {
	case row.HasPassword && row.Linked:
		v.By = say("person.both")
	case row.HasPassword:
		v.By = say("person.password")
	case row.Linked:
		v.By = say("person.sso")
	}
	return v
}

// personForm offers a role on all accounts and on each that is known here.
func (c *Console) personForm(r *http.Request, p socialwatch.Person) (personForm, error) {
	h, err := c.look(r.Context())
	if err != nil {
		return personForm{}, err
	}
	names := []string{}
	for _, conn := range h.conns {
		names = append(names, conn.Name)
	}
	for account := range p.Roles {
		if account != socialwatch.AllAccounts && !slices.Contains(names, account) {
			names = append(names, account) // taken out of the configuration since
		}
	}
	slices.Sort(names)
	f := personForm{Languages: strings.Join(p.Languages, ", "), Teams: strings.Join(p.Teams, ", ")}
	for _, account := range append([]string{socialwatch.AllAccounts}, names...) {
		a := accountRole{Account: account, Text: accountName(account), Roles: []option{{"", say("role.none"), p.Roles[account] == ""}}}
		for _, role := range socialwatch.Roles {
			a.Roles = append(a.Roles, option{string(role), say("role." + string(role)), p.Roles[account] == role})
		}
		f.Accounts = append(f.Accounts, a)
	}
	return f, nil
}

// formRoles reads the roles of a form, whose fields are called role. and the
// account.
func formRoles(r *http.Request) (map[string]socialwatch.Role, string) {
	all := map[string]socialwatch.Role{}
	for field, values := range r.PostForm {
		account, ok := strings.CutPrefix(field, "role.")
		if !ok || values[0] == "" {
			continue
		}
		if !slices.Contains(socialwatch.Roles, socialwatch.Role(values[0])) || account == "" {
			return nil, say("bad.role")
		}
		all[account] = socialwatch.Role(values[0])
	}
	return all, ""
}

// maxLogin is the store's, in bytes.
const maxLogin = 100

func (c *Console) addPerson(w http.ResponseWriter, r *http.Request) error {
	by, err := admin(r)
	if err != nil {
		return err
	}
	login, name := strings.TrimSpace(r.PostFormValue("login")), strings.TrimSpace(r.PostFormValue("name"))
	bad := func(status int, text string) error {
		return c.showPeople(w, r, status, &peopleView{Notice: &noteView{Kind: "bad", Title: text}, Login: login, Name: name})
	}
	languages, teams, problem := work(r)
	all, badRole := formRoles(r)
	switch {
	case login == "" || len(login) > maxLogin || strings.ContainsAny(login, " \t") || !utf8.ValidString(login):
		problem = say("bad.login")
	case badRole != "":
		problem = badRole
	case len(all) == 0:
		problem = say("bad.norole")
	}
	if problem != "" {
		return bad(http.StatusUnprocessableEntity, problem)
	}
	if name == "" {
		name = login
	}
	p := socialwatch.Person{Login: login, Name: name, Roles: all, Languages: languages, Teams: teams}
	p, err = c.o.People.Enrol(r.Context(), store.NewPerson{Person: p, By: by.Login, At: socialwatch.Micros(c.o.Now())})
	if errors.Is(err, socialwatch.ErrConflict) {
		return bad(http.StatusConflict, say("bad.taken", login))
	}
	if err != nil {
		return fmt.Errorf("add person: %w", err)
	}
	if c.o.Logins.NoPasswords {
		return see(w, r, "/settings/people?done=added")
	}
	return c.giveLink(w, r, by, p)
}

// linkLife is how long a link to set a password works.
const linkLife = 24 * time.Hour

// giveLink shows a link by which a person sets a password, once.
func (c *Console) giveLink(w http.ResponseWriter, r *http.Request, by, p socialwatch.Person) error {
	code, hash := auth.NewLink()
	now := socialwatch.Micros(c.o.Now())
	err := c.o.Links.AddLink(r.Context(), store.NewLink{Hash: hash, Login: p.Login, Purpose: store.LinkPassword, By: by.Login, At: now, ExpiresAt: now.Add(linkLife)})
	if err != nil {
		return fmt.Errorf("make a link: %w", err)
	}
	return c.showSecret(w, r, secretView{Title: say("link.title", p.Login), Text: say("link.text", c.moment(now.Add(linkLife)).Full),
		Secret: c.o.House.Address + "/password?code=" + code, Link: true, Back: "/settings/people/" + strconv.FormatInt(p.ID, 10)})
}

// chosen is the person whose page it is.
func (c *Console) chosen(r *http.Request) (store.PersonRow, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return store.PersonRow{}, socialwatch.ErrNotFound
	}
	all, err := c.o.People.People(r.Context())
	if err != nil {
		return store.PersonRow{}, fmt.Errorf("read people: %w", err)
	}
	if i := slices.IndexFunc(all, func(row store.PersonRow) bool { return row.Person.ID == id }); i >= 0 {
		return all[i], nil
	}
	return store.PersonRow{}, socialwatch.ErrNotFound
}

func (c *Console) person(w http.ResponseWriter, r *http.Request) error {
	return c.showPerson(w, r, http.StatusOK, done(r))
}

func (c *Console) showPerson(w http.ResponseWriter, r *http.Request, status int, notice *noteView) error {
	me, err := admin(r)
	if err != nil {
		return err
	}
	row, err := c.chosen(r)
	if err != nil {
		return err
	}
	v := &personPage{personView: personRow(row), Notice: notice, Created: c.moment(row.CreatedAt), Self: row.Person.ID == me.ID,
		MayReset: !c.o.Logins.NoPasswords && !row.Disabled, HasLinked: row.Linked}
	if v.Form, err = c.personForm(r, row.Person); err != nil {
		return err
	}
	if v.Sessions, err = c.sessionsOf(r, row.Person.ID, "/settings/people/"+r.PathValue("id")); err != nil {
		return err
	}
	return c.show(w, r, status, "person", view{Title: v.Login, Class: "plain", Nav: "settings", Body: v})
}

// onPerson runs an admin's change of the person whose page it is, and leads
// back there. A conflict is told on the page.
func (c *Console) onPerson(w http.ResponseWriter, r *http.Request, key string, run func(by socialwatch.Person, row store.PersonRow) error) error {
	by, err := admin(r)
	if err != nil {
		return err
	}
	row, err := c.chosen(r)
	if err != nil {
		return err
	}
	err = run(by, row)
	var bad *badError
	switch {
	case errors.As(err, &bad):
		return c.showPerson(w, r, http.StatusUnprocessableEntity, &noteView{Kind: "bad", Title: bad.text})
	case errors.Is(err, socialwatch.ErrConflict):
		return c.showPerson(w, r, http.StatusConflict, &noteView{Kind: "bad", Title: sentence(err, socialwatch.ErrConflict)})
	case err != nil:
		return err
	}
	return see(w, r, "/settings/people/"+r.PathValue("id")+"?done="+key)
}

func (c *Console) savePerson(w http.ResponseWriter, r *http.Request) error {
	return c.onPerson(w, r, "saved", func(by socialwatch.Person, row store.PersonRow) error {
		change := c.changeOf(by, row)
		name := strings.TrimSpace(r.PostFormValue("name"))
		var problem, badRole string
		change.Languages, change.Teams, problem = work(r)
		change.Roles, badRole = formRoles(r)
		switch {
		case problem != "" || badRole != "":
			return &badError{problem + badRole}
		case name == "" || len(name) > maxLogin:
			return &badError{say("bad.name")}
		}
		change.Name = &name
		return c.o.People.ChangePerson(r.Context(), change)
	})
}

func (c *Console) changeOf(by socialwatch.Person, row store.PersonRow) store.PersonChange {
	return store.PersonChange{Login: row.Person.Login, By: by.Login, At: socialwatch.Micros(c.o.Now())}
}

func (c *Console) disable(w http.ResponseWriter, r *http.Request) error {
	return c.setDisabled(w, r, "disabled", true)
}

func (c *Console) enable(w http.ResponseWriter, r *http.Request) error {
	return c.setDisabled(w, r, "enabled", false)
}

func (c *Console) setDisabled(w http.ResponseWriter, r *http.Request, key string, disabled bool) error {
	return c.onPerson(w, r, key, func(by socialwatch.Person, row store.PersonRow) error {
		change := c.changeOf(by, row)
		change.Disabled = &disabled
		return c.o.People.ChangePerson(r.Context(), change)
	})
}

func (c *Console) endTheirSessions(w http.ResponseWriter, r *http.Request) error {
	return c.onPerson(w, r, "sessions", func(by socialwatch.Person, row store.PersonRow) error { return c.end(r, by, row.Person.ID) })
}

func (c *Console) resetPassword(w http.ResponseWriter, r *http.Request) error {
	by, err := admin(r)
	if err != nil {
		return err
	}
	row, err := c.chosen(r)
	if err != nil {
		return err
	}
	if c.o.Logins.NoPasswords {
		return &badError{say("password.off")}
	}
	return c.giveLink(w, r, by, row.Person)
}
