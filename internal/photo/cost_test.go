package photo

import (
	"bytes"
	"fmt"
	"image"
	"testing"

	"gallery/internal/testkit"
)

// seeds are all pictures that tests draw: kinds, and what else is special.
func seeds(t testing.TB) map[string][]byte {
	files := kinds(t)
	for _, sof := range []byte{markerSOF0, markerSOF2} {
		for _, sampling := range []string{"\x11\x11\x11", "\x22\x11\x11", "\x21\x11\x11", "\x12\x11\x11", "\x41\x11\x11", "\x42\x11\x11", "\x21\x21\x21"} {
			files[fmt.Sprintf("flat jpeg %x %x", sof, sampling)] =
				testkit.FlatJPEG{SOF: sof, Width: 333, Height: 222, Values: []uint8{1, 2, 3}, Sampling: []byte(sampling), Adobe: -1}.Encode()
		}
		files[fmt.Sprintf("flat grey jpeg %x", sof)] = testkit.FlatJPEG{SOF: sof, Width: 333, Height: 222, Values: []uint8{1}, Adobe: -1}.Encode()
		files[fmt.Sprintf("flat rgb jpeg %x", sof)] = testkit.FlatJPEG{SOF: sof, Width: 333, Height: 222, Values: []uint8{1, 2, 3}, Adobe: 0}.Encode()
		files[fmt.Sprintf("flat cmyk jpeg %x", sof)] = testkit.FlatJPEG{SOF: sof, Width: 333, Height: 222, Values: []uint8{1, 2, 3, 4}, Adobe: 0}.Encode()
		files[fmt.Sprintf("flat ycck jpeg %x", sof)] =
			testkit.FlatJPEG{SOF: sof, Width: 333, Height: 222, Values: []uint8{1, 2, 3, 4}, Sampling: []byte("\x22\x11\x11\x22"), Adobe: 2}.Encode()
	}
	for _, name := range []string{"lossy-alpha.webp", "lossless-alpha.webp", "animated.webp"} {
		files[name] = testdata(t, name)
	}
	grey := func(x, y int) []int { return []int{x & 1, 1} }
	files["png grey"] = testkit.RawPNG(90, 60, 1, pngGrey, true, func(x, y int) []int { return []int{x & 1} })
	files["png grey with alpha"] = testkit.RawPNG(90, 60, 16, pngGreyAlpha, true, grey)
	files["png grey with key"] = testkit.RawPNG(90, 60, 16, pngGrey, true, func(x, y int) []int { return []int{x & 1} }, testkit.PNGChunk("tRNS", []byte{0, 1}))
	files["png of many chunks"] = testkit.WithPNGChunks(files["png rgb 8"], bytes.Repeat(testkit.PNGChunk("junk", nil), 2000))
	files["wide"] = testkit.RawPNG(20000, 3, 8, pngRGBA, false, func(x, y int) []int { return []int{x & 255, 0, 0, 255} })
	files["tall"] = testkit.RawPNG(3, 20000, 8, pngRGBA, true, func(x, y int) []int { return []int{y & 255, 0, 0, 255} })
	files["gif on a canvas"] = gifFile(t, 65535, 65535, image.Pt(65000, 60000))
	return files
}

func TestCost_holds(t *testing.T) {
	files := seeds(t)
	for name, file := range larger(t) {
		files[name] = file
	}
	for name, file := range files {
		r, size := bytes.NewReader(file), int64(len(file))
		info, err := Inspect(r, size)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, side := range []int{1, 24, 400, 1600} {
			cost := info.Cost(side)
			if cost > 512<<20 {
				continue
			}
			used := testkit.Allocated(func() {
				if _, err := Reduce(r, size, info, side); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
			if used > cost {
				t.Errorf("%s at %d: allocated %d, cost %d", name, side, used, cost)
			}
			t.Logf("%-30s at %4d: %10d of %10d, %3d%%", name, side, used, cost, 100*used/cost)
		}
	}
}

// larger are pictures large enough that pixels outweigh all else.
func larger(t testing.TB) map[string][]byte {
	if testing.Short() {
		return nil
	}
	const w, h = 1300, 900
	m := testkit.Quadrants(w, h)
	rgb := func(x, y int) []int { return []int{x & 255, y & 255, 0} }
	return map[string][]byte{
		"large 4:2:0":             testkit.FlatJPEG{Width: w, Height: h, Values: []uint8{1, 2, 3}, Sampling: []byte("\x22\x11\x11"), Adobe: -1}.Encode(),
		"large 4:4:4":             testkit.FlatJPEG{Width: w, Height: h, Values: []uint8{1, 2, 3}, Adobe: -1}.Encode(),
		"large progressive":       testkit.FlatJPEG{SOF: markerSOF2, Width: w, Height: h, Values: []uint8{1, 2, 3}, Adobe: -1}.Encode(),
		"large cmyk":              testkit.FlatJPEG{Width: w, Height: h, Values: []uint8{1, 2, 3, 4}, Adobe: 0}.Encode(),
		"large grey":              testkit.FlatJPEG{Width: w, Height: h, Values: []uint8{1}, Adobe: -1}.Encode(),
		"large webp":              testkit.WebP("VP8L", testkit.VP8L(m)),
		"large png 16 interlaced": testkit.RawPNG(w, h, 16, pngRGB, true, rgb),
		"large png 8":             testkit.RawPNG(w, h, 8, pngRGB, false, rgb),
	}
}

// A few bytes may stand for more pixels than memory holds. They cost what
// they claim, before anything is decoded, and Inspect takes next to nothing.
func TestInspect_bombs(t *testing.T) {
	one := func(x, y int) []int { return []int{0} }
	bomb := testkit.RawPNG(8, 8, 8, pngGrey, false, one)
	copy(bomb[16:], "\x7f\xff\xff\xff\x00\x00\x00\x80")
	small := testkit.FlatJPEG{SOF: markerSOF2, Width: 8, Height: 8, Values: []uint8{1}, Adobe: -1}.Encode()
	for name, test := range map[string]struct {
		file []byte
		cost int64
	}{
		"png":              {bomb, 256 << 30},
		"jpeg progressive": {bytes.Replace(small, []byte{8, 0, 8, 0, 8, 1}, []byte{8, 0xff, 0xff, 0xff, 0xff, 1}, 1), 3 * 8192 * 8192}, // at 1/8
	} {
		var info Info
		used := testkit.Allocated(func() {
			var err error
			if info, err = Inspect(bytes.NewReader(test.file), int64(len(test.file))); err != nil {
				t.Error(name, err)
			}
		})
		if info.Cost(400) < test.cost || used > 64<<10 {
			t.Errorf("%s: cost %d, want at least %d; Inspect allocated %d", name, info.Cost(400), test.cost, used)
		}
	}
	// A canvas costs nothing where no frame is.
	file := gifFile(t, 65535, 65535, image.Pt(65000, 60000))
	info, m := mustReduce(t, file, 400)
	if info.Cost(400) > 600<<20 || m.Bounds().Dx() != 400 {
		t.Errorf("gif: cost %d, %v", info.Cost(400), m.Bounds())
	}
}
