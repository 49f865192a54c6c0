package scaledjpeg

import (
	"bytes"
	"image"
)

// Marker codes, the second byte after 0xff (table B.1).
const (
	markerSOF0  = 0xc0 // baseline
	markerSOF1  = 0xc1 // extended sequential
	markerSOF2  = 0xc2 // progressive
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDQT   = 0xdb
	markerDRI   = 0xdd
	markerAPP0  = 0xe0
	markerAPP14 = 0xee
	markerTEM   = 0x01
)

// isSOF reports whether a marker begins a frame header, of any kind.
func isSOF(marker byte) bool {
	return 0xc0 <= marker && marker <= 0xcf && marker != markerDHT && marker != markerJPG && marker != markerDAC
}

func isRST(marker byte) bool { return markerRST0 <= marker && marker <= markerRST7 }

// inScan reports whether what looks like a marker does not end a scan: a restart marker, or one that no file has, which is
// damaged data (table B.1: X'02' to X'BF' are reserved).
func inScan(marker byte) bool { return isRST(marker) || marker != 0 && marker < markerSOF0 }

// hasLength reports whether a two-byte length follows the marker (B.1.1.4).
func hasLength(marker byte) bool {
	return marker != markerTEM && !(markerRST0 <= marker && marker <= markerEOI)
}

// findMarker returns the next marker in data from position i on, and the position behind it. Bytes before it, stuffed 0xff
// bytes (0xff 0x00) and fill bytes (B.1.1.2) are skipped. At the end of data it returns marker 0.
func findMarker(data []byte, i int) (marker byte, next int) {
	for i < len(data) {
		k := bytes.IndexByte(data[i:], 0xff)
		if k < 0 {
			break
		}
		for i += k; i < len(data) && data[i] == 0xff; i++ {
		}
		if i < len(data) && data[i] != 0 {
			return data[i], i + 1
		}
	}
	return 0, len(data)
}

// frame is what a frame header says (B.2.2), and the geometry that follows from it (A.1.1, A.2).
type frame struct {
	Config
	baseline   bool
	hmax, vmax int
	mcusX      int // MCUs in a row of an interleaved scan
	mcusY      int
	comps      [maxComponents]component
}

const maxComponents = 4

type component struct {
	id      byte
	tq      byte
	h, v    int
	blocksX int // blocks that hold part of the picture: what a non-interleaved scan consists of
	blocksY int
	stride  int // blocks in a row, up to whole MCUs of an interleaved scan
	rows    int
}

// parse takes in a frame header, without its length. It reports UnsupportedError for the kinds of frames not known here.
func (f *frame) parse(marker byte, b []byte) error {
	*f = frame{}
	switch marker {
	case markerSOF0:
		f.baseline = true
	case markerSOF1:
	case markerSOF2:
		f.Progressive = true
	case 0xc3:
		return UnsupportedError("lossless coding")
	case 0xc5, 0xc6, 0xc7:
		return UnsupportedError("hierarchical coding")
	default:
		return UnsupportedError("arithmetic coding")
	}
	if len(b) < 6 {
		return FormatError("frame header has wrong length")
	}
	n := int(b[5])
	if n != 1 && n != 3 && n != 4 {
		return UnsupportedError("number of components")
	}
	if len(b) != 6+3*n {
		return FormatError("frame header has wrong length")
	}
	if b[0] != 8 {
		return UnsupportedError("sample precision")
	}
	f.Height = int(b[1])<<8 | int(b[2])
	f.Width = int(b[3])<<8 | int(b[4])
	f.Components = n
	if f.Width == 0 {
		return FormatError("width is 0")
	}
	if f.Height == 0 {
		return UnsupportedError("height is not in the frame header")
	}
	for i := range n {
		c := &f.comps[i]
		c.id, c.h, c.v, c.tq = b[6+3*i], int(b[7+3*i]>>4), int(b[7+3*i]&15), b[8+3*i]
		for _, other := range f.comps[:i] {
			if other.id == c.id {
				return FormatError("repeated component identifier")
			}
		}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return FormatError("bad sampling factor")
		}
		if c.tq > 3 {
			return FormatError("bad quantization table selector")
		}
		if n == 1 {
			c.h, c.v = 1, 1 // The scan is not interleaved whatever the factors say (A.2.2).
		}
		f.Sampling[i] = Sampling{c.h, c.v}
		f.hmax, f.vmax = max(f.hmax, c.h), max(f.vmax, c.v)
	}
	f.mcusX = ceilDiv(f.Width, 8*f.hmax)
	f.mcusY = ceilDiv(f.Height, 8*f.vmax)
	for i := range n {
		c := &f.comps[i]
		c.blocksX = ceilDiv(ceilDiv(f.Width*c.h, f.hmax), 8)
		c.blocksY = ceilDiv(ceilDiv(f.Height*c.v, f.vmax), 8)
		c.stride = f.mcusX * c.h
		c.rows = f.mcusY * c.v
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// ratio returns the sampling ratio of a picture of three components, and whether image.YCbCr can express it.
func (c Config) ratio() (image.YCbCrSubsampleRatio, bool) {
	y, cb, cr := c.Sampling[0], c.Sampling[1], c.Sampling[2]
	if c.Components != 3 || cb != cr || y.H%cb.H != 0 || y.V%cb.V != 0 {
		return 0, false
	}
	switch [2]int{y.H / cb.H, y.V / cb.V} {
	case [2]int{1, 1}:
		return image.YCbCrSubsampleRatio444, true
	case [2]int{1, 2}:
		return image.YCbCrSubsampleRatio440, true
	case [2]int{2, 1}:
		return image.YCbCrSubsampleRatio422, true
	case [2]int{2, 2}:
		return image.YCbCrSubsampleRatio420, true
	case [2]int{4, 1}:
		return image.YCbCrSubsampleRatio411, true
	case [2]int{4, 2}:
		return image.YCbCrSubsampleRatio410, true
	}
	return 0, false
}

// appInfo is what the application segments say about the colour space.
type appInfo struct {
	jfif      bool // APP0 "JFIF": one component is grey, three are YCbCr
	adobe     bool // APP14 "Adobe"
	transform byte // Adobe's: 0 means RGB or CMYK, 1 YCbCr, 2 YCCK
}

func (a *appInfo) parse(marker byte, b []byte) {
	switch {
	case marker == markerAPP0 && len(b) >= 5:
		a.jfif = string(b[:5]) == "JFIF\x00"
	case marker == markerAPP14 && len(b) >= 12 && string(b[:5]) == "Adobe":
		a.adobe, a.transform = true, b[11]
	}
}

// isRGB reports whether three components are red, green and blue, by the rules of image/jpeg.
func (f *frame) isRGB(a appInfo) bool {
	switch {
	case f.Components != 3 || a.jfif:
		return false
	case a.adobe && a.transform == 0:
		return true
	}
	return f.comps[0].id == 'R' && f.comps[1].id == 'G' && f.comps[2].id == 'B'
}

// A scan header (B.2.3).
type scan struct {
	n      int // components
	comp   [maxComponents]uint8
	td, ta [maxComponents]uint8
	ss, se int // spectral selection
	ah, al uint
}

// parseScan takes in a scan header, without its length.
func (f *frame) parseScan(b []byte) (s scan, err error) {
	if len(b) < 6 || len(b) != 4+2*int(b[0]) || int(b[0]) > f.Components {
		return s, FormatError("scan header has wrong length")
	}
	s.n = int(b[0])
	blocks := 0
	for i := range s.n {
		k := 0
		for k < f.Components && f.comps[k].id != b[1+2*i] {
			k++
		}
		if k == f.Components {
			return s, FormatError("unknown component selector")
		}
		for _, other := range s.comp[:i] {
			if int(other) == k {
				return s, FormatError("repeated component selector")
			}
		}
		s.comp[i] = uint8(k)
		s.td[i], s.ta[i] = b[2+2*i]>>4, b[2+2*i]&15
		if s.td[i] > 3 || s.ta[i] > 3 || f.baseline && (s.td[i] > 1 || s.ta[i] > 1) {
			return s, FormatError("bad Huffman table selector")
		}
		blocks += f.comps[k].h * f.comps[k].v
	}
	if s.n > 1 && blocks > maxMCUBlocks {
		return s, FormatError("too many blocks in an MCU")
	}
	s.se = 63
	if f.Progressive {
		p := b[1+2*s.n:]
		s.ss, s.se, s.ah, s.al = int(p[0]), int(p[1]), uint(p[2]>>4), uint(p[2]&15)
		switch {
		case s.ss > s.se || s.se > 63 || s.ss == 0 && s.se != 0:
			return s, FormatError("bad spectral selection")
		case s.ss > 0 && s.n != 1:
			return s, FormatError("interleaved AC scan")
		case s.ah != 0 && s.ah != s.al+1:
			return s, FormatError("bad successive approximation")
		}
	}
	return s, nil
}

// maxMCUBlocks is the most blocks that an MCU of an interleaved scan may have (B.2.3).
const maxMCUBlocks = 10
