package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// assets serves files under names that hold a hash of their content, so that
// browsers may keep them for ever. The modules are one of them, main.js. Each
// is packed once, at the start.
type assets struct {
	urls  map[string]string // by file name
	files map[string]asset  // by hashed name
}

type asset struct {
	plain, packed []byte
	kind, etag    string
}

func newAssets() (*assets, error) {
	a := &assets{urls: map[string]string{}, files: map[string]asset{}}
	names, err := fs.Glob(assetFiles, "assets/*")
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	for _, name := range names {
		if path.Ext(name) == ".js" {
			continue // in main.js
		}
		body, err := assetFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		if err := a.add(path.Base(name), body); err != nil {
			return nil, err
		}
	}
	script, err := bundle(assetFiles, "assets", "main")
	if err != nil {
		return nil, err
	}
	return a, a.add("main.js", script)
}

func (a *assets) add(name string, body []byte) error {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	if _, err := z.Write(body); err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	sum := sha256.Sum256(body)
	hash, ext := hex.EncodeToString(sum[:6]), path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "-" + hash + ext
	a.urls[name] = "/assets/" + hashed
	a.files[hashed] = asset{body, packed.Bytes(), mime.TypeByExtension(ext), hash}
	return nil
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h, body, tag := w.Header(), file.plain, file.etag
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", file.kind)
	h.Add("Vary", "Accept-Encoding")
	if unpacks(r) {
		h.Set("Content-Encoding", "gzip")
		body, tag = file.packed, file.etag+"-gzip"
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
