//go:build goexperiment.simd

package baseline

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gallery/internal/testkit"
)

// TestVectorBlock compares with the way without vectors: random blocks, flat ones, and those that drive each coefficient as far as
// it goes.
func TestVectorBlock(t *testing.T) {
	testkit.NeedAVX2(t)
	random := rand.New(rand.NewPCG(7, 8))
	// extreme is the sign of coefficient at's wave at column x and row y of a block.
	extreme := func(at, x, y int) bool {
		u, v := at%8, at/8
		return math.Cos(float64(2*x+1)*float64(u)*math.Pi/16)*math.Cos(float64(2*y+1)*float64(v)*math.Pi/16) > 0
	}
	for n := range 20000 {
		for _, halved := range []bool{false, true} {
			side, zoom := 8, 1
			if halved {
				side, zoom = 16, 2
			}
			stride := side + n%5
			pix := make([]byte, (side-1)*stride+side) // nothing lies behind it
			for i := range pix {
				x, y := i%stride/zoom%8, i/stride/zoom
				switch {
				case n < 128:
					if extreme(n/2, x, y) == (n%2 == 0) {
						pix[i] = 255
					}
				case n < 384:
					pix[i] = uint8(n - 128)
				case n%3 == 0:
					pix[i] = uint8(random.Uint32())
				case n%3 == 1:
					pix[i] = uint8(random.IntN(2) * 255)
				default:
					pix[i] = uint8(100 + 8*x + n%7*y + random.IntN(1+n%16))
				}
			}
			quality := []int{1, 20, 50, 82, 95, 100}[random.IntN(6)]
			steps := scaled(&quantization[n&1], quality)
			d := newDivisors(&steps)
			var b block
			p := plane{pix, stride}
			if halved {
				b.loadHalved(&p, 0, 0, side, side)
			} else {
				b.load(&p, 0, 0, side, side)
			}
			b.transform()
			var got, want coefficients
			wantNonzero := d.quantize(&want, &b)
			gotNonzero := blockVector(&got, pix, stride, &d, halved)
			if got != want || gotNonzero != wantNonzero {
				t.Fatalf("block %d, halved %t, quality %d:\n%d, not zero %x, want\n%d, %x", n, halved, quality, got, gotNonzero, want, wantNonzero)
			}
		}
	}
}

// TestAppend_vector compares files with those that are made without vectors.
func TestAppend_vector(t *testing.T) {
	testkit.NeedAVX2(t)
	vector := blockVector
	defer func() { blockVector = vector }()
	for _, width := range []int{5, 16, 47, 301} {
		m := textured(width, 203)
		for _, quality := range []int{1, 82, 100} {
			for _, chroma := range []Chroma{Halved, Full} {
				blockVector = vector
				got := must(Append(nil, m, quality, chroma))
				got = slices.Concat(got, must(Append(nil, grey(m), quality, chroma)))
				blockVector = nil
				want := must(Append(nil, m, quality, chroma))
				want = slices.Concat(want, must(Append(nil, grey(m), quality, chroma)))
				if !bytes.Equal(got, want) {
					t.Errorf("%d pixels wide, quality %d: the file is another with vectors", width, quality)
				}
			}
		}
	}
}
