package scaledjpeg

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkDecode decodes pictures made up here, of a natural spectrum: amplitudes fall with frequency. The progressive one is the
// small one of testdata, for want of an encoder; see BenchmarkDecode_photos for larger ones.
func BenchmarkDecode(b *testing.B) {
	files := []struct {
		name string
		data []byte
	}{
		{"sampling=420/progressive=false", natural(1600, 1200, false)},
		{"sampling=gray/progressive=false", natural(1600, 1200, true)},
		{"sampling=420/progressive=true", testFiles(b)["progressive-2x2"]},
	}
	for _, denom := range denoms {
		for _, file := range files {
			b.Run(fmt.Sprintf("denom=%d/%s", denom, file.name), func(b *testing.B) {
				b.SetBytes(int64(len(file.data)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Decode(file.data, denom); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkDecode_photos decodes the photos that GALLERY_TEST_PHOTOS names, one by one.
func BenchmarkDecode_photos(b *testing.B) {
	for _, file := range photos(b) {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		c, err := DecodeConfig(bytes.NewReader(data))
		if err != nil || c.Width*c.Height < 6e6 {
			continue
		}
		for _, denom := range denoms {
			sampling := fmt.Sprintf("%dx%d", c.Sampling[0].H, c.Sampling[0].V)
			name := fmt.Sprintf("%s/denom=%d/sampling=%s/progressive=%t", filepath.Base(file), denom, sampling, c.Progressive)
			b.Run(name, func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					Decode(data, denom)
				}
			})
		}
	}
}

// natural returns a JPEG file, 4:2:0 or grey, of waves in random directions whose amplitudes are inverse to their frequencies, and noise.
func natural(width, height int, gray bool) []byte {
	random := rand.New(rand.NewPCG(3, 4))
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	type wave struct{ fx, fy, phase, amplitude float64 }
	var waves [24]wave
	for i := range waves {
		f := math.Pow(2, float64(i)/3) * 0.004
		angle := random.Float64() * 2 * math.Pi
		waves[i] = wave{f * math.Cos(angle), f * math.Sin(angle), random.Float64() * 2 * math.Pi, 0.3 / f}
	}
	for y := range height {
		for x := range width {
			v := 128 + random.NormFloat64()*4
			for _, w := range waves {
				v += w.amplitude * math.Sin(w.fx*float64(x)+w.fy*float64(y)+w.phase) * 0.4
			}
			img.Y[y*img.YStride+x] = byte(min(max(v, 0), 255))
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = img.Y[i*2%len(img.Y)]/4+96, 160-img.Y[i*2%len(img.Y)]/4
	}
	var m image.Image = img
	if gray {
		m = &image.Gray{Pix: img.Y, Stride: img.YStride, Rect: img.Rect}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 92}); err != nil {
		panic(err)
	}
	return b.Bytes()
}
