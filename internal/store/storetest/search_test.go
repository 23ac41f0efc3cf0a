package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// learn numbers all events and keeps the words of their cases, as serve does.
func learn(t testing.TB, fx Fixture) {
	t.Helper()
	fx.Log(t, 1<<62)
	for {
		n, err := fx.KeepWords(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		if n < 7 {
			return
		}
	}
}

// write stores a post with a case of its own and returns the case's number.
// An order number in the assessment goes to the case, as intake has it.
func write(t testing.TB, fx Fixture, m socialwatch.Mention, a socialwatch.Assessment, r *socialwatch.Reply) string {
	t.Helper()
	one := fx.NewCase(t, m)
	one.Orders = nil
	for _, e := range a.Entities {
		if e.Kind == socialwatch.OrderNumber {
			one.Orders = append(one.Orders, e.Value)
		}
	}
	c := fx.Changes(t)
	c.Cases, c.Events = []socialwatch.Case{one}, []socialwatch.Event{Opened(one)}
	c.Entries = []socialwatch.Entry{{Mention: m, Assessment: a, CaseID: one.ID, Reply: r}}
	fx.MustSave(t, c)
	return one.Number
}

// say is a post with a text and nothing found in it.
func say(id, author, text, language string) (socialwatch.Mention, socialwatch.Assessment) {
	m := Mention(id, author)
	m.Text = text
	a := Assessment(m)
	a.Language, a.Signals, a.Entities, a.Masked = language, nil, nil, text
	return m, a
}

func finds(t testing.TB, fx Fixture, f store.SearchFilter) []string {
	t.Helper()
	r, err := fx.Search(t.Context(), f)
	if err != nil {
		t.Fatalf("%q: %v", f.Query, err)
	}
	var numbers []string
	for _, row := range r.Rows {
		numbers = append(numbers, row.Case.Number)
	}
	return numbers
}

func TestSearchFindsWordsInEightLanguages(t *testing.T) {
	texts := map[string]string{
		"en": "Where's my parcel? It hasn't MOVED since Monday",
		"es": "La devolución del envío aún no llegó, ¿qué pasa?",
		"pt": "Não recebi o reembolso, já são três semanas",
		"fr": "L'expédition est bloquée à Orléans, c'est inadmissible",
		"de": "Das Paket hängt in der Straße fest, Größe falsch",
		"it": "Perché il rimborso non è più arrivato?",
		"ja": "注文した商品がまだ届きません。返金してください、ﾊﾟｿｺﾝの件です",
		"hi": "मेरा रिफ़ंड अभी तक नहीं आया, ऑर्डर कहाँ है",
	}
	queries := map[string][]string{
		"en": {"parcel", "PARCEL monday", "move", "hasn't moved", "par"},
		"es": {"devolucion", "devolución", "ENVÍO llego", "devol"},
		"pt": {"nao recebi", "reembolso", "três semanas", "tres sem"},
		"fr": {"expedition bloquee", "l'expédition", "orléans"},
		"de": {"strasse", "Straße", "grosse paket", "hangt"},
		"it": {"perche", "rimborso più", "rimb"},
		"ja": {"返金", "届きません", "商品", "注文 返金", "パソコン", "金", "件"},
		"hi": {"रिफ़ंड", "रिफ\u093c\u0902ड", "ऑर्डर कहाँ", "ऑर्ड", "नहीं"},
	}
	not := map[string][]string{"en": {"arcel"}, "ja": {"金返", "届注文"}, "hi": {"रड"}, "de": {"aket"}}
	Each(t, func(t *testing.T, fx Fixture) {
		numbers := map[string]string{}
		for lang, text := range texts {
			m, a := say("post-"+lang, "by-"+lang, text, lang)
			numbers[lang] = write(t, fx, m, a, nil)
		}
		learn(t, fx)
		for lang, of := range queries {
			for _, q := range of {
				r, err := fx.Search(t.Context(), store.SearchFilter{Query: q})
				if err != nil || len(r.Rows) != 1 || r.Rows[0].Case.Number != numbers[lang] || r.Count != 1 {
					t.Errorf("%s: %q found %d cases (%v)", lang, q, len(r.Rows), err)
					continue
				}
				if h := r.Rows[0].Hits; len(h) != 1 || len(h[0].Spans) == 0 || h[0].Text != texts[lang] || h[0].Language != lang {
					t.Errorf("%s: %q shows %+v", lang, q, h)
				}
			}
			for _, q := range not[lang] {
				if got := finds(t, fx, store.SearchFilter{Query: q}); len(got) > 0 {
					t.Errorf("%s: %q found %v", lang, q, got)
				}
			}
		}
	})
}

func TestSearchMarksTheWordsFound(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		m, a := say("post-1", "customer1", "Refund, please! The re\u00adfund of order 100-2233 was due. 返金してください", "en")
		at := strings.Index(m.Text, "100-2233")
		a.Entities = []socialwatch.Entity{{Kind: socialwatch.OrderNumber, Value: "100-2233", Start: at, End: at + 8}}
		a.Masked = strings.Replace(m.Text, "100-2233", "*****233", 1)
		write(t, fx, m, a, nil)
		learn(t, fx)
		for query, want := range map[string][]string{
			"refund": {"Refund", "re\u00adfund"}, "refun": {"Refund", "re\u00adfund"}, "1002233": {"100-2233"}, "100-2233": {"100-2233"},
			"10022": {"100-2233"}, "返金": {"返金"}, "金": {"金"}, "返金して": {"返金して"},
		} {
			r, err := fx.Search(t.Context(), store.SearchFilter{Query: query})
			if err != nil || len(r.Rows) != 1 || len(r.Rows[0].Hits) != 1 {
				t.Fatalf("%q: %+v, %v", query, r, err)
			}
			var got []string
			h := r.Rows[0].Hits[0]
			for _, s := range h.Spans {
				got = append(got, h.Text[s.Start:s.End])
			}
			if !slices.Equal(got, want) || len(h.Masked) != len(h.Text) {
				t.Errorf("%q marks %q, want %q", query, got, want)
			}
		}
	})
}

func TestSearchFindsByNumbersHandlesAndReplies(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		m, a := say("post-1", "customer1", "@help where is SW 100-2233, carrier says 1Z999", "en")
		m.Author.Handle, m.Author.Name = "Customer.One_1@far.example", "Ada Muster"
		a.Entities = []socialwatch.Entity{{Kind: socialwatch.OrderNumber, Value: "SW100-2233", Start: 15, End: 26},
			{Kind: socialwatch.TrackingNumber, Value: "1Z999AA10123456784", Start: 41, End: 46}, {Kind: socialwatch.Phone, Value: "5550100", Start: 0, End: 5}}
		a.Masked = "@help where is ********233, carrier says *****"
		first := write(t, fx, m, a, Draft(m, "We are looking into the whereabouts."))
		m, a = say("post-2", "customer2", "@help hello", "en")
		second := write(t, fx, m, a, nil)
		learn(t, fx)
		for query, want := range map[string][]string{
			"sw1002233": {first}, "SW100-2233": {first}, "#sw1002233": {first}, "SW100": {first}, "1z999aa10123456784": {first}, "1Z999AA1": {first},
			"@customer.one_1": {first}, "@Customer.One_1@far.example": {first}, "@customer2": {second}, "@customer": {second, first}, "customer one": {first},
			"ada": {first}, "muster ada": {first}, "whereabouts": {first}, "hello": {second}, "hello whereabouts": nil, "hel whereabouts": nil, "hel": {second, first}, "far.example": {second, first},
			"5550100": nil, "@ada": nil, "@hello": nil, first: {first}, strings.ToLower(second) + " hello": {second}, "help": {second, first},
		} {
			if got := finds(t, fx, store.SearchFilter{Query: query}); !slices.Equal(got, want) {
				t.Errorf("%q found %v, want %v", query, got, want)
			}
		}
		for query, want := range map[string]string{first: first, strings.ToLower(first): first, strings.TrimPrefix(second, "K-"): second,
			" #" + strings.TrimPrefix(first, "K-") + " ": first, "X-1001": "", first + " hello": "", `"1001"`: "", "999999": "", "01001": "", "99999999999999999999": ""} {
			r, err := fx.Search(t.Context(), store.SearchFilter{Query: query})
			if err != nil || r.Number != want {
				t.Errorf("%q is the number of %q, want %q (%v)", query, r.Number, want, err)
			}
		}
		if r, err := fx.Search(t.Context(), store.SearchFilter{Query: first, Accounts: []string{"other"}}); err != nil || r.Number != "" || len(r.Rows) != 0 {
			t.Errorf("to whom may not read it: %+v, %v", r, err)
		}
	})
}

func TestSearchFindsNotesAndTags(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ana := fx.Hire(t, "ana", socialwatch.RoleAuthor)
		one := fx.Seed(t, "post", 2)[0].Case
		work := store.CaseWork{Number: one.Number, Version: 1, By: ana, At: Start}
		if _, err := fx.AddNote(t.Context(), store.NewNote{CaseWork: work, Body: "the depot is flooded"}); err != nil {
			t.Fatal(err)
		}
		if _, err := fx.Tag(t.Context(), store.Tagging{CaseWork: work, Add: []string{"vip"}}); err != nil {
			t.Fatal(err)
		}
		learn(t, fx)
		for query, want := range map[string][]string{"flooded": {one.Number}, "vip order": {one.Number}, "@ana": nil} {
			if got := finds(t, fx, store.SearchFilter{Query: query}); !slices.Equal(got, want) {
				t.Errorf("%q found %v, want %v", query, got, want)
			}
		}
		r, err := fx.Search(t.Context(), store.SearchFilter{Query: "flooded"})
		if err != nil || len(r.Rows) != 1 || len(r.Rows[0].Hits) != 1 || r.Rows[0].Hits[0].Kind != store.HitNote || r.Rows[0].Hits[0].By != "ana" {
			t.Errorf("%+v, %v", r.Rows, err)
		}
	})
}

func TestSearchHoldsToItsFilter(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		if err := fx.EnsureAccount(t.Context(), "other", string(socialwatch.Mastodon), Host); err != nil {
			t.Fatal(err)
		}
		s := fx.Seed(t, "post", 3)
		foreign := Mention("foreign", "customer9")
		foreign.Account = "other"
		one := fx.NewCase(t, foreign)
		k, err := fx.Known(t.Context(), socialwatch.Ask{Account: "other"})
		if err != nil {
			t.Fatal(err)
		}
		fx.MustSave(t, socialwatch.Changes{Account: "other", Version: k.Version, At: Start, Cases: []socialwatch.Case{one},
			Events: []socialwatch.Event{Opened(one)}, Entries: []socialwatch.Entry{{Mention: foreign, Assessment: Assessment(foreign), CaseID: one.ID}}})
		if _, err := fx.SetCaseState(t.Context(), store.CaseMove{Number: s[1].Case.Number, Version: 1, To: socialwatch.CaseOpen, At: Start,
			By: fx.Hire(t, "ana", socialwatch.RoleAuthor)}); err != nil {
			t.Fatal(err)
		}
		learn(t, fx)
		number := func(i int) string { return s[i].Case.Number }
		for name, tt := range map[string]struct {
			f    store.SearchFilter
			want []string
		}{
			"everything":       {store.SearchFilter{}, []string{one.Number, number(2), number(1), number(0)}},
			"one account":      {store.SearchFilter{Accounts: []string{Account}}, []string{number(2), number(1), number(0)}},
			"no account":       {store.SearchFilter{Accounts: []string{}}, nil},
			"a state":          {store.SearchFilter{States: []socialwatch.CaseState{socialwatch.CaseOpen}}, []string{number(1)}},
			"two states":       {store.SearchFilter{Accounts: []string{Account, "other"}, States: []socialwatch.CaseState{socialwatch.CaseOpen, socialwatch.CaseNew}}, []string{one.Number, number(2), number(1), number(0)}},
			"from its opening": {store.SearchFilter{From: Start, Accounts: []string{"other"}}, []string{one.Number}},
			"from later":       {store.SearchFilter{From: Start.Add(time.Microsecond)}, nil},
			"before it":        {store.SearchFilter{To: Start}, nil},
			"before a moment":  {store.SearchFilter{To: Start.Add(time.Microsecond), Limit: 1}, []string{one.Number}},
		} {
			tt.f.Query = "order moved"
			if got := finds(t, fx, tt.f); !slices.Equal(got, tt.want) {
				t.Errorf("%s: %v, want %v", name, got, tt.want)
			}
		}
		if _, err := fx.Search(t.Context(), store.SearchFilter{Query: "x", States: []socialwatch.CaseState{"'; drop"}}); err == nil {
			t.Error("an unknown state was taken")
		}
	})
}

func TestSearchPagesHoldEachCaseOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 103)
		m, a := say("rare", "customer9", "a rare word", "en")
		rare := write(t, fx, m, a, nil)
		learn(t, fx)
		r, err := fx.Search(t.Context(), store.SearchFilter{Query: "order"})
		if err != nil || r.Count <= store.SearchCountMax || len(r.Rows) != 20 {
			t.Fatalf("%d counted, %d shown, %v", r.Count, len(r.Rows), err)
		}
		var got []string
		f := store.SearchFilter{Query: "order", Limit: 40}
		for {
			r, err := fx.Search(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range r.Rows {
				got = append(got, row.Case.Number)
			}
			if f.After = r.Next; r.Next == "" || len(got) > 200 {
				break
			}
		}
		if len(got) != 103 || got[0] != s[102].Case.Number || got[102] != s[0].Case.Number || slices.Contains(got, rare) {
			t.Errorf("%d: %v", len(got), got)
		}
		if r, err := fx.Search(t.Context(), store.SearchFilter{Query: "rare"}); err != nil || r.Count != 1 || r.Next != "" {
			t.Errorf("%+v, %v", r, err)
		}
		_, other, err := fx.Cases(t.Context(), store.CaseFilter{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fx.Search(t.Context(), store.SearchFilter{Query: "rare", After: other}); !errors.Is(err, store.ErrCursor) {
			t.Errorf("the cursor of another list: %v", err)
		}
	})
}
