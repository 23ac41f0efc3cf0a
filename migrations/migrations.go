// Package migrations holds the numbered SQL that makes and changes the
// database, one folder for each kind. Files never change once released: the
// store refuses a database whose files had another checksum. The views whose
// names end in _v1 are a public contract (docs/consumers.md): they change only
// by adding columns at their end, or under a new version.
package migrations

import "embed"

// Files holds postgres/*.sql and sqlite/*.sql.
//
//go:embed postgres/*.sql sqlite/*.sql
var Files embed.FS

// Contract is what the views promise: a line for each column, in order, of the
// view's name, the column's, and its type on Postgres and on SQLite.
//
//go:embed contract.txt
var Contract string
