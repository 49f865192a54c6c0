package photo

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
)

// meanOf returns the mean of a rectangle of a canvas, whose edges need not be between pixels, by the
// definition: each pixel counts by the area that lies in it.
func meanOf(at func(x, y int) float64, x0, y0, x1, y1 float64) float64 {
	sum := 0.0
	for y := int(y0); float64(y) < y1; y++ {
		for x := int(x0); float64(x) < x1; x++ {
			w, h := min(x1, float64(x+1))-max(x0, float64(x)), min(y1, float64(y+1))-max(y0, float64(y))
			if w > 0 && h > 0 {
				sum += w * h * at(x, y)
			}
		}
	}
	return sum / ((x1 - x0) * (y1 - y0))
}

// Cells are all of one size, whatever the canvas, and what a cell shows is its mean, on white.
func TestFlatten_likeAreas(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, test := range []struct {
		canvas image.Point
		frame  image.Rectangle
		k      int
	}{
		{image.Pt(40, 30), image.Rect(0, 0, 40, 30), 2},
		{image.Pt(41, 31), image.Rect(0, 0, 41, 31), 2},
		{image.Pt(40, 31), image.Rect(0, 0, 40, 31), 3},
		{image.Pt(41, 30), image.Rect(0, 0, 41, 30), 5},
		{image.Pt(41, 37), image.Rect(0, 0, 41, 37), 7},
		{image.Pt(41, 37), image.Rect(7, 5, 29, 22), 3},
		{image.Pt(41, 37), image.Rect(40, 36, 41, 37), 3},
		{image.Pt(41, 37), image.Rect(13, 11, 14, 12), 2},
		{image.Pt(17, 3), image.Rect(0, 0, 17, 3), 4},
		{image.Pt(1, 60), image.Rect(0, 1, 1, 59), 4},
		{image.Pt(9, 9), image.Rect(1, 2, 8, 7), 100},
		{image.Pt(9, 9), image.Rect(1, 2, 8, 7), 1},
	} {
		for _, grey := range []bool{false, true} {
			channels, bytes := 3, 4
			if grey {
				channels, bytes = 1, 1
			}
			pix := make([]uint8, channels*test.frame.Dx()*test.frame.Dy())
			for i := range pix {
				pix[i] = uint8(random.IntN(256))
			}
			rest := pix
			next := func(line []uint8) error {
				if len(rest) < len(line) {
					return fmt.Errorf("more lines than there are")
				}
				rest = rest[copy(line, rest):]
				return nil
			}
			var got []uint8
			err := flatten(next, test.canvas, test.frame, test.k, grey, 3, func(strip image.Image) {
				switch strip := strip.(type) {
				case *image.NRGBA:
					got = append(got, strip.Pix...)
				case *image.Gray:
					got = append(got, strip.Pix...)
				}
			})
			if err != nil || len(rest) > 0 {
				t.Fatalf("%+v: %v, %d bytes were not asked for", test, err, len(rest))
			}
			size := cellsOf(test.canvas, test.k)
			if len(got) != bytes*size.X*size.Y {
				t.Fatalf("%+v: %d bytes", test, len(got))
			}
			w, h := float64(test.canvas.X)/float64(size.X), float64(test.canvas.Y)/float64(size.Y)
			for i, v := range got {
				if i%bytes == 3 {
					if v != 0xff {
						t.Fatalf("%+v: opacity %d", test, v)
					}
					continue
				}
				x, y := float64(i/bytes%size.X), float64(i/bytes/size.X)
				want := meanOf(func(x, y int) float64 {
					p := image.Pt(x, y)
					if !p.In(test.frame) {
						return 0xff
					}
					p = p.Sub(test.frame.Min)
					return float64(pix[channels*(p.Y*test.frame.Dx()+p.X)+i%bytes])
				}, x*w, y*h, (x+1)*w, (y+1)*h)
				if math.Abs(float64(v)-want) > 0.501 {
					t.Fatalf("%+v, grey %t: channel %d of cell (%v, %v) = %d, want %.3f", test, grey, i%bytes, x, y, v, want)
				}
			}
		}
	}
}

// An edge stays where it is where the cells are no whole pixels: all along the picture, and not
// only at its left.
func TestFit_keepsPlaces(t *testing.T) {
	const w, h, side = 3041, 2287, 400
	for _, at := range []int{500, 1500, 2533} {
		next := func(line []uint8) error {
			for i := range line {
				line[i] = 50 // far from 0 and 255, where what rings at the edge would be clipped
				if i >= at {
					line[i] = 150
				}
			}
			return nil
		}
		m, err := fit(next, layout{width: w, height: h, frame: image.Rect(0, 0, w, h), grey: true}, side)
		if err != nil {
			t.Fatal(err)
		}
		small := opaque(m, true).(*image.Gray)
		dark := 0.0 // pixels of the middle row
		for _, v := range small.Pix[small.Stride*150:][:small.Rect.Dx()] {
			dark += (150 - float64(v)) / 100
		}
		if want := float64(at) * side / w; math.Abs(dark-want) > 0.05 {
			t.Errorf("an edge at %d of %d is at %.2f of %d, want %.2f", at, w, dark, side, want)
		}
	}
}

// What averaging takes from a picture's finer parts the filter gives back.
func TestFit_afterMeans(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 1500, 1000)) // rings, finer and finer, of 14 pixels at the corner
	for i := range m.Pix {
		x, y := float64(i/4%1500), float64(i/4/1500)
		m.Pix[i] = uint8(128 + 90*math.Sin((x*x+y*y)/8e3))
	}
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 0xff
	}
	for side, limit := range map[int]float64{600: 52, 500: 53, 333: 52} {
		y := 0
		next := func(line []uint8) error {
			for x := range m.Rect.Dx() {
				copy(line[3*x:], m.Pix[y*m.Stride+4*x:][:3])
			}
			y++
			return nil
		}
		got, err := fit(next, layout{width: 1500, height: 1000, frame: m.Rect}, side)
		if err != nil {
			t.Fatal(err)
		}
		to := Fitted(m.Rect.Max, side)
		v := psnr(t, opaque(got, false), opaque(imaging.Resize(m, to.X, to.Y, imaging.Lanczos), false))
		t.Logf("to %d, by %d: %.1f dB", side, averaged(layout{width: 1500, height: 1000}, side), v)
		if v < limit {
			t.Errorf("to %d, averaged by %d first: %.1f dB, want %.0f", side, averaged(layout{width: 1500, height: 1000}, side), v, limit)
		}
	}
}

// A GIF's shades are of dots, which averaging by two before little more would leave in part.
func TestFit_dots(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	m := image.NewNRGBA(image.Rect(0, 0, 1250, 1000))
	for i := range m.Pix {
		m.Pix[i] = 0xff
		if shade := i / 4 % 1250 / 5; i%4 != 3 && random.IntN(250) >= shade {
			m.Pix[i] = 200 // as in a palette of 6 levels a colour, nearly
		}
	}
	for side, by := range map[int]int{500: 1, 415: 1, 312: 2, 250: 3} {
		row, err := rows(m, false)
		if err != nil {
			t.Fatal(err)
		}
		y := 0
		next := func(line []uint8) error { row(y, line); y++; return nil }
		l := layout{format: GIF, width: 1250, height: 1000, frame: m.Rect}
		got, err := fit(next, l, side)
		if err != nil {
			t.Fatal(err)
		}
		to := Fitted(m.Rect.Max, side)
		v := psnr(t, opaque(got, false), opaque(imaging.Resize(m, to.X, to.Y, imaging.Lanczos), false))
		if v < 42 || averaged(l, side) != by {
			t.Errorf("to %d, averaged by %d first: %.1f dB, want 42 by %d", side, averaged(l, side), v, by)
		}
	}
	l := layout{format: PNG, width: 1250, height: 1000, png: pngParts{color: pngPalette}}
	if k := averaged(l, 500); k != 1 {
		t.Errorf("a PNG with a palette is averaged by %d", k)
	}
}
