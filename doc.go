// Package socialwatch holds the words that every part of the program shares:
// mentions, assessments, cases, replies, payloads, events and network errors.
//
// It does no I/O and imports the standard library only. Data moves one way
// through the program, as values of these types:
//
//	network → connectors → intake → store → console → publish → connectors → network
//	                         │        └→ outbox → consumers
//	            triage.Assess, responder.Respond
//
// Times are UTC and truncated to microseconds, the precision of both
// databases. Spans are byte offsets into the stored text. All types are plain
// values: safe to copy, not safe for concurrent mutation.
package socialwatch
