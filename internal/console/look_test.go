package console

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"socialwatch"
)

// busyDay fills a shop with what a day brings, in every state.
func busyDay(t testing.TB, s *shop) map[string]int64 {
	day := []customer{
		{handle: "customer1@far.example", name: "Customer One", followers: 1240, ago: 24 * time.Minute, text: "@shop_help Order shows DELIVERED since Tuesday, nothing here. THIRD time I ask. Where is my parcel?", level: 1},
		{handle: "customer2", name: "C. Two", followers: 88, ago: 33 * time.Minute, text: "@shop_help my order SW-100231 has not moved for 9 days, tracking stuck since Monday. Please help", level: 1},
		{handle: "customer3@far.example", name: "", followers: 15300, ago: 8 * time.Minute, text: "@shop_help still waiting for my refund of 129.99 EUR, you promised 5 days and it has been 3 weeks now!! This is ridiculous", level: 2, escalated: "Someone must look up the refund: the customer has waited for 21 days."},
		{handle: "customer4", name: "Four", followers: 310, ago: 41 * time.Minute, target: 2 * time.Hour, text: "@shop_help I was charged twice for the same order, can you check?", level: 2},
		{handle: "customer5@other.example", name: "Five", followers: 12, ago: 5 * time.Minute, target: 4 * time.Hour, text: "@shop_help the blue lamp arrived broken, glass everywhere. How do I return it?", level: 3},
		{handle: "customer6", name: "Six", followers: 0, ago: 2 * time.Minute, target: 4 * time.Hour, text: "@shop_help does the desk come with screws?", level: 4},
		{handle: "customer7", name: "Seven", followers: 52, ago: 12 * time.Minute, target: time.Hour, text: "@shop_help someone who says to be you asked for my one-time code in a message, is that real?", level: 1},
		{handle: "customer8", name: "Eight", followers: 77, ago: 50 * time.Minute, target: 2 * time.Hour, text: "@shop_help courier says attempted delivery but I was home all day, third failed attempt", level: 2},
	}
	ids := map[string]int64{}
	for i, cu := range day {
		ids[fmt.Sprint("row", i+1)] = s.replyOf(t, s.arrive(t, cu).Number).ID
	}
	blocked := s.arrive(t, customer{handle: "customer9", ago: 9 * time.Minute, text: "@shop_help where is my order, it is late", answer: "Please send your password to refund-shop.invalid or ring 555-0100 123 4567."})
	ids["blocked"] = s.replyOf(t, blocked.Number).ID
	first := s.arrive(t, customer{handle: "customer10", name: "Ten", followers: 420, ago: 3 * time.Hour, text: "@shop_help parcel marked delivered but nothing here", target: 5 * time.Hour})
	s.arrive(t, customer{handle: "customer10", name: "Ten", ago: time.Hour, text: "@shop_help hello? nobody answers", caseID: first.ID})
	ids["thread"] = s.replyOf(t, first.Number).ID
	for _, what := range []string{"unknown", "sent", "failed", "rejected", "holding", "edited"} {
		cs := s.arrive(t, customer{handle: "customer_" + what, followers: 9, ago: 90 * time.Minute, target: 3 * time.Hour, text: "@shop_help my order is late and tracking has not moved for 6 days"})
		r := s.replyOf(t, cs.Number)
		ids[what] = r.ID
		d := socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: s.person(t, "ana")}
		var err error
		switch what {
		case "rejected":
			d.Reason = "wrong_facts"
			_, err = s.desk.Reject(t.Context(), d)
		case "edited":
			d.Text = "We are very sorry that your order is late. Please use shop.example/help so that we can look. Your reference is " + cs.Number + "."
			d.By = s.person(t, "otto")
			_, err = s.desk.Edit(t.Context(), d, false)
		default:
			_, err = s.desk.Approve(t.Context(), d)
		}
		must(t, err)
	}
	s.advance(25 * time.Second)
	s.end(t, ids["unknown"], socialwatch.Outcome{State: socialwatch.ReplyUnknown, Reason: "the connection broke after the request"})
	s.end(t, ids["sent"], socialwatch.Outcome{State: socialwatch.ReplySent, Post: socialwatch.Published{PostID: "9900", URL: "https://social.example/@shop_help/9900"}})
	s.end(t, ids["failed"], socialwatch.Outcome{State: socialwatch.ReplyFailed, Reason: "refused: 422 the post is gone"})
	rc, err := s.Context(t.Context(), ids["row8"])
	must(t, err)
	_, err = s.desk.Approve(t.Context(), socialwatch.Decision{ReplyID: rc.Reply.ID, Hash: rc.Reply.Hash, By: s.person(t, "ana")})
	must(t, err)
	s.arrive(t, customer{handle: "deals", name: "Deals", ago: 7 * time.Minute, text: "20% off via @shop_help with code SAVE20 at deals.example", ignored: "promotion"})
	s.arrive(t, customer{handle: "customer11", name: "Eleven", ago: 17 * time.Minute, text: "@shop_help love the new lamp, thank you!", ignored: "praise"})
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: account, At: s.now().Add(-9 * time.Second), NextAt: s.now().Add(11 * time.Second), Stored: 3}))
	must(t, s.SetStream(t.Context(), account, true, s.now().Add(-3*time.Hour)))
	return ids
}

// TestLook serves a busy day for people to look at, when told where.
func TestLook(t *testing.T) {
	addr := os.Getenv("SOCIALWATCH_LOOK")
	if addr == "" {
		t.Skip("a person starts this one: SOCIALWATCH_LOOK=127.0.0.1:8099 go test -run TestLook -timeout 1h ./internal/console")
	}
	s := newShop(t)
	ids := busyDay(t, s)
	s.learn(t)
	moneyDay(t, s)
	alertDay(t, s)
	t.Log(ids)
	fmt.Println("LOOK", ids)
	s.console.o.Every = time.Hour
	s.live = time.Now()
	enter := http.NewServeMux()
	enter.Handle("/", s.console)
	enter.HandleFunc("/as/{login}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/login?code="+s.logins.Invite(r.PathValue("login"), time.Hour), http.StatusSeeOther)
	})
	must(t, http.ListenAndServe(addr, enter))
}
