package photo

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"io"
)

// gifXMP begins an application extension that holds XMP, as it is and not in
// sub-blocks: whatever bytes of it a reader takes for their lengths, it ends
// up in the trailer and so behind it (XMP part 3, 1.1.2).
const gifXMP = "\x0bXMP DataXMP"

// readGIF walks the blocks up to the first picture (GIF89a, 18 to 26).
func readGIF(s *source) (h header, err error) {
	h.format = GIF
	b, err := s.at(0, 13)
	if err != nil {
		return h, err
	}
	h.width, h.height = le16(b[6:]), le16(b[8:])
	pos := int64(13) + colorTable(b[10])
	for range maxChunks {
		if b, err = s.at(pos, 1); err != nil {
			return h, err
		}
		switch b[0] {
		case 0x21: // extension: a label, then sub-blocks
			begin := pos + 2
			if pos, err = s.skipSubBlocks(begin); err != nil {
				return h, err
			}
			if h.xmp.n == 0 && s.begins(span{begin, pos - begin}, gifXMP) {
				h.xmp = span{begin + int64(len(gifXMP)), pos - begin - int64(len(gifXMP))}
			}
		case 0x2c: // image descriptor
			if b, err = s.at(pos+1, 9); err != nil {
				return h, err
			}
			data := pos + 10 + colorTable(b[8]) + 1
			if err := h.setGIF(b); err != nil {
				return h, err
			}
			h.animated = s.anotherFrame(data)
			return h, nil
		case 0x3b:
			return h, errors.New("no picture")
		default:
			return h, fmt.Errorf("unknown block %#02x", b[0])
		}
	}
	return h, errors.New("too many blocks before the first picture")
}

// anotherFrame reports whether a second picture follows the data of the first, which
// begins at pos.
func (s *source) anotherFrame(pos int64) bool {
	pos, err := s.skipSubBlocks(pos)
	for range maxChunks {
		if err != nil {
			return false
		}
		b, atErr := s.at(pos, 1)
		switch {
		case atErr != nil:
			return false
		case b[0] == 0x2c:
			return true
		case b[0] != 0x21:
			return false
		}
		pos, err = s.skipSubBlocks(pos + 2)
	}
	return false
}

// colorTable returns the length in bytes of the colour table that packed
// fields announce.
func colorTable(fields byte) int64 {
	if fields&0x80 == 0 {
		return 0
	}
	return 3 << (1 + fields&7)
}

// skipSubBlocks returns the offset behind a chain of sub-blocks (GIF89a, 15).
func (s *source) skipSubBlocks(pos int64) (int64, error) {
	for range maxChunks {
		b, err := s.at(pos, 1)
		if err != nil {
			return pos, err
		}
		pos += 1 + int64(b[0])
		if b[0] == 0 {
			return pos, nil
		}
	}
	return pos, errors.New("extension too long")
}

// setGIF sets the layout from an image descriptor's nine bytes. image/gif
// allocates the first picture only, once more if it is interlaced, and never
// the canvas; nor does flatten. A screen that the picture reaches beyond is
// enlarged, as browsers do.
func (h *header) setGIF(b []byte) error {
	x, y, w, hh := le16(b), le16(b[2:]), le16(b[4:]), le16(b[6:])
	h.frame = image.Rect(x, y, x+w, y+hh)
	if h.frame.Empty() {
		return errors.New("empty picture")
	}
	h.width, h.height = max(h.width, h.frame.Max.X), max(h.height, h.frame.Max.Y)
	h.decode = int64(w) * int64(hh)
	if b[8]&0x40 != 0 {
		h.decode *= 2
	}
	return nil
}

// decodeGIF decodes the first picture, with the screen that the layout has:
// image/gif refuses pictures that reach beyond theirs.
func decodeGIF(s *source, l layout) (image.Image, error) {
	b, err := s.at(0, 10)
	if err != nil {
		return nil, err
	}
	head := bytes.Clone(b)
	binary.LittleEndian.PutUint16(head[6:], uint16(min(l.width, 0xffff)))
	binary.LittleEndian.PutUint16(head[8:], uint16(min(l.height, 0xffff)))
	rest := s.section(span{int64(len(head)), s.size - int64(len(head))})
	m, err := gif.Decode(bufio.NewReader(io.MultiReader(bytes.NewReader(head), rest)))
	if err != nil {
		return nil, err
	}
	if m.Bounds() != l.frame {
		return nil, fmt.Errorf("decoded as %v, not %v", m.Bounds(), l.frame)
	}
	return m, nil
}
