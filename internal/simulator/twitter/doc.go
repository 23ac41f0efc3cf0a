// Package twitter is a stateful stand-in of X (formerly Twitter): the part of
// the X API v2 that a help account needs, spoken as real HTTP on loopback, so
// that the real connector can be run against it by the demo, by tests, and by
// tests that kill processes.
//
// Server holds users, posts and the bill in memory; they outlast Stop and
// Start, so a server can be "restarted" on the same address in the middle of a
// run. Everything published is kept for audit, also what was deleted: what
// the stand-in says was posted, answered and charged is the ground truth
// against which promises are measured. Three ways lead in: the API, Go methods
// on *Server, and a JSON control API under /_sim/ for other processes.
//
// It is strict on purpose: what X's documentation does not allow is refused,
// and where X contradicts itself or is silent the stricter reading counts:
//
//   - Unknown query parameters and JSON fields, repeated parameters, values
//     out of range and mixed spellings (tweet.fields with post.fields) are 400.
//   - A reply needs an @ that the author of the post typed, or a quote of us
//     by them. The @ that X carries into a reply by itself does not count.
//   - Equal text by one author within a day is duplicate content, whatever
//     post it answers.
//   - What X would make a link of, also a bare domain, costs the price of a
//     link and counts 23. As X does, it takes only top-level domains that
//     exist, so https://shop.example is none.
//   - Posts in includes are charged as post reads. Users in includes are free:
//     whether X charges them is not known, and the project's prices assume not.
//   - Mentions and own posts are cheap only for the user who owns the app and
//     is signed in; with the app's bearer they cost a post read.
//   - Posts of search and of streams cost the same as any other read; a post
//     that was charged today is free in every other call of that day.
//   - Page tokens hold only for the request that they came from.
//   - Only the user concerned subscribes to activity, by OAuth 2.0. Events hold
//     the four fields of X's sample, unless Options.FullEvents.
//   - A new pair of tokens ends the old access token at once; a refresh token
//     or an authorization code that comes twice ends the whole family.
//   - The signed addresses of a compliance job take no Authorization header,
//     and text/plain or application/octet-stream only.
package twitter
