package legacy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"socialwatch"
)

// Line is one post of a file.
type Line struct {
	N       int // of the line in JSON lines, else of the post in its list; from 1
	Mention socialwatch.Mention
	Skip    Skip  // why it is no mention of the account; Mention is then incomplete
	Odd     error // why it could not be read; holds nothing of its content
}

// lineLimit bounds a line, in bytes. A post with all that it quotes stays far
// below it.
const lineLimit = 1 << 20

// Lines reads posts in the v1.1 format as mentions of one of our accounts,
// whose handle is written without @: one object a line, or one JSON list, or a
// file of an account archive, which is a list behind "window.YTD… =". Empty
// lines don't count. What can't be read is yielded with Odd set, and reading
// goes on; only in a list that is broken itself it can't. An error is a failure
// of r and the last thing yielded. Lines holds one post at a time.
func Lines(r io.Reader, account, handle string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		l := liner{account: account, us: us{handle: handle}, yield: yield}
		empty, list, err := begin(in)
		switch {
		case err == nil && list:
			err = l.list(in)
		case err == nil:
			err = l.lines(in, empty+1)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(Line{}, err)
		}
	}
}

// errEnough ends the reading when the caller wants no more.
var errEnough = errors.New("enough")

type liner struct {
	account string
	us      us
	yield   func(Line, error) bool
}

func (l liner) take(n int, raw []byte) error {
	line := Line{N: n}
	t, archived, err := decodeTweet(raw)
	switch {
	case err != nil:
		line.Odd = err
	case archived:
		line.Skip = SkipOwn
	default:
		line.Mention, line.Skip = mentionOf(t, l.account, l.us)
	}
	return l.give(line)
}

func (l liner) give(line Line) error {
	if !l.yield(line, nil) {
		return errEnough
	}
	return nil
}

// begin skips what stands before the posts and reports how many empty lines
// that were, and whether the posts come as a list.
func begin(in *bufio.Reader) (empty int, list bool, err error) {
	if head, _ := in.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3) // they were there a moment ago
	}
	for {
		head, err := in.Peek(1)
		if errors.Is(err, io.EOF) {
			return empty, false, nil
		}
		if err != nil {
			return empty, false, err
		}
		switch head[0] {
		case '[':
			return empty, true, nil
		case 'w':
			list, err = archive(in)
			return empty, list, err
		case ' ', '\t', '\r':
		case '\n':
			empty++
		default:
			return empty, false, nil
		}
		_, _ = in.Discard(1) // it was there a moment ago
	}
}

// archivePrefix bounds what stands before the list of an archive's file.
const archivePrefix = 200

func archive(in *bufio.Reader) (bool, error) {
	head, err := in.Peek(archivePrefix)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	name, rest, ok := bytes.Cut(head, []byte("="))
	after := bytes.TrimLeft(rest, " \t\r\n")
	if !ok || !bytes.HasPrefix(name, []byte("window.")) || !bytes.HasPrefix(after, []byte("[")) {
		return false, nil
	}
	_, err = in.Discard(len(head) - len(after))
	return true, err
}

func (l liner) lines(in *bufio.Reader, n int) error {
	for ; ; n++ {
		line, long, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if text := bytes.TrimSpace(line); long {
			if e := l.give(Line{N: n, Odd: errTooLong}); e != nil {
				return e
			}
		} else if len(text) > 0 {
			if e := l.take(n, text); e != nil {
				return e
			}
		}
		if err != nil {
			return nil
		}
	}
}

var errTooLong = fmt.Errorf("it is longer than %d MB", lineLimit>>20)

// readLine reads to the end of a line; of one that is too long nothing is kept.
func readLine(in *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > lineLimit; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, long, err
		}
	}
}

func (l liner) list(in *bufio.Reader) error {
	source := &allowance{r: in, left: lineLimit}
	dec := json.NewDecoder(source)
	if _, err := dec.Token(); err != nil { // the bracket, which was seen
		return err
	}
	n := 1
	for ; source.more(dec); n++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return l.broken(n, source, "the list is broken here, and what comes after it can't be read")
		}
		if err := l.take(n, raw); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return l.broken(n, source, "the list ends here without its bracket: the file may be cut")
	}
	return nil
}

// broken ends a list that can't be read on.
func (l liner) broken(n int, source *allowance, why string) error {
	switch {
	case errors.Is(source.err, errTooLong):
		why = errTooLong.Error() + ", and what comes after it can't be read"
	case source.err != nil && !errors.Is(source.err, io.EOF):
		return fmt.Errorf("post %d: %w", n, source.err)
	}
	return l.give(Line{N: n, Odd: errors.New(why)})
}

// allowance lets left more bytes through: it bounds what a decoder holds.
type allowance struct {
	r    io.Reader
	left int
	err  error // of the last Read
}

func (a *allowance) Read(p []byte) (n int, err error) {
	if a.left <= 0 {
		a.err = errTooLong
		return 0, a.err
	}
	n, a.err = a.r.Read(p)
	a.left -= n
	return n, a.err
}

// more reports whether the list goes on, and gives its next post its allowance.
func (a *allowance) more(dec *json.Decoder) bool {
	a.left = lineLimit
	return dec.More()
}
