//go:build goexperiment.simd

package photo

import (
	"bytes"
	"math/rand/v2"
	"os"
	"reflect"
	"simd/archsimd"
	"slices"
	"testing"
)

// needVectors skips a test where the processor has no AVX2.
func needVectors(t *testing.T) {
	const missing = "this takes a processor with AVX2"
	switch {
	case archsimd.X86.AVX2():
	case os.Getenv("CI") != "":
		t.Fatal(missing)
	default:
		t.Skip(missing)
	}
}

// The processor's vectors reverse Paeth's filter as is done byte by byte.
func TestVectorPaeth(t *testing.T) {
	needVectors(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, bpp := range []int{3, 4} {
		for pixels := range 300 {
			n := pixels * bpp
			row := func() []byte { return make([]byte, rowPad+n+rowPad) }
			var rows, want, filtered [][]byte
			for i := range paethRows + 1 {
				rows, want = append(rows, row()), append(want, row())
				if i > 0 {
					filtered = append(filtered, row())
				}
			}
			for _, row := range append(slices.Clone(filtered), rows[0]) {
				for i := range n {
					row[rowPad+i] = byte(random.Uint32())
					if random.IntN(2) == 0 { // values that are alike, of which the order decides
						row[rowPad+i] = byte(random.IntN(3))
					}
				}
			}
			copy(want[0], rows[0])
			pixelsOf := func(row []byte) []byte { return row[rowPad : rowPad+n] }
			for i, f := range filtered {
				paethAny(pixelsOf(want[i+1]), pixelsOf(want[i]), pixelsOf(f), bpp)
				one := row()
				vectorPaeth(pixelsOf(one), pixelsOf(want[i]), pixelsOf(f), bpp)
				if !bytes.Equal(one, want[i+1]) {
					t.Fatalf("%d pixels of %d bytes become another row", pixels, bpp)
				}
			}
			vectorPaethRows(rows, filtered, n, bpp)
			for i := range rows {
				if !bytes.Equal(rows[i][:rowPad+n], want[i][:rowPad+n]) {
					t.Fatalf("%d pixels of %d bytes become another row %d of four", pixels, bpp, i)
				}
			}
		}
	}
}

// The processor's vectors sum lines down, and put the sums in order, as is done by words.
func TestVectorPNGCells(t *testing.T) {
	needVectors(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 31, 32, 33, 1000} {
		line := make([]uint8, paddedLine(n))
		c, want := newCells(make([]share, n), 1), newCells(make([]share, n), 1)
		for left := range uint16(whole + 1) {
			for i := range line[:n] {
				line[i] = uint8(random.Uint32()) & uint8(left) // 0 at last: nothing is more than white lacks
			}
			if left%16 == 0 { // a cell's shares are no more than whole together
				for i := range c.sums {
					for k := range c.sums[i] {
						clear(c.sums[i][k])
						clear(want.sums[i][k])
					}
				}
			}
			part := left / 16
			vectorAddLines([2]*[2][]uint64{&c.sums[0], &c.sums[1]}, line, uint64(part), uint64(whole/16-part))
			addLines([2]*[2][]uint64{&want.sums[0], &want.sums[1]}, line, uint64(part), uint64(whole/16-part))
			vectorSettle(c.samples, &c.sums[1])
			settle(want.samples, &want.sums[1])
			if !reflect.DeepEqual(c, want) {
				t.Fatalf("%d bytes in %d and %d parts have other sums", n, part, whole/16-part)
			}
		}
	}
}
