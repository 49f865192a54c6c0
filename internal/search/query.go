package search

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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
	day      uint32 // 1 to 31 of the month, else 0 for all of it
}

func (w word) dated() bool { return w.from > 0 || w.month > 0 }

// on reports whether the word is a date, and a day is on it.
func (w word) on(day uint32) bool {
	if w.month > 0 {
		return day/100%100 == w.month && (w.day == 0 || day%100 == w.day)
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
	months []name
	fills  []string // words that stand beside a month without a meaning
}

// name is one of a month, folded.
type name struct {
	text  string
	month uint32 // 1 to 12
}

// NewLanguage takes the names of months where they stand alone and after a day, and the form of
// a day (1), a month's name (2) and a year (3) for fmt.
func NewLanguage(months, monthsOfDay [12]string, dayOf string) (l Language) {
	for i := range months {
		l.months = append(l.months, name{Fold(months[i]), uint32(i + 1)}, name{Fold(monthsOfDay[i]), uint32(i + 1)})
	}
	for _, word := range strings.Fields(Fold(dayOf)) {
		if !strings.Contains(word, "%") {
			l.fills = append(l.fills, word)
		}
	}
	return l
}

// Parse reads a query. What says when a photo was taken is a date, or words: a year; a month as
// "2014-07", "07.2014" or "July 2014"; a day as "2014-07-05", "20140705", "5.7.2014" or "5 July
// 2014"; a name's first three letters or more beside a year or a day.
func Parse(text string, languages []Language) Query {
	if len(text) > maxQuery {
		text = strings.ToValidUTF8(text[:maxQuery], "")
	}
	var q Query
	fields := strings.Fields(Fold(text))
	fields = fields[:min(len(fields), 2*maxWords)]
	dates := datesIn(fields, languages)
	for i, field := range fields {
		w := dates[i]
		if w.fills {
			continue
		}
		if len(q.words) == maxWords {
			break
		}
		w.text, w.text2 = field, []byte(field)
		q.words = append(q.words, w.word)
	}
	return q
}

// Between is the query for what was taken on some days, such as 20140701 to 20140731.
func Between(from, to int) Query { return Query{[]word{{from: uint32(from), to: uint32(to)}}} }

// Empty reports whether nothing is sought, which finds all.
func (q Query) Empty() bool { return len(q.words) == 0 }

// dateWord is a word as far as it is a date, or part of one.
type dateWord struct {
	word
	fills bool // it stands beside a month without a meaning, as in "5 de julio de 2014"
}

// datesIn returns what each field says of dates. Of "5 July" each is that day, so that a photo of
// another one is not found for the number in its name.
func datesIn(fields []string, languages []Language) []dateWord {
	all := make([]dateWord, len(fields))
	for i, field := range fields {
		all[i].from, all[i].to = span(field)
		if m := monthDay.FindStringSubmatch(field); m != nil {
			month, _ := monthOf(m[1], languages)
			all[i].month, all[i].day = month, dayOfMonth(m[2])
		}
	}
	for i, field := range fields {
		month, whole := monthOf(field, languages)
		if month == 0 {
			continue
		}
		before, after := i-1, i+1
		for before >= 0 && fills(fields[before], languages) {
			before--
		}
		for after < len(fields) && fills(fields[after], languages) {
			after++
		}
		day, year := -1, false
		switch {
		case before >= 0 && dayOfMonth(fields[before]) > 0 && all[before].day == 0:
			day = before
		case after < len(fields) && dayOfMonth(fields[after]) > 0:
			day = after
		}
		for _, beside := range []int{before, after} {
			year = year || beside >= 0 && beside < len(fields) && all[beside].from > 0
		}
		if !whole && day < 0 && !year {
			continue
		}
		all[i].month = month
		if day >= 0 {
			n := dayOfMonth(fields[day])
			all[i].day, all[day].month, all[day].day = n, month, n
		}
		for j := i + 1; j < after; j++ {
			all[j].fills = true
		}
		if day == before {
			for j := before + 1; j < i; j++ {
				all[j].fills = true
			}
		}
	}
	return all
}

// fills reports whether a word stands beside a month without a meaning.
func fills(word string, languages []Language) bool {
	return slices.ContainsFunc(languages, func(l Language) bool { return slices.Contains(l.fills, word) })
}

// monthOf returns the month, 1 to 12, that a word names or begins to name with three letters or
// more, or else 0.
func monthOf(word string, languages []Language) (month uint32, whole bool) {
	word = strings.TrimRight(word, ".,")
	begins := utf8.RuneCountInString(word) >= 3
	for _, l := range languages {
		for _, n := range l.months {
			if n.text == word {
				return n.month, true
			}
			if month == 0 && begins && strings.HasPrefix(n.text, word) {
				month = n.month
			}
		}
	}
	return month, false
}

var (
	dayForm   = regexp.MustCompile(`^(\d\d?)(?:\.|st|nd|rd|th|er|日)?,?$`)
	monthDay  = regexp.MustCompile(`^(\d\d?月)(\d\d?日)$`)
	yearFirst = regexp.MustCompile(`^(\d{4})(?:[-/.年](?:(\d\d?)(?:[-/.月](?:(\d\d?)日?)?)?)?)?$`)
	yearLast  = regexp.MustCompile(`^(?:(\d\d?)\.)?(\d\d?)[-/.](\d{4})$`)
	compact   = regexp.MustCompile(`^(\d{4})(\d\d)(\d\d)$`)
)

// dayOfMonth returns the number, 1 to 31, of "5", "5.", "5," or "5th", or else 0.
func dayOfMonth(word string) uint32 {
	if m := dayForm.FindStringSubmatch(word); m != nil {
		if n, _ := strconv.Atoi(m[1]); n <= 31 {
			return uint32(n)
		}
	}
	return 0
}

// span returns the days of a year, a month or a day, such as 20140700 to 20140799, or else 0.
func span(word string) (from, to uint32) {
	word = strings.TrimSuffix(word, ",")
	m := yearFirst.FindStringSubmatch(word)
	if m == nil {
		m = compact.FindStringSubmatch(word)
	}
	if m == nil {
		if m = yearLast.FindStringSubmatch(word); m != nil {
			m[1], m[3] = m[3], m[1]
		}
	}
	if m == nil || m[1] < "1000" {
		return 0, 0
	}
	for i, most := range [...]uint64{9999, 12, 31} {
		from, to = from*100, to*100+99
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.ParseUint(m[i+1], 10, 32)
		if err != nil || n < 1 || n > most {
			return 0, 0
		}
		from, to = from+uint32(n), from+uint32(n)
	}
	return from, to
}
