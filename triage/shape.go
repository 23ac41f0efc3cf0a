package triage

import (
	"slices"
	"strings"

	"socialwatch"
)

// shapeIDs are the concepts that the code puts on the board.
type shapeIDs struct {
	longWait, highValue, number, shouting, brief, bare, link, handles, otherFirst  uint16
	agentMark, automated, own, earlier, earlierOften, openCase, reach              uint16
	unread, always, short, long, single, couple, since, term, termAfter, dayNumber uint16
	about                                                                          [len(aboutNumbers)]uint16
	entities                                                                       []uint16 // of entityKinds
	impostor                                                                       impostorIDs
}

func newShapeIDs(l *lexicon) shapeIDs {
	id := shapeIDs{
		longWait: l.concept("long_wait"), highValue: l.concept("high_value"), number: l.concept("number"),
		shouting: l.concept("shouting"), brief: l.concept("brief"), bare: l.concept("bare"),
		link: l.concept("link"), handles: l.concept("handles"), otherFirst: l.concept("other_first"),
		agentMark: l.concept("agent_mark"),
		automated: l.concept("automated"), own: l.concept("own"), earlier: l.concept("earlier"),
		earlierOften: l.concept("earlier_often"), openCase: l.concept("open_case"),
		reach: l.concept("reach"), unread: l.concept("unread"),
		always: l.concept(alwaysConcept), short: l.concept("short"), long: l.concept("long"), single: l.concept("single"), couple: l.concept("couple"),
		since: l.concept("since"), term: l.concept("term"), termAfter: l.concept("term_after"),
		dayNumber: l.concept("day_number"), impostor: newImpostorIDs(l),
	}
	for c := saysPhone; c <= saysOther; c++ {
		id.about[c] = l.concept(aboutNumbers[c])
	}
	for _, kind := range entityKinds {
		id.entities = append(id.entities, l.concept(string(kind)))
	}
	return id
}

// kind is the concept of a kind of entity.
func (id *shapeIDs) kind(k socialwatch.EntityKind) uint16 {
	return id.entities[slices.Index(entityKinds, k)]
}

// entityKinds are the kinds of entity, each a concept of the same name.
var entityKinds = []socialwatch.EntityKind{socialwatch.OrderNumber, socialwatch.TrackingNumber, socialwatch.Amount,
	socialwatch.DaysWaited, socialwatch.Date, socialwatch.Email, socialwatch.Phone, socialwatch.Card,
	socialwatch.Address, socialwatch.CaseNumber}

// alwaysConcept is a concept of every mention.
const alwaysConcept = "always"

// Limits of what the shape of a mention says. Set by hand.
const (
	briefWords   = 6     // a text of at most as many words is brief
	shortWords   = 15    // and up to so many it is short
	longWords    = 40    // beyond so many it is long
	shoutLetters = 15    // letters that capitals need to be shouting
	manyHandles  = 4     // handles that make a text an appeal to many
	oftenEarlier = 3     // mentions in seven days that are often
	wideReach    = 10000 // followers that make a mention seen by many
)

// findShapes puts on the board what no phrase says: the shape of the text,
// who wrote it, and the history.
func (t *Triage) findShapes(s *scratch, m socialwatch.Mention, h socialwatch.History) {
	f, id := &s.fold.shape, &t.shape
	set := func(c uint16, holds bool) {
		if holds {
			s.board.add(c, span{})
		}
	}
	set(id.shouting, f.upper >= shoutLetters && f.upper > 2*f.lower)
	set(id.brief, f.words <= briefWords)
	set(id.short, f.words > briefWords && f.words <= shortWords)
	set(id.long, f.words > longWords)
	set(id.bare, f.words == 0)
	set(id.single, f.words == 1 || f.words == 2 && f.kana+f.han > 0)
	set(id.couple, f.words == 2)
	set(id.always, true)
	set(id.link, f.links > 0)
	set(id.handles, f.handles >= manyHandles)
	set(id.agentMark, agentMark(m.Text))
	set(id.automated, m.Author.Bot)
	set(id.own, m.Own)
	set(id.earlier, h.Earlier > 0)
	set(id.earlierOften, h.Earlier >= oftenEarlier)
	set(id.openCase, h.OpenCase)
	set(id.reach, m.Author.Followers >= wideReach)
	if start, end := f.firstHandle[0], f.firstHandle[1]; end > 0 && len(t.handles) > 0 {
		name, _, _ := strings.Cut(m.Text[start+1:end], "@")
		first := strings.TrimLeft(m.Text[:start], " .\n") == ""
		if first && !t.handles[strings.ToLower(name)] {
			s.board.add(id.otherFirst, span{s.fold.position(int(start)), s.fold.position(int(end))})
		}
	}
}

// agentMark reports whether the text ends as agents sign: ^AB, perhaps with a
// part count or a link before it.
func agentMark(text string) bool {
	end := len(text)
	for end > 0 && (text[end-1] == ' ' || text[end-1] == '.' || text[end-1] == '\n') {
		end--
	}
	k := end - 1
	for k >= 0 && end-k <= 9 && text[k] != '^' {
		c := text[k] | 0x20
		if c < 'a' || c > 'z' {
			return false
		}
		k--
	}
	return k >= 0 && text[k] == '^' && end-k >= 2 && end-k <= 9 && text[k+1] < 'a'
}

// A common word has one vote, parted among the languages that have it; half a
// vote is enough to name a language.
const (
	vote     = 2520 // has all numbers to ten as divisors
	minVotes = vote / 2
)

// language is the language of the words: by script where one language of ours
// has it, else by common words; "und" if neither says.
func (s *scratch) language(names []string) string {
	if lang := s.byScript(); lang != "" {
		return lang
	}
	best, at := minVotes-1, -1
	for i, v := range s.votes {
		if v > best || v == best && at >= 0 && names[i] == "en" {
			best, at = v, i
		}
	}
	if at < 0 {
		return undetermined
	}
	return names[at]
}

// byScript is the language that the script tells; "und" when it is none of
// ours, empty when it is Latin.
func (s *scratch) byScript() string {
	f := &s.fold.shape
	latin := f.upper + f.lower
	switch {
	case f.kana > 0 && (f.kana+f.han)*4 > latin, f.han*2 > latin:
		return "ja"
	case f.devanagari*4 > latin:
		return "hi"
	case f.otherLetters > latin:
		return undetermined
	}
	return ""
}

const undetermined = "und"
