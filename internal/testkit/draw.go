package testkit

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

// Color returns a colour of the quadrants: red, green, blue and yellow, by
// their first letters.
func Color(name byte) color.NRGBA {
	switch name {
	case 'r':
		return color.NRGBA{0xe0, 0x20, 0x20, 0xff}
	case 'g':
		return color.NRGBA{0x20, 0xc0, 0x20, 0xff}
	case 'b':
		return color.NRGBA{0x20, 0x20, 0xd0, 0xff}
	}
	return color.NRGBA{0xe0, 0xe0, 0x20, 0xff}
}

// Quadrant returns the colour of one pixel of Quadrants.
func Quadrant(x, y, w, h int) color.NRGBA {
	name := [2]string{"rg", "by"}[min(1, 2*y/h)][min(1, 2*x/w)]
	return Color(name)
}

// Quadrants draws four quadrants, red, green, blue and yellow in reading order,
// so that the colours of the corners tell how a picture lies.
func Quadrants(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, Quadrant(x, y, w, h))
		}
	}
	return m
}

// Corners names the colours of a picture's corners in reading order, by the
// middle of each quadrant; '?' is none of the four.
func Corners(m image.Image) string {
	var s []byte
	b := m.Bounds()
	for i := range 4 {
		x, y := b.Min.X+b.Dx()*(1+2*(i%2))/4, b.Min.Y+b.Dy()*(1+2*(i/2))/4
		name := byte('?')
		for _, n := range []byte("rgby") {
			if Near(m.At(x, y), Color(n), 24) {
				name = n
			}
		}
		s = append(s, name)
	}
	return string(s)
}

// Near reports whether two opaque colours differ by at most tolerance in
// every channel.
func Near(a, b color.Color, tolerance int) bool {
	ar, ag, ab, aa := a.RGBA()
	br, bg, bb, ba := b.RGBA()
	d := func(v, w uint32) bool { return max(v, w)>>8-min(v, w)>>8 <= uint32(tolerance) }
	return d(ar, br) && d(ag, bg) && d(ab, bb) && d(aa, ba)
}

// PalettedQuadrants draws the quadrants in a palette whose last entry is
// transparent.
func PalettedQuadrants(w, h int) *image.Paletted {
	p := color.Palette{Color('r'), Color('g'), Color('b'), Color('y'), color.RGBA{}}
	m := image.NewPaletted(image.Rect(0, 0, w, h), p)
	for y := range h {
		for x := range w {
			m.Set(x, y, Quadrant(x, y, w, h))
		}
	}
	return m
}

// JPEG encodes a picture at quality 95.
func JPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// PNG encodes a picture.
func PNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// GIF encodes a picture of one frame or several.
func GIF(t testing.TB, g *gif.GIF) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
