package metadata

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gallery/internal/filename"
)

// DateSource is where a date is from, the most trusted first.
type DateSource uint8

const (
	NoDate       DateSource = iota
	Original                // when the picture was taken: DateTimeOriginal, DateCreated
	Digitized               // when it was digitized, the same for a camera, later for a scanner: CreateDate
	Named                   // from the file's name
	Modified                // when it was last edited, or scanned: ModifyDate
	FileModified            // the file's own modification time
)

// Date is a wall clock, in UTC as photos rarely name a zone, with the
// fraction of a second where that is known. It is zero if Source is NoDate.
type Date struct {
	time.Time
	Source DateSource
}

// Or returns the more trusted of two dates, d if they are alike.
func (d Date) Or(e Date) Date {
	if d.Source == NoDate || e.Source != NoDate && e.Source < d.Source {
		return e
	}
	return d
}

// NameDate returns the date in a file's name, the zero Date if there is none.
func NameDate(file string) Date {
	if t, ok := filename.Date(file); ok {
		return Date{t, Named}
	}
	return Date{}
}

// Photos are of these years. Others are those of clocks that were never set
// or that have overflowed.
const (
	firstYear = 1826 // of the first photograph that is left
	lastYear  = 2099
)

// wallClock reads a date as it is written in photos: Exif's
// "2006:01:02 15:04:05" (CIPA DC-008, 4.6.5.4), XMP's "2006-01-02T15:04:05.9Z"
// (XMP part 1, 8.2.1.1), IPTC's "20060102T150405+0100", PNG's
// "Mon, 2 Jan 2006 15:04:05 +0100", and what of their kind is met in the wild.
//
// Marks between numbers are not told apart, and numbers may have one digit. A
// month or day that is missing, blank or 0 is the first, as photos are dated
// by the year alone; a time that is missing, blank or impossible is midnight.
// Hour 24 is the first of the day, as some telephones have it: but for
// "T24:00:00", which ends the day (ISO 8601). The zone is dropped. Of
// "21/07/2019" it takes the part above 12 for the day, and refuses the date
// where neither or both are.
func wallClock(s string) (time.Time, bool) {
	s = strings.TrimRight(strings.TrimLeft(s[:min(len(s), 64)], " \x00"), " \x00")
	if t, ok := textDate(s); ok {
		return t, plausible(t)
	}
	year, month, day, rest, ok := calendarDate(s)
	if !ok {
		return time.Time{}, false
	}
	date := time.Date(year, time.Month(max(1, month)), max(1, day), 0, 0, 0, 0, time.UTC)
	if month > 12 || date.Month() != time.Month(max(1, month)) || !plausible(date) {
		return time.Time{}, false
	}
	return date.Add(timeOfDay(rest)), true
}

func plausible(t time.Time) bool { return firstYear <= t.Year() && t.Year() <= lastYear }

// textDate reads dates that name the month, which PNG recommends (11.3.3.2).
func textDate(s string) (time.Time, bool) {
	if i := strings.IndexAny(s, "JFMASOND"); i < 0 {
		return time.Time{}, false
	}
	s = strings.Join(strings.Fields(s), " ")
	for _, layout := range []string{time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST",
		"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05", "Mon, 2 Jan 2006 15:04:05", "2 Jan 2006", "2 January 2006",
		"January 2, 2006", "Jan 2, 2006", "Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 MST 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC), true
		}
	}
	return time.Time{}, false
}

// calendarDate reads the date that s begins with, and returns what follows.
func calendarDate(s string) (year, month, day int, rest string, ok bool) {
	run := digits(s)
	switch {
	case run >= 8: // 20060102, 20060102150405
		return number(s[:4]), number(s[4:6]), number(s[6:8]), s[8:], true
	case run == 4:
		year, s = number(s[:4]), s[4:]
		month, s, _ = field(s, dateMarks)
		day, s, _ = field(s, dateMarks)
		return year, month, day, s, true
	case run == 1 || run == 2:
		first, rest, _ := field(s, "")
		second, rest, _ := field(rest, dateMarks)
		if len(rest) < 5 || digits(rest[1:]) != 4 {
			return 0, 0, 0, "", false
		}
		year = number(rest[1:5])
		switch {
		case first == second:
			day, month = first, second
		case second > 12 && first <= 12:
			day, month = second, first
		case first > 12 && second <= 12 || s[run] == '.':
			day, month = first, second
		default:
			return 0, 0, 0, "", false
		}
		return year, month, day, rest[5:], true
	}
	return 0, 0, 0, "", false
}

// Marks that stand before a number of a date, and of a time.
const (
	dateMarks  = ":-/._ 年月"
	clockMarks = ":.-_ 時时"
)

// field reads a mark and a number of at most two digits behind it, and reports
// whether there is a number. Blanks may stand before it or in its place.
func field(s, marks string) (v int, rest string, ok bool) {
	rest = s
	if marks != "" {
		r, n := utf8.DecodeRuneInString(rest)
		if n == 0 || !strings.ContainsRune(marks, r) {
			return 0, s, false
		}
		rest = rest[n:]
	}
	for blanks := 0; blanks < 2 && strings.HasPrefix(rest, " "); blanks++ {
		rest = rest[1:]
	}
	n := min(2, digits(rest))
	return number(rest[:n]), rest[n:], n > 0
}

// timeOfDay reads the time that follows a date, and 0 if it is none.
func timeOfDay(s string) time.Duration {
	s = strings.TrimPrefix(s, "日")
	letter, dash := strings.HasPrefix(s, "T"), strings.HasPrefix(s, "-")
	half := strings.ToUpper(s)
	s = strings.TrimLeft(s, "T:-_., ")
	s = strings.TrimLeft(strings.TrimLeftFunc(s, unicode.IsLetter), " ") // "午後", and the like
	var hour, minute, second int
	if digits(s) >= 4 { // 150405, 1504
		hour, minute = number(s[:2]), number(s[2:4])
		s = s[4:]
		if digits(s) >= 2 {
			second = number(s[:2])
			s = s[2:]
		}
	} else {
		var ok bool
		if hour, s, ok = field(s, ""); !ok {
			return 0
		}
		if minute, s, ok = field(s, clockMarks+"h"); !ok {
			return 0 // an hour alone is no time
		}
		if second, s, ok = field(s, clockMarks+"分"); !ok && dash {
			return 0 // a zone
		}
	}
	if minute > 59 || second > 60 || hour > 24 {
		return 0
	}
	switch {
	case hour > 12:
	case strings.Contains(half, "PM") || strings.Contains(half, "P.M") || strings.Contains(half, "午後") ||
		strings.Contains(half, "下午") || strings.Contains(half, "오후"):
		hour = hour%12 + 12
	case strings.Contains(half, "AM") || strings.Contains(half, "A.M") || strings.Contains(half, "午前") ||
		strings.Contains(half, "上午") || strings.Contains(half, "오전"):
		hour %= 12
	}
	if hour == 24 && (!letter || minute != 0 || second != 0) {
		hour = 0
	}
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(min(second, 59))*time.Second + fraction(s)
}

// fraction reads the fraction of a second that s begins with, behind a mark.
func fraction(s string) time.Duration {
	if s == "" || !strings.Contains(".,:", s[:1]) {
		return 0
	}
	return subSecond(s[1:])
}

// subSecond reads digits as they stand behind a decimal point (CIPA DC-008,
// 4.6.6.6.6: SubSecTime).
func subSecond(s string) time.Duration {
	var d time.Duration
	unit := time.Second
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			break
		}
		unit /= 10
		d += time.Duration(c-'0') * unit
	}
	return d
}

// digits returns how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// number returns the value of at most four digits.
func number(s string) int {
	n := 0
	for _, c := range []byte(s) {
		n = 10*n + int(c-'0')
	}
	return n
}
