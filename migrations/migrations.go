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
