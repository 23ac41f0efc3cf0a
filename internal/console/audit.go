package console

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Auditor reads the log.
type Auditor interface {
	Audit(ctx context.Context, f store.AuditFilter) (rows []store.AuditRow, next string, err error)
}

type auditView struct {
	Count    string
	By       []option
	Kinds    []kindGroup
	Accounts []string
	Account  string
	From, To string // as typed
	Zone     string
	Rows     []auditRowView
	More     string
	Export   string // where the file is; empty: the reader may not
	Empty    emptyView
}

// kindGroup is a group of kinds in the list of choices.
type kindGroup struct {
	Text  string
	All   option
	Kinds []option
}

type auditRowView struct {
	At             moment
	Day            string
	Who, What, Why string
	Account, Case  string
	Reply          int64
	Program        bool
}

// auditGroups are the kinds of event by what they are about, as choices.
var auditGroups = []string{"reply", "case", "mention", "queue", "publishing", "polling", "people"}

func (c *Console) audit(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	q := r.URL.Query()
	f, err := c.auditFilter(p, q, socialwatch.RoleReader)
	if err != nil {
		return err
	}
	f.After = q.Get("after")
	rows, next, err := c.o.Audit.Audit(r.Context(), f)
	if err != nil {
		return fmt.Errorf("read the audit: %w", err)
	}
	h, err := c.look(r.Context())
	if err != nil {
		return err
	}
	v := &auditView{Count: count(len(rows), next), Kinds: kindGroups(q.Get("kind")), Accounts: accounts(p, h), Account: q.Get("account"),
		From: q.Get("from"), To: q.Get("to"), Zone: c.o.Now().In(c.o.Zone).Format("MST"), Empty: c.noEvents(q)}
	if v.By, err = c.auditBy(r.Context(), q.Get("by")); err != nil {
		return err
	}
	for _, row := range rows {
		v.Rows = append(v.Rows, c.auditRow(row))
	}
	if anywhere(p, socialwatch.RoleLead) {
		v.Export = "/audit.csv?" + without(q, "after").Encode()
	}
	if next != "" {
		q.Set("after", next)
		v.More = "/audit?" + q.Encode()
	}
	return c.show(w, r, http.StatusOK, "audit", view{Title: say("audit"), Class: "plain", Nav: "audit", Body: v})
}

func without(q url.Values, key string) url.Values {
	q = maps.Clone(q)
	q.Del(key)
	return q
}

func (c *Console) noEvents(q url.Values) emptyView {
	for _, key := range []string{"by", "kind", "account", "from", "to", "after"} {
		if q.Get(key) != "" {
			return emptyView{Kind: "filtered", Title: say("empty.filtered"), URL: "/audit", URLText: say("empty.clear")}
		}
	}
	return emptyView{Kind: "calm", Title: say("empty.audit")}
}

// auditFilter reads the filter of the address, for accounts on which p holds
// the role.
func (c *Console) auditFilter(p socialwatch.Person, q url.Values, role socialwatch.Role) (store.AuditFilter, error) {
	f := store.AuditFilter{Accounts: held(p, role, q.Get("account")), Self: p.Login, People: manages(p), By: q.Get("by"), Kind: q.Get("kind")}
	f.Narrow = q.Get("account") != ""
	var err error
	if f.From, err = c.typedTime(q.Get("from"), 0); err != nil {
		return f, err
	}
	f.To, err = c.typedTime(q.Get("to"), 1)
	return f, err
}

// held is visible for any role.
func held(p socialwatch.Person, role socialwatch.Role, chosen string) []string {
	switch {
	case chosen != "" && p.May(role, chosen):
		return []string{chosen}
	case chosen != "":
		return []string{}
	case p.May(role, socialwatch.AllAccounts):
		return nil
	}
	names := []string{}
	for a := range p.Roles {
		if p.May(role, a) {
			names = append(names, a)
		}
	}
	return names
}

// typedTime reads a date or a time as browsers send it, in the console's zone.
// A date stands for its beginning, with days later for an end that it
// includes; a minute likewise.
func (c *Console) typedTime(typed string, later int) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, typed, c.o.Zone); err == nil {
		return t.AddDate(0, 0, later), nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, typed, c.o.Zone); err == nil {
			return t.Add(time.Duration(later) * time.Minute), nil
		}
	}
	return time.Time{}, &badError{say("bad.time")}
}

// auditBy are the choices of who did it.
func (c *Console) auditBy(ctx context.Context, chosen string) ([]option, error) {
	all, err := c.o.People.People(ctx)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	choices := []option{{store.AnyPerson, say("audit.person"), false}, {socialwatch.System, say("audit.program"), false}}
	for _, row := range all {
		choices = append(choices, option{row.Person.Login, row.Person.Login, false})
	}
	if chosen != "" && !slices.ContainsFunc(choices, func(o option) bool { return o.Value == chosen }) {
		choices = append(choices, option{chosen, chosen, false}) // such as terminal:NAME
	}
	for i := range choices {
		choices[i].Current = choices[i].Value == chosen
	}
	return choices, nil
}

// kindGroups are the choices of what happened.
func kindGroups(chosen string) []kindGroup {
	var groups []kindGroup
	for _, name := range auditGroups {
		g := kindGroup{Text: say("audit." + name), All: option{name + ".", say("audit.all", say("audit."+name)), chosen == name+"."}}
		for key := range english {
			if kind, ok := strings.CutPrefix(key, "event."); ok && strings.HasPrefix(kind, name+".") {
				g.Kinds = append(g.Kinds, option{kind, say(key), kind == chosen})
			}
		}
		slices.SortFunc(g.Kinds, func(a, b option) int { return cmp.Compare(a.Text, b.Text) })
		groups = append(groups, g)
	}
	return groups
}

func (c *Console) auditRow(row store.AuditRow) auditRowView {
	e := row.Event
	v := auditRowView{At: c.moment(e.At), Day: date("second", e.At.In(c.o.Zone)), Who: e.Actor, What: c.eventText(e), Why: details(e),
		Account: row.Account, Case: e.CaseNumber, Reply: e.ReplyID, Program: e.Actor == socialwatch.System}
	if v.Program {
		v.Who = say("audit.program")
	}
	return v
}

// details are what an event's data says beyond its text: whom a change is
// about, and each field before and after.
func details(e socialwatch.Event) string {
	var parts []string
	add := func(key string) {
		if s, ok := e.Data[key].(string); ok && s != "" {
			parts = append(parts, s)
		}
	}
	switch {
	case strings.HasPrefix(e.Kind, "people."):
		add("person")
		for _, key := range []string{"name", "roles", "teams", "languages", "disabled"} {
			if pair, ok := e.Data[key].([]any); ok && len(pair) == 2 && e.Kind == store.EventPersonChanged {
				parts = append(parts, say("audit.change", say("field."+key), plainValue(pair[0]), plainValue(pair[1])))
			}
		}
		if e.Kind == store.EventPersonAdded {
			parts = append(parts, plainValue(e.Data["roles"]))
		}
		add("token")
		add("webhook")
		if scopes, ok := e.Data["scopes"].([]any); ok {
			parts = append(parts, plainValue(scopes))
		}
		if purpose, ok := e.Data["purpose"].(string); ok {
			parts = append(parts, label("purpose", purpose))
		}
		add("issuer")
	case strings.HasPrefix(e.Kind, "polling."):
		add("why")
	case strings.HasPrefix(e.Kind, "reply."), e.Kind == socialwatch.EventCaseErased, e.Kind == socialwatch.EventMentionErased:
		add("note")
	}
	return strings.Join(parts, "; ")
}

// plainValue is a value of an event's data as people read it.
func plainValue(v any) string {
	switch v := v.(type) {
	case nil:
		return say("fig.none")
	case bool:
		if v {
			return say("yes")
		}
		return say("no")
	case []any:
		texts := make([]string, len(v))
		for i, one := range v {
			texts[i] = fmt.Sprint(one)
		}
		return cmp.Or(strings.Join(texts, ", "), say("fig.none"))
	case map[string]any:
		var texts []string
		for _, account := range slices.Sorted(maps.Keys(v)) {
			texts = append(texts, say("role.on", label("role", fmt.Sprint(v[account])), accountName(account)))
		}
		return cmp.Or(strings.Join(texts, ", "), say("fig.none"))
	}
	return fmt.Sprint(v)
}

// auditFile sends all events of a filter as CSV, to leads.
func (c *Console) auditFile(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	if !anywhere(p, socialwatch.RoleLead) {
		return &rightError{socialwatch.RoleLead, socialwatch.AllAccounts}
	}
	f, err := c.auditFilter(p, r.URL.Query(), socialwatch.RoleLead)
	if err != nil {
		return err
	}
	f.Limit = store.PageMax
	rows, next, err := c.o.Audit.Audit(r.Context(), f)
	if err != nil {
		return fmt.Errorf("export the audit: %w", err)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
	file := csv.NewWriter(w)
	_ = file.Write([]string{"at", "who", "kind", "account", "case", "case_version", "reply", "data"})
	for {
		for _, row := range rows {
			_ = file.Write(record(row)) // the writer keeps its first error
		}
		file.Flush()
		if file.Error() != nil || next == "" {
			return nil // a browser that has gone away is no failure
		}
		f.After = next
		if rows, next, err = c.o.Audit.Audit(r.Context(), f); err != nil {
			c.o.Log.Error("export of the audit broke off", "err", err)
			panic(http.ErrAbortHandler) // so that half a file does not look like a whole one
		}
	}
}

func record(row store.AuditRow) []string {
	e := row.Event
	data, err := json.Marshal(e.Data)
	if err != nil {
		data = []byte("{}")
	}
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	fields := []string{e.At.UTC().Format("2006-01-02T15:04:05.000000Z"), e.Actor, e.Kind, row.Account, e.CaseNumber,
		number(int64(e.CaseVersion)), number(e.ReplyID), string(data)}
	return harmless(fields)
}

// harmless quotes the fields of a CSV record that a spreadsheet would run.
func harmless(fields []string) []string {
	for i, field := range fields {
		if field != "" && strings.ContainsRune("=+-@\t\r", rune(field[0])) {
			fields[i] = "'" + field
		}
	}
	return fields
}
