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
