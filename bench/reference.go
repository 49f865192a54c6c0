package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"

	"github.com/disintegration/imaging"
	_ "golang.org/x/image/webp"
)

// comparison asks how far a picture is from the reference for its photo.
type comparison struct {
	Photo   string `json:"photo"`
	Picture string `json:"picture"` // a PNG file
	Side    int    `json:"side"`    // that was asked for
}

// difference is the mean squared error over red, green and blue.
type difference struct {
	MSE float64 `json:"mse"`
}

// judge is the role that knows what a reduced photo should look like: decoded
// whole, turned upright, and reduced with Lanczos by imaging, to the
// dimensions of the picture it is compared with, for these differ by a pixel
// between contenders. It keeps the last photo decoded, and what became of it.
func judge() role {
	var (
		last    string
		whole   image.Image
		reduced map[image.Point]*image.NRGBA
	)
	return func(request json.RawMessage) (any, error) {
		var c comparison
		if err := json.Unmarshal(request, &c); err != nil {
			return nil, err
		}
		if c.Photo != last {
			m, err := decodeWhole(c.Photo)
			if err != nil {
				return nil, err
			}
			last, whole, reduced = c.Photo, m, map[image.Point]*image.NRGBA{}
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
		if err := checkShape(whole.Bounds().Size(), size, c.Side); err != nil {
			return nil, err
		}
		if reduced[size] == nil {
			reduced[size] = imaging.Resize(whole, size.X, size.Y, imaging.Lanczos)
		}
		return difference{meanSquare(reduced[size], imaging.Clone(picture))}, nil
	}
}

// decodeWhole decodes a photo. The planes of lossy WebP are in studio range
// (RFC 6386, 9.2), which Go takes for JFIF's.
func decodeWhole(name string) (image.Image, error) {
	m, err := imaging.Open(name, imaging.AutoOrientation(true))
	if err != nil {
		return nil, err
	}
	planes, ok := m.(*image.YCbCr)
	if c, err := codingOfFile(name); err != nil || c != webpLossy || !ok {
		return m, err
	}
	studio := func(plane []uint8, zero, steps float64) {
		for i, v := range plane {
			plane[i] = uint8(min(max((float64(v)-zero)*255/steps+zero+0.5, 0), 255))
		}
	}
	for i := range planes.Y {
		planes.Y[i] -= min(planes.Y[i], 16)
	}
	studio(planes.Y, 0, 219)
	studio(planes.Cb, 128, 224)
	studio(planes.Cr, 128, 224)
	return planes, nil
}

// checkShape fails where a reduced picture is not upright or not of the size
// asked for.
func checkShape(whole, reduced image.Point, side int) error {
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
