package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch/internal/simulator"
	"socialwatch/internal/simulator/helpdesk"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// relay is examples/consumer, built once for all tests.
var relay = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "consumer")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "consumer")
	out, err := exec.Command("go", "build", "-o", program, "socialwatch/examples/consumer").CombinedOutput()
	if err != nil {
		os.Stderr.Write(out)
	}
	return program, err
})

// standIn is one of a help desk.
type standIn interface {
	URL() string
	Close()
	Tell(url string)
	Lose(n int)
	Tickets() []helpdesk.Ticket
	Refused() []string
	Work(id int64, state string, tags ...string) (int, error)
}

// handoff is a shop that hands its cases to a help desk by examples/consumer.
type handoff struct {
	*shop
	desk    standIn
	address string // of the consumer
	args    []string
	secrets []string
	said    *log
	process *exec.Cmd
}

// run starts the consumer and waits until it answers.
func (h *handoff) run() {
	h.Helper()
	program, err := relay()
	must(h.T, err)
	h.process = exec.Command(program, append([]string{"-all", "-listen", h.address, "-url", h.url, "-state", filepath.Join(h.dir, "consumer.db")}, h.args...)...)
	h.process.Env, h.process.Stderr, h.process.Stdout = append(h.secrets, "PATH="+os.Getenv("PATH")), h.said, h.said
	must(h.T, h.process.Start())
	until(h.T, time.Minute, "the consumer answers", func() bool {
		res, err := http.Post("http://"+h.address+"/socialwatch", "application/json", strings.NewReader("{}"))
		if err != nil {
			return false
		}
		return res.Body.Close() == nil && res.StatusCode == http.StatusUnauthorized // it is not signed
	})
}

func (h *handoff) kill() {
	h.Helper()
	must(h.T, h.process.Process.Kill())
	_ = h.process.Wait() // says that it was killed
}

func newHandoff(t *testing.T, kind store.Kind, d standIn, args ...string) *handoff {
	t.Cleanup(d.Close)
	s := newShop(t, kind, simulator.Options{})
	s.calls()
	h := &handoff{shop: s, desk: d, address: freeAddress(t), args: args, said: &log{}}
	d.Tell("http://" + h.address + "/desk")
	h.secrets = []string{"DESK_TOKEN=desk-token", "DESK_SECRET=desk-secret",
		"SOCIALWATCH_TOKEN=" + strings.TrimSpace(h.done("token", "add", "helpdesk", "--scope", "read", "--scope", "cases")),
		"WEBHOOK_SECRET=" + strings.TrimSpace(h.done("webhook", "add", "helpdesk", "http://"+h.address+"/socialwatch"))}
	t.Cleanup(func() {
		if h.process != nil && h.process.ProcessState == nil {
			h.kill()
		}
		if t.Failed() {
			t.Logf("the consumer says:\n%s", h.said)
		}
	})
	return h
}

// TestAHelpDeskGetsCasesAndGivesThemBackResolved: with the consumer of examples/
// killed on the way and answers of the help desk lost there is one ticket for
// each case; the case is the help desk's; closing the ticket resolves it.
func TestAHelpDeskGetsCasesAndGivesThemBackResolved(t *testing.T) {
	eachDesk(t, func(h *handoff, closed string) { h.play(closed) })
}

// eachDesk runs f on each help desk; closed is what a closed ticket is there.
func eachDesk(t *testing.T, f func(h *handoff, closed string)) {
	t.Helper()
	kinds := dbtest.Kinds(t)
	for name, open := range map[string]func() (d standIn, args []string, closed string){
		"zammad": func() (standIn, []string, string) {
			z := helpdesk.NewZammad("desk-token", "desk-secret")
			return z, []string{"-zammad", z.URL(), "-customer", "socialwatch@desk.example"}, "closed"
		},
		"chatwoot": func() (standIn, []string, string) {
			c := helpdesk.NewChatwoot("desk-token", "desk-secret")
			return c, []string{"-chatwoot", c.URL(), "-inbox", "7"}, "resolved"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, args, closed := open()
			f(newHandoff(t, kinds[len(kinds)-1], d, args...), closed)
		})
	}
}

// TestATagSaysThatTheCustomerCameInPrivate: our reply asks the customer to come
// in private and the case waits. The tag came-in-private on its ticket ends that
// wait, once, whatever else people do to the ticket; with the ticket closed at the
// same time the case is resolved after that.
func TestATagSaysThatTheCustomerCameInPrivate(t *testing.T) {
	const waiting = `select count(distinct case_id) from case_events_v1 where data ->> 'waits_for' = 'private_contact'`
	eachDesk(t, func(h *handoff, closed string) {
		d := h.serve()
		h.run()
		stop := h.approver()
		defer stop()
		for n := range 2 { // no matter in which a human must act beyond the reply: those stay open
			_, err := h.sim.Post(fmt.Sprintf("customer%d@far.example", n), "@shop_help@social.example how do I return this?", simulator.PostOptions{})
			must(h.T, err)
		}
		until(h.T, time.Minute, "both cases have a ticket and wait for their customers", func() bool {
			return len(h.desk.Tickets()) == 2 && h.number(waiting) == 2 && h.notes("Our reply is public. https://social.example/@shop_help/") == 2
		})
		stop()
		first, second := h.desk.Tickets()[0].ID, h.desk.Tickets()[1].ID
		work := func(id int64, state string, tags ...string) {
			status, err := h.desk.Work(id, state, tags...)
			if must(h.T, err); status != http.StatusNoContent {
				h.Errorf("the help desk's webhook: %d", status)
			}
		}
		work(first, "", "another-tag")
		work(first, "", "came-in-private")
		until(h.T, time.Minute, "the wait of the first case has ended", func() bool { return h.received() == 1 })
		if n := h.number("select count(*) from cases where state in ('open', 'waiting')"); n != 2 {
			h.Errorf("%d cases are at work", n)
		}
		work(first, "", "came-in-private", "another-tag")
		work(second, closed, "came-in-private")
		until(h.T, time.Minute, "the second case is resolved", func() bool { return h.number("select count(*) from cases where state = 'resolved'") == 1 })
		if n := h.received(); n != 2 || h.number("select count(*) from case_events_v1 where kind = 'case.private_received' and actor <> 'system:helpdesk'") != 0 {
			h.Errorf("%d waits of two cases were ended", n)
		}
		d.end()
	})
}

// TestACustomerWhoWritesAgainOpensAClosedTicket: people close a ticket while a
// draft awaits its approver, so the case can't be resolved yet. That refusal holds
// up no news: the customer's next post opens the ticket again.
func TestACustomerWhoWritesAgainOpensAClosedTicket(t *testing.T) {
	eachDesk(t, func(h *handoff, closed string) {
		d := h.serve()
		h.run()
		first := h.post(1)
		until(h.T, time.Minute, "the case has a ticket and its draft awaits", func() bool {
			return h.number("select count(*) from cases_v1 where external_ref <> ''") == 1 && h.number("select count(*) from replies where state = 'awaiting'") == 1
		})
		_, err := h.desk.Work(h.desk.Tickets()[0].ID, closed)
		must(h.T, err)
		until(h.T, time.Minute, "the ticket says why the case is not resolved", func() bool { return h.notes("is not resolved yet") == 1 })
		_, err = h.sim.Post("customer1@far.example", "@shop_help@social.example and still nothing!", simulator.PostOptions{InReplyTo: first})
		must(h.T, err)
		until(h.T, time.Minute, "the ticket is open again", func() bool {
			return h.notes("written again") == 1 && h.desk.Tickets()[0].State == "open"
		})
		if n := h.number("select count(*) from cases where state = 'resolved'"); n != 0 {
			h.Error("the case is resolved over an unread post")
		}
		d.end()
	})
}

// TestWithoutAHelpDeskNothingIsClaimed: who tries the consumer reads what it would
// write, and nothing is changed anywhere.
func TestWithoutAHelpDeskNothingIsClaimed(t *testing.T) {
	t.Parallel()
	h := newHandoff(t, store.SQLite, helpdesk.NewZammad("desk-token", "desk-secret"))
	d := h.serve()
	h.run()
	h.post(1)
	stop := h.approver()
	defer stop()
	until(t, time.Minute, "it prints what it would write", func() bool {
		return strings.Contains(h.said.String(), "open [K-1001]") && strings.Contains(h.said.String(), "say to K-1001: Our reply is public.")
	})
	if n := h.number("select count(*) from cases_v1 where external_system <> ''"); n != 0 {
		t.Errorf("%d cases were claimed", n)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "consumer.db")); err == nil {
		t.Error("it keeps what it has only printed")
	}
	d.end()
}

// received counts how often a wait for private contact has ended.
func (h *handoff) received() int64 {
	h.Helper()
	return h.number("select count(*) from case_events_v1 where kind = 'case.private_received'")
}

func (h *handoff) play(closed string) {
	d := h.serve()
	h.desk.Lose(2)
	h.run()
	first := h.post(1)
	until(h.T, time.Minute, "a case has its ticket and is claimed", func() bool {
		return h.number("select count(*) from cases_v1 where external_system = 'helpdesk' and external_ref <> ''") == 1
	})
	h.kill()
	h.post(2)
	until(h.T, time.Minute, "another case is open", func() bool { return h.number("select count(*) from cases") == 2 })
	h.run()
	until(h.T, time.Minute, "what was missed is made up for", func() bool {
		return h.number("select count(*) from cases_v1 where external_system = 'helpdesk'") == 2
	})
	_, err := h.sim.Post("customer1@far.example", "@shop_help@social.example and still nothing!", simulator.PostOptions{InReplyTo: first})
	must(h.T, err)
	until(h.T, time.Minute, "the ticket knows that the customer wrote again", func() bool { return h.notes("written again") == 1 })
	stop := h.approver()
	defer stop()
	for _, t := range h.desk.Tickets() {
		status, err := h.desk.Work(t.ID, closed)
		if must(h.T, err); status != http.StatusNoContent {
			h.Errorf("the help desk's webhook: %d", status)
		}
	}
	until(h.T, 2*time.Minute, "both cases are resolved", func() bool { return h.number("select count(*) from cases where state = 'resolved'") == 2 })
	if all := h.desk.Tickets(); len(all) != 2 {
		h.Errorf("%d tickets of two cases: %+v", len(all), all)
	}
	if n := h.notes("read at " + h.url + "/cases/K-100"); n != 2 {
		h.Errorf("%d tickets of two say where the case is read", n)
	}
	for _, word := range []string{"customer1", "far.example", "still nothing", "555-"} {
		if h.notes(word) > 0 {
			h.Errorf("tickets hold %q: %+v", word, h.desk.Tickets())
		}
	}
	if n := h.number("select count(*) from case_events_v1 where actor = 'system:helpdesk' and kind = 'case.claimed'"); n != 2 {
		h.Errorf("%d claims of two cases", n)
	}
	if len(h.desk.Refused()) > 0 {
		h.Errorf("the help desk refused %q", h.desk.Refused())
	}
	h.forged()
	d.end()
}

// notes counts the notes that hold a text.
func (h *handoff) notes(text string) (n int) {
	for _, t := range h.desk.Tickets() {
		for _, note := range t.Notes {
			if strings.Contains(note, text) {
				n++
			}
		}
	}
	return n
}

// forged tries webhooks without a right signature.
func (h *handoff) forged() {
	h.Helper()
	for _, path := range []string{"/desk", "/socialwatch"} {
		req, err := http.NewRequestWithContext(context.WithoutCancel(h.Context()), http.MethodPost, "http://"+h.address+path, strings.NewReader(`{"id":1,"ticket":{"id":1}}`))
		must(h.T, err)
		for _, name := range []string{"X-Hub-Signature", "X-Chatwoot-Signature", "webhook-signature"} {
			req.Header.Set(name, "sha1=00")
		}
		res, err := http.DefaultClient.Do(req)
		must(h.T, err)
		if res.Body.Close(); res.StatusCode != http.StatusUnauthorized {
			h.Errorf("a forged call of %s: %d", path, res.StatusCode)
		}
	}
}
