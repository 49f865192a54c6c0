package planes

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
)

// picture draws smooth shapes and some sharp edges.
func picture(w, h int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			v := 128 + 40*math.Sin(fx*fx*60) + 25*math.Cos(fy*25+fx*4)
			if math.Hypot(fx-0.6, fy-0.4) < 0.2 {
				v = 190
			}
			m.Y[m.YOffset(x, y)] = byte(v)
			m.Cb[m.COffset(x, y)] = byte(128 + 25*math.Sin(fx*9))
			m.Cr[m.COffset(x, y)] = byte(128 + 25*math.Cos(fy*7))
		}
	}
	return m
}

func psnr(a, b image.Image) float64 {
	x, y := imaging.Clone(a), imaging.Clone(b)
	sum := 0.0
	for i := range x.Pix {
		d := float64(x.Pix[i]) - float64(y.Pix[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255/max(sum/float64(len(x.Pix))*4/3, 1e-9))
}

// upright does what an orientation asks for.
func upright(m image.Image, orientation int) image.Image {
	switch orientation {
	case 2:
		return imaging.FlipH(m)
	case 3:
		return imaging.Rotate180(m)
	case 4:
		return imaging.FlipV(m)
	case 5:
		return imaging.Transpose(m)
	case 6:
		return imaging.Rotate270(m)
	case 7:
		return imaging.Transverse(m)
	case 8:
		return imaging.Rotate90(m)
	}
	return m
}

func TestReduce_likeImaging(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		for _, size := range []image.Point{{320, 240}, {163, 251}, {500, 37}, {101, 100}} {
			src := picture(size.X, size.Y, ratio)
			for orientation := range 10 {
				want := imaging.Fit(upright(src, orientation), 100, 100, imaging.Lanczos)
				got, err := Reduce(src, Options{Original: image.Pt(size.X, size.Y), To: fit(size.X, size.Y, 100), Orientation: orientation})
				if err != nil {
					t.Fatal(err)
				}
				if got.Bounds() != want.Bounds() {
					t.Errorf("%v %v orientation %d: bounds are %v, want %v", ratio, size, orientation, got.Bounds(), want.Bounds())
					continue
				}
				// imaging repeats chroma samples, which we interpolate; that matters when hardly anything is reduced.
				limit := 40.0
				if size.X == 101 {
					limit = 30
				}
				if p := psnr(got, want); p < limit {
					t.Errorf("%v %v orientation %d: PSNR is %.1f dB", ratio, size, orientation, p)
				}
			}
		}
	}
}

func TestReduce_gray(t *testing.T) {
	src := picture(501, 333, image.YCbCrSubsampleRatio444)
	gray := &image.Gray{Pix: src.Y, Stride: src.YStride, Rect: src.Rect}
	for orientation := range 10 {
		got, err := Reduce(gray, Options{Original: image.Pt(501, 333), To: fit(501, 333, 120), Orientation: orientation})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := got.(*image.Gray); !ok {
			t.Fatalf("picture is %T", got)
		}
		want := imaging.Fit(upright(gray, orientation), 120, 120, imaging.Lanczos)
		if p := psnr(got, want); p < 50 {
			t.Errorf("orientation %d: PSNR is %.1f dB", orientation, p)
		}
	}
}

// fit returns the size that imaging.Fit gives.
func fit(width, height, longSide int) image.Point {
	whole := image.NewGray(image.Rect(0, 0, width, height))
	return imaging.Fit(whole, longSide, longSide, imaging.Box).Bounds().Size()
}

// TestReduce_small reduces pictures of few samples to few: everything must be found inside the planes.
func TestReduce_small(t *testing.T) {
	for w := 1; w < 40; w += 3 {
		for h := 1; h < 40; h += 4 {
			for denom := 1; denom <= 8; denom *= 2 {
				for _, longSide := range []int{1, 2, 3, 10, 50} {
					src := image.NewYCbCr(image.Rect(0, 0, (w+denom-1)/denom, (h+denom-1)/denom), image.YCbCrSubsampleRatio420)
					for i := range src.Y {
						src.Y[i] = 77
					}
					for i := range src.Cb {
						src.Cb[i], src.Cr[i] = 12, 255
					}
					got, err := Reduce(src, Options{Original: image.Pt(w, h), Denom: denom, To: fit(w, h, longSide), Orientation: 6})
					if err != nil {
						t.Fatal(err)
					}
					m := got.(*image.YCbCr)
					for i := range m.Y {
						if m.Y[i] != 77 || m.Cb[i] != 12 || m.Cr[i] != 255 {
							t.Fatalf("%dx%d at 1/%d to %d: sample %d is %d %d %d", w, h, denom, longSide, i, m.Y[i], m.Cb[i], m.Cr[i])
						}
					}
				}
			}
		}
	}
}

// TestReduce_extremes checks that the packed sums do not overflow: black and white alternate in all rhythms.
func TestReduce_extremes(t *testing.T) {
	for _, to := range []int{10, 33, 99, 150} {
		for period := 1; period < 40; period++ {
			src := image.NewGray(image.Rect(0, 0, 200, 200))
			for i := range src.Pix {
				if i%200/period%2 == 0 != (i/200/period%2 == 0) {
					src.Pix[i] = 255
				}
			}
			got, err := Reduce(src, Options{Original: image.Pt(200, 200), To: fit(200, 200, to)})
			if err != nil {
				t.Fatal(err)
			}
			// In the same order: what is between the two steps is clipped to 0 to 255.
			want := imaging.Resize(imaging.Resize(src, 200, to, imaging.Lanczos), to, to, imaging.Lanczos)
			for i, v := range got.(*image.Gray).Pix {
				if d := int(v) - int(want.Pix[4*i]); d < -3 || d > 3 {
					t.Fatalf("period %d to %d: sample %d = %d, want %d", period, to, i, v, want.Pix[4*i])
				}
			}
		}
	}
}

// TestReduce_unbiased compares the mean of a result with that of a reduction without any rounding: grey noise, so that the sums
// between the two passes have all fractions. Fractions cut off rather than rounded there darken a picture by a sixteenth of a
// level, which no single sample shows. (Where the height alone is reduced, its fractions of three bits are rounded once more, and
// ties go up.)
func TestReduce_unbiased(t *testing.T) {
	const width, height = 1000, 700
	random := rand.New(rand.NewPCG(5, 6))
	src := image.NewGray(image.Rect(0, 0, width, height))
	for i := range src.Pix {
		src.Pix[i] = byte(100 + random.IntN(56))
	}
	for _, to := range []image.Point{{250, 175}, {263, 184}, {500, 350}, {250, height}} {
		for _, denom := range []int{1, 8} {
			got, err := Reduce(src, Options{Original: src.Rect.Max.Mul(denom), Denom: denom, Means: denom > 1, To: to})
			if err != nil {
				t.Fatal(err)
			}
			want := exact(src, to, denom)
			bias, worst := 0.0, 0.0
			for i, v := range got.(*image.Gray).Pix {
				bias += float64(v) - want[i]
				worst = max(worst, math.Abs(float64(v)-want[i]))
			}
			if bias /= float64(len(want)); math.Abs(bias) > 0.01 || worst > 1.5 {
				t.Errorf("means of %d to %v: %+.4f levels in the mean, %.2f at worst", denom, to, bias, worst)
			}
		}
	}
}

// exact reduces a picture, whose samples are means of so many pixels in each direction, with Lanczos in floating point, from the
// kernel's definition: vertically, then horizontally.
func exact(src *image.Gray, to image.Point, pixels int) []float64 {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	columns := make([]float64, w*to.Y)
	for x := range w {
		exactLine(columns[x:], w, to.Y, h, pixels, func(y int) float64 { return float64(src.Pix[y*src.Stride+x]) })
	}
	out := make([]float64, to.X*to.Y)
	for y := range to.Y {
		exactLine(out[y*to.X:], 1, to.X, w, pixels, func(x int) float64 { return columns[y*w+x] })
	}
	return out
}

// exactLine reduces one line of so many samples to size, each step apart in out.
func exactLine(out []float64, step, size, samples, pixels int, at func(i int) float64) {
	sinc := func(x float64) float64 {
		if x == 0 {
			return 1
		}
		return math.Sin(math.Pi*x) / (math.Pi * x)
	}
	lanczos := func(x float64) float64 {
		if math.Abs(x) >= 3 {
			return 0
		}
		return sinc(x) * sinc(x/3)
	}
	scale := float64(samples) / float64(size)
	lack := (1 - 1/float64(pixels*pixels)) / 24
	for i := range size {
		center := (float64(i)+0.5)*scale - 0.5
		sum, all := 0.0, 0.0
		for k := max(0, int(center-3*scale)-2); k < min(samples, int(center+3*scale)+4); k++ {
			x := (float64(k) - center) / scale
			weight := lanczos(x) - lack*(lanczos(x-1/scale)+lanczos(x+1/scale)-2*lanczos(x))
			sum += weight * at(k)
			all += weight
		}
		out[i*step] = sum / all
	}
}

// TestReduce_means reduces waves, up to those that the result just shows, by way of the means of 8x8 pixels: they are as high as
// those that are reduced directly, which they are not if means are not said to be some.
func TestReduce_means(t *testing.T) {
	const width, height, denom = 1600, 1200, 8
	to := image.Pt(125, 94)
	whole, means := image.NewGray(image.Rect(0, 0, width, height)), image.NewGray(image.Rect(0, 0, width/denom, height/denom))
	sums := make([]float64, len(means.Pix))
	for y := range height {
		for x := range width {
			fx, fy := float64(x)/width, float64(y)/height
			v := 128 + 40*math.Sin(2*math.Pi*50*fx*fx/2) + 40*math.Cos(2*math.Pi*38*fy*fy/2)
			whole.Pix[y*width+x] = byte(v + 0.5)
			sums[y/denom*means.Stride+x/denom] += v / (denom * denom)
		}
	}
	for i, v := range sums {
		means.Pix[i] = byte(v + 0.5)
	}
	reduce := func(src image.Image, o Options) image.Image {
		o.Original, o.To = whole.Rect.Max, to
		m, err := Reduce(src, o)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	want := reduce(whole, Options{})
	got, plain := psnr(reduce(means, Options{Denom: denom, Means: true}), want), psnr(reduce(means, Options{Denom: denom}), want)
	if got < 45 || got < plain+6 {
		t.Errorf("PSNR is %.1f dB, and %.1f if means are taken for samples", got, plain)
	}
}

// TestReduce_centroid finds the centre of a disc in a picture reduced in two steps: its chroma is at half resolution and the
// whole at a quarter, and the original's size is no multiple of that.
func TestReduce_centroid(t *testing.T) {
	const width, height, denom = 1001, 747, 4
	const cx, cy, radius = 420.7, 333.1, 200
	src := image.NewYCbCr(image.Rect(0, 0, (width+denom-1)/denom, (height+denom-1)/denom), image.YCbCrSubsampleRatio420)
	draw := func(pix []byte, stride, unit int) {
		for i := range pix {
			x, y := (float64(i%stride)+0.5)*float64(unit), (float64(i/stride)+0.5)*float64(unit)
			edge := (radius - math.Hypot(x-cx, y-cy)) / float64(unit)
			pix[i] = byte(20 + 200*min(max(edge+0.5, 0), 1))
		}
	}
	draw(src.Y, src.YStride, denom)
	draw(src.Cb, src.CStride, 2*denom)
	draw(src.Cr, src.CStride, 2*denom)
	got, err := Reduce(src, Options{Original: image.Pt(width, height), Denom: denom, To: fit(width, height, 100)})
	if err != nil {
		t.Fatal(err)
	}
	m := got.(*image.YCbCr)
	for name, pix := range map[string][]byte{"Y": m.Y, "Cb": m.Cb, "Cr": m.Cr} {
		var sum, sx, sy float64
		for i, v := range pix {
			sum += float64(v) - 20
			sx += (float64(v) - 20) * (float64(i%m.YStride) + 0.5)
			sy += (float64(v) - 20) * (float64(i/m.YStride) + 0.5)
		}
		wantX, wantY := cx*float64(m.Rect.Dx())/width, cy*float64(m.Rect.Dy())/height
		if dx, dy := sx/sum-wantX, sy/sum-wantY; math.Hypot(dx, dy) > 0.1 {
			t.Errorf("%s: centre is off by (%.3f, %.3f) samples", name, dx, dy)
		}
	}
}

func TestReduce_subImage(t *testing.T) {
	whole := picture(300, 200, image.YCbCrSubsampleRatio420)
	part := whole.SubImage(image.Rect(20, 10, 220, 150))
	got, err := Reduce(part, Options{Original: image.Pt(200, 140), To: fit(200, 140, 50)})
	if err != nil {
		t.Fatal(err)
	}
	if p := psnr(got, imaging.Fit(part, 50, 50, imaging.Lanczos)); p < 40 {
		t.Errorf("PSNR is %.1f dB", p)
	}
}

func TestReduce_errors(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 10, 10))
	for name, test := range map[string]struct {
		src image.Image
		o   Options
	}{
		"other kind":  {image.NewUniform(color.Black), Options{Original: image.Pt(10, 10), To: fit(10, 10, 5)}},
		"RGBA":        {image.NewRGBA(gray.Rect), Options{Original: image.Pt(10, 10), To: fit(10, 10, 5)}},
		"size":        {gray, Options{Original: image.Pt(11, 10), To: fit(11, 10, 5)}},
		"denominator": {gray, Options{Original: image.Pt(10, 10), Denom: 2, To: fit(10, 10, 5)}},
		"no result":   {gray, Options{Original: image.Pt(10, 10)}},
		"enlarged":    {gray, Options{Original: image.Pt(10, 10), To: image.Pt(11, 10)}},
		"empty":       {image.NewGray(image.Rectangle{}), Options{To: image.Pt(1, 1)}},
	} {
		if _, err := Reduce(test.src, test.o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkReduce(b *testing.B) {
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio444} {
		src := picture(1008, 756, ratio)
		b.Run(fmt.Sprintf("from=1008/to=400/sampling=%v", ratio), func(b *testing.B) {
			b.SetBytes(int64(len(src.Y) + len(src.Cb) + len(src.Cr)))
			b.ReportAllocs()
			o := Options{Original: image.Pt(4032, 3024), Denom: 4, To: image.Pt(400, 300), Orientation: 1}
			for b.Loop() {
				if _, err := Reduce(src, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
