package webp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"testing"

	xwebp "golang.org/x/image/webp"

	"gallery/internal/photo"
)

// lumaOf returns a picture's luma at full range.
func lumaOf(m image.Image) []float64 {
	b := m.Bounds()
	y := make([]float64, 0, b.Dx()*b.Dy())
	for j := b.Min.Y; j < b.Max.Y; j++ {
		for i := b.Min.X; i < b.Max.X; i++ {
			c := color.RGBAModel.Convert(m.At(i, j)).(color.RGBA)
			y = append(y, 0.299*float64(c.R)+0.587*float64(c.G)+0.114*float64(c.B))
		}
	}
	return y
}

// webpLuma returns a WebP's luma, which is of studio range (RFC 6386, section
// 9.2), at full range.
func webpLuma(t *testing.T, file []byte) []float64 {
	t.Helper()
	m, err := xwebp.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	p := m.(*image.YCbCr)
	var y []float64
	for j := range p.Rect.Dy() {
		for i := range p.Rect.Dx() {
			y = append(y, (float64(p.Y[p.YOffset(i, j)])-16)*255/219)
		}
	}
	return y
}

// psnr returns the peak signal-to-noise ratio of two lumas in dB.
func psnr(a, b []float64) float64 {
	var sum float64
	for i := range a {
		d := a[i] - b[i]
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(a))/sum)
}

// Real photos as thumbnails: a WebP of the quality that goes with the JPEG's
// has its PSNR, and is much smaller.
func TestEncode_realPhotos(t *testing.T) {
	dir := os.Getenv("GALLERY_TEST_PHOTOS")
	if dir == "" {
		t.Skip("this takes real photos, of which the project has none: GALLERY_TEST_PHOTOS=DIR")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "camera", "*.[jJ]*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no photos in %s: %v", dir, err)
	}
	for _, q := range []int{70, 82, 90} {
		var jpegBytes, webpBytes, jpegDB, webpDB, n float64
		for i := 0; i < len(paths); i += 4 {
			m := reduced(t, paths[i])
			var j bytes.Buffer
			if err := photo.Encode(&j, m, q, nil, nil); err != nil {
				t.Fatal(err)
			}
			decoded, err := jpeg.Decode(bytes.NewReader(j.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			w, err := Encode(m, Quality(q), nil)
			if err != nil {
				t.Fatal(err)
			}
			want := lumaOf(m)
			jpegBytes += float64(j.Len())
			webpBytes += float64(len(w))
			jpegDB += psnr(want, lumaOf(decoded))
			webpDB += psnr(want, webpLuma(t, w))
			n++
		}
		t.Logf("JPEG %d: %.0f bytes, %.2f dB; WebP %d: %.0f bytes (%.1f %% less), %.2f dB",
			q, jpegBytes/n, jpegDB/n, Quality(q), webpBytes/n, 100-100*webpBytes/jpegBytes, webpDB/n)
		if webpDB/n < jpegDB/n-0.3 || webpDB/n > jpegDB/n+1.2 || webpBytes > 0.75*jpegBytes {
			t.Errorf("at quality %d WebP is not as good and a quarter smaller", q)
		}
	}
}

// The profile is in the file, which decoders take with it and without.
func TestEncode_profile(t *testing.T) {
	profile := make([]byte, 131) // odd: the chunk is padded
	copy(profile[16:], "RGB ")
	for _, size := range []image.Point{{40, 30}, {1, 1}, {400, 300}} {
		m := image.NewGray(image.Rectangle{Max: size})
		for i := range m.Pix {
			m.Pix[i] = uint8(i * 7)
		}
		plain, err := Encode(m, 80, nil)
		if err != nil {
			t.Fatal(err)
		}
		file, err := Encode(m, 80, profile)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(webpBytes(t, file, "ICCP"), profile) || !bytes.Equal(webpBytes(t, file, "VP8 "), webpBytes(t, plain, "VP8 ")) {
			t.Errorf("%v: the profile or the picture is not in the file as it should be", size)
		}
		for _, f := range [][]byte{plain, file} {
			c, err := xwebp.DecodeConfig(bytes.NewReader(f))
			if err != nil || c.Width != size.X || c.Height != size.Y {
				t.Errorf("%v: decoders see %d x %d, %v", size, c.Width, c.Height, err)
			}
			if len(f)%2 != 0 || int(binary.LittleEndian.Uint32(f[4:])) != len(f)-8 {
				t.Errorf("%v: a file of %d bytes says %d", size, len(f), binary.LittleEndian.Uint32(f[4:]))
			}
		}
	}
	copy(profile[16:], "GRAY")
	for _, p := range [][]byte{profile, profile[:20]} {
		if _, err := Encode(image.NewGray(image.Rect(0, 0, 4, 4)), 80, p); !errors.Is(err, ErrProfile) {
			t.Errorf("with a profile of grey or of %d bytes: %v, want ErrProfile", len(p), err)
		}
	}
}

// Without loss every pixel is as it was, with a profile and without.
func TestEncode_lossless(t *testing.T) {
	profile := make([]byte, 131)
	copy(profile[16:], "RGB ")
	for _, size := range []image.Point{{1, 1}, {37, 41}, {160, 100}} {
		m := image.NewRGBA(image.Rectangle{Max: size})
		v := uint32(1)
		for i := range m.Pix { // noise
			v = v*1664525 + 1013904223
			m.Pix[i] = uint8(v>>24) | -uint8(i%4/3)
		}
		for _, profile := range [][]byte{nil, profile} {
			file, err := Encode(m, Lossless, profile)
			if err != nil {
				t.Fatal(err)
			}
			got, err := xwebp.Decode(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			for i := range size.X * size.Y {
				x, y := i%size.X, i/size.X
				if c := color.RGBAModel.Convert(got.At(x, y)); c != m.RGBAAt(x, y) {
					t.Fatalf("%v: pixel (%d, %d) is %v, want %v", size, x, y, c, m.RGBAAt(x, y))
				}
			}
		}
	}
}

// webpBytes returns the content of a chunk.
func webpBytes(t *testing.T, file []byte, name string) []byte {
	t.Helper()
	for rest := file[12:]; len(rest) >= 8; {
		n := int(binary.LittleEndian.Uint32(rest[4:]))
		if string(rest[:4]) == name {
			return rest[8 : 8+n]
		}
		rest = rest[8+n+n%2:]
	}
	t.Errorf("there is no chunk %q", name)
	return nil
}

func BenchmarkEncode(b *testing.B) {
	for _, quality := range []int{80, Lossless} {
		b.Run(fmt.Sprintf("quality=%d", quality), func(b *testing.B) { benchmarkEncode(b, quality) })
	}
}

func benchmarkEncode(b *testing.B, quality int) {
	m := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for i := range m.Pix {
		m.Pix[i] = uint8(i*i>>7) | 1
	}
	b.SetBytes(int64(len(m.Pix)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(m, quality, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func reduced(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	what, err := photo.Inspect(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	m, err := photo.Reduce(f, info.Size(), what, 400)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
