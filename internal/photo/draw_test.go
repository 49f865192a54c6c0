package photo

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/bits"
	"testing"
)

// Tests draw their pictures: four quadrants, red, green, blue and yellow in
// reading order, so that the colours of the corners tell how they lie.
var quadrants = map[byte]color.NRGBA{
	'r': {0xe0, 0x20, 0x20, 0xff},
	'g': {0x20, 0xc0, 0x20, 0xff},
	'b': {0x20, 0x20, 0xd0, 0xff},
	'y': {0xe0, 0xe0, 0x20, 0xff},
}

func quadrant(x, y, w, h int) color.NRGBA {
	name := [2]string{"rg", "by"}[min(1, 2*y/h)][min(1, 2*x/w)]
	return quadrants[name]
}

func drawQuadrants(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, quadrant(x, y, w, h))
		}
	}
	return m
}

// corners names the colours of a picture's corners in reading order, by the
// middle of each quadrant; '?' is none of the four.
func corners(m image.Image) string {
	var s []byte
	b := m.Bounds()
	for i := range 4 {
		x, y := b.Min.X+b.Dx()*(1+2*(i%2))/4, b.Min.Y+b.Dy()*(1+2*(i/2))/4
		name := byte('?')
		for n, c := range quadrants {
			if near(m.At(x, y), c, 24) {
				name = n
			}
		}
		s = append(s, name)
	}
	return string(s)
}

// near reports whether two opaque colours differ by at most tolerance in
// every channel.
func near(a, b color.Color, tolerance int) bool {
	ar, ag, ab, aa := a.RGBA()
	br, bg, bb, ba := b.RGBA()
	d := func(v, w uint32) bool { return max(v, w)>>8-min(v, w)>>8 <= uint32(tolerance) }
	return d(ar, br) && d(ag, bg) && d(ab, bb) && d(aa, ba)
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withSegments returns a JPEG with segments put behind SOI.
func withSegments(file []byte, segments ...[]byte) []byte {
	return bytes.Join([][]byte{file[:2], bytes.Join(segments, nil), file[2:]}, nil)
}

func segment(marker byte, head string, data []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(2+len(head)+len(data)))
	return append(append(b, head...), data...)
}

// flatJPEG describes a JPEG of one colour, of any coding that needs no more
// than DC coefficients: a few bytes for however many pixels.
type flatJPEG struct {
	sof      byte // marker; 0 is baseline
	w, h     int
	values   []uint8 // of each component
	sampling []byte  // of each component, T.81's H and V; nil is 1 x 1
	ids      string  // component identifiers; "" is 1, 2, 3, 4
	adobe    int     // transform of an Adobe segment; -1 is none
}

func (f flatJPEG) encode() []byte {
	n := len(f.values)
	if f.ids == "" {
		f.ids = "\x01\x02\x03\x04"[:n]
	}
	if f.sampling == nil {
		f.sampling = bytes.Repeat([]byte{0x11}, n)
	}
	if f.sof == 0 {
		f.sof = markerSOF0
	}
	b := []byte{0xff, markerSOI}
	if f.adobe >= 0 {
		b = append(b, segment(markerAPP14, "Adobe", []byte{0, 100, 0, 0, 0, 0, byte(f.adobe)})...)
	}
	b = append(b, segment(0xdb, "\x00", bytes.Repeat([]byte{8}, 64))...)
	frame := binary.BigEndian.AppendUint16([]byte{8}, uint16(f.h))
	frame = append(binary.BigEndian.AppendUint16(frame, uint16(f.w)), byte(n))
	scan := []byte{byte(n)}
	for i := range n {
		frame = append(frame, f.ids[i], f.sampling[i], 0)
		scan = append(scan, f.ids[i], 0)
	}
	b = append(b, segment(f.sof, "", frame)...)
	// DC: nine categories, each of four bits. AC: end of block only, one bit.
	b = append(b, segment(markerDHT, "\x00", []byte("\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"+
		"\x00\x01\x02\x03\x04\x05\x06\x07\x08"))...)
	b = append(b, segment(markerDHT, "\x10", []byte("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))...)
	end := []byte{0, 63, 0}
	if f.sof == markerSOF2 {
		end[1] = 0
	}
	b = append(b, segment(markerSOS, "", append(scan, end...))...)
	return append(b, append(f.scan(), 0xff, markerEOI)...)
}

// scan returns the entropy-coded segment: one difference in each component's
// first block, none in all others.
func (f flatJPEG) scan() []byte {
	var w bitWriter
	h0, v0 := int(f.sampling[0]>>4), int(f.sampling[0]&15)
	if len(f.values) == 1 {
		h0, v0 = 1, 1
	}
	for mcu := range ceilDiv(f.w, 8*h0) * ceilDiv(f.h, 8*v0) {
		for i, v := range f.values {
			blocks := int(f.sampling[i]>>4) * int(f.sampling[i]&15)
			if len(f.values) == 1 {
				blocks = 1
			}
			for block := range blocks {
				diff := 0
				if mcu == 0 && block == 0 {
					diff = int(v) - 128
				}
				size := bits.Len(uint(max(diff, -diff)))
				w.msb(size, 4)
				if diff < 0 {
					diff += 1<<size - 1
				}
				w.msb(diff, size)
				if f.sof != markerSOF2 {
					w.msb(0, 1)
				}
			}
		}
	}
	w.msb(0x7f, 7)
	return bytes.ReplaceAll(w.bytes, []byte{0xff}, []byte{0xff, 0})
}

// bitWriter packs bits, from the top of each byte for JPEG, from the bottom
// for VP8L.
type bitWriter struct {
	bytes []byte
	acc   uint64
	n     int
}

func (w *bitWriter) msb(v, n int) {
	w.acc, w.n = w.acc<<n|uint64(v), w.n+n
	for ; w.n >= 8; w.n -= 8 {
		w.bytes = append(w.bytes, byte(w.acc>>(w.n-8)))
		w.acc &= 1<<(w.n-8) - 1
	}
}

func (w *bitWriter) lsb(v, n int) {
	w.acc, w.n = w.acc|uint64(v)<<w.n, w.n+n
	for ; w.n >= 8; w.n -= 8 {
		w.bytes = append(w.bytes, byte(w.acc))
		w.acc >>= 8
	}
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngChunk(id string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, id...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// withChunks returns a PNG with chunks put behind IHDR.
func withChunks(file []byte, chunks ...[]byte) []byte {
	return bytes.Join([][]byte{file[:33], bytes.Join(chunks, nil), file[33:]}, nil)
}

// rawPNG writes a PNG of any colour type and depth, interlaced or not; at
// returns a pixel's samples.
func rawPNG(w, h, depth, colorType int, interlaced bool, at func(x, y int) []int, chunks ...[]byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, uint32(w))
	head = binary.BigEndian.AppendUint32(head, uint32(h))
	head = append(head, byte(depth), byte(colorType), 0, 0, 0)
	passes := [][4]int{{0, 0, 1, 1}} // x, y, dx, dy
	if interlaced {
		head[12] = 1
		passes = [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
	}
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	for _, p := range passes {
		if p[0] >= w {
			continue
		}
		for y := p[1]; y < h; y += p[3] {
			var row bitWriter
			row.msb(0, 8) // no filter
			for x := p[0]; x < w; x += p[2] {
				for _, v := range at(x, y) {
					row.msb(v, depth)
				}
			}
			row.msb(0, (8-row.n)%8)
			z.Write(row.bytes)
		}
	}
	z.Close()
	file := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", head)...)
	file = append(file, bytes.Join(chunks, nil)...)
	file = append(file, pngChunk("IDAT", data.Bytes())...)
	return append(file, iend...)
}

func gifOf(t testing.TB, g *gif.GIF) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// palettedQuadrants draws the quadrants in a palette whose last entry is
// transparent.
func palettedQuadrants(w, h int) *image.Paletted {
	p := color.Palette{quadrants['r'], quadrants['g'], quadrants['b'], quadrants['y'], color.RGBA{}}
	m := image.NewPaletted(image.Rect(0, 0, w, h), p)
	for y := range h {
		for x := range w {
			m.Set(x, y, quadrant(x, y, w, h))
		}
	}
	return m
}

// vp8lOf returns a VP8L bitstream: no transform, no colour cache, and
// for each channel a Huffman code that gives all 256 values 8 bits (RFC 9649,
// 3.7).
func vp8lOf(m *image.NRGBA) []byte {
	var w bitWriter
	w.lsb(0x2f, 8)
	w.lsb(m.Rect.Dx()-1, 14)
	w.lsb(m.Rect.Dy()-1, 14)
	w.lsb(1, 1) // alpha is used
	w.lsb(0, 3) // version
	w.lsb(0, 3) // no transform, no colour cache, one group of codes
	for channel := range 4 {
		w.lsb(0, 1) // not a simple code
		w.lsb(12-4, 4)
		for i := range 12 { // lengths of the code for code lengths: 8 is the only one, and twelfth
			w.lsb(i/11, 3)
		}
		if channel == 0 { // green shares its code with lengths, which get none
			w.lsb(1, 1)
			w.lsb(3, 3)
			w.lsb(256-2, 8)
		} else {
			w.lsb(0, 1)
		}
	}
	w.lsb(1, 4) // distances: a simple code of the one symbol 0
	for i := 0; i < len(m.Pix); i += 4 {
		for _, c := range []int{1, 0, 2, 3} {
			w.lsb(int(bits.Reverse8(m.Pix[i+c])), 8)
		}
	}
	w.lsb(0, 7)
	return w.bytes
}

// webpOf puts chunks into a WebP container. The names and the data alternate.
func webpOf(chunks ...any) []byte {
	body := []byte("WEBP")
	for i := 0; i < len(chunks); i += 2 {
		data := chunks[i+1].([]byte)
		body = append(append(body, chunkHeader(chunks[i].(string), int64(len(data)))...), data...)
		if len(data)%2 == 1 {
			body = append(body, 0)
		}
	}
	return append(chunkHeader("RIFF", int64(len(body))), body...)
}

// vp8x returns a VP8X chunk's data.
func vp8x(flags byte, w, h int) []byte {
	return appendLE24(appendLE24([]byte{flags, 0, 0, 0}, w-1), h-1)
}

// anmf returns an ANMF chunk's data around a VP8L bitstream.
func anmf(x, y int, m *image.NRGBA) []byte {
	b := appendLE24(appendLE24(nil, x/2), y/2)
	b = appendLE24(appendLE24(b, m.Rect.Dx()-1), m.Rect.Dy()-1)
	b = append(b, 100, 0, 0, 0)
	vp8l := vp8lOf(m)
	b = append(append(b, chunkHeader("VP8L", int64(len(vp8l)))...), vp8l...)
	return append(b, make([]byte, len(vp8l)%2)...)
}

// exifEntry is an entry of an Exif directory: text, a short number, a
// rational number or several, bytes of no type, or another directory.
type exifEntry struct {
	tag   uint16
	value any
}

// exifOf returns a TIFF structure (CIPA DC-008, 4.5.2), its directories one
// behind the other.
func exifOf(order binary.AppendByteOrder, entries ...exifEntry) []byte {
	b := []byte("MM\x00\x2a\x00\x00\x00\x08")
	if order.AppendUint16(nil, 1)[0] == 1 {
		b = []byte("II\x2a\x00\x08\x00\x00\x00")
	}
	return appendIFD(b, order, entries)
}

func appendIFD(b []byte, order binary.AppendByteOrder, entries []exifEntry) []byte {
	end := len(b) + 2 + 12*len(entries) + 4
	var tail []byte
	b = order.AppendUint16(b, uint16(len(entries)))
	for _, e := range entries {
		b = order.AppendUint16(b, e.tag)
		switch v := e.value.(type) {
		case int:
			b = order.AppendUint32(order.AppendUint16(b, 3), 1)
			b = append(order.AppendUint16(b, uint16(v)), 0, 0)
		case string:
			data := append([]byte(v), 0)
			b = order.AppendUint32(order.AppendUint16(b, 2), uint32(len(data)))
			if len(data) <= 4 {
				b = append(b, append(data, 0, 0, 0)[:4]...)
				break
			}
			b = order.AppendUint32(b, uint32(end+len(tail)))
			tail = append(tail, data...)
		case []byte:
			b = order.AppendUint32(order.AppendUint16(b, 7), uint32(len(v)))
			b = order.AppendUint32(b, uint32(end+len(tail)))
			tail = append(tail, v...)
		case rational:
			b = order.AppendUint32(order.AppendUint16(b, 5), 1)
			b = order.AppendUint32(b, uint32(end+len(tail)))
			tail = order.AppendUint32(order.AppendUint32(tail, v[0]), v[1])
		case rationals:
			b = order.AppendUint32(order.AppendUint16(b, 5), uint32(len(v)))
			b = order.AppendUint32(b, uint32(end+len(tail)))
			for _, r := range v {
				tail = order.AppendUint32(order.AppendUint32(tail, r[0]), r[1])
			}
		case []exifEntry:
			b = order.AppendUint32(order.AppendUint16(b, 4), 1)
			at := end + len(tail)
			b = order.AppendUint32(b, uint32(at))
			sub := appendIFD(make([]byte, at), order, v)
			tail = append(tail, sub[at:]...)
		}
	}
	return append(append(b, 0, 0, 0, 0), tail...)
}

// iptcOf returns image resource blocks with one IPTC caption (IIM 4.2, 2:120).
func iptcOf(caption string, utf8 bool) []byte {
	if utf8 {
		return iptcSets("\x1b%G", 120, caption)
	}
	return iptcSets("", 120, caption)
}

// iptcSets returns image resource blocks with an IPTC record: an escape
// sequence (IIM 4.2, 1:90) or none, and datasets' numbers and values.
func iptcSets(escape string, sets ...any) []byte {
	var data []byte
	add := func(record, set byte, value string) {
		data = binary.BigEndian.AppendUint16(append(data, 0x1c, record, set), uint16(len(value)))
		data = append(data, value...)
	}
	if escape != "" {
		add(1, 90, escape)
	}
	for i := 0; i < len(sets); i += 2 {
		add(2, byte(sets[i].(int)), sets[i+1].(string))
	}
	b := append([]byte("8BIM\x04\x04\x00\x00"), 0, 0)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
	return append(b, make([]byte, len(data)%2)...)
}

func xmpOf(properties string) []byte {
	return []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"` +
		` xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"` +
		` xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">` + properties + `</rdf:Description></rdf:RDF></x:xmpmeta>`)
}

// mustReduce inspects and reduces a file.
func mustReduce(t testing.TB, file []byte, maxSide int) (Info, image.Image) {
	t.Helper()
	info, err := Inspect(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Reduce(bytes.NewReader(file), int64(len(file)), info, maxSide)
	if err != nil {
		t.Fatal(err)
	}
	return info, m
}
