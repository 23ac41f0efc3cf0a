package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"sort"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// assets serves files under names that hold a hash of their content, so that
// browsers may keep them for ever.
type assets struct {
	urls  map[string]string // by file name
	files map[string]asset  // by hashed name
}

type asset struct {
	body []byte
	kind string
}

// imports finds what a module imports, whose hashed name goes in its place.
var imports = regexp.MustCompile(`from "\./([a-z]+\.js)"`)

func newAssets() (*assets, error) {
	a := &assets{urls: map[string]string{}, files: map[string]asset{}}
	names, err := fs.Glob(assetFiles, "assets/*")
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	sort.Strings(names)
	for _, name := range names {
		if err := a.add(path.Base(name), nil); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// add stores a file after those that it imports.
func (a *assets) add(name string, above []string) error {
	if a.urls[name] != "" {
		return nil
	}
	if len(above) > 10 {
		return fmt.Errorf("assets import each other: %s", strings.Join(above, ", "))
	}
	body, err := assetFiles.ReadFile("assets/" + name)
	if err != nil {
		return fmt.Errorf("read asset: %w", err)
	}
	if strings.HasSuffix(name, ".js") {
		for _, m := range imports.FindAllSubmatch(body, -1) {
			if err := a.add(string(m[1]), append(above, name)); err != nil {
				return err
			}
			body = bytes.ReplaceAll(body, m[0], []byte(`from "`+a.urls[string(m[1])]+`"`))
		}
	}
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:6]) + ext
	a.urls[name] = "/assets/" + hashed
	a.files[hashed] = asset{body: body, kind: mime.TypeByExtension(ext)}
	return nil
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", file.kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.body))
}
