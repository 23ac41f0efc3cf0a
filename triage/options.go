package triage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"socialwatch"
)

// Options adapt triage to a shop. The zero value gives the built-in rules.
type Options struct {
	// Handles are our own handles, with or without @ and host. A text that
	// opens with another handle is taken as addressed to somebody else first.
	// Without handles nothing is. They count as Official.
	Handles []string
	// OrderPatterns are more forms of order numbers: # stands for a digit, A
	// for a letter of either case, everything else for itself, as in
	// "SW-######". Amazon's 3-7-7 digits and OD with 18 digits are built in.
	OrderPatterns []string
	// HighValue is the amount, per ISO 4217 code, from which one in the text
	// raises the score. A currency without an entry never does; nil stands for
	// a built-in table.
	HighValue map[string]float64
	// Brands are the names that the shop goes by, Products what it sells: more
	// phrases of the concepts brand and goods, written as in a lexicon, where
	// a star lets the word go on.
	Brands, Products []string
	// Phrases are what this shop's customers say when they want something. A
	// text with one or more phrases of an intent gets its points once.
	Phrases map[socialwatch.Intent][]string
	// Official is how the shop can be reached. Who poses as it, by a look-alike
	// of these or of Brands, is an impostor.
	Official Official
	// Lexicons replaces the built-in lexicons and rules by a folder of the same
	// form, to try changes; nil stands for the built-in ones.
	Lexicons fs.FS
}

// Official is a list of what belongs to the shop. Without telephone numbers
// none is taken for an impostor's.
type Official struct {
	Handles []string // shop_help, which is ours on the servers we read only, or shop_help@social.example
	Phones  []string // in any writing: +44 20 7946 0000
	Sites   []string // hosts: shop.example; what lies below one is ours too
}

// OptionError says which option is wrong and how to write it.
type OptionError struct {
	Option string // field of Options: Phrases, Official.Sites
	Key    string // the currency or intent, where the option is a map
	Index  int    // in the list, -1 where the option is none
	Value  string
	Advice string // what is wrong and what to write
}

// Error names the option and the value.
func (e *OptionError) Error() string {
	at := e.Option
	if e.Key != "" {
		at += "[" + e.Key + "]"
	}
	if e.Index >= 0 {
		at += fmt.Sprintf("[%d]", e.Index)
	}
	return fmt.Sprintf("%s: %q: %s", at, e.Value, e.Advice)
}

// highValue is the built-in table, roughly one threshold in eight currencies;
// set by hand.
var highValue = map[string]float64{"USD": 500, "EUR": 500, "GBP": 400, "INR": 40000,
	"JPY": 75000, "CAD": 700, "AUD": 750, "CHF": 500}

// Points of a shop's own phrase, set by hand: as much as the plainest words of
// the built-in rules give.
const (
	phrasePoints     = 45
	phraseCasePoints = 30 // more, for the intents that are cases
)

// New compiles the rules once. Each wrong option is an *OptionError; all of
// them are joined.
func New(o Options) (*Triage, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	c, err := o.compile()
	if err != nil {
		return nil, err
	}
	return o.assemble(c), nil
}

// WithHandle is the same triage with one more handle of ours before the
// others. It shares what was compiled.
func (t *Triage) WithHandle(handle string) (*Triage, error) {
	o := t.options
	o.Handles = append([]string{handle}, o.Handles...)
	if err := o.Check(); err != nil {
		return nil, err
	}
	return o.assemble(t.compiled), nil
}

// assemble puts checked options beside what they were compiled to.
func (o Options) assemble(c *compiled) *Triage {
	t := &Triage{compiled: c, options: o, version: o.version(c), handles: map[string]bool{}, highValue: o.HighValue,
		guard: newGuard(o, c.deskWords)}
	if t.highValue == nil {
		t.highValue = highValue
	}
	for _, form := range o.OrderPatterns {
		p, _ := newPattern(form) // checked
		t.orders = append(t.orders, p)
	}
	t.orders = append(t.orders, publicOrders...)
	for _, h := range o.Handles {
		t.handles[parseHandle(h).name] = true
	}
	t.scratch.New = func() any { return t.newScratch() }
	return t
}

// version names the code, the lexicons and the options.
func (o Options) version(c *compiled) string {
	o.Lexicons = nil // their digest stands for them
	own, err := json.Marshal(o)
	if err != nil { // a threshold that is no number, which Check refuses
		own = []byte(err.Error())
	}
	sum := sha256.Sum256(append(own, c.digest...))
	return engine + "." + hex.EncodeToString(sum[:4])
}

// digest is a hash of the folder's lexicons and rules.
func digest(folder fs.FS) ([]byte, error) {
	names, err := fs.Glob(folder, "*.txt")
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(h, "%s %d\n", name, len(text))
		h.Write(text)
	}
	return h.Sum(nil), nil
}

// compile returns the built-in rules, compiled once, unless the options hold
// something to be compiled in.
func (o Options) compile() (*compiled, error) {
	if o.Lexicons == nil && len(o.Brands)+len(o.Products)+len(o.Phrases) == 0 {
		return builtIn()
	}
	folder := o.Lexicons
	if folder == nil {
		folder = Lexicons()
	}
	return compile(folder, o)
}

// extend adds the shop's own phrases to the lexicon and returns their rules.
func (o Options) extend(l *lexicon) []rule {
	add := func(concept string, phrases []string) {
		for _, text := range phrases {
			if p, err := l.phrase(concept, strings.TrimSpace(text)); err == nil { // checked
				l.mean(p, concept)
			}
		}
	}
	add("brand", o.Brands)
	add("goods", o.Products)
	var rules []rule
	for i, intent := range socialwatch.Intents {
		if len(o.Phrases[intent]) == 0 {
			continue
		}
		concept := "shop " + string(intent) // no lexicon's concept has a space
		add(concept, o.Phrases[intent])
		r := rule{kind: emit, name: "shop_phrase", terms: []term{{concepts: []uint16{l.concept(concept)}, gap: -1}},
			outs: []out{{string(intent) + ".shop_phrase", i, phrasePoints}}}
		if i < caseIntents {
			r.outs = append(r.outs, out{"case.shop_phrase", targetCase, phraseCasePoints})
		}
		rules = append(rules, r)
	}
	return rules
}

// caseIntents are the intents that are cases as soon as they are meant: the
// first seven, without complaints, questions, praise and other.
const caseIntents = 7

// Check joins an *OptionError for each wrong option, and is nil without one.
func (o Options) Check() error {
	var errs []error
	each := func(option, key string, values []string, advice func(string) string) {
		for i, v := range values {
			if a := advice(v); a != "" {
				errs = append(errs, &OptionError{option, key, i, v, a})
			}
		}
	}
	each("Handles", "", o.Handles, adviseHandle)
	each("OrderPatterns", "", o.OrderPatterns, func(form string) string {
		_, err := newPattern(form)
		if err != nil {
			return err.Error()
		}
		return ""
	})
	for _, currency := range slices.Sorted(maps.Keys(o.HighValue)) {
		if a := adviseThreshold(currency, o.HighValue[currency]); a != "" {
			errs = append(errs, &OptionError{"HighValue", currency, -1, fmt.Sprint(o.HighValue[currency]), a})
		}
	}
	each("Brands", "", o.Brands, adviseBrand)
	each("Products", "", o.Products, advisePhrase)
	for _, intent := range slices.Sorted(maps.Keys(o.Phrases)) {
		if !slices.Contains(socialwatch.Intents, intent) {
			errs = append(errs, &OptionError{"Phrases", string(intent), -1, string(intent),
				fmt.Sprintf("is no intent: write one of %s", intentList())})
			continue
		}
		each("Phrases", string(intent), o.Phrases[intent], advisePhrase)
	}
	each("Official.Handles", "", o.Official.Handles, adviseHandle)
	each("Official.Phones", "", o.Official.Phones, advisePhone)
	each("Official.Sites", "", o.Official.Sites, adviseSite)
	return errors.Join(errs...)
}

func intentList() string {
	names := make([]string, len(socialwatch.Intents))
	for i, intent := range socialwatch.Intents {
		names[i] = string(intent)
	}
	return strings.Join(names, ", ")
}

func adviseThreshold(currency string, amount float64) string {
	if len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "the currency is no ISO code: write three capitals, such as EUR"
	}
	if !(amount > 0 && amount < 1e15) {
		return "write an amount above 0"
	}
	return ""
}

// maxPhrase bounds a phrase, in bytes.
const maxPhrase = 100

// advisePhrase says what is wrong with a phrase of the shop's.
func advisePhrase(text string) string {
	bare := strings.TrimSuffix(strings.TrimSpace(text), "*")
	key := foldPhrase(bare)
	switch {
	case key == "" || strings.IndexFunc(key, telling) < 0:
		return "is empty or only punctuation: write the words as customers write them, or remove it"
	case len(bare) > maxPhrase:
		return fmt.Sprintf("is longer than %d bytes: write the few words that tell", maxPhrase)
	case strings.IndexFunc(bare, unicode.IsControl) >= 0 || strings.Contains(bare, "|"):
		return "holds several phrases: write each as an entry of its own"
	case strings.Contains(bare, "*"):
		return "a star may stand at the end only, where the word may go on"
	case len(key) == 1:
		return "is a single letter when letters repeated three times count once: write a whole word"
	}
	return ""
}

// telling reports whether a rune of folded text says anything: letters, digits
// and pictures do, punctuation and the marks of handles and links do not.
func telling(r rune) bool {
	return r > ' ' && r != utf8.RuneError && !unicode.IsPunct(r) && !unicode.IsControl(r)
}

func adviseBrand(text string) string {
	if a := advisePhrase(text); a != "" {
		return a
	}
	if strings.HasSuffix(text, "*") {
		return "a brand is a whole name: remove the star"
	}
	if letterCount(foldPhrase(text)) < 2 {
		return "has fewer than two letters or digits: write the whole name"
	}
	return ""
}

func letterCount(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
