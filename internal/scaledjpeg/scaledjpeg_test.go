package scaledjpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gallery/internal/testkit"
)

var denoms = []int{1, 2, 4, 8}

// testFiles returns the files in testdata, which testdata/make.sh explains, by name without extension.
func testFiles(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.jpg")
	if err != nil || len(paths) == 0 {
		t.Fatal("no files in testdata: ", err)
	}
	files := make(map[string][]byte)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(filepath.Base(path), ".jpg")] = data
	}
	return files
}

// decodePlanes is Decode up to the planes.
func decodePlanes(data []byte, denom int) (*decoder, error) { return decodePlanesTo(data, denom, 0) }

// decodePlanesTo is the same for a picture that is then to be reduced to longSide, unless that is 0.
func decodePlanesTo(data []byte, denom, longSide int) (*decoder, error) {
	d := new(decoder)
	d.reset(data, denom)
	d.longSide = longSide
	return d, d.decodePlanes()
}

func TestDecode_reference(t *testing.T) {
	for name, data := range testFiles(t) {
		if name == "arithmetic" {
			continue
		}
		ref, err := refDecode(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, denom := range denoms {
			for _, longSide := range []int{0, 1} {
				d, err := decodePlanesTo(data, denom, longSide)
				if err == nil {
					err = ref.check(d)
				}
				if err != nil {
					t.Errorf("%s at 1/%d to %d: %v", name, denom, longSide, err)
				}
			}
		}
	}
}

// TestDecode_negligible checks which scans of a progressive file are left out, and that this does
// to the samples no more than noiseOf says.
func TestDecode_negligible(t *testing.T) {
	const (
		all  = "YYYYYYYYYY"
		luma = "YYYYYYYYYn" // without the last bit of luma
		// Without the last two bits of luma, at 1/4 the second scan of its AC coefficients is not
		// needed either: its band is too high, and no refinement is left to be read by it.
		two2, two4   = "YYYYYnYYYn", "YYYYnnYYYn"
		both2, both4 = "YYYYYnYnnn", "YYYYnnYnnn"
		dc           = "YnnnnnYnnn"
	)
	tests := []struct {
		luma, chroma byte // all quantization steps
		longSide     int  // of a picture of 117 pixels
		want         [9]string
	}{
		{10, 10, 45, [9]string{1: all, 2: all, 4: all, 8: dc}},
		{6, 6, 45, [9]string{1: luma, 2: luma, 4: luma, 8: dc}},
		{2, 6, 45, [9]string{1: two2, 2: two2, 4: two4, 8: dc}},
		{1, 1, 45, [9]string{1: both2, 2: both2, 4: both4, 8: dc}},
		{10, 10, 10, [9]string{1: luma, 2: luma, 4: luma, 8: dc}},
		{6, 6, 10, [9]string{1: two2, 2: two2, 4: two4, 8: dc}},
		{10, 10, 1, [9]string{1: luma, 2: luma, 4: luma, 8: dc}},
		{2, 6, 76, [9]string{1: luma, 2: luma, 4: luma, 8: dc}},
		{1, 1, 80, [9]string{1: all, 2: all, 4: all, 8: dc}},
		{1, 1, 0, [9]string{1: all, 2: all, 4: all, 8: dc}},
	}
	for _, test := range tests {
		data := bytes.Clone(testFiles(t)["progressive-2x2"])
		for i, steps := range []byte{test.luma, test.chroma} {
			at := bytes.Index(data, []byte{0xff, markerDQT, 0, 67, byte(i)}) + 5
			copy(data[at:at+64], bytes.Repeat([]byte{steps}, 64))
		}
		ref, err := refDecode(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, denom := range denoms {
			d, err := decodePlanesTo(data, denom, test.longSide)
			if err == nil {
				err = ref.check(d)
			}
			if err != nil {
				t.Errorf("steps %d and %d at 1/%d: %v", test.luma, test.chroma, denom, err)
			}
			got := ""
			for _, needed := range d.prog.needed {
				got += map[bool]string{true: "Y", false: "n"}[needed]
			}
			if got != test.want[denom] {
				t.Errorf("steps %d and %d at 1/%d to %d: scans %s, want %s", test.luma, test.chroma, denom, test.longSide, got, test.want[denom])
			}
			for c := range d.Components {
				limit := d.noiseLimits()[min(c, 1)]
				if noise := ref.noise(c, d); denom == 4 && noise > limit+0.5 {
					t.Errorf("steps %d and %d, component %d: off by %.2f", test.luma, test.chroma, c, noise)
				}
			}
		}
	}
}

func TestDecode_fullSize(t *testing.T) {
	same := 0
	for name, data := range testFiles(t) {
		want, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			continue
		}
		ref, _ := refDecode(data)
		if ref != nil && ref.quirk != "" {
			t.Logf("%s: %s", name, ref.quirk)
			continue
		}
		same++
		t.Run(name, func(t *testing.T) {
			got, err := Decode(data, 1)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, got, want)
		})
	}
	if same < 25 {
		t.Errorf("only %d files compared", same)
	}
}

func TestDecode_bounds(t *testing.T) {
	for name, data := range testFiles(t) {
		if name == "arithmetic" {
			continue
		}
		for _, denom := range denoms {
			got, err := Decode(data, denom)
			if err != nil {
				t.Errorf("%s at 1/%d: %v", name, denom, err)
				continue
			}
			if want := image.Rect(0, 0, ceilDiv(117, denom), ceilDiv(83, denom)); got.Bounds() != want {
				t.Errorf("%s at 1/%d: bounds are %v, want %v", name, denom, got.Bounds(), want)
			}
			// Every pixel can be read, and near every edge.
			for _, p := range []image.Point{{}, {got.Bounds().Dx() - 1, 0}, {0, got.Bounds().Dy() - 1}, got.Bounds().Max.Sub(image.Pt(1, 1))} {
				got.At(p.X, p.Y)
			}
		}
	}
}

// TestDecode_sizes decodes pictures of all small sizes.
func TestDecode_sizes(t *testing.T) {
	for w := 1; w <= 34; w += 3 {
		for h := 1; h <= 34; h += 5 {
			img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio444)
			for i := range img.Y {
				img.Y[i], img.Cb[i], img.Cr[i] = byte(i*7), byte(i*3), byte(i*5)
			}
			var b bytes.Buffer
			if err := jpeg.Encode(&b, img, nil); err != nil {
				t.Fatal(err)
			}
			want, err := jpeg.Decode(bytes.NewReader(b.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			for _, denom := range denoms {
				got, err := Decode(b.Bytes(), denom)
				if err != nil {
					t.Fatalf("%dx%d at 1/%d: %v", w, h, denom, err)
				}
				if denom == 1 {
					compare(t, got, want)
				}
				if got.Bounds() != image.Rect(0, 0, ceilDiv(w, denom), ceilDiv(h, denom)) {
					t.Errorf("%dx%d at 1/%d: bounds are %v", w, h, denom, got.Bounds())
				}
			}
		}
	}
}

// TestDecode_resampled checks sampling factors that image.YCbCr cannot express: a picture that is encoded with them comes out
// much like the same picture with others.
func TestDecode_resampled(t *testing.T) {
	files := testFiles(t)
	want, err := Decode(files["sampling-1x1"], 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		ref, err := refDecode(data)
		if err != nil || ref.Components != 3 || ref.isRGB(ref.app) || strings.HasPrefix(name, "quality") {
			continue
		}
		got, err := Decode(data, 1)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sum := 0.0
		for y := range 83 {
			for x := range 117 {
				r0, g0, b0, _ := want.At(x, y).RGBA()
				r1, g1, b1, _ := got.At(x, y).RGBA()
				for _, d := range []float64{float64(r0) - float64(r1), float64(g0) - float64(g1), float64(b0) - float64(b1)} {
					sum += d * d / 257 / 257
				}
			}
		}
		// Halved luma is far off at sharp edges, but a shifted or mixed-up plane would be much further.
		if mse := sum / (83 * 117 * 3); mse > 1200 {
			t.Errorf("%s: mean squared difference %.0f", name, mse)
		}
	}
}

func TestDecode_truncated(t *testing.T) {
	for _, name := range []string{"sampling-2x2", "restart-mcu", "separate", "progressive-2x2", "script-deep", "gray", "cmyk"} {
		data := testFiles(t)[name]
		full, err := Decode(data, 1)
		if err != nil {
			t.Fatal(err)
		}
		header := bytes.Index(data, []byte{0xff, markerSOS}) + 150 // the first MCU of any of these ends before
		for n := 0; n < len(data)-2; n += 1 + n/50 {
			for _, denom := range denoms {
				got, err := Decode(data[:n:n], denom)
				if err == nil && n < len(data)-8 {
					t.Fatalf("%s, %d of %d bytes: no error", name, n, len(data))
				}
				if n > header && got == nil {
					t.Fatalf("%s, %d of %d bytes: no picture: %v", name, n, len(data), err)
				}
			}
		}
		// The upper left corner is there when half of a sequential file is.
		if name == "sampling-2x2" || name == "restart-mcu" || name == "gray" {
			got, err := Decode(data[:len(data)/2], 1)
			if !errors.Is(err, ErrTruncated) {
				t.Errorf("%s, half: %v, want ErrTruncated", name, err)
			}
			if got.At(5, 5) != full.At(5, 5) {
				t.Errorf("%s, half: pixel (5, 5) is %v, want %v", name, got.At(5, 5), full.At(5, 5))
			}
			r, g, b, _ := got.At(116, 82).RGBA()
			if r>>8 != 128 || g>>8 != 128 || b>>8 != 128 {
				t.Errorf("%s, half: last pixel is %v, want grey", name, got.At(116, 82))
			}
		}
	}
}

// TestDecode_lostRestart takes one restart interval out, and damages another.
func TestDecode_lostRestart(t *testing.T) {
	data := testFiles(t)["restart-row"]
	full, err := Decode(data, 1)
	if err != nil {
		t.Fatal(err)
	}
	first, second := bytes.Index(data, []byte{0xff, 0xd0}), bytes.Index(data, []byte{0xff, 0xd1})
	lost := append(append([]byte{}, data[:first]...), data[second:]...)
	damaged := append([]byte{}, data...)
	copy(damaged[first+20:], "\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00")
	for name, data := range map[string][]byte{"lost": lost, "damaged": damaged} {
		for _, denom := range denoms {
			got, err := Decode(data, denom)
			if err == nil || got == nil {
				t.Fatalf("%s at 1/%d: picture %v, error %v", name, denom, got != nil, err)
			}
			if denom > 1 {
				continue
			}
			for _, y := range []int{3, 40, 60, 82} { // rows 0, 2, 3, 5 of MCUs
				if got.At(20, y) != full.At(20, y) {
					t.Errorf("%s: pixel (20, %d) is %v, want %v", name, y, got.At(20, y), full.At(20, y))
				}
			}
		}
	}
}

// TestDecode_withoutTables decodes files without their Huffman tables, which are those of Annex K.
func TestDecode_withoutTables(t *testing.T) {
	for _, name := range []string{"sampling-2x2", "gray", "restart-row"} {
		good := testFiles(t)[name]
		var bare []byte
		for i := 2; ; {
			marker, body := findMarker(good, i)
			b, err := segment(good, body)
			if err != nil {
				t.Fatal(err)
			}
			i = body + 2 + len(b)
			if marker == markerSOS {
				bare = append(append(bare, 0xff, marker), good[body:]...)
				break
			}
			if marker != markerDHT {
				bare = append(append(bare, 0xff, marker), good[body:i]...)
			}
		}
		bare = append([]byte{0xff, markerSOI}, bare...)
		for _, denom := range denoms {
			// Tables of another file must not be taken for these.
			if _, err := Decode(testFiles(t)["optimized"], denom); err != nil {
				t.Fatal(err)
			}
			want, err := Decode(good, denom)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(bare, denom)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s at 1/%d: another picture, %v", name, denom, err)
			}
		}
	}
}

// TestDecode_nothing decodes files of which no part can be decoded: they are errors, not grey.
func TestDecode_nothing(t *testing.T) {
	for _, name := range []string{"sampling-2x2", "progressive-2x2", "gray", "cmyk", "restart-mcu", "separate"} {
		good := testFiles(t)[name]
		sos := bytes.Index(good, []byte{0xff, markerSOS})
		data := sos + 2 + int(good[sos+2])<<8 + int(good[sos+3])
		for kind, file := range map[string][]byte{
			"no data":        good[:data],
			"an end instead": append(slices.Clone(good[:data]), 0xff, markerEOI),
			"one byte":       append(slices.Clone(good[:data]), 0xfe),
			"ones":           append(slices.Clone(good[:data]), bytes.Repeat([]byte{0xff, 0}, 300)...),
		} {
			for _, denom := range denoms {
				if m, err := Decode(file, denom); m != nil || err == nil {
					t.Errorf("%s, %s, at 1/%d: picture %v, error %v", name, kind, denom, m != nil, err)
				}
			}
		}
	}
}

// What is damaged between two restart markers, or a marker that is lost or doubled, costs no more than the intervals it lies in.
func TestDecode_resynchronizes(t *testing.T) {
	// erase sets bytes to 0xff, as an erased block of flash memory is, up to one that then looks like a marker's second byte.
	erase := func(b []byte) {
		for i := range b {
			b[i] = 0xff
		}
		b[len(b)-1] = 0x5a
	}
	for _, name := range []string{"restart-row", "progressive-restart", "separate-restart"} {
		good := testFiles(t)[name]
		// In the first scan, the marker behind the first interval and the three that follow.
		scan := bytes.Index(good, []byte{0xff, markerSOS})
		var rst [4]int
		at := scan
		for i := range rst {
			at += bytes.Index(good[at:], []byte{0xff, byte(markerRST0 + i)})
			rst[i] = at
		}
		for kind, damage := range map[string]func(b []byte) []byte{
			"erased":          func(b []byte) []byte { erase(b[rst[0]+5 : rst[0]+13]); return b },
			"erased twice":    func(b []byte) []byte { erase(b[rst[0]+4 : rst[0]+8]); erase(b[rst[0]+9 : rst[0]+13]); return b },
			"marker erased":   func(b []byte) []byte { erase(b[rst[1]-6 : rst[1]+6]); return b },
			"two lost":        func(b []byte) []byte { erase(b[rst[1]-6 : rst[2]+6]); return b },
			"marker cut out":  func(b []byte) []byte { return append(b[:rst[1]], b[rst[1]+2:]...) },
			"interval gone":   func(b []byte) []byte { return append(b[:rst[0]], b[rst[1]:]...) },
			"marker doubled":  func(b []byte) []byte { return slices.Insert(b, rst[1], b[rst[1]], b[rst[1]+1]) },
			"stale marker":    func(b []byte) []byte { return slices.Insert(b, rst[1]-4, 0xff, markerRST0) },
			"zeros":           func(b []byte) []byte { clear(b[rst[0]+4 : rst[0]+12]); return b },
			"reserved marker": func(b []byte) []byte { return slices.Insert(b, rst[1]-4, 0xff, 0xbf) },
		} {
			data := damage(slices.Clone(good))
			for _, denom := range denoms {
				got, err := Decode(data, denom)
				if got == nil || err == nil && kind != "zeros" { // which are a code as well
					t.Errorf("%s %s at 1/%d: picture %v, error %v", name, kind, denom, got != nil, err)
					continue
				}
				whole, _ := Decode(good, denom)
				// Four intervals at most are lost, all in the first four rows of MCUs.
				for y := 4 * 16 / denom; y < got.Bounds().Dy(); y++ {
					for x := range got.Bounds().Dx() {
						if got.At(x, y) != whole.At(x, y) {
							t.Fatalf("%s %s at 1/%d: pixel (%d, %d) is %v, want %v", name, kind, denom, x, y, got.At(x, y), whole.At(x, y))
						}
					}
				}
			}
		}
	}
}

func TestDecode_errors(t *testing.T) {
	files := testFiles(t)
	good := files["sampling-2x2"]
	sof := bytes.Index(good, []byte{0xff, markerSOF0})
	with := func(at int, b ...byte) []byte {
		data := append([]byte{}, good...)
		copy(data[at:], b)
		return data
	}
	var unsupported UnsupportedError
	var format FormatError
	for _, test := range []struct {
		name string
		data []byte
		want any
	}{
		{"empty", nil, &format},
		{"not JPEG", []byte("GIF89a"), &format},
		{"SOI only", good[:2], nil},
		{"12 bit", with(sof+4, 12), &unsupported},
		{"arithmetic", files["arithmetic"], &unsupported},
		{"lossless", with(sof+1, 0xc3), &unsupported},
		{"hierarchical", with(sof+1, 0xc5), &unsupported},
		{"arithmetic lossless", with(sof+1, 0xcb), &unsupported},
		{"height 0", with(sof+5, 0, 0), &unsupported},
		{"width 0", with(sof+7, 0, 0), &format},
		{"two components", with(sof+9, 2), &unsupported},
		{"sampling factor 0", with(sof+11, 0x20), &format},
		{"sampling factor 5", with(sof+11, 0x51), &format},
		{"same component twice", with(sof+13, 1), &format},
	} {
		for _, denom := range denoms {
			img, err := Decode(test.data, denom)
			if err == nil || img != nil {
				t.Errorf("%s at 1/%d: picture %v, error %v", test.name, denom, img != nil, err)
			}
			if test.want != nil && !errors.As(err, test.want) {
				t.Errorf("%s at 1/%d: error is %T %v", test.name, denom, err, err)
			}
		}
		_, err := DecodeConfig(bytes.NewReader(test.data))
		if test.want != nil && test.data != nil && !errors.As(err, test.want) {
			t.Errorf("%s: DecodeConfig's error is %T %v", test.name, err, err)
		}
	}
	if _, err := Decode(with(sof+5, 255, 255, 255, 255), 1); err != ErrTooLarge {
		t.Errorf("65535 x 65535: %v, want ErrTooLarge", err)
	}
	if _, err := Decode(good, 3); err == nil {
		t.Error("denominator 3 is accepted")
	}
}

func TestDecodeConfig(t *testing.T) {
	files := testFiles(t)
	for _, test := range []struct {
		name string
		want Config
	}{
		{"sampling-2x1", Config{Width: 117, Height: 83, Components: 3, Sampling: [4]Sampling{{2, 1}, {1, 1}, {1, 1}}}},
		{"progressive-1x2", Config{Width: 117, Height: 83, Components: 3, Progressive: true, Sampling: [4]Sampling{{1, 2}, {1, 1}, {1, 1}}}},
		{"gray", Config{Width: 117, Height: 83, Components: 1, Sampling: [4]Sampling{{1, 1}}}},
		{"rgb", Config{Width: 117, Height: 83, Components: 3, RGB: true, Sampling: [4]Sampling{{1, 1}, {1, 1}, {1, 1}}}},
	} {
		got, err := DecodeConfig(bytes.NewReader(files[test.name]))
		if err != nil || got != test.want {
			t.Errorf("DecodeConfig(%s) = %+v, %v, want %+v", test.name, got, err, test.want)
		}
	}
}

func TestConfig_Denom(t *testing.T) {
	full, wide, half := Sampling{1, 1}, Sampling{2, 1}, Sampling{2, 2}
	for _, side := range []struct{ width, want int }{{6399, 4}, {6400, 8}} {
		c := Config{Width: side.width, Height: 4000, Components: 1, Progressive: true, Sampling: [4]Sampling{full}}
		if got := c.Denom(400); got != side.want {
			t.Errorf("Denom of a progressive file of %d pixels is %d, want %d", side.width, got, side.want)
		}
	}
	for _, test := range []struct {
		width, height int
		luma          Sampling // where chroma is 1x1
		longSide      int
		want          int
	}{
		{400, 300, half, 400, 1},
		{999, 900, half, 400, 1},
		{1000, 900, half, 400, 2},
		{2079, 2000, full, 400, 2},
		{2080, 2000, full, 400, 4},
		{3199, 2400, half, 400, 2},
		{3199, 2400, wide, 400, 2},
		{3200, 2400, half, 400, 4},
		{2400, 3200, wide, 400, 4},
		{3000, 3000, half, 400, 4}, // 9 megapixels
		{4032, 3024, half, 400, 4},
		{3024, 4032, half, 400, 4},
		{4479, 3000, half, 400, 4},
		{4480, 3000, half, 400, 8},
		{3000, 2000, half, 200, 4}, // of chroma 188 would be left
		{3200, 2000, half, 200, 8},
		{6240, 4160, half, 1600, 2},
		{4032, 3024, half, 1600, 2},
		{3999, 3024, half, 1600, 1},
		{4032, 3024, half, 800, 2},
		{4160, 3120, half, 800, 4},
		{6400, 4800, half, 2560, 2},
		{65535, 1, half, 400, 8},
		{65535, 1, Sampling{4, 1}, 400, 8},
		{3200, 1, Sampling{4, 1}, 200, 4},
		{1000, 900, Sampling{4, 1}, 400, 2},
	} {
		c := Config{Width: test.width, Height: test.height, Components: 3, Sampling: [4]Sampling{test.luma, full, full}}
		if got := c.Denom(test.longSide); got != test.want {
			t.Errorf("Denom of %dx%d, %v, to %d = %d, want %d", test.width, test.height, test.luma, test.longSide, got, test.want)
		}
	}
}

func TestConfig_Memory(t *testing.T) {
	s420 := [4]Sampling{{2, 2}, {1, 1}, {1, 1}}
	s444 := [4]Sampling{{1, 1}, {1, 1}, {1, 1}}
	for _, test := range []struct {
		config Config
		limit  int64
	}{
		{Config{Width: 4000, Height: 3000, Components: 3, Sampling: s420}, 12e6},
		{Config{Width: 4000, Height: 3000, Components: 3, Sampling: s444}, 12e6},
		{Config{Width: 4000, Height: 3000, Components: 3, Sampling: s420, Progressive: true}, 12e6},
		{Config{Width: 4000, Height: 3000, Components: 3, Sampling: s444, Progressive: true}, 12e6},
		{Config{Width: 6000, Height: 4000, Components: 3, Sampling: s420, Progressive: true}, 24e6},
		{Config{Width: 6000, Height: 4000, Components: 3, Sampling: s444, Progressive: true}, 24e6},
	} {
		if got := test.config.Memory(4); got > test.limit {
			t.Errorf("Memory of %+v at 1/4 = %d, more than %d", test.config, got, test.limit)
		}
	}
}

// TestConfig_Memory_measured compares Memory with what a first decoding, without pooled buffers, allocates.
func TestConfig_Memory_measured(t *testing.T) {
	for name, data := range testFiles(t) {
		c, err := DecodeConfig(bytes.NewReader(data))
		if err != nil {
			continue
		}
		for _, denom := range denoms {
			got := testkit.Allocated(func() {
				d := new(decoder)
				d.reset(data, denom)
				d.decode()
			})
			if limit := c.Memory(denom); got > limit {
				t.Errorf("%s at 1/%d: %d bytes allocated, Memory = %d", name, denom, got, limit)
			}
		}
	}
}

// TestDecode_manyScans decodes a file of ten thousand scans that say nothing about a large picture.
func TestDecode_manyScans(t *testing.T) {
	data := manyScans(10000, 20000, 20000)
	for _, denom := range []int{8, 4} {
		if _, err := Decode(data, denom); err == nil {
			t.Errorf("at 1/%d: no error", denom)
		}
	}
}

// manyScans returns a grey progressive file whose scans are each one end-of-band run after the other, all of them for
// refinement.
func manyScans(scans, width, height int) []byte {
	var b bytes.Buffer
	b.Write([]byte{0xff, markerSOI})
	b.Write([]byte{0xff, markerSOF2, 0, 11, 8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), 1, 1, 0x11, 0})
	// Codes of one, two and three bits: a run of 32767 blocks (0xe0), and the DC difference 0.
	for class := range byte(2) {
		b.Write([]byte{0xff, markerDHT, 0, 2 + 17 + 2, class << 4, 1, 1})
		b.Write(make([]byte, 14))
		b.Write([]byte{0xe0 * class, 0x01})
	}
	for range scans {
		b.Write([]byte{0xff, markerSOS, 0, 8, 1, 1, 0, 1, 63, 0x10})
		blocks := ceilDiv(width, 8) * ceilDiv(height, 8)
		var bits refWriter
		for ; blocks > 0; blocks -= 32767 {
			bits.put(0, 1)
			bits.put(1<<14-1, 14)
		}
		b.Write(bits.bytes())
	}
	b.Write([]byte{0xff, markerEOI})
	return b.Bytes()
}

type refWriter struct {
	b []byte
	n int
}

func (w *refWriter) put(v, n int) {
	for n--; n >= 0; n-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v >> n & 1 << (7 - w.n%8))
		w.n++
	}
}

func (w *refWriter) bytes() []byte { return bytes.ReplaceAll(w.b, []byte{0xff}, []byte{0xff, 0}) }

// TestDecode_centroid draws a bright disc on black and finds its centre in the reduced planes: they must not be shifted.
func TestDecode_centroid(t *testing.T) {
	const size, cx, cy, radius = 512, 271.3, 190.7, 60
	img := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			dx, dy := float64(x)+0.5-cx, float64(y)+0.5-cy
			i := img.PixOffset(x, y)
			img.Pix[i+3] = 255
			if dx*dx+dy*dy < radius*radius {
				img.Pix[i], img.Pix[i+1] = 255, 128
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	for _, denom := range denoms {
		got, err := Decode(b.Bytes(), denom)
		if err != nil {
			t.Fatal(err)
		}
		m := got.(*image.YCbCr)
		for _, plane := range []struct {
			name        string
			pix         []byte
			stride, sub int
		}{{"Y", m.Y, m.YStride, 1}, {"Cb", m.Cb, m.CStride, 2}, {"Cr", m.Cr, m.CStride, 2}} {
			var sum, sx, sy float64
			unit := float64(denom * plane.sub)
			n := size / (denom * plane.sub)
			background := float64(plane.pix[0])
			for y := range n {
				for x := range n {
					v := float64(plane.pix[y*plane.stride+x]) - background
					sum += v
					sx += v * (float64(x) + 0.5) * unit
					sy += v * (float64(y) + 0.5) * unit
				}
			}
			if dx, dy := (sx/sum-cx)/unit, (sy/sum-cy)/unit; dx*dx+dy*dy > 0.1*0.1 {
				t.Errorf("%s at 1/%d: centre is off by (%.3f, %.3f) samples", plane.name, denom, dx, dy)
			}
		}
	}
}

func ExampleDecode() {
	data, err := os.ReadFile("testdata/sampling-2x2.jpg")
	if err != nil {
		fmt.Println(err)
		return
	}
	img, err := Decode(data, 4)
	if img == nil {
		fmt.Println(err)
		return
	}
	fmt.Println(img.Bounds().Size())
	// Output: (30,21)
}

// TestDecode_restartNumbers takes restart intervals out, one or two in a row, puts some in twice, and gives markers wrong numbers.
// What the decoder makes of a marker depends on how far its number is from the one expected (see restart); everywhere else the
// picture must be as if nothing had happened.
func TestDecode_restartNumbers(t *testing.T) {
	for _, name := range []string{"restart-row", "restart-mcu", "separate-restart"} {
		file := testFiles(t)[name]
		head, intervals := splitRestarts(file)
		if !bytes.Equal(joinRestarts(head, intervals), file) {
			t.Fatalf("%s: cut into %d intervals, it is another file when joined", name, len(intervals))
		}
		for at := 1; at < len(intervals)-2; at++ {
			for _, change := range []struct {
				name      string
				intervals [][]byte
				lost      int // intervals that are grey, from at on
			}{
				{"one lost", slices.Delete(slices.Clone(intervals), at, at+1), 1},
				{"two lost", slices.Delete(slices.Clone(intervals), at, at+2), 2},
				{"the last repeated", slices.Insert(slices.Clone(intervals), at+1, intervals[at]), 0},
				{"the last two repeated", slices.Insert(slices.Clone(intervals), at+1, intervals[at-1], intervals[at]), 0},
				{"three too high", renumbered(intervals, at, 3), 0},
				{"four off", renumbered(intervals, at, 4), 0},
				{"three too low", renumbered(intervals, at, 5), 0},
			} {
				if at == 1 && change.name == "the last two repeated" {
					continue // the first interval has no marker before it
				}
				data := joinRestarts(head, change.intervals)
				for _, denom := range denoms {
					if err := sameBut(file, data, denom, at, change.lost); err != nil {
						t.Errorf("%s at 1/%d, interval %d, %s: %v", name, denom, at, change.name, err)
					}
				}
			}
		}
	}
}

// splitRestarts cuts the last scan of a file into its restart intervals, each with the marker before it, the last with all that
// follows.
func splitRestarts(file []byte) (head []byte, intervals [][]byte) {
	begin := bytes.LastIndex(file, []byte{0xff, markerSOS})
	begin += 2 + int(file[begin+3]) // of the first interval
	head, from := file[:begin:begin], begin
	for i := begin; i+1 < len(file); i++ {
		if file[i] == 0xff && isRST(file[i+1]) {
			intervals = append(intervals, file[from:i:i])
			from = i
		}
	}
	return head, append(intervals, file[from:])
}

func joinRestarts(head []byte, intervals [][]byte) []byte {
	return append(bytes.Clone(head), bytes.Join(intervals, nil)...)
}

// renumbered adds to the number of one interval's marker.
func renumbered(intervals [][]byte, at int, by byte) [][]byte {
	changed := slices.Clone(intervals)
	changed[at] = bytes.Clone(changed[at])
	changed[at][1] = markerRST0 | (changed[at][1]+by)&7
	return changed
}

// sameBut decodes a file and its damaged copy, and returns an error unless the damage is reported and all MCUs of the last scan
// are the same but those of so many intervals, which must be grey.
func sameBut(file, damaged []byte, denom, interval, lost int) error {
	want, err := decodePlanes(file, denom)
	if err != nil {
		return err
	}
	got, err := decodePlanes(damaged, denom)
	if err == nil {
		return errors.New("no error")
	}
	first, last := 0, got.Components
	if bytes.Count(file, []byte{0xff, markerSOS}) > 1 {
		first = last - 1 // the last scan has the last component alone
	}
	for c := first; c < last; c++ {
		h, v := got.comps[c].h, got.comps[c].v
		width := got.mcusX
		if first > 0 {
			h, v, width = 1, 1, got.comps[c].blocksX
		}
		for i, v0 := range want.planes[c].pix {
			x, y := i%want.planes[c].stride, i/want.planes[c].stride
			if x >= width*h*got.size || first > 0 && y >= got.comps[c].blocksY*got.size {
				continue // no MCU of this scan
			}
			mcu := y/(v*got.size)*width + x/(h*got.size)
			if n := mcu / want.ri; n >= interval && n < interval+lost {
				v0 = 128
			}
			if v1 := got.planes[c].pix[i]; v1 != v0 {
				return fmt.Errorf("sample (%d, %d) of component %d, MCU %d, is %d, want %d", x, y, c, mcu, v1, v0)
			}
		}
	}
	return nil
}

// A flat block comes out as any other of its coefficients does.
func TestStoreFlat8x8(t *testing.T) {
	for dc := -5000; dc <= 5000; dc++ {
		var got, want [64]byte
		b := block{int32(dc)}
		b.store8x8(want[:], 8)
		storeFlat8x8(got[:], 8, dc)
		if got != want {
			t.Fatalf("flat block of %d: %d, want %d", dc, got[0], want[0])
		}
	}
}
