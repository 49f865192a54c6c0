package sample

import (
	"encoding/binary"
	"time"
)

// The tags that exifSegment writes (CIPA DC-008-2023, 4.6.4 to 4.6.6).
const (
	tagImageDescription = 0x010e
	tagOrientation      = 0x0112
	tagExifIFD          = 0x8769
	tagExifVersion      = 0x9000
	tagDateTimeOriginal = 0x9003
)

// The types of their values (4.6.2), and the sizes of one value in bytes.
const (
	typeASCII     = 2 // 1 byte, a NUL at the end
	typeShort     = 3 // 2 bytes
	typeLong      = 4 // 4 bytes
	typeUndefined = 7 // 1 byte
)

// exifTime is how Exif writes a date and time. There is no zone in it.
const exifTime = "2006:01:02 15:04:05"

// field is one entry of an image file directory: a tag and its value, already
// in bytes.
type field struct {
	tag, kind uint16
	count     uint32
	value     []byte
}

// exifSegment returns the APP1 segment of a JPEG file (CIPA DC-008, 4.7.2)
// that says when a picture was taken, how it must be turned to be upright (1:
// not at all), and what it shows (nothing if the caption is empty). The
// caption must be ASCII, as the standard wants it, and short.
//
// The segment is "Exif", two NULs, and a complete little-endian TIFF file
// without a picture: an eight-byte header, the image file directory 0 with
// caption and orientation, and another directory, to which a field of the
// first points, with what TIFF does not know. A directory is the number of
// its fields, 12 bytes a field in ascending order of tags, and the offset of
// the next directory, here always 0: none. Values of up to four bytes lie in
// the field itself, others behind the directory. All offsets count from the
// TIFF header.
func exifSegment(taken time.Time, orientation int, caption string) []byte {
	var fields []field
	if caption != "" {
		fields = append(fields, asciiField(tagImageDescription, caption))
	}
	fields = append(fields,
		field{tagOrientation, typeShort, 1, binary.LittleEndian.AppendUint16(nil, uint16(orientation))},
		field{tagExifIFD, typeLong, 1, make([]byte, 4)},
	)
	exif := []field{
		{tagExifVersion, typeUndefined, 4, []byte("0232")},
		asciiField(tagDateTimeOriginal, taken.Format(exifTime)),
	}

	const header = 8
	pointer := fields[len(fields)-1].value
	binary.LittleEndian.PutUint32(pointer, uint32(header+len(directory(fields, header))))
	tiff := []byte{'I', 'I', 42, 0, header, 0, 0, 0}
	tiff = append(tiff, directory(fields, len(tiff))...)
	tiff = append(tiff, directory(exif, len(tiff))...)
	return segment(0xe1, "Exif\x00\x00", tiff)
}

// asciiField returns a field that holds a string.
func asciiField(tag uint16, s string) field {
	return field{tag, typeASCII, uint32(len(s) + 1), append([]byte(s), 0)}
}

// directory returns the image file directory with the given fields, and the
// values behind it, for a place offset bytes into the TIFF file.
func directory(fields []field, offset int) []byte {
	le := binary.LittleEndian
	out := le.AppendUint16(nil, uint16(len(fields)))
	var values []byte
	free := offset + 2 + 12*len(fields) + 4
	for _, f := range fields {
		out = le.AppendUint16(out, f.tag)
		out = le.AppendUint16(out, f.kind)
		out = le.AppendUint32(out, f.count)
		if len(f.value) <= 4 {
			out = append(append(out, f.value...), make([]byte, 4-len(f.value))...)
			continue
		}
		out = le.AppendUint32(out, uint32(free+len(values)))
		values = append(values, f.value...)
		if len(values)%2 == 1 {
			values = append(values, 0) // offsets are even (TIFF 6.0, section 2)
		}
	}
	out = le.AppendUint32(out, 0)
	return append(out, values...)
}
