package metadata

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Exif is an Exif block: a TIFF structure (CIPA DC-008, 4.5.2), of which four
// directories are read. The zero value has no tags. What points outside of the
// block is not there; nothing that it claims is followed any further, so that
// reading a tag costs no more than going through one directory.
type Exif struct {
	block []byte
	order binary.ByteOrder
	at    [directories]uint32 // where each directory stands; 0 if there is none
}

// Directory is one of the directories of an Exif block (CIPA DC-008, 4.6.3).
// That of the embedded thumbnail, IFD1, is not among them.
type Directory int

const (
	IFD0 Directory = iota
	ExifIFD
	GPSIFD
	InteropIFD

	directories = iota
)

// Tags that point to a directory.
const (
	tagExifIFD    = 0x8769
	tagGPSIFD     = 0x8825
	tagInteropIFD = 0xa005
)

// maxNumbers bounds the values of one tag that are read; a coordinate has three.
const maxNumbers = 4

// ParseExif finds the directories of an Exif block, which it keeps.
func ParseExif(block []byte) Exif {
	block = bytes.TrimPrefix(block, []byte("Exif\x00\x00")) // some PNG and WebP writers keep JPEG's header
	x := Exif{block: block}
	switch {
	case len(block) < 8:
		return Exif{}
	case string(block[:2]) == "II":
		x.order = binary.LittleEndian
	case string(block[:2]) == "MM":
		x.order = binary.BigEndian
	default:
		return Exif{}
	}
	x.at[IFD0] = x.order.Uint32(block[4:])
	x.at[ExifIFD] = x.pointer(IFD0, tagExifIFD)
	x.at[GPSIFD] = x.pointer(IFD0, tagGPSIFD)
	x.at[InteropIFD] = x.pointer(ExifIFD, tagInteropIFD)
	return x
}

// pointer returns where the directory stands that a tag points to.
func (x Exif) pointer(dir Directory, tag uint16) uint32 {
	if n := x.Numbers(dir, tag); len(n) > 0 {
		return uint32(n[0])
	}
	return 0
}

// Apple returns what an iPhone notes in a tag of its own, MakerNote: a directory in the place of
// IFD0, whose tags are Apple's and whose offsets count from the note. It has no tags where there
// is no such note.
func (x Exif) Apple() Exif {
	const (
		tagMakerNote = 0x927c
		head         = "Apple iOS\x00\x00\x01" // and the byte order
	)
	note := x.Bytes(ExifIFD, tagMakerNote)
	order, ok := bytes.CutPrefix(note, []byte(head))
	if !ok || len(order) < 2 {
		return Exif{}
	}
	apple := Exif{block: note, order: binary.BigEndian}
	if string(order[:2]) == "II" {
		apple.order = binary.LittleEndian
	}
	apple.at[IFD0] = uint32(len(head)) + 2
	return apple
}

// Types of a tag's values (CIPA DC-008, 4.6.2; 129 is new in its version 3.0).
const (
	typeByte      = 1
	typeASCII     = 2
	typeShort     = 3
	typeLong      = 4
	typeRational  = 5
	typeUndefined = 7
	typeSLong     = 9
	typeSRational = 10
	typeFloat     = 11
	typeDouble    = 12
	typeIFD       = 13 // TIFF supplement 1: a LONG that points to a directory
	typeUTF8      = 129
)

// typeSize returns the size of a value in bytes, 0 for types that are not read.
func typeSize(typ int) uint64 {
	switch typ {
	case typeByte, typeASCII, typeUndefined, typeUTF8:
		return 1
	case typeShort:
		return 2
	case typeLong, typeSLong, typeFloat, typeIFD:
		return 4
	case typeRational, typeSRational, typeDouble:
		return 8
	}
	return 0
}

// values returns the type and the bytes of a tag's values; of a tag that
// stands twice, those of the first.
func (x Exif) values(dir Directory, tag uint16) (typ int, data []byte) {
	at, size := uint64(x.at[dir]), uint64(len(x.block))
	if at == 0 || at+2 > size {
		return 0, nil
	}
	n := uint64(x.order.Uint16(x.block[at:]))
	for at += 2; n > 0 && at+12 <= size; n, at = n-1, at+12 {
		entry := x.block[at : at+12]
		if x.order.Uint16(entry) != tag {
			continue
		}
		typ = int(x.order.Uint16(entry[2:]))
		length := typeSize(typ) * uint64(x.order.Uint32(entry[4:]))
		if length <= 4 {
			return typ, entry[8 : 8+length]
		}
		if off := uint64(x.order.Uint32(entry[8:])); off+length <= size {
			return typ, x.block[off : off+length]
		}
		return 0, nil
	}
	return 0, nil
}

// Bytes returns the value of a tag that is text or of no type, nil if it is
// not there. The caller must not modify it.
func (x Exif) Bytes(dir Directory, tag uint16) []byte {
	switch typ, data := x.values(dir, tag); typ {
	case typeByte, typeASCII, typeUndefined, typeUTF8:
		return data
	}
	return nil
}

// Text returns the value of a tag as text, not yet cleaned, "" if it is not
// there or if nobody can tell how it is encoded.
func (x Exif) Text(dir Directory, tag uint16) string { return exifText(x.Bytes(dir, tag)) }

// Numbers returns the first values of a tag that is a number, nil if it is
// not there. A fraction with the denominator 0 is NaN.
func (x Exif) Numbers(dir Directory, tag uint16) []float64 {
	typ, data := x.values(dir, tag)
	size := int(typeSize(typ))
	var numbers []float64
	for ; size > 0 && len(data) >= size && len(numbers) < maxNumbers; data = data[size:] {
		v := math.NaN()
		switch typ {
		case typeByte:
			v = float64(data[0])
		case typeShort:
			v = float64(x.order.Uint16(data))
		case typeLong, typeIFD:
			v = float64(x.order.Uint32(data))
		case typeSLong:
			v = float64(int32(x.order.Uint32(data)))
		case typeRational:
			if d := x.order.Uint32(data[4:]); d != 0 {
				v = float64(x.order.Uint32(data)) / float64(d)
			}
		case typeSRational:
			if d := int32(x.order.Uint32(data[4:])); d != 0 {
				v = float64(int32(x.order.Uint32(data))) / float64(d)
			}
		case typeFloat:
			v = float64(math.Float32frombits(x.order.Uint32(data)))
		case typeDouble:
			v = math.Float64frombits(x.order.Uint64(data))
		default:
			return nil
		}
		numbers = append(numbers, v)
	}
	return numbers
}

// Orientation returns how the picture is to be turned (CIPA DC-008,
// 4.6.5.1.8), 1 to 8, or 0 where that is not said.
func (x Exif) Orientation() int {
	const tagOrientation = 0x0112
	if typ, data := x.values(IFD0, tagOrientation); typ == typeShort && len(data) == 2 {
		if v := int(x.order.Uint16(data)); 1 <= v && v <= 8 {
			return v
		}
	}
	return 0
}

// AdobeRGB reports whether the block says that colours are in Adobe RGB (DCF
// 2.0, 4.6: the "R03" file).
func (x Exif) AdobeRGB() bool {
	const tagInteropIndex = 1
	return bytes.HasPrefix(x.Bytes(InteropIFD, tagInteropIndex), []byte("R03"))
}
