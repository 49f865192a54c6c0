//go:build goexperiment.simd

package photo

import (
	"encoding/binary"
	"simd/archsimd"
)

// With GOEXPERIMENT=simd, Paeth's filter is reversed by vectors where the processor has AVX2: what
// has to be done for one byte of a pixel before the next pixel can begin is then done for all of
// its bytes at once.
//
// Shifts to the right are of numbers with a sign, or products: for others the compiler would put SSE
// among AVX, which takes some processors more than a hundred cycles for each.
func init() {
	if archsimd.X86.AVX2() {
		paethVector, paethRowsVector = vectorPaeth, vectorPaethRows
		addLinesVector, settleVector, acrossVector, levelsVector = vectorAddLines, vectorSettle, vectorAcross, vectorLevels
		planarVector, fullRangeVector = vectorPlanar, vectorFullRange
	}
}

// vectorPaeth is paethAny for pixels of three or four bytes.
func vectorPaeth(to, above, filtered []byte, bpp int) {
	low := archsimd.LoadInt8x16(&[16]int8{0, 2, 4, 6, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1})
	var a, c archsimd.Int16x8
	for len(to) >= bpp && len(above) >= bpp && len(filtered) >= bpp {
		b, v := pixel(above), pixel(filtered)
		at := c.Add(c).Add(c).Sub(b).Sub(a)
		lo, hi := a.Min(b), a.Max(b)
		p := c.Merge(lo, hi.Greater(at)) // c where hi > at
		p = p.Merge(hi, at.Greater(lo))
		a, c = v.AsUint8x16().Add(p.AsUint8x16()).AsInt16x8(), b
		four := a.AsUint8x16().PermuteOrZero(low).AsUint32x4().GetElem(0)
		to[0], to[1], to[2] = byte(four), byte(four>>8), byte(four>>16)
		if bpp == 4 {
			to[3] = byte(four >> 24)
		}
		to, above, filtered = to[bpp:], above[bpp:], filtered[bpp:]
	}
	archsimd.ClearAVXUpperBits()
}

// vectorPaethRows reverses Paeth's filter of four rows at once. Each is some pixels behind the one
// above it, which has then what stands above: one pixel behind, and the third two, since from the
// second it is in the other half of the vector, which takes longer. Before a row begins there are
// zeros, of which come zeros; what comes behind its end is in its padding, too.
//
// Four pixels of each row are loaded and stored at once. What is stored behind three-byte pixels
// the next ones cover.
func vectorPaethRows(rows, filtered [][]byte, n, bpp int) {
	step := paethRows * bpp
	size := (n + paethRows*bpp + step - 1) / step * step
	part := func(row []byte, behind int) []byte { return row[rowPad-behind*bpp:][:size-step+16] }
	f0, f1, f2, f3 := part(filtered[0], 0), part(filtered[1], 1), part(filtered[2], 3), part(filtered[3], 4)
	above, r0, r1, r2, r3 := part(rows[0], 0), part(rows[1], 0), part(rows[2], 1), part(rows[3], 3), part(rows[4], 4)

	// Tables of bytes: a pixel to four bytes; one of the row above to the upper part of a half, in 16
	// bits each; and of pixels that lie as they are computed, back to their order.
	var spread [16]int8
	var order [32]int8 // twice
	var pixel [paethRows][16]int8
	for i := range order {
		order[i] = -1
	}
	for k := range paethRows {
		for i := range pixel[k] {
			pixel[k][i] = -1
		}
		for c := range 4 {
			spread[4*k+c] = int8(k*bpp + c)
			pixel[k][8+2*c] = int8(k*bpp + c)
			if c < bpp {
				order[k*bpp+c] = int8(k/2*8 + 2*c + k%2)
				order[16+k*bpp+c] = order[k*bpp+c]
			}
		}
	}

	var s paethState
	for i := 0; i+16 <= len(above) && i+16 <= len(f0) && i+16 <= len(f1) && i+16 <= len(f2) && i+16 <= len(f3); i += step {
		// Tables are loaded each time: there are too few registers to hold all, and SSE would put the
		// rest aside.
		fours, inOrder := archsimd.LoadInt8x16(&spread), archsimd.LoadInt8x32(&order)
		// What is loaded of the rows is turned to vectors of a pixel of each.
		v0 := archsimd.LoadUint8x16((*[16]uint8)(f0[i:])).PermuteOrZero(fours).AsUint32x4()
		v1 := archsimd.LoadUint8x16((*[16]uint8)(f1[i:])).PermuteOrZero(fours).AsUint32x4()
		v2 := archsimd.LoadUint8x16((*[16]uint8)(f2[i:])).PermuteOrZero(fours).AsUint32x4()
		v3 := archsimd.LoadUint8x16((*[16]uint8)(f3[i:])).PermuteOrZero(fours).AsUint32x4()
		upper, lower := v0.InterleaveLo(v1).AsUint64x2(), v2.InterleaveLo(v3).AsUint64x2()
		p0, p1 := extended(upper.InterleaveLo(lower)), extended(upper.InterleaveHi(lower))
		upper, lower = v0.InterleaveHi(v1).AsUint64x2(), v2.InterleaveHi(v3).AsUint64x2()
		p2, p3 := extended(upper.InterleaveLo(lower)), extended(upper.InterleaveHi(lower))
		up := archsimd.LoadUint8x16((*[16]uint8)(above[i:]))
		s = s.next(p0, up.PermuteOrZero(archsimd.LoadInt8x16(&pixel[0])))
		a0 := s.a
		s = s.next(p1, up.PermuteOrZero(archsimd.LoadInt8x16(&pixel[1])))
		two0 := a0.Or(s.a.ShiftAllLeft(8)).AsUint64x4()
		s = s.next(p2, up.PermuteOrZero(archsimd.LoadInt8x16(&pixel[2])))
		a2 := s.a
		s = s.next(p3, up.PermuteOrZero(archsimd.LoadInt8x16(&pixel[3])))
		two2 := a2.Or(s.a.ShiftAllLeft(8)).AsUint64x4()

		even := two0.InterleaveLoGrouped(two2).AsUint8x32().PermuteOrZeroGrouped(inOrder)
		odd := two0.InterleaveHiGrouped(two2).AsUint8x32().PermuteOrZeroGrouped(inOrder)
		even.GetLo().Store((*[16]uint8)(r0[i:]))
		odd.GetLo().Store((*[16]uint8)(r1[i:]))
		even.GetHi().Store((*[16]uint8)(r2[i:]))
		odd.GetHi().Store((*[16]uint8)(r3[i:]))
	}
	archsimd.ClearAVXUpperBits()
}

// A paethState is of a pixel of each of four rows: what it is, what stands above it, and what the
// pixels before were.
type paethState struct{ a, b, before archsimd.Int16x16 }

// next reverses the filter of the next pixels, of which up is above the first, in the upper part.
func (s paethState) next(filtered archsimd.Uint8x32, up archsimd.Uint8x16) paethState {
	// What stands above the first and the third row is in the upper parts of halves.
	var upper archsimd.Int16x16
	upper = upper.SetLo(up.AsInt16x8()).SetHi(s.before.GetLo())
	a, c := s.a, s.b
	b := a.AsUint8x32().ConcatShiftBytesRightGrouped(8, upper.AsUint8x32()).AsInt16x16()

	at := c.Add(c).Add(c).Sub(a).Sub(b) // in this order, since b is later there
	lo, hi := a.Min(b), a.Max(b)
	p := c.Merge(lo, hi.Greater(at)) // c where hi > at
	p = p.Merge(hi, at.Greater(lo))
	return paethState{filtered.Add(p.AsUint8x32()).AsInt16x16(), b, a}
}

// extended returns bytes in 16 bits each.
func extended(bytes archsimd.Uint64x2) archsimd.Uint8x32 {
	return bytes.AsUint8x16().ExtendToUint16().AsUint8x32()
}

// pixel returns the first four bytes, or three where there are no more, in 16 bits each.
func pixel(b []byte) archsimd.Int16x8 {
	var v uint32
	if len(b) >= 4 {
		v = binary.LittleEndian.Uint32(b)
	} else {
		v = uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
	}
	var four archsimd.Uint32x4
	return four.SetElem(0, v).AsUint8x16().ExtendLo8ToUint16().AsInt16x8()
}

// vectorAddLines is addLines.
func vectorAddLines(rows [2]*[2][]uint64, line []uint8, left, right uint64) {
	low := archsimd.BroadcastUint16x16(0xff)
	l, r := archsimd.BroadcastUint16x16(uint16(left)), archsimd.BroadcastUint16x16(uint16(right))
	add := func(sums *[4]uint64, v archsimd.Uint16x16) {
		archsimd.LoadUint64x4(sums).AsUint16x16().Add(v).AsUint64x4().Store(sums)
	}
	even0, odd0, even1, odd1 := rows[0][0], rows[0][1], rows[1][0], rows[1][1]
	for ; len(line) >= lineStep; line = line[lineStep:] {
		missing := archsimd.LoadUint8x32((*[lineStep]uint8)(line)).Not().AsUint16x16()
		even, odd := missing.And(low), missing.AsInt16x16().ShiftAllRight(8).AsUint16x16().And(low)
		add((*[4]uint64)(even0), even.Mul(l))
		add((*[4]uint64)(odd0), odd.Mul(l))
		add((*[4]uint64)(even1), even.Mul(r))
		add((*[4]uint64)(odd1), odd.Mul(r))
		even0, odd0, even1, odd1 = even0[4:], odd0[4:], even1[4:], odd1[4:]
	}
	archsimd.ClearAVXUpperBits()
}

// vectorSettle is settle.
func vectorSettle(samples []uint16, sums *[2][]uint64) {
	half, down := archsimd.BroadcastUint16x16(1<<(7-fraction)), archsimd.BroadcastUint16x16(1<<(8+fraction))
	evens, odds := sums[0], sums[1]
	for ; len(evens) >= 4; samples, evens, odds = samples[lineStep:], evens[4:], odds[4:] {
		even := archsimd.LoadUint64x4((*[4]uint64)(evens)).AsUint16x16().Add(half).MulHigh(down)
		odd := archsimd.LoadUint64x4((*[4]uint64)(odds)).AsUint16x16().Add(half).MulHigh(down)
		// Each of these is of the first half of eight, and of the second half of the other eight.
		lo, hi := even.InterleaveLoGrouped(odd), even.InterleaveHiGrouped(odd)
		lo.GetLo().Store((*[8]uint16)(samples))
		hi.GetLo().Store((*[8]uint16)(samples[8:]))
		lo.GetHi().Store((*[8]uint16)(samples[16:]))
		hi.GetHi().Store((*[8]uint16)(samples[24:]))
	}
	archsimd.ClearAVXUpperBits()
}

// vectorAcross is acrossLine for pixels of three samples. A fourth lane is of the next pixel's first.
func vectorAcross(means []uint64, samples []uint16, across []share) {
	var cell int32
	var sum, next archsimd.Int32x4
	half := archsimd.BroadcastInt32x4(whole / 2)
	put := func(cell int32, sum archsimd.Int32x4) {
		mean := sum.Add(half).ShiftAllRight(8)
		means[cell] = mean.SaturateToUint16Concat(mean).AsUint64x2().GetElem(0) & (1<<48 - 1)
	}
	for _, s := range across {
		if s.cell != cell {
			put(cell, sum)
			cell, sum, next = s.cell, next, archsimd.Int32x4{}
		}
		missing := archsimd.LoadUint16x8((*[8]uint16)(samples)).ExtendLo4ToUint32().AsInt16x8()
		samples = samples[3:]
		sum = sum.Add(missing.DotProductPairs(archsimd.BroadcastInt32x4(int32(s.left)).AsInt16x8()))
		next = next.Add(missing.DotProductPairs(archsimd.BroadcastInt32x4(int32(s.right)).AsInt16x8()))
	}
	put(cell, sum)
	put(cell+1, next)
	archsimd.ClearAVXUpperBits()
}

// vectorLevels is what cells.store does with pixels of three samples, for four at once. It returns
// how many are done.
func vectorLevels(row []uint8, above, here, below []uint64, centre, beside int) (done int) {
	weights := archsimd.BroadcastInt32x8(int32(centre) | int32(-beside)<<16).AsInt16x16()
	half := archsimd.BroadcastInt32x8(1 << (sharpShift - 1))
	white := archsimd.BroadcastInt16x16(0xff)
	var black archsimd.Int16x16
	low := archsimd.LoadInt8x32(&[32]int8{
		0, 2, 4, 6, 8, 10, 12, 14, -1, -1, -1, -1, -1, -1, -1, -1, 0, 2, 4, 6, 8, 10, 12, 14, -1, -1, -1, -1, -1, -1, -1, -1})
	load := func(means []uint64) archsimd.Int16x16 { return archsimd.LoadUint64x4((*[4]uint64)(means)).AsInt16x16() }
	for ; done+4 <= len(here); done += 4 {
		mean, sum := load(here[done:]), load(above[done:]).Add(load(below[done:]))
		lo := mean.InterleaveLoGrouped(sum).DotProductPairs(weights).Add(half).ShiftAllRight(sharpShift)
		hi := mean.InterleaveHiGrouped(sum).DotProductPairs(weights).Add(half).ShiftAllRight(sharpShift)
		missing := lo.SaturateToInt16ConcatGrouped(hi)
		levels := white.Sub(missing).Max(black).Min(white).AsUint8x32().PermuteOrZeroGrouped(low).AsUint64x4()
		binary.LittleEndian.PutUint64(row[4*done:], levels.GetLo().GetElem(0))
		binary.LittleEndian.PutUint64(row[4*done+8:], levels.GetHi().GetElem(0))
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// vectorPlanar converts a row of pixels, of four bytes each, as color.RGBToYCbCr does, eight at once.
// It returns how many are done.
func vectorPlanar(y, cb, cr, row []uint8) (done int) {
	times := func(v int32) archsimd.Int32x8 { return archsimd.BroadcastInt32x8(v) }
	byteMask, most := times(0xff), times(0xff)
	half, middle := times(1<<15), times(257<<15)
	ry, gy, by := times(19595), times(38470), times(7471)
	rcb, gcb := times(-11056), times(-21712)
	gcr, bcr := times(-27440), times(-5328)
	lowest := archsimd.LoadInt8x32(&[32]int8{
		0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1})
	store := func(to []uint8, v archsimd.Int32x8) {
		bytes := v.ShiftAllRight(16).Min(most).AsUint8x32().PermuteOrZeroGrouped(lowest).AsUint32x8()
		binary.LittleEndian.PutUint32(to[done:], bytes.GetLo().GetElem(0))
		binary.LittleEndian.PutUint32(to[done+4:], bytes.GetHi().GetElem(0))
	}
	for ; done+8 <= len(y); done += 8 {
		rgba := archsimd.LoadUint8x32((*[32]uint8)(row[4*done:])).AsInt32x8()
		r, g, b := rgba.And(byteMask), rgba.ShiftAllRight(8).And(byteMask), rgba.ShiftAllRight(16).And(byteMask)
		store(y, r.Mul(ry).Add(g.Mul(gy)).Add(b.Mul(by)).Add(half))
		store(cb, r.Mul(rcb).Add(g.Mul(gcb)).Add(b.ShiftAllLeft(15)).Add(middle))
		store(cr, r.ShiftAllLeft(15).Add(g.Mul(gcr)).Add(b.Mul(bcr)).Add(middle))
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// vectorFullRange converts the samples of a plane, 32 at once. It returns how many are done.
func vectorFullRange(plane []uint8, f fullRange) (done int) {
	const step = 32
	above, most := archsimd.BroadcastUint8x32(15), archsimd.BroadcastUint8x32(uint8(f.most))
	times, minus, inverse := archsimd.BroadcastUint16x16(f.times), archsimd.BroadcastUint16x16(f.minus), archsimd.BroadcastUint16x16(f.inverse)
	low, down6 := archsimd.BroadcastUint16x16(0xff), archsimd.BroadcastUint16x16(1<<(16-6))
	full := func(v archsimd.Uint16x16) archsimd.Uint16x16 {
		return v.Mul(times).SubSaturated(minus).MulHigh(inverse).MulHigh(down6).Min(low)
	}
	for ; done+step <= len(plane); done += step {
		samples := (*[step]uint8)(plane[done:])
		v := archsimd.LoadUint8x32(samples).SubSaturated(above).Min(most).AsUint16x16()
		even, odd := full(v.And(low)), full(v.AsInt16x16().ShiftAllRight(8).AsUint16x16().And(low))
		even.Or(odd.ShiftAllLeft(8)).AsUint8x32().Store(samples)
	}
	archsimd.ClearAVXUpperBits()
	return done
}
