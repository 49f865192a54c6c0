package photo

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"sync"

	"gallery/internal/planes"
	"gallery/internal/scaledjpeg"
	"gallery/internal/srgb"
)

// Markers of ITU-T T.81, table B.1, less their first byte, X'FF'.
const (
	markerSOF0  = 0xc0 // baseline
	markerSOF2  = 0xc2 // progressive
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc
	markerSOF15 = 0xcf
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP0  = 0xe0
	markerAPP1  = 0xe1
	markerAPP2  = 0xe2
	markerAPP13 = 0xed
	markerAPP14 = 0xee
	markerCOM   = 0xfe
)

// What begins the application segments that are read.
const (
	exifHeader = "Exif\x00" // CIPA DC-008, 4.7.2.1; one more byte follows, of any value
	xmpHeader  = "http://ns.adobe.com/xap/1.0/\x00"
	iptcHeader = "Photoshop 3.0\x00"
	iccHeader  = "ICC_PROFILE\x00" // ICC.1, annex B.4
)

// A header is read in so many segments, with so many bytes that belong to
// none between them; real ones have a few dozen, and none.
const (
	maxSegments = 4096
	maxStray    = 1 << 20
)

// jpegFrame is what a frame header says (T.81, B.2.2), and the application
// segments that change how its components are read.
type jpegFrame struct {
	marker     byte
	w, h       int
	n          int // components
	sampling   [4]struct{ h, v int }
	id         [4]byte
	jfif       bool
	adobe      bool // has an Adobe segment
	adobeColor byte // whose transform is this: 0 RGB or CMYK, 1 YCbCr, 2 YCCK
}

// readJPEG walks the segments up to the first scan. It finds markers as
// image/jpeg does, fill bytes and stray bytes included, so that both see the
// same frame header.
func readJPEG(s *source) (h header, err error) {
	h.format = JPEG
	var (
		f   jpegFrame
		icc jpegICC
		pos = int64(2)
	)
	for n, stray := 0, 0; ; n++ {
		if n == maxSegments {
			return h, errors.New("too many segments")
		}
		b, err := s.at(pos, 2)
		if err != nil {
			return h, err
		}
		for b[0] != 0xff {
			if stray++; stray > maxStray {
				return h, errors.New("too many bytes between segments")
			}
			pos++
			if b, err = s.at(pos, 2); err != nil {
				return h, err
			}
		}
		marker := b[1]
		pos += 2
		if marker == 0 {
			if stray += 2; stray > maxStray {
				return h, errors.New("too many bytes between segments")
			}
			n--
			continue
		}
		for marker == 0xff {
			if stray++; stray > maxStray {
				return h, errors.New("too many fill bytes")
			}
			if b, err = s.at(pos, 1); err != nil {
				return h, err
			}
			marker = b[0]
			pos++
		}
		if marker == markerEOI {
			return h, errors.New("no scan")
		}
		if markerRST0 <= marker && marker <= markerRST7 {
			continue
		}
		if b, err = s.at(pos, 2); err != nil {
			return h, err
		}
		seg := span{pos + 2, int64(be16(b)) - 2}
		if seg.n < 0 {
			return h, errors.New("segment too short")
		}
		if marker == markerSOS {
			break
		}
		if err := h.segment(s, marker, seg, &f, &icc); err != nil {
			return h, err
		}
		pos = seg.off + seg.n
	}
	if f.marker == 0 {
		return h, errors.New("no frame header before the scan")
	}
	h.icc = icc.pieces()
	return h, h.setFrame(f)
}

// segment notes what one segment before the scan says.
func (h *header) segment(s *source, marker byte, seg span, f *jpegFrame, icc *jpegICC) error {
	switch {
	case markerSOF0 <= marker && marker <= markerSOF15 &&
		marker != markerDHT && marker != markerJPG && marker != markerDAC:
		return f.read(s, marker, seg)
	case marker == markerAPP0:
		f.jfif = s.begins(seg, "JFIF\x00")
	case marker == markerAPP1 && h.exif.n == 0 && seg.n > 6 && s.begins(seg, exifHeader):
		h.exif = span{seg.off + 6, seg.n - 6}
	case marker == markerAPP1 && h.xmp.n == 0 && s.begins(seg, xmpHeader):
		h.xmp = seg.after(len(xmpHeader))
	case marker == markerAPP2 && s.begins(seg, iccHeader):
		return icc.add(s, seg.after(len(iccHeader)))
	case marker == markerAPP13 && h.iptc.n == 0 && s.begins(seg, iptcHeader):
		h.iptc = seg.after(len(iptcHeader))
	case marker == markerAPP14 && seg.n >= 12:
		b, err := s.at(seg.off, 12)
		if err != nil {
			return err
		}
		if string(b[:5]) == "Adobe" {
			f.adobe, f.adobeColor = true, b[11]
		}
	}
	return nil
}

// begins reports whether the bytes of p begin with prefix.
func (s *source) begins(p span, prefix string) bool {
	if p.n < int64(len(prefix)) {
		return false
	}
	b, err := s.at(p.off, len(prefix))
	return err == nil && string(b) == prefix
}

// after returns p without its first n bytes, of which it has at least n.
func (p span) after(n int) span { return span{p.off + int64(n), p.n - int64(n)} }

// read reads a frame header (T.81, B.2.2).
func (f *jpegFrame) read(s *source, marker byte, seg span) error {
	if f.marker != 0 {
		return errors.New("two frame headers")
	}
	if seg.n < 6 {
		return errors.New("frame header too short")
	}
	b, err := s.at(seg.off, int(min(seg.n, 6+3*4)))
	if err != nil {
		return err
	}
	f.marker, f.h, f.w, f.n = marker, be16(b[1:]), be16(b[3:]), int(b[5])
	if f.n < 1 || f.n > 4 || seg.n != int64(6+3*f.n) {
		return fmt.Errorf("frame of %d components in %d bytes", f.n, seg.n)
	}
	if f.n == 2 {
		return errors.New("two components")
	}
	for i := range f.n {
		c := b[6+3*i:]
		f.id[i] = c[0]
		h, v := int(c[1]>>4), int(c[1]&15)
		if h < 1 || h > 4 || v < 1 || v > 4 {
			return fmt.Errorf("sampling factors %d x %d", h, v)
		}
		f.sampling[i].h, f.sampling[i].v = h, v
	}
	return nil
}

// rgb reports whether three components are R, G and B as they stand. It
// decides as image/jpeg does.
func (f *jpegFrame) rgb() bool {
	if f.n != 3 || f.jfif {
		return false
	}
	return f.adobe && f.adobeColor == 0 || string(f.id[:3]) == "RGB"
}

// setFrame sets the layout of a frame.
func (h *header) setFrame(f jpegFrame) error {
	h.width, h.height = f.w, f.h
	h.frame = image.Rect(0, 0, f.w, f.h)
	h.grey = f.n == 1
	h.direct = f.n == 1 || f.n == 3 && !f.rgb()
	h.jpeg = scaledjpeg.Config{
		Width: f.w, Height: f.h, Components: f.n, Progressive: f.marker == markerSOF2, RGB: f.rgb(),
	}
	for i, c := range f.sampling[:f.n] {
		h.jpeg.Sampling[i] = scaledjpeg.Sampling{H: c.h, V: c.v}
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// maxPooled bounds the size of a file's buffer that is kept for the next file.
const maxPooled = 8 << 20

// files are buffers that files were read into.
var files = sync.Pool{New: func() any { return new([]byte) }}

// decodeJPEG decodes a JPEG at as small a size as leaves enough for a good
// reduction to maxSide.
//
// The file is read into memory as a whole, since the decoder plans a
// progressive file's scans ahead. It is not mapped: a mapped file that is
// truncated meanwhile raises SIGBUS, which would have to be survived on each
// access, and reading a few megabytes takes a hundredth of their decoding.
//
// A damaged or truncated file gives the part that was decoded, the rest grey,
// as browsers show it.
func decodeJPEG(s *source, l layout, maxSide int) (m image.Image, denom int, err error) {
	buffer := files.Get().(*[]byte)
	defer func() {
		if cap(*buffer) <= maxPooled {
			files.Put(buffer)
		}
	}()
	data, err := s.readAll(*buffer)
	*buffer = data
	if err != nil {
		return nil, 0, fmt.Errorf("read jpeg: %w", err)
	}
	denom, finer := denoms(l, s.size, maxSide)
	m, denom, err = scaledjpeg.DecodeTo(data, maxSide, denom, finer)
	if m == nil {
		return nil, 0, fmt.Errorf("decode jpeg: %w", err)
	}
	if m.Bounds() != image.Rect(0, 0, ceilDiv(l.width, denom), ceilDiv(l.height, denom)) {
		return nil, 0, fmt.Errorf("decode jpeg: decoded as %v, not %v at 1/%d", m.Bounds(), l.frame, denom)
	}
	return m, denom, nil
}

// finerMemory bounds the file and its picture, in bytes, where that is decoded at a larger
// scale because it has lines: a camera's 12 MP, or as many in a screenshot, so that
// they go with the smallest budget.
const finerMemory = 24 << 20

// denoms returns the denominator to decode a JPEG with, and that for one with lines.
func denoms(l layout, size int64, maxSide int) (denom, finer int) {
	denom = l.jpeg.Denom(maxSide)
	for finer = 1; finer < denom && size+l.jpeg.Memory(finer) > finerMemory; finer *= 2 {
	}
	return denom, finer
}

// reduceChannels reduces a JPEG in RGB or CMYK, each of its channels like a
// plane, and converts what comes of them by the transform, unless that is nil. Of inks, each
// takes its part of red, green or blue; black is added to the other three before the
// transform, which is not how a press prints it but how Chromium shows the original.
func reduceChannels(s *source, l layout, convert *srgb.Transform, orientation, maxSide int) (image.Image, error) {
	m, denom, err := decodeJPEG(s, l, maxSide)
	if err != nil {
		return nil, err
	}
	var pix []byte // of four bytes a pixel
	switch m := m.(type) {
	case *image.CMYK:
		pix = m.Pix
	case *image.RGBA:
		pix = m.Pix
	default:
		return nil, fmt.Errorf("decode jpeg: decoded as %T", m)
	}
	plane := image.NewGray(m.Bounds())
	var small [4]*image.Gray
	for c := range l.jpeg.Components {
		for i := range plane.Pix {
			plane.Pix[i] = pix[4*i+c]
		}
		r, err := reducePlanes(plane, l, denom, orientation, maxSide)
		if err != nil {
			return nil, err
		}
		small[c] = r.(*image.Gray)
	}
	out := image.NewYCbCr(small[0].Rect, image.YCbCrSubsampleRatio444)
	for i := range out.Y {
		var in [4]uint8
		for c, plane := range small[:l.jpeg.Components] {
			in[c] = plane.Pix[i]
		}
		rgb := [3]uint8(in[:3])
		if l.jpeg.Components == 4 {
			rgb[0], rgb[1], rgb[2] = color.CMYKToRGB(in[0], in[1], in[2], in[3])
			in = [4]uint8{255 - rgb[0], 255 - rgb[1], 255 - rgb[2], 0}
		}
		if convert != nil {
			rgb = convert.Color(in)
		}
		out.Y[i], out.Cb[i], out.Cr[i] = color.RGBToYCbCr(rgb[0], rgb[1], rgb[2])
	}
	return out, nil
}

// jpegCost bounds what decoding a JPEG and reducing its planes, or its
// channels, allocates, the file's buffer included.
func jpegCost(l layout, size int64, maxSide int) int64 {
	denom, finer := denoms(l, size, maxSide)
	from := image.Pt(ceilDiv(l.width, finer), ceilDiv(l.height, finer))
	to := Fitted(image.Pt(l.width, l.height), maxSide)
	cost := size + l.jpeg.Memory(denom)
	if finer < denom {
		cost += l.jpeg.Memory(finer)
	}
	if l.direct {
		return cost + planes.Memory(from, to)
	}
	return cost + area(from) + 4*planes.Memory(from, to) + 3*area(to)
}
