package testkit

import (
	"encoding/binary"
	"gallery/internal/webp"
	"image"
	"image/color"
	"image/draw"
	"testing"
)

// PatchColors are the colours of Patches in reading order: the primaries, their
// complements, black and white, where a wrong range of samples shows.
var PatchColors = [8]color.RGBA{
	{0, 0, 0, 255}, {255, 255, 255, 255}, {255, 0, 0, 255}, {0, 255, 0, 255},
	{0, 0, 255, 255}, {255, 255, 0, 255}, {0, 255, 255, 255}, {128, 128, 128, 255},
}

// Patches draws a picture of 4 x 2 areas of one colour each.
func Patches(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, c := range PatchColors {
		draw.Draw(m, Patch(m.Rect, i), image.NewUniform(c), image.Point{}, draw.Src)
	}
	return m
}

// Patch returns where area number i of a picture of patches lies.
func Patch(r image.Rectangle, i int) image.Rectangle {
	w, h := r.Dx(), r.Dy()
	x, y := i%4, i/4
	return image.Rect(x*w/4, y*h/2, (x+1)*w/4, (y+1)*h/2).Add(r.Min)
}

// PatchMean returns the mean colour of the middle of an area.
func PatchMean(m image.Image, i int) color.RGBA {
	r := Patch(m.Bounds(), i).Inset(max(1, m.Bounds().Dx()/16))
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

// LossyPatches returns the VP8 bitstream of patches, as libwebp writes it.
func LossyPatches(t testing.TB, w, h int) []byte {
	t.Helper()
	file, err := webp.Encode(Patches(w, h), 90, nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(file[12:16]) != "VP8 " {
		t.Fatalf("encoded as %q", file[12:16])
	}
	return file[20 : 20+binary.LittleEndian.Uint32(file[16:])]
}
