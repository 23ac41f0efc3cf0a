package api

import (
	_ "embed"
	"encoding/json"
	"net/http"
)

//go:embed openapi.json
var document json.RawMessage

// Document returns the OpenAPI document, as served at /api/v1/openapi.json.
func Document() []byte { return append([]byte(nil), document...) }

func (s *server) document(r *http.Request, _ caller) (any, error) {
	_, err := query(r)
	return document, err
}
