package gainmap

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Join returns a file of a photo and its gain map, both JPEGs, such as Chromium and Android
// show on HDR screens, and others as the photo alone. A comment right behind the photo's SOI
// stays there.
func Join(photo, gain []byte, m Metadata) ([]byte, error) {
	if len(photo) < 4 || len(gain) < 4 || photo[1] != markerSOI || gain[1] != markerSOI {
		return nil, errors.New("joining a gain map: no JPEG")
	}
	gain = slices.Concat(gain[:2], segment(markerAPP1, xmpHead, m.packet()), gain[2:])
	head := 2
	if photo[3] == markerCOM {
		head += 2 + int(binary.BigEndian.Uint16(photo[4:]))
	}
	if head > len(photo) {
		return nil, errors.New("joining a gain map: the comment has no end")
	}
	xmp := segment(markerAPP1, xmpHead, container(len(gain)))
	// Offsets count from the index's byte order, behind marker, length and head.
	base := head + len(xmp) + 4 + len(mpfHead)
	whole := len(photo) + len(xmp) + 4 + len(mpfHead) + indexSize
	index := segment(markerAPP2, mpfHead, index(whole, len(gain), whole-base))
	return slices.Concat(photo[:head], xmp, index, photo[head:], gain), nil
}

// indexSize is that of an index of two pictures: TIFF's header, three fields, two entries.
const indexSize = 8 + 2 + 3*12 + 4 + 2*entrySize

// index is that of the Multi-Picture Format (CIPA DC-007, 5.2.3) for a photo and its gain map.
func index(photo, gain, offset int) []byte {
	const (
		long, undefined = 4, 7 // TIFF's types
		primary         = 0x030000
	)
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x03")
	field := func(tag, kind uint16, count, value uint32) {
		b = binary.BigEndian.AppendUint16(b, tag)
		b = binary.BigEndian.AppendUint16(b, kind)
		b = binary.BigEndian.AppendUint32(b, count)
		b = binary.BigEndian.AppendUint32(b, value)
	}
	field(tagVersion, undefined, 4, binary.BigEndian.Uint32([]byte("0100")))
	field(tagNumber, long, 1, 2)
	field(tagEntries, undefined, 2*entrySize, indexSize-2*entrySize)
	for _, v := range []int{0, primary, photo, 0, 0, 0, gain, offset, 0} { // the first: no further directory
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// segment is a marker segment (T.81, B.1.1.4). What we write is far shorter than one can be.
func segment(marker byte, head, data []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(2+len(head)+len(data)))
	return append(append(b, head...), data...)
}
