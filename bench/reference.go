package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"

	"github.com/disintegration/imaging"
)

// comparison asks how far a picture is from the reference for its photo.
type comparison struct {
	Photo   string `json:"photo"`
	Picture string `json:"picture"` // a PNG file
}

// difference is the mean squared error over red, green and blue.
type difference struct {
	MSE float64 `json:"mse"`
}

// judge is the role that knows what a reduced photo should look like: decoded
// whole, turned upright, and reduced with Lanczos by imaging, to the
// dimensions of the picture it is compared with, for these differ by a pixel
// between contenders. It keeps the last photo decoded.
func judge() role {
	var (
		last  string
		whole image.Image
	)
	return func(request json.RawMessage) (any, error) {
		var c comparison
		if err := json.Unmarshal(request, &c); err != nil {
			return nil, err
		}
		if c.Photo != last {
			m, err := imaging.Open(c.Photo, imaging.AutoOrientation(true))
			if err != nil {
				return nil, err
			}
			last, whole = c.Photo, m
		}
		f, err := os.Open(c.Picture)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		picture, err := png.Decode(f)
		if err != nil {
			return nil, err
		}
		size := picture.Bounds().Size()
		if err := checkShape(whole.Bounds().Size(), size); err != nil {
			return nil, err
		}
		reference := imaging.Resize(whole, size.X, size.Y, imaging.Lanczos)
		return difference{meanSquare(reference, imaging.Clone(picture))}, nil
	}
}

// checkShape fails where a reduced picture is not upright or not of the size
// asked for.
func checkShape(whole, reduced image.Point) error {
	long := max(whole.X, whole.Y)
	want := func(v int) float64 { return float64(v) * float64(min(long, side)) / float64(long) }
	if math.Abs(want(whole.X)-float64(reduced.X)) > 1 || math.Abs(want(whole.Y)-float64(reduced.Y)) > 1 {
		return fmt.Errorf("a photo of %v became a picture of %v", whole, reduced)
	}
	return nil
}

// meanSquare returns the mean squared error between two opaque pictures of the
// same size, in levels of 0 to 255.
func meanSquare(a, b *image.NRGBA) float64 {
	var sum float64
	w, h := a.Rect.Dx(), a.Rect.Dy()
	for y := range h {
		p, q := a.Pix[y*a.Stride:], b.Pix[y*b.Stride:]
		for i := range 4 * w {
			if i%4 != 3 {
				d := float64(p[i]) - float64(q[i])
				sum += d * d
			}
		}
	}
	return sum / float64(3*w*h)
}

// psnr returns the peak signal-to-noise ratio in dB; no error is infinity.
func psnr(mse float64) float64 { return 10 * math.Log10(255*255/mse) }
