package inbound

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

const goodPost = `{"kind":"post","id":"1001_1","created_at":"2026-11-20T09:14:03Z","text":"my order never came","author":{"id":"9001","handle":"@customer1"}}`

// newDecoder is an account of which only the decoder is used.
func newDecoder(t testing.TB) *client {
	t.Helper()
	at := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	return &client{opt: Options{Account: "shop", Network: "facebook", Host: "facebook.example", MaxLength: 500,
		Now: func() time.Time { return at }}.withDefaults()}
}

func TestDecodeSaysWhatIsWrongWithoutTheWords(t *testing.T) {
	c := newDecoder(t)
	whole := func(item string) string { return `{"mentions":[` + item + `]}` }
	with := func(old, new string) string { return whole(strings.Replace(goodPost, old, new, 1)) }
	for _, tc := range []struct{ name, body, err, refused string }{
		{"nothing", ``, "not valid JSON", ""},
		{"a list", `[]`, "not a JSON object", ""},
		{"no mentions", `{}`, "send 1 to 500 mentions", ""},
		{"an empty list", `{"mentions":[]}`, "send 1 to 500 mentions", ""},
		{"too many", `{"mentions":[` + strings.Repeat("0,", maxItems) + `0]}`, "send 1 to 500 mentions", ""},
		{"something after it", whole(goodPost) + `{}`, "something stands after", ""},
		{"an unknown field beside the list", `{"mentions":[` + goodPost + `],"secret words":1}`, `unknown field: "secret words"`, ""},
		{"nested without end", strings.Repeat(`{"mentions":[`, 20_000), "not valid JSON", ""},
		{"null for an item", whole(`null`), "", "kind must be"},
		{"a number for an item", whole(`7`), "", "not a JSON object"},
		{"an unknown field", with(`"kind"`, `"odd":1,"kind"`), "", "unknown field"},
		{"a wrong type", with(`"9001"`, `9001`), "", "author.id has the wrong type"},
		{"a time that is none", with(`2026-11-20T09:14:03Z`, `yesterday`), "", "2026-11-20T09:14:03Z"},
		{"a number for a time", with(`"2026-11-20T09:14:03Z"`, `1795166043`), "", "2026-11-20T09:14:03Z"},
		{"a time to come", with(`2026-11-20`, `2026-11-23`), "", "created_at"},
		{"a time before there were networks", with(`2026-11-20`, `1970-01-01`), "", "created_at"},
		{"an edit without its time", with(`"post"`, `"edit"`), "", "edited_at"},
		{"an answer to nothing", with(`"post"`, `"answer"`), "", "in_reply_to"},
		{"an id with a space", with(`1001_1`, `1001 1`), "", "id must be"},
		{"an id of look-alike digits", with(`1001_1`, `１００１`), "", "id must be"},
		{"a script for an address", with(`"text"`, `"url":"javascript:alert(1)","text"`), "", "url must be"},
		{"an address with a line end", with(`"text"`, `"url":"https://a.example/\n","text"`), "", "url must be"},
		{"an unknown visibility", with(`"text"`, `"visibility":"all","text"`), "", "visibility must be"},
		{"a language that is none", with(`"text"`, `"language":"<b>","text"`), "", "language must be"},
		{"fewer than no followers", with(`"9001"`, `"9001","followers":-1`), "", "followers"},
		{"more followers than a number holds", with(`"9001"`, `"9001","followers":99999999999999999999`), "", "author.followers has the wrong type"},
	} {
		got, err := c.decode([]byte(tc.body))
		switch {
		case tc.err != "":
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: error %v", tc.name, err)
			}
		case err != nil || len(got.refused) != 1 || !strings.Contains(got.refused[0].Why, tc.refused) || len(got.push.Aside) != 1:
			t.Errorf("%s: %+v, %v", tc.name, got.refused, err)
		case strings.Contains(got.refused[0].Why, "never came"):
			t.Errorf("%s: the reason holds the customer's words", tc.name)
		}
	}
}

func TestDecodeFillsWhatIsLeftOut(t *testing.T) {
	got, err := newDecoder(t).decode([]byte(`{"mentions":[` + goodPost + `,{"kind":"edit","id":"2","created_at":"2026-11-20T11:14:03+02:00","edited_at":"2026-11-20T09:20:00.1234567Z",
		"text":" a\r\nb\u0000\u202e ","in_reply_to":"1","author":{"id":"post:2","name":"Two\nlines"},"media":[{"kind":"hologram","description":" a parcel "}]},
		{"kind":"deletion","id":"3"}]}`))
	if err != nil || len(got.push.Mentions) != 2 || len(got.push.Gone) != 1 || len(got.refused) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	first, second := got.push.Mentions[0], got.push.Mentions[1]
	if first.Visibility != socialwatch.Public || first.RootID != first.ID || first.Author.Handle != "customer1" || first.Revision() != "0" || first.Own {
		t.Errorf("first %+v", first)
	}
	if second.RootID != "1" || second.Author.Handle != "post:2" || second.Author.Name != "Two lines" || second.Text != "a\nb\u202e" ||
		!second.CreatedAt.Equal(first.CreatedAt) || second.Revision() != "20261120T092000.123456" ||
		second.Media[0] != (socialwatch.Media{Kind: "other", Description: "a parcel"}) {
		t.Errorf("second %+v", second)
	}
}

// FuzzDecode: whatever comes, each item of a body that is understood is either
// taken or refused, and the database holds what was taken.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"mentions":[` + goodPost + `]}`, `{"mentions":[{"kind":"deletion","id":"7"},null,7,"x",{"ID":"9","KIND":"deletion"}]}`,
		`{"mentions":[{"kind":"edit","id":"1","created_at":"2026-11-20T11:14:03+02:00","edited_at":"2026-11-20T09:20:00Z","text":"\ud800\u0000\u202e","language":"pt-BR","visibility":"direct","url":"https://a.example/1","thread":"0","in_reply_to":"0","author":{"id":"post:1","name":"\r\n","url":"http://b.example","followers":9007199254740993,"bot":true},"media":[{"kind":"image","description":"x"}]}]}`,
		`{"mentions":[{"kind":"answer","id":"a","created_at":"2026-11-20T09:14:03Z","in_reply_to":"1001_1"},` + goodPost + `,` + goodPost + `]}`,
		`{"mentions":[{"id":{"id":1}}],"mentions":[]}`} {
		f.Add([]byte(seed))
	}
	c := newDecoder(f)
	db := dbtest.Open(f, store.SQLite)
	if err := db.EnsureAccount(f.Context(), "shop", "facebook", "facebook.example"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := c.decode(body)
		if err != nil {
			clean(t, err.Error())
			return
		}
		p := got.push
		if len(got.accepted) != len(p.Mentions)+len(p.Gone) || len(got.refused) != len(p.Aside) || len(got.accepted)+len(got.refused) == 0 {
			t.Fatalf("of %d taken and %d refused items %d, %d and %d are stored", len(got.accepted), len(got.refused), len(p.Mentions), len(p.Gone), len(p.Aside))
		}
		for _, m := range p.Mentions {
			sound(t, m)
		}
		for i, r := range got.refused {
			if clean(t, r.Why); r.ID != "" && r.ID != p.Aside[i].ID || p.Aside[i].ID == "" {
				t.Errorf("refused %q, set aside as %q", r.ID, p.Aside[i].ID)
			}
		}
		if _, err := json.Marshal(answer{got.accepted, got.refused}); err != nil {
			t.Error(err)
		}
		if len(got.accepted) == 0 { // a database takes its time
			return
		}
		if err := db.PutPush(t.Context(), "shop", p, c.opt.Now()); err != nil {
			t.Fatalf("the database refuses what was answered with 202: %v", err)
		}
	})
}

// sound fails the test unless a mention is as connectors promise.
func sound(t *testing.T, m socialwatch.Mention) {
	t.Helper()
	for _, s := range []string{m.Text, m.Author.ID, m.Author.Handle, m.Author.Name, m.Author.URL, m.Language, m.URL, m.ID, m.RootID, m.ParentID} {
		clean(t, s)
	}
	for _, x := range m.Media {
		clean(t, x.Description)
	}
	switch {
	case m.Account != "shop" || m.Network != "facebook" || m.Host != "facebook.example":
		t.Error("it is of another account")
	case m.ID == "" || m.RootID == "" || m.CreatedAt.IsZero() || m.Author.Handle == "" && !m.Own || m.Author.ID == "" && !m.Own:
		t.Errorf("something is missing: %+v", m)
	case !known(m.Visibility):
		t.Errorf("visibility %q", m.Visibility)
	case m.CreatedAt.Location() != time.UTC || m.CreatedAt != socialwatch.Micros(m.CreatedAt):
		t.Errorf("time %v", m.CreatedAt)
	case strings.ContainsAny(m.Author.Handle+m.Author.Name, "\r\n\t") || strings.HasPrefix(m.Author.Handle, "@"):
		t.Errorf("author %+v", m.Author)
	}
}

func clean(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) || s != socialwatch.CleanText(s) {
		t.Errorf("not clean: %q", s)
	}
}
