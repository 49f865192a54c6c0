package scaledjpeg

// A huffman is a Huffman table (B.2.4.2, annex C), in several forms for look-up.
//
// A code is looked up by the next bits of the segment, as many as the look-up table is made for, and the entry tells what to
// do with all codes that begin with, or fit in, these bits. Since in a sequential scan a code says how many further bits there
// are, but not their value, a decoder that looks up a code knows at once where the next code begins. That gives three kinds of
// tables:
//
//   - look gives the symbol and the code's length. Progressive scans use it.
//   - step gives what a sequential scan's loop wants to know, ready for use: see stepEntry.
//   - value gives a coefficient's value too, where code and value are short: see buildValue.
//   - head gives the values of the few lowest coefficients, all at once: see buildHead.
//   - skip steps over several symbols at once: see buildSkip.
type huffman struct {
	defined bool
	counts  [16]uint8 // number of codes of length 1 to 16
	vals    [256]uint8

	limit [17]uint32 // limit[i] is the end of codes of length at most i, as the topmost of 16 bits
	base  [17]int32  // base[i] plus a code of length i is the index of its symbol in vals

	look    [1 << lookBits]uint16 // length<<8 | symbol, or 0 if the code is longer
	step    [1 << stepBits]uint32
	value   *[1 << valueBits]uint32
	head    *[1 << headBits]uint64
	skip    *[1 << skipBits]uint16
	hasStep uint8 // kind that step was made for
	hasAC   bool  // value and skip were made
	hasHead uint8 // last coefficient that head was made for
}

const (
	lookBits  = 9
	stepBits  = 10
	valueBits = 11
	headBits  = 12
	// More bits hold more symbols, but the tables for luma and chroma displace each other in the
	// first-level cache: measured, 12, 13 and 14 are about equally fast.
	skipBits = 13
)

const (
	kindNone = iota
	kindDC
	kindAC
)

// define sets the table from a DHT segment's counts and symbols. It keeps the look-up tables if these are what they were made
// for.
func (h *huffman) define(counts *[16]uint8, vals []byte) error {
	if h.defined && h.counts == *counts && string(h.vals[:len(vals)]) == string(vals) {
		return nil
	}
	*h = huffman{value: h.value, head: h.head, skip: h.skip, counts: *counts}
	copy(h.vals[:], vals)
	code, k := uint32(0), 0
	for i := 1; i <= 16; i++ {
		n := int(counts[i-1])
		h.base[i] = int32(k) - int32(code)
		for range n {
			if i <= lookBits && code < 1<<i {
				e := uint16(i)<<8 | uint16(vals[k])
				from := code << (lookBits - i)
				for j := range uint32(1) << (lookBits - i) {
					h.look[from+j] = e
				}
			}
			code++
			k++
		}
		if code > 1<<i {
			return FormatError("bad Huffman table")
		}
		h.limit[i] = code << (16 - i)
		code <<= 1
	}
	h.defined = true
	return nil
}

// find returns the symbol at the top of acc and its code's length, or a length of 0 if there is no such code.
func (h *huffman) find(acc uint64) (sym uint8, length uint) {
	if e := h.look[acc>>(64-lookBits)]; e != 0 {
		return uint8(e), uint(e >> 8)
	}
	top := uint32(acc >> 48)
	for i := uint(lookBits + 1); i <= 16; i++ {
		if top < h.limit[i] {
			return h.vals[uint8(h.base[i]+int32(top>>(16-i)))], i
		}
	}
	return 0, 0
}

// A step entry holds, for a symbol of a sequential scan:
//
//	bits 0-5    length of the code and the value after it, together
//	bits 6-13   by how much to advance in zigzag order: the run of zeros and 1; for an end of block, advanceEOB
//	bits 16-20  length of the value: SSSS of tables F.1 and F.2
//	bits 24-28  length of the code
//
// It is 0 if the code is longer than stepBits; then longStep makes it.
func stepEntry(kind, sym uint8, length uint) uint32 {
	if length == 0 {
		return 0
	}
	size, advance := uint(sym), uint(1)
	if kind == kindAC {
		size, advance = uint(sym&15), uint(sym>>4)+1
		if size == 0 && advance != 16 {
			advance = advanceEOB
		}
	} else if size > 16 {
		return 0 // no such difference (table F.1)
	}
	return uint32(length + size | advance<<6 | size<<16 | length<<24)
}

// advanceEOB is an advance that leaves the block wherever in it one is, and can be told from one too long by its size.
const advanceEOB = 128

func (h *huffman) longStep(kind uint8, acc uint64) uint32 {
	sym, length := h.find(acc)
	return stepEntry(kind, sym, length)
}

func (h *huffman) buildStep(kind uint8) {
	if h.hasStep == kind {
		return
	}
	h.hasStep = kind
	for i := range h.step {
		sym, length := h.find(uint64(i) << (64 - stepBits))
		if length > stepBits {
			length = 0
		}
		h.step[i] = stepEntry(kind, sym, length)
	}
}

// buildAC makes the tables for the AC coefficients of a reduced picture.
func (h *huffman) buildAC() {
	if h.hasAC {
		return
	}
	h.hasAC = true
	if h.value == nil {
		h.value = new([1 << valueBits]uint32)
		h.skip = new([1 << skipBits]uint16)
	}
	h.buildValue()
	h.buildSkip()
}

// buildValue makes the table of symbols whose code and value fit in valueBits bits together. An entry
// is 0 if they do not, and else holds
//
//	bits 0-5    length of the code and the value
//	bits 6-13   by how much to advance in zigzag order; for an end of block, advanceEOB
//	bits 16-31  the value, as two's complement
func (h *huffman) buildValue() {
	for i := range h.value {
		acc := uint64(i) << (64 - valueBits)
		h.value[i] = 0
		e := h.step[acc>>(64-stepBits)]
		if e == 0 {
			e = h.longStep(kindAC, acc)
		}
		if e != 0 && e&63 <= valueBits {
			v := extend(acc<<(e>>24&63), e>>16)
			h.value[i] = e&(1<<14-1) | uint32(v)<<16
		}
	}
}

// buildHead makes the table for the first AC coefficients of a block at 1/4. An entry stands for as many symbols, with their
// values, as headBits bits hold, up to the one that leads beyond coefficient last, which is 2 or 4. It holds
//
//	bits 0-5    length of the codes and values together
//	bits 6-13   by how much to advance in zigzag order, plus advanceEOB if the last symbol is an end of block
//	bits 16-31  coefficient 1, as two's complement
//	bits 32-47  coefficient 2
//	bits 48-63  coefficient 4
func (h *huffman) buildHead(last uint) {
	if h.hasHead == uint8(last) {
		return
	}
	h.hasHead = uint8(last)
	if h.head == nil {
		h.head = new([1 << headBits]uint64)
	}
	for i := range h.head {
		acc := uint64(i) << (64 - headBits)
		length, advance := uint(0), uint(0)
		var coef [advanceEOB]int32
		for advance < last {
			e := h.step[acc>>(64-stepBits)]
			if e == 0 {
				e = h.longStep(kindAC, acc)
			}
			total, a := uint(e&63), uint(e>>6&255)
			if e == 0 || length+total > headBits {
				break
			}
			length += total
			advance += a
			if a == advanceEOB {
				break
			}
			coef[advance] = extend(acc<<(e>>24&63), e>>16)
			acc <<= total
		}
		h.head[i] = uint64(length) | uint64(advance)<<6 |
			uint64(uint16(coef[1]))<<16 | uint64(uint16(coef[2]))<<32 | uint64(uint16(coef[4]))<<48
	}
}

// buildSkip makes the table by which AC coefficients that are not needed are stepped over. An entry stands for as many symbols
// as can be told from skipBits bits, and holds
//
//	bits 0-5   length of the codes and values together, at most maxSkipBits
//	bits 6-15  by how much to advance in zigzag order, plus advanceEOB if the last symbol is an end of block
//
// It is only valid if the advance stays inside the block: else the symbols beyond belong to the next block, and are not AC
// symbols. If not even one symbol can be told, the entry is skipNone, which leaves any block.
func (h *huffman) buildSkip() {
	for i := range h.skip {
		acc := uint64(i) << (64 - skipBits)
		length, advance := uint(0), uint(0)
		for length < skipBits {
			e := h.step[acc>>(64-stepBits)]
			if e == 0 {
				e = h.longStep(kindAC, acc)
			}
			total, a := uint(e&63), uint(e>>6&255)
			if e == 0 || length+uint(e>>24) > skipBits || length+total > maxSkipBits {
				break
			}
			if a == advanceEOB {
				length += total
				advance += advanceEOB
				break
			}
			if advance+a > 63 {
				break
			}
			length += total
			advance += a
			acc <<= total
		}
		if length == 0 {
			advance = skipNone
		}
		h.skip[i] = uint16(advance<<6 | length)
	}
}

const (
	// maxSkipBits is half of the bits that there are at least after a refill, so that two entries can be used between refills.
	maxSkipBits = 28
	skipNone    = 512
)
