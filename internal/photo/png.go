package photo

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
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
	case c.id == "eXIf" && h.exif.n == 0:
		h.exif, h.lateExif = c.span, h.png.idat.n > 0
	case c.id == "iTXt" && h.xmp.n == 0 && s.begins(c.span, xmpKeyword):
		h.xmp = c.after(len(xmpKeyword))
	case (c.id == "tEXt" || c.id == "zTXt" || c.id == "iTXt") && len(h.text) < maxTexts:
		h.text = append(h.text, span{c.off - 4, c.n + 4})
	}
}

// setPNG sets the layout, and foretells what image/png allocates: the picture
// in the pixel type it chooses, two rows, and for an interlaced one all
// passes besides.
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
	h.frame = image.Rect(0, 0, h.width, h.height)
	h.grey = color == pngGrey || color == pngGreyAlpha
	h.direct = out == 1 && h.grey

	row := int64(h.width)*int64(channels*depth)/8 + 2
	pixels := int64(h.width) * int64(h.height)
	h.decode = pixels*int64(out) + 2*row
	if interlaced { // seven passes, each rounded up (PNG, 8.2), and their rows
		h.decode += (pixels+2*int64(h.width)+2*int64(h.height)+7)*int64(out) + 14*row
	}
	return nil
}

// iend ends every PNG (11.2.5): no data, and a CRC that is always the same.
const iend = "\x00\x00\x00\x00IEND\xae\x42\x60\x82"

// decodePNG decodes the chunks that make the picture and no others: image/png
// allocates 4 kB for each one that it does not know.
func decodePNG(s *source, l layout) (image.Image, error) {
	r := io.MultiReader(s.section(l.png.head), s.section(l.png.plte), s.section(l.png.trns),
		s.section(l.png.idat), strings.NewReader(iend))
	m, err := png.Decode(bufio.NewReaderSize(r, 1<<15))
	if err != nil {
		return nil, err
	}
	if m.Bounds() != l.frame {
		return nil, fmt.Errorf("decoded as %v, not %v", m.Bounds(), l.frame)
	}
	return m, nil
}

// pngParts are the chunks, whole, that make the picture, and what its colours
// are.
type pngParts struct {
	head       span // signature and IHDR
	plte, trns span // perhaps absent
	idat       span // the first run of IDAT
	colors     pngColors
}
