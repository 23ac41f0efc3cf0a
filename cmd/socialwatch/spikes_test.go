package main

import (
	"slices"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/internal/intake"
	"socialwatch/internal/spike"
	"socialwatch/responder"
)

func TestAccountsOfOneRegionAreWatchedTogether(t *testing.T) {
	a := &app{cfg: config.Config{Accounts: []config.Account{
		{Name: "gb", Handle: "shop_help", Region: "GB", Links: []string{"shop.example"}}, {Name: "de", Region: "DE"}, {Name: "gb_x", Region: "GB"}},
		Triage: config.Triage{Brands: []string{"Acme"}}}}
	got := a.groups()
	if len(got) != 2 || !slices.Equal(got[0].Accounts, []string{"gb", "gb_x"}) || !slices.Equal(got[1].Accounts, []string{"de"}) {
		t.Errorf("groups %+v", got)
	}
	for _, ours := range []string{"Acme", "shop_help", "shop.example"} {
		if !slices.Contains(got[0].Ours, ours) || !slices.Contains(got[1].Ours, ours) {
			t.Errorf("%s is not ours in %+v", ours, got)
		}
	}
}

// TestSpikeOfTheDemoIsOneIncident holds the words of the finder against the
// assessments of triage, in which no intent has the ten posts.
func TestSpikeOfTheDemoIsOneIncident(t *testing.T) {
	a := &app{}
	if err := a.rules(); err != nil {
		t.Fatal(err)
	}
	texts := []string{"Swift Parcel says it is closed, mine was due today", "is something wrong with Swift Parcel?",
		"stuck at the depot of Swift Parcel", "whole street waits for Swift Parcel", "send it another way? Swift Parcel is not delivering"}
	var w spike.Window
	for i := range 15 {
		as := a.triage.Assess(socialwatch.Mention{Post: socialwatch.Post{Text: "@shop_help " + texts[i%5], Language: "en"}}, socialwatch.History{})
		w.Now = append(w.Now, socialwatch.SpikePost{CaseID: int64(i), Intent: as.Intent, Language: as.Language, Text: as.Masked})
	}
	found := spike.Find(w)
	if len(found) != 1 || found[0].Incident.Term != "swift parcel" || len(found[0].CaseIDs) != 15 {
		t.Errorf("found %+v", found)
	}
}

func TestIncidentWordingsMayGoOutOften(t *testing.T) {
	a := &app{}
	if err := a.rules(); err != nil {
		t.Fatal(err)
	}
	a.accounts = map[string]responder.Account{"shop_help": {Name: "shop_help", Languages: []string{"en"}}}
	m := socialwatch.Mention{Account: "shop_help", Post: socialwatch.Post{Network: socialwatch.X, ID: "1", Language: "en", Visibility: socialwatch.Public,
		Author: socialwatch.Author{ID: "2", Handle: "customer1"}, Text: "@shop_help my parcel with Swift Parcel has not moved for days"}}
	as := a.triage.Assess(m, socialwatch.History{})
	for _, incident := range []bool{true, false} {
		answer := a.respond(intake.Situation{Mention: m, Assessment: as, CaseNumber: "K-1042", Incident: incident, Now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)})
		if answer.Draft == nil || (socialwatch.TemplateID(answer.Draft.Template) == "incident") != incident {
			t.Fatalf("incident %t: draft %+v, %s", incident, answer.Draft, answer.Why)
		}
		p := socialwatch.Payload{Network: m.Network, Account: m.Account, ParentID: m.ID, ParentBy: m.Author.ID, ParentName: m.Author.Handle, Text: answer.Draft.Text,
			Language: "en", Visibility: socialwatch.Public, Template: answer.Draft.Template, TemplateV: answer.Draft.TemplateV, Length: 100, Limit: 280}
		warned := slices.ContainsFunc(a.checkDraft(intake.Text{Payload: p, Parent: m, Original: p.Text, Said: socialwatch.OftenFrom}),
			func(f socialwatch.Finding) bool { return f.Rule == responder.WarnSameText })
		if warned == incident {
			t.Errorf("incident %t: warned of the same text: %t", incident, warned)
		}
		p.Text += " Indeed." // a person's words are no wording of ours
		if incident && a.ofIncident(p, answer.Draft.Text) {
			t.Error("an edited wording is exempt")
		}
	}
}
