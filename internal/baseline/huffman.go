package baseline

import (
	"bytes"
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

// codeTable holds, for each symbol, its code with room behind it for the bits of the value that follows, whose number is in the
// symbol's last four bits; and from bit codeLength on, the length of both.
type codeTable [256]uint64

const codeLength = 32

// codes returns the codes of a table (annex C): those of one length are consecutive numbers.
func (spec *huffmanSpec) codes() (t codeTable) {
	code, k := uint64(0), 0
	for i, n := range spec.counts {
		for range n {
			sym := spec.symbols[k]
			size := sym & 15
			t[sym] = uint64(byte(i+1)+size)<<codeLength | code<<size
			code++
			k++
		}
		code <<= 1
	}
	return t
}

// A bitWriter appends entropy-coded data to out. The last n bits of acc, 64 at most, are not there yet.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint
}

// A symbol is what is to be coded, before its code is known: the symbol proper in bits 0 to 7, in bits 8 and 9 its table, and from
// bit 16 on the bits of the value that follows it.
type symbol uint32

// Tables, as symbols name them: those of chroma are one more.
const (
	tableDC = 0
	tableAC = 2
)

// A symbols is a picture's symbols in order, and how many there are of each in each table, so that tables can be made for them.
type symbols struct {
	list   []symbol
	counts [4][256]int
}

// maxSymbols is the most that a block has: one for each coefficient, or less. (As an array's length it saves looks at its bounds.)
const maxSymbols = 64

// addBlock adds a block of quantized coefficients, whose tables are those of luma, 0, or chroma, 1. Bit k of nonzero says whether
// coefficient number k in zigzag order is not 0. It returns the DC coefficient; last is that of the block before (F.1.2).
func (s *symbols) addBlock(q *coefficients, nonzero uint64, tables uint, last int) int {
	s.list = slices.Grow(s.list, maxSymbols)
	used := len(s.list)
	list := (*[maxSymbols]symbol)(s.list[used : used+maxSymbols])
	dc := int(q[0])
	value, size := magnitude(dc - last)
	s.counts[tableDC+tables&1][size&255]++
	list[0] = symbol(size | (tableDC+tables)<<8 | value<<16)

	counts, table := &s.counts[tableAC+tables&1], symbol(tableAC+tables)<<8
	n, k := 1, 0
	for nonzero &^= 1; nonzero != 0; nonzero &= nonzero - 1 {
		next := bits.TrailingZeros64(nonzero)
		run := uint(next - k - 1)
		for k = next; run > 15; run -= 16 {
			counts[0xf0]++
			list[n&(maxSymbols-1)] = table | 0xf0
			n++
		}
		value, size := magnitude(int(q[zigzag[next&63]&63]))
		sym := (run<<4 | size) & 255
		counts[sym]++
		list[n&(maxSymbols-1)] = table | symbol(sym|value<<16)
		n++
	}
	if k < 63 { // end of block
		counts[0]++
		list[n&(maxSymbols-1)] = table
		n++
	}
	s.list = s.list[:used+n]
	return dc
}

// maxCode is the greatest length of a code, in bits.
const maxCode = 16

// optimal returns the table that codes symbols, which occur so often, in the fewest bits. At least one occurs. A code of nothing but
// ones is not among its codes (annex C): a symbol more, the rarest, keeps it.
//
// It merges packages (Larmore and Hirschberg, 1990): for each length but the last, the symbols by their counts are merged with the
// pairs of what was there for the length before. How often a symbol is in the cheapest of what comes of that is its code's length.
func optimal(counts *[256]int) (spec huffmanSpec) {
	type item struct {
		count int
		sym   int32 // -1 for a package
		of    int32 // of a package: the first of the two in the list before that it is made of
	}
	leaves := []item{{0, 256, 0}}
	for sym, n := range counts {
		if n > 0 {
			leaves = append(leaves, item{n, int32(sym), 0})
		}
	}
	slices.SortStableFunc(leaves, func(a, b item) int { return a.count - b.count })
	var lists [maxCode][]item
	lists[0] = leaves
	for i := 1; i < maxCode; i++ {
		before, rest := lists[i-1], leaves
		list := make([]item, 0, len(leaves)+len(before)/2)
		for k := 0; k+1 < len(before); k += 2 { // packages come in the order of their counts
			count := before[k].count + before[k+1].count
			for len(rest) > 0 && rest[0].count <= count {
				list, rest = append(list, rest[0]), rest[1:]
			}
			list = append(list, item{count, -1, int32(k)})
		}
		lists[i] = append(list, rest...)
	}
	var lengths [257]int
	var count func(list, k int)
	count = func(list, k int) {
		if it := lists[list][k]; it.sym >= 0 {
			lengths[it.sym]++
		} else {
			count(list-1, int(it.of))
			count(list-1, int(it.of)+1)
		}
	}
	for k := range 2 * (len(leaves) - 1) {
		count(maxCode-1, k)
	}
	// The reserved code is the last of the greatest length, for its symbol is the rarest.
	for length := 1; length <= maxCode; length++ {
		for sym, n := range lengths[:256] {
			if n == length {
				spec.counts[length-1]++
				spec.symbols = append(spec.symbols, byte(sym))
			}
		}
	}
	return spec
}

// write writes symbols in these codes.
func (w *bitWriter) write(list []symbol, codes *[4]codeTable) {
	var data packed
	for len(list) > 0 {
		n := min(len(list), symbolsAtOnce)
		w.stuff(data[:w.pack(&data, list[:n], codes)])
		list = list[n:]
	}
}

// magnitude returns the bits that follow the code for v, and their number (F.1.2.1): those of v, or of v-1 if it is negative.
func magnitude(v int) (value, size uint) {
	sign := v >> (bits.UintSize - 1)
	size = uint(bits.Len(uint((v ^ sign) - sign)))
	return uint(v+sign) & (1<<size - 1), size
}

// packed has room for what comes of symbolsAtOnce symbols, 31 bits of each at most, and for what was left of those before.
type packed [4*symbolsAtOnce + 8]byte

const symbolsAtOnce = 1 << 10

// pack sets data to the whole words of eight bytes that come of symbols, unstuffed, and returns how many bytes those are.
func (w *bitWriter) pack(data *packed, list []symbol, codes *[4]codeTable) int {
	acc, free, at := w.acc, 64-int(w.n), 0
	for _, s := range list {
		code := codes[s>>8&3][s&255]
		length := int(code >> codeLength)
		value := code&(1<<codeLength-1) | uint64(s>>16)
		free -= length
		if free < 0 {
			// The topmost bits still go into this word.
			binary.BigEndian.PutUint64(data[at:at+8], acc<<((length+free)&63)|value>>(-free&63))
			at += 8
			acc = value
			free += 64
		} else {
			acc = acc<<(length&63) | value
		}
	}
	w.acc, w.n = acc, uint(64-free)
	return at
}

// stuff appends bytes, each 0xff followed by a stuffed 0 (B.1.1.5).
func (w *bitWriter) stuff(data []byte) {
	for {
		i := bytes.IndexByte(data, 0xff)
		if i < 0 {
			w.out = append(w.out, data...)
			return
		}
		w.out = append(append(w.out, data[:i+1]...), 0)
		data = data[i+1:]
	}
}

// pad writes what is left, filled up to whole bytes with ones (F.1.2.3).
func (w *bitWriter) pad() {
	fill := -w.n & 7
	acc := w.acc<<fill | (1<<fill - 1)
	for n := w.n + fill; n > 0; n -= 8 {
		w.stuff([]byte{byte(acc >> (n - 8))})
	}
	w.n = 0
}
