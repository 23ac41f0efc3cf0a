// Package responder says what we would answer to a mention, whether a human
// must act beyond the reply, how urgent the case is and when the first
// response is due; and it checks a composed reply before it may be shown for
// approval, at approval and right before sending. It is pure: no clock, no
// I/O; the same input gives the same result.
//
// A template is a text file with front matter:
//
//	---
//	id: stuck-order
//	version: 1
//	intent: stuck_order
//	language: en
//	networks: all
//	slots: days, private, case
//	handoff: yes
//	owner: customer care
//	gloss: Sorry for the wait; asks to continue in private.
//	---
//	We are sorry your order is late[[, {{days}} days by now]]. To go on, {{private}}. Your reference is {{case}}.
//
// Slots are typed values of ours, never a customer's words. A part in [[ ]]
// is left out when one of its slots has no value; a template with another
// slot without a value is not used. Lines of --- part several wordings, of
// which the case's number chooses one.
//
// A reply never asks twice in one case to come to us in private, nor is a
// template used twice. It is in the post's language where the account answers
// in it and there is a template, else in the account's first, else in English.
//
// A customer who wants a person (socialwatch.HumanSignals), in this post or an
// earlier one that is not answered yet, is answered by a template of the intent
// human alone, once; after it a person writes. A post that tells of danger to
// people, and an impostor's, gets no draft at all. Who gives what we asked for
// is thanked by a template of the intent follow_up and asked for nothing. Where
// a customer put personal data of their own into a post of the case that
// anybody can read, a sentence of the language's phrases.txt that advises to
// delete it follows the text, as far as it fits, until a reply has said so.
//
// Level and first response (product note section 4), first row that fits:
//
//	level  first response  when
//	1       15 min         danger to people
//	4      240 min         praise, unless the customer wants a person
//	1       15 min         a human must act, and severe or score of 80 or more
//	2       30 min         a human must act, and pressed or score of 60 or more;
//	                       a scam report or an account matter; anything severe
//	3       60 min         a human must act; a complaint; anything pressed
//	4      240 min         all else
package responder
