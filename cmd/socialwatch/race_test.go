//go:build race

package main

// raced says that the race detector runs, which makes everything many times
// slower.
const raced = true
