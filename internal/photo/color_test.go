package photo

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"testing"

	"gallery/internal/srgb"
	"gallery/internal/testkit"
)

// greyRamp draws a ramp from black to white.
func greyRamp(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(i % w * 255 / (w - 1))
	}
	return m
}

// flatPNG returns a PNG of one colour of eight bits, with chunks.
func flatPNG(c [3]int, chunks ...[]byte) []byte {
	return testkit.RawPNG(40, 30, 8, pngRGB, false, func(x, y int) []int { return c[:] }, chunks...)
}

// shown returns the colour of a reduced picture's middle as a browser shows it,
// that is converted by the profile that is stored with it.
func shown(t testing.TB, info Info, m image.Image) color.RGBA {
	t.Helper()
	c := color.RGBAModel.Convert(m.At(m.Bounds().Dx()/2, m.Bounds().Dy()/2)).(color.RGBA)
	if info.Profile() == nil {
		return c
	}
	transform, err := srgb.FromProfile(info.Profile(), 3)
	if err != nil {
		t.Fatal(err)
	}
	rgb := transform.Color([4]uint8{c.R, c.G, c.B})
	return color.RGBA{rgb[0], rgb[1], rgb[2], 255}
}

// What Chromium 156 shows of such PNGs, measured once: the colour (61, 139, 94) or a grey, with the chunks that say what it is.
func TestReduce_pngColors(t *testing.T) {
	gama := func(v uint32) []byte { return testkit.PNGChunk("gAMA", testkit.Numbers(v)) }
	chrmP3 := testkit.PNGChunk("cHRM", testkit.Numbers(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
	chrm709 := testkit.PNGChunk("cHRM", testkit.Numbers(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
	chrmD50 := testkit.PNGChunk("cHRM", testkit.Numbers(34567, 35850, 64000, 33000, 30000, 60000, 15000, 6000))
	cicp := func(p, tr, m, full byte) []byte { return testkit.PNGChunk("cICP", []byte{p, tr, m, full}) }
	srgbChunk := testkit.PNGChunk("sRGB", []byte{0})
	asIs := color.RGBA{61, 139, 94, 255}
	linear := color.RGBA{134, 195, 163, 255}
	for _, test := range []struct {
		name   string
		chunks [][]byte
		want   color.RGBA
	}{
		{"nothing", nil, asIs},
		{"gAMA 1", [][]byte{gama(100000)}, linear},
		{"gAMA 1/1.8", [][]byte{gama(55556)}, color.RGBA{78, 157, 113, 255}},
		{"gAMA 1/2.6", [][]byte{gama(38000)}, color.RGBA{42, 124, 76, 255}},
		{"gAMA 1/20", [][]byte{gama(5000)}, color.RGBA{0, 0, 0, 255}},
		{"gAMA 1/2.2 is sRGB", [][]byte{gama(45455)}, asIs},
		{"gAMA 0", [][]byte{gama(0)}, asIs},
		{"gAMA and cHRM of sRGB", [][]byte{gama(45455), chrm709}, color.RGBA{58, 140, 94, 255}},
		{"gAMA and cHRM of P3", [][]byte{gama(45455), chrmP3}, color.RGBA{0, 142, 89, 255}},
		{"gAMA and cHRM of another white", [][]byte{gama(45455), chrmD50}, color.RGBA{41, 140, 95, 255}},
		{"cHRM alone", [][]byte{chrmP3}, asIs},
		{"sRGB before gAMA", [][]byte{srgbChunk, gama(100000), chrmP3}, asIs},
		{"sRGB behind gAMA", [][]byte{gama(100000), chrmP3, srgbChunk}, asIs},
		{"cICP of P3", [][]byte{cicp(12, 13, 0, 1)}, color.RGBA{0, 141, 90, 255}},
		{"cICP of P3 and gAMA", [][]byte{gama(100000), cicp(12, 13, 0, 1)}, color.RGBA{0, 141, 90, 255}},
		{"cICP of sRGB and gAMA", [][]byte{gama(100000), cicp(1, 13, 0, 1)}, asIs},
		{"cICP of BT.709", [][]byte{cicp(1, 1, 0, 1)}, color.RGBA{50, 133, 85, 255}},
		{"cICP of BT.2020", [][]byte{cicp(9, 14, 0, 1)}, color.RGBA{0, 139, 79, 255}},
		{"cICP of DCI P3", [][]byte{cicp(11, 17, 0, 1)}, color.RGBA{0, 133, 75, 255}},
		{"cICP of gamma 2.2", [][]byte{cicp(1, 4, 0, 1)}, color.RGBA{58, 140, 94, 255}},
		{"cICP of gamma 2.8", [][]byte{cicp(1, 5, 0, 1)}, color.RGBA{37, 119, 70, 255}},
		{"cICP linear", [][]byte{cicp(1, 8, 0, 1)}, linear},
		{"cICP of limited range", [][]byte{cicp(12, 13, 0, 0)}, asIs},
		{"cICP unknown", [][]byte{cicp(2, 2, 0, 1)}, asIs},
		{"cICP unknown and gAMA", [][]byte{cicp(2, 2, 0, 1), gama(100000)}, linear},
		{"PQ", [][]byte{cicp(9, 16, 0, 1)}, color.RGBA{0, 170, 46, 255}},
		{"PQ of P3", [][]byte{cicp(12, 16, 0, 1)}, color.RGBA{0, 164, 51, 255}},
		{"HLG", [][]byte{cicp(9, 18, 0, 1)}, color.RGBA{0, 112, 69, 255}},
		{"iCCP and gAMA", [][]byte{testkit.ICCPChunk(wideProfile()), gama(100000)}, color.RGBA{0, 140, 91, 255}},
		{"iCCP and sRGB", [][]byte{testkit.ICCPChunk(wideProfile()), srgbChunk}, color.RGBA{0, 140, 91, 255}},
		{"iCCP and cICP", [][]byte{testkit.ICCPChunk(wideProfile()), cicp(1, 13, 0, 1)}, asIs},
		{"iCCP and cICP unknown", [][]byte{testkit.ICCPChunk(wideProfile()), cicp(2, 2, 0, 1)}, color.RGBA{0, 140, 91, 255}},
		{"damaged iCCP and gAMA", [][]byte{testkit.PNGChunk("iCCP", []byte("name\x00\x00garbage")), gama(100000)}, linear},
		{"grey iCCP and gAMA", [][]byte{testkit.ICCPChunk(greyProfile()), gama(100000)}, asIs},
	} {
		for _, side := range []int{40, 10} {
			info, m := mustReduce(t, flatPNG([3]int{61, 139, 94}, test.chunks...), side)
			if got := shown(t, info, m); !testkit.Near(got, test.want, 2) {
				t.Errorf("%s at %d: shown as %v, want %v", test.name, side, got, test.want)
			}
		}
	}
	// Behind the pixels such a chunk counts for nothing.
	file := flatPNG([3]int{61, 139, 94})
	file = append(file[:len(file)-len(iend)], append(gama(100000), iend...)...)
	if info, m := mustReduce(t, file, 40); !testkit.Near(shown(t, info, m), asIs, 2) {
		t.Errorf("gAMA behind IDAT: shown as %v", shown(t, info, m))
	}
	for name, test := range map[string]struct {
		chunk []byte
		want  uint8
	}{
		"gAMA 1": {gama(100000), 188},
		"PQ":     {cicp(1, 16, 0, 1), 132},
	} {
		grey := testkit.RawPNG(40, 30, 8, pngGrey, false, func(x, y int) []int { return []int{128} }, test.chunk)
		_, m := mustReduce(t, grey, 40)
		if g, ok := m.(*image.Gray); !ok || max(g.Pix[0], test.want)-min(g.Pix[0], test.want) > 2 {
			t.Errorf("grey with %s: %T %v, want %d", name, m, m.At(0, 0), test.want)
		}
	}
}

// greyProfile returns a profile of grey whose values are light to the power 1/1.2.
func greyProfile() []byte {
	p := matrixProfile("grey", cicpPrimaries[1], iccCurve(1.2, 1, 0, 0, 0))
	copy(p[16:], "GRAY")
	return bytes.Replace(p, []byte("rTRC"), []byte("kTRC"), 1)
}

func scannerProfile(n int) []byte {
	p := append(wideProfile(), make([]byte, n)...)
	binary.BigEndian.PutUint32(p, uint32(len(p)))
	return p
}

// Grey pictures are converted by their profile, of grey or of RGB, and large
// profiles of RGB are not carried along.
func TestReduce_profileConverted(t *testing.T) {
	ramp := greyRamp(256, 40)
	lighter := matrixProfile("lighter", cicpPrimaries[1], iccCurve(1.2, 1, 0, 0, 0))
	with := func(file, profile []byte) []byte {
		return testkit.WithSegments(file, testkit.ICCSegments(profile, 60000)...)
	}
	for name, file := range map[string][]byte{
		"jpeg, grey profile": with(testkit.JPEG(t, ramp), greyProfile()),
		"jpeg, RGB profile":  with(testkit.JPEG(t, ramp), lighter),
		"png, grey profile":  testkit.WithPNGChunks(testkit.PNG(t, ramp), testkit.ICCPChunk(greyProfile())),
		"png, RGB profile":   testkit.WithPNGChunks(testkit.PNG(t, ramp), testkit.ICCPChunk(lighter)),
	} {
		info, m := mustReduce(t, file, 256)
		g, ok := m.(*image.Gray)
		if !ok || info.Profile() != nil {
			t.Errorf("%s: %T with a profile of %d bytes", name, m, len(info.Profile()))
			continue
		}
		// As Chromium 156 shows them.
		for x, want := range map[int]uint8{0: 0, 64: 122, 128: 176, 192: 219, 255: 255} {
			if v := g.GrayAt(x, 20).Y; max(v, want)-min(v, want) > 3 {
				t.Errorf("%s: %d becomes %d, want %d", name, x, v, want)
			}
		}
	}
	// Browsers do not take a grey profile that connects by Lab, nor one of another space than the picture's.
	lab := greyProfile()
	copy(lab[20:], "Lab ")
	for name, file := range map[string][]byte{
		"grey by Lab": with(testkit.JPEG(t, ramp), lab),
		"RGB by grey": with(testkit.JPEG(t, toRGBA(ramp)), greyProfile()),
	} {
		_, m := mustReduce(t, file, 256)
		if c := m.At(128, 20); !testkit.Near(c, color.Gray{128}, 3) {
			t.Errorf("%s: 128 becomes %v", name, c)
		}
	}
	// A large profile converts to what a small one shows.
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	draw.Draw(m, m.Rect, image.NewUniform(color.RGBA{110, 140, 94, 255}), image.Point{}, draw.Src)
	for name, files := range map[string][2][]byte{
		"jpeg": {with(testkit.JPEG(t, m), wideProfile()), with(testkit.JPEG(t, m), scannerProfile(200_000))},
		"png":  {testkit.WithPNGChunks(testkit.PNG(t, m), testkit.ICCPChunk(wideProfile())), testkit.WithPNGChunks(testkit.PNG(t, m), testkit.ICCPChunk(scannerProfile(200_000)))},
		"webp": {testkit.WebP("VP8X", testkit.VP8X(0x20, 160, 96), "ICCP", wideProfile(), "VP8 ", testkit.LossyPatches(t, 160, 96)),
			testkit.WebP("VP8X", testkit.VP8X(0x20, 160, 96), "ICCP", scannerProfile(200_000), "VP8 ", testkit.LossyPatches(t, 160, 96))},
	} {
		small, m1 := mustReduce(t, files[0], 32)
		large, m2 := mustReduce(t, files[1], 32)
		if small.Profile() == nil || large.Profile() != nil {
			t.Errorf("%s: profiles of %d and %d bytes are stored", name, len(small.Profile()), len(large.Profile()))
		}
		if a, b := shown(t, small, m1), shown(t, large, m2); !testkit.Near(a, b, 3) {
			t.Errorf("%s: shown as %v, with a large profile as %v", name, a, b)
		}
	}
}

func toRGBA(m image.Image) *image.RGBA {
	out := image.NewRGBA(m.Bounds())
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

// Inks are converted by their profile; without one each takes its part of the
// light; and with Adobe's marker or without they are stored inverted.
func TestReduce_inks(t *testing.T) {
	for _, test := range []struct {
		name    string
		profile []byte
		adobe   int
		values  []uint8
		want    color.RGBA
	}{
		{"plain", nil, 0, []uint8{200, 90, 120, 230}, color.RGBA{180, 81, 108, 255}},
		{"plain without a marker", nil, -1, []uint8{200, 90, 120, 230}, color.RGBA{180, 81, 108, 255}},
		{"paper by profile", testkit.InkProfile(), 0, []uint8{255, 255, 255, 255}, color.RGBA{255, 255, 255, 255}},
		{"black by profile", testkit.InkProfile(), 0, []uint8{255, 255, 255, 0}, color.RGBA{132, 80, 54, 255}},
		{"half black by profile", testkit.InkProfile(), 0, []uint8{255, 255, 255, 128}, color.RGBA{196, 165, 149, 255}},
		{"YCCK paper by profile", testkit.InkProfile(), 2, []uint8{0, 128, 128, 255}, color.RGBA{255, 255, 255, 255}},
		{"YCCK black by profile", testkit.InkProfile(), 2, []uint8{0, 128, 128, 0}, color.RGBA{132, 80, 54, 255}},
	} {
		file := testkit.FlatJPEG{Width: 50, Height: 30, Values: test.values, Adobe: test.adobe}.Encode()
		if test.profile != nil {
			file = testkit.WithSegments(file, testkit.ICCSegments(test.profile, 60000)...)
		}
		for _, side := range []int{50, 20} {
			info, m := mustReduce(t, file, side)
			if got := shown(t, info, m); !testkit.Near(got, test.want, 3) || info.Profile() != nil {
				t.Errorf("%s at %d: %v, want %v", test.name, side, got, test.want)
			}
		}
	}
}

// A colour allocates nothing, whatever it is converted by: Cost counts on it.
func TestCost_converted(t *testing.T) {
	ramp := testkit.JPEG(t, toRGBA(greyRamp(900, 600)))
	inks := testkit.FlatJPEG{Width: 900, Height: 600, Values: []uint8{9, 99, 199, 230}, Adobe: 0}.Encode()
	for name, file := range map[string][]byte{
		"large profile": testkit.WithSegments(ramp, testkit.ICCSegments(scannerProfile(100_000), 60000)...),
		"inks":          testkit.WithSegments(inks, testkit.ICCSegments(testkit.InkProfile(), 60000)...),
		"large in png":  testkit.WithPNGChunks(testkit.PNG(t, toRGBA(greyRamp(900, 600))), testkit.ICCPChunk(scannerProfile(100_000))),
		"PQ":            testkit.WithPNGChunks(testkit.PNG(t, toRGBA(greyRamp(900, 600))), testkit.PNGChunk("cICP", []byte{9, 16, 0, 1})),
		"grey":          testkit.WithSegments(testkit.JPEG(t, greyRamp(900, 600)), testkit.ICCSegments(greyProfile(), 60000)...),
	} {
		info, _ := mustReduce(t, file, 800)
		for _, side := range []int{400, 800} {
			used := testkit.Allocated(func() { Reduce(bytes.NewReader(file), int64(len(file)), info, side) })
			if cost := info.Cost(side); used > cost {
				t.Errorf("%s at %d: allocated %d, cost %d", name, side, used, cost)
			}
		}
	}
}
