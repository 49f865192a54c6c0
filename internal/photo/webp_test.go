package photo

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"testing"

	"gallery/internal/testkit"
	"gallery/internal/webp"
)

// patches draws a picture of 4 x 2 areas of one colour each: the primaries,
// their complements, black and white, where a wrong range of samples shows.
var patchColors = [8]color.RGBA{
	{0, 0, 0, 255}, {255, 255, 255, 255}, {255, 0, 0, 255}, {0, 255, 0, 255},
	{0, 0, 255, 255}, {255, 255, 0, 255}, {0, 255, 255, 255}, {128, 128, 128, 255},
}

func drawPatches(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, c := range patchColors {
		draw.Draw(m, patch(m.Rect, i), image.NewUniform(c), image.Point{}, draw.Src)
	}
	return m
}

// patch returns where area number i of a picture of patches lies.
func patch(r image.Rectangle, i int) image.Rectangle {
	w, h := r.Dx(), r.Dy()
	x, y := i%4, i/4
	return image.Rect(x*w/4, y*h/2, (x+1)*w/4, (y+1)*h/2).Add(r.Min)
}

// patchMean returns the mean colour of the middle of an area.
func patchMean(m image.Image, i int) color.RGBA {
	r := patch(m.Bounds(), i).Inset(max(1, m.Bounds().Dx()/16))
	var sum [3]int
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)
			sum[0], sum[1], sum[2], n = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B), n+1
		}
	}
	n = max(n, 1)
	return color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255}
}

// lossyPatches returns the VP8 bitstream of patches, as libwebp writes it.
func lossyPatches(t testing.TB, w, h int) []byte {
	t.Helper()
	file, err := webp.Encode(drawPatches(w, h), 90, nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(file[12:16]) != "VP8 " {
		t.Fatalf("encoded as %q", file[12:16])
	}
	return file[20 : 20+binary.LittleEndian.Uint32(file[16:])]
}

// VP8 stores samples in studio range: black comes out black, and white white,
// whatever the container and the size.
func TestReduce_webpRange(t *testing.T) {
	const w, h = 160, 96
	vp8 := lossyPatches(t, w, h)
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
			for i, want := range patchColors {
				if got := patchMean(m, i); !testkit.Near(got, want, 4) {
					t.Errorf("%s at %d: area %d is %v, want %v", name, side, i, got, want)
				}
			}
			if got, want := Average(m), Average(drawPatches(w, h)); !testkit.Near(got, want, 3) {
				t.Errorf("%s at %d: average %v, want %v", name, side, got, want)
			}
		}
	}
}
