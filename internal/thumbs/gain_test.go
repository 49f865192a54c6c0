package thumbs

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"gallery/internal/album"
	"gallery/internal/gainmap"
	"gallery/internal/photo"
	"gallery/internal/rendition"
	"gallery/internal/testkit"
)

// The previews of an HDR photo keep its gain map, turned as the photo is and of half the
// preview's side, and their record is read as before. Thumbnails have none.
func TestEnsure_gainMap(t *testing.T) {
	lit := image.NewGray(image.Rect(0, 0, 1200, 900)) // the upper left quarter is bright
	for y := range 450 {
		for x := range 600 {
			lit.SetGray(x, y, color.Gray{200})
		}
	}
	base := testkit.JPEG(t, image.NewYCbCr(image.Rect(0, 0, 2400, 1800), image.YCbCrSubsampleRatio420))
	gain := testkit.JPEG(t, lit)
	turned := testkit.Segment(0xe1, "Exif\x00\x00", []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"))
	adobe := testkit.GainXMP([3]float64{2, 2, 2})
	for name, test := range map[string]struct {
		file   []byte
		size   image.Point // of the 1600's map
		bright image.Point // the quarter
		value  uint8
	}{
		"upright":     {testkit.WithGainMap(base, gain, adobe), image.Pt(800, 600), image.Pt(0, 0), 200},
		"turned":      {testkit.WithGainMap(testkit.WithSegments(base, turned), gain, adobe), image.Pt(600, 800), image.Pt(1, 0), 200},
		"iPhone's":    {testkit.WithGainMap(base, gain, testkit.AppleGainXMP(8)), image.Pt(800, 600), image.Pt(0, 0), 205},
		"older one's": {testkit.WithGainMap(testkit.WithSegments(base, testkit.AppleExif(1, 0)), gain, testkit.AppleGainXMP(0)), image.Pt(800, 600), image.Pt(0, 0), 205},
		"no JPEG":     {testkit.WithGainMap(base, []byte("\xff\xd8\xff\xd9"), adobe), image.Point{}, image.Point{}, 0},
		"none":        {base, image.Point{}, image.Point{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newStore(t, usual)
			if err := os.WriteFile(filepath.Join(dir, "1.jpg"), append(test.file, make([]byte, 600<<10)...), 0o644); err != nil {
				t.Fatal(err)
			}
			src := s.Restat(album.Photo{Album: ".", File: "1.jpg"})
			if _, err := s.EnsureAll(t.Context(), src, "", func(rendition.Record) []string { return []string{"800", "1600", "2560"} }); err != nil {
				t.Fatal(err)
			}
			for _, rend := range []string{"", "800", "1600", "2560"} {
				data, err := os.ReadFile(filepath.Join(dir, rendition.Name(src, rend)))
				if err != nil {
					t.Fatal(err)
				}
				if r, ok := rendition.ReadRecord(bytes.NewReader(data)); !ok || r.Width+r.Height != 4200 {
					t.Errorf("%q has the record %+v, %t", rend, r, ok)
				}
				m, ok := gainmap.Find(bytes.NewReader(data), int64(len(data)))
				if want := rendition.IsPreview(rend) && test.size != (image.Point{}); ok != want {
					t.Errorf("%q has a gain map: %t, want %t", rend, ok, want)
				}
				if !ok || rend != rendition.Preview {
					continue
				}
				if m.Headroom != 0 {
					t.Error("it is written as an iPhone does")
				}
				got, err := jpeg.Decode(bytes.NewReader(data[m.Offset:]))
				if err != nil || got.Bounds().Size() != test.size {
					t.Fatalf("the map is of %v, %v, want %v", got.Bounds().Size(), err, test.size)
				}
				for x := range 2 {
					for y := range 2 {
						at := color.GrayModel.Convert(got.At(test.size.X*(1+2*x)/4, test.size.Y*(1+2*y)/4)).(color.Gray).Y
						want := uint8(0)
						if (image.Point{x, y}) == test.bright {
							want = test.value
						}
						if at < want-min(want, 3) || at > want+3 {
							t.Errorf("quarter %d, %d is %d, want %d", x, y, at, want)
						}
					}
				}
			}
		})
	}
}

// What a gain map takes is part of the budget; where there is no room, a preview has none.
func TestEnsure_gainMapBudget(t *testing.T) {
	file := testkit.WithGainMap(testkit.JPEG(t, image.NewYCbCr(image.Rect(0, 0, 2400, 1800), image.YCbCrSubsampleRatio420)),
		testkit.JPEG(t, image.NewGray(image.Rect(0, 0, 1200, 900))), testkit.GainXMP([3]float64{2, 2, 2}))
	file = append(file, make([]byte, 600<<10)...)
	info, err := photo.Inspect(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for more, want := range map[int64]bool{0: false, 16 << 20: true} {
		s, dir := newStore(t, Options{Side: 400, Quality: 82, Memory: info.Cost(1600) + more})
		if err := os.WriteFile(filepath.Join(dir, "1.jpg"), file, 0o644); err != nil {
			t.Fatal(err)
		}
		src := s.Restat(album.Photo{Album: ".", File: "1.jpg"})
		if _, err := s.Ensure(t.Context(), src, "1600"); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, rendition.Name(src, "1600")))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := gainmap.Find(bytes.NewReader(data), int64(len(data))); ok != want {
			t.Errorf("with %d bytes more than the photo takes there is a gain map: %t, want %t", more, ok, want)
		}
	}
}
