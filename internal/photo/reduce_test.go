package photo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/disintegration/imaging"

	"gallery/internal/testkit"
)

// gifFile returns a GIF of quadrants of 40 x 30 at a place on a screen.
func gifFile(t testing.TB, w, h int, at image.Point) []byte {
	m := testkit.PalettedQuadrants(40, 30)
	m.Rect = m.Rect.Add(at)
	if w < 40 {
		m.Rect = image.Rect(0, 0, w, h)
	}
	return testkit.GIF(t, &gif.GIF{Image: []*image.Paletted{m}, Delay: []int{0}, Config: image.Config{Width: w, Height: h}})
}

func TestReduce_orientation(t *testing.T) {
	want := [9]string{1: "rgby", 2: "gryb", 3: "ybgr", 4: "byrg", 5: "rbgy", 6: "bryg", 7: "ygbr", 8: "gyrb"}
	m := testkit.Quadrants(64, 48)
	j, p, vp8l := testkit.JPEG(t, m), testkit.PNG(t, m), testkit.VP8L(m)
	for o := 1; o <= 8; o++ {
		exif := exifOf(binary.BigEndian, exifEntry{0x0112, o})
		for name, file := range map[string][]byte{
			"jpeg": testkit.WithSegments(j, testkit.Segment(markerAPP1, "Exif\x00\x00", exif)),
			"png":  testkit.WithPNGChunks(p, testkit.PNGChunk("eXIf", exif)),
			"webp": testkit.WebP("VP8X", testkit.VP8X(8, 64, 48), "VP8L", vp8l, "EXIF", exif),
		} {
			for _, side := range []int{1000, 64, 40, 13} { // not reduced, just not, by imaging, by k and imaging
				info, got := mustReduce(t, file, side)
				size := Fitted(image.Pt(64, 48), side)
				if o >= 5 {
					size.X, size.Y = size.Y, size.X
				}
				if got.Bounds() != (image.Rectangle{Max: size}) || testkit.Corners(got) != want[o] {
					t.Errorf("%s of orientation %d at %d: %v %s, want %v %s", name, o, side, got.Bounds(), testkit.Corners(got), size, want[o])
				}
				if (info.Width > info.Height) != (o < 5) {
					t.Errorf("%s of orientation %d: %d x %d", name, o, info.Width, info.Height)
				}
			}
		}
	}
}

// kinds are pictures of one kind each, quadrants unless they are grey or of
// one colour.
func kinds(t testing.TB) map[string][]byte {
	const w, h = 61, 47
	m := testkit.Quadrants(w, h)
	rgb := func(x, y int) []int {
		c := testkit.Quadrant(x, y, w, h)
		return []int{int(c.R), int(c.G), int(c.B)}
	}
	rgba := func(x, y int) []int { return append(rgb(x, y), 0xff) }
	wide := func(at func(x, y int) []int) func(x, y int) []int {
		return func(x, y int) []int {
			var s []int
			for _, v := range at(x, y) {
				s = append(s, v*0x101)
			}
			return s
		}
	}
	index := func(x, y int) []int { return []int{min(1, 2*x/w) + 2*min(1, 2*y/h)} }
	plte := testkit.PNGChunk("PLTE", []byte{0xe0, 0x20, 0x20, 0x20, 0xc0, 0x20, 0x20, 0x20, 0xd0, 0xe0, 0xe0, 0x20})
	files := map[string][]byte{
		"jpeg":                 testkit.JPEG(t, m),
		"gif":                  testkit.GIF(t, &gif.GIF{Image: []*image.Paletted{testkit.PalettedQuadrants(w, h)}, Delay: []int{0}}),
		"gif interlaced":       interlacedGIF(t, w, h),
		"webp lossless":        testkit.WebP("VP8L", testkit.VP8L(m)),
		"webp lossy":           testdata(t, "lossy.webp"),
		"webp by cwebp":        testdata(t, "lossless.webp"),
		"webp animated":        testkit.WebP("VP8X", testkit.VP8X(2, w, h), "ANIM", make([]byte, 6), "ANMF", testkit.ANMF(0, 0, m), "ANMF", testkit.ANMF(0, 0, m)),
		"webp with odd extras": testkit.WebP("JUNK", []byte("odd"), "VP8L", testkit.VP8L(m), "TAIL", []byte{1}),
		"png with key colour":  testkit.RawPNG(w, h, 8, pngRGB, false, rgb, testkit.PNGChunk("tRNS", []byte{0, 1, 0, 2, 0, 3})),
	}
	for _, interlaced := range []bool{false, true} {
		suffix := map[bool]string{true: " interlaced"}[interlaced]
		files["png rgb 8"+suffix] = testkit.RawPNG(w, h, 8, pngRGB, interlaced, rgb)
		files["png rgb 16"+suffix] = testkit.RawPNG(w, h, 16, pngRGB, interlaced, wide(rgb))
		files["png rgba 8"+suffix] = testkit.RawPNG(w, h, 8, pngRGBA, interlaced, rgba)
		files["png rgba 16"+suffix] = testkit.RawPNG(w, h, 16, pngRGBA, interlaced, wide(rgba))
		for _, depth := range []int{2, 4, 8} {
			files[fmt.Sprintf("png palette %d%s", depth, suffix)] = testkit.RawPNG(w, h, depth, pngPalette, interlaced, index, plte)
		}
	}
	return files
}

func interlacedGIF(t testing.TB, w, h int) []byte {
	m := testkit.PalettedQuadrants(w, h)
	rows := image.NewPaletted(m.Rect, m.Palette)
	n := 0
	for _, pass := range [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} { // GIF89a, appendix E
		for y := pass[0]; y < h; y += pass[1] {
			copy(rows.Pix[n*rows.Stride:], m.Pix[y*m.Stride:(y+1)*m.Stride])
			n++
		}
	}
	file := testkit.GIF(t, &gif.GIF{Image: []*image.Paletted{rows}, Delay: []int{0}})
	file[bytes.Index(file, []byte{0x2c, 0, 0, 0, 0, byte(w)})+9] |= 0x40
	return file
}

func TestReduce_kinds(t *testing.T) {
	for name, file := range kinds(t) {
		for _, side := range []int{400, 40, 13} {
			info, m := mustReduce(t, file, side)
			if _, grey := m.(*image.Gray); grey || testkit.Corners(m) != "rgby" {
				t.Errorf("%s at %d: %T %s, want rgby in colour", name, side, m, testkit.Corners(m))
			}
			if want := Fitted(image.Pt(info.Width, info.Height), side); m.Bounds() != (image.Rectangle{Max: want}) {
				t.Errorf("%s at %d: %v, want %v", name, side, m.Bounds(), want)
			}
		}
	}
}

func TestReduce_grey(t *testing.T) {
	half := func(v ...int) func(x, y int) []int { return func(x, y int) []int { return v } }
	for name, test := range map[string]struct {
		file []byte
		want uint8
	}{
		"jpeg":                   {testkit.FlatJPEG{Width: 50, Height: 30, Values: []uint8{200}, Adobe: -1}.Encode(), 200},
		"jpeg of 2 x 2 blocks":   {testkit.FlatJPEG{Width: 50, Height: 30, Values: []uint8{200}, Sampling: []byte{0x22}, Adobe: -1}.Encode(), 200},
		"jpeg progressive":       {testkit.FlatJPEG{SOF: markerSOF2, Width: 50, Height: 30, Values: []uint8{200}, Adobe: -1}.Encode(), 200},
		"png 1":                  {testkit.RawPNG(50, 30, 1, pngGrey, false, half(1)), 255},
		"png 2":                  {testkit.RawPNG(50, 30, 2, pngGrey, false, half(2)), 170},
		"png 4":                  {testkit.RawPNG(50, 30, 4, pngGrey, true, half(5)), 85},
		"png 8":                  {testkit.RawPNG(50, 30, 8, pngGrey, false, half(77)), 77},
		"png 16":                 {testkit.RawPNG(50, 30, 16, pngGrey, true, half(0x4d4d)), 0x4d},
		"png with alpha 8":       {testkit.RawPNG(50, 30, 8, pngGreyAlpha, false, half(0, 128)), 127},
		"png with alpha 16":      {testkit.RawPNG(50, 30, 16, pngGreyAlpha, true, half(0, 0x8080)), 127},
		"png with key colour":    {testkit.RawPNG(50, 30, 8, pngGrey, false, half(9), testkit.PNGChunk("tRNS", []byte{0, 9})), 255},
		"png with key colour 16": {testkit.RawPNG(50, 30, 16, pngGrey, false, half(9), testkit.PNGChunk("tRNS", []byte{0, 9})), 255},
	} {
		for _, side := range []int{400, 40, 5} {
			_, m := mustReduce(t, test.file, side)
			g, ok := m.(*image.Gray)
			if !ok || !testkit.Near(g.At(1, 1), color.Gray{test.want}, 1) || !testkit.Near(Average(g), color.Gray{test.want}, 1) {
				t.Errorf("%s at %d: %T %v, want *image.Gray %d", name, side, m, m.At(1, 1), test.want)
			}
		}
	}
}

// The colours of JPEG's kinds, each of one colour.
func TestReduce_jpegColors(t *testing.T) {
	red := []uint8{76, 85, 255} // in YCbCr
	for name, test := range map[string]struct {
		jpeg testkit.FlatJPEG
		want color.RGBA
	}{
		"YCbCr":              {testkit.FlatJPEG{Values: red, Adobe: -1}, color.RGBA{254, 0, 0, 255}},
		"YCbCr by Adobe":     {testkit.FlatJPEG{Values: red, Adobe: 1}, color.RGBA{254, 0, 0, 255}},
		"YCbCr progressive":  {testkit.FlatJPEG{SOF: markerSOF2, Values: red, Adobe: -1}, color.RGBA{254, 0, 0, 255}},
		"4:2:0":              {testkit.FlatJPEG{Values: red, Sampling: []byte{0x22, 0x11, 0x11}, Adobe: -1}, color.RGBA{254, 0, 0, 255}},
		"4:2:2":              {testkit.FlatJPEG{Values: red, Sampling: []byte{0x21, 0x11, 0x11}, Adobe: -1}, color.RGBA{254, 0, 0, 255}},
		"4:4:0":              {testkit.FlatJPEG{Values: red, Sampling: []byte{0x12, 0x11, 0x11}, Adobe: -1}, color.RGBA{254, 0, 0, 255}},
		"4:1:1":              {testkit.FlatJPEG{Values: red, Sampling: []byte{0x41, 0x11, 0x11}, Adobe: -1}, color.RGBA{254, 0, 0, 255}},
		"4:1:0":              {testkit.FlatJPEG{Values: red, Sampling: []byte{0x42, 0x11, 0x11}, Adobe: -1}, color.RGBA{254, 0, 0, 255}},
		"4:4:4 of 2 x 1":     {testkit.FlatJPEG{Values: red, Sampling: []byte{0x21, 0x21, 0x21}, Adobe: -1}, color.RGBA{254, 0, 0, 255}},
		"RGB by Adobe":       {testkit.FlatJPEG{Values: []uint8{250, 10, 20}, Adobe: 0}, color.RGBA{250, 10, 20, 255}},
		"RGB by identifiers": {testkit.FlatJPEG{Values: []uint8{250, 10, 20}, IDs: "RGB", Adobe: -1}, color.RGBA{250, 10, 20, 255}},
		// Adobe inverts: 255 is no ink.
		"CMYK":       {testkit.FlatJPEG{Values: []uint8{255, 0, 0, 255}, Adobe: 0}, color.RGBA{255, 0, 0, 255}},
		"CMYK dark":  {testkit.FlatJPEG{Values: []uint8{255, 255, 255, 128}, Adobe: 0}, color.RGBA{128, 128, 128, 255}},
		"CMYK 4:2:0": {testkit.FlatJPEG{Values: []uint8{255, 0, 0, 255}, Sampling: []byte{0x22, 0x11, 0x11, 0x22}, Adobe: 0}, color.RGBA{255, 0, 0, 255}},
		// In YCCK, the complement of the inverted inks became YCbCr: red is cyan there.
		"YCCK":      {testkit.FlatJPEG{Values: []uint8{179, 171, 1, 255}, Adobe: 2}, color.RGBA{255, 0, 0, 255}},
		"YCCK dark": {testkit.FlatJPEG{SOF: markerSOF2, Values: []uint8{0, 128, 128, 64}, Adobe: 2}, color.RGBA{64, 64, 64, 255}},
	} {
		test.jpeg.Width, test.jpeg.Height = 70, 50
		file := test.jpeg.Encode()
		for _, side := range []int{400, 60, 7} {
			_, m := mustReduce(t, file, side)
			if got := Average(m); !testkit.Near(got, test.want, 2) || !testkit.Near(m.At(0, 0), test.want, 2) {
				t.Errorf("%s at %d = %v, want %v", name, side, got, test.want)
			}
		}
	}
}

func TestReduce_transparency(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 30, 20)) // left half red at half opacity, right half clear
	for y := range 20 {
		for x := range 15 {
			m.SetNRGBA(x, y, color.NRGBA{0xff, 0, 0, 0x80})
		}
	}
	p := testkit.PalettedQuadrants(30, 20)
	for i := range p.Pix {
		p.Pix[i] = 4
	}
	pink, white := color.RGBA{0xff, 0x7f, 0x7f, 0xff}, color.RGBA{0xff, 0xff, 0xff, 0xff}
	key := func(x, y int) []int { return []int{1, 2, 3} }
	key16 := func(x, y int) []int { return []int{0x101, 0x202, 0x303} }
	palette := func(x, y int) []int { return []int{min(1, x/15)} }
	chunks := [][]byte{testkit.PNGChunk("PLTE", []byte{255, 0, 0, 0, 0, 0}), testkit.PNGChunk("tRNS", []byte{0x80, 0})}
	for name, test := range map[string]struct {
		file        []byte
		left, right color.RGBA
	}{
		"png":                    {testkit.PNG(t, m), pink, white},
		"png 16":                 {testkit.RawPNG(30, 20, 16, pngRGBA, true, func(x, y int) []int { return []int{0xffff, 0, 0, 0x8080 * (1 - x/15)} }), pink, white},
		"png palette":            {testkit.RawPNG(30, 20, 1, pngPalette, false, palette, chunks...), pink, white},
		"png with key colour":    {testkit.RawPNG(30, 20, 8, pngRGB, false, key, testkit.PNGChunk("tRNS", []byte{0, 1, 0, 2, 0, 3})), white, white},
		"png with key colour 16": {testkit.RawPNG(30, 20, 16, pngRGB, false, key16, testkit.PNGChunk("tRNS", []byte{1, 1, 2, 2, 3, 3})), white, white},
		"gif":                    {testkit.GIF(t, &gif.GIF{Image: []*image.Paletted{p}, Delay: []int{0}}), white, white},
		"webp":                   {testkit.WebP("VP8L", testkit.VP8L(m)), pink, white},
		"webp extended":          {testkit.WebP("VP8X", testkit.VP8X(0x10, 30, 20), "VP8L", testkit.VP8L(m)), pink, white},
	} {
		for _, side := range []int{400, 20, 5} {
			_, r := mustReduce(t, test.file, side)
			b := r.Bounds()
			if l, rt := r.At(0, b.Dy()/2), r.At(b.Dx()-1, b.Dy()/2); !testkit.Near(l, test.left, 3) || !testkit.Near(rt, test.right, 3) {
				t.Errorf("%s at %d: %v and %v, want %v and %v", name, side, l, rt, test.left, test.right)
			}
		}
	}
	// Opacity falls from 1 at the top to 0 at the bottom.
	for _, name := range []string{"lossy-alpha.webp", "lossless-alpha.webp"} {
		_, r := mustReduce(t, testdata(t, name), 400)
		if top, bottom := r.At(10, 0), r.At(10, 47); !testkit.Near(top, testkit.Color('r'), 24) || !testkit.Near(bottom, white, 8) {
			t.Errorf("%s: %v at the top, %v at the bottom", name, top, bottom)
		}
	}
}

// The first frame of an animation stands where its offset says, on white.
func TestReduce_frameOnCanvas(t *testing.T) {
	m := testkit.Quadrants(40, 30)
	for name, file := range map[string][]byte{
		"gif":  gifFile(t, 120, 80, image.Pt(70, 40)),
		"webp": testkit.WebP("VP8X", testkit.VP8X(2, 120, 80), "ANIM", make([]byte, 6), "ANMF", testkit.ANMF(70, 40, m), "ANMF", testkit.ANMF(0, 0, testkit.Quadrants(120, 80))),
	} {
		for _, side := range []int{400, 120, 60, 24} {
			info, r := mustReduce(t, file, side)
			if info.Width != 120 || info.Height != 80 {
				t.Fatalf("%s: %d x %d", name, info.Width, info.Height)
			}
			b := r.Bounds()
			at := func(x, y int) color.Color { return r.At(x*b.Dx()/120, y*b.Dy()/80) }
			for _, p := range []struct {
				x, y int
				want color.Color
			}{
				{5, 5, color.White}, {60, 60, color.White}, {90, 30, color.White}, {117, 77, color.White},
				{80, 47, testkit.Color('r')}, {100, 47, testkit.Color('g')}, {80, 63, testkit.Color('b')}, {100, 63, testkit.Color('y')},
			} {
				if !testkit.Near(at(p.x, p.y), p.want, 30) {
					t.Errorf("%s at %d: %v at (%d, %d), want %v", name, side, at(p.x, p.y), p.x, p.y, p.want)
				}
			}
		}
	}
}

func TestReduce_sizes(t *testing.T) {
	for _, test := range []struct{ w, h, side, wantW, wantH int }{
		{4032, 3024, 400, 400, 300},
		{3024, 4032, 400, 300, 400},
		{6000, 4000, 400, 400, 267},
		{400, 400, 400, 400, 400},
		{401, 400, 400, 400, 399},
		{399, 1, 400, 399, 1},
		{1, 1, 400, 1, 1},
		{10000, 1, 400, 400, 1},
		{3, 65500, 400, 1, 400},
		{1000, 999, 1, 1, 1},
	} {
		file := testkit.FlatJPEG{Width: test.w, Height: test.h, Values: []uint8{90}, Adobe: -1}.Encode()
		_, m := mustReduce(t, file, test.side)
		if got := m.Bounds().Size(); got != image.Pt(test.wantW, test.wantH) {
			t.Errorf("%d x %d at %d = %v, want (%d,%d)", test.w, test.h, test.side, got, test.wantW, test.wantH)
		}
	}
	if _, err := Reduce(bytes.NewReader(nil), 0, Info{}, 0); err == nil {
		t.Error("Reduce to 0 pixels succeeded")
	}
}

// A file that was replaced between Inspect and Reduce may cost more than was
// reckoned.
func TestReduce_otherFile(t *testing.T) {
	small := testkit.FlatJPEG{Width: 8, Height: 8, Values: []uint8{0}, Adobe: -1}.Encode()
	large := testkit.FlatJPEG{SOF: markerSOF2, Width: 9000, Height: 9000, Values: []uint8{0}, Adobe: -1}.Encode()
	info, err := Inspect(bytes.NewReader(small), int64(len(small)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Reduce(bytes.NewReader(large), int64(len(large)), info, 400); err == nil {
		t.Error("Reduce of another file succeeded")
	}
}

// Only the first of many frames is read.
func TestReduce_manyFrames(t *testing.T) {
	file := gifFile(t, 40, 30, image.Point{})
	start := bytes.Index(file, []byte{0x21, 0xf9})
	frame := file[start : len(file)-1]
	many := bytes.Join([][]byte{file[:start], bytes.Repeat(frame, 100_000), {0x3b}}, nil)
	took := testkit.Took(time.Second, func() {
		if _, m := mustReduce(t, many, 400); testkit.Corners(m) != "rgby" {
			t.Error(testkit.Corners(m))
		}
	})
	if took > time.Second {
		t.Errorf("%d bytes took a processor %v", len(many), took)
	}
}

// flatten and imaging together come close to imaging alone.
func TestFit_likeLanczosAlone(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 1000, 700))
	for y := range 700 {
		for x := range 1000 {
			d := (x-500)*(x-500) + (y-350)*(y-350)
			m.SetNRGBA(x, y, color.NRGBA{uint8(x / 4), uint8(d / 2000), uint8(128 + 100*((x/60+y/60)%2)), 0xff})
		}
	}
	file := testkit.PNG(t, m)
	_, fast := mustReduce(t, file, 100)
	slow := imaging.Fit(m, 100, 100, imaging.Lanczos)
	var sum, worst int
	for i, v := range fast.(*image.RGBA).Pix {
		d := int(v) - int(slow.Pix[i])
		sum += max(d, -d)
		worst = max(worst, d, -d)
	}
	if mean := float64(sum) / float64(len(slow.Pix)); mean > 1 || worst > 40 {
		t.Errorf("mean difference %.2f, worst %d", mean, worst)
	}
}

// Averaged where little more than the thumbnail is left, a picture is still
// Lanczos' own.
func TestFit_averaged(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	m := image.NewNRGBA(image.Rect(0, 0, 1500, 700))
	for y := range 700 {
		for x := range 1500 {
			wave := 40 * math.Sin(float64(x*x+2*y*y)/1e4) // down to 21 pixels at the right, 22 at the bottom
			v := func(c int) uint8 { return uint8(x/16 + c*y/20 + int(wave) + 60 + random.IntN(5)) }
			m.SetNRGBA(x, y, color.NRGBA{v(0), v(1), v(2), 0xff})
		}
	}
	_, fast := mustReduce(t, testkit.PNG(t, m), 600)
	slow := opaque(imaging.Resize(m, 600, 280, imaging.Lanczos), false)
	if v := psnr(t, fast, slow); v < 42 {
		t.Errorf("a picture of 1500 pixels at 600 has %.1f dB", v)
	}
	for _, test := range []struct {
		w, h, side int
		palette    bool
		want       image.Point
	}{
		{1500, 700, 600, false, image.Pt(750, 280)},
		{1500, 2000, 800, false, image.Pt(750, 800)},
		{1500, 2000, 800, true, image.Pt(750, 800)},
		{1499, 1999, 800, true, image.Pt(1499, 800)},
		{2000, 1500, 1000, true, image.Pt(2000, 750)},
		{1999, 1500, 1000, true, image.Pt(1999, 1500)},
		{4000, 3000, 1600, false, image.Pt(2000, 1200)},
		{2400, 1800, 1600, false, image.Pt(2000, 1200)},
		{2399, 1800, 1600, false, image.Pt(2399, 1800)},
		{1999, 1500, 1600, false, image.Pt(1999, 1500)},
		{4799, 3600, 1600, false, image.Pt(2000, 1200)},
		{4800, 3600, 1600, false, image.Pt(2400, 1200)},
		{4000, 3000, 800, false, image.Pt(1400, 600)},
		{4000, 3000, 400, false, image.Pt(700, 525)},
		{2400, 1800, 400, false, image.Pt(700, 525)},
		{2399, 1800, 400, false, image.Pt(700, 300)},
		{1600, 600, 400, false, image.Pt(800, 150)},
		{1599, 600, 400, false, image.Pt(1599, 600)},
		{960000, 2, 1600, false, image.Pt(2800, 2)},
		{400, 300, 400, false, image.Pt(400, 300)},
	} {
		canvas := image.Pt(test.w, test.h)
		if got := averaged(canvas, Fitted(canvas, test.side), test.palette); got != test.want {
			t.Errorf("%d x %d at %d is averaged to %v, want %v", test.w, test.h, test.side, got, test.want)
		}
	}
}

func TestFit_realPhotosAveraged(t *testing.T) {
	values := map[int][]float64{}
	photos(t, "camera", func(t *testing.T, file []byte, _ string) {
		m, err := jpeg.Decode(bytes.NewReader(file))
		if err != nil {
			return // the standard library, the reference here, decodes fewer than this program
		}
		size := m.Bounds().Size()
		row, err := rows(m, false)
		if err != nil {
			return
		}
		for _, side := range []int{1600, 800, 400} {
			y := 0
			next := func(line []uint8) error { row(y, line); y++; return nil }
			to := Fitted(size, side)
			fast, err := fit(next, grid{canvas: size, frame: image.Rectangle{Max: size}, cells: averaged(size, to, false)}, to)
			if err != nil {
				t.Fatal(err)
			}
			v := psnr(t, opaque(fast, false), opaque(imaging.Resize(m, to.X, to.Y, imaging.Lanczos), false))
			values[side] = append(values[side], v)
			if v < 42 {
				t.Errorf("%v at %d has %.1f dB", size, side, v)
			}
		}
	})
	checkMean(t, values)
}

func TestRows_damaged(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 8, 8))
	ycc := image.NewYCbCr(image.Rect(0, 0, 9, 9), image.YCbCrSubsampleRatio420)
	for name, m := range map[string]image.Image{
		"short gray":    &image.Gray{Pix: gray.Pix[:63], Stride: 8, Rect: gray.Rect},
		"short stride":  &image.Gray{Pix: gray.Pix, Stride: 7, Rect: gray.Rect},
		"short":         &image.NRGBA{Pix: make([]uint8, 255), Stride: 32, Rect: gray.Rect},
		"short Cr":      &image.YCbCr{Y: ycc.Y, Cb: ycc.Cb, Cr: ycc.Cr[:24], YStride: 9, CStride: 5, Rect: ycc.Rect, SubsampleRatio: ycc.SubsampleRatio},
		"another ratio": &image.YCbCr{Y: ycc.Y, Cb: ycc.Cb, Cr: ycc.Cr, YStride: 9, CStride: 5, Rect: ycc.Rect, SubsampleRatio: 99},
		"moved":         &image.YCbCr{Y: ycc.Y, Cb: ycc.Cb, Cr: ycc.Cr, YStride: 9, CStride: 5, Rect: ycc.Rect.Add(image.Pt(2, 2)), SubsampleRatio: ycc.SubsampleRatio},
		"uniform":       image.NewUniform(color.White),
	} {
		if _, err := rows(m, false); err == nil {
			t.Errorf("rows(%s) succeeded", name)
		}
	}
	p := image.NewPaletted(gray.Rect, color.Palette{color.White, nil})
	for i := range p.Pix {
		p.Pix[i] = 200
	}
	row, err := rows(p, false)
	line := make([]uint8, 3*8)
	if row(3, line); err != nil || [3]uint8(line) != [3]uint8{} {
		t.Errorf("index beyond the palette: %v, %v, want black", line[:3], err)
	}
}

// One picture to 400 pixels.
func BenchmarkReduce(b *testing.B) {
	for name, file := range map[string][]byte{
		"jpeg 420": testkit.FlatJPEG{Width: 4000, Height: 3000, Values: []uint8{9, 99, 199}, Sampling: []byte("\x22\x11\x11"), Adobe: -1}.Encode(),
		"png rgb":  testkit.PNG(b, testkit.Quadrants(2000, 1500)),
	} {
		b.Run(name, func(b *testing.B) {
			r, size := bytes.NewReader(file), int64(len(file))
			info, err := Inspect(r, size)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Reduce(r, size, info, 400); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A row of indexes becomes their colours, whatever its length, and nothing is written behind it.
func TestIndexRow(t *testing.T) {
	var palette color.Palette
	for i := range 256 {
		palette = append(palette, color.NRGBA{uint8(i), uint8(3 * i), uint8(7*i + 1), 0xff})
	}
	table := flatPalette(palette)
	for n := range 40 {
		row, line := make([]uint8, n), make([]uint8, 3*n)
		var want []uint8
		for x := range row {
			row[x] = uint8(97*x + n)
			c := palette[row[x]].(color.NRGBA)
			want = append(want, c.R, c.G, c.B)
		}
		backing := append(line, 9, 9, 9, 9)
		indexRow(backing[:3*n], row, table)
		if got := backing[:3*n]; !bytes.Equal(got, want) || !bytes.Equal(backing[3*n:], []uint8{9, 9, 9, 9}) {
			t.Errorf("%d pixels become %d, want %d", n, backing, want)
		}
	}
}
