package photo

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gallery/internal/testkit"
)

// photos calls f with each file of a folder of GALLERY_TEST_PHOTOS, and with
// what its manifest says that the Go decoders make of it.
func photos(t *testing.T, folder string, f func(t *testing.T, file []byte, decodes string)) {
	dir := os.Getenv("GALLERY_TEST_PHOTOS")
	if dir == "" {
		t.Skip("this takes real photos, of which the project has none: GALLERY_TEST_PHOTOS=DIR")
	}
	manifest, err := os.Open(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer manifest.Close()
	n := 0
	for lines := bufio.NewScanner(manifest); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		if !strings.HasPrefix(fields[0], folder+"/") {
			continue
		}
		file, err := os.ReadFile(filepath.Join(dir, fields[0]))
		if err != nil {
			t.Error(err)
			continue
		}
		n++
		t.Run(filepath.Base(fields[0]), func(t *testing.T) { f(t, file, fields[len(fields)-2]) })
	}
	if n == 0 {
		t.Errorf("no photos in %s", folder)
	}
}

// What the decoders decode becomes a thumbnail of the right dimensions.
func TestReduce_realPhotos(t *testing.T) {
	for _, folder := range []string{"camera", "odd"} {
		photos(t, folder, func(t *testing.T, file []byte, decodes string) {
			var format string
			var w, h int
			if n, _ := fmt.Sscanf(decodes, "ok %s %dx%d", &format, &w, &h); n != 3 {
				checkBroken(t, file)
				return
			}
			info, err := Inspect(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			if transposed(info.Orientation) {
				w, h = h, w
			}
			if info.Format == GIF {
				w, h = info.Width, info.Height // the decoder returns the frame only
			}
			if info.Format.String() != format || info.Width != w || info.Height != h {
				t.Errorf("Inspect = %v %d x %d, want %s %d x %d", info.Format, info.Width, info.Height, format, w, h)
			}
			var m image.Image
			used := testkit.Allocated(func() { m, err = Reduce(bytes.NewReader(file), int64(len(file)), info, 400) })
			if err != nil {
				t.Fatal(err)
			}
			if want := Fitted(image.Pt(w, h), 400); m.Bounds().Size() != want {
				t.Errorf("Reduce = %v, want %v", m.Bounds().Size(), want)
			}
			if used > info.Cost(400) {
				t.Errorf("allocated %d, cost %d", used, info.Cost(400))
			}
		})
	}
}

// What is broken fails soon, or succeeds, within its cost.
func TestReduce_realPhotosBroken(t *testing.T) {
	photos(t, "broken", func(t *testing.T, file []byte, _ string) { checkBroken(t, file) })
}

func checkBroken(t *testing.T, file []byte) {
	var err error
	took := testkit.Took(time.Second, func() {
		var info Info
		used := testkit.Allocated(func() { info, err = Inspect(bytes.NewReader(file), int64(len(file))) })
		if used > 4<<20 {
			t.Errorf("Inspect allocated %d", used)
		}
		if err != nil || info.Cost(400) > 256<<20 {
			return
		}
		used = testkit.Allocated(func() { _, err = Reduce(bytes.NewReader(file), int64(len(file)), info, 400) })
		if used > info.Cost(400) {
			t.Errorf("allocated %d, cost %d", used, info.Cost(400))
		}
	})
	if took > time.Second {
		t.Errorf("took a processor %v: %v", took, err)
	}
}

// Inspect of a camera's JPEG takes well under a millisecond.
func BenchmarkInspect_realPhotos(b *testing.B) {
	dir := os.Getenv("GALLERY_TEST_PHOTOS")
	names, _ := filepath.Glob(filepath.Join(dir, "camera", "*"))
	if dir == "" || len(names) == 0 {
		b.Skip("this takes real photos, of which the project has none: GALLERY_TEST_PHOTOS=DIR")
	}
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(name), func(b *testing.B) {
			b.ReportAllocs()
			r := &countingReader{r: bytes.NewReader(file)}
			n := 0
			for b.Loop() {
				if _, err := Inspect(r, int64(len(file))); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(r.n)/float64(n), "read-B/op")
		})
	}
}
