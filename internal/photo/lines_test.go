package photo

import (
	"bytes"
	"gallery/internal/testkit"
	"image"
	"image/jpeg"
	"testing"

	"github.com/disintegration/imaging"
)

// linesJPEG draws black lines of one pixel on white, at a distance and a slope.
func linesJPEG(t testing.TB, w, h int, distance float64, slope float64, upright bool) (*image.Gray, []byte) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 0xff
	}
	for at := distance; at < float64(w+h); at += distance {
		for i := range max(w, h) {
			p := image.Pt(i, int(at+slope*float64(i)))
			if upright {
				p.X, p.Y = p.Y, p.X
			}
			if p.In(m.Rect) {
				m.Pix[p.Y*m.Stride+p.X] = 0
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return m, b.Bytes()
}

// Lines of one pixel come out as they do from the full size, at 1/2 and at 1/4, however
// far apart they are. (Without a look at them, of these the half have less than 30 dB.)
func TestReduce_lines(t *testing.T) {
	for _, distance := range []float64{5, 7, 10, 12.5, 23, 40} {
		for _, slope := range []float64{0, 0.1} {
			for _, upright := range []bool{false, true} {
				m, file := linesJPEG(t, 1200, 900, distance, slope, upright)
				for _, side := range []int{480, 400, 230} {
					_, got := mustReduce(t, file, side)
					to := Fitted(m.Rect.Size(), side)
					want := imaging.Resize(m, to.X, to.Y, imaging.Lanczos)
					grey := image.NewGray(want.Rect)
					for i := range grey.Pix {
						grey.Pix[i] = want.Pix[4*i]
					}
					if v := psnr(t, got, grey); v < 42 {
						t.Errorf("lines %.1f pixels apart, of slope %.1f, upright %t, to %d: %.1f dB", distance, slope, upright, side, v)
					}
				}
			}
		}
	}
}

// The larger scale is within what a picture may cost with the smallest budget.
func TestDenoms_bound(t *testing.T) {
	const budget = 32 << 20
	for side := 1000; side < 12000; side += 500 {
		file := testkit.FlatJPEG{Width: side, Height: side * 3 / 4, Values: []uint8{1, 2, 3}, Sampling: []byte("\x22\x11\x11"), Adobe: -1}.Encode()
		info, err := Inspect(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int64{1 << 20, 5 << 20, 9 << 20} {
			info.size = size
			denom, finer := denoms(info.layout, size, 400)
			alone := size + info.layout.jpeg.Memory(denom)
			if cost := info.Cost(400); finer < denom && alone < budget/2 && cost > budget {
				t.Errorf("%d wide, in %d MB, at 1/%d or 1/%d: %d MB", side, size>>20, denom, finer, cost>>20)
			}
		}
	}
}
