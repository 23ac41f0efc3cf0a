package api

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// FuzzBody holds the reader of bodies against the document: what it takes is
// what the document allows, read in the same way.
func FuzzBody(f *testing.F) {
	doc, err := openapi3.NewLoader().LoadFromData(Document())
	if err != nil {
		f.Fatal(err)
	}
	edit := doc.Paths.Value("/replies/{id}/edit").Post.RequestBody.Value.Content["application/json"].Schema.Value
	hash := strings.Repeat("0123456789abcdef", 4)
	for _, s := range []string{`{"hash":"` + hash + `","text":"a","approve":true}`, `{"hash":"` + hash + `","text":"\ud800"}`, `{}`, `[]`, `{"Hash":""}`,
		`{"text":"a","text":"b"}`, `{"text":null}`, `{"approve":1}`, "{\"text\":\"\xff\"}", `{"text":"a"}}`, `{"text":{"text":"a"}}`, ` { } `, `{"text":"a",}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(string(raw)))
		r.Header.Set("Content-Type", "application/json")
		var gotHash, text string
		var approve bool
		err := body(r, fields{"hash": &gotHash, "text": &text, "approve": &approve})
		if p := (*Problem)(nil); err != nil && (!errors.As(err, &p) || p.Status != 400 || p.Detail == "" || !utf8.ValidString(p.Detail)) {
			t.Fatalf("%q: %v", raw, err)
		}
		var want map[string]any
		valid := json.Unmarshal(raw, &want) == nil && want != nil
		if err == nil && !valid {
			t.Fatalf("took %q, which is no object", raw)
		}
		if err == nil {
			for name, value := range map[string]any{"hash": gotHash, "text": text, "approve": approve} {
				if v, given := want[name]; given && v != value {
					t.Fatalf("%q: %s read as %v, not %v", raw, name, value, v)
				}
			}
		}
		// What is allowed is taken: but for names given twice, bad UTF-8 and text that is too long.
		allowed := valid && edit.VisitJSON(want) == nil && utf8.Valid(raw)
		if allowed && err != nil && !strings.Contains(err.Error(), "twice") {
			t.Fatalf("refused %q: %v", raw, err)
		}
		// What is taken is allowed: but for values that the operation itself looks at.
		if err == nil && !allowed && gotHash != "" && len(gotHash) == 64 && strings.Trim(gotHash, "0123456789abcdef") == "" && text != "" {
			t.Fatalf("took %q, which the document does not allow", raw)
		}
	})
}

func TestTimesAreUTCOrNull(t *testing.T) {
	noon := time.Date(2026, 11, 2, 12, 0, 0, 5000, time.FixedZone("", 3600))
	b, err := json.Marshal([]*time.Time{at(noon), at(time.Time{})})
	if err != nil || string(b) != `["2026-11-02T11:00:00.000005Z",null]` {
		t.Errorf("%s, %v", b, err)
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "1", "-1", "+1", "01", "1e3", "9223372036854775808", " 1", "١"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := digits(s)
		if ok && (n < 0 || strings.Trim(s, "0123456789") != "" || len(s) > 1 && s[0] == '0') {
			t.Fatalf("%q is %d", s, n)
		}
	})
}

func TestTheDocumentTakesNoParameter(t *testing.T) {
	for target, want := range map[string]int{"/api/v1/openapi.json": 200, "/api/v1/openapi.json?x=1": 400} {
		w := httptest.NewRecorder()
		New(Options{}).ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Code != want {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}
