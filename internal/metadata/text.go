package metadata

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"

	"gallery/internal/charset"
)

// Bounds of what is kept.
const (
	maxText     = 8000 // bytes of a text that are decoded
	maxCaption  = 1000 // runes of a description, title or comment
	maxName     = 200  // runes of a creator or a copyright notice
	maxKeyword  = 100  // runes
	maxKeywords = 100
)

// Clean returns text as one line of at most that many runes: valid, trimmed,
// without characters that show nothing.
func Clean(s string, most int) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if n := 0; len(s) > most {
		for i := range s {
			if n++; n > most {
				return strings.TrimSpace(s[:i])
			}
		}
	}
	return s
}

// caption returns text as a caption: "" where a camera only filled the field.
func caption(s string) string {
	if s = Clean(s, maxCaption); filler(s) {
		return ""
	}
	return s
}

// comment returns a caption that a person wrote, "" for what programs keep in
// comments: settings, flags and their own names.
func comment(s string) string {
	s = caption(s)
	word := !strings.Contains(s, " ")
	switch {
	case s == "", strings.ContainsAny(s[:1], "{[<"), // JSON, XML
		word && strings.ContainsAny(s, "_=:;|#"),                                        // oplus_32
		strings.Count(s, ": ") > 1 && strings.Contains(s, ";"),                          // filter: 0; …
		strings.Count(s, "=") > 1, strings.Count(s, ":") > 3, strings.Count(s, ";") > 3, // ISO=100 …
		word && len(s) > 40: // a hash
		return ""
	}
	switch strings.ToLower(s) {
	case "screenshot", "hisilicon k3", "applemark", "processed with vsco", "dslr", "binary comment", "user comments", "usercomment":
		return ""
	}
	return s
}

// filler reports whether a caption is one that cameras and editors write into
// every file, perhaps with a number behind it.
func filler(s string) bool {
	s = strings.TrimRight(strings.ToUpper(s), " .-_*?0123456789")
	switch s {
	case "", "OLYMPUS DIGITAL CAMERA", "SONY DSC", "DSC", "MINOLTA DIGITAL CAMERA",
		"KONICA MINOLTA DIGITAL CAMERA", "KODAK DIGITAL STILL CAMERA", "SAMSUNG DIGITAL CAMERA", "SAMSUNG",
		"PENTAX DIGITAL CAMERA", "FUJIFILM DIGITAL CAMERA", "DIGITAL CAMERA", "DIGITAL STILL CAMERA",
		"CASIO COMPUTER CO.,LTD", "EXIF_JPEG_PICTURE", "EXIF JPEG", "JPEG", "DEFAULT", "UNTITLED", "HDRPL",
		"BURST", "RHDR", "MTK", "CREATED WITH GIMP", "CREATED WITH THE GIMP", "ASCII", "UNICODE":
		return true
	}
	return strings.HasPrefix(s, `DCIM\`)
}

// keywords returns the first of some words, cleaned, each once.
func keywords(words []string) []string {
	var kept []string
	seen := map[string]bool{}
	for _, w := range words[:min(len(words), maxKeywords)] {
		w = Clean(w, maxKeyword)
		if folded := strings.ToLower(w); w != "" && !seen[folded] {
			seen[folded] = true
			kept = append(kept, w)
		}
	}
	return kept
}

// exifText returns a text of an Exif block, "" where nobody can tell how it is
// encoded: the standard permits ASCII (CIPA DC-008, 4.6.2), and writers take
// what their system has.
func exifText(b []byte) string {
	b = bytes.TrimLeft(b[:min(len(b), maxText)], "\x00")
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	s, sure := charset.Decode(b)
	if !sure {
		return ""
	}
	return s
}

// xpText returns a text of Windows Explorer's own tags: UTF-16, little-endian
// whatever the block's order, and a NUL.
func xpText(b []byte) string {
	s, _, _ := strings.Cut(charset.UTF16(b[:min(len(b), maxText)], false), "\x00")
	return s
}

// userComment returns the text of the tag of that name, which begins with the
// character code in eight bytes (CIPA DC-008, 4.6.6.5.1). Text in JIS is left
// out. Without a known code it is taken for text from its beginning.
func userComment(b []byte, order binary.ByteOrder) string {
	const codeLength = 8
	if len(b) < codeLength {
		return exifText(b)
	}
	code, text := strings.TrimRight(strings.ToUpper(string(b[:codeLength])), "\x00 "), b[codeLength:]
	switch code {
	case "ASCII", "":
		return exifText(text)
	case "UNICODE":
		return wideText(text, order)
	case "JIS":
		return ""
	}
	return exifText(b)
}

// wideText returns text in UTF-16. The order of its bytes should be that of
// the block, but is often the other one, and some writers use UTF-8.
func wideText(b []byte, order binary.ByteOrder) string {
	b = b[:min(len(b), maxText)]
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return charset.File(b)
	case len(b) > 0 && bytes.IndexByte(bytes.TrimRight(b, "\x00"), 0) < 0 && utf8.Valid(bytes.TrimRight(b, "\x00")):
		return exifText(b)
	}
	// In text of one script the high bytes are alike, and the low ones are not.
	var even, odd [256]bool
	n := 0
	for i := 0; i+1 < len(b); i += 2 {
		for _, v := range []struct {
			seen *[256]bool
			by   int
			c    byte
		}{{&even, 1, b[i]}, {&odd, -1, b[i+1]}} {
			if !v.seen[v.c] {
				v.seen[v.c] = true
				n += v.by
			}
		}
	}
	bigEndian := n < -1 || n < 2 && order == binary.BigEndian
	s, _, _ := strings.Cut(charset.UTF16(b, bigEndian), "\x00")
	return s
}
