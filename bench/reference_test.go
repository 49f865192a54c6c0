package main

import (
	"image"
	"math"
	"testing"
)

func TestPSNR(t *testing.T) {
	a, b := image.NewNRGBA(image.Rect(0, 0, 3, 2)), image.NewNRGBA(image.Rect(0, 0, 3, 2))
	if got := psnr(meanSquare(a, b)); !math.IsInf(got, 1) {
		t.Errorf("psnr of equal pictures = %v, want infinity", got)
	}
	for i := range b.Pix {
		if i%4 == 3 {
			b.Pix[i] = 77 // alpha does not count
		} else {
			b.Pix[i] = 255
		}
	}
	if got := psnr(meanSquare(a, b)); got != 0 {
		t.Errorf("psnr of black and white = %v, want 0", got)
	}
	for i := range b.Pix {
		b.Pix[i] = 1
	}
	if got, want := psnr(meanSquare(a, b)), 48.13; math.Abs(got-want) > 0.01 {
		t.Errorf("psnr of an error of one level = %.2f, want %.2f", got, want)
	}
	b.Pix = make([]uint8, len(b.Pix))
	b.Pix[0] = 18
	if got, want := meanSquare(a, b), 18.0; got != want {
		t.Errorf("meanSquare of one sample in 18 that is 18 off = %v, want %v", got, want)
	}
}

func TestCheckShape(t *testing.T) {
	for _, test := range []struct {
		whole, reduced image.Point
		ok             bool
	}{
		{image.Pt(4032, 3024), image.Pt(400, 300), true},
		{image.Pt(4000, 2661), image.Pt(400, 267), true},
		{image.Pt(4000, 2661), image.Pt(400, 266), true},
		{image.Pt(4032, 3024), image.Pt(300, 400), false},
		{image.Pt(4032, 3024), image.Pt(504, 378), false},
		{image.Pt(320, 200), image.Pt(320, 200), true},
		{image.Pt(320, 200), image.Pt(400, 250), false},
	} {
		if err := checkShape(test.whole, test.reduced, 400); (err == nil) != test.ok {
			t.Errorf("checkShape(%v, %v) = %v, want ok %v", test.whole, test.reduced, err, test.ok)
		}
	}
}
