// Package deflate decompresses zlib streams (RFC 1950, of blocks by RFC 1951), as the pixels of a PNG are.
//
// Such a stream is literals and copies of what came before, both in Huffman codes. Most of the time goes into looking up
// codes, so bits are taken into a word of 64 at once, of which one look-up finds a code with all that it means, or several
// literals.
package deflate

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
	"io"
)

// ErrFormat is of a stream that is damaged.
var ErrFormat = errors.New("deflate: damaged stream")

const (
	window = 1 << 15  // how far copies reach back
	chunk  = 1 << 16  // how much is decoded at once
	slack  = 258 + 16 // the longest copy, and what literals before it and copying by eight bytes write more
	input  = 1 << 15
	pad    = 24 // zeros behind the last byte, so that eight can be loaded twice
)

// A Reader decompresses a stream. It reads ahead.
type Reader struct {
	r      io.Reader
	in     [input]byte
	pos    int // of the next byte to load
	end    int // of the bytes that can be loaded
	padded int // how many of these are no input: pad when there is no more
	bits   uint64
	n      uint // bits that count; those above are of the bytes from pos on, or 0

	out      []byte // up to window bytes before from, and then what nobody has had
	from, to int
	sum      sum32

	next func(*Reader) error // what decodes on: it returns at its end, or with out full
	last bool                // this is the last block
	left int                 // bytes of a stored block
	codes
	err error
}

// A sum32 is a running sum.
type sum32 interface {
	io.Writer
	Sum32() uint32
}

// newSum begins a stream's sum.
var newSum = func() sum32 { return adler32.New() }

// NewReader returns a reader of the stream in r.
func NewReader(r io.Reader) (*Reader, error) {
	d := &Reader{r: r, out: make([]byte, window+chunk+slack), sum: newSum(), next: (*Reader).header}
	head, err := d.take(16)
	if err != nil {
		return nil, err
	}
	// CMF and FLG: deflate, a window of at most 32 kB, no dictionary, and a sum.
	if head&15 != 8 || head>>4&15 > 7 || head>>13&1 != 0 || (head&0xff<<8|head>>8)%31 != 0 {
		return nil, ErrFormat
	}
	return d, d.check()
}

// Read implements io.Reader. Behind the last byte it has checked the stream's sum.
func (d *Reader) Read(p []byte) (int, error) {
	for d.from == d.to {
		if d.err != nil {
			return 0, d.err
		}
		if d.to > len(d.out)-slack-chunk/2 {
			d.to = copy(d.out, d.out[d.to-window:d.to])
			d.from = d.to
		}
		if d.err = d.next(d); d.err == nil {
			d.err = d.check()
		}
		d.sum.Write(d.out[d.from:d.to])
	}
	n := copy(p, d.out[d.from:d.to])
	d.from += n
	return n, nil
}

// load takes in as many whole bytes as fit, so that there are at least 56 bits. Where the input
// has ended some are none of its, which check tells.
func (d *Reader) load() error {
	if d.pos+8 > d.end {
		if err := d.fill(); err != nil {
			return err
		}
	}
	d.bits |= binary.LittleEndian.Uint64(d.in[d.pos:]) << (d.n & 63)
	d.pos += int(63-d.n) >> 3
	d.n |= 56
	return nil
}

// fill reads on, so that eight bytes can be loaded twice. It keeps those that align may give back.
func (d *Reader) fill() error {
	if d.padded > 0 {
		return io.ErrUnexpectedEOF
	}
	kept := min(d.pos, 8)
	d.end = copy(d.in[:], d.in[d.pos-kept:d.end])
	d.pos = kept
	for d.end-d.pos < 16 {
		n, err := d.r.Read(d.in[d.end : input-pad])
		d.end += n
		switch {
		case err == io.EOF:
			clear(d.in[d.end : d.end+pad])
			d.padded = pad
			d.end += pad
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// check fails if more was taken than there is.
func (d *Reader) check() error {
	if d.pos-int(d.n>>3) > d.end-d.padded {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// take returns the next n bits, at most 32.
func (d *Reader) take(n uint) (uint32, error) {
	if d.n < n {
		if err := d.load(); err != nil {
			return 0, err
		}
	}
	v := uint32(d.bits & (1<<n - 1))
	d.bits >>= n
	d.n -= n
	return v, nil
}

// align passes over the rest of a byte, and gives back those that are whole.
func (d *Reader) align() {
	d.pos -= int(d.n >> 3)
	d.bits, d.n = 0, 0
}

// header begins the next block (RFC 1951, 3.2.3), or ends the stream.
func (d *Reader) header() error {
	if d.last {
		return d.trailer()
	}
	head, err := d.take(3)
	if err != nil {
		return err
	}
	d.last = head&1 != 0
	switch head >> 1 {
	case 0:
		d.align()
		size, err := d.take(16)
		if err != nil {
			return err
		}
		inverse, err := d.take(16)
		if err != nil {
			return err
		}
		if size^inverse != 0xffff {
			return ErrFormat
		}
		d.align()
		d.left, d.next = int(size), (*Reader).stored
		return nil
	case 1:
		d.fixed()
	case 2:
		if err := d.dynamic(); err != nil {
			return err
		}
	default:
		return ErrFormat
	}
	d.next = (*Reader).coded
	return nil
}

// trailer checks the sum.
func (d *Reader) trailer() error {
	d.align()
	if err := d.load(); err != nil {
		return err
	}
	sum := binary.BigEndian.Uint32(binary.LittleEndian.AppendUint64(nil, d.bits))
	d.n -= 32
	if err := d.check(); err != nil {
		return err
	}
	if sum != d.sum.Sum32() {
		return ErrFormat
	}
	return io.EOF
}

// stored copies a block that is not compressed (3.2.4).
func (d *Reader) stored() error {
	for d.left > 0 && d.to < window+chunk {
		if d.pos >= d.end-d.padded {
			if err := d.fill(); err != nil {
				return err
			}
			if d.pos >= d.end-d.padded {
				return io.ErrUnexpectedEOF
			}
		}
		n := min(d.left, window+chunk-d.to, d.end-d.padded-d.pos)
		copy(d.out[d.to:], d.in[d.pos:d.pos+n])
		d.to, d.pos, d.left = d.to+n, d.pos+n, d.left-n
	}
	if d.left == 0 {
		d.next = (*Reader).header
	}
	return nil
}

// coded decodes a compressed block (3.2.3).
func (d *Reader) coded() error {
	literals, distances := (*[1 << literalBits]entry)(d.literals), (*[1 << distanceBits]entry)(d.distances)
	out, in := d.out, &d.in
	bits, n, pos, end, to := d.bits, d.n, d.pos, d.end, d.to
	var err error
	for to < window+chunk {
		if pos+16 > end {
			d.pos = pos
			if err = d.fill(); err != nil {
				break
			}
			pos, end = d.pos, d.end
		}
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int(63-n) >> 3
		n |= 56

		e := literals[bits&(1<<literalBits-1)]
		if e&noliteral == 0 {
			// Up to three entries of literals, of at most 30 bits.
			binary.LittleEndian.PutUint32(out[to:], uint32(e>>literalShift))
			to += e.literals()
			bits >>= e & 31
			n -= e.length()
			if e = literals[bits&(1<<literalBits-1)]; e&noliteral == 0 {
				binary.LittleEndian.PutUint32(out[to:], uint32(e>>literalShift))
				to += e.literals()
				bits >>= e & 31
				n -= e.length()
				if e = literals[bits&(1<<literalBits-1)]; e&noliteral == 0 {
					binary.LittleEndian.PutUint32(out[to:], uint32(e>>literalShift))
					to += e.literals()
					bits >>= e & 31
					n -= e.length()
					continue
				}
			}
			bits |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
			pos += int(63-n) >> 3
			n |= 56
		}
		if e&kinds == longer {
			e = d.literals[e>>valueShift+entry(bits>>literalBits)&(1<<(e>>extraShift&15)-1)]
		}
		bits >>= e & 31
		n -= uint(e & 31)
		if e&kinds != reach {
			if e&noliteral == 0 { // just one, of a long code
				out[to] = byte(e >> literalShift)
				to++
				continue
			}
			if e&kinds != ending {
				err = ErrFormat
			} else {
				d.next = (*Reader).header
			}
			break
		}

		// A copy: of at most 20 bits for the length and 28 for the distance.
		extra := e >> extraShift & 15
		length := int(e>>valueShift) + int(bits&(1<<extra-1))
		bits >>= extra
		n -= uint(extra)
		e = distances[bits&(1<<distanceBits-1)]
		if e&kinds == longer {
			e = d.distances[e>>valueShift+entry(bits>>distanceBits)&(1<<(e>>extraShift&15)-1)]
		}
		bits >>= e & 31
		n -= uint(e & 31)
		extra = e >> extraShift & 15
		distance := int(e>>valueShift) + int(bits&(1<<extra-1))
		bits >>= extra
		n -= uint(extra)
		if e&kinds != reach || distance > to {
			err = ErrFormat
			break
		}
		switch {
		case distance < 8:
			for i := range length {
				out[to+i] = out[to-distance+i]
			}
		default:
			copy(out[to:to+8], out[to-distance:to-distance+8])
			copy(out[to+8:to+16], out[to-distance+8:to-distance+16])
			for i := 16; i < length; i += 8 {
				copy(out[to+i:to+i+8], out[to-distance+i:to-distance+i+8])
			}
		}
		to += length
	}
	d.bits, d.n, d.pos, d.to = bits, n, pos, to
	return err
}
