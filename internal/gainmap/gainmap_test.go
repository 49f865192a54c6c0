package gainmap

import (
	"bytes"
	"image"
	"math"
	"testing"

	"gallery/internal/testkit"
)

func grey(t testing.TB, w, h int) []byte {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(i % w * 255 / w)
	}
	return testkit.JPEG(t, m)
}

func same(v float64) [3]float64 { return [3]float64{v, v, v} }

// A gain map is found by the index of its file, and its metadata read in each of the forms.
func TestFind(t *testing.T) {
	photo, gain := grey(t, 64, 48), grey(t, 16, 12)
	adobe := Metadata{Min: same(0.25), Max: [3]float64{2, 2.5, 3}, Gamma: same(1.5), OffsetSDR: same(1.0 / 64), OffsetHDR: same(1.0 / 32), CapacityMax: 3}
	iso := Metadata{Max: same(2), Gamma: same(1), OffsetSDR: same(0.25), OffsetHDR: same(-0.25), CapacityMax: 2}
	apple := Metadata{Max: same(2), Gamma: same(1), CapacityMax: 2, Headroom: 4}
	xmp := func(attributes string) []byte {
		return testkit.Segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00",
			[]byte(`<x xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" `+attributes+`/>`))
	}
	noted := func(stops float64) Metadata {
		m, _ := iPhone(math.Exp2(stops))
		return m
	}
	older := func(headroom, gain float64) []byte { // an iPhone's file that says it in the photo's Exif
		return testkit.WithGainMap(testkit.WithSegments(photo, testkit.AppleExif(headroom, gain)), photo, testkit.AppleGainXMP(0))
	}
	for name, test := range map[string]struct {
		file []byte
		want Metadata
		ok   bool
	}{
		"Adobe's":                     {testkit.WithGainMap(photo, gain, testkit.GainXMP([3]float64{2, 2.5, 3})), adobe, true},
		"ISO's":                       {testkit.WithGainMap(photo, gain, testkit.GainISO(2, 0)), iso, true},
		"ISO's, one denominator":      {testkit.WithGainMap(photo, gain, testkit.GainISO(2, 1<<20)), iso, true},
		"an iPhone's":                 {testkit.WithGainMap(photo, gain, testkit.AppleGainXMP(4)), apple, true},
		"an iPhone's and ISO's":       {testkit.WithGainMap(photo, gain, testkit.AppleGainXMP(4), testkit.GainISO(2, 0)), iso, true},
		"an older iPhone's":           {older(0.8, 0.005), noted(1.7), true},
		"its low gain":                {older(0.8, 1), noted(1.5), true},
		"its bright screen":           {older(1, 0), noted(3), true},
		"its bright screen, low gain": {older(1.25, 1), noted(2), true},
		"its map adds nothing":        {older(1, 8), Metadata{}, false},
		"its Exif says nothing":       {testkit.WithGainMap(photo, photo, testkit.AppleGainXMP(0)), Metadata{}, false},
		"an iPhone's says it twice":   {testkit.WithGainMap(testkit.WithSegments(photo, testkit.AppleExif(1, 0)), gain, testkit.AppleGainXMP(4)), apple, true},
		"defaults":                    {testkit.WithGainMap(photo, gain, xmp(`hdrgm:GainMapMax="1" hdrgm:HDRCapacityMax="1"`)), Metadata{Max: same(1), Gamma: same(1), OffsetSDR: same(1.0 / 64), OffsetHDR: same(1.0 / 64), CapacityMax: 1}, true},
		"the photo is the HDR one":    {testkit.WithGainMap(photo, gain, xmp(`hdrgm:GainMapMax="1" hdrgm:HDRCapacityMax="1" hdrgm:BaseRenditionIsHDR="True"`)), Metadata{}, false},
		"no maximum":                  {testkit.WithGainMap(photo, gain, xmp(`hdrgm:HDRCapacityMax="1"`)), Metadata{}, false},
		"not a number":                {testkit.WithGainMap(photo, gain, xmp(`hdrgm:GainMapMax="NaN" hdrgm:HDRCapacityMax="1"`)), Metadata{}, false},
		"no headroom":                 {testkit.WithGainMap(photo, gain, testkit.AppleGainXMP(1)), Metadata{}, false},
		"another picture, a preview":  {testkit.WithGainMap(photo, gain), Metadata{}, false},
		"no other picture":            {photo, Metadata{}, false},
		"what is said to be is not":   {testkit.WithGainMap(photo, gain, testkit.GainXMP(same(2)))[:len(photo)+1000], Metadata{}, false},
		"no JPEG":                     {[]byte("\x89PNG\r\n\x1a\n"), Metadata{}, false},
		"metadata of a later version": {testkit.WithGainMap(photo, gain, testkit.Segment(0xe2, string(isoHead), []byte{0, 1, 0, 1, 0})), Metadata{}, false},
	} {
		got, ok := Find(bytes.NewReader(test.file), int64(len(test.file)))
		if ok != test.ok {
			t.Errorf("%s: found %t, want %t", name, ok, test.ok)
			continue
		}
		if ok && got.Metadata != test.want {
			t.Errorf("%s: %+v, want %+v", name, got.Metadata, test.want)
		}
		if ok && (got.Offset+got.Size != int64(len(test.file)) || !bytes.HasPrefix(test.file[got.Offset:], []byte{0xff, 0xd8})) {
			t.Errorf("%s: at %d, %d bytes", name, got.Offset, got.Size)
		}
	}
}

// What Join writes is found again, behind a photo that is what it was but for the segments that
// say so; the comment stays right behind SOI.
func TestJoin(t *testing.T) {
	gain := grey(t, 16, 12)
	comment := testkit.Segment(0xfe, "gallery 1 ", []byte("{}"))
	photo := testkit.WithSegments(grey(t, 64, 48), comment)
	for _, m := range []Metadata{
		{Min: same(-0.5), Max: [3]float64{2, 2.5, 3.125}, Gamma: same(0.7), OffsetSDR: same(1e-7), OffsetHDR: [3]float64{0, 0.1, 0.2}, CapacityMin: 0.1, CapacityMax: 3},
		{Max: same(2), Gamma: same(1), CapacityMax: 2},
	} {
		file, err := Join(photo, gain, m)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := Find(bytes.NewReader(file), int64(len(file)))
		if !ok || got.Metadata != m || got.Offset+got.Size != int64(len(file)) {
			t.Errorf("%+v, %t, want %+v", got, ok, m)
		}
		if !bytes.HasPrefix(file[2:], comment) {
			t.Error("the comment has moved")
		}
		if rest := photo[2+len(comment):]; !bytes.HasSuffix(file[:got.Offset], rest) {
			t.Error("the photo has changed")
		}
	}
	for _, bad := range [][]byte{nil, []byte("\xff\xd8\xff\xfe\xff\xff"), []byte("GIF89a")} {
		if _, err := Join(bad, gain, Metadata{}); err == nil {
			t.Errorf("%q was joined", bad)
		}
	}
}

// The logarithm that Curve makes of an iPhone's value gives the gain that the value stands for.
func TestMetadata_Curve(t *testing.T) {
	m, _ := iPhone(8)
	table := m.Curve()
	for value, gain := range map[int]float64{0: 1, 255: 8, 128: 1 + 7*0.2615, 20: 1 + 7*0.01743} {
		if got := math.Exp2(float64(table[value]) / 255 * m.Max[0]); math.Abs(got/gain-1) > 0.006 {
			t.Errorf("of %d comes a gain of %v, want %v", value, got, gain)
		}
	}
}

// Whatever a file says, what is found lies within it and has values that can be used, and
// little memory is taken.
func FuzzFind(f *testing.F) {
	photo, gain := grey(f, 16, 16), grey(f, 8, 8)
	for _, metadata := range [][]byte{testkit.GainXMP(same(2)), testkit.GainISO(2, 0), testkit.GainISO(2, 7), testkit.AppleGainXMP(4)} {
		f.Add(testkit.WithGainMap(photo, gain, metadata))
	}
	f.Add(testkit.WithGainMap(testkit.WithSegments(photo, testkit.AppleExif(0.8, 0.005)), gain, testkit.AppleGainXMP(0)))
	f.Fuzz(func(t *testing.T, file []byte) {
		var m Map
		var ok bool
		if used := testkit.Allocated(func() { m, ok = Find(bytes.NewReader(file), int64(len(file))) }); used > 16<<20 {
			t.Errorf("of %d bytes, %d were taken", len(file), used)
		}
		if !ok {
			return
		}
		if m.Offset <= 0 || m.Size <= 0 || m.Offset+m.Size > int64(len(file)) || !m.sound() {
			t.Errorf("%+v of %d bytes", m, len(file))
		}
		joined, err := Join(photo, gain, m.Metadata)
		if err != nil {
			t.Fatal(err)
		}
		again, ok := Find(bytes.NewReader(joined), int64(len(joined)))
		m.Headroom = 0
		if !ok || again.Metadata != m.Metadata {
			t.Errorf("written and read, %+v is %+v", m.Metadata, again.Metadata)
		}
	})
}
