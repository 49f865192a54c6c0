package photo

import (
	"bytes"
	"hash/crc32"
	"image"
	"image/color"
	"testing"
	"time"

	"gallery/internal/testkit"
)

// A GIF whose first picture reaches beyond the screen enlarges it, as in browsers.
func TestReduce_gifBeyondScreen(t *testing.T) {
	for _, test := range []struct {
		at, screen, want image.Point
	}{
		{image.Pt(0, 0), image.Pt(20, 10), image.Pt(40, 30)},
		{image.Pt(10, 5), image.Pt(20, 60), image.Pt(50, 60)},
		{image.Pt(0, 0), image.Pt(1, 1), image.Pt(40, 30)},
		{image.Pt(0, 0), image.Pt(40, 30), image.Pt(40, 30)},
	} {
		file := gifFile(t, 100, 100, test.at)
		file[6], file[8] = byte(test.screen.X), byte(test.screen.Y)
		info, m := mustReduce(t, file, 100)
		if got := m.Bounds().Size(); got != test.want || info.Width != test.want.X || info.Height != test.want.Y {
			t.Errorf("picture at %v on %v: %v, want %v", test.at, test.screen, got, test.want)
			continue
		}
		if c := m.At(test.at.X+10, test.at.Y+8); !testkit.Near(c, testkit.Color('r'), 8) {
			t.Errorf("picture at %v on %v: %v at its upper left", test.at, test.screen, c)
		}
	}
}

// Of an animated PNG the first frame is shown, which need not be the picture
// that those see who know no animations.
func TestReduce_apng(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 32, 20)) // of the same pixel type as the other, with its corners in colours
	for y := range 20 {
		for x := range 32 {
			m.Set(x, y, testkit.Quadrant(x, y, 32, 20))
		}
	}
	for _, test := range []struct {
		name   string
		file   []byte
		canvas image.Point
		at     image.Point
	}{
		{"IDAT is the first frame", testkit.APNG(t, 32, 20, m, image.Point{}, false), image.Pt(32, 20), image.Point{}},
		{"IDAT is no frame", testkit.APNG(t, 32, 20, m, image.Point{}, true), image.Pt(32, 20), image.Point{}},
		{"the frame is a part", testkit.APNG(t, 64, 48, m, image.Pt(20, 16), true), image.Pt(64, 48), image.Pt(20, 16)},
	} {
		info, got := mustReduce(t, test.file, 64)
		if got.Bounds().Size() != test.canvas {
			t.Errorf("%s: %v, want %v", test.name, got.Bounds(), test.canvas)
			continue
		}
		part := got.(*image.RGBA).SubImage(image.Rectangle{test.at, test.at.Add(image.Pt(32, 20))})
		if testkit.Corners(part) != "rgby" {
			t.Errorf("%s: %s, want rgby", test.name, testkit.Corners(part))
		}
		if test.at != (image.Point{}) && !testkit.Near(got.At(2, 2), color.White, 2) {
			t.Errorf("%s: %v beside the frame, want white", test.name, got.At(2, 2))
		}
		r := bytes.NewReader(test.file)
		used := testkit.Allocated(func() { Reduce(r, int64(len(test.file)), info, 64) })
		if used > info.Cost(64) {
			t.Errorf("%s: allocated %d, cost %d", test.name, used, info.Cost(64))
		}
	}
	// Without the frame's data, what there is.
	file := testkit.APNG(t, 32, 20, m, image.Point{}, true)
	file = append(bytes.Clone(file[:bytes.Index(file, []byte("fcTL"))-4]), iend...)
	if _, got := mustReduce(t, file, 64); !testkit.Near(got.At(5, 5), color.RGBA{255, 0, 0, 255}, 2) {
		t.Errorf("without frames: %v", got.At(5, 5))
	}
}

// A long screenshot has few bytes for its pixels, and is a picture all the same.
func TestReduce_longScreenshot(t *testing.T) {
	const w, h = 1242, 20000
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		c := color.RGBA{250, 250, 250, 255}
		if y/100%4 == 1 {
			c = color.RGBA{220, 240, 200, 255} // a message
		}
		for x := range w {
			m.SetRGBA(x, y, c)
		}
	}
	file := testkit.PNG(t, m)
	if len(file) > w*h/sparse {
		t.Fatalf("%d bytes are too many for the test", len(file))
	}
	start := testkit.ProcessorTime()
	info, got := mustReduce(t, file, 400)
	if took := testkit.ProcessorTime() - start; took > time.Second {
		t.Errorf("took a processor %v", took)
	}
	if got.Bounds().Dy() != 400 || info.Cost(400) > 128<<20 {
		t.Errorf("%v, cost %d", got.Bounds(), info.Cost(400))
	}
	// Four times as long it is refused, before any pixel is decoded.
	long := testkit.RawPNG(w, 4, 8, pngRGB, false, func(x, y int) []int { return []int{0, 0, 0} })
	copy(long[20:], testkit.Numbers(4*h))
	copy(long[29:], testkit.Numbers(crc32.ChecksumIEEE(long[12:29])))
	info, err := Inspect(bytes.NewReader(long), int64(len(long)))
	if err != nil {
		t.Fatal(err)
	}
	if used := testkit.Allocated(func() { _, err = Reduce(bytes.NewReader(long), int64(len(long)), info, 400) }); err == nil || used > 1<<20 {
		t.Errorf("four times as long: %v, %d bytes allocated", err, used)
	}
}
