//go:build goexperiment.simd

package planes

import (
	"encoding/binary"
	"simd/archsimd"
)

// With GOEXPERIMENT=simd, planes are reduced by AVX2 where the processor has it: to the same samples as by words of three
// lanes, which stays for all others. Sums of pairs of products of 16 bits (VPMADDWD) do both directions: vertically the pair is
// of two rows, horizontally of two samples of one, and a vector has one of each of eight rows.
func init() {
	if archsimd.X86.AVX2() {
		reduceVector = vectorPlane
	}
}

// rowsAcross is how many rows are reduced horizontally at once: a vector holds a pair of samples of each.
const rowsAcross = 8

// taps8 is the weights of eight samples in a row, twice: for either half of a vector.
type taps8 = [16]int16

// vectorPlane is reducePlane.
func vectorPlane(dst target, pix []byte, stride int, ax, ay axis) []byte {
	out := make([]byte, ax.size*ay.size)
	from, across, groups := pairedWeights(ax)
	n := (ax.samples + 8*groups + 15) &^ 15 // Behind the samples stay zeros.
	lines := make([]int16, rowsAcross*n)
	columns := make([]pairs, n/2)
	result := make([]square, len(from)/4)
	down := make([]rowPair, ay.taps/2)
	for y := range ay.size {
		weights := ay.weights[y*ay.taps : (y+1)*ay.taps]
		used := 0 // Taps are rounded up: the last weights are often 0.
		for k := range down {
			upper, lower := weights[2*k], weights[2*k+1]
			if upper|lower == 0 {
				continue
			}
			down[used] = rowPair{
				weights: archsimd.BroadcastInt32x8(int32(uint16(upper)) | int32(lower)<<16).AsInt16x16(),
				upper:   min(int(ay.from[y])+2*k, ay.samples-1) * stride,
				lower:   min(int(ay.from[y])+2*k+1, ay.samples-1) * stride,
			}
			used++
		}
		row := y % rowsAcross
		sumDown(lines[row*n:row*n+ax.samples], pix, down[:used])
		if row == rowsAcross-1 || y == ay.size-1 {
			pairUp(columns, lines)
			sumAcross(result, columns, from, across)
			dst.storeSquares(out, result, ax.size, y-row, row+1)
		}
	}
	archsimd.ClearAVXUpperBits()
	return out
}

// pairedWeights returns the weights of an axis for sumAcross, in so many groups of eight for each sample of the result, and the
// pair that each begins with. Behind the last sample there are some without weights, so that their number is a multiple of four.
func pairedWeights(a axis) (from []int32, weights []taps8, groups int) {
	for i, first := range a.from {
		for k, w := range a.weights[i*a.taps : (i+1)*a.taps] {
			if w != 0 {
				groups = max(groups, (int(first&1)+k)/8+1)
			}
		}
	}
	n := (a.size + 3) &^ 3
	from, weights = make([]int32, n), make([]taps8, n*groups)
	for i, first := range a.from {
		from[i] = first / 2
		for k, w := range a.weights[i*a.taps : (i+1)*a.taps] {
			if w != 0 {
				k += int(first & 1)
				to := &weights[i*groups+k/8]
				to[k%8], to[k%8+8] = int16(w), int16(w)
			}
		}
	}
	return from, weights, groups
}

// A rowPair is two rows, given by where they begin, and the weights of their samples, in turns.
type rowPair struct {
	weights      archsimd.Int16x16
	upper, lower int
}

// sumDown sets line to the vertical sums of rows, with extraBits fractional bits.
func sumDown(line []int16, pix []byte, rows []rowPair) {
	const (
		shift = verticalBits - extraBits
		width = 64 // samples at once
	)
	round := archsimd.BroadcastInt32x8(1 << (shift - 1))
	least, most := archsimd.BroadcastInt16x16(0), archsimd.BroadcastInt16x16(255<<extraBits)
	for x := 0; x < len(line); x += width {
		x = min(x, len(line)-width)
		// Of samples 0 to 3 and 8 to 11; 4 to 7 and 12 to 15; the same from 16, 32 and 48 on.
		s0, s1, s2, s3, s4, s5, s6, s7 := round, round, round, round, round, round, round, round
		for k := range rows {
			r := &rows[k]
			w := r.weights
			a, b := (*[width]uint8)(pix[r.upper+x:]), (*[width]uint8)(pix[r.lower+x:])
			u, v := words((*[16]uint8)(a[:16])), words((*[16]uint8)(b[:16]))
			s0 = s0.Add(u.InterleaveLoGrouped(v).DotProductPairs(w))
			s1 = s1.Add(u.InterleaveHiGrouped(v).DotProductPairs(w))
			u, v = words((*[16]uint8)(a[16:])), words((*[16]uint8)(b[16:]))
			s2 = s2.Add(u.InterleaveLoGrouped(v).DotProductPairs(w))
			s3 = s3.Add(u.InterleaveHiGrouped(v).DotProductPairs(w))
			u, v = words((*[16]uint8)(a[32:])), words((*[16]uint8)(b[32:]))
			s4 = s4.Add(u.InterleaveLoGrouped(v).DotProductPairs(w))
			s5 = s5.Add(u.InterleaveHiGrouped(v).DotProductPairs(w))
			u, v = words((*[16]uint8)(a[48:])), words((*[16]uint8)(b[48:]))
			s6 = s6.Add(u.InterleaveLoGrouped(v).DotProductPairs(w))
			s7 = s7.Add(u.InterleaveHiGrouped(v).DotProductPairs(w))
		}
		l := (*[width]int16)(line[x:])
		put := func(to *[16]int16, a, b archsimd.Int32x8) {
			v := a.ShiftAllRight(shift).SaturateToInt16ConcatGrouped(b.ShiftAllRight(shift))
			v.Max(least).Min(most).Store(to)
		}
		put((*[16]int16)(l[:16]), s0, s1)
		put((*[16]int16)(l[16:]), s2, s3)
		put((*[16]int16)(l[32:]), s4, s5)
		put((*[16]int16)(l[48:]), s6, s7)
	}
}

// pairs is two samples, one beside the other, of each of the rows that are reduced horizontally at once.
type pairs = [2 * rowsAcross]int16

// pairUp sets columns to the samples of lines, which lie one behind the other, by pairs.
func pairUp(columns []pairs, lines []int16) {
	n := len(lines) / rowsAcross
	for x := 0; x+8 <= len(columns); x += 8 {
		row := func(k int) archsimd.Int32x8 {
			return archsimd.LoadInt16x16((*[16]int16)(lines[k*n+2*x:])).AsInt32x8()
		}
		// Four rows' pairs 0 and 1, 2 and 3 of either half; then all rows' of the lower half, and of the upper.
		turn := func(a, b, c, d archsimd.Int32x8) (p0, p1, p2, p3 archsimd.Int64x4) {
			ab01, ab23 := a.InterleaveLoGrouped(b).AsInt64x4(), a.InterleaveHiGrouped(b).AsInt64x4()
			cd01, cd23 := c.InterleaveLoGrouped(d).AsInt64x4(), c.InterleaveHiGrouped(d).AsInt64x4()
			return ab01.InterleaveLoGrouped(cd01), ab01.InterleaveHiGrouped(cd01), ab23.InterleaveLoGrouped(cd23), ab23.InterleaveHiGrouped(cd23)
		}
		u0, u1, u2, u3 := turn(row(0), row(1), row(2), row(3))
		v0, v1, v2, v3 := turn(row(4), row(5), row(6), row(7))
		to := (*[8]pairs)(columns[x:])
		u0.Select128FromPair(0, 2, v0).AsInt16x16().Store(&to[0])
		u1.Select128FromPair(0, 2, v1).AsInt16x16().Store(&to[1])
		u2.Select128FromPair(0, 2, v2).AsInt16x16().Store(&to[2])
		u3.Select128FromPair(0, 2, v3).AsInt16x16().Store(&to[3])
		u0.Select128FromPair(1, 3, v0).AsInt16x16().Store(&to[4])
		u1.Select128FromPair(1, 3, v1).AsInt16x16().Store(&to[5])
		u2.Select128FromPair(1, 3, v2).AsInt16x16().Store(&to[6])
		u3.Select128FromPair(1, 3, v3).AsInt16x16().Store(&to[7])
	}
}

// A square is four samples in a row of each of the rows that are reduced at once, row by row.
type square = [4 * rowsAcross]uint8

// byRows makes samples 0 and 2 of four rows, and then 1 and 3, four samples of each row.
var byRows = [32]int8{0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15}

// sumAcross sets result to the horizontal sums of columns.
func sumAcross(result []square, columns []pairs, from []int32, weights []taps8) {
	const shift = horizontalBits + extraBits
	order := archsimd.LoadInt8x32(&byRows)
	least, most := archsimd.BroadcastInt16x16(0), archsimd.BroadcastInt16x16(255)
	round := archsimd.BroadcastInt32x8(1 << (shift - 1))
	groups := len(weights) / len(from)
	next := func() archsimd.Int32x8 {
		at, sum := columns[from[0]:], round
		for k := range weights[:groups] {
			w, a := archsimd.LoadInt16x16(&weights[k]).AsInt32x8(), (*[4]pairs)(at)
			sum = sum.Add(archsimd.LoadInt16x16(&a[0]).DotProductPairs(w.PermuteScalarsGrouped(0, 0, 0, 0).AsInt16x16()))
			sum = sum.Add(archsimd.LoadInt16x16(&a[1]).DotProductPairs(w.PermuteScalarsGrouped(1, 1, 1, 1).AsInt16x16()))
			sum = sum.Add(archsimd.LoadInt16x16(&a[2]).DotProductPairs(w.PermuteScalarsGrouped(2, 2, 2, 2).AsInt16x16()))
			sum = sum.Add(archsimd.LoadInt16x16(&a[3]).DotProductPairs(w.PermuteScalarsGrouped(3, 3, 3, 3).AsInt16x16()))
			at = at[4:]
		}
		from, weights = from[1:], weights[groups:]
		return sum.ShiftAllRight(shift)
	}
	for i := range result {
		a, b, c, d := next(), next(), next(), next()
		v01 := a.SaturateToInt16ConcatGrouped(b).Max(least).Min(most)
		v23 := c.SaturateToInt16ConcatGrouped(d).Max(least).Min(most)
		v01.Or(v23.ShiftAllLeft(8)).AsInt8x32().PermuteOrZeroGrouped(order).AsUint8x32().Store(&result[i])
	}
}

// storeSquares stores as many rows of squares as count says, each of so many samples, the first being number y of the result.
func (dst target) storeSquares(out []byte, squares []square, size, y, count int) {
	at := dst.origin + y*dst.dy
	if dst.dx == 1 {
		for k := range count {
			row := out[at+k*dst.dy:][:size]
			four := func(i int) uint32 { return binary.LittleEndian.Uint32(squares[i][4*k:]) }
			i := 0
			for ; len(row) >= 8; i += 2 {
				binary.LittleEndian.PutUint64(row, uint64(four(i))|uint64(four(i+1))<<32)
				row = row[8:]
			}
			for ; len(row) > 0; i++ {
				row = row[copy(row, squares[i][4*k:4*k+4]):]
			}
		}
		return
	}
	for i := range size {
		for k := range count {
			out[at+k*dst.dy] = squares[i/4][4*k+i%4]
		}
		at += dst.dx
	}
}

// words returns samples in 16 bits each.
func words(samples *[16]uint8) archsimd.Int16x16 {
	return archsimd.LoadUint8x16(samples).ExtendToUint16().AsInt16x16()
}
