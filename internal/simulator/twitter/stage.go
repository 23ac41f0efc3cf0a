package twitter

import (
	"fmt"

	"socialwatch/internal/simulator"
)

// Populate makes the shop and the customers of a script.
func (s *Server) Populate(steps []simulator.Step) error {
	if _, err := s.AddUser(simulator.DayHandle); err != nil {
		return err
	}
	for _, step := range steps {
		if step.Author == "" {
			continue
		}
		if _, err := s.AddUser(step.Author); err != nil {
			return err
		}
	}
	return nil
}

// Perform does one step of a script. A follow-up that does not name the shop is
// one whose author took the handle out that X carries into a reply.
func (s *Server) Perform(step simulator.Step, ids map[string]string) (string, error) {
	switch step.Action {
	case simulator.ActionPost:
		o := PostOptions{Language: step.Language}
		if step.ReplyTo != "" {
			o.InReplyTo, o.Untagged = ids[step.ReplyTo], true
			if answer := s.latestAnswer(o.InReplyTo, simulator.DayHandle); step.UnderAnswer && answer != "" {
				o.InReplyTo = answer
			}
		}
		return s.Post(step.Author, step.Text, o)
	case simulator.ActionEdit:
		_, err := s.Edit(ids[step.Key], step.Text)
		return ids[step.Key], err
	case simulator.ActionDelete:
		return ids[step.Key], s.Delete(ids[step.Key])
	}
	return "", fmt.Errorf("unknown action %q", step.Action)
}

// latestAnswer is the user's newest answer to a post that still stands, or "".
func (s *Server) latestAnswer(id, handle string) string {
	latest := ""
	for _, p := range s.Published(handle, id) {
		if !p.Deleted {
			latest = p.ID
		}
	}
	return latest
}

// Ancestors are the first ids of the posts above one, nearest first.
func (s *Server) Ancestors(id string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var above []string
	n, _ := parseID(id)
	for p := s.posts[n]; p != nil && p.parent != nil; p = p.parent {
		above = append(above, idText(p.parent.first()))
	}
	return above
}

// Names reports whether a post names a user.
func (s *Server) Names(id, handle string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _ := parseID(id)
	p, u := s.posts[n], s.find(handle)
	return p != nil && u != nil && p.names(u)
}
