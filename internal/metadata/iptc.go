package metadata

import (
	"bytes"
	"encoding/binary"
	"strings"

	"gallery/internal/charset"
)

// Datasets of the application record (IIM 4.2, chapter 6).
const (
	iptcObjectName  = 5
	iptcKeywords    = 25
	iptcDateCreated = 55
	iptcTimeCreated = 60
	iptcDigitalDate = 62
	iptcDigitalTime = 63
	iptcByline      = 80
	iptcHeadline    = 105
	iptcCopyright   = 116
	iptcCaption     = 120
)

// maxDatasets bounds the datasets that are gone through.
const maxDatasets = 2000

// iptc is what an IPTC record says.
type iptc struct {
	set    map[byte][][]byte // values of the application record, in their order
	escape string            // 1:90: the character set that they are in, as ISO 2022 names it
}

// parseIPTC reads the IPTC record among Photoshop's image resource blocks
// (Adobe Photoshop File Formats Specification).
func parseIPTC(blocks []byte) (r iptc) {
	const iptcBlock = 0x0404
	for len(blocks) >= 12 && isResource(blocks) {
		id := binary.BigEndian.Uint16(blocks[4:])
		name := 1 + int(blocks[6]) // a length and a name, padded to be even
		rest := blocks[min(len(blocks), 6+name+name%2):]
		if len(rest) < 4 {
			return r
		}
		size := int64(binary.BigEndian.Uint32(rest))
		data := rest[4:]
		n := min(size, int64(len(data)))
		if id == iptcBlock {
			r.parse(data[:n])
			return r
		}
		blocks = data[n:]
		if size%2 == 1 && len(blocks) > 0 && !isResource(blocks) {
			blocks = blocks[1:]
		}
	}
	return r
}

// isResource reports whether an image resource block begins here.
func isResource(b []byte) bool {
	for _, signature := range []string{"8BIM", "PHUT", "AgHg", "DCSR", "MeSa"} {
		if bytes.HasPrefix(b, []byte(signature)) {
			return true
		}
	}
	return false
}

// parse reads the datasets (IIM 4.2, 1.5).
func (r *iptc) parse(b []byte) {
	r.set = map[byte][][]byte{}
	for range maxDatasets {
		if len(b) < 5 || b[0] != 0x1c {
			return
		}
		record, set, n := b[1], b[2], int(binary.BigEndian.Uint16(b[3:]))
		b = b[5:]
		if n > len(b) { // cut, or of the extended form that no writer uses
			return
		}
		switch {
		case record == 1 && set == 90:
			r.escape = string(b[:n])
		case record == 2 && len(r.set[set]) < maxKeywords:
			r.set[set] = append(r.set[set], b[:n])
		}
		b = b[n:]
	}
}

// text returns the first value of a dataset, not yet cleaned.
func (r iptc) text(set byte) string {
	if values := r.set[set]; len(values) > 0 {
		return r.decode(values[0])
	}
	return ""
}

// decode returns a value as text: in the character set that is declared, else
// in that which it looks like. It loses no letter either way.
func (r iptc) decode(b []byte) string {
	b = b[:min(len(b), maxText)]
	part, ok := latinPart(r.escape)
	if ok {
		return charset.Latin(b, part)
	}
	s, _ := charset.Decode(b)
	return s
}

// latinPart returns which part of ISO 8859 an escape sequence designates, by
// its final character (ISO 2022, ISO-IR 100 and others).
func latinPart(escape string) (part int, ok bool) {
	i := strings.IndexAny(escape, "-./") // a set of 96 characters in G1, G2 or G3
	if i < 0 || i+1 >= len(escape) || strings.Contains(escape, "%") {
		return 0, false
	}
	part = strings.IndexByte("\x00ABCDLGFHMV\x00\x00Y\x00b", escape[i+1])
	return part, part > 0
}

// date joins a date and a time, which stand apart.
func (r iptc) date(date, clock byte) string {
	d := strings.TrimSpace(r.text(date))
	if d == "" {
		return ""
	}
	return d + "T" + strings.TrimSpace(r.text(clock))
}
