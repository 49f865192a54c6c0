package testkit

import (
	"bytes"
	"encoding/binary"
	"gallery/internal/srgb"
	"gallery/internal/webp"
	"image"
	"image/color"
	"image/gif"
	"math"
	"testing"
)

// Kind is a drawn file of one class of what people have.
type Kind struct {
	Name string
	Data []byte
	Turn int // the Exif orientation that a browser leaves unheeded; 0 for none
}

// colourAt is the picture that most kinds are drawn of: all of RGB's bright
// colours from left to right, dark above and pale below, and a corner marked, so
// that it lies in one way only. Nothing in it is too sharp for chroma of half the
// resolution, in which cameras and lossy WebP store it.
func colourAt(x, y, w, h int) color.NRGBA {
	if x < w/4 && y < h/4 {
		return color.NRGBA{250, 250, 250, 255}
	}
	hue, light := 6*float64(x)/float64(w), float64(y)/float64(h)
	channel := func(shift float64) uint8 {
		v := math.Abs(math.Mod(hue+shift, 6)-3) - 1
		v = min(max(v, 0), 1)
		if light < 0.6 {
			return uint8(255 * v * light / 0.6)
		}
		return uint8(255 * (v + (1-v)*(light-0.6)/0.5))
	}
	return color.NRGBA{channel(0), channel(4), channel(2), 255}
}

func painted(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, colourAt(x, y, w, h))
		}
	}
	return m
}

// greys is the picture without its colours.
func greys(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, colourAt(x, y, w, h))
		}
	}
	return m
}

// rgbPNG draws a PNG of RGB of 8 or 16 bits.
func rgbPNG(w, h, depth int, interlaced bool, chunks ...[]byte) []byte {
	return RawPNG(w, h, depth, 2, interlaced, func(x, y int) []int {
		c := colourAt(x, y, w, h)
		v := []int{int(c.R), int(c.G), int(c.B)}
		if depth == 16 {
			for i := range v {
				v[i] = v[i]<<8 | v[i]
			}
		}
		return v
	}, chunks...)
}

// exifOrientation is a TIFF structure that says nothing else (CIPA DC-008, 4.6.2).
func exifOrientation(v byte) []byte {
	return append([]byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), v, 0, 0, 0, 0, 0, 0)
}

// exifAdobeRGB says by Exif alone that a picture is in Adobe RGB: ColorSpace is
// uncalibrated, and InteroperabilityIndex R03 (CIPA DC-008, 4.6.5, 4.6.8).
const exifAdobeRGB = "MM\x00\x2a\x00\x00\x00\x08" +
	"\x00\x01\x87\x69\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00" +
	"\x00\x02\xa0\x01\x00\x03\x00\x00\x00\x01\xff\xff\x00\x00\xa0\x05\x00\x04\x00\x00\x00\x01\x00\x00\x00\x38\x00\x00\x00\x00" +
	"\x00\x01\x00\x01\x00\x02\x00\x00\x00\x04R03\x00\x00\x00\x00\x00"

// withoutTables removes the Huffman tables, which in what image/jpeg writes are
// those of Annex K.
func withoutTables(file []byte) []byte {
	at := bytes.Index(file, []byte{0xff, 0xc4})
	n := int(binary.BigEndian.Uint16(file[at+2:]))
	rest := bytes.Clone(file[at+2+n:])
	if bytes.HasPrefix(rest, []byte{0xff, 0xc4}) {
		return withoutTables(append(bytes.Clone(file[:at]), rest...))
	}
	return append(bytes.Clone(file[:at]), rest...)
}

// withRestarts draws a JPEG with a restart marker behind each row of MCUs: strips that
// are encoded by themselves, since prediction begins anew behind a marker (T.81, F.2.1.3.1).
func withRestarts(t *testing.T, m *image.NRGBA) []byte {
	t.Helper()
	const rows = 16 // of an MCU of halved chroma
	var file []byte
	for y := 0; y < m.Rect.Dy(); y += rows {
		strip := JPEG(t, m.SubImage(image.Rect(0, y, m.Rect.Dx(), y+rows)))
		head, scan := splitScan(strip)
		if file == nil {
			frame := bytes.Index(head, []byte{0xff, sof0})
			binary.BigEndian.PutUint16(head[frame+5:], uint16(m.Rect.Dy()))
			interval := binary.BigEndian.AppendUint16(nil, uint16(ceilDiv(m.Rect.Dx(), rows)))
			file = WithSegments(head, Segment(dri, "", interval))
		} else {
			file = append(file, 0xff, 0xd0+byte((y/rows-1)%8))
		}
		file = append(file, scan...)
	}
	return append(file, 0xff, eoi)
}

// splitScan parts a JPEG of one scan into all up to its entropy-coded data, and these.
func splitScan(file []byte) (head, scan []byte) {
	at := bytes.Index(file, []byte{0xff, sos})
	at += 2 + int(binary.BigEndian.Uint16(file[at+2:]))
	return bytes.Clone(file[:at]), bytes.Clone(file[at : len(file)-2])
}

// inkJPEG draws a JPEG of four inks, each in a scan of its own, as Adobe stores them:
// inverted. What is grey in a colour is black ink, or there is none.
func inkJPEG(t *testing.T, m *image.NRGBA, withBlack bool) []byte {
	t.Helper()
	var file []byte
	for ink := range 4 {
		plane := image.NewGray(m.Rect)
		for i := range plane.Pix {
			c := m.Pix[4*i : 4*i+3]
			black := uint8(255)
			if withBlack {
				black = max(c[0], c[1], c[2], 1)
			}
			if plane.Pix[i] = black; ink < 3 {
				plane.Pix[i] = uint8(int(c[ink]) * 255 / int(black))
			}
		}
		head, scan := splitScan(JPEG(t, plane))
		if ink == 0 {
			start := bytes.Index(head, []byte{0xff, sof0})
			frame := append(bytes.Clone(head[start+4:start+9]), 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)
			file = append(bytes.Clone(head[:start]), Segment(sof0, "", frame)...)
			tables := head[start+2+int(binary.BigEndian.Uint16(head[start+2:])):]
			file = append(file, tables[:bytes.Index(tables, []byte{0xff, sos})]...)
			file = WithSegments(file, Segment(app14, "Adobe", []byte{0, 100, 0, 0, 0, 0, 0}))
		}
		file = append(file, Segment(sos, "", []byte{1, byte(1 + ink), 0, 0, 63, 0})...)
		file = append(file, scan...)
	}
	return append(file, 0xff, eoi)
}

// damaged erases a piece of the interval behind a file's first restart marker, as
// a bad block of flash memory has it.
func damaged(file []byte) []byte {
	at := bytes.Index(file, []byte{0xff, 0xd0}) + 20
	copy(file[at:], bytes.Repeat([]byte{0xff}, 64))
	return file
}

// lossy draws a lossy WebP's bitstream.
func lossy(t *testing.T, m image.Image) []byte {
	t.Helper()
	file, err := webp.Encode(m, 90, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file[20 : 20+binary.LittleEndian.Uint32(file[16:])]
}

// Kinds draws a file of each class.
func Kinds(t *testing.T) []Kind {
	const w, h = 640, 480
	m := painted(w, h)
	j, p, vp8 := JPEG(t, m), PNG(t, m), lossy(t, m)
	frames := image.NewRGBA(image.Rect(0, 0, 120, 90)) // of few bytes, for APNG
	copy(frames.Pix, painted(120, 90).Pix)
	grey := JPEG(t, greys(w, h))

	wide := MatrixProfile(srgb.Primaries{{X: 0.64, Y: 0.33}, {X: 0.21, Y: 0.71}, {X: 0.15, Y: 0.06}, {X: 0.3127, Y: 0.3290}}, 2.2, 0)
	light := MatrixProfile(srgb.Primaries{{X: 0.64, Y: 0.33}, {X: 0.3, Y: 0.6}, {X: 0.15, Y: 0.06}, {X: 0.3127, Y: 0.3290}}, 1.4, 0)
	scanner := MatrixProfile(srgb.Primaries{{X: 0.64, Y: 0.33}, {X: 0.21, Y: 0.71}, {X: 0.15, Y: 0.06}, {X: 0.3127, Y: 0.3290}}, 1.8, 200_000)
	profiled := func(file, profile []byte) []byte {
		return WithSegments(file, ICCSegments(profile, 60000)...)
	}
	gama := func(v uint32) []byte { return PNGChunk("gAMA", Numbers(v)) }
	chrmP3 := PNGChunk("cHRM", Numbers(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
	cicp := func(primaries, transfer byte) []byte {
		return PNGChunk("cICP", []byte{primaries, transfer, 0, 1})
	}
	exif := func(orientation byte) []byte {
		return Segment(0xe1, "Exif\x00\x00", exifOrientation(orientation))
	}
	fade := append([]byte{0}, make([]byte, w*h)...) // ALPH, not compressed (RFC 9649, 2.7.1.2)
	for i := range w * h {
		fade[1+i] = uint8(255 - i%w*200/w)
	}
	frame := bytes.Join([][]byte{make([]byte, 6), le24(w - 1), le24(h - 1), {100, 0, 0, 0}, WebP("VP8 ", vp8)[12:]}, nil)
	all := []Kind{
		{Name: "jpeg.jpg", Data: j},
		{Name: "jpeg-turned-5.jpg", Data: WithSegments(j, exif(5))},
		{Name: "jpeg-turned-6.jpg", Data: WithSegments(j, exif(6))},
		{Name: "jpeg-adobe-rgb-by-exif.jpg", Data: WithSegments(j, Segment(0xe1, "Exif\x00\x00", []byte(exifAdobeRGB)))},
		{Name: "jpeg-wide.jpg", Data: profiled(j, wide)},
		{Name: "jpeg-scanner.jpg", Data: profiled(j, scanner)},
		{Name: "jpeg-grey.jpg", Data: grey},
		{Name: "jpeg-grey-profile.jpg", Data: profiled(grey, GreyProfile(1.4))},
		{Name: "jpeg-grey-rgb-profile.jpg", Data: profiled(grey, light)},
		{Name: "jpeg-cmyk.jpg", Data: inkJPEG(t, m, true)},
		{Name: "jpeg-cmyk-profile.jpg", Data: profiled(inkJPEG(t, m, false), InkProfile())},
		{Name: "jpeg-cmyk-profile-black.jpg", Data: profiled(inkJPEG(t, m, true), InkProfile())},
		{Name: "jpeg-without-tables.jpg", Data: withoutTables(j)},
		{Name: "jpeg-damaged.jpg", Data: damaged(withRestarts(t, m))},
		{Name: "jpeg-lines.jpg", Data: JPEG(t, lines(1000, 800))},
		{Name: "png.png", Data: p},
		{Name: "png-16.png", Data: rgbPNG(w, h, 16, false)},
		{Name: "png-interlaced.png", Data: rgbPNG(w, h, 8, true)},
		{Name: "png-16-interlaced.png", Data: rgbPNG(w, h, 16, true)},
		{Name: "png-alpha.png", Data: PNG(t, faded(m))},
		{Name: "png-key.png", Data: rgbPNG(w, h, 8, false, PNGChunk("tRNS", []byte{0, 250, 0, 250, 0, 250}))},
		{Name: "png-palette.png", Data: PNG(t, PalettedQuadrants(w, h))},
		{Name: "png-pixels.png", Data: PNG(t, pixels(96))},
		{Name: "png-letters.png", Data: PNG(t, letters(900, 600))},
		{Name: "png-gama.png", Data: rgbPNG(w, h, 8, false, gama(100000))},
		{Name: "png-gama-16.png", Data: rgbPNG(w, h, 16, true, gama(55556))},
		{Name: "png-gama-chrm.png", Data: rgbPNG(w, h, 8, false, gama(45455), chrmP3)},
		{Name: "png-cicp-p3.png", Data: rgbPNG(w, h, 8, false, cicp(12, 13))},
		{Name: "png-pq.png", Data: rgbPNG(w, h, 16, false, cicp(9, 16))},
		{Name: "png-hlg.png", Data: rgbPNG(w, h, 8, false, cicp(9, 18))},
		{Name: "png-wide.png", Data: rgbPNG(w, h, 8, false, ICCPChunk(wide))},
		{Name: "png-scanner.png", Data: rgbPNG(w, h, 8, false, ICCPChunk(scanner))},
		{Name: "png-turned-8.png", Data: WithPNGChunks(p, PNGChunk("eXIf", exifOrientation(8)))},
		{Name: "png-turned-6-late.png", Data: bytes.Join([][]byte{p[:len(p)-12], PNGChunk("eXIf", exifOrientation(6)), p[len(p)-12:]}, nil), Turn: 6},
		{Name: "png-long.png", Data: PNG(t, long(1000, 12000))},
		{Name: "apng-hidden.png", Data: APNG(t, 120, 90, frames, image.Point{}, true)},
		{Name: "apng-part.png", Data: APNG(t, 160, 120, frames, image.Pt(30, 10), true)},
		{Name: "gif-beyond.gif", Data: gifBeyond(t)},
		{Name: "webp.webp", Data: WebP("VP8 ", vp8)},
		{Name: "webp-alpha.webp", Data: WebP("VP8X", VP8X(16, w, h), "ALPH", fade, "VP8 ", vp8)},
		{Name: "webp-animated.webp", Data: WebP("VP8X", VP8X(2, w, h), "ANIM", make([]byte, 6), "ANMF", frame, "ANMF", frame)},
		{Name: "webp-lossless.webp", Data: WebP("VP8L", VP8L(m))},
		{Name: "webp-wide.webp", Data: WebP("VP8X", VP8X(0x20, w, h), "ICCP", wide, "VP8 ", vp8)},
		{Name: "webp-turned-3.webp", Data: WebP("VP8X", VP8X(8, w, h), "VP8 ", vp8, "EXIF", exifOrientation(3)), Turn: 3},
		{Name: "webp-turned-6.webp", Data: WebP("VP8X", VP8X(8, w, h), "VP8L", VP8L(m), "EXIF", exifOrientation(6)), Turn: 6},
	}
	return all
}

// faded draws ever more transparent from left to right.
func faded(m *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	copy(out.Pix, m.Pix)
	for i := 3; i < len(out.Pix); i += 4 {
		out.Pix[i] = uint8(255 - i/4%m.Rect.Dx()*200/m.Rect.Dx())
	}
	return out
}

// pixels draws squares of three pixels in saturated colours, so that most lie across the
// samples of halved chroma.
func pixels(side int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			m.SetNRGBA(x, y, Color("rgby"[(x/3*7+y/3*5+x/3*y/3)%4]))
		}
	}
	return m
}

// letters draws red and blue strokes of two pixels on pale grey, as text on a
// screen. The grey leaves room for what sharpening adds.
func letters(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{220, 220, 220, 255}
			if x/2%5 == 0 && y%16 < 11 || x/2%5 < 3 && y%16 == 5 {
				c = Color("rb"[y/16%2])
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// lines draws dark and pale lines of one pixel. What is left of black and white is room
// for what coding adds.
func lines(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Pix[y*m.Stride+x] = 40
			if (x < w/2 && x%2 == 0) || (x >= w/2 && y%2 == 0) {
				m.Pix[y*m.Stride+x] = 210
			}
		}
	}
	return m
}

// long draws a screenshot of a long chat, of few bytes for its pixels.
func long(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		c := color.NRGBA{250, 250, 250, 255}
		if y/400%4 == 1 {
			c = Color("rgby"[y/1600%4])
		}
		for x := range w {
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// gifBeyond draws a GIF whose first frame reaches beyond its screen.
func gifBeyond(t *testing.T) []byte {
	t.Helper()
	file := GIF(t, &gif.GIF{Image: []*image.Paletted{PalettedQuadrants(150, 100)}, Delay: []int{0}})
	binary.LittleEndian.PutUint16(file[6:], 120)
	binary.LittleEndian.PutUint16(file[8:], 80)
	return file
}
