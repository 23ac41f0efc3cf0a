package twitter

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

type jobJSON struct {
	Data struct {
		ID, Status string
		Upload     string `json:"upload_url"`
		Download   string `json:"download_url"`
	}
}

// raw sends to a signed address.
func (r *rig) raw(method, address, kind, body string) answer {
	r.t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	must(r.t, err)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := http.DefaultClient.Do(req)
	must(r.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	must(r.t, err)
	return answer{resp.StatusCode, resp.Header, data}
}

func (r *rig) job(id string) string {
	r.t.Helper()
	return decode[jobJSON](r.t, r.want(200, nil, "GET", "/2/compliance/jobs/"+id, "")).Data.Status
}

func TestComplianceJobNamesWhatMustGo(t *testing.T) {
	r := newRig(t, Options{JobTime: time.Minute})
	here := r.post("customer1", "@shop_help a", PostOptions{})
	gone := r.post("customer1", "@shop_help b", PostOptions{})
	edited, err := r.s.Edit(gone, "@shop_help c")
	must(t, err)
	hidden := r.post("customer2", "@shop_help d", PostOptions{})
	banned := r.post("customer3", "@shop_help e", PostOptions{})
	must(t, r.s.Delete(edited))
	must(t, r.s.Protect("customer2"))
	must(t, r.s.Suspend("customer3"))

	j := decode[jobJSON](t, r.want(200, nil, "POST", "/2/compliance/jobs", `{"type":"tweets","name":"nightly"}`)).Data
	if j.Status != "created" {
		t.Errorf("job %+v", j)
	}
	r.want(409, nil, "POST", "/2/compliance/jobs", `{"type":"tweets"}`)
	ids := strings.Join([]string{here, gone, edited, hidden, banned, "12345"}, "\n") + "\n"
	if a := r.raw("PUT", j.Upload, "application/json", ids); a.status != 403 {
		t.Errorf("wrong type: %d", a.status)
	}
	if a := r.raw("PUT", j.Upload+"x", "text/plain", ids); a.status != 403 {
		t.Errorf("wrong signature: %d", a.status)
	}
	if a := r.raw("PUT", j.Upload, "text/plain", ids); a.status != 200 {
		t.Fatalf("upload: %d %s", a.status, a.body)
	}
	if a := r.raw("GET", j.Download, "", ""); a.status != 404 || r.job(j.ID) != "in_progress" {
		t.Errorf("early download: %d", a.status)
	}
	r.pass(time.Minute)
	if got := r.job(j.ID); got != "complete" {
		t.Errorf("status %s", got)
	}
	got := map[string]string{}
	dec := json.NewDecoder(strings.NewReader(string(r.raw("GET", j.Download, "", "").body)))
	for dec.More() {
		var line struct{ ID, Action, Reason string }
		must(t, dec.Decode(&line))
		got[line.ID] = line.Action + " " + line.Reason
	}
	want := map[string]string{gone: "delete deleted", edited: "delete deleted", hidden: "delete protected", banned: "delete suspended"}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for id, w := range want {
		if got[id] != w {
			t.Errorf("%s: %q, want %q", id, got[id], w)
		}
	}
}

func TestComplianceJobsAreStrict(t *testing.T) {
	r := newRig(t, Options{})
	for _, body := range []string{`{}`, `{"type":"posts"}`, `{"type":"tweets","resumable":true}`, `{"type":"tweets","x":1}`} {
		r.want(400, nil, "POST", "/2/compliance/jobs", body)
	}
	r.want(403, r.user, "POST", "/2/compliance/jobs", `{"type":"tweets"}`)
	bad := decode[jobJSON](t, r.want(200, nil, "POST", "/2/compliance/jobs", `{"type":"tweets"}`)).Data
	r.raw("PUT", bad.Upload, "text/plain", "1\n\n2\n")
	if got := r.job(bad.ID); got != "failed" {
		t.Errorf("a line without id: %s", got)
	}
	late := decode[jobJSON](t, r.want(200, nil, "POST", "/2/compliance/jobs", `{"type":"tweets"}`)).Data
	r.pass(16 * time.Minute)
	if a := r.raw("PUT", late.Upload, "text/plain", "1\n"); a.status != 403 || r.job(late.ID) != "expired" {
		t.Errorf("late upload: %d", a.status)
	}
	r.want(400, nil, "GET", strings.TrimPrefix(late.Download, r.s.URL()), "") // with the bearer
}
