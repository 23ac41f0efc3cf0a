package triage

import (
	"socialwatch"
	"testing"
)

func TestSmoke(t *testing.T) {
	tr, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"@shop_help where's my order 123-1234567-1234567? It's been 12 days!!", "Sooo café wasn’t delivered 📦"} {
		var m socialwatch.Mention
		m.Text = s
		a := tr.Assess(m, socialwatch.History{})
		for _, g := range a.Signals {
			t.Log(g.Name, g.Points, s[g.Start:g.End])
		}
		a.Signals = nil
		t.Logf("%+v", a)
	}
	t.Log(len(tr.machine.out), tr.machine.classes, len(tr.rules), len(tr.concepts), len(tr.machine.phrases))
}
