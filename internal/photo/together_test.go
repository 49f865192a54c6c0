package photo

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/testkit"
)

// psnr returns how near two pictures of one kind and size are, in dB, over all of
// their samples.
func psnr(t testing.TB, got, want image.Image) float64 {
	t.Helper()
	a, b := samples(got), samples(want)
	if fmt.Sprintf("%T %v", got, got.Bounds()) != fmt.Sprintf("%T %v", want, want.Bounds()) || len(a) != len(b) {
		t.Fatalf("%T %v is compared with %T %v", got, got.Bounds(), want, want.Bounds())
	}
	sum := 0.0
	for i, v := range a {
		d := float64(v) - float64(b[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255/max(sum/float64(len(a)), 1e-9))
}

// samples returns all samples of what Reduce returned.
func samples(m image.Image) []uint8 {
	switch m := m.(type) {
	case *image.Gray:
		return m.Pix
	case *image.YCbCr:
		return append(append(bytes.Clone(m.Y), m.Cb...), m.Cr...)
	case *image.RGBA:
		return m.Pix
	}
	return nil
}

// sides are those of the renditions that are made together.
var sides = []int{1600, 800, 400}

// together reduces a file to all sides by one decoding and by one each, checks that
// what comes of both is alike, and returns their PSNR.
func together(t testing.TB, file []byte, sides ...int) (values []float64) {
	t.Helper()
	r, size := bytes.NewReader(file), int64(len(file))
	info, err := Inspect(r, size)
	if err != nil {
		t.Fatal(err)
	}
	var all []image.Image
	used := testkit.Allocated(func() { all, err = ReduceAll(r, size, info, sides...) })
	if err != nil || len(all) != len(sides) {
		t.Fatalf("ReduceAll to %d = %d pictures, %v", sides, len(all), err)
	}
	if cost := info.Cost(sides...); used > cost {
		t.Errorf("to %d: allocated %d, cost %d", sides, used, cost)
	}
	for i, side := range sides {
		_, want := mustReduce(t, file, side)
		values = append(values, psnr(t, all[i], want))
	}
	return values
}

// Pictures reduced from one another are as good as those reduced by themselves. (Where
// neighbouring pixels differ as much as they can, in "wide" and "tall", what the first of
// two reductions clips is missing from the second; and reduced by itself to 24, "jpeg"
// has the colours of its 61 pixels from 15 samples.)
func TestReduceAll_likeReduce(t *testing.T) {
	for name, file := range seeds(t) {
		for i, v := range together(t, file, 200, 50, 50, 24) {
			limit := 45.0
			if name == "wide" || name == "tall" || name == "jpeg" {
				limit = 33
			}
			if v < limit {
				t.Errorf("%s: picture %d has %.1f dB", name, i, v)
			}
		}
	}
}

// A picture whose colours are converted, and that is as large at two sides, is
// converted once.
func TestReduceAll_convertedOnce(t *testing.T) {
	file := testkit.WithPNGChunks(testkit.PNG(t, greyRamp(40, 30)), testkit.ICCPChunk(greyProfile()))
	for i, v := range together(t, file, 60, 50, 40, 20) {
		if v < 45 {
			t.Errorf("picture %d has %.1f dB", i, v)
		}
	}
}

func TestReduceAll_sides(t *testing.T) {
	file := testkit.JPEG(t, testkit.Quadrants(40, 30))
	info, _ := mustReduce(t, file, 20)
	for _, sides := range [][]int{nil, {0}, {20, 0}, {10, 20}, {20, -1}} {
		if _, err := ReduceAll(bytes.NewReader(file), int64(len(file)), info, sides...); err == nil {
			t.Errorf("ReduceAll to %d succeeded", sides)
		}
	}
}

// Of camera photos all renditions made together are those made alone, as far as can be
// seen; of odd ones, drawings in black and white among them, nearly so. Both are reduced
// from decodings of different scales, each at least 42 dB from the whole one's reduction.
func TestReduceAll_realPhotos(t *testing.T) {
	for folder, limit := range map[string]float64{"camera": 45, "odd": 40} {
		photos(t, folder, func(t *testing.T, file []byte, decodes string) {
			if _, err := Inspect(bytes.NewReader(file), int64(len(file))); err != nil || !strings.HasPrefix(decodes, "ok") {
				return
			}
			values := together(t, file, sides...)
			if slices.Min(values) < limit {
				t.Errorf("%.1f dB, want %.0f", values, limit)
			}
			t.Logf("%.1f dB", values)
		})
	}
}

// BenchmarkRenditions_realPhotos makes all renditions of photos by one decoding, and
// by one each, in turn, so that whatever else the machine does meets both.
func BenchmarkRenditions_realPhotos(b *testing.B) {
	var apart, all time.Duration
	n := 0
	files := realPhotos(b)
	for b.Loop() {
		for _, file := range files {
			r, size := bytes.NewReader(file), int64(len(file))
			info, err := Inspect(r, size)
			if err != nil {
				b.Fatal(err)
			}
			before := testkit.ProcessorTime()
			for _, side := range sides {
				encodeAll(b, r, size, info, side)
			}
			between := testkit.ProcessorTime()
			encodeAll(b, r, size, info, sides...)
			apart += between - before
			all += testkit.ProcessorTime() - between
			n++
		}
	}
	b.ReportMetric(apart.Seconds()*1000/float64(n), "apart-cpu-ms/photo")
	b.ReportMetric(all.Seconds()*1000/float64(n), "together-cpu-ms/photo")
	b.ReportMetric(all.Seconds()/apart.Seconds(), "ratio")
}

// encodeAll makes renditions from one decoding.
func encodeAll(b *testing.B, r *bytes.Reader, size int64, info Info, sides ...int) {
	pictures, err := ReduceAll(r, size, info, sides...)
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range pictures {
		if err := Encode(io.Discard, m, 82, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// realPhotos returns the files of GALLERY_TEST_PHOTOS/camera, or of what else
// GALLERY_TEST_FILES, a pattern, names there.
func realPhotos(b *testing.B) (files [][]byte) {
	dir := os.Getenv("GALLERY_TEST_PHOTOS")
	if dir == "" {
		b.Skip("this takes real photos, of which the project has none: GALLERY_TEST_PHOTOS=DIR")
	}
	names, err := filepath.Glob(filepath.Join(dir, cmp.Or(os.Getenv("GALLERY_TEST_FILES"), "camera/*")))
	if err != nil || len(names) == 0 {
		b.Fatal("no photos", err)
	}
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}
