package socialwatch

import (
	"slices"
	"time"
)

// Severity says how much an incident asks of us.
type Severity string

// Severities, by the number of an incident's cases.
const (
	Minor    Severity = "minor"
	Major    Severity = "major"    // from 25 cases
	Critical Severity = "critical" // from 100 cases
)

// SeverityOf is the severity of an incident with so many cases.
func SeverityOf(cases int) Severity {
	switch {
	case cases >= 100:
		return Critical
	case cases >= 25:
		return Major
	}
	return Minor
}

// TermKind says what the cases of an incident share.
type TermKind string

// Kinds of term.
const (
	TermName TermKind = "name" // a carrier, a place, a product: written with capitals, or in katakana
	TermLink TermKind = "link" // the host of a link
	TermWord TermKind = "word" // a word that was rare before
)

// Incident is the cases of one spike: many customers who name the same carrier,
// place or link within an hour.
type Incident struct {
	ID       int64
	Region   string   // whose accounts these are, as in the configuration; may be empty
	Accounts []string // that it spans, sorted
	Intent   Intent   // what most of its cases want
	Term     string   // what they share: normalised words with single spaces, or a host
	Kind     TermKind
	Cases    int
	Severity Severity
	BeganAt  time.Time // its first post
	LastAt   time.Time // when its newest case was opened; zero: it has none
	OpenedAt time.Time // when the program saw it
	EndedAt  time.Time // zero: it goes on
	Evidence SpikeEvidence
}

// Spans reports whether the incident is one of an account.
func (i Incident) Spans(account string) bool { return slices.Contains(i.Accounts, account) }

// SpikeEvidence is why an incident was opened: cases whose posts of one hour
// share its term, against the same hour of the seven days before.
type SpikeEvidence struct {
	Written string  `json:"written"` // the term as most customers write it
	Cases   int     `json:"cases"`
	Of      int     `json:"of"`     // cases with posts in that hour
	Days    []int   `json:"days"`   // cases with the term in that hour, yesterday first
	Mean    float64 `json:"mean"`   // of Days
	Sigma   float64 `json:"sigma"`  // standard deviation of Days
	Before  float64 `json:"before"` // share of the cases of the day and those hours before that had the term
}

// SpikePost is a post of a case, for finding spikes. Text is masked.
type SpikePost struct {
	CaseID   int64
	Incident int64 // of its case; 0: none
	Intent   Intent
	Language string
	Text     string
	At       time.Time // when it was posted
}
