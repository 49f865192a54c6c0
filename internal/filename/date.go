package filename

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Names of cameras, telephones and programs hold dates of these years; other
// numbers of eight digits are seldom dates. Scans are named by what they show.
const (
	firstYear = 1826 // of the first photograph that is left
	lastYear  = 2099
)

// maxWords is how far behind a date its time may stand, in bytes: "at", "um",
// "a las".
const maxWords = 12

// Date returns the date that a file's name gives, and its time where it gives
// that too, else midnight, as a wall clock in UTC. It knows what telephones,
// cameras, messengers and people write:
//
//	IMG_20190704_183005.jpg, PXL_20190704_183005123.jpg, 20190704183005.jpg
//	IMG-20190704-WA0001.jpg, signal-2019-07-04-183005.jpg
//	WhatsApp Image 2019-07-04 at 18.30.05.jpeg, 2019-07-04 18.30.05.jpg
//	Screenshot_2019-07-04-18-30-05-123_app.png, 1975-06-15 Olga.jpg
//
// Year, month and day are of four, two and two digits, in this order, with
// one separator twice or with none. It reports false for anything else, and
// for what cannot be a date.
func Date(file string) (time.Time, bool) {
	name, _ := cutExtension(file)
	for i := 0; i < len(name); i++ {
		if !digit(name[i]) || i > 0 && digit(name[i-1]) {
			continue
		}
		if t, ok := dateAt(name[i:]); ok {
			return t, true
		}
	}
	return time.Time{}, false
}

// dateAt reads a date at the beginning of s, which is that of a run of digits.
func dateAt(s string) (time.Time, bool) {
	run := digits(s)
	switch {
	case run == 4:
		if len(s) < 10 || !strings.ContainsRune("-_. ", rune(s[4])) || s[7] != s[4] ||
			digits(s[5:]) != 2 || digits(s[8:]) != 2 {
			return time.Time{}, false
		}
		return moment(number(s[:4]), number(s[5:7]), number(s[8:10]), s[10:])
	case run == 8 || run == 14 || run == 17:
		return moment(number(s[:4]), number(s[4:6]), number(s[6:8]), s[8:])
	}
	return time.Time{}, false
}

// moment is the date with the time that follows it in a name.
func moment(year, month, day int, rest string) (time.Time, bool) {
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < firstYear || year > lastYear || date.Month() != time.Month(month) {
		return time.Time{}, false
	}
	clock, ok := timeIn(rest)
	if !ok {
		if r, _ := utf8.DecodeRuneInString(rest); unicode.IsLetter(r) && r != 'T' {
			return time.Time{}, false // a number that is part of a word
		}
	}
	return date.Add(clock), true
}

// timeIn reads the time of day behind a date: "_183005", "_183005123",
// " 18.30.05", "-18-30-05-123", "T18:30", " at 6.30.05 PM".
func timeIn(s string) (time.Duration, bool) {
	run := digits(s)
	if run == 0 {
		at := strings.IndexFunc(s, func(r rune) bool { return '0' <= r && r <= '9' })
		if at < 0 || at > maxWords || !between(s[:at]) {
			return 0, false
		}
		s = s[at:]
		run = digits(s)
	}
	var hour, minute, second, milli int
	switch {
	case run == 6 || run == 9:
		hour, minute, second, milli = number(s[:2]), number(s[2:4]), number(s[4:6]), number(s[6:run])
		s = s[run:]
	case run == 1 || run == 2:
		hour = number(s[:run])
		s = s[run:]
		if len(s) < 3 || !strings.ContainsRune(".-_:h", rune(s[0])) || digits(s[1:]) != 2 {
			return 0, false
		}
		separator := s[0]
		minute = number(s[1:3])
		s = s[3:]
		if len(s) >= 3 && s[0] == separator && digits(s[1:]) == 2 {
			second = number(s[1:3])
			s = s[3:]
			if len(s) >= 4 && s[0] == separator && digits(s[1:]) == 3 {
				milli = number(s[1:4])
				s = s[4:]
			}
		}
	default:
		return 0, false
	}
	switch half := strings.ToUpper(strings.TrimLeft(s, " \u202f\u00a0")); { // macOS writes U+202F
	case hour > 12:
	case strings.HasPrefix(half, "PM"):
		hour = hour%12 + 12
	case strings.HasPrefix(half, "AM"):
		hour %= 12
	}
	if hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(milli)*time.Millisecond, true
}

// between reports whether s may stand between a date and its time: a mark, a
// T, or a word or two with a space at either end.
func between(s string) bool {
	switch s {
	case " ", "_", "-", ".", "T", "__", "--", " - ", "_-_", ", ":
		return true
	}
	return strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") &&
		strings.IndexFunc(s, func(r rune) bool { return r != ' ' && !unicode.IsLetter(r) }) < 0
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// digits returns how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && digit(s[n]) {
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
