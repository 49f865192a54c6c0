package baseline

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// A huffmanSpec is a Huffman table as it stands in a file (B.2.4.2).
type huffmanSpec struct {
	counts  [16]byte // number of codes of length 1 to 16
	symbols []byte   // in the order of their codes
}

// Tables K.3 to K.6: DC and AC, each for luma and chroma.
var (
	dcSpec = [2]huffmanSpec{
		{
			[16]byte{0, 1, 5, 1, 1, 1, 1, 1, 1},
			[]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
		}, {
			[16]byte{0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1},
			[]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
		},
	}
	acSpec = [2]huffmanSpec{
		{
			[16]byte{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125},
			[]byte("\x01\x02\x03\x00\x04\x11\x05\x12\x21\x31\x41\x06\x13\x51\x61\x07\x22\x71\x14\x32\x81\x91\xa1\x08\x23\x42\xb1\xc1" +
				"\x15\x52\xd1\xf0\x24\x33\x62\x72\x82\x09\x0a\x16\x17\x18\x19\x1a\x25\x26\x27\x28\x29\x2a\x34\x35\x36\x37\x38\x39\x3a" +
				"\x43\x44\x45\x46\x47\x48\x49\x4a\x53\x54\x55\x56\x57\x58\x59\x5a\x63\x64\x65\x66\x67\x68\x69\x6a\x73\x74\x75\x76\x77" +
				"\x78\x79\x7a\x83\x84\x85\x86\x87\x88\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa" +
				"\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe1\xe2" +
				"\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa"),
		}, {
			[16]byte{0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119},
			[]byte("\x00\x01\x02\x03\x11\x04\x05\x21\x31\x06\x12\x41\x51\x07\x61\x71\x13\x22\x32\x81\x08\x14\x42\x91\xa1\xb1\xc1\x09" +
				"\x23\x33\x52\xf0\x15\x62\x72\xd1\x0a\x16\x24\x34\xe1\x25\xf1\x17\x18\x19\x1a\x26\x27\x28\x29\x2a\x35\x36\x37\x38\x39" +
				"\x3a\x43\x44\x45\x46\x47\x48\x49\x4a\x53\x54\x55\x56\x57\x58\x59\x5a\x63\x64\x65\x66\x67\x68\x69\x6a\x73\x74\x75\x76" +
				"\x77\x78\x79\x7a\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8" +
				"\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda" +
				"\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa"),
		},
	}
)

// StandardHuffman returns one of the tables K.3 to K.6, as it stands in a file: class 0 is DC and 1 AC; table 0 is for luma and
// 1 for chroma.
func StandardHuffman(class, table int) (counts [16]byte, symbols []byte) {
	spec := [2]*[2]huffmanSpec{&dcSpec, &acSpec}[class][table]
	return spec.counts, slices.Clone(spec.symbols)
}

// codeTable holds, for each symbol, its code and, from bit codeLength on, the code's length.
type codeTable [256]uint32

const codeLength = 24

// codes is for luma and chroma.
var codes = [2]struct{ dc, ac codeTable }{
	{dcSpec[0].codes(), acSpec[0].codes()},
	{dcSpec[1].codes(), acSpec[1].codes()},
}

// codes returns the codes of a table (annex C): those of one length are consecutive numbers.
func (spec *huffmanSpec) codes() (t codeTable) {
	code, k := uint32(0), 0
	for i, n := range spec.counts {
		for range n {
			t[spec.symbols[k]] = uint32(i+1)<<codeLength | code
			code++
			k++
		}
		code <<= 1
	}
	return t
}

// A bitWriter appends entropy-coded data to out. The last n bits of acc, fewer than 32, are not there yet.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint
}

// maxBlock is the most that the code of a block takes, in bytes: 64 symbols of up to 16 bits and values of up to 11, each byte
// stuffed, and what was in acc.
const maxBlock = 2*(64*27/8+1) + 8

// writeBlock writes a transformed block, quantized, and returns its DC coefficient; last is that of the block before (F.1.2).
func (w *bitWriter) writeBlock(b *block, d *divisors, codes *struct{ dc, ac codeTable }, last int) int {
	w.out = slices.Grow(w.out, maxBlock)
	dc := d.quantize(b, 0)
	value, size := magnitude(dc - last)
	w.put(codes.dc[size&255], value, size)

	var q [64]int
	nonzero := uint64(0) // bit k for coefficient k
	for k := 1; k < 64; k++ {
		v := d.quantize(b, k)
		q[k] = v
		// A number or its negative has the topmost bit set, unless it is 0.
		nonzero = nonzero>>1 | uint64(v|-v)&(1<<63)
	}
	for k := 0; nonzero != 0; {
		next := bits.TrailingZeros64(nonzero)
		nonzero &= nonzero - 1
		run := uint(next - k - 1)
		for k = next; run > 15; run -= 16 {
			w.put(codes.ac[0xf0], 0, 0)
		}
		value, size := magnitude(q[k&63])
		w.put(codes.ac[(run<<4|size)&255], value, size)
		if k == 63 {
			return dc
		}
	}
	w.put(codes.ac[0], 0, 0) // end of block
	return dc
}

// magnitude returns the bits that follow the code for v, and their number (F.1.2.1): those of v, or of v-1 if it is negative.
func magnitude(v int) (value uint64, size uint) {
	sign := v >> 63
	size = uint(bits.Len64(uint64((v ^ sign) - sign)))
	return uint64(v+sign) & (1<<size - 1), size
}

// put writes a code, and size bits of value behind it.
func (w *bitWriter) put(code uint32, value uint64, size uint) {
	length := uint(code>>codeLength) + size
	w.acc = w.acc<<length | uint64(code&(1<<codeLength-1))<<size | value
	w.n += length
	if w.n >= 32 {
		w.n -= 32
		w.flush(uint32(w.acc >> w.n))
	}
}

// flush writes four bytes, each 0xff followed by a stuffed 0 (B.1.1.5).
func (w *bitWriter) flush(four uint32) {
	// If no byte is 0xff, subtracting 1 from each byte of the complement carries nowhere.
	if inverse := ^four; (inverse-0x01010101)&^inverse&0x80808080 == 0 {
		w.out = binary.BigEndian.AppendUint32(w.out, four)
		return
	}
	for shift := 24; shift >= 0; shift -= 8 {
		v := byte(four >> shift)
		w.out = append(w.out, v)
		if v == 0xff {
			w.out = append(w.out, 0)
		}
	}
}

// pad writes what is left, filled up to whole bytes with ones (F.1.2.3).
func (w *bitWriter) pad() {
	for w.n > 0 {
		fill := (8 - w.n%8) % 8
		w.acc = w.acc<<fill | (1<<fill - 1)
		w.n += fill
		w.n -= 8
		v := byte(w.acc >> w.n)
		w.out = append(w.out, v)
		if v == 0xff {
			w.out = append(w.out, 0)
		}
	}
}
