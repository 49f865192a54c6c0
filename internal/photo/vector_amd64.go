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
		paethVector = vectorPaeth
		addLinesVector, settleVector = vectorAddLines, vectorSettle
	}
}

// vectorPaeth is paethAny for pixels of three or four bytes.
func vectorPaeth(row, filtered []byte, bpp int) {
	bytes := archsimd.BroadcastInt16x8(0xff)
	low := archsimd.LoadInt8x16(&[16]int8{0, 2, 4, 6, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1})
	var a, c archsimd.Int16x8
	for to := row[bpp:]; len(to) >= bpp && len(filtered) >= bpp; to, filtered = to[bpp:], filtered[bpp:] {
		b, v := pixel(to), pixel(filtered)
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
