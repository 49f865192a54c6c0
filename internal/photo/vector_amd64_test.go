//go:build goexperiment.simd

package photo

import (
	"bytes"
	"image"
	"image/color"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"gallery/internal/testkit"
)

// The processor's vectors reverse Paeth's filter as is done byte by byte.
func TestVectorPaeth(t *testing.T) {
	testkit.NeedAVX2(t)
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
	testkit.NeedAVX2(t)
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

// The processor's vectors average lines across, and sharpen rows, as is done by words.
func TestVectorPNGRows(t *testing.T) {
	testkit.NeedAVX2(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 7, 100, 1001} {
		for _, width := range []int{n, (n + 1) / 2, (n + 6) / 7, 1} {
			across := sharesOf(n, width)
			var got, want [3][]uint64
			for i := range got {
				samples := make([]uint16, 3*n+8)
				for k := range samples {
					samples[k] = uint16(random.IntN(0xff<<fraction + 1))
					if random.IntN(3) == 0 {
						samples[k] = 0xff << fraction
					}
				}
				got[i], want[i] = make([]uint64, width+1), make([]uint64, width+1)
				vectorAcross(got[i], samples, across)
				acrossLine(want[i], samples, across, 3)
				if !slices.Equal(got[i], want[i]) {
					t.Fatalf("%d pixels have other means of %d cells", n, width)
				}
			}
			c := &cells{channels: 3, means: got}
			for _, sharp := range []bool{true, false} {
				row, wantRow := bytes.Repeat([]byte{0xff}, 4*width), bytes.Repeat([]byte{0xff}, 4*width)
				c.store(row, 4, 1, 3, sharp)
				levelsVector = nil
				c.store(wantRow, 4, 1, 3, sharp)
				levelsVector = vectorLevels
				if !bytes.Equal(row, wantRow) {
					t.Fatalf("%d cells have other levels", width)
				}
			}
		}
	}
}

// The processor's vectors convert pixels as image/color does.
func TestVectorPNGPlanar(t *testing.T) {
	testkit.NeedAVX2(t)
	m := image.NewRGBA(image.Rect(0, 0, 256, 17*17*3))
	for i := range m.Rect.Dy() {
		for x := range 256 {
			c := [3]uint8{uint8(x), uint8(i / 3 % 17 * 15), uint8(i / 3 / 17 * 15)}
			m.SetRGBA(x, i, color.RGBA{c[i%3], c[(i+1)%3], c[(i+2)%3], 0xff})
		}
	}
	got := planar(m)
	planarVector = nil
	want := planar(m)
	planarVector = vectorPlanar
	if !reflect.DeepEqual(got, want) {
		t.Error("pixels get other colours")
	}
}

// The processor's vectors convert each sample of a VP8 picture, in even and in odd places, as is done
// by the definition.
func TestVectorFullRange(t *testing.T) {
	testkit.NeedAVX2(t)
	plane := make([]uint8, 2*256+5)
	for i := range plane {
		plane[i] = uint8(i / 2)
	}
	luma, chroma := slices.Clone(plane), slices.Clone(plane)
	if n := vectorFullRange(luma, lumaRange); n != 2*256 || vectorFullRange(chroma, chromaRange) != n {
		t.Fatalf("%d samples of %d are done", n, len(plane))
	}
	for i, v := range plane {
		wantLuma, wantChroma := scaled(int(v)-16, 219, 0), scaled(int(v)-128, 224, 128)
		if i >= 2*256 {
			wantLuma, wantChroma = v, v
		}
		if luma[i] != wantLuma || chroma[i] != wantChroma {
			t.Errorf("sample %d, %d, becomes %d and %d, want %d and %d", i, v, luma[i], chroma[i], wantLuma, wantChroma)
		}
	}
}
