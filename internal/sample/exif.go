package sample

import "encoding/binary"

// exifTime is how Exif writes a date and time. There is no zone in it.
const exifTime = "2006:01:02 15:04:05"

// camera is how a picture was taken, with a camera of a brand that does not
// exist.
type camera struct {
	exposure, stop [2]uint32 // seconds and f-number, as fractions
	iso, focal     uint32    // focal length in mm
}

// exif returns the APP1 segment of a JPEG file (CIPA DC-008-2023, 4.7.2) with
// the picture's date, camera, orientation and caption, which is ASCII.
//
// It is "Exif", two NULs, and a little-endian TIFF file without a picture: an
// eight-byte header, the image file directory 0, the Exif directory, to which
// an entry of the first points, and values that are too long for an entry. A
// directory is the number of its entries, 12 bytes each in ascending order of
// tags, and four NULs: no next.
func (p picture) exif() []byte {
	const entries, more = 5, 6
	const second = 8 + 2 + 12*entries + 4
	const free = second + 2 + 12*more + 4
	le := binary.LittleEndian
	tiff, values := []byte("II*\x00\x08\x00\x00\x00"), []byte{}
	entry := func(tag, kind uint16, count int, value []byte) {
		tiff = le.AppendUint16(le.AppendUint16(tiff, tag), kind)
		tiff = le.AppendUint32(tiff, uint32(count))
		if len(value) > 4 {
			place := le.AppendUint32(nil, uint32(free+len(values)))
			values = append(append(values, value...), make([]byte, len(value)%2)...) // offsets are even
			value = place
		}
		tiff = append(tiff, append(value, 0, 0, 0, 0)[:4]...)
	}
	ascii := func(tag uint16, s string) { entry(tag, 2, len(s)+1, append([]byte(s), 0)) }
	short := func(tag uint16, v uint32) { entry(tag, 3, 1, le.AppendUint32(nil, v)) } // in the lower half
	rational := func(tag uint16, v [2]uint32) { entry(tag, 5, 1, le.AppendUint32(le.AppendUint32(nil, v[0]), v[1])) }

	tiff = le.AppendUint16(tiff, entries)
	ascii(0x010e, p.caption) // ImageDescription
	ascii(0x010f, "Imaginary")
	ascii(0x0110, "Sketch 1")
	short(0x0112, uint32(p.orientation))
	entry(0x8769, 4, 1, le.AppendUint32(nil, second))
	tiff = le.AppendUint16(append(tiff, 0, 0, 0, 0), more)
	rational(0x829a, p.camera.exposure)
	rational(0x829d, p.camera.stop)
	short(0x8827, p.camera.iso)
	entry(0x9000, 7, 4, []byte("0232")) // the version of Exif
	ascii(0x9003, p.taken.Format(exifTime))
	rational(0x920a, [2]uint32{p.camera.focal, 1})
	tiff = append(append(tiff, 0, 0, 0, 0), values...)

	out := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+6+len(tiff)))
	return append(append(out, "Exif\x00\x00"...), tiff...)
}
