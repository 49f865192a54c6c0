package photo

import (
	"bytes"
	"testing"

	"gallery/internal/testkit"
)

// VP8 stores samples in studio range: black comes out black, and white white,
// whatever the container and the size.
func TestReduce_webpRange(t *testing.T) {
	const w, h = 160, 96
	vp8 := testkit.LossyPatches(t, w, h)
	opaqueAlpha := append([]byte{0}, bytes.Repeat([]byte{255}, w*h)...) // not compressed
	frame := appendLE24(appendLE24(make([]byte, 6), w-1), h-1)
	frame = append(frame, 100, 0, 0, 0)
	frame = append(append(frame, chunkHeader("VP8 ", int64(len(vp8)))...), vp8...)
	for name, file := range map[string][]byte{
		"simple":     testkit.WebP("VP8 ", vp8),
		"extended":   testkit.WebP("VP8X", testkit.VP8X(0, w, h), "VP8 ", vp8),
		"with alpha": testkit.WebP("VP8X", testkit.VP8X(16, w, h), "ALPH", opaqueAlpha, "VP8 ", vp8),
		"animated":   testkit.WebP("VP8X", testkit.VP8X(2, w, h), "ANIM", make([]byte, 6), "ANMF", frame),
	} {
		for _, side := range []int{1600, w, 80, 40} {
			_, m := mustReduce(t, file, side)
			for i, want := range testkit.PatchColors {
				if got := testkit.PatchMean(m, i); !testkit.Near(got, want, 4) {
					t.Errorf("%s at %d: area %d is %v, want %v", name, side, i, got, want)
				}
			}
			if got, want := Average(m), Average(testkit.Patches(w, h)); !testkit.Near(got, want, 3) {
				t.Errorf("%s at %d: average %v, want %v", name, side, got, want)
			}
		}
	}
}
