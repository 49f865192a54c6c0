package photo

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"gallery/internal/scaledjpeg"
)

// luma returns a picture of planes without its colours.
func luma(m image.Image) image.Image {
	if m, ok := m.(*image.YCbCr); ok {
		return &image.Gray{Pix: m.Y, Stride: m.YStride, Rect: m.Rect}
	}
	return m
}

// likeFullWay returns how near a JPEG that is reduced to each of these sides is to one reduced
// from its full size, in luma, by side; alone, and together.
func likeFullWay(t testing.TB, file []byte, sides []int, values map[int][]float64) {
	t.Helper()
	r, size := bytes.NewReader(file), int64(len(file))
	info, err := Inspect(r, size)
	if err != nil {
		t.Fatal(err)
	}
	all, err := ReduceAll(r, size, info, sides...)
	if err != nil {
		t.Fatal(err)
	}
	if !info.layout.direct {
		return
	}
	full, err := scaledjpeg.Decode(file, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, side := range sides {
		if max(info.Width, info.Height) < side {
			continue
		}
		want, err := reducePlanes(full, info.layout, 1, info.Orientation, side)
		if err != nil {
			t.Fatal(err)
		}
		_, alone := mustReduce(t, file, side)
		for _, got := range []image.Image{alone, all[i]} {
			v := psnr(t, luma(got), luma(want))
			if v < 42 {
				t.Errorf("%d x %d to %d: %.1f dB, want 42", info.Width, info.Height, side, v)
			}
			values[side] = append(values[side], min(v, 100))
		}
	}
}

// checkMean fails if at any side pictures are less than 45 dB from those reduced the full way, in the mean.
func checkMean(t *testing.T, values map[int][]float64) {
	t.Helper()
	for side, v := range values {
		sum := 0.0
		for _, v := range v {
			sum += v
		}
		if mean := sum / float64(len(v)); mean < 45 {
			t.Errorf("to %d: %.1f dB in the mean, want 45", side, mean)
		} else {
			t.Logf("to %d: %.1f dB in the mean, %.1f at worst", side, mean, slices.Min(v))
		}
	}
}

// natural draws a picture as photos are: waves in all directions, whose amplitudes fall as
// their frequencies rise, edges of some discs, and noise.
func natural(w, h int, seed uint64) *image.YCbCr {
	random := rand.New(rand.NewPCG(seed, 7))
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	type wave struct{ fx, fy, phase, amplitude float64 }
	var waves [20]wave
	for i := range waves {
		f := 0.003 * math.Pow(2, float64(i)/2.5)
		angle := random.Float64() * 2 * math.Pi
		waves[i] = wave{f * math.Cos(angle), f * math.Sin(angle), random.Float64() * 7, 0.12 / f}
	}
	var at, step [len(waves)]complex128 // on the unit circle: turning by products is quicker than by sines
	type disc struct{ x, y, r, level float64 }
	var discs [12]disc
	for i := range discs {
		discs[i] = disc{random.Float64() * float64(w), random.Float64() * float64(h), random.Float64() * float64(h) / 4, random.NormFloat64() * 25}
	}
	for y := range h {
		for i, w := range waves {
			at[i] = cmplx.Rect(w.amplitude, w.fy*float64(y)+w.phase)
			step[i] = cmplx.Rect(1, w.fx)
		}
		for x := range w {
			v := 128 + random.NormFloat64()*3
			for i := range at {
				v += imag(at[i])
				at[i] *= step[i]
			}
			for _, d := range discs {
				dx, dy := float64(x)-d.x, float64(y)-d.y
				edge := (d.r*d.r - dx*dx - dy*dy) / (2 * d.r)
				v += d.level * min(max(edge/2+0.5, 0), 1)
			}
			m.Y[m.YOffset(x, y)] = uint8(min(max(v, 0), 255))
		}
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = uint8(128+i%m.CStride*60/m.CStride), uint8(158-i/m.CStride*60/m.CStride)
	}
	return m
}

// Pictures reduced from a smaller decoding are as good as those from the full size, at
// each scale just where it begins to be used.
func TestReduce_likeFullWay(t *testing.T) {
	values := map[int][]float64{}
	for seed, size := range []image.Point{{1000, 750}, {750, 1001}, {1041, 700}, {1300, 870}, {1999, 1500}} {
		m := natural(size.X, size.Y, uint64(seed))
		for _, m := range []image.Image{m, luma(m)} { // in grey 1/8 begins earlier
			var b bytes.Buffer
			if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
				t.Fatal(err)
			}
			likeFullWay(t, b.Bytes(), []int{799, 400, 200, 124, 89, 62}, values)
		}
	}
	checkMean(t, values)
}

func TestReduce_realPhotosLikeFullWay(t *testing.T) {
	values := map[int][]float64{}
	photos(t, "camera", func(t *testing.T, file []byte, _ string) {
		likeFullWay(t, file, []int{2560, 1600, 800, 400}, values)
	})
	checkMean(t, values)
}
