package twitter

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"socialwatch"
	"socialwatch/connectors"
)

// TestOnlyMissingSubscriptionsAreMade has an app that serves other accounts
// too, and two pages of subscriptions.
func TestOnlyMissingSubscriptionsAreMade(t *testing.T) {
	one := func(kind, user string) string {
		return fmt.Sprintf(`{"data":[{"subscription_id":"1","event_type":%q,"filter":{"user_id":%q}}],"meta":{%s}}`,
			kind, user, map[bool]string{true: `"next_token":"n"`}[user == "43"])
	}
	for _, tc := range []struct {
		what   string
		refuse map[string]int // status by event
		made   []string
		want   socialwatch.Reason
	}{
		{"all allowed", nil, []string{eventMention, eventReply, eventRevoke}, ""},
		{"replies not", map[string]int{eventReply: 403}, []string{eventMention, eventReply, eventRevoke}, ""},
		{"replies unknown", map[string]int{eventReply: 400}, []string{eventMention, eventReply, eventRevoke}, ""},
		{"X is down", map[string]int{eventReply: 503}, []string{eventMention, eventReply}, socialwatch.Temporary},
		{"mentions not", map[string]int{eventMention: 403}, []string{eventMention}, socialwatch.Unauthorized},
		{"not any more", map[string]int{eventReply: 401}, []string{eventMention, eventReply}, socialwatch.Unauthorized},
	} {
		var made []string
		c, _ := fake(t, Options{Auth: Auth{ClientID: "app"}, Bearer: "app-bearer", Tokens: &keeper{token: connectors.Token{Access: "mine"}}},
			func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					if r.Header.Get("Authorization") != "Bearer app-bearer" {
						t.Error("the list is not asked for by the app")
					}
					_, _ = io.WriteString(w, map[bool]string{true: one(eventQuote, "42"), false: one(eventMention, "43")}[r.URL.Query().Has("pagination_token")])
					return
				}
				var s subscription
				if err := json.NewDecoder(r.Body).Decode(&s); err != nil || s.Filter.User != "42" || r.Header.Get("Authorization") != "Bearer mine" {
					t.Errorf("%+v, %v", s, err)
				}
				made = append(made, s.Kind)
				if status := tc.refuse[s.Kind]; status != 0 {
					w.WriteHeader(status)
					_, _ = io.WriteString(w, `{"title":"No","type":"about:blank","detail":"no"}`)
					return
				}
				_, _ = io.WriteString(w, `{"data":{}}`)
			})
		err := waker{c}.subscribe(t.Context(), self{id: "42", username: "shop_help"})
		if socialwatch.ReasonOf(err) != tc.want || !slices.Equal(made, tc.made) {
			t.Errorf("%s: made %v, %v", tc.what, made, err)
		}
	}
}
