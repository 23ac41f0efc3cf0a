package twitter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socialwatch"
	sim "socialwatch/internal/simulator/twitter"
)

func TestComplianceTellsWhatIsGone(t *testing.T) {
	t.Parallel() // X is asked after five seconds
	r := newRig(t, sim.Options{})
	o := r.options()
	o.Bearer = r.sim.Bearer()
	c := r.connect(o)
	var ids, want []string
	for i, by := range []string{"customer1", "customer1", "hidden", "banned", "customer2"} {
		ids = append(ids, r.post(by, "@shop_help "+itoa(i), sim.PostOptions{}))
	}
	r.must(r.sim.Delete(ids[1]))
	r.must(r.sim.Protect("hidden"))
	r.must(r.sim.Suspend("banned"))
	want = ids[1:4]
	got, err := c.Compliance.Gone(t.Context(), append(ids, ids[1], "", "x/1"))
	r.must(err)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("gone %v, want %v", got, want)
	}
	if len(r.books.reserved) != 0 {
		t.Errorf("batch jobs were paid for: %v", r.books.reserved)
	}
	if got, err := c.Compliance.Gone(t.Context(), nil); err != nil || got != nil {
		t.Errorf("nothing asked: %v, %v", got, err)
	}
	if r.open().Compliance != nil {
		t.Error("compliance without the app's bearer")
	}
}

// depot is an X in memory with batch jobs.
type depot struct {
	statuses []string // of the job, one a look; the last stays; a number is a status of HTTP
	result   string
	store    int // status of the store of files
	address  string
	looks    []time.Duration
	uploads  []string
	begun    time.Time
	heads    []string // Authorization at the store
}

func (d *depot) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	status := 200
	job := func(s string) string {
		return `{"data":{"id":"77","status":"` + s + `","upload_url":"` + d.address + `/up?sig=1","download_url":"` + d.address + `/down?sig=2"}}`
	}
	switch {
	case r.URL.Path == "/up" || r.URL.Path == "/down":
		d.heads = append(d.heads, r.Header.Get("Authorization"))
		if status = d.store; r.Method == http.MethodPut {
			raw, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			d.uploads = append(d.uploads, string(raw))
			d.begun = time.Now()
		} else {
			body = d.result
		}
	case r.Method == http.MethodPost:
		body = job("created")
	default:
		d.looks = append(d.looks, time.Since(d.begun))
		s := d.statuses[0]
		if len(d.statuses) > 1 {
			d.statuses = d.statuses[1:]
		}
		if s == "503" || s == "404" {
			status = map[string]int{"503": 503, "404": 404}[s]
			body = `{"title":"x","type":"about:blank","detail":"x"}`
		} else {
			body = job(s)
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (d *depot) gone(ctx context.Context, t *testing.T, ids ...string) ([]string, error) {
	t.Helper()
	c, err := newClient(Options{Account: "shop", Handle: "shop_help", Bearer: "app-bearer"})
	if err != nil {
		t.Fatal(err)
	}
	memory := &http.Client{Transport: d}
	c.ways = ways{read: memory, write: memory, stream: memory}
	return compliance{c}.Gone(ctx, ids)
}

func TestJobsAreLookedAtEverLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &depot{store: 200, address: "https://store.example", result: `{"id":"5","action":"delete"}` + "\n",
			statuses: []string{"created", "in_progress", "503", "in_progress", "in_progress", "in_progress", "in_progress", "complete"}}
		got, err := d.gone(t.Context(), t, "9", "5", "12")
		if err != nil || !slices.Equal(got, []string{"5"}) {
			t.Errorf("%v, %v", got, err)
		}
		const s = time.Second
		if want := []time.Duration{5 * s, 15 * s, 35 * s, 75 * s, 155 * s, 275 * s, 395 * s, 515 * s}; !slices.Equal(d.looks, want) {
			t.Errorf("looks at %v", d.looks)
		}
		if len(d.uploads) != 1 || d.uploads[0] != "5\n9\n12\n" {
			t.Errorf("uploads %q", d.uploads)
		}
		if !slices.Equal(d.heads, []string{"", ""}) {
			t.Error("the app's token went to the store of files")
		}
	})
}

func TestJobEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &depot{store: 200, address: "https://store.example", statuses: []string{"in_progress"}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		_, err := d.gone(ctx, t, "5")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

// TestAJobThatXNeverEndsIsGivenUp: the next hour asks anew, and the error is seen.
func TestAJobThatXNeverEndsIsGivenUp(t *testing.T) {
	for status, longest := range map[string]time.Duration{"in_progress": jobLife, "paused": jobLife, "503": jobLife, "404": 2 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			d := &depot{store: 200, address: "https://store.example", statuses: []string{status}}
			ctx, cancel := context.WithTimeout(t.Context(), 30*24*time.Hour)
			defer cancel()
			begun := time.Now()
			_, err := d.gone(ctx, t, "5")
			if socialwatch.ReasonOf(err) != socialwatch.Temporary || time.Since(begun) > longest {
				t.Errorf("%s: %v after %v", status, err, time.Since(begun))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // one that X is late to show
		d := &depot{store: 200, address: "https://store.example", statuses: []string{"404", "404", "503", "404", "404", "404", "complete"}}
		if _, err := d.gone(t.Context(), t, "5"); err != nil {
			t.Error(err)
		}
	})
}

func TestJobsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for what, tc := range map[string]struct {
			d    depot
			want socialwatch.Reason
		}{
			"failed":            {depot{store: 200, statuses: []string{"failed"}}, socialwatch.Temporary},
			"expired":           {depot{store: 200, statuses: []string{"expired"}}, socialwatch.Temporary},
			"forgotten":         {depot{store: 200, statuses: []string{"503", "404"}}, socialwatch.Temporary},
			"store refuses":     {depot{store: 403, statuses: []string{"complete"}}, socialwatch.Refused},
			"store has lost it": {depot{store: 404, statuses: []string{"complete"}}, socialwatch.Temporary},
			"odd result":        {depot{store: 200, statuses: []string{"complete"}, result: "<html>"}, socialwatch.Temporary},
			"in clear":          {depot{store: 200, statuses: []string{"complete"}, address: "http://store.example"}, socialwatch.Temporary},
		} {
			if tc.d.address == "" {
				tc.d.address = "https://store.example"
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			_, err := tc.d.gone(ctx, t, "5")
			if got := socialwatch.ReasonOf(err); err == nil || got != tc.want {
				t.Errorf("%s: %v", what, err)
			}
			if strings.Contains(err.Error(), "sig=") {
				t.Errorf("%s: the error holds a signed address: %v", what, err)
			}
			cancel()
		}
	})
}

func TestManyIDsAreSeveralJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &depot{store: 200, address: "https://store.example", statuses: []string{"complete"}}
		var ids []string
		for i := range jobSize + 1 {
			ids = append(ids, itoa(i+1))
		}
		if _, err := d.gone(t.Context(), t, ids...); err != nil || len(d.uploads) != 2 || d.uploads[1] != itoa(jobSize+1)+"\n" {
			t.Errorf("%d uploads, %v", len(d.uploads), err)
		}
	})
}

func TestOnlyDeletionsOfWhatWasAskedCount(t *testing.T) {
	result := strings.Join([]string{`{"id":"5","action":"delete","reason":"deleted"}`, `{"id":7,"action":"delete"}`,
		`{"id":"9","action":"keep"}`, `{"id":"11","action":"delete"}`, "", `{"id":"x","action":"delete"}`}, "\r\n")
	got, err := deletions([]byte(result), []string{"5", "7", "9"})
	if err != nil || !slices.Equal(got, []string{"5", "7"}) {
		t.Errorf("%v, %v", got, err)
	}
}

func FuzzDeletions(f *testing.F) {
	f.Add(`{"id":"5","action":"delete"}`)
	f.Fuzz(func(t *testing.T, result string) {
		asked := []string{"5", "77", "2123706425275318272"}
		got, err := deletions([]byte(result), asked)
		for _, id := range got {
			if err != nil || !slices.Contains(asked, id) {
				t.Fatalf("%q: %v, %v", result, got, err)
			}
		}
	})
}
