// Package templates holds the reply templates that the program ships, as
// files: <language>/<name>.tmpl and <language>/phrases.txt. Package responder
// says what stands in them. A folder of the operator's may replace them one
// by one.
package templates

import "embed"

// FS holds the shipped templates, one folder for each language.
//
//go:embed */*.tmpl */phrases.txt
var FS embed.FS
