package twitter

import (
	"bufio"
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// How long the addresses of a compliance job hold.
const (
	uploadLife   = 15 * time.Minute
	downloadLife = 7 * 24 * time.Hour
)

// job is a batch compliance job over posts or users.
type job struct {
	id, kind, name    string
	created, uploaded time.Time
	secret            string // in both addresses
	ids               []uint64
	failed            bool
}

// status of the job at a time. The caller holds mu.
func (s *Server) jobStatus(j *job, now time.Time) string {
	switch {
	case j.failed:
		return "failed"
	case j.uploaded.IsZero() && now.Sub(j.created) > uploadLife:
		return "expired"
	case j.uploaded.IsZero():
		return "created"
	case now.Sub(j.uploaded) < s.opt.JobTime:
		return "in_progress"
	}
	return "complete"
}

func (s *Server) jobObject(c *call, j *job) object {
	address := "http://" + c.r.Host + "/2/compliance/jobs/" + j.id
	o := object{
		"id": j.id, "type": j.kind, "status": s.jobStatus(j, s.now()), "created_at": wireTime(j.created),
		"upload_url": address + "/upload?signature=" + j.secret, "upload_expires_at": wireTime(j.created.Add(uploadLife)),
		"download_url": address + "/download?signature=" + j.secret, "download_expires_at": wireTime(j.created.Add(downloadLife)),
	}
	if j.name != "" {
		o["name"] = j.name
	}
	return o
}

var jobKinds = []string{"tweets", "users"}

// createJob is POST /2/compliance/jobs. One job of a kind can be open.
func (s *Server) createJob(c *call) (any, error) {
	if err := jsonBody(c); err != nil {
		return nil, err
	}
	fields, err := fieldsOf(c.body, "$", "type", "name", "resumable")
	if err != nil {
		return nil, err
	}
	j := &job{created: s.now()}
	if j.kind, err = stringField(fields, "$", "type"); err != nil {
		return nil, err
	}
	if j.name, err = stringField(fields, "$", "name"); err != nil {
		return nil, err
	}
	var resumable bool
	if raw, set := fields["resumable"]; set && (json.Unmarshal(raw, &resumable) != nil || resumable) {
		return nil, invalidRequest("", "", "$.resumable: this stand-in takes whole uploads only")
	}
	if !slices.Contains(jobKinds, j.kind) || utf8.RuneCountInString(j.name) > 64 {
		return nil, invalidRequest("", "", "$.type: does not have a value in the enumeration %v, or the name is too long", jobKinds)
	}
	if slices.ContainsFunc(s.jobs, func(o *job) bool { return o.kind == j.kind && s.jobOpen(o) }) {
		return nil, newProblem(http.StatusConflict, "Conflict", "about:blank", "Another compliance job of this type is in progress.")
	}
	j.id, j.secret = idText(s.ids.post(j.created)), secret(s.rng, "sim-job-", 2)
	s.jobs = append(s.jobs, j)
	return object{"data": s.jobObject(c, j)}, nil
}

func (s *Server) jobOpen(j *job) bool {
	status := s.jobStatus(j, s.now())
	return status == "created" || status == "in_progress"
}

// listJobs is GET /2/compliance/jobs.
func (s *Server) listJobs(c *call) (any, error) {
	q := readQuery(c.r, "type", "status")
	kind := q.oneOf("type", "", jobKinds...)
	status := q.oneOf("status", "", "created", "in_progress", "failed", "complete", "expired")
	if kind == "" {
		q.add("type", "", "The `type` query parameter can not be empty")
	}
	if err := q.err(); err != nil {
		return nil, err
	}
	var data []object
	for _, j := range s.jobs {
		if j.kind == kind && (status == "" || status == s.jobStatus(j, s.now())) {
			data = append(data, s.jobObject(c, j))
		}
	}
	out := object{"meta": object{"result_count": len(data)}}
	if data != nil {
		out["data"] = data
	}
	return out, nil
}

func (s *Server) findJob(id string) *job {
	i := slices.IndexFunc(s.jobs, func(j *job) bool { return j.id == id })
	if i < 0 {
		return nil
	}
	return s.jobs[i]
}

// getJob is GET /2/compliance/jobs/{id}.
func (s *Server) getJob(c *call) (any, error) {
	if err := readQuery(c.r).err(); err != nil {
		return nil, err
	}
	j := s.findJob(c.r.PathValue("id"))
	if j == nil {
		return nil, notFound()
	}
	return object{"data": s.jobObject(c, j)}, nil
}

// jobRoutes are the signed addresses of a job. As on X's storage the signature
// is all the sign-in, and an Authorization header beside it is refused.
func (s *Server) jobRoutes(mux *http.ServeMux) {
	signed := func(pattern string, do func(w http.ResponseWriter, c *call, j *job) error) {
		mux.HandleFunc(pattern, s.guard(func(w http.ResponseWriter, r *http.Request) {
			c, err := readCall(r)
			if err == nil {
				err = s.signedJob(w, c, do)
			}
			if err != nil {
				s.tell(w, r, 0, nil, err)
			}
		}))
	}
	signed("PUT /2/compliance/jobs/{id}/upload", s.upload)
	signed("GET /2/compliance/jobs/{id}/download", s.download)
}

func (s *Server) signedJob(w http.ResponseWriter, c *call, do func(http.ResponseWriter, *call, *job) error) error {
	q := readQuery(c.r, "signature")
	if c.r.Header.Get("Authorization") != "" {
		q.add("", "", "A signed address does not take an Authorization header")
	}
	if err := q.err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.findJob(c.r.PathValue("id"))
	if j == nil || subtle.ConstantTimeCompare([]byte(q.values.Get("signature")), []byte(j.secret)) != 1 {
		return forbidden("The signature does not match.")
	}
	return do(w, c, j)
}

// upload takes the ids, one on a line, once. A line that is no id fails the job.
func (s *Server) upload(w http.ResponseWriter, c *call, j *job) error {
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind != "text/plain" && kind != "application/octet-stream" {
		return forbidden("The signature holds for Content-Type: text/plain.")
	}
	if s.jobStatus(j, s.now()) != "created" {
		return forbidden("The address has expired or was used.")
	}
	lines := bufio.NewScanner(bytes.NewReader(c.body))
	for lines.Scan() {
		id, ok := parseID(strings.TrimSuffix(lines.Text(), "\r"))
		j.failed = j.failed || !ok
		j.ids = append(j.ids, id)
	}
	j.failed = j.failed || len(j.ids) == 0
	j.uploaded = s.now()
	w.WriteHeader(http.StatusOK)
	return nil
}

// download tells what must go, one JSON object on a line.
func (s *Server) download(w http.ResponseWriter, _ *call, j *job) error {
	now := s.now()
	if s.jobStatus(j, now) != "complete" || now.Sub(j.created) > downloadLife {
		return notFound()
	}
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	for _, id := range j.ids {
		reason, since := s.verdict(j.kind, id)
		if reason == "" {
			continue
		}
		created := idTime(id)
		if u := s.byID[id]; j.kind == "users" && u != nil {
			created = u.created
		}
		if err := enc.Encode(object{
			"id": idText(id), "action": "delete", "reason": reason,
			"created_at": wireTime(created), "redacted_at": wireTime(since),
		}); err != nil {
			return nil // the client has gone away
		}
	}
	return nil
}

// verdict says why a post or user must go, or "". Ids that never existed get
// none. The caller holds mu.
func (s *Server) verdict(kind string, id uint64) (reason string, since time.Time) {
	u := s.byID[id]
	if kind == "tweets" {
		p := s.posts[id]
		if p == nil {
			return "", since
		}
		if u = p.author; p.deleted {
			return "deleted", p.deletedAt
		}
	}
	switch {
	case u == nil:
		return "", since
	case u.suspended:
		return "suspended", u.changed
	case u.protected:
		return "protected", u.changed
	}
	return "", since
}
