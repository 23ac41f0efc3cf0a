package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds what the client reads, in bytes.
const maxAnswer = 32 << 20

// Client speaks to the API of a running socialwatch. What the server refuses
// is a *Problem, which errors.Is knows as ErrConflict, ErrForbidden or
// ErrNotFound; no error holds the token. It is safe for concurrent use.
type Client struct {
	BaseURL string       // where the server is: https://socialwatch.example
	Token   string       // swt_…
	HTTP    *http.Client // nil: one with a timeout of 30 s
}

// Query chooses what a list shows.
type Query struct {
	States   []string // none: the list's usual ones
	Accounts []string // none: all that the token may read
	Limit    int      // of one page; 0: the server's usual one
	Cursor   string   // Next of the page before
}

func (q Query) encode() string {
	v := url.Values{"state": q.States, "account": q.Accounts}
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	return v.Encode()
}

// Me returns whose token it is.
func (c *Client) Me(ctx context.Context) (Me, error) {
	return get[Me](ctx, c, "/me")
}

// Replies returns one page of replies, in the queue's order: those that await
// approval, unless q says otherwise.
func (c *Client) Replies(ctx context.Context, q Query) (Page[ReplyItem], error) {
	return get[Page[ReplyItem]](ctx, c, "/replies?"+q.encode())
}

// Reply returns one reply.
func (c *Client) Reply(ctx context.Context, id int64) (ReplyDetail, error) {
	return get[ReplyDetail](ctx, c, replyPath(id, ""))
}

// Approve approves the reply whose text has this hash. It may be repeated. A
// *Problem with Confirm says that a second look is needed: the same again with
// that as confirm approves; empty confirms nothing.
func (c *Client) Approve(ctx context.Context, id int64, hash, confirm string) (Reply, error) {
	return post[Reply](ctx, c, replyPath(id, "/approve"), confirming(map[string]any{"hash": hash}, confirm))
}

func confirming(in map[string]any, confirm string) map[string]any {
	if confirm != "" { // a server of before knows no such field
		in["confirm"] = confirm
	}
	return in
}

// Reject rejects it for one of socialwatch.RejectReasons; "other" needs a
// note.
func (c *Client) Reject(ctx context.Context, id int64, hash, reason, note string) (Reply, error) {
	return post[Reply](ctx, c, replyPath(id, "/reject"), map[string]any{"hash": hash, "reason": reason, "note": note})
}

// Edit gives it a new text.
func (c *Client) Edit(ctx context.Context, id int64, hash, text string) (Reply, error) {
	return post[Reply](ctx, c, replyPath(id, "/edit"), map[string]any{"hash": hash, "text": text})
}

// EditAndApprove gives it a new text and approves that, see Approve.
func (c *Client) EditAndApprove(ctx context.Context, id int64, hash, text, confirm string) (Reply, error) {
	return post[Reply](ctx, c, replyPath(id, "/edit"), confirming(map[string]any{"hash": hash, "text": text, "approve": true}, confirm))
}

// Undo takes an approval back while the reply still holds.
func (c *Client) Undo(ctx context.Context, id int64, hash string) (Reply, error) {
	return post[Reply](ctx, c, replyPath(id, "/undo"), map[string]any{"hash": hash})
}

// Extend makes the undo window longer by socialwatch.HoldStep, up to HoldMax in all.
func (c *Client) Extend(ctx context.Context, id int64, hash string) (Reply, error) {
	return post[Reply](ctx, c, replyPath(id, "/extend"), map[string]any{"hash": hash})
}

// Lease tells colleagues for two minutes that the token's person is deciding
// about the reply, or with end that nobody is any more. ErrConflict while a
// colleague is; that hinders no decision.
func (c *Client) Lease(ctx context.Context, id int64, end bool) (Reply, error) {
	return post[Reply](ctx, c, replyPath(id, "/lease"), map[string]any{"end": end})
}

// Resolve says where a reply in doubt stands, or with an empty link that it surely
// does not. attempt is its AttemptCount as it was read before somebody looked:
// ErrConflict when it has been sent again since.
func (c *Client) Resolve(ctx context.Context, id int64, attempt int, link string) (Reply, error) {
	in := map[string]any{"attempt": attempt, "absent": true}
	if link != "" {
		in = map[string]any{"attempt": attempt, "link": link}
	}
	return post[Reply](ctx, c, replyPath(id, "/resolve"), in)
}

// Cases returns one page of cases, newest first.
func (c *Client) Cases(ctx context.Context, q Query) (Page[CaseItem], error) {
	return get[Page[CaseItem]](ctx, c, "/cases?"+q.encode())
}

// Case returns one case by its number, such as K-1042.
func (c *Client) Case(ctx context.Context, number string) (CaseDetail, error) {
	return get[CaseDetail](ctx, c, "/cases/"+url.PathEscape(number))
}

// Merge makes one of two cases of a customer at the versions that were seen; the
// older survives and is returned.
func (c *Client) Merge(ctx context.Context, number string, version int, other string, otherVersion int) (Case, error) {
	return c.work(ctx, number, "merge", map[string]any{"version": version, "other": other, "other_version": otherVersion})
}

// Unmerge takes a merged case out of its survivor, whose version was seen.
func (c *Client) Unmerge(ctx context.Context, number string, version int) (Case, error) {
	return c.work(ctx, number, "unmerge", map[string]any{"version": version})
}

// PrivateContact notes that the customer has come in private.
func (c *Client) PrivateContact(ctx context.Context, number string, version int) (Case, error) {
	return c.work(ctx, number, "private-contact", map[string]any{"version": version})
}

// PrivateAnswer notes that we have answered in private.
func (c *Client) PrivateAnswer(ctx context.Context, number string, version int) (Case, error) {
	return c.work(ctx, number, "private-answer", map[string]any{"version": version})
}

func (c *Client) work(ctx context.Context, number, what string, in map[string]any) (Case, error) {
	return post[Case](ctx, c, "/cases/"+url.PathEscape(number)+"/"+what, in)
}

// Events returns the events after a number; Next of the answer is where to
// go on. A limit of 0 is the server's usual one.
func (c *Client) Events(ctx context.Context, after int64, limit int) (EventPage, error) {
	path := "/events?after=" + strconv.FormatInt(after, 10)
	if limit != 0 {
		path += "&limit=" + strconv.Itoa(limit)
	}
	return get[EventPage](ctx, c, path)
}

// Stop stops all publishing.
func (c *Client) Stop(ctx context.Context) error {
	_, err := post[Publishing](ctx, c, "/stop", map[string]any{})
	return err
}

// Resume lets publishing go on.
func (c *Client) Resume(ctx context.Context) error {
	_, err := post[Publishing](ctx, c, "/resume", map[string]any{})
	return err
}

func replyPath(id int64, verb string) string {
	return "/replies/" + strconv.FormatInt(id, 10) + verb
}

func get[T any](ctx context.Context, c *Client, path string) (out T, err error) {
	err = c.call(ctx, http.MethodGet, path, nil, &out)
	return out, err
}

func post[T any](ctx context.Context, c *Client, path string, in map[string]any) (out T, err error) {
	b, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("write the request: %w", err)
	}
	err = c.call(ctx, http.MethodPost, path, b, &out)
	return out, err
}

func (c *Client) call(ctx context.Context, method, path string, in []byte, out any) error {
	req, err := c.request(ctx, method, path, in)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 30 * time.Second}
	if c.HTTP != nil {
		client = *c.HTTP
	}
	// A redirect would turn a decision into a GET, or carry the token away.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask socialwatch: %w: is `socialwatch serve` running there?", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", req.URL.Host, err)
	}
	if len(b) > maxAnswer {
		return fmt.Errorf("the answer of %s is larger than %d MB: ask for a smaller page", req.URL.Host, maxAnswer>>20)
	}
	if res.StatusCode != http.StatusOK {
		return refusal(res, b)
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%s answered with something else than socialwatch's API: is the address right? %w", req.URL.Host, err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, in []byte) (*http.Request, error) {
	u, err := url.Parse(strings.TrimRight(c.BaseURL, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("the server's address must look like https://socialwatch.example, without a password in it")
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String()+base+path, bytes.NewReader(in))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.GetBody = nil // net/http must not send a decision twice
	token := strings.TrimSpace(c.Token)
	if token == "" {
		return nil, errors.New("no token: make your own with `socialwatch token add`")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the token holds characters that none has: copy it again, it begins with swt_")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json, application/problem+json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// refusal is the problem that the server answered with; what stands between
// may answer in other words.
func refusal(res *http.Response, b []byte) *Problem {
	p := &Problem{}
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if media != "application/problem+json" || json.Unmarshal(b, p) != nil || p.Detail == "" {
		p = &Problem{Type: "about:blank", Title: http.StatusText(res.StatusCode)}
		p.Detail = fmt.Sprintf("the address answered %s, and not as socialwatch's API does: is it right?", res.Status)
	}
	p.Status = res.StatusCode
	if seconds, ok := digits(res.Header.Get("Retry-After")); ok {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return p
}
