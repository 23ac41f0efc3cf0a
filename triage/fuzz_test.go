package triage

import (
	"reflect"
	"testing"
	"unicode/utf8"

	"socialwatch"
)

// checkInvariants holds what must be true of every assessment.
func checkInvariants(t testing.TB, tr *Triage, m socialwatch.Mention, h socialwatch.History) {
	t.Helper()
	a := tr.Assess(m, h)
	valid := utf8.ValidString(m.Text)
	inside := func(what string, start, end int) {
		switch {
		case start < 0 || end < start || end > len(m.Text):
			t.Fatalf("%s has span %d–%d in %d bytes of %q", what, start, end, len(m.Text), m.Text)
		case valid && (!boundary(m.Text, start) || !boundary(m.Text, end)):
			t.Fatalf("%s cuts a rune at %d–%d of %q", what, start, end, m.Text)
		}
	}
	points := tr.base
	ignore, best := "", 0
	for _, s := range a.Signals {
		inside(s.Name, s.Start, s.End)
		target := targetOf(s.Name)
		points[target] += s.Points
		if target == targetIgnored && s.Points > best {
			best, ignore = s.Points, s.Name[len("ignored."):]
		}
	}
	last := 0
	for _, e := range a.Entities {
		inside(string(e.Kind), e.Start, e.End)
		if e.Start < last || e.Start == e.End || e.Value == "" {
			t.Fatalf("entity %+v overlaps or is empty in %q", e, m.Text)
		}
		last = e.End
	}
	d := decide(points, ignore)
	if d.Intent != a.Intent || d.Escalate != a.Escalate || d.Urgency != a.Urgency || d.Sentiment != a.Sentiment ||
		d.Score != a.Score || d.Ignored != a.Ignored || d.Thanks != a.Thanks {
		t.Fatalf("signals of %q sum to %+v, not %+v", m.Text, d, a)
	}
	if len(a.Masked) != len(m.Text) || valid && !utf8.ValidString(a.Masked) {
		t.Fatalf("masked %q of %q", a.Masked, m.Text)
	}
	if a.Score < 0 || a.Score > 100 || a.Signals == nil || a.Entities == nil {
		t.Fatalf("score %d, signals %v, entities %v", a.Score, a.Signals, a.Entities)
	}
	if again := tr.Assess(m, h); !reflect.DeepEqual(a, again) {
		t.Fatalf("%q gives another result the second time", m.Text)
	}
}

func boundary(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

func FuzzAssess(f *testing.F) {
	for _, text := range benchTexts {
		f.Add(text, "", 0)
	}
	for _, c := range entityCases {
		f.Add(c.text, "broken", 2)
	}
	for _, text := range []string{"", "\x00\x01\x02\x03", "\xff\xfe", "ｒｅｆｕｎｄ ４１１１ １１１１ １１１１ １１１１", "ﷺ㎏ß", "aaa'aaa",
		"e\u0301e\u0301e\u0301", "@a@b.c.", "a@b.cd@ef.gh", "1Z999AA10123456784", "K-", "$", "Rs", "day ", "12 HIGH Street", "\u202eabc"} {
		f.Add(text, text, 1)
	}
	tr := shop(f)
	f.Fuzz(func(t *testing.T, text, warning string, earlier int) {
		m := mention(text)
		m.Warning = warning
		m.Media = []socialwatch.Media{{Description: warning}}
		checkInvariants(t, tr, m, socialwatch.History{Earlier: earlier})
	})
}
