// Package auth knows people: passwords, sessions in a cookie, tokens of the
// API, and how often a login may fail. It keeps no secret: passwords are
// stored as argon2id hashes, sessions and tokens as SHA-256 of 256 random
// bits.
package auth
