//go:build goexperiment.simd

package photo

import (
	"bytes"
	"math/rand/v2"
	"os"
	"simd/archsimd"
	"testing"
)

// The processor's vectors reverse Paeth's filter as is done byte by byte.
func TestVectorPaeth(t *testing.T) {
	const missing = "this takes a processor with AVX2"
	switch {
	case archsimd.X86.AVX2():
	case os.Getenv("CI") != "":
		t.Fatal(missing)
	default:
		t.Skip(missing)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, bpp := range []int{3, 4} {
		for pixels := range 300 {
			row, filtered := make([]byte, bpp+pixels*bpp), make([]byte, pixels*bpp)
			for i := range filtered {
				row[bpp+i] = byte(random.Uint32())
				filtered[i] = byte(random.Uint32())
				if random.IntN(2) == 0 { // values that are alike, of which the order decides
					row[bpp+i], filtered[i] = byte(random.IntN(3)), byte(random.IntN(3))
				}
			}
			want := bytes.Clone(row)
			paethAny(want, filtered, bpp)
			vectorPaeth(row, filtered, bpp)
			if !bytes.Equal(row, want) {
				t.Fatalf("%d pixels of %d bytes become another row", pixels, bpp)
			}
		}
	}
}
