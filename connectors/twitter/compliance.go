package twitter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// compliance asks X for deletions by batch jobs, which cost nothing as far as
// X's price list tells.
type compliance struct{ *client }

const (
	jobsPath = "/2/compliance/jobs"
	jobSize  = 20_000 // ids of one job: the answer about all of them stays below bodyLimit

	firstLook   = 5 * time.Second // after the upload
	longestLook = 2 * time.Minute // between two looks
	jobLife     = 2 * time.Hour   // of one job; X tells of minutes
	missesLimit = 4               // looks in a row that find no such job: X may be late to show it
)

// Gone returns those of ids that X says are to be erased: deleted, protected,
// suspended. It works through the ids job by job, as X runs one at a time.
func (c compliance) Gone(ctx context.Context, ids []string) ([]string, error) {
	ask := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, err := parseID(id); return err != nil })
	slices.SortFunc(ask, compareIDs)
	var gone []string
	for some := range slices.Chunk(slices.Compact(ask), jobSize) {
		found, err := c.run(ctx, some)
		if err != nil {
			return nil, fmt.Errorf("ask X for deletions: %w", err)
		}
		gone = append(gone, found...)
	}
	return gone, nil
}

// job is a batch job as X tells of it.
type job struct {
	ID       loose `json:"id"`
	Status   loose `json:"status"` // created, in_progress, complete, failed, expired
	Upload   loose `json:"upload_url"`
	Download loose `json:"download_url"`
}

// run is one job from its begin to its result. One that X does not end is given
// up: whoever waits for it holds up all other erasing.
func (c compliance) run(ctx context.Context, ids []string) ([]string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, jobLife, errEndless)
	defer cancel()
	j, err := c.job(ctx, call{method: http.MethodPost, path: jobsPath, body: map[string]string{"type": "tweets"}, auth: authApp})
	if err != nil {
		return nil, notOne(err)
	}
	upload := call{method: http.MethodPut, raw: []byte(strings.Join(ids, "\n") + "\n")}
	if upload.address, err = c.place(j.Upload); err != nil {
		return nil, err
	}
	if _, err := c.do(ctx, upload); err != nil {
		return nil, elsewhere(err)
	}
	done, err := c.await(ctx, string(j.ID))
	if err != nil {
		return nil, err
	}
	if done.Download == "" {
		done.Download = j.Download
	}
	address, err := c.place(done.Download)
	if err != nil {
		return nil, err
	}
	a, err := c.do(ctx, call{address: address})
	if err != nil {
		return nil, elsewhere(err)
	}
	return deletions(a.body, ids)
}

// job makes a call that answers with a job.
func (c compliance) job(ctx context.Context, k call) (job, error) {
	a, err := c.do(ctx, k)
	if err != nil {
		return job{}, err
	}
	var answer struct {
		Data job `json:"data"`
	}
	if err := json.Unmarshal(a.body, &answer); err != nil {
		return job{}, readError(connectors.NotUnderstood(err))
	}
	if _, err := parseID(string(answer.Data.ID)); err != nil {
		return job{}, readError(errors.New("X tells no usable id of the job"))
	}
	return answer.Data, nil
}

var errEndless = fmt.Errorf("X's job is not over after %v", jobLife)

// await looks at the job, ever less often, until it is over.
func (c compliance) await(ctx context.Context, id string) (job, error) {
	misses := 0
	for wait := firstLook; ; wait = min(2*wait, longestLook) {
		if !pause(ctx, wait) {
			return job{}, readError(context.Cause(ctx))
		}
		j, err := c.job(ctx, call{path: jobsPath + "/" + id, auth: authApp})
		if socialwatch.ReasonOf(err) == socialwatch.Gone {
			misses++
		} else {
			misses = 0
		}
		switch {
		case misses > 0 && misses < missesLimit, err != nil && passes(err):
			continue
		case err != nil:
			return job{}, notOne(err)
		case j.Status == "complete":
			return j, nil
		case j.Status == "failed" || j.Status == "expired":
			return job{}, readError(fmt.Errorf("X's job has %s", j.Status))
		}
	}
}

// passes reports whether a failed look at a job is no reason to give it up.
func passes(err error) bool {
	r := socialwatch.ReasonOf(err)
	return r == socialwatch.Temporary || r == socialwatch.RateLimited
}

// elsewhere keeps the refusal of a store of files, such as of an address that
// has expired, from being taken as one of our account or of a post.
func elsewhere(err error) error {
	var e *apiError
	if !errors.As(err, &e) {
		return err
	}
	switch e.status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusGone:
		return refused("the store of X's batch jobs does not take the address that X gave")
	}
	return err
}

// place checks an address that X gave for one call. Nothing of ours signs it.
func (c compliance) place(address loose) (string, error) {
	u, err := url.Parse(string(address))
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || c.base.Scheme != "http") {
		return "", readError(errors.New("X gave no usable address for the job's ids"))
	}
	return u.String(), nil
}

// deletions reads a job's result: one object a line.
func deletions(body []byte, asked []string) ([]string, error) {
	var gone []string
	for line := range bytes.Lines(body) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var d struct {
			ID     xid   `json:"id"`
			Action loose `json:"action"`
		}
		if err := json.Unmarshal(line, &d); err != nil {
			return nil, readError(connectors.NotUnderstood(err))
		}
		_, found := slices.BinarySearchFunc(asked, string(d.ID), compareIDs)
		if d.Action == "delete" && found {
			gone = append(gone, string(d.ID))
		}
	}
	return gone, nil
}
