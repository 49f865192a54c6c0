package photo

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"gallery/internal/testkit"
	"gallery/internal/webp"
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

// codedBits packs strings of 0 and 1 behind ten bytes that are not coded, and fills the last byte
// with 1.
func codedBits(parts ...string) []byte {
	b := bytes.Repeat([]byte{0xff}, 10)
	n := 0
	for _, part := range parts {
		for _, bit := range part {
			if n%8 == 0 {
				b = append(b, 0xff)
			}
			if bit == '0' {
				b[len(b)-1] &^= 0x80 >> (n % 8)
			}
			n++
		}
	}
	return b
}

// The level of the filter, and nothing else, becomes 0, whatever stands before it.
func TestWithoutFilter(t *testing.T) {
	const level, none, rest = "101101", "000000", "111000111"
	for _, before := range []string{
		"00" + "0" + "0",        // no segments
		"01" + "0" + "1",        // samples are clamped, the simple filter
		"00" + "1" + "00" + "0", // segments as before
		"00" + "1" + "01" + "1" + "1111111111" + "000" + "1000000011000000" + "00" + "1", // with levels
		"00" + "1" + "10" + "111111111" + "0" + "101010101" + "0",                        // with a map
		"00" + "1" + "11" + "0" + "0000" + "0000" + "000" + "0",                          // with both
	} {
		head := codedBits(before, level, rest)
		if got, want := withoutFilter(bytes.Clone(head)), codedBits(before, none, rest); !bytes.Equal(got, want) {
			t.Errorf("%s: %b becomes %b, want %b", before, head[10:], got[10:], want[10:])
		}
		for n := range head {
			withoutFilter(head[:n]) // cut anywhere
		}
	}
	if other := codedBits("10000", level, rest); !bytes.Equal(withoutFilter(bytes.Clone(other)), other) {
		t.Error("the other colour space, in which a bit is no bit of the file, is not left alone")
	}
}

// Without the loop filter a picture that is reduced is what it is with it, as far as can be seen.
// One that is not reduced by as much keeps the filter.
func TestReduce_webpUnfiltered(t *testing.T) {
	const w, h = 800, 600
	drawn, m := natural(w, h, 3), image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		c := color.RGBAModel.Convert(drawn.YCbCrAt(i%w, i/w)).(color.RGBA)
		m.SetRGBA(i%w, i/w, c)
	}
	for _, quality := range []int{20, 80} {
		file, err := webp.Encode(m, quality, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := &source{r: bytes.NewReader(file), size: int64(len(file))}
		h, err := readHeader(s)
		if err != nil {
			t.Fatal(err)
		}
		filtered, err := decodeWebP(s, h.layout, w)
		if err != nil {
			t.Fatal(err)
		}
		for side, limit := range map[int]float64{w: 100, 3 * w / 4: 100, 3*w/4 - 1: 44, 400: 45, 100: 50} {
			want, err := reducePlanes(filtered, h.layout, 1, 1, side)
			if err != nil {
				t.Fatal(err)
			}
			_, got := mustReduce(t, file, side)
			v := psnr(t, got, want)
			t.Logf("quality %d to %d: %.1f dB", quality, side, v)
			if v < limit || limit < 100 && v > 90 {
				t.Errorf("quality %d to %d: %.1f dB, want %.0f, and all only where it is filtered", quality, side, v, limit)
			}
		}
	}
}
