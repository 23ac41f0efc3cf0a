// Package confusable knows what a hurried reader takes for something else:
// letters and signs that look like others (the idea of Unicode's UTS #39, with
// fewer and plainer rows), and names that differ by one slip.
package confusable

import (
	"unicode"
	"unicode/utf8"
)

// Letter returns the small plain letter, or the sign, that r passes for in common
// fonts, and otherwise r in lower case. A capital is taken as it looks: the Greek
// Η for an h, though its small form η passes for an n.
func Letter(r rune) rune {
	if l, ok := twins[r]; ok {
		return l
	}
	r = unicode.ToLower(r)
	if l, ok := twins[r]; ok {
		return l
	}
	return r
}

// OneEdit reports whether a and b differ by one byte put in, left out, changed
// or swapped with its neighbour.
func OneEdit(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) == len(b)+1:
		return a[i+1:] == b[i:]
	case len(a) != len(b) || i == len(b):
		return false
	case a[i+1:] == b[i+1:]:
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// twins are letters and signs and what they pass for, each row: what it looks
// like, then the look-alikes. Capitals stand where their small form looks
// different.
var twins = pairs(
	"aаɑαᴀᗅꭺ∀", "bВвβʙᏼьƄΒ", "cсϲᴄƈↄꮯСⅽ", "dԁɗᴅđꭰժ", "eеєɛεᴇεꭼ℮Ε", "fꜰƒϝꬵ", "gɡɢցԍ", "hһнʜհΗНħ", "iіιıɪӏⵏΙІ",
	"jјϳᴊյ", "kкκᴋΚК", "lłʟⅼլ", "mмᴍΜМ", "nηոɴռпΝ", "oоοօᴏσøσОΟ๐", "pрρᴘΡР", "qԛգ", "rгᴦʀꮁ", "sѕꜱʂЅ", "tтτᴛŧΤТ",
	"uυսᴜцՍ", "vνѵᴠ∨", "wωԝшᴡա", "xхχⅹХΧ×", "yуүʏγУΥ", "zᴢʐΖ", "ंँ",
	".․·•‧∙。｡।॥", ",、،﹑", "/⁄∕╱⧸", ":։∶ː꞉", "-‐‑‒–—―−⁃", "'‘’‚‛ʼ′´`ʹ", "\"“”„‟«»″", "@＠", "~〜∼", ">→➔➙➛➜➝➞➡⇒⟶⟹►▶",
)

func pairs(rows ...string) map[rune]rune {
	m := map[rune]rune{}
	for _, row := range rows {
		first, n := utf8.DecodeRuneInString(row)
		for _, r := range row[n:] {
			m[r] = first
		}
	}
	return m
}
