package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"gallery/internal/gainmap"
	"gallery/internal/testkit"
)

// hdr draws an HDR photo as a phone writes it, whose gain grows to the right, and returns its
// file with the map and without.
func hdr(t *testing.T, w, h int) (with, without []byte) {
	t.Helper()
	base, gain := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420), image.NewGray(image.Rect(0, 0, w/2, h/2))
	for i := range base.Y {
		base.Y[i] = uint8(i % base.YStride * 200 / w)
	}
	for i := range base.Cb {
		base.Cb[i], base.Cr[i] = 110, 140
	}
	for i := range gain.Pix {
		gain.Pix[i] = uint8(i % gain.Stride * 255 / gain.Stride)
	}
	var b, g bytes.Buffer
	if err := jpeg.Encode(&b, base, nil); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&g, gain, nil); err != nil {
		t.Fatal(err)
	}
	padding := testkit.Segment(0xea, "", make([]byte, 60_000)) // for a page to show previews
	var segments [][]byte
	for range 10 {
		segments = append(segments, padding)
	}
	without = testkit.WithSegments(b.Bytes(), segments...)
	return testkit.WithGainMap(without, g.Bytes(), testkit.GainXMP([3]float64{2.5, 2.5, 2.5})), without
}

// Previews of an HDR photo are Ultra HDR for another's reader, too, with the photo's own gain.
func TestGainMap_otherReader(t *testing.T) {
	t.Parallel()
	npm(t, "sharp/package.json")
	dir := t.TempDir()
	with, _ := hdr(t, 3000, 2000)
	put(t, filepath.Join(dir, "1.jpg"), with)
	warm(t, "-large", dir)
	files := []string{filepath.Join(dir, "1.jpg")}
	for _, rend := range []string{"1600", "2560", "4096", "800"} {
		files = append(files, filepath.Join(dir, "_thumbs", rend, "1.jpg"))
	}
	out, err := exec.Command(need(t, "node", "nodejs"), append([]string{"gainmap.js"}, files...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []struct {
		Width, Height, MapWidth int
		XMP                     string
		Values                  []float64
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	property := regexp.MustCompile(`hdrgm:(\w+)="([^"]*)"`)
	said := func(xmp string) string { return fmt.Sprint(property.FindAllStringSubmatch(xmp, -1)) }
	if len(found[0].Values) != 64 {
		t.Fatalf("the photo itself is no Ultra HDR: %s", out)
	}
	for i, want := range [][2]int{{3000, 1500}, {1600, 800}, {2560, 1280}, {3000, 1500}, {800, 0}} {
		f := found[i]
		if f.Width != want[0] || f.MapWidth != want[1] {
			t.Errorf("%s is %d wide with a map of %d, want %v", files[i], f.Width, f.MapWidth, want)
		}
		if want[1] == 0 || i == 0 {
			continue
		}
		for j, v := range f.Values {
			if math.Abs(v-found[0].Values[j]) > 4 { // of 255
				t.Errorf("%s: value %d of the map is %v, the photo's %v", files[i], j, v, found[0].Values[j])
			}
		}
		data, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		own, ok := gainmap.Find(bytes.NewReader(with), int64(len(with)))
		m, ok2 := gainmap.Find(bytes.NewReader(data), int64(len(data)))
		if !ok || !ok2 || m.Metadata != own.Metadata || said(f.XMP) == "[]" {
			t.Errorf("%s says %+v, %s, the photo %+v", files[i], m.Metadata, f.XMP, own.Metadata)
		}
	}
}

// On screens that are not HDR, Chromium shows an HDR photo's preview as that of the same photo
// without a gain map.
func TestGainMap_base(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	with, without := hdr(t, 2400, 1600)
	put(t, filepath.Join(dir, "with.jpg"), with)
	put(t, filepath.Join(dir, "without.jpg"), without)
	p := start(t, nil, dir)
	b := newBrowser(t, 1200, 800)
	b.visit(p.url + "/with.jpg/")
	if got := eval[[]int](b, `Promise.all(['with', 'without'].map(async (name) => {
		const img = new Image();
		img.src = '/_thumbs/1600/' + name + '.jpg';
		await img.decode();
		const canvas = new OffscreenCanvas(img.naturalWidth, img.naturalHeight).getContext('2d');
		canvas.drawImage(img, 0, 0);
		return canvas.getImageData(0, 0, img.naturalWidth, img.naturalHeight).data;
	})).then(([a, b]) => [a.length / 4, a.filter((v, i) => v !== b[i]).length])`); got[0] != 1600*1067 || got[1] != 0 {
		t.Errorf("of %d pixels, %d values differ", got[0], got[1])
	}
	if sizes := eval[[]int](b, `Promise.all(['with', 'without'].map((name) => fetch('/_thumbs/1600/' + name + '.jpg').then((a) => a.arrayBuffer()).then((a) => a.byteLength)))`); sizes[0] <= sizes[1] {
		t.Errorf("with a gain map it takes %d bytes, without %d", sizes[0], sizes[1])
	}
}
