//go:build goexperiment.simd

package planes

import (
	"encoding/binary"
	"simd/archsimd"
)

// With GOEXPERIMENT=simd, planes are reduced by AVX2 where the processor has it: to the same samples as by words of three
// lanes, which stays for all others. Sums of pairs of products of 16 bits (VPMADDWD) do both directions: vertically the pair is
// of two rows, horizontally of two samples of one.
func init() {
	if archsimd.X86.AVX2() {
		reduceVector = vectorPlane
	}
}

// tap16 is weights of 16 samples in a row.
type tap16 = [16]int16

// rowsAcross is how many rows are reduced horizontally at once, so that their weights are read once.
const rowsAcross = 4

// vectorPlane is reducePlane.
func vectorPlane(dst target, pix []byte, stride int, ax, ay axis) []byte {
	out := make([]byte, ax.size*ay.size)
	groups := (ax.taps + 15) / 16
	across := make([]tap16, ax.size*groups)
	for i := range ax.size {
		for k, w := range ax.weights[i*ax.taps : (i+1)*ax.taps] {
			across[i*groups+k/16][k%16] = int16(w)
		}
	}
	n := ax.samples + 16*groups // Behind the samples stay zeros.
	lines := make([]int16, rowsAcross*n)
	result := make([]uint32, ax.size)
	rows := make([]int, ay.taps)
	down := make([]archsimd.Int16x16, ay.taps/2)
	for y := range ay.size {
		weights := ay.weights[y*ay.taps : (y+1)*ay.taps]
		for k := range rows {
			rows[k] = min(int(ay.from[y])+k, ay.samples-1) * stride
		}
		for k := range down {
			down[k] = archsimd.BroadcastInt32x8(int32(uint16(weights[2*k])) | int32(weights[2*k+1])<<16).AsInt16x16()
		}
		row := y % rowsAcross
		sumDown(lines[row*n:row*n+ax.samples], pix, rows, down)
		if row == rowsAcross-1 || y == ay.size-1 {
			sumAcross(result, lines, ax.from, across)
			origin, done := dst.origin+(y-row)*dst.dy, 0
			if dst.dx == 1 && row == rowsAcross-1 {
				done = storeRows(out, origin, dst.dy, result)
			}
			for k := range row + 1 {
				at := origin + k*dst.dy + done*dst.dx
				for _, v := range result[done:] {
					out[at] = byte(v >> (8 * k & 31))
					at += dst.dx
				}
			}
		}
	}
	archsimd.ClearAVXUpperBits()
	return out
}

// sumDown sets line to the vertical sums, with extraBits fractional bits, of the rows that begin at the given indexes.
func sumDown(line []int16, pix []byte, rows []int, weights []archsimd.Int16x16) {
	const (
		shift = verticalBits - extraBits
		width = 32 // samples at once
	)
	round := archsimd.BroadcastInt32x8(1 << (shift - 1))
	least, most := archsimd.BroadcastInt16x16(0), archsimd.BroadcastInt16x16(255<<extraBits)
	for x := 0; x < len(line); x += width {
		x = min(x, len(line)-width)
		s0, s1, s2, s3 := round, round, round, round // of samples 0 to 3 and 8 to 11; 4 to 7 and 12 to 15; the same from 16 on
		pairs := rows
		for _, w := range weights {
			if len(pairs) < 2 {
				break
			}
			a, b := (*[width]uint8)(pix[pairs[0]+x:]), (*[width]uint8)(pix[pairs[1]+x:])
			pairs = pairs[2:]
			a0, b0 := words((*[16]uint8)(a[:16])), words((*[16]uint8)(b[:16]))
			s0 = s0.Add(a0.InterleaveLoGrouped(b0).DotProductPairs(w))
			s1 = s1.Add(a0.InterleaveHiGrouped(b0).DotProductPairs(w))
			a1, b1 := words((*[16]uint8)(a[16:])), words((*[16]uint8)(b[16:]))
			s2 = s2.Add(a1.InterleaveLoGrouped(b1).DotProductPairs(w))
			s3 = s3.Add(a1.InterleaveHiGrouped(b1).DotProductPairs(w))
		}
		l := (*[width]int16)(line[x:])
		v := s0.ShiftAllRight(shift).SaturateToInt16ConcatGrouped(s1.ShiftAllRight(shift))
		v.Max(least).Min(most).Store((*[16]int16)(l[:16]))
		v = s2.ShiftAllRight(shift).SaturateToInt16ConcatGrouped(s3.ShiftAllRight(shift))
		v.Max(least).Min(most).Store((*[16]int16)(l[16:]))
	}
}

// turn4x4 makes four words of four rows each, one of each row.
var turn4x4 = [32]int8{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}

// storeRows stores sums of four lines to as many rows of out, which begin at an index and are so many bytes apart. It does eight at
// once, and returns how many are done.
func storeRows(out []byte, at, apart int, sums []uint32) (done int) {
	order := archsimd.LoadInt8x32(&turn4x4)
	for ; done+8 <= len(sums); done += 8 {
		v := archsimd.LoadUint32x8((*[8]uint32)(sums[done:])).AsUint8x32().PermuteOrZeroGrouped(order).AsUint32x8()
		rows01 := v.GetLo().InterleaveLo(v.GetHi()).AsUint64x2()
		rows23 := v.GetLo().InterleaveHi(v.GetHi()).AsUint64x2()
		binary.LittleEndian.PutUint64(out[at+done:], rows01.GetElem(0))
		binary.LittleEndian.PutUint64(out[at+apart+done:], rows01.GetElem(1))
		binary.LittleEndian.PutUint64(out[at+2*apart+done:], rows23.GetElem(0))
		binary.LittleEndian.PutUint64(out[at+3*apart+done:], rows23.GetElem(1))
	}
	return done
}

// words returns samples in 16 bits each.
func words(samples *[16]uint8) archsimd.Int16x16 {
	return archsimd.LoadUint8x16(samples).ExtendToUint16().AsInt16x16()
}

// sumAcross sets result to the horizontal sums of four lines, which lie one behind the other, a byte for each.
func sumAcross(result []uint32, lines []int16, from []int32, weights []tap16) {
	const shift = horizontalBits + extraBits
	round := archsimd.BroadcastInt32x4(1 << (shift - 1))
	least, most := archsimd.BroadcastInt32x4(0), archsimd.BroadcastInt32x4(255)
	lowest := archsimd.LoadInt8x16(&[16]int8{0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1})
	n := len(lines) / rowsAcross
	groups := len(weights) / len(from)
	for i, x := range from[:len(result)] {
		var v0, v1, v2, v3 archsimd.Int32x8
		at := lines[x:]
		for k := range weights[:groups] {
			w := archsimd.LoadInt16x16(&weights[k])
			v0 = v0.Add(archsimd.LoadInt16x16((*tap16)(at)).DotProductPairs(w))
			v1 = v1.Add(archsimd.LoadInt16x16((*tap16)(at[n:])).DotProductPairs(w))
			v2 = v2.Add(archsimd.LoadInt16x16((*tap16)(at[2*n:])).DotProductPairs(w))
			v3 = v3.Add(archsimd.LoadInt16x16((*tap16)(at[3*n:])).DotProductPairs(w))
			at = at[16:]
		}
		weights = weights[groups:]
		halves := v0.AddPairsGrouped(v1).AddPairsGrouped(v2.AddPairsGrouped(v3)) // of the four sums, in either group
		v := halves.GetLo().Add(halves.GetHi()).Add(round).ShiftAllRight(shift).Max(least).Min(most)
		result[i] = v.AsUint8x16().PermuteOrZero(lowest).AsUint32x4().GetElem(0)
	}
}
