// Package eval measures triage against labelled posts: Read reads them,
// Measure judges an assessment of each and gives a Report, and the report
// writes itself as text, JSON or one HTML page. ReadFloors and Report.Check
// hold figures to their floors.
//
// A report depends on its input only: the resampling has a fixed seed and
// there is no clock. It holds figures and names of labels, never a post's text
// or id.
package eval
