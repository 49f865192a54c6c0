package photo

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"golang.org/x/image/webp"
)

// readWebP walks the chunks of the container (RFC 9649, 2.3 to 2.7). Of an
// animation it takes the first frame. Lengths that pass the end of the file
// are cut there, as are chunks behind the end that the RIFF header gives.
func readWebP(s *source) (h header, err error) {
	h.format = WebP
	var (
		frame    span // of ANMF's subchunks
		extended bool
		pos      = int64(12)
	)
	for range maxChunks {
		c, next, err := s.riffChunk(pos, s.size)
		if err != nil {
			break
		}
		pos = next
		switch c.id {
		case "VP8X":
			b, err := s.at(c.off, 10)
			if err != nil || c.n < 10 {
				return h, errors.New("VP8X chunk too short")
			}
			extended = true
			h.width, h.height = le24(b[4:])+1, le24(b[7:])+1
			h.frame = image.Rect(0, 0, h.width, h.height)
		case "ANMF":
			h.animated = frame.n > 0
			if h.image.n > 0 || frame.n > 0 {
				continue
			}
			b, err := s.at(c.off, 16)
			if err != nil || c.n < 16 || !extended {
				return h, errors.New("ANMF chunk too short or without VP8X")
			}
			h.frame = image.Rect(0, 0, le24(b[6:])+1, le24(b[9:])+1).
				Add(image.Pt(2*le24(b), 2*le24(b[3:])))
			frame = c.after(16)
		case "ALPH", "VP8 ", "VP8L":
			if frame.n == 0 {
				h.bitstream(c)
			}
		case "ICCP":
			if h.icc == nil {
				h.icc = []span{c.span}
			}
		case "EXIF":
			if h.exif.n == 0 {
				h.exif = c.span
				if s.begins(h.exif, exifHeader) { // some writers keep JPEG's
					h.exif = h.exif.after(min(6, int(h.exif.n)))
				}
			}
		case "XMP ":
			if h.xmp.n == 0 {
				h.xmp = c.span
			}
		}
		if h.image.n > 0 && !extended {
			break
		}
	}
	for pos, end := frame.off, frame.off+frame.n; pos < end; {
		c, next, err := s.riffChunk(pos, end)
		if err != nil {
			break
		}
		h.bitstream(c)
		pos = next
	}
	return h, h.setWebP(s, extended)
}

// riffChunk reads the chunk header at pos and returns the chunk, cut at end,
// and where the next one stands.
func (s *source) riffChunk(pos, end int64) (c chunk, next int64, err error) {
	b, err := s.at(pos, 8)
	if err != nil {
		return c, 0, err
	}
	n := int64(binary.LittleEndian.Uint32(b[4:]))
	c = chunk{string(b[:4]), span{pos + 8, min(n, end-pos-8)}}
	if c.n < 0 {
		return c, 0, io.ErrUnexpectedEOF
	}
	return c, c.off + n + n&1, nil
}

// bitstream notes the first bitstream, and the ALPH chunk before it.
func (h *header) bitstream(c chunk) {
	switch {
	case h.image.n > 0:
	case c.id == "ALPH":
		h.alpha = c
	case c.id == "VP8 " || c.id == "VP8L":
		h.image = c
	}
}

// setWebP reads the bitstream's own dimensions, which must be the frame's,
// and foretells what the decoders allocate.
func (h *header) setWebP(s *source, extended bool) error {
	if h.image.n == 0 {
		return errors.New("no picture")
	}
	b, err := s.at(h.image.off, int(min(10, h.image.n)))
	if err != nil {
		return err
	}
	var w, hh int
	switch {
	case h.image.id == "VP8L" && len(b) >= 5 && b[0] == 0x2f: // RFC 9649, 3.4
		v := int(binary.LittleEndian.Uint32(b[1:]))
		w, hh = v&0x3fff+1, v>>14&0x3fff+1
		h.alpha = chunk{}
	case h.image.id == "VP8 " && len(b) == 10 && string(b[3:6]) == "\x9d\x01\x2a": // RFC 6386, 9.1
		w, hh = le16(b[6:])&0x3fff, le16(b[8:])&0x3fff
	default:
		return fmt.Errorf("damaged %q bitstream", h.image.id)
	}
	if !extended {
		h.width, h.height = w, hh
		h.frame = image.Rect(0, 0, w, hh)
		h.alpha = chunk{}
	}
	if h.frame.Dx() != w || h.frame.Dy() != hh || !h.frame.In(image.Rect(0, 0, h.width, h.height)) {
		return fmt.Errorf("bitstream of %d x %d for %v on a canvas of %d x %d", w, hh, h.frame, h.width, h.height)
	}
	if h.image.id == "VP8L" {
		h.decode = costVP8L(w, hh, h.image.n)
		return nil
	}
	h.direct = h.alpha.n == 0 && w == h.width && hh == h.height
	h.decode = costVP8(w, hh, h.image.n)
	if h.alpha.n > 0 {
		h.decode += int64(w)*int64(hh) + costVP8L(w, hh, h.alpha.n)
	}
	return nil
}

// costVP8 bounds what decoding a VP8 bitstream of n bytes allocates: 4:2:0
// planes of whole macroblocks, 16 bytes of state for each of those, and the
// partitions, the first of which has a 19 bit length.
func costVP8(w, h int, n int64) int64 {
	mbw, mbh := int64(ceilDiv(w, 16)), int64(ceilDiv(h, 16))
	return mbw*mbh*(384+16) + 16*mbw + min(n, 1<<24) + 1<<19
}

// costVP8L bounds what decoding a VP8L bitstream of n bytes allocates: pixels
// twice, as the colour-indexing transform needs a second copy; three
// sub-images of at most one pixel for each 4 x 4; and Huffman trees. Those
// are many and large for few bytes: 2600 groups of five trees at most (beyond,
// the decoder gives up), 84 kB for a group of full ones, and about 420 bytes
// for each byte that describes one.
func costVP8L(w, h int, n int64) int64 {
	pixels := int64(w) * int64(h)
	tiles := int64(ceilDiv(w, 4)) * int64(ceilDiv(h, 4))
	return 2*4*pixels + 3*4*tiles + min(2600*84_000, 2600*2680+420*n) + 1<<16
}

// decodeWebP decodes the one bitstream that the layout names, in a plain
// container written around it: x/image/webp knows no animation, and trusts
// no length that does not fit.
//
// A picture to be reduced to less than three quarters goes without VP8's loop filter, which is
// two fifths of the work and smooths the edges of blocks: as libwebp does where it scales.
func decodeWebP(s *source, l layout, maxSide int) (image.Image, error) {
	var parts []io.Reader
	add := func(head []byte, p span) {
		parts = append(parts, bytes.NewReader(head), s.section(p))
		if p.n%2 == 1 {
			parts = append(parts, bytes.NewReader([]byte{0}))
		}
	}
	total := int64(4)
	if l.alpha.n > 0 {
		const alphaFlag = 1 << 4
		x := []byte{alphaFlag, 0, 0, 0}
		x = appendLE24(x, l.frame.Dx()-1)
		x = appendLE24(x, l.frame.Dy()-1)
		add(append(chunkHeader("VP8X", int64(len(x))), x...), span{})
		add(chunkHeader("ALPH", l.alpha.n), l.alpha.span)
		total += 8 + 10 + 8 + l.alpha.n + l.alpha.n%2
	}
	head := chunkHeader(l.image.id, l.image.n)
	bitstream := l.image.span
	if l.image.id == "VP8 " && 4*maxSide < 3*max(l.width, l.height) {
		b, err := s.read(span{bitstream.off, min(bitstream.n, vp8Head)}, vp8Head)
		if err != nil {
			return nil, err
		}
		head = append(head, withoutFilter(b)...)
		bitstream = bitstream.after(len(b))
	}
	add(head, bitstream)
	total += 8 + l.image.n + l.image.n%2
	riff := append(chunkHeader("RIFF", total), "WEBP"...)

	r := io.MultiReader(append([]io.Reader{bytes.NewReader(riff)}, parts...)...)
	m, err := webp.Decode(bufio.NewReaderSize(r, 1<<15))
	if err != nil {
		return nil, err
	}
	if m.Bounds() != image.Rect(0, 0, l.frame.Dx(), l.frame.Dy()) {
		return nil, fmt.Errorf("decoded as %v, not %v", m.Bounds(), l.frame)
	}
	switch m := m.(type) {
	case *image.YCbCr:
		toFullRange(m)
	case *image.NYCbCrA:
		toFullRange(&m.YCbCr)
	}
	return m, nil
}

// vp8Head is more than how many bytes of a VP8 bitstream there are up to the level of its loop
// filter.
const vp8Head = 32

// withoutFilter sets the level of the loop filter in the first bytes of a VP8 bitstream to 0, which
// is none (RFC 6386, 9.3, 9.6 and 15.1).
//
// The header's fields are coded arithmetically (7.3), each bit as likely to be 1. Once the first of
// them, the colour space, has been 0, as it has to be, the decoder's range is 128, half of which is
// 64 for either value of the next bit, and 128 again after the shift: so each is the next bit of
// the file, and may be changed without a change to what follows.
func withoutFilter(head []byte) []byte {
	pos := 8 * 10 // behind what is not coded: tag, start code and dimensions
	take := func(n int) (v int) {
		for range n {
			if pos < 8*len(head) {
				v = v<<1 | int(head[pos/8]>>(7-pos%8)&1)
			}
			pos++
		}
		return v
	}
	optional := func(fields, bits int) {
		for range fields {
			if take(1) == 1 {
				take(bits)
			}
		}
	}
	if take(1) != 0 { // the colour space
		return head
	}
	take(1)           // whether samples are clamped
	if take(1) == 1 { // there are segments
		updateMap := take(1) == 1
		if take(1) == 1 { // with levels of their own
			take(1)
			optional(4, 7+1)
			optional(4, 6+1)
		}
		if updateMap {
			optional(3, 8)
		}
	}
	take(1) // which of the filters
	for range 6 {
		if pos < 8*len(head) {
			head[pos/8] &^= 0x80 >> (pos % 8)
		}
		pos++
	}
	return head
}

// toFullRange makes of a VP8 picture, whose samples are in studio range
// (RFC 6386, 9.2: ITU-R BT.601, luma 16 to 235, chroma 16 to 240), what the
// rest of Go takes a YCbCr picture for: JFIF's, 0 to 255. The decoder hands out
// its planes as they are. Both ranges have the same matrix, so that each
// sample converts by itself.
func toFullRange(m *image.YCbCr) {
	var luma, chroma [256]uint8
	for v := range 256 {
		luma[v] = scaled(v-16, 219, 0)
		chroma[v] = scaled(v-128, 224, 128)
	}
	convert := func(plane []uint8, to *[256]uint8, fractions fullRange) {
		if fullRangeVector != nil {
			plane = plane[fullRangeVector(plane, fractions):]
		}
		for i, v := range plane {
			plane[i] = to[v]
		}
	}
	convert(m.Y, &luma, lumaRange)
	convert(m.Cb, &chroma, chromaRange)
	convert(m.Cr, &chroma, chromaRange)
}

// A fullRange says how vectors compute a sample of full range: times what it is above 15, up to most,
// less minus, and this, if it is positive, multiplied by inverse/2^22, which is 1/73 or 1/224.
type fullRange struct{ most, times, minus, inverse uint16 }

var (
	lumaRange   = fullRange{220, 85, 49, 57457}
	chromaRange = fullRange{225, 255, 31, 18725}
)

// fullRangeVector converts a plane to full range by the processor's vectors, and returns how many
// samples it did, or is nil.
var fullRangeVector func(plane []uint8, f fullRange) (done int)

// scaled returns v, of a range of n steps, in a range of 255, plus zero.
func scaled(v, n, zero int) uint8 {
	return uint8(min(max((2*255*v+n+2*n*zero)/(2*n), 0), 255))
}

func chunkHeader(id string, n int64) []byte {
	return binary.LittleEndian.AppendUint32([]byte(id), uint32(n))
}

func appendLE24(b []byte, v int) []byte { return append(b, byte(v), byte(v>>8), byte(v>>16)) }
