//go:build goexperiment.simd

package photo

import (
	"encoding/binary"
	"simd/archsimd"
)

// With GOEXPERIMENT=simd, Paeth's filter is reversed by vectors where the processor has AVX2: what
// has to be done for one byte of a pixel before the next pixel can begin is then done for all of
// its bytes at once.
func init() {
	if archsimd.X86.AVX2() {
		paethVector, paethRowsVector = vectorPaeth, vectorPaethRows
		addLinesVector, settleVector = vectorAddLines, vectorSettle
	}
}

// vectorPaeth is paethAny for pixels of three or four bytes.
func vectorPaeth(to, above, filtered []byte, bpp int) {
	bytes := archsimd.BroadcastInt16x8(0xff)
	low := archsimd.LoadInt8x16(&[16]int8{0, 2, 4, 6, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1})
	var a, c archsimd.Int16x8
	for len(to) >= bpp && len(above) >= bpp && len(filtered) >= bpp {
		b, v := pixel(above), pixel(filtered)
		at := c.Add(c).Add(c).Sub(b).Sub(a)
		lo, hi := a.Min(b), a.Max(b)
		p := c.Merge(lo, hi.Greater(at)) // c where hi > at
		p = p.Merge(hi, at.Greater(lo))
		a, c = v.Add(p).And(bytes), b
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
func vectorPaethRows(rows, filtered [][]byte, n, bpp int) {
	bytes := archsimd.BroadcastInt16x16(0xff)
	low := archsimd.LoadInt8x32(&[32]int8{
		0, 2, 4, 6, 8, 10, 12, 14, -1, -1, -1, -1, -1, -1, -1, -1, 0, 2, 4, 6, 8, 10, 12, 14, -1, -1, -1, -1, -1, -1, -1, -1})
	size := n + 4*bpp
	part := func(row []byte, behind int) []byte { return row[rowPad-behind*bpp:][:size+3] }
	f0, f1, f2, f3 := part(filtered[0], 0), part(filtered[1], 1), part(filtered[2], 3), part(filtered[3], 4)
	above, r0, r1, r2, r3 := part(rows[0], 0), part(rows[1], 0), part(rows[2], 1), part(rows[3], 3), part(rows[4], 4)
	word := binary.LittleEndian.Uint32
	var a, b, before archsimd.Int16x16 // at the left, above, and a of the pixel before
	for i := 0; i < size; i += bpp {
		var two archsimd.Uint64x2
		two = two.SetElem(0, uint64(word(f0[i:]))|uint64(word(f1[i:]))<<32)
		two = two.SetElem(1, uint64(word(f2[i:]))|uint64(word(f3[i:]))<<32)
		v := two.AsUint8x16().ExtendToUint16().AsInt16x16()
		// What stands above the first and the third row is in the upper parts of halves.
		var first archsimd.Uint64x2
		first = first.SetElem(0, uint64(word(above[i:]))<<32)
		var up archsimd.Int16x16
		up = up.SetLo(first.AsUint8x16().ExtendLo8ToUint16().AsInt16x8()).SetHi(before.GetLo())
		c := b
		b = a.AsUint8x32().ConcatShiftBytesRightGrouped(8, up.AsUint8x32()).AsInt16x16()

		at := c.Add(c).Add(c).Sub(b).Sub(a)
		lo, hi := a.Min(b), a.Max(b)
		p := c.Merge(lo, hi.Greater(at)) // c where hi > at
		p = p.Merge(hi, at.Greater(lo))
		before = a
		a = v.Add(p).And(bytes)

		packed := a.AsUint8x32().PermuteOrZeroGrouped(low).AsUint64x4()
		upper, lower := packed.GetLo().GetElem(0), packed.GetHi().GetElem(0)
		binary.LittleEndian.PutUint32(r0[i:], uint32(upper))
		binary.LittleEndian.PutUint32(r1[i:], uint32(upper>>32))
		binary.LittleEndian.PutUint32(r2[i:], uint32(lower))
		binary.LittleEndian.PutUint32(r3[i:], uint32(lower>>32))
	}
	archsimd.ClearAVXUpperBits()
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
		even, odd := missing.And(low), missing.ShiftAllRight(8)
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
	half := archsimd.BroadcastUint16x16(1 << (7 - fraction))
	evens, odds := sums[0], sums[1]
	for ; len(samples) >= lineStep; samples, evens, odds = samples[lineStep:], evens[4:], odds[4:] {
		even := archsimd.LoadUint64x4((*[4]uint64)(evens)).AsUint16x16().Add(half).ShiftAllRight(8 - fraction)
		odd := archsimd.LoadUint64x4((*[4]uint64)(odds)).AsUint16x16().Add(half).ShiftAllRight(8 - fraction)
		// Each of these is of the first half of eight, and of the second half of the other eight.
		lo, hi := even.InterleaveLoGrouped(odd), even.InterleaveHiGrouped(odd)
		lo.GetLo().Store((*[8]uint16)(samples))
		hi.GetLo().Store((*[8]uint16)(samples[8:]))
		lo.GetHi().Store((*[8]uint16)(samples[16:]))
		hi.GetHi().Store((*[8]uint16)(samples[24:]))
	}
	archsimd.ClearAVXUpperBits()
}
