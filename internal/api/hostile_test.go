package api_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"socialwatch/internal/api"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestNumbersThatNoColumnHoldsAreRefused, on both databases in the same way.
func TestNumbersThatNoColumnHoldsAreRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		g := newRigOn(t, o)
		s := g.seed(2)
		robot, ana := g.token("", api.Scopes...), g.token("ana", api.Scopes...)
		cursor := "/replies?cursor=" + base64.RawURLEncoding.EncodeToString([]byte(`{"l":"q","t":[0,99999999999,0,1]}`))
		if status, problem, text := g.do(request{method: "GET", path: "/api/v1" + cursor, token: robot}); status != 400 || problem != "invalid-request" {
			t.Errorf("a made-up cursor: %d %s", status, text)
		}
		n, other := s[0].Case.Number, s[1].Case.Number
		for path, body := range map[string]string{
			"/assign": `{"version":99999999999,"assignee":"cy"}`,
			"/state":  `{"version":3000000000,"state":"open"}`,
			"/snooze": `{"version":2147483648}`,
			"/merge":  fmt.Sprintf(`{"version":%d,"other":"%s","other_version":99999999999}`, s[0].Case.Version, other),
		} {
			if status, problem, text := g.do(request{method: "POST", path: "/api/v1/cases/" + n + path, token: ana, media: "application/json", body: body}); status != 409 || problem != "conflict" {
				t.Errorf("%s %s: %d %s", path, body, status, text)
			}
		}
	})
}

// TestAFilterThatHoldsNothingIsRefused rather than answered with all there is.
func TestAFilterThatHoldsNothingIsRefused(t *testing.T) {
	g := newRig(t)
	g.seed(1)
	robot := g.token("", api.Scopes...)
	for _, path := range []string{"/cases?tag=!!!", "/cases?tag=", "/cases?assignee=", "/cases?team=", "/cases?customer=", "/cases?customer=@", "/cases?network=",
		"/replies?team=", "/replies?assignee=", "/replies?case=", "/replies?network=", "/replies?language=", "/mentions?network=", "/mentions?language="} {
		name := path[strings.Index(path, "?")+1 : strings.Index(path, "=")]
		status, problem, text := g.do(request{method: "GET", path: "/api/v1" + path, token: robot})
		if status != 400 || problem != "invalid-request" || !strings.Contains(text, `parameter \"`+name+`\"`) {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}
