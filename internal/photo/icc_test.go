package photo

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"testing"

	"gallery/internal/srgb"
	"gallery/internal/testkit"
)

var bigEndian = binary.BigEndian

// profileOf returns a profile's header of a colour space, and n bytes in all.
func profileOf(space string, n int) []byte {
	b := make([]byte, n)
	binary.BigEndian.PutUint32(b, uint32(n))
	copy(b[12:], "mntr"+space+"XYZ ")
	copy(b[36:], "acsp")
	for i := 128; i < n; i++ {
		b[i] = byte(i * 7)
	}
	return b
}

// wideProfile returns a real profile, of Adobe RGB (1998).
func wideProfile() []byte {
	primaries := srgb.Primaries{{X: 0.64, Y: 0.33}, {X: 0.21, Y: 0.71}, {X: 0.15, Y: 0.06}, {X: 0.3127, Y: 0.3290}}
	return matrixProfile("wide", primaries, iccCurve(563.0/256, 1, 0, 0, 0))
}

func TestProfile(t *testing.T) {
	m := testkit.Quadrants(8, 8)
	grey := image.NewGray(m.Rect)
	j, p, vp8l := testkit.JPEG(t, m), testkit.PNG(t, m), testkit.VP8L(m)
	rgb, gray, cmyk, big := profileOf("RGB ", 548), profileOf("GRAY", 300), profileOf("CMYK", 600), profileOf("RGB ", maxEmbedded+1)
	largest := profileOf("RGB ", maxEmbedded)
	pieces := testkit.ICCSegments(rgb, 200)
	lying := bytes.Clone(rgb)
	binary.BigEndian.PutUint32(lying, 549)
	longer := append(bytes.Clone(rgb), 1, 2, 3)
	for _, test := range []struct {
		name string
		file []byte
		want []byte
	}{
		{"none", j, nil},
		{"jpeg", testkit.WithSegments(j, testkit.ICCSegments(rgb, 60000)...), rgb},
		{"jpeg, three pieces", testkit.WithSegments(j, pieces...), rgb},
		{"jpeg, out of order", testkit.WithSegments(j, pieces[2], pieces[0], pieces[1]), rgb},
		{"jpeg, one missing", testkit.WithSegments(j, pieces[0], pieces[2]), nil},
		{"jpeg, one twice", testkit.WithSegments(j, pieces[0], pieces[1], pieces[1], pieces[2]), nil},
		{"jpeg, largest", testkit.WithSegments(j, testkit.ICCSegments(largest, 60000)...), largest},
		{"jpeg, too large to carry", testkit.WithSegments(j, testkit.ICCSegments(big, 60000)...), nil},
		{"jpeg, longer than it says", testkit.WithSegments(j, testkit.ICCSegments(longer, 60000)...), rgb},
		{"jpeg, shorter than it says", testkit.WithSegments(j, testkit.ICCSegments(lying, 60000)...), nil},
		{"jpeg, no profile", testkit.WithSegments(j, testkit.ICCSegments(make([]byte, 500), 60000)...), nil},
		{"jpeg, cut short", testkit.WithSegments(j, testkit.ICCSegments(rgb[:100], 60000)...), nil},
		{"jpeg, grey profile of RGB", testkit.WithSegments(j, testkit.ICCSegments(gray, 60000)...), nil},
		{"grey jpeg", testkit.WithSegments(testkit.JPEG(t, grey), testkit.ICCSegments(gray, 60000)...), nil},
		{"grey jpeg, RGB profile", testkit.WithSegments(testkit.JPEG(t, grey), testkit.ICCSegments(rgb, 60000)...), nil},
		{"cmyk jpeg", testkit.WithSegments(testkit.FlatJPEG{Width: 8, Height: 8, Values: []uint8{1, 2, 3, 4}, Adobe: 0}.Encode(), testkit.ICCSegments(cmyk, 60000)...), nil},
		{"png", testkit.WithPNGChunks(p, testkit.ICCPChunk(rgb)), rgb},
		{"grey png", testkit.WithPNGChunks(testkit.PNG(t, grey), testkit.ICCPChunk(gray)), nil},
		{"grey png, RGB profile", testkit.WithPNGChunks(testkit.PNG(t, grey), testkit.ICCPChunk(rgb)), nil},
		{"png, bomb", testkit.WithPNGChunks(p, testkit.ICCPChunk(profileOf("RGB ", maxICC+1))), nil},
		{"png, damaged", testkit.WithPNGChunks(p, testkit.PNGChunk("iCCP", []byte("name\x00\x00garbage"))), nil},
		{"webp", testkit.WebP("VP8X", testkit.VP8X(0x20, 8, 8), "ICCP", rgb, "VP8L", vp8l), rgb},
	} {
		info, err := Inspect(bytes.NewReader(test.file), int64(len(test.file)))
		if err != nil || !bytes.Equal(info.Profile(), test.want) {
			t.Errorf("%s: profile of %d bytes, %v, want %d bytes", test.name, len(info.Profile()), err, len(test.want))
		}
	}
}

// Adobe RGB by Exif alone changes nothing, as in browsers.
func TestProfile_adobeRGBByExif(t *testing.T) {
	exif := testkit.Segment(markerAPP1, "Exif\x00\x00", exifOf(binary.LittleEndian,
		exifEntry{0x8769, []exifEntry{{0xa001, 0xffff}, {0xa005, []exifEntry{{1, "R03"}}}}}))
	file := testkit.WithSegments(testkit.JPEG(t, testkit.Patches(64, 32)), exif)
	info, m := mustReduce(t, file, 64)
	if info.Profile() != nil {
		t.Errorf("profile of %d bytes", len(info.Profile()))
	}
	for i, want := range testkit.PatchColors {
		if got := testkit.PatchMean(m, i); !testkit.Near(got, want, 6) {
			t.Errorf("area %d is %v, want %v", i, got, want)
		}
	}
}

// The colorants are those of Adobe RGB (1998), 4.3.5.3 relative to D50, and
// white is white.
func TestMatrixProfile(t *testing.T) {
	p := wideProfile()
	if profileChannels(p, header{}) != 3 || len(p)%4 != 0 {
		t.Fatal("not a profile of RGB")
	}
	want := map[string][3]float64{
		"rXYZ": {0.60974, 0.31111, 0.01947},
		"gXYZ": {0.20528, 0.62567, 0.06087},
		"bXYZ": {0.14919, 0.06322, 0.74457},
		"wtpt": srgb.D50,
	}
	n := int(binary.BigEndian.Uint32(p[128:]))
	var sum [3]float64
	for i := range n {
		e := p[132+12*i:]
		sig, off, size := string(e[:4]), binary.BigEndian.Uint32(e[4:]), binary.BigEndian.Uint32(e[8:])
		data := p[off : off+size]
		if w, ok := want[sig]; ok {
			for c := range 3 {
				v := float64(int32(binary.BigEndian.Uint32(data[8+4*c:]))) / 65536
				if math.Abs(v-w[c]) > 0.0002 {
					t.Errorf("%s[%d] = %.5f, want %.5f", sig, c, v, w[c])
				}
				if sig != "wtpt" {
					sum[c] += v
				}
			}
			delete(want, sig)
		}
		if sig == "gTRC" && binary.BigEndian.Uint32(data[12:]) != 563<<8 {
			t.Errorf("gamma %d/65536", binary.BigEndian.Uint32(data[12:]))
		}
	}
	for c := range 3 {
		if math.Abs(sum[c]-srgb.D50[c]) > 0.0002 {
			t.Errorf("white[%d] = %.5f, want %.5f", c, sum[c], srgb.D50[c])
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestAverage(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 2, 1))
	copy(m.Pix, []uint8{10, 20, 30, 255, 20, 40, 61, 255})
	for name, test := range map[string]struct {
		m    image.Image
		want color.RGBA
	}{
		"rgba":    {m, color.RGBA{15, 30, 46, 255}},
		"part":    {m.SubImage(image.Rect(1, 0, 2, 1)), color.RGBA{20, 40, 61, 255}},
		"gray":    {&image.Gray{Pix: []uint8{1, 2, 3}, Stride: 3, Rect: image.Rect(0, 0, 3, 1)}, color.RGBA{2, 2, 2, 255}},
		"nrgba":   {&image.NRGBA{Pix: []uint8{7, 8, 9, 255}, Stride: 4, Rect: image.Rect(0, 0, 1, 1)}, color.RGBA{7, 8, 9, 255}},
		"nothing": {image.NewRGBA(image.Rectangle{}), color.RGBA{0, 0, 0, 255}},
	} {
		if got := Average(test.m); got != test.want {
			t.Errorf("Average(%s) = %v, want %v", name, got, test.want)
		}
	}
}
