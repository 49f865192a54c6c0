//go:build goexperiment.simd

package deflate

import "simd/archsimd"

// With GOEXPERIMENT=simd, the stream's sum is computed by AVX2 where the processor has it.
func init() {
	if archsimd.X86.AVX2() {
		newSum = func() sum32 { return &vectorSum{low: 1} }
	}
}

// vectorSum is Adler-32 (RFC 1950, 8.2): a sum of bytes, and the sum of that after each byte, both
// modulo 65521.
type vectorSum struct{ low, high uint32 }

const (
	adlerPrime = 65521
	adlerStep  = 32                           // bytes at once
	adlerMost  = 5552 / adlerStep * adlerStep // bytes until sums have to be reduced, to fit 32 bits
)

func (s *vectorSum) Sum32() uint32 { return s.high<<16 | s.low }

func (s *vectorSum) Write(b []byte) (int, error) {
	n := len(b)
	weights := archsimd.LoadInt8x32(&[adlerStep]int8{
		32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1})
	ones := archsimd.BroadcastInt16x16(1)
	var zero archsimd.Uint8x32
	for len(b) >= adlerStep {
		part := b[:min(len(b), adlerMost)/adlerStep*adlerStep]
		b = b[len(part):]
		s.high += s.low * uint32(len(part))
		var low archsimd.Uint32x8              // sums of bytes
		var before, weighted archsimd.Uint32x8 // of low before each step, and of bytes by how many sums they are in
		for ; len(part) >= adlerStep; part = part[adlerStep:] {
			v := archsimd.LoadUint8x32((*[adlerStep]uint8)(part))
			before = before.Add(low)
			low = low.Add(v.SumAbsDiff(zero).AsUint32x8())
			weighted = weighted.Add(v.DotProductPairsSaturated(weights).DotProductPairs(ones).AsUint32x8())
		}
		s.low = (s.low + total(low)) % adlerPrime
		s.high = uint32((uint64(s.high) + uint64(adlerStep)*uint64(total(before)) + uint64(total(weighted))) % adlerPrime)
	}
	archsimd.ClearAVXUpperBits()
	for _, v := range b {
		s.low = (s.low + uint32(v)) % adlerPrime
		s.high = (s.high + s.low) % adlerPrime
	}
	return n, nil
}

// total returns the sum of a vector's elements.
func total(v archsimd.Uint32x8) (sum uint32) {
	var all [8]uint32
	v.Store(&all)
	for i := range all { // without a copy of it
		sum += all[i]
	}
	return sum
}
