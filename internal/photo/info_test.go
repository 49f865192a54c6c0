package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gallery/internal/testkit"
)

func TestInspect_formats(t *testing.T) {
	m := testkit.Quadrants(40, 30)
	for _, test := range []struct {
		name   string
		file   []byte
		format Format
		w, h   int
	}{
		{"jpeg", testkit.JPEG(t, m), JPEG, 40, 30},
		{"png", testkit.PNG(t, m), PNG, 40, 30},
		{"gif", gifFile(t, 40, 30, image.Point{}), GIF, 40, 30},
		{"webp vp8l", testkit.WebP("VP8L", testkit.VP8L(m)), WebP, 40, 30},
		{"webp vp8", testdata(t, "lossy.webp"), WebP, 64, 48},
		{"webp vp8 with alpha", testdata(t, "lossy-alpha.webp"), WebP, 64, 48},
		{"webp animated", testdata(t, "animated.webp"), WebP, 84, 58},
	} {
		info, err := Inspect(bytes.NewReader(test.file), int64(len(test.file)))
		if err != nil || info.Format != test.format || info.Width != test.w || info.Height != test.h || info.Orientation != 1 {
			t.Errorf("Inspect(%s) = %v %d x %d, orientation %d, %v, want %v %d x %d, 1",
				test.name, info.Format, info.Width, info.Height, info.Orientation, err, test.format, test.w, test.h)
		}
	}
}

func TestInspect_notAPicture(t *testing.T) {
	for _, s := range []string{"", "x", "\xff", "<svg>", "II*\x00\x08\x00\x00\x00\x00\x00\x00\x00", "BM\x00\x00", "RIFF\x00\x00\x00\x00WAVE",
		"RIFF", "\x00\x00\x00\x1cftypavif", "GIF88a", "\x89PNG\r\n"} {
		if _, err := Inspect(strings.NewReader(s), int64(len(s))); !errors.Is(err, ErrFormat) {
			t.Errorf("Inspect(%q) = %v, want ErrFormat", s, err)
		}
	}
}

// A picture cut short anywhere, or whose dimensions are zero, is an error or a
// picture, never a panic, and never ErrFormat once its magic is whole.
func TestInspect_truncated(t *testing.T) {
	m := testkit.Quadrants(20, 10)
	for name, file := range seeds(t) {
		for n := 12; n < len(file); n += 1 + n/16 {
			info, err := Inspect(bytes.NewReader(file[:n]), int64(n))
			if errors.Is(err, ErrFormat) {
				t.Fatalf("Inspect(%s[:%d]) = %v", name, n, err)
			}
			if err == nil {
				Reduce(bytes.NewReader(file[:n]), int64(n), info, 8)
			}
			// The same where the size was taken before the file became shorter.
			if info, err = Inspect(bytes.NewReader(file[:n]), int64(len(file))); err == nil {
				Reduce(bytes.NewReader(file[:n]), int64(len(file)), info, 8)
			}
		}
	}
	for name, file := range map[string][]byte{
		"jpeg":  testkit.FlatJPEG{Width: 0, Height: 8, Values: []uint8{0}, Adobe: -1}.Encode(),
		"DNL":   testkit.FlatJPEG{Width: 8, Height: 0, Values: []uint8{0}, Adobe: -1}.Encode(),
		"png":   testkit.RawPNG(0, 1, 8, pngGrey, false, nil),
		"gif":   []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x00\x00\x01\x00\x00\x02\x02L\x01\x00;"),
		"webp":  testkit.WebP("VP8 ", append([]byte("\x10\x00\x00\x9d\x01\x2a\x00\x00\x01\x00"), 0)),
		"frame": testkit.WebP("VP8X", testkit.VP8X(2, 10, 10), "ANIM", make([]byte, 6), "ANMF", testkit.ANMF(0, 0, m)), // larger than its canvas
	} {
		if info, err := Inspect(bytes.NewReader(file), int64(len(file))); err == nil {
			t.Errorf("Inspect(%s without pixels) = %d x %d", name, info.Width, info.Height)
		}
	}
}

func TestInspect_metadata(t *testing.T) {
	m := testkit.Quadrants(8, 8)
	exif := exifOf(binary.LittleEndian,
		exifEntry{0x010e, "From Exif"},
		exifEntry{0x0112, 6},
		exifEntry{0x0132, "2024:01:01 00:00:00"},
		exifEntry{0x8769, []exifEntry{{0x9003, "2019:07:21 18:30:05"}, {0x9004, "2020:01:01 00:00:00"}}})
	xmp := xmpOf(`<dc:description><rdf:Alt><rdf:li xml:lang="x-default">From XMP</rdf:li></rdf:Alt></dc:description>` +
		`<xmp:CreateDate>2001-02-03T04:05:06+02:00</xmp:CreateDate>`)
	taken := time.Date(2019, 7, 21, 18, 30, 5, 0, time.UTC)
	created := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	j, p, vp8l := testkit.JPEG(t, m), testkit.PNG(t, m), testkit.VP8L(m)
	exifSegment := testkit.Segment(markerAPP1, "Exif\x00\x00", exif)
	xmpSegment := testkit.Segment(markerAPP1, xmpHeader, xmp)
	iptcSegment := testkit.Segment(markerAPP13, iptcHeader, iptcOf("From IPTC", false))
	for _, test := range []struct {
		name        string
		file        []byte
		orientation int
		taken       time.Time
		caption     string
	}{
		{"none", j, 1, time.Time{}, ""},
		{"jpeg exif", testkit.WithSegments(j, exifSegment), 6, taken, "From Exif"},
		{"jpeg xmp", testkit.WithSegments(j, xmpSegment), 1, created, "From XMP"},
		{"jpeg iptc", testkit.WithSegments(j, iptcSegment), 1, time.Time{}, "From IPTC"},
		{"jpeg exif, xmp", testkit.WithSegments(j, exifSegment, xmpSegment), 6, taken, "From XMP"},
		{"jpeg xmp, iptc, exif", testkit.WithSegments(j, xmpSegment, iptcSegment, exifSegment), 6, taken, "From IPTC"},
		{"png exif", testkit.WithPNGChunks(p, testkit.PNGChunk("eXIf", exif)), 6, taken, "From Exif"},
		{"png exif at the end", append(bytes.Clone(p[:len(p)-12]), append(testkit.PNGChunk("eXIf", exif), iend...)...), 6, taken, "From Exif"},
		{"png xmp", testkit.WithPNGChunks(p, testkit.PNGChunk("iTXt", append([]byte(xmpKeyword), xmp...))), 1, created, "From XMP"},
		{"webp exif", testkit.WebP("VP8X", testkit.VP8X(8, 8, 8), "VP8L", vp8l, "EXIF", exif), 6, taken, "From Exif"},
		{"webp exif with JPEG's header", testkit.WebP("VP8X", testkit.VP8X(8, 8, 8), "VP8L", vp8l, "EXIF", append([]byte("Exif\x00\x00"), exif...)), 6, taken, "From Exif"},
		{"webp xmp", testkit.WebP("VP8X", testkit.VP8X(4, 8, 8), "VP8L", vp8l, "XMP ", xmp), 1, created, "From XMP"},
		{"big-endian", testkit.WithSegments(j, testkit.Segment(markerAPP1, "Exif\x00\x00", exifOf(binary.BigEndian, exifEntry{0x0112, 8}))), 8, time.Time{}, ""},
		{"orientation 0", testkit.WithSegments(j, testkit.Segment(markerAPP1, "Exif\x00\x00", exifOf(binary.BigEndian, exifEntry{0x0112, 0}))), 1, time.Time{}, ""},
		{"orientation 9", testkit.WithSegments(j, testkit.Segment(markerAPP1, "Exif\x00\x00", exifOf(binary.BigEndian, exifEntry{0x0112, 9}))), 1, time.Time{}, ""},
		{"orientation as text", testkit.WithSegments(j, testkit.Segment(markerAPP1, "Exif\x00\x00", exifOf(binary.BigEndian, exifEntry{0x0112, "6"}))), 1, time.Time{}, ""},
		{"exif cut short", testkit.WithSegments(j, testkit.Segment(markerAPP1, "Exif\x00\x00", exif[:40])), 6, time.Time{}, ""},
		{"exif of noise", testkit.WithSegments(j, testkit.Segment(markerAPP1, "Exif\x00\x00", bytes.Repeat([]byte("MM\x00\x2a\x00\x00\x00\x08\xff\xff"), 99))), 1, time.Time{}, ""},
		{"xmp cut short", testkit.WithSegments(j, testkit.Segment(markerAPP1, xmpHeader, xmp[:300])), 1, time.Time{}, ""},
	} {
		info, err := Inspect(bytes.NewReader(test.file), int64(len(test.file)))
		if err != nil || info.Orientation != test.orientation || !info.Taken.Equal(test.taken) || info.Caption != test.caption {
			t.Errorf("Inspect(%s) = orientation %d, taken %v, caption %q, %v, want %d, %v, %q",
				test.name, info.Orientation, info.Taken, info.Caption, err, test.orientation, test.taken, test.caption)
		}
	}
}

func TestInspect_captionEncodings(t *testing.T) {
	j := testkit.JPEG(t, testkit.Quadrants(8, 8))
	exif := func(s string) []byte {
		return testkit.Segment(markerAPP1, "Exif\x00\x00", exifOf(binary.BigEndian, exifEntry{0x010e, s}))
	}
	iptc := func(s string, utf8 bool) []byte { return testkit.Segment(markerAPP13, iptcHeader, iptcOf(s, utf8)) }
	for _, test := range []struct {
		name    string
		segment []byte
		want    string
	}{
		{"exif in UTF-8", exif("Café"), "Café"},
		{"exif in Latin 1", exif("Caf\xe9"), "Café"},
		{"iptc in Latin 1", iptc("Caf\xe9", false), "Café"},
		{"iptc in UTF-8, unmarked", iptc("Café 東", false), "Café 東"},
		{"iptc in UTF-8, marked", iptc("Café 東", true), "Café 東"},
		{"iptc of 3000 bytes", iptc(strings.Repeat("x", 3000), true), strings.Repeat("x", 1000)},
	} {
		file := testkit.WithSegments(j, test.segment)
		info, err := Inspect(bytes.NewReader(file), int64(len(file)))
		if err != nil || info.Caption != test.want {
			t.Errorf("caption, %s = %q, %v, want %q", test.name, info.Caption, err, test.want)
		}
	}
}

// Inspect reads a header, not the pixels behind it.
func TestInspect_readsLittle(t *testing.T) {
	file := testkit.WithSegments(testkit.JPEG(t, testkit.Quadrants(2000, 1500)),
		testkit.Segment(markerAPP1, "Exif\x00\x00", exifOf(binary.BigEndian, exifEntry{0x0112, 6})),
		testkit.Segment(markerAPP2, "MPF\x00", make([]byte, 60_000)))
	r := &countingReader{r: bytes.NewReader(file)}
	if _, err := Inspect(r, int64(len(file))); err != nil {
		t.Fatal(err)
	}
	if r.n > 16<<10 {
		t.Errorf("Inspect read %d of %d bytes", r.n, len(file))
	}
}

type countingReader struct {
	r io.ReaderAt
	n int
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.n += n
	return n, err
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkInspect(b *testing.B) {
	file := testkit.WithSegments(testkit.JPEG(b, testkit.Quadrants(400, 300)),
		testkit.Segment(markerAPP1, "Exif\x00\x00", exifOf(binary.LittleEndian,
			exifEntry{0x0112, 6}, exifEntry{0x8769, []exifEntry{{0x9003, "2019:07:21 18:30:05"}}})),
		testkit.Segment(markerAPP13, iptcHeader, iptcOf("A caption", true)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Inspect(bytes.NewReader(file), int64(len(file))); err != nil {
			b.Fatal(err)
		}
	}
}

func TestInfo_saves(t *testing.T) {
	file := testkit.PNG(t, testkit.Quadrants(64, 48))
	info, _ := mustReduce(t, file, 64)
	size := int64(len(file))
	for _, test := range []struct {
		side  int
		bytes int64
		want  bool
	}{
		{63, 10 * size, true},
		{64, size - 1, true},
		{64, size, false},
		{1600, 2 * size, false},
	} {
		if got := info.Saves(test.side, test.bytes); got != test.want {
			t.Errorf("Saves(%d, %d of %d) = %t", test.side, test.bytes, size, got)
		}
	}
}

// A browser shows a file upright if it is, or if it heeds the orientation where it
// stands. (All as Chromium 156 shows these files.)
func TestInspect_shownUpright(t *testing.T) {
	m := testkit.Quadrants(64, 48)
	j, p := testkit.JPEG(t, m), testkit.PNG(t, m)
	behind := func(exif []byte) []byte {
		end := len(p) - len(iend)
		return bytes.Join([][]byte{p[:end], testkit.PNGChunk("eXIf", exif), p[end:]}, nil)
	}
	for _, orientation := range []int{1, 3, 6} {
		exif := exifOf(binary.BigEndian, exifEntry{0x0112, orientation})
		for name, test := range map[string]struct {
			file  []byte
			turns bool
		}{
			"jpeg":            {testkit.WithSegments(j, testkit.Segment(markerAPP1, "Exif\x00\x00", exif)), true},
			"png before IDAT": {testkit.WithPNGChunks(p, testkit.PNGChunk("eXIf", exif)), true},
			"png behind IDAT": {behind(exif), false},
			"webp lossless":   {testkit.WebP("VP8X", testkit.VP8X(8, 64, 48), "VP8L", testkit.VP8L(m), "EXIF", exif), false},
			"webp early Exif": {testkit.WebP("VP8X", testkit.VP8X(8, 64, 48), "EXIF", exif, "VP8L", testkit.VP8L(m)), false},
			"webp lossy":      {testkit.WebP("VP8X", testkit.VP8X(8, 64, 48), "VP8 ", testkit.LossyPatches(t, 64, 48), "EXIF", exif), false},
		} {
			info, err := Inspect(bytes.NewReader(test.file), int64(len(test.file)))
			if err != nil || info.Orientation != orientation {
				t.Errorf("%s: orientation %d, %v, want %d", name, info.Orientation, err, orientation)
			}
			if want := orientation == 1 || test.turns; info.ShownUpright != want {
				t.Errorf("%s of orientation %d: ShownUpright = %t, want %t", name, orientation, info.ShownUpright, want)
			}
		}
	}
}

// What moves is known to, in each format; what has one frame does not move.
func TestInspect_animated(t *testing.T) {
	frame := func() *image.Paletted {
		return image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.Black, color.White})
	}
	gifOf := func(frames int) []byte {
		var g gif.GIF
		for range frames {
			g.Image, g.Delay = append(g.Image, frame()), append(g.Delay, 10)
		}
		var b bytes.Buffer
		if err := gif.EncodeAll(&b, &g); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	png := testkit.PNG(t, testkit.Quadrants(40, 30))
	frames := func(n byte) []byte { return testkit.PNGChunk("acTL", []byte{0, 0, 0, n, 0, 0, 0, 0}) }
	for name, test := range map[string]struct {
		file []byte
		want bool
	}{
		"GIF of 1": {gifOf(1), false}, "GIF of 2": {gifOf(2), true}, "GIF of 5": {gifOf(5), true},
		"PNG": {png, false}, "PNG of 1": {testkit.WithPNGChunks(png, frames(1)), false}, "PNG of 2": {testkit.WithPNGChunks(png, frames(2)), true},
		"JPEG": {testkit.JPEG(t, testkit.Quadrants(40, 30)), false},
	} {
		info, err := Inspect(bytes.NewReader(test.file), int64(len(test.file)))
		if err != nil || info.Animated != test.want {
			t.Errorf("%s: Animated = %v, %v, want %v", name, info.Animated, err, test.want)
		}
	}
}
