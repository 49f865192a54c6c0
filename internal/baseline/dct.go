package baseline

import "math"

// The forward transform (A.3.3) is separable: eight points in each row, then in each column. Arai, Agui and Nakajima (1988) found
// that eight points take but five multiplications if each result may come out larger than it should by a factor of its own:
// result u by 1 for u = 0, and else sqrt(2) cos(u pi/16), times sqrt(8). The factors of both directions go into the divisors.

const (
	// trigBits is the number of fractional bits of the constants.
	trigBits = 14

	half      = 11585 // sqrt(1/2)
	sin2      = 6270  // sin(2 pi/16)
	cos2sin2  = 8867  // cos(2 pi/16) - sin(2 pi/16)
	cos2plus2 = 21407 // cos(2 pi/16) + sin(2 pi/16)
)

// points transforms eight points.
func points(x0, x1, x2, x3, x4, x5, x6, x7 int) (y0, y1, y2, y3, y4, y5, y6, y7 int) {
	// The even results come of the sums of opposite points, as a transform of four.
	s0, s1, s2, s3 := x0+x7, x1+x6, x2+x5, x3+x4
	a, b, c, d := s0+s3, s1+s2, s0-s3, s1-s2
	turned := (c + d) * half >> trigBits
	y0, y4 = a+b, a-b
	y2, y6 = c+turned, c-turned

	// The odd ones of the differences.
	d0, d1, d2, d3 := x0-x7, x1-x6, x2-x5, x3-x4
	p, q, r := d3+d2, d2+d1, d1+d0
	both := (p - r) * sin2
	low := (p*cos2sin2 + both) >> trigBits
	high := (r*cos2plus2 + both) >> trigBits
	middle := q * half >> trigBits
	m, n := d0+middle, d0-middle
	y1, y7 = m+high, m-high
	y5, y3 = n+low, n-low
	return
}

// transform transforms the block. Its coefficients have fracBits fractional bits and the factors above.
func (b *block) transform() {
	for i := 0; i < 64; i += 8 {
		r := b[i : i+8 : i+8]
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7] = points(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
	}
	for i := range 8 {
		b[i], b[8+i], b[16+i], b[24+i], b[32+i], b[40+i], b[48+i], b[56+i] =
			points(b[i], b[8+i], b[16+i], b[24+i], b[32+i], b[40+i], b[48+i], b[56+i])
	}
}

// divisors are what to multiply coefficients with, in rows, to divide them by quantization steps: with divisorBits fractional
// bits.
type divisors [64]int32

// divisorBits keeps a coefficient times its reciprocal, 11+3+fracBits bits and up to as many as this, within 63 bits.
const divisorBits = 32

// newDivisors returns the divisors for quantization steps in zigzag order.
func newDivisors(quantization *[64]byte) (d divisors) {
	factor := func(u int) float64 {
		if u == 0 {
			return 1
		}
		return math.Sqrt2 * math.Cos(float64(u)*math.Pi/16)
	}
	for k, q := range quantization {
		u, v := int(zigzag[k]%8), int(zigzag[k]/8)
		d[zigzag[k]] = int32(math.Round((1 << (divisorBits - fracBits)) / (8 * factor(u) * factor(v) * float64(q))))
	}
	return d
}

// coefficients are those of a block, in rows, quantized.
type coefficients [64]int16

// quantize sets q to the coefficients of b, divided by their steps and rounded. Bit k of nonzero says whether number k in zigzag
// order is not 0.
func (d *divisors) quantize(q *coefficients, b *block) (nonzero uint64) {
	for _, at := range &zigzag {
		at &= 63
		v := (int64(b[at])*int64(d[at]) + 1<<(divisorBits-1)) >> divisorBits
		q[at] = int16(v)
		// A number or its negative has the topmost bit set, unless it is 0.
		nonzero = nonzero>>1 | uint64(v|-v)&(1<<63)
	}
	return nonzero
}

// zigzag is the order in which coefficients are stored (figure A.6), as indexes of rows of eight.
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
}

// quantization is tables K.1 and K.2, for luma and chroma, in zigzag order: quality 50.
var quantization = [2][64]byte{
	{
		16, 11, 12, 14, 12, 10, 16, 14,
		13, 14, 18, 17, 16, 19, 24, 40,
		26, 24, 22, 22, 24, 49, 35, 37,
		29, 40, 58, 51, 61, 60, 57, 51,
		56, 55, 64, 72, 92, 78, 64, 68,
		87, 69, 55, 56, 80, 109, 81, 87,
		95, 98, 103, 104, 103, 62, 77, 113,
		121, 112, 100, 120, 92, 101, 103, 99,
	},
	{
		17, 18, 18, 24, 21, 24, 47, 26,
		26, 47, 99, 66, 56, 66, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
	},
}

// scaled returns a quantization table for a quality, as libjpeg defines it: steps are inverse to the quality up to 50, and from
// there on fall in proportion to 0 at 100. A step is at least 1 and at most 255.
func scaled(table *[64]byte, quality int) (q [64]byte) {
	percent := 200 - 2*quality
	if quality < 50 {
		percent = 5000 / quality
	}
	for k, v := range table {
		q[k] = byte(min(max((int(v)*percent+50)/100, 1), 255))
	}
	return q
}
