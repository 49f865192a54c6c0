//go:build goexperiment.simd

package planes

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"gallery/internal/testkit"
)

// The processor's vectors make the same samples as words of three lanes do.
func TestVectorPlane(t *testing.T) {
	testkit.NeedAVX2(t)
	random := rand.New(rand.NewPCG(1, 2))
	between := func(least, most int) int { return least + random.IntN(most-least+1) }
	for range 300 {
		w, h := between(64, 400), between(1, 300)
		stride := w + between(0, 40)
		pix := make([]byte, (h-1)*stride+w)
		for i := range pix {
			pix[i] = byte(random.Uint32())
			if random.IntN(2) == 0 { // the extremes overshoot most
				pix[i] = byte(255 * random.IntN(2))
			}
		}
		toX, toY := between(1, w), between(1, h)
		lack := float64(random.IntN(2)) * meansLack(8)
		ax := newAxis(toX, w, float64(w)-random.Float64(), horizontalBits, lack)
		ay := newAxis(toY, h, float64(h), verticalBits, lack)
		dst := newTarget(toX, toY, between(1, 8))
		if got, want := vectorPlane(dst, pix, stride, ax, ay), reduceLanes(dst, pix, stride, ax, ay); !bytes.Equal(got, want) {
			t.Fatalf("%d x %d to %d x %d at %v: other samples", w, h, toX, toY, dst)
		}
	}
}

func BenchmarkVectorPlane(b *testing.B) {
	testkit.NeedAVX2(b)
	pix := make([]byte, 2016*1512)
	for _, side := range []int{400, 800, 1600} {
		ax, ay := newAxis(side, 2016, 2016, horizontalBits, 0), newAxis(side*3/4, 1512, 1512, verticalBits, 0)
		dst := newTarget(side, side*3/4, 1)
		for name, reduce := range map[string]func(target, []byte, int, axis, axis) []byte{"vector": vectorPlane, "lanes": reduceLanes} {
			b.Run(fmt.Sprintf("to=%d/%s", side, name), func(b *testing.B) {
				for b.Loop() {
					reduce(dst, pix, 2016, ax, ay)
				}
			})
		}
	}
}
