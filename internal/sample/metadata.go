package sample

import (
	"encoding/binary"
	"strings"
)

// withMetadata returns the JPEG file with the picture's date, orientation and
// caption in it, right behind SOI, where readers expect them.
func (p picture) withMetadata(file []byte) []byte {
	exifCaption := ""
	var more []byte
	switch p.captionIn {
	case inExif:
		exifCaption = p.caption
	case inIPTC:
		more = iptcSegment(p.caption)
	case inXMP:
		more = xmpSegment(p.caption)
	}
	out := append([]byte(nil), file[:2]...)
	out = append(out, exifSegment(p.taken, p.turn(), exifCaption)...)
	out = append(out, more...)
	return append(out, file[2:]...)
}

// segment returns a marker segment of a JPEG file (ITU-T T.81, B.1.1.4): the
// marker, a length that counts itself, and the data, here with the name of
// their format in front. All together must stay below 64 KiB.
func segment(marker byte, format string, data []byte) []byte {
	out := []byte{0xff, marker}
	out = binary.BigEndian.AppendUint16(out, uint16(2+len(format)+len(data)))
	return append(append(out, format...), data...)
}

// iptcSegment returns an APP13 segment with a caption in UTF-8: a Photoshop
// image resource of the kind 0x0404, which holds two datasets of the IPTC
// Information Interchange Model: 1:90 CodedCharacterSet, where ESC % G stands
// for UTF-8, and 2:120 Caption-Abstract.
func iptcSegment(caption string) []byte {
	var iim []byte
	dataset := func(record, number byte, value string) {
		iim = append(iim, 0x1c, record, number)
		iim = binary.BigEndian.AppendUint16(iim, uint16(len(value)))
		iim = append(iim, value...)
	}
	dataset(1, 90, "\x1b%G")
	dataset(2, 120, caption)

	// A resource has a name, here the empty one, in an even number of bytes,
	// as are its data.
	resource := append([]byte("8BIM\x04\x04\x00\x00"), 0, 0, byte(len(iim)>>8), byte(len(iim)))
	resource = append(resource, iim...)
	if len(iim)%2 == 1 {
		resource = append(resource, 0)
	}
	return segment(0xed, "Photoshop 3.0\x00", resource)
}

// xmpSegment returns an APP1 segment with a caption as dc:description, which
// is a choice of languages (ISO 16684-1, 8.3).
func xmpSegment(caption string) []byte {
	// In an element's text, these are the only characters that mean anything.
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	packet := "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/">` +
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		`<dc:description><rdf:Alt><rdf:li xml:lang="x-default">` + escape.Replace(caption) +
		`</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>` +
		`<?xpacket end="r"?>`
	return segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00", []byte(packet))
}
