package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"regexp"
	"slices"
	"strings"

	"socialwatch"
)

// maxLine bounds one line of input, in bytes.
const maxLine = 4 << 20

// exampleHandle is the handle that our own examples are written to. Lines that
// name no handle but open with it get it.
const exampleHandle = "shop_help"

// Line is one labelled post. Intent and Escalate are always labels, but where
// only NotIntent is known; the zero value of every other label says that there
// is none, and the post then does not count in that figure.
type Line struct {
	Place     string // file:line, for messages
	ID        string
	Text      string
	Handle    string // ours that the post is addressed to, without @; may be empty
	Language  string // ISO 639-1 of the writer's words, und if there are none
	Intent    socialwatch.Intent
	AltIntent socialwatch.Intent // a second defensible intent
	Escalate  bool
	NotIntent socialwatch.Intent // what a person said it is not; such a line has no other label that counts
	Urgency   *int               // 0 to 2
	Sentiment *int               // -1 to 1
	Want      []string           // signals that must be there, named by what follows the last dot
	Ignored   *string            // the noise rule that must apply, empty if none may
}

// Read reads JSON lines with the keys id, text, and intent and escalate or
// not_intent, and optionally handle, lang, alt_intent, urgency, sentiment, want
// and ignored; other keys are not looked at. It gives every good line. The error joins what
// is wrong with the others, each named by name, the number of its line and
// what to write; it never holds a post's text.
func Read(r io.Reader, name string) ([]Line, error) {
	var (
		good []Line
		bad  []error
	)
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxLine)
	n := 0
	for scan.Scan() {
		n++
		if strings.TrimSpace(scan.Text()) == "" {
			continue
		}
		place := fmt.Sprintf("%s:%d", name, n)
		l, err := parse(scan.Bytes())
		if err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", place, err))
			continue
		}
		l.Place = place
		good = append(good, l)
	}
	if err := scan.Err(); err != nil {
		bad = append(bad, fmt.Errorf("%s:%d: the rest is not read: %w (a line may have at most %d bytes)", name, n+1, err, maxLine))
	}
	return good, errors.Join(bad...)
}

// record is a line as it is written. Pointers tell an absent key.
type record struct {
	ID        string   `json:"id"`
	Text      string   `json:"text"`
	Handle    string   `json:"handle"`
	Lang      string   `json:"lang"`
	Intent    string   `json:"intent"`
	AltIntent string   `json:"alt_intent"`
	Escalate  *bool    `json:"escalate"`
	NotIntent string   `json:"not_intent"`
	Urgency   *int     `json:"urgency"`
	Sentiment *int     `json:"sentiment"`
	Want      []string `json:"want"`
	Ignored   *string  `json:"ignored"`
}

func parse(line []byte) (Line, error) {
	var r record
	if err := json.Unmarshal(line, &r); err != nil {
		return Line{}, explain(err)
	}
	if err := r.check(); err != nil {
		return Line{}, err
	}
	l := Line{ID: r.ID, Text: r.Text, Handle: strings.TrimPrefix(r.Handle, "@"), Language: r.Lang,
		Intent: socialwatch.Intent(r.Intent), AltIntent: socialwatch.Intent(r.AltIntent),
		Escalate: r.Escalate != nil && *r.Escalate, NotIntent: socialwatch.Intent(r.NotIntent),
		Urgency: r.Urgency, Sentiment: r.Sentiment, Want: r.Want, Ignored: r.Ignored}
	if l.Handle == "" && opensWith(r.Text, exampleHandle) {
		l.Handle = exampleHandle
	}
	return l, nil
}

// wanted says what each key must hold, for values of a wrong type.
var wanted = map[string]string{"id": "a text", "text": "a text", "handle": "a text", "lang": "a text such as es",
	"intent": "a text", "alt_intent": "a text or null", "not_intent": "a text", "escalate": "true or false", "urgency": "0, 1 or 2",
	"sentiment": "-1, 0 or 1", "want": "a list of signals' names", "ignored": "a noise rule's name, or \"\" for none"}

func explain(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || wrong.Field == "" {
		return fmt.Errorf("this is not one JSON object with id, text, intent and escalate: %w", err)
	}
	key, _, _ := strings.Cut(wrong.Field, ".")
	return fmt.Errorf("%s holds a %s: write %s", key, wrong.Value, wanted[key])
}

var (
	languageForm = regexp.MustCompile(`^[a-z]{2,3}$`)
	nameForm     = regexp.MustCompile(`^[a-z0-9_]+$`)
)

// check says the first thing that is wrong.
func (r record) check() error {
	switch {
	case r.ID == "":
		return errors.New("no id: give the line one of its own")
	case r.Text == "":
		return errors.New("no text: write the post's")
	case r.NotIntent != "" && !known(r.NotIntent):
		return fmt.Errorf("not_intent %q: write one of %s", r.NotIntent, intentNames())
	case r.NotIntent != "" && (r.Intent != "" || r.Escalate != nil):
		return errors.New("not_intent stands beside intent or escalate: leave it out where these are known")
	case r.NotIntent == "" && !known(r.Intent):
		return fmt.Errorf("intent %q: write one of %s", r.Intent, intentNames())
	case r.AltIntent != "" && !known(r.AltIntent):
		return fmt.Errorf("alt_intent %q: write null or one of %s", r.AltIntent, intentNames())
	case r.NotIntent == "" && r.Escalate == nil:
		return errors.New("no escalate: write true or false")
	case r.Urgency != nil && (*r.Urgency < 0 || *r.Urgency > 2):
		return fmt.Errorf("urgency %d: write 0, 1 or 2", *r.Urgency)
	case r.Sentiment != nil && (*r.Sentiment < -1 || *r.Sentiment > 1):
		return fmt.Errorf("sentiment %d: write -1, 0 or 1", *r.Sentiment)
	case r.Lang != "" && !languageForm.MatchString(r.Lang):
		return fmt.Errorf("lang %q: write an ISO 639-1 code such as es, or und", r.Lang)
	case r.Ignored != nil && *r.Ignored != "" && !nameForm.MatchString(*r.Ignored):
		return fmt.Errorf("ignored %q: write a noise rule's name such as promotion, without ignored. before it", *r.Ignored)
	}
	for _, name := range r.Want {
		if !nameForm.MatchString(name) {
			return fmt.Errorf("want %q: write a signal's name without what stands before its last dot, such as charged_after_cancel", name)
		}
	}
	return nil
}

func known(intent string) bool {
	return slices.Contains(socialwatch.Intents, socialwatch.Intent(intent))
}

func intentNames() string {
	var names []string
	for _, i := range socialwatch.Intents {
		names = append(names, string(i))
	}
	return strings.Join(names, ", ")
}

// opensWith reports whether the text starts with the handle.
func opensWith(text, handle string) bool {
	return len(text) > len(handle) && text[0] == '@' && strings.EqualFold(text[1:1+len(handle)], handle) &&
		handleEnd(text, 1) == 1+len(handle)
}

// handleEnd is where the handle's name that starts at i ends.
func handleEnd(s string, i int) int {
	for i < len(s) && (s[i] == '_' || s[i] >= '0' && s[i] <= '9' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') {
		i++
	}
	return i
}

// HeldOut says whether a line of our own corpus only measures: half of them, by
// their ids. The other half may be read and learnt from (see fit).
func HeldOut(id string) bool {
	h := fnv.New32a()
	h.Write([]byte("1:" + id))
	return h.Sum32()%2 == 1
}
