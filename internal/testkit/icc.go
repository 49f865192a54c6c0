package testkit

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"gallery/internal/srgb"
	"maps"
	"math"
	"slices"
)

// ICCSegments returns a profile in APP2 segments of at most piece bytes.
func ICCSegments(profile []byte, piece int) (segments [][]byte) {
	n := ceilDiv(len(profile), piece)
	for i := range n {
		data := append([]byte{byte(i + 1), byte(n)}, profile[i*piece:min(len(profile), (i+1)*piece)]...)
		segments = append(segments, Segment(app2, "ICC_PROFILE\x00", data))
	}
	return segments
}

// ICCPChunk returns a profile in a PNG's chunk.
func ICCPChunk(profile []byte) []byte {
	b := bytes.NewBufferString("name\x00\x00")
	z := zlib.NewWriter(b)
	z.Write(profile)
	z.Close()
	return PNGChunk("iCCP", b.Bytes())
}

// InkProfile returns a profile of CMYK with a table of two points an ink, in
// which inks are less bright than the plain reckoning has them.
func InkProfile() []byte {
	var tag []byte
	tag = append(tag, "mft1\x00\x00\x00\x00\x04\x03\x02\x00"...)
	for i := range 9 {
		tag = append(tag, 0, byte(1-min(i%4, 1)), 0, 0)
	}
	linear := make([]byte, 256)
	for i := range linear {
		linear[i] = byte(i)
	}
	tag = append(tag, bytes.Repeat(linear, 4)...)
	for i := range 16 {
		c, m, y, k := i>>3&1, i>>2&1, i>>1&1, i&1
		tag = append(tag, byte((100-25*c-30*m-5*y-35*k)*255/100), byte(128-25*c+50*m-5*y), byte(128-30*c-5*m+60*y))
	}
	tag = append(tag, bytes.Repeat(linear, 3)...)
	p := make([]byte, 128)
	copy(p[8:], "\x02\x10\x00\x00prtrCMYKLab ")
	copy(p[36:], "acsp")
	for i, v := range srgb.D50 {
		binary.BigEndian.PutUint32(p[68+4*i:], uint32(math.Round(v*65536)))
	}
	p = append(p, Numbers(1)...)
	p = append(p, "A2B0"...)
	p = append(p, Numbers(144, uint32(len(tag)))...)
	p = append(p, tag...)
	binary.BigEndian.PutUint32(p, uint32(len(p)))
	return p
}

// Numbers returns numbers of 32 bits as PNG and ICC profiles store them.
func Numbers(v ...uint32) (b []byte) {
	for _, v := range v {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// MatrixProfile returns a profile of RGB whose values are light to the power
// 1/gamma, of n bytes or as many as it takes (ICC.1:2001-04, 6.3.1.2).
func MatrixProfile(primaries srgb.Primaries, gamma float64, n int) []byte {
	colorants := primaries.Colorants()
	tags := map[string][]byte{"wtpt": iccXYZ(srgb.D50)}
	for c, letter := range []string{"r", "g", "b"} {
		tags[letter+"XYZ"] = iccXYZ([3]float64{colorants[0][c], colorants[1][c], colorants[2][c]})
		tags[letter+"TRC"] = iccGamma(gamma)
	}
	return iccProfile("RGB ", tags, n)
}

// GreyProfile returns a profile of grey whose values are light to the power
// 1/gamma (ICC.1:2001-04, 6.3.1.1).
func GreyProfile(gamma float64) []byte {
	return iccProfile("GRAY", map[string][]byte{"wtpt": iccXYZ(srgb.D50), "kTRC": iccGamma(gamma)}, 0)
}

// iccProfile returns a display profile that connects by XYZ, with padding up to n
// bytes.
func iccProfile(space string, tags map[string][]byte, n int) []byte {
	p := make([]byte, 128)
	copy(p[8:], "\x02\x10\x00\x00mntr"+space+"XYZ ")
	copy(p[36:], "acsp")
	copy(p[68:], iccXYZ(srgb.D50)[8:])
	p = append(p, Numbers(uint32(len(tags)))...)
	var data []byte
	for _, sig := range slices.Sorted(maps.Keys(tags)) {
		p = append(append(p, sig...), Numbers(uint32(128+4+12*len(tags)+len(data)), uint32(len(tags[sig])))...)
		data = append(data, tags[sig]...)
		data = append(data, make([]byte, -len(data)&3)...)
	}
	p = append(p, data...)
	p = append(p, make([]byte, max(0, n-len(p)))...)
	binary.BigEndian.PutUint32(p, uint32(len(p)))
	return p
}

// iccXYZ returns an XYZType (ICC.1:2001-04, 6.5.26).
func iccXYZ(v [3]float64) []byte {
	fixed := func(v float64) uint32 { return uint32(int32(math.Round(v * 65536))) }
	return append([]byte("XYZ \x00\x00\x00\x00"), Numbers(fixed(v[0]), fixed(v[1]), fixed(v[2]))...)
}

// iccGamma returns a curveType of one number (ICC.1:2001-04, 6.5.3).
func iccGamma(gamma float64) []byte {
	return binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), uint16(math.Round(gamma*256)))
}
