// Package simulator holds small stateful stand-ins for social networks. They
// speak the networks' real HTTP and streaming APIs on loopback, so that the
// real connectors can be run against them: by the demo, by tests, by the tests
// that kill processes, and by benchmarks.
//
// Mastodon is a server with the Mastodon client API, in two flavours that
// differ as the real servers do: Mastodon and GoToSocial. Its state lives in
// memory and outlasts Stop and Start, so that a server can be "restarted" in
// the middle of a run on the same address. Everything published is kept for
// audit, also what was deleted: what a simulator says was posted and answered
// is the ground truth against which promises are measured.
//
// Three ways lead in: the network's own API, Go methods on *Mastodon, and a
// JSON control API under /_sim/ for other processes.
//
// Day writes a scripted day of customers and Play performs it.
package simulator
