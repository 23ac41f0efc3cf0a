package console

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"socialwatch"
)

func TestEmptyPagesSayWhyTheyAreEmpty(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	ana.get("/").has(t, "Nothing waiting.", "Mastodon (shop_help)")
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: account, At: s.now().Add(-4 * time.Second)}))
	s.advance(3 * time.Second)
	ana.get("/").has(t, "Mastodon (shop_help) checked 7 s ago.")
	s.advance(26 * time.Minute)
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: account, At: s.now(), Err: "401 the token is refused", Reason: socialwatch.Unauthorized}))
	s.advance(3 * time.Second)
	ana.get("/").has(t, "unchecked for 26 min: 401 the token is refused.", "Posts may be missing.", `href="/connections#shop_help"`)
	ana.get("/connections").has(t, "The network refuses our token.")
	s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana.get("/?account=nobody").has(t, "Nothing here with this filter.", "Clear the filter")
	ana.get("/?show=over").has(t, "No reply has ended yet.")
	ana.get("/cases?state=merged").has(t, "Nothing here with this filter.")
}

func TestEveryStateOfAReplyHasItsCard(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	lea := s.enter(t, "lea")
	for what, want := range map[string][]string{
		"sent": {"Sent.", `href="https://social.example/@shop_help/9900"`}, "failed": {"Not sent.", "422 the post is gone", "No. 1 began"},
		"rejected": {"Rejected by ana:", "Wrong facts", "Draft again"}, "blocked": {"Blocked by the safety check.", "asks for a secret", "remove the question"},
		"holding": {"Approved by ana.", "Posts now."}, "row8": {"Posts in 20 s.", "<progress", "/undo"}, "edited": {"edited &#43;", "by otto", "Approve with warnings"},
		"thread": {"first of 2 posts", "nobody answers"}, "row3": {"A person must act beyond the reply:"},
	} {
		page := lea.get("/replies/" + strconv.FormatInt(ids[what], 10))
		page.has(t, want...)
	}
	lea.get("/mentions?show=ignored").has(t, "ignored: promotion", "ignored: praise without a question")
	lea.get("/mentions?show=ignored").hasNot(t, "K-1001")
	lea.get("/cases/K-1010").has(t, "nobody answers", "Case opened", ": to decide</a>", "<span>Team team-x</span>")
	lea.get("/").has(t, `reply: missing-delivery v4 <b>unchanged</b>, all checks passed`, `reply: missing-delivery v4 <b>edited &#43;`,
		`</span>Mastodon, 1.2k<span class="sr"> followers`)
}

func TestEveryWordOfTheInterfaceIsInTheCatalogue(t *testing.T) {
	files, err := filepath.Glob("pages/*.html")
	must(t, err)
	used := regexp.MustCompile(`\{\{t "([^"]+)"`)
	scripts, err := filepath.Glob("assets/*.js")
	must(t, err)
	for _, f := range append(files, scripts...) {
		body, err := os.ReadFile(f)
		must(t, err)
		for _, m := range used.FindAllStringSubmatch(string(body), -1) {
			if _, ok := english[m[1]]; !ok {
				t.Errorf("%s: %q has no text", f, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`\bsay\("([a-z0-9]+)"`).FindAllStringSubmatch(string(body), -1) {
			if _, ok := english["js."+m[1]]; !ok {
				t.Errorf("%s: js.%s has no text", f, m[1])
			}
		}
	}
	sources, err := filepath.Glob("*.go")
	must(t, err)
	for _, f := range sources {
		body, err := os.ReadFile(f)
		must(t, err)
		for _, m := range regexp.MustCompile(`\bsay\("([a-z0-9.]+[a-z0-9])"[,)]`).FindAllStringSubmatch(string(body), -1) {
			if _, ok := english[m[1]]; !ok {
				t.Errorf("%s: %q has no text", f, m[1])
			}
		}
	}
	for _, i := range socialwatch.Intents {
		if _, ok := english["intent."+string(i)]; !ok {
			t.Errorf("intent %s has no text", i)
		}
	}
	for _, r := range socialwatch.RejectReasons {
		if _, ok := english["reason."+r]; !ok {
			t.Errorf("reason %s has no text", r)
		}
	}
}
