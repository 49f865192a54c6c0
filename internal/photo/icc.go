package photo

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
	"math"

	"gallery/internal/srgb"
)

// jpegICC gathers the pieces of a profile from APP2 segments (ICC.1, annex
// B.4). They may stand in any order; each says which one it is, of how many.
type jpegICC struct {
	count   int
	piece   [256]span
	have    int
	damaged bool
}

// add notes a segment, less its header.
func (c *jpegICC) add(s *source, p span) error {
	if p.n < 2 {
		c.damaged = true
		return nil
	}
	b, err := s.at(p.off, 2)
	if err != nil {
		return err
	}
	i, count := int(b[0]), int(b[1])
	if c.count == 0 {
		c.count = count
	}
	if i < 1 || i > count || count != c.count || c.piece[i].off != 0 {
		c.damaged = true
		return nil
	}
	c.piece[i] = p.after(2)
	c.have++
	return nil
}

// pieces returns the profile's pieces in order, or nil where one is missing
// or there are too many.
func (c *jpegICC) pieces() []span {
	if c.count == 0 || c.damaged || c.have != c.count {
		return nil
	}
	return c.piece[1 : c.count+1]
}

// maxEmbedded is the most bytes of a profile that are stored with each
// rendition. The profiles of displays and cameras have 500 to 3,200; those of
// scanners and presses, with tables, up to some hundred thousand, and are
// converted by.
const maxEmbedded = 4 << 10

// colors is what becomes of a picture's colours. The zero value is sRGB.
//
// That a camera says by Exif alone that it wrote Adobe RGB (DCF 2.0, 4.3.1:
// InteropIndex "R03") changes nothing: no browser heeds it, and a thumbnail
// must not change its colours where the original is shown in its place.
type colors struct {
	embed    []byte // ICC profile to store with the reduced picture; nil if none
	channels int    // of the profile to convert to sRGB by; 0 if none
	size     int64  // bound of that profile, bytes
	made     []byte // that profile, where it is not in the file but made from what it says
	hdr      *hdr   // to convert to sRGB from
}

// hdr is a picture in an HDR encoding.
type hdr struct {
	encoding  srgb.HDR
	primaries srgb.Primaries
	peak      float64 // nits; 0 if unknown
}

// readColors finds out what a file says of its colours: a small profile of an
// RGB picture is kept, and any other converted by, if it suits the picture.
func readColors(s *source, h header) (c colors) {
	p := readProfile(s, h, maxEmbedded+1)
	if h.format == PNG {
		if c, ok := h.png.colors.resolve(h.grey, isProfile(p)); ok {
			return c
		}
	}
	if c.channels = profileChannels(p, h); c.channels == 0 {
		return colors{}
	}
	size := int64(binary.BigEndian.Uint32(p))
	if h.format != PNG && size > total(h.icc) || size > maxICC {
		return colors{}
	}
	if c.channels == 3 && !h.grey && size <= maxEmbedded {
		if int64(len(p)) < size {
			return colors{}
		}
		return colors{embed: p[:size:size]}
	}
	c.size = size
	return c
}

func total(pieces []span) (n int64) {
	for _, p := range pieces {
		n += p.n
	}
	return n
}

// memory bounds what transform allocates.
func (c colors) memory() int64 {
	if c.channels == 0 {
		return 0
	}
	return 3*c.size + srgb.Memory(int(c.size)) // io.ReadAll's slices add up to less than three times the last
}

// transform returns the transform to sRGB, or nil where there is none: then
// the samples are taken as they are. A damaged profile counts as absent.
func (c colors) transform(s *source, h header) *srgb.Transform {
	if c.hdr != nil {
		return srgb.FromHDR(c.hdr.encoding, c.hdr.primaries, c.hdr.peak)
	}
	if c.channels == 0 {
		return nil
	}
	p := c.made
	if p == nil {
		if p = readProfile(s, h, c.size); int64(len(p)) < c.size {
			return nil
		}
	}
	t, err := srgb.FromProfile(p, c.channels)
	if err != nil {
		return nil
	}
	return t
}

// toSRGB converts a reduced picture, in place where it stays of its kind: a
// grey one becomes RGB if its profile has a tint.
func toSRGB(m image.Image, t *srgb.Transform) image.Image {
	switch m := m.(type) {
	case *image.Gray:
		var table [256][3]uint8
		tinted := false
		for v := range table {
			c := t.Color([4]uint8{uint8(v), uint8(v), uint8(v)})
			table[v] = c
			tinted = tinted || max(c[0], c[1], c[2])-min(c[0], c[1], c[2]) > 1
		}
		if tinted {
			out := image.NewRGBA(m.Rect)
			for i, v := range m.Pix {
				c := table[v]
				copy(out.Pix[4*i:4*i+4], []uint8{c[0], c[1], c[2], 0xff})
			}
			return out
		}
		for i, v := range m.Pix {
			m.Pix[i] = table[v][1]
		}
	case *image.YCbCr:
		for i := range m.Y {
			r, g, b := color.YCbCrToRGB(m.Y[i], m.Cb[i], m.Cr[i])
			c := t.Color([4]uint8{r, g, b})
			m.Y[i], m.Cb[i], m.Cr[i] = color.RGBToYCbCr(c[0], c[1], c[2])
		}
	case *image.RGBA:
		for p := m.Pix; len(p) >= 4; p = p[4:] {
			c := t.Color([4]uint8{p[0], p[1], p[2]})
			p[0], p[1], p[2] = c[0], c[1], c[2]
		}
	}
	return m
}

// readProfile returns the first bytes of the file's ICC profile, at most limit,
// or nil where it is not to be had.
func readProfile(s *source, h header, limit int64) []byte {
	if h.format == PNG && len(h.icc) > 0 {
		p, err := inflateICCP(s.section(h.icc[0]), limit)
		if err != nil {
			return nil
		}
		return p
	}
	p := make([]byte, 0, min(limit, total(h.icc)))
	for _, piece := range h.icc {
		piece.n = min(piece.n, limit-int64(len(p)))
		b, err := s.read(piece, limit)
		if err != nil {
			return nil
		}
		p = append(p, b...)
	}
	return p
}

// isProfile reports whether p begins like a profile (ICC.1, 7.2).
func isProfile(p []byte) bool {
	const headerSize = 128
	return len(p) >= headerSize+4 && string(p[36:40]) == "acsp" && binary.BigEndian.Uint32(p) >= headerSize+4
}

// profileChannels returns how many channels the profile has that begins with
// p, or 0 if that does not suit the picture (ICC.1, 7.2): one of grey or RGB
// for a grey one, of CMYK for one in CMYK, else of RGB. Browsers take no grey one
// with Lab for its connection space.
func profileChannels(p []byte, h header) int {
	if !isProfile(p) {
		return 0
	}
	cmyk := h.format == JPEG && h.jpeg.Components == 4
	switch space := string(p[16:20]); {
	case space == "GRAY" && string(p[20:24]) == "XYZ " && h.grey:
		return 1
	case space == "RGB " && !cmyk:
		return 3
	case space == "CMYK" && cmyk:
		return 4
	}
	return 0
}

// matrixProfile returns an ICC profile of version 4: three colorants and one
// tone curve.
func matrixProfile(name string, primaries srgb.Primaries, curve []byte) []byte {
	var tags []byte
	type entry struct {
		sig    string
		off, n int
	}
	var entries []entry
	const tagCount = 9
	base := 128 + 4 + 12*tagCount
	put := func(data []byte, sigs ...string) {
		for _, sig := range sigs {
			entries = append(entries, entry{sig, base + len(tags), len(data)})
		}
		tags = append(tags, data...)
		for len(tags)%4 != 0 {
			tags = append(tags, 0)
		}
	}
	put(iccText(name), "desc")
	put(iccText("No copyright, use freely"), "cprt")
	put(iccXYZ(srgb.D50), "wtpt")
	c := primaries.Colorants()
	for i, sig := range []string{"rXYZ", "gXYZ", "bXYZ"} {
		put(iccXYZ([3]float64{c[0][i], c[1][i], c[2][i]}), sig)
	}
	put(curve, "rTRC", "gTRC", "bTRC")

	b := make([]byte, 128, base+len(tags))
	binary.BigEndian.PutUint32(b, uint32(base+len(tags)))
	binary.BigEndian.PutUint32(b[8:], 0x04200000) // version 4.2
	copy(b[12:], "mntrRGB XYZ ")
	copy(b[24:], []byte{0x07, 0xd0, 0, 1, 0, 1}) // 2000-01-01, 0:00: the same bytes each time
	copy(b[36:], "acsp")
	for i, v := range srgb.D50 {
		binary.BigEndian.PutUint32(b[68+4*i:], s15Fixed16(v))
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(entries)))
	for _, e := range entries {
		b = append(b, e.sig...)
		b = binary.BigEndian.AppendUint32(b, uint32(e.off))
		b = binary.BigEndian.AppendUint32(b, uint32(e.n))
	}
	return append(b, tags...)
}

// inflateICCP returns the profile of an iCCP chunk: a name of 1 to 79 bytes,
// a zero, the compression method, which is 0, and a zlib stream (PNG,
// 11.3.2.3), of which no more than limit bytes are returned.
func inflateICCP(r io.Reader, limit int64) ([]byte, error) {
	br := bufio.NewReaderSize(r, 1<<12)
	head, _ := br.Peek(81)
	i := bytes.IndexByte(head, 0)
	if i < 1 || i+1 >= len(head) || head[i+1] != 0 {
		return nil, errors.New("damaged iCCP chunk")
	}
	br.Discard(i + 2)
	z, err := zlib.NewReader(br)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return io.ReadAll(io.LimitReader(z, limit))
}

func s15Fixed16(v float64) uint32 { return uint32(int32(math.Round(v * 65536))) }

// iccXYZ returns an XYZType (ICC.1, 10.31).
func iccXYZ(v [3]float64) []byte {
	b := []byte("XYZ \x00\x00\x00\x00")
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, s15Fixed16(x))
	}
	return b
}

// iccText returns a multiLocalizedUnicodeType of ASCII (ICC.1, 10.15).
func iccText(s string) []byte {
	b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
	b = binary.BigEndian.AppendUint32(b, uint32(2*len(s)))
	b = binary.BigEndian.AppendUint32(b, 28)
	for i := range len(s) {
		b = append(b, 0, s[i])
	}
	return b
}

// iccCurve returns a parametricCurveType (ICC.1, 10.18): (ax+b)^gamma from x = d
// on, and cx below.
func iccCurve(gamma, a, b, c, d float64) []byte {
	p := []byte("para\x00\x00\x00\x00\x00\x03\x00\x00")
	for _, v := range []float64{gamma, a, b, c, d} {
		p = binary.BigEndian.AppendUint32(p, s15Fixed16(v))
	}
	return p
}
