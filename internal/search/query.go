package search

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns a text as it is compared: without case, accents and what else stands on
// letters (UTS 10 leaves these out at its first level, too).
func Fold(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
	}
	if ascii {
		return strings.ToLower(s)
	}
	s = norm.NFKD.String(cases.Fold().String(s))
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'ø':
			return 'o'
		case r == 'ł':
			return 'l'
		case r == 'đ':
			return 'd'
		case r == 'ı':
			return 'i'
		}
		return r
	}, s)
}

// Query is what is sought: all words.
type Query struct{ words []word }

// word is one of a query's: a text, a span of days, or what may be either.
type word struct {
	text     string
	text2    []byte // the same
	from, to uint32 // days such as 20140705; 0 where it is no date
	month    uint32 // 1 to 12 for the name of one, else 0
}

func (w word) dated() bool { return w.from > 0 || w.month > 0 }

// on reports whether the word is a date, and a day is on it.
func (w word) on(day uint32) bool {
	if w.month > 0 {
		return day/100%100 == w.month
	}
	return w.from > 0 && w.from <= day && day <= w.to
}

const (
	// maxQuery and maxWords bound what a query costs.
	maxQuery = 200 // bytes
	maxWords = 10
)

// Language is how dates are said in one.
type Language struct {
	Months  [12]string
	MonthOf string // with a month's name (1) and a year (2) for fmt: what else is in it says nothing
}

// Parse reads a query. A year, "2014-07", "2014-07-05", and the name of a month are dates in
// which a photo was taken, or words.
func Parse(text string, languages []Language) Query {
	if len(text) > maxQuery {
		text = strings.ToValidUTF8(text[:maxQuery], "")
	}
	var q Query
	said := false // the word before is a month
	for _, field := range strings.Fields(Fold(text)) {
		if len(q.words) == maxWords {
			break
		}
		if said && fills(field, languages) {
			continue
		}
		w := word{text: field, text2: []byte(field)}
		w.from, w.to = span(field)
		w.month = monthOf(field, languages)
		said = w.month > 0
		q.words = append(q.words, w)
	}
	return q
}

// Between is the query for what was taken on some days, such as 20140701 to 20140731.
func Between(from, to int) Query { return Query{[]word{{from: uint32(from), to: uint32(to)}}} }

// Empty reports whether nothing is sought, which finds all.
func (q Query) Empty() bool { return len(q.words) == 0 }

// fills reports whether a word stands between a month and a year without a meaning, as in
// "julio de 2014".
func fills(word string, languages []Language) bool {
	for _, l := range languages {
		if slices.Contains(strings.Fields(Fold(l.MonthOf)), word) {
			return true
		}
	}
	return false
}

func monthOf(word string, languages []Language) uint32 {
	for _, l := range languages {
		for i, name := range l.Months {
			if Fold(name) == word {
				return uint32(i + 1)
			}
		}
	}
	return 0
}

// span returns the days of a year, a month or a day.
func span(word string) (from, to uint32) {
	parts := strings.Split(word, "-")
	if len(parts) > 3 || len(parts[0]) != 4 {
		return 0, 0
	}
	from, to = 0, 0
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || i > 0 && (len(part) != 2 || n < 1 || n > [...]uint64{0, 12, 31}[i]) || i == 0 && n < 1000 {
			return 0, 0
		}
		from, to = from*100+uint32(n), to*100+uint32(n)
	}
	for range 3 - len(parts) {
		from, to = from*100, to*100+99
	}
	return from, to
}
