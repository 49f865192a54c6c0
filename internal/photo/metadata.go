package photo

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bep/imagemeta"
)

// metadata is what Exif, IPTC and XMP say. The zero value is nothing.
type metadata struct {
	orientation int // 0 if absent
	taken       time.Time
	caption     string
	adobeRGB    bool
}

// Bounds of what imagemeta is given. A payload that is no longer than a JPEG
// segment is read whole; a longer Exif one, which PNG and WebP permit, up to
// there, as what is sought stands near its beginning.
const (
	maxPayload = maxSegment - len(xmpHeader)
	maxTags    = 2000
	maxTagSize = 8000 // bytes; captions are the longest values sought
	maxCaption = 1000 // runes
)

// readMetadata reads the payloads that a header found, whatever the format
// of the file: imagemeta is given them in a JPEG that holds nothing else, so
// that it never reads the file itself, and reads no more than 64 kB of each.
func readMetadata(s *source, h header) metadata {
	t := tags{}
	var segments []byte
	exif := payload(s, h.exif, true)
	if exif != nil {
		hideSubIFDs(exif)
		segments = appendSegment(segments, markerAPP1, exifHeader+"\x00", exif)
	}
	if b := payload(s, h.iptc, false); b != nil {
		segments = appendSegment(segments, markerAPP13, iptcHeader, b)
	}
	t.read(segments, imagemeta.EXIF|imagemeta.IPTC, sought)
	if exif != nil && t.orientation == 0 {
		// A damaged value before it may have ended the reading.
		t.read(segments, imagemeta.EXIF, func(tag imagemeta.TagInfo) bool { return sought(tag) && tag.Tag == "Orientation" })
	}
	if strings.ContainsRune(t.exifCaption, utf8.RuneError) {
		t.exifCaption = latin1(exifText(exif, tagImageDescription))
	}

	// XML is slow to read, and most of it is of no use here.
	if b := payload(s, h.xmp, false); b != nil &&
		(t.iptcCaption == "" && bytes.Contains(b, []byte("description")) || t.taken.IsZero() && bytes.Contains(b, []byte("Date"))) {
		t.read(appendSegment(nil, markerAPP1, xmpHeader, b), imagemeta.XMP, sought)
	}
	m := metadata{orientation: t.orientation, taken: t.taken, adobeRGB: t.adobeRGB}
	for _, c := range []string{t.iptcCaption, t.xmpCaption, caption(t.exifCaption)} {
		if m.caption == "" {
			m.caption = c
		}
	}
	if m.taken.IsZero() {
		m.taken = t.xmpTaken
	}
	return m
}

// payload returns the bytes of p, nil if there are none or too many. With
// cut, the first of too many.
func payload(s *source, p span, cut bool) []byte {
	if cut {
		p.n = min(p.n, int64(maxPayload), s.size-p.off)
	}
	b, err := s.read(p, int64(maxPayload))
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}

// hideSubIFDs renames the SubIFDs tag (TIFF supplement 1), which may name
// thousands of directories that imagemeta would each walk. A match within a
// value does no harm: what is sought is text and short numbers.
func hideSubIFDs(exif []byte) {
	for _, tag := range []string{"\x01\x4a\x00\x04", "\x4a\x01\x04\x00"} { // SubIFDs, of type LONG
		for b := exif; ; {
			i := bytes.Index(b, []byte(tag))
			if i < 0 {
				break
			}
			b[i], b[i+1] = 0xfe, 0xfe
			b = b[i+4:]
		}
	}
}

func appendSegment(b []byte, marker byte, head string, data []byte) []byte {
	b = binary.BigEndian.AppendUint16(append(b, 0xff, marker), uint16(2+len(head)+len(data)))
	return append(append(b, head...), data...)
}

// tags are the values sought, by where they were found.
type tags struct {
	orientation, rank                    int
	taken, xmpTaken                      time.Time
	adobeRGB                             bool
	iptcCaption, xmpCaption, exifCaption string
}

func (t *tags) read(segments []byte, sources imagemeta.Source, sought func(imagemeta.TagInfo) bool) {
	readTags(segments, sources, sought, t.handle)
}

// readTags has imagemeta read JPEG segments. It fails without notice: what was
// read before stays.
func readTags(segments []byte, sources imagemeta.Source, sought func(imagemeta.TagInfo) bool, handle imagemeta.HandleTagFunc) {
	if len(segments) == 0 {
		return
	}
	defer func() { _ = recover() }() // whatever damaged metadata does to its reader
	file := append([]byte{0xff, markerSOI}, segments...)
	file = append(file, 0xff, markerSOS)
	imagemeta.Decode(imagemeta.Options{
		R:               bytes.NewReader(file),
		ImageFormat:     imagemeta.JPEG,
		Sources:         sources,
		ShouldHandleTag: sought,
		HandleTag:       handle,
		LimitNumTags:    maxTags,
		LimitTagSize:    maxTagSize,
	})
}

const (
	exifIFD    = "IFD0/ExifIFDP"
	interopIFD = "IFD0/ExifIFDP/InteroperabilityIFD"
	dcNS       = "http://purl.org/dc/elements/1.1/"
	iptcSet    = "CodedCharacterSet"
)

// sought reports whether a tag is worth reading. In Exif only the first
// picture's directory counts: IFD1 is of the embedded thumbnail.
func sought(tag imagemeta.TagInfo) bool {
	switch tag.Source {
	case imagemeta.EXIF:
		switch tag.Namespace {
		case "IFD0":
			return tag.Tag == "Orientation" || tag.Tag == "ModifyDate" || tag.Tag == "ImageDescription"
		case exifIFD:
			return tag.Tag == "DateTimeOriginal" || tag.Tag == "CreateDate"
		case interopIFD:
			// Tag 1 of any directory goes by its name in GPS.
			return tag.Tag == "InteropIndex" || tag.Tag == "GPSLatitudeRef"
		}
	case imagemeta.IPTC:
		return tag.Tag == "Caption-Abstract" || tag.Tag == iptcSet
	case imagemeta.XMP:
		return tag.Namespace == dcNS && tag.Tag == "Description" ||
			tag.Tag == "DateTimeOriginal" || tag.Tag == "CreateDate" || tag.Tag == "DateCreated"
	}
	return false
}

// handle takes one tag's value.
func (t *tags) handle(tag imagemeta.TagInfo) error {
	text := ""
	switch v := tag.Value.(type) {
	case string:
		text = v
	case []string:
		if len(v) > 0 {
			text = v[0]
		}
	case uint16:
		if tag.Tag == "Orientation" {
			t.orientation = int(v)
		}
	}
	if text == "" {
		return nil
	}
	switch tag.Tag {
	case "DateTimeOriginal", "CreateDate", "ModifyDate", "DateCreated":
		t.date(tag, text)
	case "InteropIndex", "GPSLatitudeRef":
		t.adobeRGB = text == "R03"
	case "ImageDescription":
		t.exifCaption = text
	case "Caption-Abstract":
		t.iptcCaption = caption(undoLatin1(text))
	case "Description":
		t.xmpCaption = caption(text)
	}
	return nil
}

// date keeps the best date: that of the exposure, then that of digitizing,
// then that of the file (CIPA DC-008, 4.6.5.1 and 4.6.6.6).
func (t *tags) date(tag imagemeta.TagInfo, text string) {
	when := wallClock(text)
	if when.IsZero() {
		return
	}
	rank := map[string]int{"DateTimeOriginal": 3, "DateCreated": 2, "CreateDate": 2, "ModifyDate": 1}[tag.Tag]
	if tag.Source == imagemeta.XMP {
		if t.xmpTaken.IsZero() || tag.Tag == "DateTimeOriginal" {
			t.xmpTaken = when
		}
		return
	}
	if rank > t.rank {
		t.taken, t.rank = when, rank
	}
}

// wallClock reads Exif's "2006:01:02 15:04:05" and XMP's
// "2006-01-02T15:04:05", the latter perhaps without seconds or time, and
// drops what follows, fraction and zone. It returns zero for anything else,
// and for years in which nobody can have taken it.
func wallClock(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, layout := range []string{"2006:01:02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
		"2006-01-02T15:04", "2006:01:02 15:04", "2006-01-02", "2006:01:02"} {
		if len(s) < len(layout) {
			continue
		}
		if t, err := time.Parse(layout, s[:len(layout)]); err == nil && t.Year() >= 1800 && t.Year() < 2200 {
			return t
		}
	}
	return time.Time{}
}

// undoLatin1 returns text that imagemeta took for ISO 8859-1, as IPTC says
// where no character set is named, as UTF-8 if that is what it was.
func undoLatin1(s string) string {
	b := make([]byte, 0, len(s))
	high := false
	for _, r := range s {
		if r > 0xff {
			return s
		}
		high = high || r >= 0x80
		b = append(b, byte(r))
	}
	if high && utf8.Valid(b) {
		return string(b)
	}
	return s
}

const tagImageDescription = 0x010e

// exifText returns the bytes of a text in IFD0 (CIPA DC-008, 4.6.2), nil where
// it is not found. imagemeta replaces those that are not UTF-8.
func exifText(exif []byte, tag uint16) []byte {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(exif, []byte("II")) {
		order = binary.LittleEndian
	}
	size := uint64(len(exif))
	if size < 8 {
		return nil
	}
	ifd := uint64(order.Uint32(exif[4:]))
	if ifd+2 > size {
		return nil
	}
	for i := range uint64(order.Uint16(exif[ifd:])) {
		at := ifd + 2 + 12*i
		if at+12 > size {
			return nil
		}
		entry := exif[at:]
		off, n := uint64(order.Uint32(entry[8:])), uint64(order.Uint32(entry[4:]))
		if order.Uint16(entry) == tag && n > 4 && off+n <= size {
			return exif[off : off+n]
		}
	}
	return nil
}

// latin1 returns bytes of ISO 8859-1 as text.
func latin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

// caption returns text as a caption: one line, valid, trimmed, not too long,
// and "" where a camera only filled the field.
func caption(s string) string {
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
	if filler(s) {
		return ""
	}
	if n := 0; len(s) > maxCaption {
		for i := range s {
			if n++; n > maxCaption {
				return strings.TrimSpace(s[:i])
			}
		}
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
