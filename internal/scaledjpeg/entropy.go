package scaledjpeg

import (
	"bytes"
	"encoding/binary"
)

// An entropy reads the bits of one entropy-coded segment: the data between a scan header or restart marker and the next
// marker (B.1.1.5).
//
// Two things make JPEG's bit stream awkward to read fast. A byte 0xff in it is followed by a stuffed 0x00, so every byte must
// be looked at; and a marker may end it anywhere. So reading is done in two steps. fill copies a stretch of the segment to buf,
// without the stuffed bytes, searching for 0xff with bytes.IndexByte, which looks at 16 or 32 bytes at a time. The bit reader
// proper then never looks at single bytes: it loads eight of them and shifts.
//
// Its state is acc, whose n topmost bits are the next ones of the segment, and pos, the index in buf of the byte that follows
// these. To refill,
//
//	acc |= (the 8 bytes at buf[pos:], big-endian) >> n
//	pos += (63 - n) / 8
//	n |= 56
//
// without any branch. This leaves between 56 and 63 bits. It may leave more bits in acc than n accounts for; they are the
// right ones, so that the next refill setting them again does no harm. Decoding loops keep the three in local variables.
//
// Nothing is checked while a block is decoded. After a segment's end come bytes 0x00, enough for one block. Before each block
// the loops compare pos with limit, and call more if it was reached: that either gets further data, or finds out whether more
// bits were taken than there were.
type entropy struct {
	data []byte // the file
	next int    // position in data of what is not in buf yet
	done bool   // nothing more of this segment is: at next is a marker, or the end of the file

	buf   [bufSize + 8]byte
	end   int // end of the segment's bytes in buf
	limit int

	acc uint64
	n   uint
	pos int

	first int                  // position in data of the segment's first byte
	pred  [maxComponents]int32 // predictions of the DC coefficients (F.1.1.5.1)
}

const (
	// bufSize is a power of two, so that pos&(bufSize-1) is an index that needs no bounds check, and small enough for the
	// second-level cache to hold it and the tables.
	bufSize = 1 << 15

	// blockBytes is the most that one block can take: 64 symbols of up to 32 bits, twice that for a refinement scan, whose
	// correction bits come on top; and the eight bytes that a refill loads.
	blockBytes = 64*4*2 + 8

	// keepBytes is how much is kept in buf before pos: acc's, and some for seek.
	keepBytes = 32
)

// start begins to read a segment at position i in the file.
func (s *entropy) start(i int) {
	s.first, s.next, s.done = i, i, false
	s.pred = [maxComponents]int32{}
	s.pos, s.end = keepBytes, keepBytes
	s.acc, s.n = 0, 0
	s.fill()
}

// fill unstuffs as much data into buf as fits and sets limit.
func (s *entropy) fill() {
	const size = bufSize - blockBytes
	for !s.done && s.end < size {
		rest := s.data[s.next:]
		if len(rest) > size-s.end {
			rest = rest[:size-s.end]
		}
		k := bytes.IndexByte(rest, 0xff)
		if k < 0 {
			s.end += copy(s.buf[s.end:], rest)
			s.next += len(rest)
			s.done = s.next == len(s.data)
			continue
		}
		s.end += copy(s.buf[s.end:], rest[:k])
		s.next += k
		i := s.next
		for i < len(s.data) && s.data[i] == 0xff {
			i++
		}
		switch {
		case i == len(s.data):
			s.next, s.done = i, true
		case s.data[i] == 0:
			s.buf[s.end] = 0xff
			s.end++
			s.next = i + 1
		default:
			s.done = true
		}
	}
	s.limit = s.end - blockBytes
	if s.done {
		s.limit = s.end
		clear(s.buf[s.end : s.end+blockBytes])
	}
}

// more is called when pos has reached limit. It reports whether another block can be decoded: false means that the last one
// took more bits than there were.
func (s *entropy) more() bool {
	if s.done {
		return !s.overrun()
	}
	from := s.pos - keepBytes
	s.end = copy(s.buf[:], s.buf[from:s.end])
	s.pos = keepBytes
	s.fill()
	return true
}

// overrun reports whether more bits were taken than the segment had.
func (s *entropy) overrun() bool { return s.done && s.bitPos() > 8*s.end }

// bitPos returns the position in buf of the next bit.
func (s *entropy) bitPos() int { return 8*s.pos - int(s.n) }

// seek sets the position of the next bit, which must be near the present one.
func (s *entropy) seek(bit int) {
	s.pos = bit >> 3
	s.acc, s.n = 0, 0
	s.refill()
	s.acc <<= bit & 7
	s.n -= uint(bit & 7)
}

func (s *entropy) refill() {
	i := s.pos & (bufSize - 1)
	s.acc |= binary.BigEndian.Uint64(s.buf[i:i+8]) >> s.n
	s.pos += int(63-s.n) >> 3
	s.n |= 56
}

// marker returns the marker that ends the segment, passing over what is left of the segment, and the position behind it. At
// the end of the file it returns 0.
func (s *entropy) marker() (marker byte, next int) { return findMarker(s.data, s.next) }
