package console

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// keymap is a person's own keys in the place of ours, by ours. Empty: ours.
type keymap map[string]string

// ownKey is one key that people may change.
type ownKey struct{ Key, Own, Text string }

// own are the keys that people may change, as m has them: those of one
// character. Digits count reasons and drafts, pairs begin with g.
func (m keymap) own() (all []ownKey) {
	for _, l := range keyTable {
		// A text names what each key does, with ", " between.
		keys, texts := strings.Fields(l.keys), strings.Split(say(l.text), ", ")
		for i, key := range keys {
			if !mayBeOwn(key) || i > 0 && !mayBeOwn(keys[0]) {
				continue
			}
			k := ownKey{key, key, texts[min(i, len(texts)-1)]}
			if own := m[key]; own != "" {
				k.Own = own
			}
			all = append(all, k)
		}
	}
	return all
}

// mayBeOwn reports whether a key is one that people may choose.
func mayBeOwn(key string) bool {
	r, size := utf8.DecodeRuneInString(key)
	return size == len(key) && r != utf8.RuneError && unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsDigit(r) && r != 'g'
}

// problem says what is wrong with m; empty when nothing is.
func (m keymap) problem() string {
	taken := map[string]string{}
	for _, k := range m.own() {
		switch other, twice := taken[k.Own]; {
		case !mayBeOwn(k.Own):
			return say("bad.key", k.Own, k.Text)
		case twice:
			return say("bad.key.twice", k.Own, other, k.Text)
		}
		taken[k.Own] = k.Text
	}
	return ""
}

// keymapOf is that of a browser; a cookie that is none of ours changes nothing.
func keymapOf(r *http.Request) keymap {
	cookie, err := r.Cookie(keymapCookie)
	if err != nil {
		return nil
	}
	q, err := url.ParseQuery(cookie.Value)
	if err != nil {
		return nil
	}
	m := keymap{}
	for _, k := range m.own() {
		if own := q.Get(k.Key); own != "" && own != k.Key {
			m[k.Key] = own
		}
	}
	if m.problem() != "" {
		return nil
	}
	return m
}

func (m keymap) cookie() string {
	q := url.Values{}
	for key, own := range m {
		q.Set(key, own)
	}
	return q.Encode()
}

// script tells the modules which of our keys each key presses now: none for one
// of ours that has gone elsewhere.
func (m keymap) script() string {
	if len(m) == 0 {
		return ""
	}
	presses := map[string]string{}
	for key := range m {
		presses[key] = ""
	}
	for key, own := range m {
		presses[own] = key
	}
	b, err := json.Marshal(presses)
	if err != nil {
		panic(fmt.Sprintf("a map of texts cannot fail to encode: %v", err))
	}
	return string(b)
}

// kbds finds the keys that a page shows. What people wrote is escaped there and
// never looks so.
var kbds = regexp.MustCompile(`<kbd>[^<]{1,4}</kbd>`)

// show puts the person's own keys where a page shows ours.
func (m keymap) show(page []byte) []byte {
	if len(m) == 0 {
		return page
	}
	return kbds.ReplaceAllFunc(page, func(kbd []byte) []byte {
		key := string(kbd[len("<kbd>") : len(kbd)-len("</kbd>")])
		if own := m[key]; own != "" {
			return []byte("<kbd>" + template.HTMLEscapeString(own) + "</kbd>")
		}
		return kbd
	})
}

// saveKeys keeps a person's own keys, or goes back to ours.
func (c *Console) saveKeys(w http.ResponseWriter, r *http.Request) error {
	m := keymap{}
	if r.PostForm.Get("keymap") != "ours" {
		for _, k := range m.own() {
			if own := strings.TrimSpace(r.PostForm.Get("own." + k.Key)); own != "" && own != k.Key {
				m[k.Key] = own
			}
		}
		if problem := m.problem(); problem != "" {
			return &badError{problem}
		}
	}
	c.prefer(w, keymapCookie, m.cookie())
	return see(w, r, "/help")
}
