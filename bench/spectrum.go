package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
)

// drawing asks for a picture with a photo's spectrum.
type drawing struct {
	Out    string `json:"out"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Seed   uint64 `json:"seed"`
}

// drawPicture is the role that draws. Baseline, 4:2:0, two to three bits a
// pixel, as from a camera.
func drawPicture(request json.RawMessage) (any, error) {
	var d drawing
	if err := json.Unmarshal(request, &d); err != nil {
		return nil, err
	}
	m := image.NewYCbCr(image.Rect(0, 0, d.Width, d.Height), image.YCbCrSubsampleRatio444)
	random := rand.New(rand.NewPCG(d.Seed, 0))
	for i, plane := range [][]uint8{m.Y, m.Cb, m.Cr} {
		deviation := [3]float64{45, 12, 12}[i] // levels; what photos have
		field := naturalField(random, d.Width, d.Height)
		toLevels(plane, field, deviation)
	}
	f, err := os.Create(d.Out)
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriter(f)
	return struct{}{}, errors.Join(jpeg.Encode(w, m, &jpeg.Options{Quality: 90}), w.Flush(), f.Close())
}

// naturalField returns w x h values in which every octave of spatial
// frequency varies as much as any other: so an amplitude of 1/f, as photos
// have. It begins with a few values and then again and again doubles the
// resolution, smoothly, and adds noise of the same strength. The two finest
// octaves get less, as behind a lens.
func naturalField(random *rand.Rand, w, h int) []float32 {
	level := 0
	for max(w, h)>>level > 4 {
		level++
	}
	size := func(v int) int { return (v + 1<<level - 1) >> level }
	field := make([]float32, size(w)*size(h))
	for {
		strength := float32(1)
		if level < 2 {
			strength = [2]float32{0.1, 0.4}[level]
		}
		for i := range field {
			field[i] += strength * float32(random.NormFloat64())
		}
		if level == 0 {
			return field
		}
		fromW, fromH := size(w), size(h)
		level--
		field = doubled(field, fromW, fromH, size(w), size(h))
	}
}

// doubled returns a field at twice the resolution, each value 3/4 the nearest
// one and 1/4 the next, in both directions.
func doubled(from []float32, fromW, fromH, w, h int) []float32 {
	to := make([]float32, w*h)
	next := func(i, n int) int { return min(max(i/2+i%2*2-1, 0), n-1) }
	for y := range h {
		near, far := from[y/2*fromW:], from[next(y, fromH)*fromW:]
		for x := range w {
			a, b := x/2, next(x, fromW)
			to[y*w+x] = (9*near[a] + 3*near[b] + 3*far[a] + far[b]) / 16
		}
	}
	return to
}

// toLevels scales a field to samples around 128 with the given deviation.
func toLevels(to []uint8, field []float32, deviation float64) {
	var sum, squares float64
	for _, v := range field {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(field))
	mean := sum / n
	scale := deviation / math.Sqrt(squares/n-mean*mean)
	for i, v := range field {
		to[i] = uint8(min(max(128.5+(float64(v)-mean)*scale, 0), 255))
	}
}
