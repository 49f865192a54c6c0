package testkit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

const xmpHead = "http://ns.adobe.com/xap/1.0/\x00"

// GainXMP is the metadata of a gain map of so many stops in red, green and blue, as Adobe and
// Android write it: as one number where they are the same.
func GainXMP(stops [3]float64) []byte {
	most := fmt.Sprintf(` hdrgm:GainMapMax="%v">`, stops[0])
	if stops[0] != stops[1] || stops[1] != stops[2] {
		most = fmt.Sprintf(`><hdrgm:GainMapMax><rdf:Seq><rdf:li>%v</rdf:li><rdf:li>%v</rdf:li><rdf:li>%v</rdf:li></rdf:Seq></hdrgm:GainMapMax>`,
			stops[0], stops[1], stops[2])
	}
	return Segment(0xe1, xmpHead, []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" hdrgm:GainMapMin="0.25" hdrgm:Gamma="1.5"
 hdrgm:OffsetSDR="0.015625" hdrgm:OffsetHDR="0.03125" hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="3" hdrgm:BaseRenditionIsHDR="False"`+
		most+`</rdf:Description></rdf:RDF></x:xmpmeta>`))
}

// AppleGainXMP is the metadata of a gain map as iPhones write it, older ones without a headroom:
// that is 0.
func AppleGainXMP(headroom float64) []byte {
	said := ""
	if headroom != 0 {
		said = fmt.Sprintf("<HDRGainMap:HDRGainMapHeadroom>%v</HDRGainMap:HDRGainMapHeadroom>", headroom)
	}
	return Segment(0xe1, xmpHead, fmt.Appendf(nil, `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/" xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/">
<HDRGainMap:HDRGainMapVersion>131072</HDRGainMap:HDRGainMapVersion>%s
<apdi:AuxiliaryImageType>urn:com:apple:photo:2020:aux:hdrgainmap</apdi:AuxiliaryImageType></rdf:Description></rdf:RDF></x:xmpmeta>`, said))
}

// AppleExif is the Exif of an iPhone's photo: a MakerNote with Apple's tags 33 and 48, of which
// a gain map's headroom comes, each a fraction of thousandths.
func AppleExif(headroom, gain float64) []byte {
	be := binary.BigEndian
	field := func(b []byte, tag, kind uint16, count, value uint32) []byte {
		return be.AppendUint32(be.AppendUint32(be.AppendUint16(be.AppendUint16(b, tag), kind), count), value)
	}
	const (
		undefined, long, fraction = 7, 4, 10 // TIFF's types
		head                      = "Apple iOS\x00\x00\x01MM"
		behind                    = len(head) + 2 + 2*12 + 4 // the note's directory
	)
	note := append([]byte(head), 0, 2)
	note = field(note, 33, fraction, 1, uint32(behind))
	note = field(note, 48, fraction, 1, uint32(behind+8))
	note = append(note, 0, 0, 0, 0)
	for _, v := range []float64{headroom, gain} {
		note = be.AppendUint32(note, uint32(int32(v*1000)))
		note = be.AppendUint32(note, 1000)
	}
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x01")
	b = field(b, 0x8769, long, 1, 26) // the Exif directory
	b = append(b, 0, 0, 0, 0, 0, 1)
	b = field(b, 0x927c, undefined, uint32(len(note)), 44)
	b = append(b, 0, 0, 0, 0)
	return Segment(0xe1, "Exif\x00\x00", append(b, note...))
}

// GainISO is the metadata of a gain map of so many stops in the form of ISO 21496-1, with one
// channel and, where common is not 0, that as the denominator of all fractions.
func GainISO(stops float64, common uint32) []byte {
	flags, denom := byte(0), common
	if common != 0 {
		flags = 1 << 3
	} else {
		denom = 1000
	}
	b := []byte{0, 0, 0, 0, flags}
	if common != 0 {
		b = binary.BigEndian.AppendUint32(b, common)
	}
	for _, v := range []float64{0, stops, 0, stops, 1, 0.25, -0.25} { // headrooms, min, max, gamma, offsets
		b = binary.BigEndian.AppendUint32(b, uint32(int32(v*float64(denom))))
		if common == 0 {
			b = binary.BigEndian.AppendUint32(b, denom)
		}
	}
	return Segment(0xe2, "urn:iso:std:iso:ts:21496:-1\x00", b)
}

// WithGainMap returns a file of the Multi-Picture Format (CIPA DC-007) that holds a photo and its
// gain map, JPEGs both, as phones write it, with the map's metadata in segments of its own.
func WithGainMap(photo, gain []byte, metadata ...[]byte) []byte {
	gain = WithSegments(gain, metadata...)
	container := Segment(0xe1, xmpHead, fmt.Appendf(nil, `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:Container="http://ns.google.com/photos/1.0/container/"
 xmlns:Item="http://ns.google.com/photos/1.0/container/item/" hdrgm:Version="1.0"><Container:Directory><rdf:Seq>
<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>
<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="%d"/></rdf:li>
</rdf:Seq></Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>`, len(gain)))
	le := binary.LittleEndian
	field := func(b []byte, tag, kind uint16, count uint32, value []byte) []byte {
		return append(le.AppendUint32(le.AppendUint16(le.AppendUint16(b, tag), kind), count), value...)
	}
	index := func(whole, offset uint32) []byte {
		b := []byte("II*\x00\x08\x00\x00\x00\x03\x00")
		b = field(b, 0xb000, 7, 4, []byte("0100"))
		b = field(b, 0xb001, 4, 1, []byte{2, 0, 0, 0})
		b = field(b, 0xb002, 7, 32, []byte{50, 0, 0, 0})
		for _, v := range []uint32{0, 0x030000, whole, 0, 0, 0, uint32(len(gain)), offset, 0} {
			b = le.AppendUint32(b, v)
		}
		return b
	}
	const mpf = "MPF\x00"
	at := bytes.Index(WithSegments(photo, container, Segment(0xe2, mpf, index(0, 0))), []byte(mpf+"II*")) + len(mpf)
	whole := len(WithSegments(photo, container, Segment(0xe2, mpf, index(0, 0))))
	return slices.Concat(WithSegments(photo, container, Segment(0xe2, mpf, index(uint32(whole), uint32(whole-at)))), gain)
}
