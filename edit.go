package socialwatch

// EditKind says how a text differs from what its template filled in.
type EditKind string

// Kinds of edit.
const (
	EditNone    EditKind = "unchanged"
	EditSlots   EditKind = "slots"   // only what the template's slots cover has changed
	EditWords   EditKind = "edited"  // something beside the slots
	EditWritten EditKind = "written" // by hand: there is no template
)

// Edit is the badge of a text. The zero value is of texts stored before it was
// known. The counts are of words, whatever the script, against what the template
// filled in; 0 for EditNone and EditWritten.
type Edit struct {
	Kind    EditKind
	Added   int
	Removed int
}

// Span is a stretch of a text, in bytes.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// DiffOp says what became of a part of a text.
type DiffOp string

// Ops of a diff.
const (
	DiffSame    DiffOp = "same"
	DiffAdded   DiffOp = "added"
	DiffRemoved DiffOp = "removed"
)

// DiffPart is a stretch of a word diff. The same and removed parts in order
// are the old text, the same and added ones the new text, byte for byte.
type DiffPart struct {
	Op   DiffOp `json:"op"`
	Text string `json:"text"`
}

// Change is what an edit makes of a reply: its badge, and the words against the
// version before.
type Change struct {
	Edit Edit
	Diff []DiffPart
}

// SecondPerson says when a person's edit of a draft that is not their own must be
// approved by a colleague.
type SecondPerson string

// Values of SecondPerson; the zero value is SecondOff.
const (
	SecondOff          SecondPerson = "off"           // edit-and-approve is one decision
	SecondOutsideSlots SecondPerson = "outside_slots" // when more has changed than what slots cover
	SecondAlways       SecondPerson = "always"        // when anything has changed
)

// Needs reports whether an edit of that kind needs a colleague. What cannot be
// told needs one.
func (s SecondPerson) Needs(kind EditKind) bool {
	switch s {
	case SecondAlways:
		return kind != EditNone
	case SecondOutsideSlots:
		return kind != EditNone && kind != EditSlots
	}
	return false
}
