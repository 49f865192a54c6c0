package photo

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"gallery/internal/testkit"
	"gallery/internal/webp"
)

func TestEncode(t *testing.T) {
	rgba := image.NewRGBA(image.Rect(0, 0, 20, 10))
	grey := image.NewGray(rgba.Rect)
	for _, test := range []struct {
		name             string
		m                image.Image
		comment, profile []byte
	}{
		{"plain", rgba, nil, nil},
		{"comment", rgba, []byte("gallery 1 {}"), nil},
		{"longest comment", rgba, bytes.Repeat([]byte("\xff\xd9"), 65533/2), nil},
		{"profile", rgba, []byte("x"), profileOf("RGB ", 548)},
		{"grey", grey, []byte("x"), nil},
		{"longest profile", rgba, []byte("x"), profileOf("RGB ", maxEmbedded)},
	} {
		var b bytes.Buffer
		if err := Encode(&b, test.m, 82, test.comment, test.profile); err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		file := b.Bytes()
		head := fmt.Appendf([]byte{0xff, 0xd8, 0xff, 0xfe, byte((len(test.comment) + 2) >> 8), byte(len(test.comment) + 2)}, "%s", test.comment)
		if !bytes.HasPrefix(file, head) {
			t.Errorf("%s: begins %q", test.name, file[:20])
		}
		info, err := Inspect(bytes.NewReader(file), int64(len(file)))
		if err != nil || !bytes.Equal(info.Profile(), test.profile) {
			t.Errorf("%s: Inspect = profile of %d bytes, %v", test.name, len(info.Profile()), err)
		}
		m, err := jpeg.Decode(bytes.NewReader(file))
		if err != nil || m.Bounds() != rgba.Rect {
			t.Errorf("%s: Decode = %v", test.name, err)
		}
		if _, ok := m.(*image.Gray); ok != (test.m == grey) {
			t.Errorf("%s: decoded as %T", test.name, m)
		}
	}
}

// What is drawn keeps its chroma in full, and what is photographed does not.
func TestEncode_chroma(t *testing.T) {
	const w, h = 300, 200
	page := image.NewRGBA(image.Rect(0, 0, w, h)) // coloured lines on white, as letters are
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	scene := image.NewRGBA(page.Rect) // shades with noise
	random := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			if x%60 == 7 && y%50 > 20 {
				page.SetRGBA(x, y, color.RGBA{220, 0, 0, 255})
			}
			if y%50 == 12 && x%120 < 50 {
				page.SetRGBA(x, y, color.RGBA{0, 0, 200, 255})
			}
			v := 40 + x/2 + int(4*random.NormFloat64())
			scene.SetRGBA(x, y, color.RGBA{uint8(v), uint8(v / 2), uint8(y), 255})
		}
	}
	colors := func(m *image.RGBA) *image.Paletted {
		p := image.NewPaletted(m.Rect, color.Palette{color.White, color.RGBA{220, 0, 0, 255}, color.RGBA{0, 0, 200, 255}})
		draw.Draw(p, p.Rect, m, image.Point{}, draw.Src)
		return p
	}
	lossy := func(m image.Image) []byte {
		file, err := webp.Encode(m, 85, nil)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	nrgba := image.NewNRGBA(page.Rect)
	draw.Draw(nrgba, nrgba.Rect, page, image.Point{}, draw.Src)
	for _, test := range []struct {
		name string
		file []byte
		full bool
	}{
		{"png of a page", testkit.PNG(t, page), true},
		{"png of a scene", testkit.PNG(t, scene), true},
		{"gif of a page", testkit.GIF(t, &gif.GIF{Image: []*image.Paletted{colors(page)}, Delay: []int{0}}), true},
		{"lossless webp of a page", testkit.WebP("VP8L", testkit.VP8L(nrgba)), true},
		{"jpeg of a page", testkit.JPEG(t, page), true},
		{"lossy webp of a page", lossy(page), true},
		{"jpeg of a scene", testkit.JPEG(t, scene), false},
		{"lossy webp of a scene", lossy(scene), false},
	} {
		for _, side := range []int{w, 200, 120} {
			info, m := mustReduce(t, test.file, side)
			var b bytes.Buffer
			if err := Encode(&b, m, 82, nil, info.Profile()); err != nil {
				t.Fatal(err)
			}
			got, err := jpeg.Decode(&b)
			if err != nil {
				t.Fatal(err)
			}
			full := got.(*image.YCbCr).SubsampleRatio == image.YCbCrSubsampleRatio444
			if full != test.full || Drawn(m) != test.full {
				t.Errorf("%s at %d: chroma in full %t, Drawn %t, want %t", test.name, side, full, Drawn(m), test.full)
			}
			if test.name == "png of a page" && side == w {
				if c := got.At(7, 30); !testkit.Near(c, color.RGBA{220, 0, 0, 255}, 24) {
					t.Errorf("a red line comes out %v", c)
				}
			}
		}
	}
}

// Neighbours are counted eight at once as one by one.
func TestEqualNeighbours(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		var rows [3][]uint8
		length, values := 1+random.IntN(60), 1+random.IntN(3)
		shift := random.IntN(8) // that one bit alone tells values apart
		for i := range rows {
			rows[i] = make([]uint8, length)
			for x := range rows[i] {
				rows[i][x] = uint8(random.IntN(values) << shift)
			}
		}
		want := 0
		for x := 1; x < length; x++ {
			if rows[0][x] == rows[0][x-1] && rows[1][x] == rows[1][x-1] && rows[2][x] == rows[2][x-1] {
				want++
			}
		}
		if got := equalNeighbours(rows[0], rows[1], rows[2]); got != want {
			t.Fatalf("equalNeighbours(%v) = %d, want %d", rows, got, want)
		}
	}
}

func TestEncode_refuses(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for name, err := range map[string]error{
		"comment": Encode(&bytes.Buffer{}, m, 82, make([]byte, 65534), nil),
		"profile": Encode(&bytes.Buffer{}, m, 82, nil, make([]byte, maxSegment)),
		"picture": Encode(&bytes.Buffer{}, image.NewGray(image.Rect(0, 0, 70000, 1)), 82, nil, nil),
		"writer":  Encode(failingWriter{}, m, 82, nil, nil),
	} {
		if err == nil {
			t.Errorf("Encode with a bad %s succeeded", name)
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }
