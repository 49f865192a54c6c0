package photo

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"math"
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

// readProfile returns the file's ICC profile if it is whole and fits the
// picture that Reduce returns, else nil.
func readProfile(s *source, h header) []byte {
	if len(h.icc) == 0 {
		return nil
	}
	var p []byte
	left := maxICC
	for _, piece := range h.icc {
		b, err := s.read(piece, left)
		if err != nil {
			return nil
		}
		left -= int64(len(b))
		p = append(p, b...)
	}
	if h.format == PNG {
		var err error
		if p, err = inflateICCP(p); err != nil {
			return nil
		}
	}
	return fittingProfile(p, h.grey)
}

// inflateICCP returns the profile of an iCCP chunk: a name of 1 to 79 bytes,
// a zero, the compression method, which is 0, and a zlib stream (PNG,
// 11.3.2.3).
func inflateICCP(b []byte) ([]byte, error) {
	i := bytes.IndexByte(b, 0)
	if i < 1 || i > 79 || i+2 > len(b) || b[i+1] != 0 {
		return nil, errors.New("damaged iCCP chunk")
	}
	z, err := zlib.NewReader(bytes.NewReader(b[i+2:]))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	p, err := io.ReadAll(io.LimitReader(z, maxICC+1))
	if err != nil {
		return nil, err
	}
	if int64(len(p)) > maxICC {
		return nil, errors.New("profile too large")
	}
	return p, nil
}

// fittingProfile returns the profile, cut to the length its header gives, if
// its colour space is the picture's (ICC.1, 7.2): grey or RGB.
func fittingProfile(p []byte, grey bool) []byte {
	const headerSize = 128
	if len(p) < headerSize+4 || string(p[36:40]) != "acsp" {
		return nil
	}
	n := binary.BigEndian.Uint32(p)
	if n < headerSize+4 || uint64(n) > uint64(len(p)) {
		return nil
	}
	want := "RGB "
	if grey {
		want = "GRAY"
	}
	if string(p[16:20]) != want {
		return nil
	}
	return p[:n:n]
}

// adobeRGBProfile returns an ICC v2 profile compatible with Adobe RGB (1998):
// three colorants and one tone curve. Cameras that write in that space say so
// in Exif only (DCF 2.0, 4.3.1: InteropIndex "R03") and embed no profile.
func adobeRGBProfile() []byte {
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
	put(iccDescription("Compatible with Adobe RGB (1998)"), "desc")
	put(append([]byte("text\x00\x00\x00\x00"), "No copyright, use freely\x00"...), "cprt")
	put(iccXYZ(d50), "wtpt")
	c := adobeRGBColorants()
	for i, sig := range []string{"rXYZ", "gXYZ", "bXYZ"} {
		put(iccXYZ([3]float64{c[0][i], c[1][i], c[2][i]}), sig)
	}
	// curveType with one value: a gamma of 563/256 as u8Fixed8Number.
	put([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x33"), "rTRC", "gTRC", "bTRC")

	b := make([]byte, 128, base+len(tags))
	binary.BigEndian.PutUint32(b, uint32(base+len(tags)))
	binary.BigEndian.PutUint32(b[8:], 0x02400000) // version 2.4
	copy(b[12:], "mntrRGB XYZ ")
	copy(b[24:], []byte{0x07, 0xd0, 0, 1, 0, 1}) // 2000-01-01, 0:00: the same bytes each time
	copy(b[36:], "acsp")
	for i, v := range d50 {
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

// d50 is the white of the profile connection space (ICC.1, 7.2.16).
var d50 = [3]float64{0.9642, 1, 0.8249}

// adobeRGBColorants returns the matrix from linear Adobe RGB to XYZ relative
// to D50. Its columns are the XYZ of the primaries, scaled so that they sum up
// to the white D65, then adapted to D50 by Bradford's cone responses (ICC.1,
// annex E).
func adobeRGBColorants() [3][3]float64 {
	xyz := func(x, y float64) [3]float64 { return [3]float64{x / y, 1, (1 - x - y) / y} }
	r, g, b := xyz(0.64, 0.33), xyz(0.21, 0.71), xyz(0.15, 0.06)
	d65 := xyz(0.3127, 0.3290)
	primaries := [3][3]float64{
		{r[0], g[0], b[0]},
		{r[1], g[1], b[1]},
		{r[2], g[2], b[2]},
	}
	scale := apply(invert(primaries), d65)
	toXYZ := multiply(primaries, diagonal(scale))

	bradford := [3][3]float64{
		{0.8951, 0.2664, -0.1614},
		{-0.7502, 1.7135, 0.0367},
		{0.0389, -0.0685, 1.0296},
	}
	from, to := apply(bradford, d65), apply(bradford, d50)
	gain := diagonal([3]float64{to[0] / from[0], to[1] / from[1], to[2] / from[2]})
	adapt := multiply(invert(bradford), multiply(gain, bradford))
	return multiply(adapt, toXYZ)
}

func diagonal(v [3]float64) [3][3]float64 {
	return [3][3]float64{{v[0], 0, 0}, {0, v[1], 0}, {0, 0, v[2]}}
}

func apply(m [3][3]float64, v [3]float64) (out [3]float64) {
	for i := range m {
		out[i] = m[i][0]*v[0] + m[i][1]*v[1] + m[i][2]*v[2]
	}
	return out
}

func multiply(a, b [3][3]float64) (out [3][3]float64) {
	for i := range 3 {
		for j := range 3 {
			out[i][j] = a[i][0]*b[0][j] + a[i][1]*b[1][j] + a[i][2]*b[2][j]
		}
	}
	return out
}

// invert returns the inverse of a regular matrix, by its adjugate.
func invert(m [3][3]float64) (out [3][3]float64) {
	minor := func(i, j int) float64 {
		a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
		return m[a][c]*m[b][d] - m[a][d]*m[b][c]
	}
	det := m[0][0]*minor(0, 0) + m[0][1]*minor(0, 1) + m[0][2]*minor(0, 2)
	for i := range 3 {
		for j := range 3 {
			out[j][i] = minor(i, j) / det
		}
	}
	return out
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

// iccDescription returns a textDescriptionType of version 2 (ICC.1:2001,
// 6.5.17): ASCII only, the Unicode and Macintosh parts empty.
func iccDescription(s string) []byte {
	b := []byte("desc\x00\x00\x00\x00")
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)+1))
	b = append(b, s...)
	return append(b, make([]byte, 1+4+4+2+1+67)...)
}
