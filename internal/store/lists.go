package store

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// lists makes the lists among a statement's arguments, each the ? of an
// `in (?)`, fit the database. Postgres takes one as an array: the text is the
// same whatever its length, and takes a tenth of the time to be read.
func (d dialect) lists(query string, args []any) (string, []any, error) {
	if d.kind == Postgres {
		return asArrays(query, args)
	}
	query, args, err := sqlx.In(query, args...)
	for i := range args {
		args[i] = arg(args[i])
	}
	return query, args, err
}

// asArrays writes `in (?)` of a list as `= any(?)` of an array.
func asArrays(query string, args []any) (string, []any, error) {
	var b strings.Builder
	for i, a := range args {
		before, after, ok := strings.Cut(query, "?")
		query = after
		if !isList(a) {
			b.WriteString(before + "?")
			continue
		}
		var err error
		if args[i], err = array(a); err != nil {
			return "", nil, err
		}
		before, in := strings.CutSuffix(before, "in (")
		if !ok || !in {
			return "", nil, fmt.Errorf("argument %d is a list, but not of an in (?)", i+1)
		}
		if except, not := strings.CutSuffix(before, "not "); not {
			before = except + "<> all("
		} else {
			before += "= any("
		}
		b.WriteString(before + "?")
	}
	return b.String() + query, args, nil
}

// array is a list of texts or numbers as an array of Postgres.
func array(list any) (driver.Valuer, error) {
	v := reflect.ValueOf(list)
	switch kind := v.Type().Elem().Kind(); {
	case kind == reflect.String:
		texts := make(pq.StringArray, v.Len())
		for i := range texts {
			texts[i] = storable(v.Index(i).String())
		}
		return texts, nil
	case kind == reflect.Int64:
		numbers := make(pq.Int64Array, v.Len())
		for i := range numbers {
			numbers[i] = v.Index(i).Int()
		}
		return numbers, nil
	case kind == reflect.Interface && v.Len() == 1 && v.Index(0).IsNil(): // arg's empty list
		return pq.StringArray(nil), nil
	}
	return nil, fmt.Errorf("a list of %s is no array", v.Type().Elem())
}
