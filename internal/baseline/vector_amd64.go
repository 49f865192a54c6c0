//go:build goexperiment.simd

package baseline

import (
	"encoding/binary"
	"simd/archsimd"
)

// With GOEXPERIMENT=simd, blocks are transformed and quantized by AVX2 where the processor has it:
// to the same coefficients as one by one, which stays for all others and for blocks that reach over
// the picture's edge. A vector has a point of each of eight rows, and then of each of eight columns.
// The products of a row's points fit in 32 bits, pairs of 16 bits each (VPMADDWD); those of a
// column's points have to be split.
func init() {
	if archsimd.X86.AVX2() {
		blockVector = vectorBlock
	}
}

// sampleBits is how many fractional bits samples have in vectors: as many as the sum of the four
// that one of chroma at half resolution is made of.
const sampleBits = 2

// vectorBlock is encoder.block for a block within the picture.
func vectorBlock(q *coefficients, pix []byte, stride int, d *divisors, halved bool) (nonzero uint64) {
	var p0, p1, p2, p3 archsimd.Int32x8
	if halved {
		pix = pix[:15*stride+16]
		p0, p1, p2, p3 = inColumns(
			averaged(pix, 0, stride), averaged(pix, 2*stride, stride), averaged(pix, 4*stride, stride), averaged(pix, 6*stride, stride))
	} else {
		pix = pix[:7*stride+8]
		p0, p1, p2, p3 = inColumns(
			whole(pix, 0, stride), whole(pix, stride, stride), whole(pix, 2*stride, stride), whole(pix, 3*stride, stride))
	}
	y0, y1, y2, y3, y4, y5, y6, y7 := transposed(rowPoints(p0, p1, p2, p3))
	y0, y1, y2, y3, y4, y5, y6, y7 = columnPoints(y0, y1, y2, y3, y4, y5, y6, y7)

	// Each has two rows: the left halves of both, and then the right.
	z0 := quantized(y0, (*[8]int32)(d[:8])).SaturateToInt16ConcatGrouped(quantized(y1, (*[8]int32)(d[8:16])))
	z1 := quantized(y2, (*[8]int32)(d[16:24])).SaturateToInt16ConcatGrouped(quantized(y3, (*[8]int32)(d[24:32])))
	z2 := quantized(y4, (*[8]int32)(d[32:40])).SaturateToInt16ConcatGrouped(quantized(y5, (*[8]int32)(d[40:48])))
	z3 := quantized(y6, (*[8]int32)(d[48:56])).SaturateToInt16ConcatGrouped(quantized(y7, (*[8]int32)(d[56:64])))
	byRows := archsimd.LoadUint32x8(&leftRight)
	z0.AsInt32x8().Permute(byRows).AsInt16x16().Store((*[16]int16)(q[:16]))
	z1.AsInt32x8().Permute(byRows).AsInt16x16().Store((*[16]int16)(q[16:32]))
	z2.AsInt32x8().Permute(byRows).AsInt16x16().Store((*[16]int16)(q[32:48]))
	z3.AsInt32x8().Permute(byRows).AsInt16x16().Store((*[16]int16)(q[48:64]))

	// A byte for each coefficient, 255 if it is 0, is brought into zigzag order.
	var none archsimd.Int16x16
	low := archsimd.BroadcastInt16x16(0xff)
	upper := z0.Equal(none).ToInt16x16().And(low).Or(z1.Equal(none).ToInt16x16().AndNot(low)).AsInt8x32()
	lower := z2.Equal(none).ToInt16x16().And(low).Or(z3.Equal(none).ToInt16x16().AndNot(low)).AsInt8x32()
	a, b := upper.Select128FromPair(0, 0, upper), upper.Select128FromPair(1, 1, upper)
	c, e := lower.Select128FromPair(0, 0, lower), lower.Select128FromPair(1, 1, lower)
	order := func(s *[4][32]int8) uint32 {
		ab := a.PermuteOrZeroGrouped(archsimd.LoadInt8x32(&s[0])).Or(b.PermuteOrZeroGrouped(archsimd.LoadInt8x32(&s[1])))
		ce := c.PermuteOrZeroGrouped(archsimd.LoadInt8x32(&s[2])).Or(e.PermuteOrZeroGrouped(archsimd.LoadInt8x32(&s[3])))
		return none.AsInt8x32().Greater(ab.Or(ce)).ToBits()
	}
	nonzero = ^(uint64(order(&zigzagBytes[0])) | uint64(order(&zigzagBytes[1]))<<32)
	archsimd.ClearAVXUpperBits()
	return nonzero
}

var (
	// leftRight makes two rows of their left halves and then their right ones.
	leftRight = [8]uint32{0, 1, 4, 5, 2, 3, 6, 7}
	// swapped swaps the words of each element of 32 bits.
	swapped = [32]int8{
		2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13}
)

// zigzagBytes is where the bytes of either half of the zigzag order come from: their indexes in
// each of four vectors of 16 bytes, or -1. The vectors are the left and the right half of the upper
// four rows of a block, and of the lower four; their words have a byte of one of the first two of
// these rows below, and above it one of the last two.
var zigzagBytes = func() (s [2][4][32]int8) {
	for k, at := range zigzag {
		row, column := int8(at/8), int8(at%8)
		for i := range s[k/32] {
			s[k/32][i][k%32] = -1
		}
		s[k/32][row/4*2+column/4][k%32] = 2*(row%2*4+column%4) + row/2%2
	}
	return s
}()

// whole returns the eight samples from pix[at] on, and those four rows below.
func whole(pix []byte, at, stride int) archsimd.Int16x16 {
	var two archsimd.Uint64x2
	two = two.SetElem(0, binary.LittleEndian.Uint64(pix[at:]))
	two = two.SetElem(1, binary.LittleEndian.Uint64(pix[at+4*stride:]))
	return two.AsUint8x16().ExtendToUint16().AsInt16x16().ShiftAllLeft(sampleBits)
}

// averaged returns the averages of the 2x2 samples from pix[at] on, and those eight rows below.
func averaged(pix []byte, at, stride int) archsimd.Int16x16 {
	row := func(at int) archsimd.Uint8x16 { return archsimd.LoadUint8x16((*[16]uint8)(pix[at:])) }
	var upper, lower archsimd.Uint8x32
	upper = upper.SetLo(row(at)).SetHi(row(at + 8*stride))
	lower = lower.SetLo(row(at + stride)).SetHi(row(at + 9*stride))
	ones := archsimd.BroadcastInt8x32(1)
	return upper.DotProductPairsSaturated(ones).Add(lower.DotProductPairsSaturated(ones))
}

// inColumns turns rows 0 and 4, 1 and 5, 2 and 6, and 3 and 7, to pairs of columns: 0 and 1, 3 and
// 2, 4 and 5, and 7 and 6, the former in the lower 16 bits of an element.
func inColumns(a, b, c, d archsimd.Int16x16) (p01, p32, p45, p76 archsimd.Int32x8) {
	swap := archsimd.LoadInt8x32(&swapped)
	p0, p1, p2, p3 := turned(a.AsInt32x8(), b.AsInt32x8(), c.AsInt32x8(), d.AsInt32x8())
	return p0.AsInt32x8(), p1.AsInt8x32().PermuteOrZeroGrouped(swap).AsInt32x8(),
		p2.AsInt32x8(), p3.AsInt8x32().PermuteOrZeroGrouped(swap).AsInt32x8()
}

// turned turns each half of four vectors: to their first elements, their second, and so on.
func turned(a, b, c, d archsimd.Int32x8) (p0, p1, p2, p3 archsimd.Int64x4) {
	ab01, ab23 := a.InterleaveLoGrouped(b).AsInt64x4(), a.InterleaveHiGrouped(b).AsInt64x4()
	cd01, cd23 := c.InterleaveLoGrouped(d).AsInt64x4(), c.InterleaveHiGrouped(d).AsInt64x4()
	return ab01.InterleaveLoGrouped(cd01), ab01.InterleaveHiGrouped(cd01),
		ab23.InterleaveLoGrouped(cd23), ab23.InterleaveHiGrouped(cd23)
}

// both returns a pair of factors, for the lower and the upper 16 bits.
func both(lower, upper int16) archsimd.Int16x16 {
	return archsimd.BroadcastInt32x8(int32(uint16(lower)) | int32(upper)<<16).AsInt16x16()
}

// cos2 is cos(2 pi/16), with trigBits fractional bits.
const cos2 = cos2sin2 + sin2

// rowPoints is points for eight rows of samples from 0 to 255, as inColumns makes them. What is
// linear there is put into the factors here: d3+d2 times one and d1+d0 times another are four
// products.
func rowPoints(p01, p32, p45, p76 archsimd.Int32x8) (y0, y1, y2, y3, y4, y5, y6, y7 archsimd.Int32x8) {
	const (
		one   = 1 << (fracBits - sampleBits)
		shift = trigBits - (fracBits - sampleBits)
	)
	x01, x32, x45, x76 := p01.AsInt16x16(), p32.AsInt16x16(), p45.AsInt16x16(), p76.AsInt16x16()
	s01, s32 := x01.Add(x76), x32.Add(x45)
	ab, cd := s01.Add(s32), s01.Sub(s32)
	even := cd.DotProductPairs(both(half, half)).ShiftAllRight(shift)
	c := cd.DotProductPairs(both(one, 0))
	y0 = ab.DotProductPairs(both(one, one)).Sub(archsimd.BroadcastInt32x8(8 * 128 << fracBits))
	y4 = ab.DotProductPairs(both(one, -one))
	y2, y6 = c.Add(even), c.Sub(even)

	d01, d32 := x01.Sub(x76), x32.Sub(x45)
	sum := func(by32, by01 archsimd.Int16x16) archsimd.Int32x8 {
		return d32.DotProductPairs(by32).Add(d01.DotProductPairs(by01)).ShiftAllRight(shift)
	}
	low := sum(both(cos2, cos2), both(-sin2, -sin2))
	high := sum(both(sin2, sin2), both(cos2, cos2))
	middle := sum(both(0, half), both(0, half))
	d0 := d01.DotProductPairs(both(one, 0))
	m, n := d0.Add(middle), d0.Sub(middle)
	y1, y7 = m.Add(high), m.Sub(high)
	y5, y3 = n.Add(low), n.Sub(low)
	return
}

// transposed turns eight vectors to those of the first elements of each, of the second, and so on.
func transposed(x0, x1, x2, x3, x4, x5, x6, x7 archsimd.Int32x8) (y0, y1, y2, y3, y4, y5, y6, y7 archsimd.Int32x8) {
	u0, u1, u2, u3 := turned(x0, x1, x2, x3)
	v0, v1, v2, v3 := turned(x4, x5, x6, x7)
	return u0.Select128FromPair(0, 2, v0).AsInt32x8(), u1.Select128FromPair(0, 2, v1).AsInt32x8(),
		u2.Select128FromPair(0, 2, v2).AsInt32x8(), u3.Select128FromPair(0, 2, v3).AsInt32x8(),
		u0.Select128FromPair(1, 3, v0).AsInt32x8(), u1.Select128FromPair(1, 3, v1).AsInt32x8(),
		u2.Select128FromPair(1, 3, v2).AsInt32x8(), u3.Select128FromPair(1, 3, v3).AsInt32x8()
}

// columnPoints is points for eight columns, whose sums have up to 20 bits.
func columnPoints(x0, x1, x2, x3, x4, x5, x6, x7 archsimd.Int32x8) (y0, y1, y2, y3, y4, y5, y6, y7 archsimd.Int32x8) {
	// A product would take more than 32 bits. What is to be multiplied is split into its last
	// trigBits bits, a fraction, and what is above these, a whole number, each within 16 bits: only
	// products of the former are to be shifted.
	fraction := archsimd.BroadcastInt32x8(1<<trigBits - 1)
	timesHalf := func(x archsimd.Int32x8) archsimd.Int32x8 {
		by := both(half, 0)
		return x.And(fraction).AsInt16x16().DotProductPairs(by).ShiftAllRight(trigBits).Add(
			x.ShiftAllRight(trigBits).AsInt16x16().DotProductPairs(by))
	}
	s0, s1, s2, s3 := x0.Add(x7), x1.Add(x6), x2.Add(x5), x3.Add(x4)
	d0, d1, d2, d3 := x0.Sub(x7), x1.Sub(x6), x2.Sub(x5), x3.Sub(x4)
	a, b, c, d := s0.Add(s3), s1.Add(s2), s0.Sub(s3), s1.Sub(s2)
	even := timesHalf(c.Add(d))
	y0, y4 = a.Add(b), a.Sub(b)
	y2, y6 = c.Add(even), c.Sub(even)

	p, q, r := d3.Add(d2), d2.Add(d1), d1.Add(d0)
	lower := archsimd.BroadcastInt32x8(0xffff)
	fractions := p.And(fraction).Or(r.And(fraction).ShiftAllLeft(16)).AsInt16x16()
	wholes := p.ShiftAllRight(trigBits).And(lower).Or(r.ShiftAllRight(trigBits).ShiftAllLeft(16)).AsInt16x16()
	forLow, forHigh := both(cos2, -sin2), both(sin2, cos2)
	low := fractions.DotProductPairs(forLow).ShiftAllRight(trigBits).Add(wholes.DotProductPairs(forLow))
	high := fractions.DotProductPairs(forHigh).ShiftAllRight(trigBits).Add(wholes.DotProductPairs(forHigh))
	middle := timesHalf(q)
	m, n := d0.Add(middle), d0.Sub(middle)
	y1, y7 = m.Add(high), m.Sub(high)
	y5, y3 = n.Add(low), n.Sub(low)
	return
}

// quantized returns eight coefficients, multiplied by d and rounded.
func quantized(x archsimd.Int32x8, d *[8]int32) archsimd.Int32x8 {
	// Elements with even numbers are multiplied to 64 bits (VPMULDQ), and then those with odd numbers,
	// moved there; the upper 32 bits are the result.
	round := archsimd.BroadcastInt64x4(1 << (divisorBits - 1))
	by := archsimd.LoadInt32x8(d)
	odd := func(v archsimd.Int32x8) archsimd.Int32x8 { return v.PermuteScalarsGrouped(1, 1, 3, 3) }
	evens := x.MulEvenWiden(by).Add(round).AsInt32x8()
	odds := odd(x).MulEvenWiden(odd(by)).Add(round).AsInt32x8()
	return evens.SelectFromPairGrouped(1, 3, 5, 7, odds).PermuteScalarsGrouped(0, 2, 1, 3)
}
