package sample

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"math"
	"math/big"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bep/imagemeta"
	"github.com/disintegration/imaging"
)

// files returns the names of all files below dir, with slashes.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Over an older version everything is drawn again, and nothing else touched.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	stand(t, dir)
	others := []string{"Landscapes/mine.jpg", "Studies/.mine", "mine.txt"}
	for _, name := range append(others, marker) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}

	for _, name := range others {
		if !isMine(dir, name) {
			t.Errorf("%s, which is not part of the sample, was replaced", name)
		}
	}
	want := append(others, marker)
	for _, p := range catalogue() {
		want = append(want, p.name)
	}
	slices.Sort(want)
	got := files(t, dir)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("files = %q, want %q", got, want)
	}

	var total int64
	for _, p := range catalogue() {
		name := filepath.Join(dir, filepath.FromSlash(p.name))
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
		if !info.ModTime().Equal(p.taken) {
			t.Errorf("%s: mtime %v, want %v", p.name, info.ModTime(), p.taken)
		}
		img, err := imaging.Open(name, imaging.AutoOrientation(true))
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
			continue
		}
		if got, want := img.Bounds().Size(), image.Pt(p.w, p.h); got != want {
			t.Errorf("%s: %v pixels when upright, want %v", p.name, got, want)
		}
		if path.Ext(p.name) == ".png" && imaging.Clone(img).Opaque() {
			t.Errorf("%s is opaque", p.name)
		}
	}
	if total > 6e6 {
		t.Errorf("all files together have %d bytes, want at most 6 MB", total)
	}

	// Nothing that has to do with the drawing of one picture, such as what
	// was on the canvas before, may show in it.
	t.Run("deterministic", func(t *testing.T) {
		for _, p := range catalogue() {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				c := new(canvas).reset(p.w, p.h)
				for i := range c.pix {
					c.pix[i] = ink{float32(i % 7), 1, 1, 1}
				}
				got, err := p.encode(c)
				if err != nil {
					t.Fatal(err)
				}
				want, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(p.name)))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Error("drawn again, the file differs")
				}
			})
		}
	})
}

func TestCatalogue(t *testing.T) {
	extensions, orientations, captions := map[string]int{}, map[int]int{}, 0
	var shapes struct{ landscape, portrait, square, panorama int }
	first, last := catalogue()[0].taken, catalogue()[0].taken
	seen := map[time.Time]string{}
	for _, p := range catalogue() {
		extensions[path.Ext(p.name)]++
		orientations[p.orientation]++
		if p.caption != "" {
			captions++
		}
		switch {
		case p.w == 3*p.h:
			shapes.panorama++
		case p.w > p.h:
			shapes.landscape++
		case p.w < p.h:
			shapes.portrait++
		default:
			shapes.square++
		}
		if p.taken.Before(first) {
			first = p.taken
		}
		if p.taken.After(last) {
			last = p.taken
		}
		if seen[p.taken] != "" {
			t.Errorf("%s and %s were taken at the same time", p.name, seen[p.taken])
		}
		seen[p.taken] = p.name
	}
	if len(catalogue()) != 24 || extensions[".jpg"] < 20 || extensions[".png"] < 1 || extensions[".gif"] < 1 {
		t.Errorf("%d pictures, extensions %v", len(catalogue()), extensions)
	}
	for _, o := range []int{1, 3, 6, 8} {
		if orientations[o] == 0 {
			t.Errorf("no picture has orientation %d", o)
		}
	}
	if captions < 5 {
		t.Errorf("%d pictures have a caption, want some", captions)
	}
	if shapes.landscape == 0 || shapes.portrait == 0 || shapes.square == 0 || shapes.panorama != 1 {
		t.Errorf("shapes: %+v", shapes)
	}
	if span := last.Sub(first); span < 365*24*time.Hour {
		t.Errorf("all pictures were taken within %v", span)
	}
}

// A picture stored on its side must come out as the upright one would.
func TestEncode_orientation(t *testing.T) {
	upright := func(orientation int) *image.NRGBA {
		p := picture{name: "a.jpg", w: 96, h: 64, orientation: orientation, scene: tiles{colours(0, 0xff8000, 0x20ffff), 3, 3}}
		data, err := p.encode(new(canvas))
		if err != nil {
			t.Fatal(err)
		}
		img, err := imaging.Decode(bytes.NewReader(data), imaging.AutoOrientation(true))
		if err != nil {
			t.Fatal(err)
		}
		return imaging.Clone(img)
	}
	want := upright(1)
	for _, o := range []int{3, 6, 8} {
		got := upright(o)
		if got.Rect != want.Rect {
			t.Errorf("orientation %d: bounds %v, want %v", o, got.Rect, want.Rect)
			continue
		}
		sum := 0.0
		for i, v := range got.Pix {
			sum += math.Abs(float64(v) - float64(want.Pix[i]))
		}
		if mean := sum / float64(len(want.Pix)); mean > 6 {
			t.Errorf("orientation %d: samples differ by %.1f on average, want at most 6", o, mean)
		}
	}
}

// stand puts a short file in the place of every picture but those named, so
// that only these are still to be drawn.
func stand(t *testing.T, dir string, except ...string) {
	t.Helper()
	for _, p := range catalogue() {
		name := filepath.Join(dir, filepath.FromSlash(p.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(except, p.name) {
			continue
		}
		if err := os.WriteFile(name, []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// isMine reports whether the file still is what stand has put there.
func isMine(dir, name string) bool {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	return err == nil && string(data) == "mine"
}

func TestWrite_complete(t *testing.T) {
	dir := t.TempDir()
	for _, v := range []string{"2\n", "3\n"} {
		if err := os.WriteFile(filepath.Join(dir, marker), []byte(v), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Write(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if got := files(t, dir); len(got) != 1 {
			t.Errorf("marked as version %q: Write has written %q, want nothing", v, got)
		}
	}
}

func TestWrite_interrupted(t *testing.T) {
	dir, missing := t.TempDir(), "Studies/evening.gif"
	stand(t, dir, missing)
	if err := Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for _, p := range catalogue() {
		if isMine(dir, p.name) != (p.name != missing) {
			t.Errorf("%s: drawn = %v", p.name, !isMine(dir, p.name))
		}
	}
}

func TestWrite_twoAtOnce(t *testing.T) {
	dir, missing := t.TempDir(), "Studies/glass.png"
	stand(t, dir, missing)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			if err := Write(t.Context(), dir); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got, want := len(files(t, dir)), len(catalogue())+1; got != want {
		t.Errorf("%d files, want %d", got, want)
	}
}

func TestWrite_cancelled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "sample")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Write(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("Write = %v, want %v", err, context.Canceled)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("Write has written %q", got)
	}
}

func TestWrite_notADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sample")
	if err := os.WriteFile(dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), dir); err == nil {
		t.Error("Write to a file = nil, want an error")
	}
}

// tags returns what a reader of metadata finds in a JPEG file.
func tags(t *testing.T, file []byte) map[string]any {
	t.Helper()
	found := map[string]any{}
	_, err := imagemeta.Decode(imagemeta.Options{
		R:               bytes.NewReader(file),
		ImageFormat:     imagemeta.JPEG,
		Sources:         imagemeta.EXIF | imagemeta.IPTC | imagemeta.XMP,
		ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
		Warnf:           t.Errorf,
		HandleTag: func(i imagemeta.TagInfo) error {
			found[i.Tag] = i.Value
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestExif(t *testing.T) {
	for _, p := range catalogue() {
		if path.Ext(p.name) != ".jpg" {
			continue
		}
		got := tags(t, append(append([]byte("\xff\xd8"), p.exif()...), "\xff\xd9"...))
		for tag, want := range map[string]any{
			"DateTimeOriginal": p.taken.Format(exifTime),
			"Orientation":      p.orientation,
			"ImageDescription": p.caption,
			"Make":             "Imaginary",
			"ExposureTime":     big.NewRat(int64(p.camera.exposure[0]), int64(p.camera.exposure[1])).RatString(),
			"FNumber":          big.NewRat(int64(p.camera.stop[0]), int64(p.camera.stop[1])).RatString(),
			"ISO":              p.camera.iso,
			"FocalLength":      p.camera.focal,
		} {
			if fmt.Sprint(got[tag]) != fmt.Sprint(want) {
				t.Errorf("%s: %s %v, want %v", p.name, tag, got[tag], want)
			}
		}
		// A value begins at an even offset from the TIFF header (TIFF 6.0, section 2).
		for _, value := range []string{"Imaginary", "Sketch 1", p.taken.Format(exifTime)} {
			if i := bytes.Index(p.exif(), []byte(value)); i < 0 || i%2 != 0 {
				t.Errorf("%s: %q lies at %d of the segment, want it at an even place", p.name, value, i)
			}
		}
		for _, r := range p.caption {
			if r > 126 {
				t.Errorf("%s: %q in an Exif caption, want ASCII", p.name, r)
			}
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(b.Context(), b.TempDir()); err != nil {
			b.Fatal(err)
		}
	}
}
