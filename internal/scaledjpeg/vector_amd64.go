//go:build goexperiment.simd

package scaledjpeg

import (
	"encoding/binary"
	"math"
	"simd/archsimd"
)

// With GOEXPERIMENT=simd, blocks are transformed by AVX2 where the processor has it. Sums of pairs of products of 16 bits
// (VPMADDWD) do eight columns at once, and then eight rows. Samples come out as by scalar8x8 and scalar4x4, or one level off: what
// is between the two passes keeps fracBetween bits. Numbers beyond 16 bits, which only damaged data has, count as the
// largest that there are; no sum overflows then. Where that happens between the passes, the block is left to scalars.
func init() {
	if archsimd.X86.AVX2() {
		vector8x8, vector4x4 = storeVector8x8, storeVector4x4
		vectorRow2x2, vectorDequantize = storeVectorRow2x2, dequantizeVector
	}
}

const (
	fracBetween = 3 // of 4x4 already before the first pass: halves of missing bits are in them

	shiftBetween = fracTrig - fracBetween
	shiftVector  = 3 + fracTrig + fracBetween
	roundVector  = 128<<shiftVector + 1<<(shiftVector-1)
)

type (
	words   = archsimd.Int16x16
	numbers = archsimd.Int32x8
)

// twice16 repeats eight words, and pairs16 a pair.
func twice16(w [8]int16) (t [16]int16) {
	copy(t[copy(t[:], w[:]):], w[:])
	return t
}

func pairs16(a, b int) [16]int16 {
	x, y := int16(a), int16(b)
	return twice16([8]int16{x, y, x, y, x, y, x, y})
}

// twice8 makes indexes of bytes from those of words.
func twice8(order [8]int8) (t [32]int8) {
	for i := range t {
		t[i] = 2*order[i/2%8] + int8(i%2)
	}
	return t
}

var (
	one = 1 << fracTrig

	// The factors of coefficients 0 and 2, 4 and 6, 1 and 3, 5 and 7, for each sum of even and of odd ones: see scalar8x8.
	even02 = [4][16]int16{pairs16(one, trig2), pairs16(one, trig6), pairs16(one, -trig6), pairs16(one, -trig2)}
	even46 = [4][16]int16{pairs16(one, trig6), pairs16(-one, -trig2), pairs16(-one, trig2), pairs16(one, -trig6)}
	odd13  = [4][16]int16{pairs16(trig1, trig3), pairs16(trig3, -trig7), pairs16(trig5, -trig1), pairs16(trig7, -trig5)}
	odd57  = [4][16]int16{pairs16(trig5, trig7), pairs16(-trig1, -trig5), pairs16(trig7, trig3), pairs16(trig3, -trig1)}

	// Of two rows' words 0 to 3, one behind the other, pairs in the order of words 0, 2, 1, 3; and in theirs.
	pairedEvenFirst = twice8([8]int8{0, 4, 2, 6, 1, 5, 3, 7})
	paired          = twice8([8]int8{0, 4, 1, 5, 2, 6, 3, 7})
)

// storeVector8x8 is store8x8.
func storeVector8x8(b *block, pix []byte, stride int) {
	row := func(v int) numbers { return archsimd.LoadInt32x8((*[8]int32)(b[8*v:])) }
	order := archsimd.LoadInt8x32(&pairedEvenFirst)
	pair := func(v, w int) words {
		return row(v).SaturateToInt16ConcatGrouped(row(w)).AsInt8x32().PermuteOrZeroGrouped(order).AsInt16x16()
	}
	r0, r1, r2, r3, r4, r5, r6, r7 := transform8(pair(0, 2), pair(4, 6), pair(1, 3), pair(5, 7), archsimd.BroadcastInt32x8(1<<(shiftBetween-1)))

	// Turn it, by pairs of columns.
	top02, top13 := between(r0, r2, shiftBetween), between(r1, r3, shiftBetween)
	end46, end57 := between(r4, r6, shiftBetween), between(r5, r7, shiftBetween)
	if !inner(magnitude(top02).Max(magnitude(top13)).Max(magnitude(end46)).Max(magnitude(end57))) {
		archsimd.ClearAVXUpperBits()
		b.scalar8x8(pix, stride)
		return
	}
	top01, top23 := top02.InterleaveLoGrouped(top13).AsInt64x4(), top02.InterleaveHiGrouped(top13).AsInt64x4()
	end45, end67 := end46.InterleaveLoGrouped(end57).AsInt64x4(), end46.InterleaveHiGrouped(end57).AsInt64x4()
	topEven, topOdd := top01.InterleaveLoGrouped(top23), top01.InterleaveHiGrouped(top23)
	endEven, endOdd := end45.InterleaveLoGrouped(end67), end45.InterleaveHiGrouped(end67)
	r0, r1, r2, r3, r4, r5, r6, r7 = transform8(
		topEven.Select128FromPair(0, 2, endEven).AsInt16x16(), topEven.Select128FromPair(1, 3, endEven).AsInt16x16(),
		topOdd.Select128FromPair(0, 2, endOdd).AsInt16x16(), topOdd.Select128FromPair(1, 3, endOdd).AsInt16x16(),
		archsimd.BroadcastInt32x8(roundVector))

	// These are columns. Make them bytes, and rows again.
	least, most := archsimd.BroadcastInt16x16(0), archsimd.BroadcastInt16x16(255)
	bytes := func(a, b numbers) words {
		return between(a, b, shiftVector).AsInt16x16().Max(least).Min(most)
	}
	order = archsimd.LoadInt8x32(&paired)
	left := bytes(r0, r2).Or(bytes(r1, r3).ShiftAllLeft(8)).AsInt8x32().PermuteOrZeroGrouped(order).AsInt32x8()
	right := bytes(r4, r6).Or(bytes(r5, r7).ShiftAllLeft(8)).AsInt8x32().PermuteOrZeroGrouped(order).AsInt32x8()
	rows0145, rows2367 := left.InterleaveLoGrouped(right).AsUint64x4(), left.InterleaveHiGrouped(right).AsUint64x4()
	rows01, rows45, rows23, rows67 := rows0145.GetLo(), rows0145.GetHi(), rows2367.GetLo(), rows2367.GetHi()
	put := func(y int, row uint64) { binary.LittleEndian.PutUint64(pix[y*stride:], row) }
	put(7, rows67.GetElem(1)) // first, so that there is but one look at the bounds that fails
	put(0, rows01.GetElem(0))
	put(1, rows01.GetElem(1))
	put(2, rows23.GetElem(0))
	put(3, rows23.GetElem(1))
	put(4, rows45.GetElem(0))
	put(5, rows45.GetElem(1))
	put(6, rows67.GetElem(0))
	archsimd.ClearAVXUpperBits()
}

// between returns a's and b's numbers 0 to 3, then 4 to 7, as words without so many bits.
func between(a, b numbers, shift uint64) numbers {
	return a.ShiftAllRight(shift).SaturateToInt16ConcatGrouped(b.ShiftAllRight(shift)).AsInt32x8()
}

// magnitude returns the magnitudes of words, and inner reports whether all are less than half of the largest that there is.
func magnitude(w numbers) archsimd.Uint16x16 { return w.AsInt16x16().Abs().AsUint16x16() }
func inner(w archsimd.Uint16x16) bool        { return w.And(archsimd.BroadcastUint16x16(0xc000)).IsZero() }

// transform8 transforms eight lines of eight points, given as pairs of coefficients, each line's beside the next one's.
func transform8(p02, p46, p13, p57 words, round numbers) (r0, r1, r2, r3, r4, r5, r6, r7 numbers) {
	sum := func(a, b words, byA, byB *[16]int16) numbers {
		return a.DotProductPairs(archsimd.LoadInt16x16(byA)).Add(b.DotProductPairs(archsimd.LoadInt16x16(byB)))
	}
	e, o := sum(p02, p46, &even02[0], &even46[0]).Add(round), sum(p13, p57, &odd13[0], &odd57[0])
	r0, r7 = e.Add(o), e.Sub(o)
	e, o = sum(p02, p46, &even02[1], &even46[1]).Add(round), sum(p13, p57, &odd13[1], &odd57[1])
	r1, r6 = e.Add(o), e.Sub(o)
	e, o = sum(p02, p46, &even02[2], &even46[2]).Add(round), sum(p13, p57, &odd13[2], &odd57[2])
	r2, r5 = e.Add(o), e.Sub(o)
	e, o = sum(p02, p46, &even02[3], &even46[3]).Add(round), sum(p13, p57, &odd13[3], &odd57[3])
	r3, r4 = e.Add(o), e.Sub(o)
	return r0, r1, r2, r3, r4, r5, r6, r7
}

var (
	// The factors of coefficients 0 and 2, then of 1 and 3, for the first and the second sum of each: see scalar4x4.
	first4  = fourAndFour(pairs16(one, one), pairs16(trig2, trig6))
	second4 = fourAndFour(pairs16(one, -one), pairs16(trig6, -trig2))

	// turn4 makes rows 0, 3, 1, 2, each of two pairs, pairs of rows 0, 1, 2, 3.
	turn4 = [8]uint32{0, 4, 6, 2, 1, 5, 7, 3}

	// rows4 makes rows of four samples of columns 0 and 1 in turn, and of 3 and 2 behind.
	rows4 = [16]int8{0, 1, 9, 8, 2, 3, 11, 10, 4, 5, 13, 12, 6, 7, 15, 14}
)

func fourAndFour(a, b [16]int16) [16]int16 {
	copy(a[8:], b[8:])
	return a
}

// storeVector4x4 is store4x4.
func storeVector4x4(b *[16]int32, pix []byte, stride int) {
	rows01, rows23 := archsimd.LoadInt32x8((*[8]int32)(b[:8])), archsimd.LoadInt32x8((*[8]int32)(b[8:]))
	rows := between(rows01, rows23, fracReduced-fracBetween)
	p := rows.AsInt8x32().PermuteOrZeroGrouped(archsimd.LoadInt8x32(&pairedEvenFirst))
	rows0and1, rows3and2 := transform4(p.AsInt16x16(), archsimd.BroadcastInt32x8(1<<(fracTrig-1)))
	middle := between(rows0and1, rows3and2, fracTrig)
	if !inner(magnitude(rows).Max(magnitude(middle))) {
		archsimd.ClearAVXUpperBits()
		scalar4x4(b, pix, stride)
		return
	}
	p = middle.Permute(archsimd.LoadUint32x8(&turn4)).AsInt8x32()
	columns0and1, columns3and2 := transform4(p.AsInt16x16(), archsimd.BroadcastInt32x8(roundVector))
	v := between(columns0and1, columns3and2, shiftVector).AsInt16x16()
	v = v.Max(archsimd.BroadcastInt16x16(0)).Min(archsimd.BroadcastInt16x16(255))
	c := v.GetLo().Or(v.GetHi().ShiftAllLeft(8)).AsUint8x16().PermuteOrZero(archsimd.LoadInt8x16(&rows4)).AsUint32x4()
	put := func(y int, row uint32) { binary.LittleEndian.PutUint32(pix[y*stride:], row) }
	put(3, c.GetElem(3))
	put(0, c.GetElem(0))
	put(1, c.GetElem(1))
	put(2, c.GetElem(2))
	archsimd.ClearAVXUpperBits()
}

// transform4 transforms four lines of four points, of which p has the pairs of coefficients 0 and 2, and then 1 and 3. It
// returns points 0 and 1 of the lines, and points 3 and 2.
func transform4(p words, round numbers) (points01, points32 numbers) {
	a, b := p.DotProductPairs(archsimd.LoadInt16x16(&first4)), p.DotProductPairs(archsimd.LoadInt16x16(&second4))
	even, odd := a.Select128FromPair(0, 2, b).Add(round), a.Select128FromPair(1, 3, b)
	return even.Add(odd), even.Sub(odd)
}

// dequantizeVector is dequantizeBlock, to the same numbers.
func dequantizeVector(b []int32, coefs []int16, quant, half *[64]int32) (flat bool) {
	var set numbers
	for k := 0; k+8 <= len(coefs) && k+8 <= len(b) && k+8 <= len(quant); k += 8 {
		v := archsimd.LoadInt16x8((*[8]int16)(coefs[k:])).ExtendToInt32()
		if k > 0 {
			set = set.Or(v)
		} else {
			set = v.And(archsimd.LoadInt32x8(&allButFirst))
		}
		q, h := archsimd.LoadInt32x8((*[8]int32)(quant[k:])), archsimd.LoadInt32x8((*[8]int32)(half[k:]))
		v.Mul(q).Add(h.CopySign(v)).Store((*[8]int32)(b[k:]))
	}
	flat = set.IsZero()
	archsimd.ClearAVXUpperBits()
	return flat
}

var (
	allButFirst = [8]int32{0, -1, -1, -1, -1, -1, -1, -1}

	// row2x2 makes a row of samples of eight blocks of those at the left of blocks 0 to 3, those at the right, and the same of 4 to 7.
	row2x2 = [16]int8{0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15}
)

// storeVectorRow2x2 is store2x2 of eight blocks at once, to the same samples. Where sums could exceed 32 bits, because
// the steps of quantization are large, it stores none.
func storeVectorRow2x2(pix []byte, stride int, coefs []int16, quant, half *[4]int32) (blocks int) {
	most := int64(roundReduced)
	for k, q := range quant {
		most += int64(q)<<15 + int64(half[k])
	}
	if most > math.MaxInt32 {
		return 0
	}
	// All are made before the first is loaded: it is SSE that makes them, which is slow after AVX.
	var twice [3][8]int32
	for i := range 8 {
		twice[0][i], twice[1][i] = quant[i%4], half[i%4]
	}
	twice[2][0], twice[2][4] = roundReduced, roundReduced
	q, h, round := archsimd.LoadInt32x8(&twice[0]), archsimd.LoadInt32x8(&twice[1]), archsimd.LoadInt32x8(&twice[2])
	order := archsimd.LoadInt8x16(&row2x2)
	block := func(coefs []int16) numbers { // dequantizes two
		v := archsimd.LoadInt16x8((*[8]int16)(coefs)).ExtendToInt32()
		return v.Mul(q).Add(h.CopySign(v)).Add(round)
	}
	row := func(a, b numbers) archsimd.Uint8x16 {
		v := between(a, b, shiftReduced).AsInt16x16().Max(archsimd.BroadcastInt16x16(0)).Min(archsimd.BroadcastInt16x16(255))
		return v.GetLo().Or(v.GetHi().ShiftAllLeft(8)).AsUint8x16().PermuteOrZero(order)
	}
	for x := 0; len(coefs) >= 4*8; x += 2 * 8 {
		b01, b23, b45, b67 := block(coefs), block(coefs[8:]), block(coefs[16:]), block(coefs[24:])
		plus, minus := b01.AddPairsGrouped(b23), b01.SubPairsGrouped(b23)
		upper, lower := plus.AddPairsGrouped(minus), plus.SubPairsGrouped(minus)
		plus, minus = b45.AddPairsGrouped(b67), b45.SubPairsGrouped(b67)
		row(lower, plus.SubPairsGrouped(minus)).Store((*[16]uint8)(pix[stride+x:]))
		row(upper, plus.AddPairsGrouped(minus)).Store((*[16]uint8)(pix[x:]))
		coefs = coefs[4*8:]
		blocks += 8
	}
	archsimd.ClearAVXUpperBits()
	return blocks
}
