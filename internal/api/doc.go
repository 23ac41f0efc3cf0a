// Package api serves people's decisions and the cases as JSON under /api/v1/,
// and is its own client.
//
// Conventions, which hold for every path and change only additively:
//
//   - The document at /api/v1/openapi.json describes everything; the tests
//     hold every response against it.
//   - Authorization: Bearer swt_…, the token of a person or of a system. A
//     token has scopes: read, cases, decide, and entities, without which order
//     and tracking numbers show their last three characters only. Only a
//     person's token decides, with that person's roles on the account; a
//     system's works on cases, with the rights of an author.
//   - Names are snake_case. Times are RFC 3339 in UTC. Every field is always
//     there: times and numbers that are not known are null, texts "", lists [].
//   - Customers' words are masked: personal data is replaced by *, byte for
//     byte, so that evidence's offsets hold.
//   - Lists answer {"items": […], "next": …}: give next as cursor to go on; it
//     is null at the end. The event log is a feed without an end: its next is
//     a number, to be given as after.
//   - Errors are application/problem+json (RFC 9457). A problem's type is
//     stable and can be read under its address; its detail says what to do.
//   - Fields and parameters that are not known are refused. A body holds 64 kB
//     at most.
//   - Writes take an Idempotency-Key: of all requests with one key one has an
//     effect, and the others get its answer.
//   - Server-sent events carry the feed, each with its seq as id.
//   - Repeating an approval is safe: who approved this very text gets the same
//     answer again. One that needs a second look is answered with a problem of
//     type confirm, whose confirm goes with the same approval once a person has
//     looked.
//
// There is no CORS: browsers of other origins have no business here.
package api
