package publish

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
)

// replyNow is a reply as it stands in the database.
type replyNow struct {
	id, mention, caseID int64
	state               socialwatch.ReplyState
	version, attempt    int
	hash, key, postID   string
	expires, leaseUntil time.Time
	holdUntil           time.Time
	decider             string
	retry, look         bool // something is due by itself
}

// versionNow is one stored version.
type versionNow struct {
	payload socialwatch.Payload
	hash    string
	author  string
}

// happened is an event as it stands in the log.
type happened struct {
	id    int64
	kind  string
	reply int64
	actor string
	at    time.Time
	data  struct {
		From, To, Hash string
		Version        int
		ReplyID        int64 `json:"reply_id"`
		HandedOver     bool  `json:"handed_over"`
		SelfApproved   bool  `json:"self_approved"`
		Confirmed      struct{ Reasons []string }
	}
}

// truth is what the promises are judged by: the log so far and how things stand.
type truth struct {
	last     int64 // event
	replies  []replyNow
	versions map[[2]int64]versionNow
	state    map[int64]socialwatch.ReplyState // by the log
	proposed map[[2]int64]int64               // version to the event that told of it
	yes      map[approved]string              // who approved, by the log
	moved    map[int64]bool                   // the thread has moved while a reply was in doubt
	judged   map[string]bool                  // public posts
	filled   map[[2]string]bool               // templates that were approved as they fill, by id and version
	stopped  bool
	took     int64 // by the last step
	taker    string
	tookAt   time.Time
}

func newTruth() truth {
	return truth{versions: map[[2]int64]versionNow{}, state: map[int64]socialwatch.ReplyState{}, proposed: map[[2]int64]int64{},
		yes: map[approved]string{}, moved: map[int64]bool{}, filled: map[[2]string]bool{}, judged: map[string]bool{}}
}

// check judges the step just made.
func (m *model) check() error {
	before := m.truth.replies
	newest, err := m.readReplies()
	if err != nil {
		return err
	}
	var events []happened
	if newest > m.truth.last {
		if err := m.readVersions(); err != nil {
			return err
		}
		if events, err = m.readEvents(); err != nil {
			return err
		}
	}
	for _, e := range events {
		if err := m.judge(e, before); err != nil {
			return fmt.Errorf("event %d, %s of reply %d by %s: %w", e.id, e.kind, e.reply, e.actor, err)
		}
	}
	if len(m.unconfirmed) > 0 {
		return fmt.Errorf("replies %d were approved without the second key", m.unconfirmed)
	}
	return errors.Join(m.judgeReplies(before), m.judgePublic(), m.judgeTaken(before))
}

func find(replies []replyNow, id int64) replyNow {
	if i := slices.IndexFunc(replies, func(r replyNow) bool { return r.id == id }); i >= 0 {
		return replies[i]
	}
	return replyNow{}
}

// judge takes one event of the log.
func (m *model) judge(e happened, before []replyNow) error {
	switch e.kind {
	case socialwatch.EventStopped, socialwatch.EventResumed:
		m.truth.stopped = e.kind == socialwatch.EventStopped
		return nil
	case socialwatch.EventThreadMoved:
		m.truth.moved[e.data.ReplyID] = true
		return nil
	case socialwatch.EventReplyExtended:
		return m.judgeExtension(e)
	}
	if !strings.HasPrefix(e.kind, "reply.") {
		return nil
	}
	from, to := socialwatch.ReplyState(e.data.From), socialwatch.ReplyState(e.data.To)
	version := m.truth.versions[[2]int64{e.reply, int64(e.data.Version)}]
	switch {
	case m.truth.state[e.reply] != from || e.kind != "reply."+string(to):
		return fmt.Errorf("moved from %q, the log had it at %q", from, m.truth.state[e.reply])
	case e.data.HandedOver && from == socialwatch.ReplyUnknown && to == from: // no move: a person is asked
	case from == "" && to != socialwatch.ReplyProposed, from != "" && !from.May(to):
		return fmt.Errorf("the life of a reply has no move from %q", from)
	case e.actor == "" || e.at.IsZero() || e.data.Hash != version.hash:
		return errors.New("it says not who, when or of which text")
	}
	m.truth.state[e.reply] = to
	switch to {
	case socialwatch.ReplyProposed:
		m.truth.proposed[[2]int64{e.reply, int64(e.data.Version)}] = e.id
	case socialwatch.ReplyApproved:
		if from == socialwatch.ReplyAwaiting {
			return m.judgeApproval(e, version)
		}
	case socialwatch.ReplyHolding:
		if m.truth.stopped {
			return errors.New("it is on its way under Stop")
		}
	case socialwatch.ReplySending:
		return m.judgeSending(e, find(before, e.reply))
	case socialwatch.ReplyExpired:
		return judgeExpiry(e, from, find(before, e.reply))
	case socialwatch.ReplyRejected, socialwatch.ReplyCancelled:
		if role := crew[e.actor]; e.actor == "gone" || role != socialwatch.RoleApprover && role != socialwatch.RoleLead {
			return errors.New("without the right")
		}
	}
	return nil
}

// judgeApproval wants a person with the right, who has not written the text
// before: writing and approving at once is one decision.
func (m *model) judgeApproval(e happened, v versionNow) error {
	if role := crew[e.actor]; e.actor == "gone" || role != socialwatch.RoleApprover && role != socialwatch.RoleLead {
		return errors.New("approved without the right")
	}
	first := m.truth.versions[[2]int64{e.reply, 1}]
	edited := first.author != socialwatch.System || v.payload.Text != first.payload.Text
	if v.author == e.actor {
		if err := m.judgeOwn(e, first, edited); err != nil {
			return err
		}
	} else if before := m.wroteBefore(e); e.data.SelfApproved != before || before && !m.self {
		return fmt.Errorf("has written a version before: %v, called self-approved: %v", before, e.data.SelfApproved)
	}
	template := [2]string{socialwatch.TemplateID(v.payload.Template), fmt.Sprint(v.payload.TemplateV)}
	switch asked := e.data.Confirmed.Reasons; {
	case edited != slices.Contains(asked, socialwatch.ReasonEdited):
		return fmt.Errorf("edited: %v, confirmed: %v", edited, asked)
	case !m.truth.filled[template] && !slices.Contains(asked, socialwatch.ReasonNewTemplate):
		return fmt.Errorf("a new template, confirmed: %v", asked)
	case !edited:
		m.truth.filled[template] = true
	}
	m.truth.yes[approved{e.reply, e.data.Hash}] = e.actor
	m.truth.moved[e.reply] = false
	m.count.approved++
	return nil
}

// wroteBefore reports whether who approves has written an earlier version, words
// of which may still stand there.
func (m *model) wroteBefore(e happened) bool {
	for v := 1; v < e.data.Version; v++ {
		if m.truth.versions[[2]int64{e.reply, int64(v)}].author == e.actor {
			return true
		}
	}
	return false
}

// judgeOwn judges the approval of a text by who wrote it.
func (m *model) judgeOwn(e happened, first versionNow, edited bool) error {
	earlier := m.truth.versions[[2]int64{e.reply, int64(e.data.Version) - 1}]
	atOnce := e.data.Version > 1 && e.id == m.truth.proposed[[2]int64{e.reply, int64(e.data.Version)}]+3 && earlier.author != e.actor
	switch {
	case m.second != socialwatch.SecondOff && edited && first.author != e.actor && // not what a colleague has written
		(earlier.hash != e.data.Hash || earlier.author == e.actor):
		return errors.New("an edit approved by who made it")
	case !atOnce && !m.self:
		return errors.New("approved by its author")
	case !atOnce && !e.data.SelfApproved, e.data.SelfApproved && !m.self: // saved and approved at once may be two steps
		return fmt.Errorf("written and approved in one step: %v, called self-approved: %v", atOnce, e.data.SelfApproved)
	}
	return nil
}

// judgeExtension wants a window that is open, and a person with the right.
func (m *model) judgeExtension(e happened) error {
	m.count.extended++
	role := crew[e.actor]
	switch {
	case m.truth.state[e.reply] != socialwatch.ReplyHolding:
		return fmt.Errorf("extended while %s", m.truth.state[e.reply])
	case e.actor == "gone" || role != socialwatch.RoleApprover && role != socialwatch.RoleLead:
		return errors.New("without the right")
	}
	return nil
}

// judgeSending wants all that a call needs.
func (m *model) judgeSending(e happened, before replyNow) error {
	r := find(m.truth.replies, e.reply)
	switch {
	case before.state == socialwatch.ReplyHolding && e.at.Before(before.holdUntil):
		return fmt.Errorf("a call at %s, it held until %s", e.at, before.holdUntil)
	case m.truth.stopped:
		return errors.New("a call under Stop")
	case m.truth.yes[approved{e.reply, e.data.Hash}] == "":
		return errors.New("a call without an approval of this text")
	case m.truth.moved[e.reply]:
		return errors.New("a call after the thread has moved")
	case !e.at.Before(r.expires):
		return fmt.Errorf("a call at %s, expired at %s", e.at, r.expires)
	}
	return nil
}

func judgeExpiry(e happened, from socialwatch.ReplyState, before replyNow) error {
	switch {
	case before.id != 0 && before.state == from && e.at.Before(before.expires):
		return fmt.Errorf("expired at %s, valid until %s", e.at, before.expires)
	case from == socialwatch.ReplyAwaiting && before.state == from && before.decider != "" && e.at.Before(before.leaseUntil):
		return fmt.Errorf("expired while %s was deciding", before.decider)
	}
	return nil
}

// judgeReplies wants every move told, and nothing lost.
func (m *model) judgeReplies(before []replyNow) error {
	for _, old := range before {
		if now := find(m.truth.replies, old.id); now.id == 0 || now.version < old.version {
			return fmt.Errorf("reply %d is lost: %+v", old.id, now)
		}
	}
	live := map[int64]int64{}
	for _, r := range m.truth.replies {
		if r.state != m.truth.state[r.id] {
			return fmt.Errorf("reply %d is %s, the log has it at %s", r.id, r.state, m.truth.state[r.id])
		}
		for v := 1; v <= r.version; v++ {
			if _, ok := m.truth.versions[[2]int64{r.id, int64(v)}]; !ok {
				return fmt.Errorf("version %d of reply %d is lost", v, r.id)
			}
		}
		if v := m.truth.versions[[2]int64{r.id, int64(r.version)}]; v.hash != r.hash {
			return fmt.Errorf("reply %d has the hash of none of its versions", r.id)
		}
		if r.state.Final() {
			continue
		}
		if live[r.mention] != 0 {
			return fmt.Errorf("replies %d and %d to one post live", live[r.mention], r.id)
		}
		live[r.mention] = r.id
	}
	return nil
}

// judgePublic wants each public post of ours to be what a person approved, and
// to be one.
func (m *model) judgePublic() error {
	byKey, published := map[string]string{}, 0
	for _, post := range m.sim.Published("shop_help", "") {
		if post.IdempotencyKey == "" {
			continue // our people's own, in the network's app
		}
		published++
		if other := byKey[post.IdempotencyKey]; other != "" {
			return fmt.Errorf("one approval is public twice: %s and %s", other, post.ID)
		}
		byKey[post.IdempotencyKey] = post.ID
		if err := m.judgePost(post); err != nil {
			return fmt.Errorf("public post %s: %w", post.ID, err)
		}
	}
	m.count.published = published
	for _, r := range m.truth.replies {
		if r.state == socialwatch.ReplySent && byKey[r.key] != r.postID {
			return fmt.Errorf("reply %d is sent as %q, public is %q", r.id, r.postID, byKey[r.key])
		}
	}
	return nil
}

func (m *model) judgePost(post simulator.Published) error {
	yes := m.approvals[post.IdempotencyKey]
	r := find(m.truth.replies, yes.reply)
	switch {
	case yes.reply == 0:
		return errors.New("nobody has approved it")
	case m.truth.yes[yes] == "":
		return errors.New("the log has no approval of it")
	case r.state != socialwatch.ReplySending && r.state != socialwatch.ReplyUnknown && r.state != socialwatch.ReplySent:
		return fmt.Errorf("its reply is %s", r.state)
	case r.hash != yes.hash || r.key != post.IdempotencyKey:
		return errors.New("its reply has another text now")
	}
	if m.truth.judged[post.ID] {
		return nil // whom it answers may be erased since, as the post may be that it stands under
	}
	m.truth.judged[post.ID] = true
	v := m.truth.versions[[2]int64{r.id, int64(r.version)}]
	if v.payload.Hash() != yes.hash || post.Text != v.payload.Whole() || post.ParentID != v.payload.ParentID ||
		post.Visibility != string(v.payload.Visibility) {
		return fmt.Errorf("%q under %s is not what was approved: %+v", post.Text, post.ParentID, v.payload)
	}
	return nil
}

// judgeTaken wants what was handed out to have been free.
func (m *model) judgeTaken(before []replyNow) error {
	id := m.truth.took
	m.truth.took = 0
	if id == 0 {
		return nil
	}
	if old := find(before, id); old.id != 0 && old.decider != "" && old.decider != m.truth.taker && m.truth.tookAt.Before(old.leaseUntil) {
		return fmt.Errorf("%s was handed reply %d, about which %s is deciding", m.truth.taker, id, old.decider)
	}
	if now := find(m.truth.replies, id); now.state != socialwatch.ReplyAwaiting || now.decider != m.truth.taker {
		return fmt.Errorf("%s was handed reply %d: %+v", m.truth.taker, id, now)
	}
	return nil
}
