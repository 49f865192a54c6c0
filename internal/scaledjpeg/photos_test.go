package scaledjpeg

import (
	"bytes"
	"image"
	"image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// photos returns the JPEG files below the directory named by GALLERY_TEST_PHOTOS.
func photos(t testing.TB) []string {
	dir := os.Getenv("GALLERY_TEST_PHOTOS")
	if dir == "" {
		t.Skip("this takes real photos, of which the project has none: GALLERY_TEST_PHOTOS=DIR")
	}
	var files []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := strings.ToLower(filepath.Ext(path)); !e.IsDir() && (ext == ".jpg" || ext == ".jpeg") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestDecode_realPhotos decodes every file that image/jpeg can read and compares.
func TestDecode_realPhotos(t *testing.T) {
	for _, file := range photos(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, wantErr := jpeg.Decode(bytes.NewReader(data))
			got, err := Decode(data, 1)
			if wantErr != nil {
				t.Logf("image/jpeg: %v; we: %v, picture %v", wantErr, err, got != nil)
				return
			}
			if want.Bounds().Empty() {
				t.Logf("empty; we: %v", err)
				return
			}
			if err != nil {
				t.Errorf("Decode = %v, image/jpeg reads it", err)
			}
			if got == nil {
				return
			}
			compare(t, got, want)
		})
	}
}

// compare fails the test if two pictures of the same kind differ by more than rounding.
func compare(t testing.TB, got, want image.Image) {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Errorf("bounds are %v, want %v", got.Bounds(), want.Bounds())
		return
	}
	r := got.Bounds()
	switch want := want.(type) {
	case *image.Gray:
		got, ok := got.(*image.Gray)
		if !ok {
			t.Errorf("picture is not *image.Gray")
			return
		}
		comparePlane(t, "Y", r.Dx(), r.Dy(), got.Pix, got.Stride, want.Pix, want.Stride, 1)
	case *image.YCbCr:
		got, ok := got.(*image.YCbCr)
		if !ok || got.SubsampleRatio != want.SubsampleRatio {
			t.Errorf("picture is not *image.YCbCr %v", want.SubsampleRatio)
			return
		}
		last := want.COffset(r.Max.X-1, r.Max.Y-1)
		w, h := last%want.CStride+1, last/want.CStride+1
		comparePlane(t, "Y", r.Dx(), r.Dy(), got.Y, got.YStride, want.Y, want.YStride, 1)
		comparePlane(t, "Cb", w, h, got.Cb, got.CStride, want.Cb, want.CStride, 1)
		comparePlane(t, "Cr", w, h, got.Cr, got.CStride, want.Cr, want.CStride, 1)
	case *image.RGBA:
		got, ok := got.(*image.RGBA)
		if !ok {
			t.Errorf("picture is not *image.RGBA")
			return
		}
		comparePlane(t, "RGBA", 4*r.Dx(), r.Dy(), got.Pix, got.Stride, want.Pix, want.Stride, 1)
	case *image.CMYK:
		got, ok := got.(*image.CMYK)
		if !ok {
			t.Errorf("picture is not *image.CMYK")
			return
		}
		// A level of chroma may be two of red, green or blue.
		comparePlane(t, "CMYK", 4*r.Dx(), r.Dy(), got.Pix, got.Stride, want.Pix, want.Stride, 3)
	default:
		t.Errorf("unexpected %T", want)
	}
}

func comparePlane(t testing.TB, name string, w, h int, got []byte, gotStride int, want []byte, wantStride, tolerance int) {
	t.Helper()
	wrong := 0
	for y := range h {
		a, b := got[y*gotStride:][:w], want[y*wantStride:][:w]
		for x := range a {
			if diff := int(a[x]) - int(b[x]); diff > tolerance || diff < -tolerance {
				if wrong++; wrong == 1 {
					t.Errorf("%s at (%d, %d) = %d, want %d", name, x, y, a[x], b[x])
				}
			}
		}
	}
	if wrong > 1 {
		t.Errorf("%s: %d samples of %d differ", name, wrong, w*h)
	}
}
