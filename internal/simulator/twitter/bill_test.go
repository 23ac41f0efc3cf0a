package twitter

import (
	"fmt"
	"testing"
	"time"
)

func (r *rig) charged() map[string]string {
	got := map[string]string{}
	for _, c := range r.s.Bill().Charges {
		got[c.Day+" "+c.Item] = fmt.Sprintf("%d for %d", c.Objects, c.Amount)
	}
	return got
}

func TestAResourceIsChargedOnceADay(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1", "@shop_help order 1001", PostOptions{})
	r.post("customer1", "@shop_help order 1002", PostOptions{})
	for range 3 {
		r.mentions("")
		r.search("@shop_help")
		r.get("/2/tweets?ids=" + id)
	}
	r.mentions("since_id=9223372036854775807")
	r.want(200, r.user, "GET", "/2/users/me", "")
	r.want(200, r.user, "GET", "/2/users/me", "")
	r.pass(24 * time.Hour)
	r.get("/2/tweets?ids=" + id)
	r.mentions("")
	want := map[string]string{
		"2026-11-20 mention_read": "2 for 2000", "2026-11-20 user_read": "1 for 10000",
		"2026-11-21 post_read": "1 for 5000", "2026-11-21 mention_read": "1 for 1000",
	}
	if got := r.charged(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if b := r.s.Bill(); b.Total != 18_000 {
		t.Errorf("total %d", b.Total)
	}
}

func TestOnlyTheSignedInOwnerReadsCheaply(t *testing.T) {
	r := newRig(t, Options{})
	other, err := r.s.AddUser("other_shop")
	must(t, err)
	id := r.post("customer1", "@shop_help @other_shop order 1001", PostOptions{})
	r.want(200, nil, "GET", "/2/users/"+r.shop+"/mentions", "")
	r.pass(24 * time.Hour)
	r.want(200, r.signed("other_shop"), "GET", "/2/users/"+other+"/mentions", "")
	r.pass(24 * time.Hour)
	r.post("customer2", "so do I", PostOptions{InReplyTo: id})
	p := r.mentions("expansions=referenced_tweets.id,author_id&since_id=" + id)
	if len(p.Data) != 1 || len(p.Includes["tweets"]) != 1 || len(p.Includes["users"]) != 1 {
		t.Errorf("includes %v", p.Includes)
	}
	want := map[string]string{
		"2026-11-20 post_read": "1 for 5000", "2026-11-21 post_read": "1 for 5000", "2026-11-22 mention_read": "1 for 1000", "2026-11-22 post_read": "1 for 5000",
	}
	if got := r.charged(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
