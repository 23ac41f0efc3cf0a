package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// maxBody is the largest request body that is read, in bytes.
const maxBody = 1 << 20

// readForm fills r.Form from the query and a form or JSON body. In JSON,
// arrays become repeated values and null is the same as absent.
func readForm(r *http.Request) error {
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		return r.ParseMultipartForm(maxBody)
	}
	if kind != "application/json" {
		return r.ParseForm()
	}
	r.Form = r.URL.Query()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var body map[string]any
	if err := json.Unmarshal(data, &body); err != nil {
		return fmt.Errorf("body is not a JSON object: %w", err)
	}
	for name, value := range body {
		addJSON(r.Form, name, value)
	}
	return nil
}

func addJSON(form url.Values, name string, value any) {
	switch v := value.(type) {
	case nil:
	case []any:
		for _, item := range v {
			addJSON(form, name+"[]", item)
		}
	case string:
		form.Add(name, v)
	default:
		form.Add(name, fmt.Sprint(v))
	}
}

// languages are the two-letter codes of ISO 639-1.
const languages = " aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy " +
	"da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz " +
	"ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv " +
	"mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu " +
	"rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty " +
	"ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "

// knownLanguage reports whether tag is a known language, with or without a
// region or script ("pt-BR").
func knownLanguage(tag string) bool {
	lang, _, _ := strings.Cut(tag, "-")
	return len(lang) == 2 && strings.Contains(languages, " "+strings.ToLower(lang)+" ")
}
