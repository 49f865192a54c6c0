package photo

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
)

// sharpened returns the weights of rows that are given back their second difference.
func sharpened(rows [][]float64) [][]float64 {
	all := make([][]float64, len(rows))
	for y := range rows {
		for i, w := range rows[y] {
			beside := rows[max(y-1, 0)][i] + rows[min(y+1, len(rows)-1)][i]
			all[y] = append(all[y], w+(2*w-beside)*13/128)
		}
	}
	return all
}

// weightsOf returns what each of n pixels weighs in each of some cells, by the definition.
func weightsOf(n, cells int) [][]float64 {
	all := make([][]float64, cells)
	width := float64(n) / float64(cells) // from centre to centre
	for i := range all {
		all[i] = make([]float64, n)
		centre, sum := (float64(i)+0.5)*width, 0.0
		for x := range all[i] {
			d := float64(x) + 0.5 - centre
			if i == 0 && d < 0 || i == cells-1 && d > 0 {
				d = 0 // what is out of the centres is the cell's beside it
			}
			all[i][x] = max(0, 1-math.Abs(d)/width)
			sum += all[i][x]
		}
		for x := range all[i] {
			all[i][x] /= sum
		}
	}
	return all
}

// What a cell shows is the weighted mean of its pixels, on white, whatever the canvas and the
// frame.
func TestFlatten_likeWeights(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, test := range []struct {
		canvas image.Point
		frame  image.Rectangle
		cells  image.Point
	}{
		{image.Pt(40, 30), image.Rect(0, 0, 40, 30), image.Pt(20, 15)},
		{image.Pt(41, 31), image.Rect(0, 0, 41, 31), image.Pt(20, 15)},
		{image.Pt(41, 31), image.Rect(0, 0, 41, 31), image.Pt(34, 26)},
		{image.Pt(40, 31), image.Rect(0, 0, 40, 31), image.Pt(13, 10)},
		{image.Pt(41, 30), image.Rect(0, 0, 41, 30), image.Pt(8, 6)},
		{image.Pt(41, 37), image.Rect(0, 0, 41, 37), image.Pt(5, 5)},
		{image.Pt(41, 37), image.Rect(7, 5, 29, 22), image.Pt(13, 12)},
		{image.Pt(41, 37), image.Rect(40, 36, 41, 37), image.Pt(13, 12)},
		{image.Pt(41, 37), image.Rect(0, 0, 1, 1), image.Pt(13, 12)},
		{image.Pt(41, 37), image.Rect(13, 11, 14, 12), image.Pt(20, 18)},
		{image.Pt(17, 3), image.Rect(0, 0, 17, 3), image.Pt(4, 1)},
		{image.Pt(17, 3), image.Rect(0, 0, 17, 3), image.Pt(4, 3)},
		{image.Pt(1, 60), image.Rect(0, 1, 1, 59), image.Pt(1, 15)},
		{image.Pt(9, 9), image.Rect(1, 2, 8, 7), image.Pt(1, 1)},
		{image.Pt(9, 9), image.Rect(1, 2, 8, 7), image.Pt(9, 9)},
		{image.Pt(600, 3), image.Rect(0, 0, 600, 3), image.Pt(20, 2)},
	} {
		for kind := range 8 {
			grey, sharp, noise := kind&1 != 0, kind&2 != 0, kind&4 != 0 // or all of one colour, to stay
			if sharp && test.cells == test.canvas {
				continue // nothing is averaged
			}
			channels, bytes := 3, 4
			if grey {
				channels, bytes = 1, 1
			}
			pix := make([]uint8, channels*test.frame.Dx()*test.frame.Dy())
			level, limit := uint8(random.IntN(256)), 0.501
			for i := range pix {
				pix[i] = level
				if noise {
					pix[i], limit = uint8(random.IntN(256)), 1.5
					if test.canvas.X > 16*test.cells.X { // of each pixel it has eighths, and not all
						limit = 3
					}
				}
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
			err := flatten(next, grid{canvas: test.canvas, frame: test.frame, cells: test.cells, sharp: sharp, grey: grey}, 3, func(strip image.Image) {
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
			if len(got) != bytes*test.cells.X*test.cells.Y {
				t.Fatalf("%+v: %d bytes", test, len(got))
			}
			if !noise && test.frame.Size() != test.canvas {
				limit = 1 // an edge is where the shares' rounding shows
			}
			across, down := weightsOf(test.canvas.X, test.cells.X), weightsOf(test.canvas.Y, test.cells.Y)
			if sharp {
				down = sharpened(down)
			}
			worst := 0.0
			for i, v := range got {
				if i%bytes == 3 {
					if v != 0xff {
						t.Fatalf("%+v: opacity %d", test, v)
					}
					continue
				}
				cx, cy := i/bytes%test.cells.X, i/bytes/test.cells.X
				want := 0.0
				for y, wy := range down[cy] {
					for x, wx := range across[cx] {
						v := 255.0
						if p := image.Pt(x, y); p.In(test.frame) {
							p = p.Sub(test.frame.Min)
							v = float64(pix[channels*(p.Y*test.frame.Dx()+p.X)+i%bytes])
						}
						want += wy * wx * v
					}
				}
				worst = max(worst, math.Abs(float64(v)-min(max(want, 0), 0xff)))
			}
			t.Logf("%+v: %.3f", test, worst)
			if worst > limit {
				t.Errorf("%+v, grey %t, sharp %t, noise %t: %.2f levels from the weighted mean, want %.1f", test, grey, sharp, noise, worst, limit)
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
		canvas := image.Pt(w, h)
		to := Fitted(canvas, side)
		m, err := fit(next, grid{canvas: canvas, frame: image.Rectangle{Max: canvas}, cells: averaged(canvas, to, false), grey: true}, to)
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
		to := Fitted(m.Rect.Max, side)
		cells := averaged(m.Rect.Max, to, false)
		got, err := fit(next, grid{canvas: m.Rect.Max, frame: m.Rect, cells: cells}, to)
		if err != nil {
			t.Fatal(err)
		}
		v := psnr(t, opaque(got, false), opaque(imaging.Resize(m, to.X, to.Y, imaging.Lanczos), false))
		t.Logf("to %d, from %v: %.1f dB", side, cells, v)
		if v < limit || cells == m.Rect.Max {
			t.Errorf("to %d, averaged to %v first: %.1f dB, want %.0f", side, cells, v, limit)
		}
	}
}

// A GIF's shades are of dots, which means of cells that do not overlap would leave in part.
func TestFit_dots(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	m := image.NewNRGBA(image.Rect(0, 0, 1250, 1000))
	for i := range m.Pix {
		m.Pix[i] = 0xff
		if shade := i / 4 % 1250 / 5; i%4 != 3 && random.IntN(250) >= shade {
			m.Pix[i] = 200 // as in a palette of 6 levels a colour, nearly
		}
	}
	for _, side := range []int{1000, 800, 600, 500, 415, 312, 250} {
		row, err := rows(m, false)
		if err != nil {
			t.Fatal(err)
		}
		y := 0
		next := func(line []uint8) error { row(y, line); y++; return nil }
		to := Fitted(m.Rect.Max, side)
		cells := averaged(m.Rect.Max, to, true)
		got, err := fit(next, grid{canvas: m.Rect.Max, frame: m.Rect, cells: cells}, to)
		if err != nil {
			t.Fatal(err)
		}
		v := psnr(t, opaque(got, false), opaque(imaging.Resize(m, to.X, to.Y, imaging.Lanczos), false))
		t.Logf("to %d, from %v: %.1f dB", side, cells, v)
		if limit := map[bool]float64{true: 45, false: 42}[side > 500]; v < limit {
			t.Errorf("to %d, averaged to %v first: %.1f dB, want %.0f", side, cells, v, limit)
		}
	}
	for _, l := range []layout{{format: GIF}, {format: PNG, png: pngParts{color: pngPalette}}} {
		if !l.palette() {
			t.Errorf("%v is taken for a picture without a palette", l.format)
		}
	}
}
