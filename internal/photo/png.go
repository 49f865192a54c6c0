package photo

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"strings"
)

// maxChunks bounds how many chunks of a PNG besides IDAT are walked, and as
// many of a WebP, or sub-blocks of a GIF.
const maxChunks = 1 << 16

// xmpKeyword begins an iTXt chunk that holds XMP, uncompressed and with
// neither language nor translated keyword (XMP part 3, 1.1.5).
const xmpKeyword = "XML:com.adobe.xmp\x00\x00\x00\x00\x00"

// Colour types of the PNG specification, 11.2.1.
const (
	pngGrey      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGreyAlpha = 4
	pngRGBA      = 6
)

// readPNG walks the chunks (PNG, 5.3) to the last one: Exif may stand behind
// the pixels (11.3.3.4). Where the file ends early, what was found counts.
func readPNG(s *source) (h header, err error) {
	h.format = PNG
	b, err := s.at(8, 8+13)
	if err != nil {
		return h, err
	}
	if string(b[4:8]) != "IHDR" || binary.BigEndian.Uint32(b) != 13 {
		return h, errors.New("IHDR is not first")
	}
	b = b[8:]
	w, hh := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if w > 1<<31-1 || hh > 1<<31-1 {
		return h, fmt.Errorf("%d x %d pixels are too many", w, hh)
	}
	h.width, h.height = int(w), int(hh)
	depth, color, interlaced := int(b[8]), int(b[9]), b[12] != 0

	h.png.head = span{0, 8 + 8 + 13 + 4}
	pos := h.png.head.n
	for n := 0; n < maxChunks; {
		b, err := s.at(pos, 8)
		if err != nil {
			break
		}
		c := chunk{string(b[4:8]), span{pos + 8, int64(binary.BigEndian.Uint32(b))}}
		pos = c.off + c.n + 4 // and its CRC
		whole := span{c.off - 8, min(pos, s.size) - (c.off - 8)}
		if c.id == "IEND" {
			break
		}
		if c.id == "IDAT" {
			switch idat := &h.png.idat; {
			case idat.n == 0:
				*idat = whole
			case idat.off+idat.n == whole.off:
				idat.n += whole.n
			}
			continue
		}
		h.pngChunk(s, c, whole)
		h.png.animation(s, c, whole)
		n++
	}
	return h, h.setPNG(depth, color, interlaced)
}

// pngChunk notes a chunk other than IDAT: the first of its kind counts.
func (h *header) pngChunk(s *source, c chunk, whole span) {
	if h.png.idat.n == 0 {
		h.png.colors.note(s, c)
	}
	switch {
	case c.id == "PLTE" && h.png.plte.n == 0 && h.png.idat.n == 0:
		h.png.plte = whole
	case c.id == "tRNS" && h.png.trns.n == 0 && h.png.idat.n == 0:
		h.png.trns = whole
	case c.id == "iCCP" && h.icc == nil:
		h.icc = []span{c.span}
	case c.id == "acTL" && h.png.idat.n == 0:
		b, err := s.at(c.off, 4) // the number of frames
		h.animated = err == nil && c.n >= 4 && binary.BigEndian.Uint32(b) > 1
	case c.id == "eXIf" && h.exif.n == 0:
		h.exif, h.lateExif = c.span, h.png.idat.n > 0
	case c.id == "iTXt" && h.xmp.n == 0 && s.begins(c.span, xmpKeyword):
		h.xmp = c.after(len(xmpKeyword))
	case (c.id == "tEXt" || c.id == "zTXt" || c.id == "iTXt") && len(h.text) < maxTexts:
		h.text = append(h.text, span{c.off - 4, c.n + 4})
	}
}

// animation notes the first frame of an animation (PNG, third edition, 13.2):
// the picture in IDAT, if an fcTL stands before it, or else the first one in
// fdAT, and IDAT is only for those who know no animations.
func (p *pngParts) animation(s *source, c chunk, whole span) {
	switch {
	case c.id == "acTL" && p.idat.n == 0:
		p.animated = true
	case c.id == "fcTL" && p.animated && p.frame.Empty() && c.n >= 26:
		b, err := s.at(c.off+4, 16)
		if err != nil {
			return
		}
		if p.idat.n == 0 {
			p.animated = false // IDAT is the first frame
			return
		}
		var v [4]int // width, height, x, y
		for i := range v {
			v[i] = int(min(binary.BigEndian.Uint32(b[4*i:]), 1<<30))
		}
		p.frame = image.Rect(v[2], v[3], v[2]+v[0], v[3]+v[1])
	case c.id == "fdAT" && !p.frame.Empty():
		switch {
		case p.fdat.n == 0:
			p.fdat = whole
		case p.fdat.off+p.fdat.n == whole.off:
			p.fdat.n += whole.n
		}
	}
}

// setPNG sets the layout, and foretells what decoding allocates: some rows and,
// unless it goes row by row, the picture in the pixel type that image/png
// chooses, and for an interlaced one all passes besides.
func (h *header) setPNG(depth, color int, interlaced bool) error {
	if h.width < 1 || h.height < 1 || int64(h.width) > maxPixels/int64(h.height) {
		return fmt.Errorf("%d x %d pixels", h.width, h.height)
	}
	if h.png.idat.n == 0 {
		return errors.New("no pixels")
	}
	channels, out := 1, 1 // samples a pixel in the file; decoded samples a pixel
	switch color {
	case pngGrey:
		if h.png.trns.n > 0 {
			out = 4
		}
	case pngPalette:
	case pngGreyAlpha:
		channels, out = 2, 4
	case pngRGB:
		channels, out = 3, 4
	case pngRGBA:
		channels, out = 4, 4
	default:
		return fmt.Errorf("colour type %d", color)
	}
	switch depth {
	case 1, 2, 4, 8:
	case 16:
		out *= 2
	default:
		return fmt.Errorf("bit depth %d", depth)
	}
	canvas := image.Rect(0, 0, h.width, h.height)
	h.frame = canvas
	if h.png.fdat.n > 0 && h.png.frame.In(canvas) {
		h.frame = h.png.frame
		h.decode = h.png.fdat.n // read as a whole
	} else {
		h.png.fdat = span{}
	}
	h.grey = color == pngGrey || color == pngGreyAlpha
	h.direct = out == 1 && h.grey && h.frame == canvas

	h.png.depth, h.png.color, h.png.interlaced = depth, color, interlaced
	w, hh := int64(h.frame.Dx()), int64(h.frame.Dy())
	row := w*int64(channels*depth)/8 + 2
	pixels := w * hh
	h.png.decoded = pixels * int64(out)
	h.decode += (1 + 2*(paethRows+paethSpare)) * (row + 2*rowPad)
	if interlaced { // seven passes, each rounded up (PNG, 8.2), and their rows
		h.png.decoded += (pixels + 2*w + 2*hh + 7) * int64(out)
		h.decode += 14 * row
	}
	if !h.png.byRows() || h.direct {
		h.decode += h.png.decoded
	}
	return nil
}

// iend ends every PNG (11.2.5): no data, and a CRC that is always the same.
const iend = "\x00\x00\x00\x00IEND\xae\x42\x60\x82"

// decodePNG decodes the chunks that make the picture and no others: image/png
// allocates 4 kB for each one that it does not know.
func decodePNG(s *source, l layout) (image.Image, error) {
	if l.direct && l.png.byRows() {
		return decodeGrey(s, l)
	}
	head, idat := io.Reader(s.section(l.png.head)), io.Reader(s.section(l.png.idat))
	if l.png.fdat.n > 0 {
		var err error
		if head, idat, err = frameParts(s, l); err != nil {
			return nil, err
		}
	}
	r := io.MultiReader(head, s.section(l.png.plte), s.section(l.png.trns), idat, strings.NewReader(iend))
	m, err := png.Decode(bufio.NewReaderSize(r, 1<<15))
	if err != nil {
		return nil, err
	}
	if m.Bounds().Size() != l.frame.Size() {
		return nil, fmt.Errorf("decoded as %v, not %v", m.Bounds(), l.frame)
	}
	return m, nil
}

// decodeGrey is decodePNG for what becomes *image.Gray.
func decodeGrey(s *source, l layout) (image.Image, error) {
	rows, err := newPNGRows(s, l)
	if err != nil {
		return nil, err
	}
	m := image.NewGray(l.frame)
	for y := range l.height {
		if err := rows.next(m.Pix[y*m.Stride:][:m.Stride]); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// frameParts returns the head and the IDAT chunk of a PNG that is an
// animation's first frame alone.
func frameParts(s *source, l layout) (head, idat io.Reader, err error) {
	b, err := s.read(l.png.head, l.png.head.n)
	if err != nil {
		return nil, nil, err
	}
	ihdr := b[8+4 : 8+8+13] // its name, then what it says
	binary.BigEndian.PutUint32(ihdr[4:], uint32(l.frame.Dx()))
	binary.BigEndian.PutUint32(ihdr[8:], uint32(l.frame.Dy()))
	binary.BigEndian.PutUint32(b[8+8+13:], crc32.ChecksumIEEE(ihdr))

	data, err := s.read(l.png.fdat, l.png.fdat.n)
	if err != nil {
		return nil, nil, err
	}
	// Each chunk's length, name and sequence number stand before its part of the
	// stream, and its CRC behind.
	n := 8
	for rest := data; len(rest) >= 12; {
		size := int(min(binary.BigEndian.Uint32(rest), uint32(len(rest)-12)))
		if size < 4 {
			break
		}
		// To the front, which is behind nothing that is still to be read.
		n += copy(data[n:], rest[12:8+size])
		rest = rest[12+size:]
	}
	binary.BigEndian.PutUint32(data, uint32(n-8))
	copy(data[4:], "IDAT")
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(data[4:n]))
	return bytes.NewReader(b), io.MultiReader(bytes.NewReader(data[:n]), bytes.NewReader(sum)), nil
}

// pngParts are the chunks, whole, that make the picture, and what its colours
// are.
type pngParts struct {
	head       span // signature and IHDR
	plte, trns span // perhaps absent
	idat       span // the first run of IDAT
	colors     pngColors
	depth      int             // bits a sample
	color      int             // colour type
	interlaced bool            // in seven passes
	decoded    int64           // bytes of the decoded picture as a whole, and of all passes
	animated   bool            // an animation whose first frame is not in IDAT
	frame      image.Rectangle // where that lies
	fdat       span            // the first run of fdAT, whole; empty where IDAT is the picture
}
