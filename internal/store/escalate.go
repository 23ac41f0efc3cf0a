package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"socialwatch"
)

// Escalation is a person's word that a human must act beyond the reply.
type Escalation struct {
	CaseWork
	Reason string // name of one of socialwatch.EscalationReasons, or EscalationOther
	Words  string // of EscalationOther: the reason itself, masked; a note keeps it
	Team   string // who works on it from now on; empty: as before
}

// Limits of what people write about a case, in bytes.
const (
	WordsMax = 500
	NoteMax  = 4000
	teamMax  = 100
)

const sqlEscalate = `update cases set escalated = ?, escalation = ?, team = ? where id = ?`

// sentence is the reason as the case tells it.
func (e Escalation) sentence() (string, error) {
	if e.Reason == socialwatch.EscalationOther {
		words := strings.TrimSpace(e.Words)
		if words == "" || len(words) > WordsMax {
			return "", fmt.Errorf("a reason in own words has 1 to %d bytes", WordsMax)
		}
		return socialwatch.EscalationNoted, nil
	}
	i := slices.IndexFunc(socialwatch.EscalationReasons, func(r socialwatch.EscalationReason) bool { return r.Name == e.Reason })
	if i < 0 {
		return "", fmt.Errorf("there is no reason %q to escalate", e.Reason)
	}
	return socialwatch.EscalationReasons[i].Sentence, nil
}

// alsoBecause is a case's escalation with one more sentence, unless it has it.
func alsoBecause(reasons, why string) string {
	switch {
	case strings.Contains(reasons, why):
		return reasons
	case reasons == "":
		return why
	}
	return strings.TrimSuffix(reasons, ".") + ". " + why
}

// Escalate notes that a human must act beyond the reply, for a person with the
// role author. Its drafts stay as they are. A case that is escalated already
// gets one more reason; ErrConflict when it has that one. A person's own words
// become a note, one more each time.
func (s *Store) Escalate(ctx context.Context, e Escalation) (socialwatch.Case, error) {
	why, err := e.sentence()
	if err == nil && len(e.Team) > teamMax {
		err = fmt.Errorf("a team has at most %d bytes", teamMax)
	}
	if err != nil {
		return socialwatch.Case{}, fmt.Errorf("escalate case %s: %w", e.Number, err)
	}
	return s.casework(ctx, "escalate", e.CaseWork, socialwatch.RoleAuthor, func(t *tx, c *socialwatch.Case) (*socialwatch.Event, error) {
		if e.Reason == socialwatch.EscalationOther {
			if _, err := t.noteOn(ctx, *c, NewNote{CaseWork: e.CaseWork, Body: e.Words}); err != nil {
				return nil, err
			}
		}
		data := map[string]any{"reason": e.Reason, "was_escalated": c.Escalated}
		moved := e.Team != "" && e.Team != c.Team
		if moved {
			if err := t.mayLead(*c, e.By.Login); err != nil {
				return nil, err
			}
		}
		switch {
		case moved:
			data["was_team"], data["team"], c.Team = c.Team, e.Team, e.Team
		case strings.Contains(c.Escalation, why) && e.Reason != socialwatch.EscalationOther:
			return nil, fmt.Errorf("it is escalated for that reason already: %w", socialwatch.ErrNotPossible)
		}
		c.Escalated, c.Escalation = true, alsoBecause(c.Escalation, why)
		_, err := t.exec(ctx, sqlEscalate, true, c.Escalation, c.Team, c.ID)
		return &socialwatch.Event{Kind: socialwatch.EventCaseEscalated, Data: data}, err
	})
}
