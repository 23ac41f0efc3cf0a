// Package triage says what a mention is about: its intent, whether a human
// must act, how urgent it is, and why. It is pure: no clock, no I/O, no
// look-up; the same mention, history and rules give the same assessment.
//
// A text is folded once (lower case, no diacritics, no apostrophes, handles
// and links as one byte each), then one automaton finds every phrase of every
// lexicon. A phrase stands for a concept (late, denied, promised, charged), a
// lexicon is a text file that maps phrases of one language to concepts, and
// lexicon/rules.txt, the same for all languages, turns concepts and their
// neighbourhood into signals with points. A signal's name says what its points
// count for:
//
//	stuck_order.late        an intent
//	case.days_waited        evidence that a human must act, beyond the intents
//	urgency.legal_threat    urgency
//	sentiment.angry         sentiment, below zero is negative
//	score.reach             the score only
//	ignored.promotion       a noise rule; problems outrank it
//	thanks.only             only thanks
//	must.asks_for_human     a human must act, whatever the rest says
//
// Summing the points by what they count for gives the whole decision; nothing
// else enters it. Spans are byte offsets into the mention's stored text.
package triage
