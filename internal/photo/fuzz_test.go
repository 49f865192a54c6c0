package photo

import (
	"bytes"
	"image"
	"testing"
	"time"
	"unicode/utf8"

	"gallery/internal/testkit"
)

// FuzzReduce holds Reduce to what it promises of any file: what it returns is
// upright, opaque, of the size that fitted says, in one of two types, and
// cost no more than was foretold, whether it succeeded or not.
func FuzzReduce(f *testing.F) {
	for _, file := range seeds(f) {
		if len(file) < 100_000 {
			f.Add(file, uint16(24))
		}
	}
	exif := exifOf(bigEndian, exifEntry{0x0112, 6}, exifEntry{0x010e, "A caption"},
		exifEntry{0x8769, []exifEntry{{0x9003, "2019:07:21 18:30:05"}, {0xa005, []exifEntry{{1, "R03"}}}}})
	j := testkit.JPEG(f, testkit.Quadrants(20, 10))
	f.Add(testkit.WithSegments(j, testkit.Segment(markerAPP1, "Exif\x00\x00", exif), testkit.Segment(markerAPP13, iptcHeader, iptcOf("Caption", true)),
		testkit.Segment(markerAPP1, xmpHeader, xmpOf(`<dc:description>XMP</dc:description>`)),
		testkit.Segment(markerAPP2, iccHeader, append([]byte{1, 1}, wideProfile()...))), uint16(400))
	f.Add(testkit.WithPNGChunks(testkit.PNG(f, testkit.Quadrants(20, 10)), testkit.PNGChunk("eXIf", exif), testkit.ICCPChunk(wideProfile())), uint16(7))
	f.Add(testkit.WithPNGChunks(testkit.PNG(f, testkit.Quadrants(20, 10)), textChunk("tEXt", "Title", "Olga"), textChunk("zTXt", "Comment", "a lake"),
		textChunk("iTXt, compressed", "Description", "Olga am See")), uint16(7))

	f.Fuzz(func(t *testing.T, file []byte, side uint16) {
		maxSide := int(side)%2000 + 1
		r, size := bytes.NewReader(file), int64(len(file))
		start := testkit.ProcessorTime()
		info, err := Inspect(r, size)
		if err != nil {
			return
		}
		if !utf8.ValidString(info.Caption) || utf8.RuneCountInString(info.Caption) > 1000 {
			t.Errorf("caption %q", info.Caption)
		}
		cost := info.Cost(maxSide)
		if cost > 64<<20 {
			return
		}
		var m image.Image
		used := testkit.Allocated(func() { m, err = Reduce(r, size, info, maxSide) })
		if used > cost {
			t.Errorf("%v of %d x %d at %d: allocated %d, cost %d", info.Format, info.Width, info.Height, maxSide, used, cost)
		}
		if d := testkit.ProcessorTime() - start; d > 5*time.Second {
			t.Errorf("took a processor %v", d)
		}
		if err != nil {
			return
		}
		if want := Fitted(image.Pt(info.Width, info.Height), maxSide); m.Bounds() != (image.Rectangle{Max: want}) {
			t.Errorf("%v of %d x %d at %d: %v, want %v", info.Format, info.Width, info.Height, maxSide, m.Bounds(), want)
		}
		switch m := m.(type) {
		case *image.Gray, *image.YCbCr:
		case *image.RGBA:
			if !m.Opaque() {
				t.Error("not opaque")
			}
		default:
			t.Errorf("%T", m)
		}
	})
}
