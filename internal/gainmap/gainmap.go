// Package gainmap finds the gain map of an HDR photo in its JPEG file, and writes a photo and
// its gain map as such a file.
//
// A gain map is a second, smaller picture that says of each place by how much a screen that can
// may brighten it (ISO 21496-1). It stands behind the photo in the same file; the index of the
// Multi-Picture Format (CIPA DC-007) says where. How its values are to be read is in its own
// metadata: in XMP as Adobe and Android write it (Ultra HDR Image Format 1.1), in the binary
// form of ISO 21496-1, or as iPhones write it, whose older ones say in the photo's Exif how far
// it goes.
//
// Files are untrusted: whatever they say, no more is read than maxSegments headers and four
// segments of each of maxPictures pictures.
package gainmap

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"slices"

	"gallery/internal/metadata"
)

// Metadata says how a gain map is applied: for red, green and blue,
//
//	log2 gain = Min + (Max - Min) * value^(1/Gamma)
//	HDR + OffsetHDR = (SDR + OffsetSDR) * gain^w
//
// of linear light, where w goes from 0 to 1 as the screen's headroom, in stops, goes from
// CapacityMin to CapacityMax.
type Metadata struct {
	Min, Max, Gamma          [3]float64
	OffsetSDR, OffsetHDR     [3]float64
	CapacityMin, CapacityMax float64

	// Headroom is not 0 in a map as iPhones write it, whose values are to go through Curve
	// before the rest holds.
	Headroom float64
}

// Map is where a gain map is in its file.
type Map struct {
	Metadata
	Offset, Size int64 // of its JPEG, bytes
}

const (
	maxSegments = 100 // looked at in one picture
	maxPictures = 8   // of one file
)

var (
	xmpHead = []byte("http://ns.adobe.com/xap/1.0/\x00")
	mpfHead = []byte("MPF\x00")
	isoHead = []byte("urn:iso:std:iso:ts:21496:-1\x00")

	exifHead = []byte("Exif\x00\x00")
)

const (
	markerSOI  = 0xd8
	markerSOS  = 0xda
	markerCOM  = 0xfe
	markerAPP1 = 0xe1
	markerAPP2 = 0xe2
)

// Find returns the gain map of a JPEG file of that size, if it has one.
func Find(r io.ReaderAt, size int64) (Map, bool) {
	for _, at := range pictures(r, size) {
		m, ok := metadataOf(io.NewSectionReader(r, at.Offset, at.Size))
		if ok && m == appleUnsaid {
			m, ok = iPhone(notedHeadroom(r))
		}
		if ok {
			at.Metadata = m
			return at, true
		}
	}
	return Map{}, false
}

// appleUnsaid is the metadata of an iPhone's map that does not say its headroom.
var appleUnsaid = Metadata{Headroom: math.Inf(1)}

// metadataOf reads a gain map's own metadata. It reports false for a picture that has none.
func metadataOf(r io.ReaderAt) (m Metadata, ok bool) {
	segments(r, [][]byte{xmpHead, isoHead}, func(_ int64, payload []byte) bool {
		if packet, is := bytes.CutPrefix(payload, xmpHead); is {
			m, ok = fromXMP(packet)
		} else if data, is := bytes.CutPrefix(payload, isoHead); is {
			if iso, is := fromISO(data); is {
				m, ok = iso, true
				return false
			}
		}
		return !ok || m.Headroom > 0 // ISO's is more exact than an iPhone's
	})
	return m, ok
}

// pictures returns where a file's pictures are besides the first, by the index of the
// Multi-Picture Format.
func pictures(r io.ReaderAt, size int64) (all []Map) {
	segments(r, [][]byte{mpfHead}, func(at int64, payload []byte) bool {
		base := at + int64(len(mpfHead)) // offsets count from the index's byte order (5.2.3.3)
		for _, entry := range entries(payload[len(mpfHead):]) {
			offset := base + int64(entry.offset)
			if entry.offset > 0 && entry.size > 0 && offset+int64(entry.size) <= size {
				all = append(all, Map{Offset: offset, Size: int64(entry.size)})
			}
		}
		return false
	})
	return all
}

// entry is a picture in an index (CIPA DC-007, 5.2.3.3); the first picture's offset is 0.
type entry struct{ size, offset uint32 }

// Tags of the index (CIPA DC-007, table 3).
const (
	tagVersion = 0xb000
	tagNumber  = 0xb001
	tagEntries = 0xb002
)

const entrySize = 16 // bytes: attributes, size, offset, dependent pictures

// entries reads an index, which is laid out as TIFF is.
func entries(index []byte) (all []entry) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(index, []byte("MM\x00*")):
		order = binary.BigEndian
	case bytes.HasPrefix(index, []byte("II*\x00")):
		order = binary.LittleEndian
	default:
		return nil
	}
	from := func(at int64, n int64) []byte {
		if at < 0 || n < 0 || at+n > int64(len(index)) {
			return nil
		}
		return index[at : at+n]
	}
	head := from(4, 4)
	if head == nil {
		return nil
	}
	at := int64(order.Uint32(head))
	count := from(at, 2)
	if count == nil {
		return nil
	}
	for i := range int64(order.Uint16(count)) {
		field := from(at+2+12*i, 12)
		if field == nil {
			return nil
		}
		if order.Uint16(field) != tagEntries {
			continue
		}
		n := min(int64(order.Uint32(field[4:]))/entrySize, maxPictures)
		list := from(int64(order.Uint32(field[8:])), n*entrySize)
		for ; len(list) >= entrySize; list = list[entrySize:] {
			all = append(all, entry{size: order.Uint32(list[4:]), offset: order.Uint32(list[8:])})
		}
		return all
	}
	return nil
}

// segments calls f with each segment of APP1 and APP2 before a picture's first scan that begins
// with one of heads, and where its payload begins, until f returns false.
func segments(r io.ReaderAt, heads [][]byte, f func(at int64, payload []byte) bool) {
	var head [4]byte
	if _, err := r.ReadAt(head[:2], 0); err != nil || head[0] != 0xff || head[1] != markerSOI {
		return
	}
	at := int64(2)
	for read, n := 0, 0; n < maxSegments && read < 4; n++ {
		if _, err := r.ReadAt(head[:], at); err != nil || head[0] != 0xff {
			return
		}
		marker := head[1]
		if marker == 0xff { // a fill byte (T.81, B.1.1.2)
			at++
			continue
		}
		length := int64(binary.BigEndian.Uint16(head[2:]))
		if marker == markerSOS || length < 2 {
			return
		}
		if marker == markerAPP1 || marker == markerAPP2 {
			var start [48]byte
			began, _ := r.ReadAt(start[:min(int64(len(start)), length-2)], at+4)
			if slices.ContainsFunc(heads, func(head []byte) bool { return bytes.HasPrefix(start[:began], head) }) {
				read++
				payload := make([]byte, length-2) // at most 64 kB
				if _, err := r.ReadAt(payload, at+4); err != nil || !f(at+4, payload) {
					return
				}
			}
		}
		at += 2 + length
	}
}

// fromISO reads the binary metadata of ISO 21496-1, annex C.2: fractions of 32 bits.
func fromISO(data []byte) (m Metadata, ok bool) {
	if len(data) < 5 || binary.BigEndian.Uint16(data) != 0 { // the version that one has to understand
		return m, false
	}
	const (
		multichannel = 1 << 7
		hdrIsBase    = 1 << 2
		oneDenom     = 1 << 3
	)
	flags := data[4]
	data = data[5:]
	if flags&hdrIsBase != 0 {
		return m, false
	}
	ok = true
	next := func() uint32 {
		if len(data) < 4 {
			ok = false
			return 0
		}
		v := binary.BigEndian.Uint32(data)
		data = data[4:]
		return v
	}
	var common uint32
	if flags&oneDenom != 0 {
		common = next()
	}
	fraction := func(signed bool) float64 {
		n, d := next(), common
		if flags&oneDenom == 0 {
			d = next()
		}
		if d == 0 {
			ok = false
			return 0
		}
		if signed {
			return float64(int32(n)) / float64(d)
		}
		return float64(n) / float64(d)
	}
	m.CapacityMin, m.CapacityMax = fraction(false), fraction(false)
	channels := 1
	if flags&multichannel != 0 {
		channels = 3
	}
	for c := range channels {
		m.Min[c], m.Max[c], m.Gamma[c] = fraction(true), fraction(true), fraction(false)
		m.OffsetSDR[c], m.OffsetHDR[c] = fraction(true), fraction(true)
	}
	if channels == 1 {
		for _, v := range []*[3]float64{&m.Min, &m.Max, &m.Gamma, &m.OffsetSDR, &m.OffsetHDR} {
			v[1], v[2] = v[0], v[0]
		}
	}
	return m, ok && m.sound()
}

// sound reports whether the values are such as a screen could use: no brighter than 2^16.
func (m Metadata) sound() bool {
	within := func(v, low, high float64) bool { return v >= low && v <= high } // not of NaN
	for c := range 3 {
		if !within(m.Min[c], -16, 16) || !within(m.Max[c], m.Min[c], 16) || !within(m.Gamma[c], 0.01, 100) ||
			!within(m.OffsetSDR[c], -1, 1) || !within(m.OffsetHDR[c], -1, 1) {
			return false
		}
	}
	return within(m.CapacityMin, 0, 16) && within(m.CapacityMax, 0, 16) && m.CapacityMax > m.CapacityMin
}

// notedHeadroom returns the headroom, in times of white, that an iPhone notes in a photo's Exif:
// that of the screen it was taken for, and by how much the map may be darker than that (Apple,
// "Applying Apple HDR effect to your photos"). It is NaN where none is noted.
func notedHeadroom(r io.ReaderAt) float64 {
	const (
		tagHeadroom = 33
		tagGain     = 48
	)
	var noted metadata.Exif
	segments(r, [][]byte{exifHead}, func(_ int64, payload []byte) bool {
		noted = metadata.ParseExif(payload).Apple()
		return false
	})
	number := func(tag uint16) float64 {
		if n := noted.Numbers(metadata.IFD0, tag); len(n) == 1 {
			return n[0]
		}
		return math.NaN()
	}
	headroom, gain := number(tagHeadroom), number(tagGain)
	var stops float64
	switch {
	case math.IsNaN(headroom) || math.IsNaN(gain):
		return math.NaN()
	case headroom < 1 && gain <= 0.01:
		stops = 1.8 - 20*gain
	case headroom < 1:
		stops = 1.601 - 0.101*gain
	case gain <= 0.01:
		stops = 3 - 70*gain
	default:
		stops = 2.303 - 0.303*gain
	}
	return math.Exp2(max(stops, 0))
}

// iPhone is the metadata of a map as iPhones write it, for a headroom in times of white.
func iPhone(headroom float64) (Metadata, bool) {
	stops := math.Log2(headroom)
	m := Metadata{Max: [3]float64{stops, stops, stops}, Gamma: [3]float64{1, 1, 1}, CapacityMax: stops, Headroom: headroom}
	return m, m.sound() && stops > 0
}

// Curve returns what values of an iPhone's map are as a logarithm of gain: it holds, by the
// transfer function of ITU-R BT.709, the part of the headroom that is added,
// gain = 1 + (Headroom - 1) * linear value.
func (m Metadata) Curve() (table [256]uint8) {
	for i := range table {
		v := float64(i) / 255
		if v < 0.081 {
			v /= 4.5
		} else {
			v = math.Pow((v+0.099)/1.099, 1/0.45)
		}
		table[i] = uint8(math.Round(255 * math.Log2(1+(m.Headroom-1)*v) / math.Log2(m.Headroom)))
	}
	return table
}
