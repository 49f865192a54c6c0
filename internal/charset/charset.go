// Package charset reads text that does not say how it is encoded: captions
// within photos, and text files from all kinds of systems.
//
// Valid UTF-8 is taken for UTF-8. Everything else is read in each of a dozen
// 8-bit encodings, and the one whose reading looks most like words of one
// language wins. Statistics of letters need a paragraph to be right; captions
// have three words. So what counts is which letters a language has, and where
// in a word a mark or a capital may stand: "Caf\x8e" is Café in Mac OS Roman,
// as no word ends in Ž behind small letters.
//
// Encodings of two bytes a character (Shift JIS, GBK, Big5, EUC) are not told
// apart. Text in them is reported as unsure, and so is text that might be.
package charset

import (
	"bytes"
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// maxJudged is how much of a text its encoding is judged by, in bytes.
const maxJudged = 200

// File returns the text of a file, without its byte order mark. The mark
// decides: UTF-16 in either order, or UTF-8. Without one it is as Decode says.
func File(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return UTF16(b[2:], false)
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return UTF16(b[2:], true)
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	for cut := range utf8.UTFMax { // a character may have been cut at the end of what was read
		if n := len(b) - cut; n > 0 && utf8.Valid(b[:n]) && !utf8.FullRune(b[n:]) {
			b = b[:n]
			break
		}
	}
	s, _ := Decode(b)
	return s
}

// UTF16 returns text in UTF-16. An odd byte at the end is dropped, half a
// surrogate pair becomes U+FFFD.
func UTF16(b []byte, bigEndian bool) string {
	endian := unicode.LittleEndian
	if bigEndian {
		endian = unicode.BigEndian
	}
	s, err := unicode.UTF16(endian, unicode.IgnoreBOM).NewDecoder().Bytes(b[:len(b)&^1])
	if err != nil {
		return ""
	}
	return string(s)
}

// Decode returns b as text, and whether it is sure of the encoding. Unsure
// text is in the more likely of Windows-1252 and Mac OS Roman, in which each
// byte is a character, so that nothing is lost. What is returned is valid
// UTF-8 in either case.
func Decode(b []byte) (text string, sure bool) {
	if s, ok := asUTF8(b); ok {
		return s, true
	}
	sample := b[:min(len(b), maxJudged)]
	wide := twoBytes(sample)
	best, least := 0, math.MaxInt
	for i, e := range encodings {
		if i == fallbacks && least > maxCost {
			least = maxCost + 1 // where nothing else fits, the better of these two it is
		}
		if n := e.cost(sample, wide, least); n < least {
			best, least = i, n
		}
	}
	return decode(encodings[best].charmap, b), least <= maxCost
}

// Latin returns text in ISO 8859 part n, or as Decode does where x/text has
// no such part. Text that is valid UTF-8 was declared wrongly.
func Latin(b []byte, part int) string {
	c, ok := map[int]*charmap.Charmap{
		1: charmap.Windows1252, // its superset, which is what writers mean
		2: charmap.ISO8859_2, 3: charmap.ISO8859_3, 4: charmap.ISO8859_4, 5: charmap.ISO8859_5,
		6: charmap.ISO8859_6, 7: charmap.ISO8859_7, 8: charmap.ISO8859_8, 9: charmap.ISO8859_9,
		10: charmap.ISO8859_10, 13: charmap.ISO8859_13, 15: charmap.ISO8859_15,
	}[part]
	if !ok || utf8.Valid(b) {
		s, _ := Decode(b)
		return s
	}
	return decode(c, b)
}

// asUTF8 returns b if it is UTF-8, perhaps with an error or two: it is where
// more characters of several bytes are whole than bytes are in error. A
// character that the end cuts through is dropped.
func asUTF8(b []byte) (string, bool) {
	if utf8.Valid(b) {
		return string(b), true
	}
	for n := 1; n < utf8.UTFMax && n < len(b); n++ {
		if start := b[len(b)-n]; utf8.RuneStart(start) {
			if !utf8.FullRune(b[len(b)-n:]) && n < len(b) && utf8.Valid(b[:len(b)-n]) && multibyte(b[:len(b)-n]) {
				return string(b[:len(b)-n]), true
			}
			break
		}
	}
	whole, bad := 0, 0
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else if n > 1 {
			whole++
		}
		rest = rest[n:]
	}
	if whole > bad {
		return strings.ToValidUTF8(string(b), "\ufffd"), true
	}
	return "", false
}

// multibyte reports whether text holds more than ASCII.
func multibyte(b []byte) bool {
	return bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf })
}

// decode returns b in an 8-bit encoding.
func decode(c *charmap.Charmap, b []byte) string {
	var s strings.Builder
	s.Grow(len(b))
	for _, v := range b {
		s.WriteRune(c.DecodeByte(v))
	}
	return s.String()
}
