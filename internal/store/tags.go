package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"socialwatch"
)

// Tagging adds tags to a case and takes others away. Its Version is not asked:
// two people who tag at the same time both get what they want.
type Tagging struct {
	CaseWork
	Add, Remove []string // as people write them
}

// Limits of tags.
const (
	TagMax  = 40 // characters of one
	TagsMax = 20 // of a case

	tagDigits = 5 // of one: more are a telephone or order number
)

const (
	sqlTags      = `select tag from case_tags where case_id = ? order by tag`
	sqlTagAdd    = `insert into case_tags (case_id, tag)`
	sqlTagRemove = `delete from case_tags where case_id = ? and tag in (?)`
)

// Tag is a tag as it is stored, of what a person wrote: one word of letters,
// digits, - and _ in small letters. Empty when nothing of that is left.
func Tag(typed string) string {
	typed = strings.ToLower(strings.Join(strings.Fields(typed), "-"))
	tag := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '-' || r == '_' {
			return r
		}
		return -1
	}, storable(typed))
	if utf8.RuneCountInString(tag) > TagMax {
		tag = string([]rune(tag)[:TagMax])
	}
	return strings.Trim(tag, "-_")
}

// IsNumber reports whether a tag has so many digits that it may be a telephone
// or order number. Consumers keep tags for ever, so these are none.
func IsNumber(tag string) bool {
	digits := 0
	for _, r := range tag {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits > tagDigits
}

func tagsOf(typed []string) []string {
	var tags []string
	for _, s := range typed {
		if tag := Tag(s); tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags
}

// Tag changes the tags of a case for a person with the role author. What is so
// already is left alone. A number is refused (see IsNumber), and ErrConflict when
// there would be more than TagsMax.
func (s *Store) Tag(ctx context.Context, g Tagging) (c socialwatch.Case, err error) {
	err = s.tx(ctx, func(t *tx) error {
		if c, err = t.lockedCase(ctx, g.Number, true); err != nil {
			return err
		}
		if err := t.mayWork(ctx, g.By.Login, socialwatch.RoleAuthor, c.Account); err != nil {
			return err
		}
		return t.tag(ctx, &c, g)
	})
	if err != nil {
		return c, fmt.Errorf("tag case %s: %w", g.Number, err)
	}
	return c, nil
}

func (t *tx) tag(ctx context.Context, c *socialwatch.Case, g Tagging) error {
	var old []string
	if err := t.all(ctx, &old, sqlTags, c.ID); err != nil {
		return err
	}
	removed := slices.DeleteFunc(tagsOf(g.Remove), func(tag string) bool { return !slices.Contains(old, tag) })
	added := slices.DeleteFunc(tagsOf(g.Add), func(tag string) bool { return slices.Contains(old, tag) })
	switch {
	case len(added)+len(removed) == 0:
		return nil
	case slices.ContainsFunc(added, IsNumber):
		return fmt.Errorf("a tag has at most %d digits", tagDigits)
	case len(old)+len(added)-len(removed) > TagsMax:
		return fmt.Errorf("a case has at most %d tags: take some away first: %w", TagsMax, socialwatch.ErrNotPossible)
	}
	if _, err := t.exec(ctx, sqlTagRemove, c.ID, removed); err != nil {
		return err
	}
	rows := values{head: sqlTagAdd, width: 2}
	for _, tag := range added {
		rows.args = append(rows.args, c.ID, tag)
	}
	if err := t.values(ctx, rows); err != nil {
		return err
	}
	return t.worked(ctx, c, g.CaseWork, socialwatch.Event{Kind: socialwatch.EventCaseTagged,
		Data: map[string]any{"added": append([]string{}, added...), "removed": append([]string{}, removed...)}})
}
