// Package metadata reads what a photo says of itself in words and dates, in
// Exif, IPTC, XMP and PNG's texts, and decides between them.
//
// What is read is untrusted: each block is gone through once, nothing in it
// leads out of it or is followed for ever, and all that is kept has a bound.
// What is damaged counts as absent.
package metadata

import (
	"bytes"
	"cmp"
	"math"
	"strconv"
	"strings"
)

// Blocks are the blocks of metadata in a file, without their containers' own
// headers. What a file does not have is empty.
type Blocks struct {
	Exif Exif
	IPTC []byte // Photoshop's image resource blocks
	XMP  []byte // a packet
	Text []Text // of a PNG

	Sidecar []byte // an XMP file beside the photo, which goes before the packet in it
}

// Text is a text in a PNG (11.3.3) by its keyword.
type Text struct{ Keyword, Value string }

// Metadata is what a photo says of itself. All text is valid UTF-8, in one
// line and trimmed; what is absent is "".
type Metadata struct {
	Date Date // the most trusted one

	Description string // what it shows; at most 1000 runes, as are Title and Comment
	Title       string // what it is called
	Comment     string // what somebody noted

	Keywords  []string // at most 100 of at most 100 runes, each once
	Rating    int      // 1 to 5 stars, -1 if it was rejected, 0 if unrated
	Creator   string   // who made it; at most 200 runes
	Copyright string   // the notice; at most 200 runes
}

// Caption returns the description, or else the title, or else the comment.
func (m Metadata) Caption() string { return cmp.Or(m.Description, m.Title, m.Comment) }

// Or returns m with what it lacks taken from n, and the more trusted of their
// dates: a sidecar's metadata Or that of the photo itself.
func (m Metadata) Or(n Metadata) Metadata {
	m.Date = m.Date.Or(n.Date)
	m.Description = cmp.Or(m.Description, n.Description)
	m.Title = cmp.Or(m.Title, n.Title)
	m.Comment = cmp.Or(m.Comment, n.Comment)
	if len(m.Keywords) == 0 {
		m.Keywords = n.Keywords
	}
	m.Rating = cmp.Or(m.Rating, n.Rating)
	m.Creator = cmp.Or(m.Creator, n.Creator)
	m.Copyright = cmp.Or(m.Copyright, n.Copyright)
	return m
}

// Tags of an Exif block. Those that begin with XP are Windows Explorer's.
const (
	tagImageDescription = 0x010e
	tagDateTime         = 0x0132
	tagArtist           = 0x013b
	tagRating           = 0x4746
	tagCopyright        = 0x8298
	tagOriginal         = 0x9003
	tagDigitized        = 0x9004
	tagUserComment      = 0x9286
	tagSubSec           = 0x9290
	tagSubSecOriginal   = 0x9291
	tagSubSecDigitized  = 0x9292
	tagXPTitle          = 0x9c9b
	tagXPComment        = 0x9c9c
	tagXPAuthor         = 0x9c9d
	tagXPKeywords       = 0x9c9e
	tagXPSubject        = 0x9c9f
)

// Read reads the blocks of one file.
func Read(b Blocks) Metadata {
	r := reader{exif: b.Exif, iptc: parseIPTC(b.IPTC), png: map[string]string{}}
	for _, t := range b.Text {
		key := strings.ToLower(t.Keyword)
		r.png[key] = cmp.Or(r.png[key], t.Value)
	}
	r.exifDate = r.readExifDate()
	if wanted(b.XMP, r.exifDate.Source != Original) {
		r.xmp = parseXMP(b.XMP)
	}
	if len(b.Sidecar) > 0 {
		beside := parseXMP(b.Sidecar)
		for p, items := range r.xmp {
			if len(beside[p]) == 0 {
				beside[p] = items
			}
		}
		r.xmp = beside
	}
	return Metadata{
		Date: r.date(),
		Description: first(caption,
			r.iptc.text(iptcCaption), r.xmp.text(xmpDescription), r.ascii(tagImageDescription), r.xmp.text(xmpImageText), r.png["description"]),
		Title: first(caption,
			longer(r.iptc.text(iptcObjectName), r.xmp.text(xmpTitle)), r.iptc.text(iptcHeadline), r.xmp.text(xmpTitle),
			r.xmp.text(xmpHeadline), r.wide(tagXPTitle), r.png["title"]),
		Comment: first(comment,
			r.wide(tagXPComment), r.wide(tagXPSubject), r.userComment(), r.xmp.text(xmpUserComment), r.png["comment"]),
		Keywords:  r.keywords(),
		Rating:    r.rating(),
		Creator:   first(name, r.people(), r.iptc.text(iptcByline), r.ascii(tagArtist), r.xmp.text(xmpArtist), r.wide(tagXPAuthor), r.png["author"]),
		Copyright: first(name, r.xmp.text(xmpRights), r.iptc.text(iptcCopyright), r.copyright(), r.xmp.text(xmpTIFFRights), r.png["copyright"]),
	}
}

// reader is the blocks of a file in the form that they are asked in.
type reader struct {
	exif     Exif
	iptc     iptc
	xmp      xmp
	png      map[string]string // by keyword in lower case
	exifDate Date
}

// first returns the first text that clean leaves something of.
func first(clean func(string) string, texts ...string) string {
	for _, t := range texts {
		if t == "" {
			continue
		}
		if t = clean(t); t != "" {
			return t
		}
	}
	return ""
}

func name(s string) string { return Clean(s, maxName) }

// longer returns a, or b where that only goes on from where a was cut: titles
// in IPTC have at most 64 bytes.
func longer(a, b string) string {
	if strings.HasPrefix(b, a) {
		return b
	}
	return a
}

func (r reader) ascii(tag uint16) string { return r.exif.Text(IFD0, tag) }

func (r reader) wide(tag uint16) string { return xpText(r.exif.Bytes(IFD0, tag)) }

func (r reader) userComment() string {
	return userComment(r.exif.Bytes(ExifIFD, tagUserComment), r.exif.order)
}

// copyright returns the notice of an Exif block: the photographer's, and
// behind a NUL the editor's (CIPA DC-008, 4.6.5.4.7).
func (r reader) copyright() string {
	photographer, editor, _ := bytes.Cut(r.exif.Bytes(IFD0, tagCopyright), []byte{0})
	return strings.TrimSpace(exifText(photographer) + " " + exifText(editor))
}

// people returns the creators that XMP names.
func (r reader) people() string { return strings.Join(r.xmp[xmpCreator], ", ") }

func (r reader) keywords() []string {
	words := r.xmp[xmpSubject]
	if len(words) == 1 { // some writers put all into one
		words = strings.FieldsFunc(words[0], func(c rune) bool { return c == ',' || c == ';' })
	}
	if words = keywords(words); len(words) > 0 {
		return words
	}
	for _, b := range r.iptc.set[iptcKeywords] {
		words = append(words, r.iptc.decode(b))
	}
	if words = keywords(words); len(words) > 0 {
		return words
	}
	return keywords(strings.Split(r.wide(tagXPKeywords), ";"))
}

func (r reader) rating() int {
	v, err := strconv.ParseFloat(strings.TrimSpace(r.xmp.text(xmpRating)), 64)
	if n := r.exif.Numbers(IFD0, tagRating); (err != nil || v == 0) && len(n) > 0 {
		v = n[0]
	}
	if !(-1 <= v && v <= 5) { // nor NaN
		return 0
	}
	return int(math.Round(v))
}

// date returns the most trusted date: that of the exposure, then that of
// digitizing, then that of the last change; of each, Exif's first.
func (r reader) date() Date {
	d := r.exifDate
	for _, c := range []struct {
		source DateSource
		text   string
	}{
		{Original, r.xmp.text(xmpOriginal)},
		{Original, r.xmp.text(xmpDateCreated)},
		{Original, r.iptc.date(iptcDateCreated, iptcTimeCreated)},
		{Digitized, r.xmp.text(xmpDigitized)},
		{Digitized, r.xmp.text(xmpCreateDate)},
		{Digitized, r.iptc.date(iptcDigitalDate, iptcDigitalTime)},
		{Digitized, r.png["creation time"]},
		{Modified, r.xmp.text(xmpModifyDate)},
		{Modified, r.xmp.text(xmpDateTime)},
	} {
		if d.Source != NoDate && d.Source <= c.source {
			continue
		}
		if t, ok := wallClock(c.text); ok {
			d = Date{t, c.source}
		}
	}
	return d
}

// readExifDate returns the most trusted date of the Exif block, with the
// fraction of a second that stands in a tag of its own.
func (r reader) readExifDate() Date {
	for _, c := range []struct {
		source         DateSource
		dir            Directory
		tag, subSecond uint16
	}{
		{Original, ExifIFD, tagOriginal, tagSubSecOriginal},
		{Original, IFD0, tagOriginal, tagSubSecOriginal}, // where TIFF/EP has it
		{Digitized, ExifIFD, tagDigitized, tagSubSecDigitized},
		{Modified, IFD0, tagDateTime, tagSubSec},
	} {
		b := r.exif.Bytes(c.dir, c.tag)
		if len(b) == 0 {
			continue
		}
		t, ok := wallClock(string(b[:min(len(b), 64)]))
		if !ok {
			continue
		}
		if t.Nanosecond() == 0 {
			fraction := r.exif.Bytes(ExifIFD, c.subSecond)
			t = t.Add(subSecond(strings.TrimLeft(string(fraction[:min(len(fraction), 16)]), " ")))
		}
		return Date{t, c.source}
	}
	return Date{}
}
