package main

import (
	"bytes"
	"encoding/binary"
	"gallery/internal/album"
	"hash/crc32"
	"image"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exifTag is an Exif entry: its type (CIPA DC-008, 4.6.2), how many values
// there are, and the values' bytes in little-endian order.
type exifTag struct {
	tag, kind uint16
	count     uint32
	value     []byte
}

func exifText(tag uint16, s string) exifTag {
	return exifTag{tag, 2, uint32(len(s) + 1), append([]byte(s), 0)}
}

func exifShort(tag, v uint16) exifTag {
	return exifTag{tag, 3, 1, binary.LittleEndian.AppendUint16(nil, v)}
}

func exifRational(tag uint16, values ...uint32) exifTag {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return exifTag{tag, 5, uint32(len(values) / 2), b}
}

func exifDirectory(tag uint16, at int) exifTag {
	return exifTag{tag, 4, 1, binary.LittleEndian.AppendUint32(nil, uint32(at))}
}

// directory appends an image file directory, and its values behind it.
func directory(tiff []byte, tags ...exifTag) []byte {
	le := binary.LittleEndian
	values := len(tiff) + 2 + 12*len(tags) + 4
	tiff = le.AppendUint16(tiff, uint16(len(tags)))
	var behind []byte
	for _, t := range tags {
		tiff = le.AppendUint32(le.AppendUint16(le.AppendUint16(tiff, t.tag), t.kind), t.count)
		if len(t.value) <= 4 {
			tiff = append(tiff, append(slices.Clone(t.value), 0, 0, 0, 0)[:4]...)
			continue
		}
		tiff = le.AppendUint32(tiff, uint32(values+len(behind)))
		behind = append(behind, t.value...)
	}
	return append(le.AppendUint32(tiff, 0), behind...)
}

// writeCameraPhoto draws a JPEG and writes it with the Exif of a camera that
// knows where it is.
func writeCameraPhoto(t *testing.T, path, caption string) {
	t.Helper()
	const detailsAt, placeAt = 1000, 2000
	tiff := directory([]byte("II\x2a\x00\x08\x00\x00\x00"), exifText(0x010e, caption), exifText(0x010f, "NIKON CORPORATION"),
		exifText(0x0110, "NIKON <D90>"), exifDirectory(0x8769, detailsAt), exifDirectory(0x8825, placeAt))
	tiff = append(tiff, make([]byte, detailsAt-len(tiff))...)
	tiff = directory(tiff, exifRational(0x829a, 10, 2500), exifRational(0x829d, 28, 10), exifShort(0x8827, 400),
		exifText(0x9003, "2024:03:07 09:05:00"), exifRational(0x920a, 35, 1), exifShort(0xa405, 52), exifText(0xa434, "35mm & more"))
	tiff = append(tiff, make([]byte, placeAt-len(tiff))...)
	tiff = directory(tiff, exifText(1, "S"), exifRational(2, 33, 1, 51, 1, 36, 1), exifText(3, "E"), exifRational(4, 151, 1, 12, 1, 0, 1))
	segment := append([]byte("\xff\xe1\x00\x00Exif\x00\x00"), tiff...)
	binary.BigEndian.PutUint16(segment[2:], uint16(len(segment)-2))
	var b bytes.Buffer
	if err := jpeg.Encode(&b, draw(60, 40, 1), nil); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, slices.Concat(b.Bytes()[:2], segment, b.Bytes()[2:]))
}

// facts reads the information on a photo's page.
func (s *site) facts(path, accepted string) map[string]string {
	s.t.Helper()
	doc := parse(s.t, s.get(path, "Accept-Language", accepted).body)
	terms, texts := values(doc, "dl.info > div > dt", ""), values(doc, "dl.info > div > dd", "")
	if len(terms) != len(texts) {
		s.t.Fatalf("%s has the terms %q and the texts %q", path, terms, texts)
	}
	all := map[string]string{}
	for i := range terms {
		all[terms[i]] = texts[i]
	}
	return all
}

func TestPhotoPage_info(t *testing.T) {
	dir := t.TempDir()
	writeCameraPhoto(t, filepath.Join(dir, "camera.jpg"), "A <b>day</b>")
	write(t, filepath.Join(dir, "plain.png"), 64, 48, 1)
	writeFile(t, filepath.Join(dir, "bad.jpg"), []byte("not a picture"))
	s := newSite(t, dir)
	for _, test := range []struct {
		path, accepted string
		want           map[string]string
	}{
		{"/camera.jpg/", "en", map[string]string{"Camera": "NIKON <D90>", "Lens": "35mm & more", "Focal length": "35 mm (52 mm on 35 mm film)",
			"Aperture": "f/2.8", "Shutter": "1/250 s", "Sensitivity": "ISO 400", "Date": "7 March 2024, 09:05", "Dimensions": "60 × 40"}},
		{"/camera.jpg/", "de", map[string]string{"Kamera": "NIKON <D90>", "Objektiv": "35mm & more", "Brennweite": "35 mm (52 mm bei Kleinbild)",
			"Blende": "f/2,8", "Belichtungszeit": "1/250 s", "Empfindlichkeit": "ISO 400", "Datum": "7. März 2024, 09:05", "Abmessungen": "60 × 40"}},
		{"/plain.png/", "en", map[string]string{"Dimensions": "64 × 48"}},
		{"/bad.jpg/", "en", map[string]string{}},
	} {
		got := s.facts(test.path, test.accepted)
		for _, file := range []string{"Size", "Größe", "File name", "Dateiname"} {
			delete(got, file)
		}
		if len(got) != len(test.want) {
			t.Errorf("%s in %s tells %q, want %q", test.path, test.accepted, got, test.want)
		}
		for term, text := range test.want {
			if got[term] != text {
				t.Errorf("%s in %s: %s = %q, want %q", test.path, test.accepted, term, got[term], text)
			}
		}
	}
	if got := s.facts("/bad.jpg/", "es"); got["Tamaño"] != "13 B" || got["Nombre de archivo"] != "bad.jpg" {
		t.Errorf("bad.jpg tells %q, want its size, 13 B, and its name", got)
	}
	doc := s.page("/camera.jpg/")
	for selector, want := range map[string][2]string{
		"img#photo":                   {"data-thumb", s.thumbnail("/", "camera.jpg")},
		"a.download[download]":        {"href", "/camera.jpg"},
		"figcaption":                  {"", "A <b>day</b>"},
		`a[rel="prev"]`:               {"href", "/bad.jpg/"},
		`a[rel="next"]`:               {"href", "/plain.png/"},
		`a[rel="up"]`:                 {"href", "/"},
		`img#photo[width][height]`:    {"alt", "camera"},
		`a.download[data-bytes="13"]`: {"", ""},
	} {
		got := values(doc, selector, want[0])
		if want == [2]string{} {
			if len(got) != 0 {
				t.Errorf("there is a %s: %q", selector, got)
			}
		} else if !slices.Equal(got, []string{want[1]}) {
			t.Errorf("%s has %s %q, want %q", selector, want[0], got, want[1])
		}
	}
}

// thumbnail returns the address that an album's page has for a photo's thumbnail.
func (s *site) thumbnail(album, file string) string {
	s.t.Helper()
	for _, src := range values(s.page(album), ".grid img", "src") {
		if before, _, _ := strings.Cut(src, "?"); strings.HasSuffix(before, "/"+file) {
			return src
		}
	}
	s.t.Fatalf("%s shows no %s", album, file)
	return ""
}

// Where a photo was taken shows with -gps, and without it nowhere.
func TestPhotoPage_position(t *testing.T) {
	dir := t.TempDir()
	writeCameraPhoto(t, filepath.Join(dir, "here.jpg"), "")
	for _, gps := range []bool{false, true} {
		s := newSite(t, dir, func(c *config) { c.gps = gps })
		page := s.get("/here.jpg/").body
		var want []string
		if gps {
			want = []string{"https://www.openstreetmap.org/?mlat=-33.86000&mlon=151.20000#map=15/-33.86000/151.20000"}
		}
		if got := values(parse(t, page), "dl.info a.map", "href"); !slices.Equal(got, want) {
			t.Errorf("-gps=%v: the map is at %q, want %q", gps, got, want)
		}
		for _, body := range [][]byte{page, s.get("/").body, s.get("/_thumbs/here.jpg").body, s.get("/_thumbs/1600/here.jpg").body} {
			if !gps && (bytes.Contains(body, []byte("33.86")) || bytes.Contains(body, []byte("openstreetmap")) || bytes.Contains(body, []byte("GPS"))) {
				t.Errorf("without -gps an answer says where: %.200q", body)
			}
		}
	}
}

func TestPhotoPage(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.png"), 64, 48, 1)
	writeNoise(t, filepath.Join(dir, "large.jpg"), 1800, 1200)
	writeFile(t, filepath.Join(dir, "bad.jpg"), []byte("not a picture"))
	s := newSite(t, dir)
	for name, want := range map[string]string{
		"small.png": "/small.png",
		"large.jpg": "/_thumbs/1600/large.jpg",
		"bad.jpg":   "",
	} {
		doc := s.page("/" + name + "/")
		got, _, _ := strings.Cut(strings.Join(values(doc, "#photo", "src"), " "), "?")
		if got != want {
			t.Errorf("the page of %s shows %s, want %s", name, got, want)
		}
		if got := values(doc, "a.download", "href"); !slices.Equal(got, []string{"/" + name}) {
			t.Errorf("the page of %s offers %s for download", name, got)
		}
	}
	a := s.get("/large.jpg/")
	if again := s.get("/large.jpg/", "If-None-Match", a.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("a photo's page with its ETag = %d, want 304", again.StatusCode)
	}
	preview, err := jpeg.DecodeConfig(bytes.NewReader(s.get("/_thumbs/1600/large.jpg").body))
	if err != nil || preview.Width != 1600 || preview.Height != 1067 {
		t.Errorf("the preview is %d x %d, %v, want 1600 x 1067", preview.Width, preview.Height, err)
	}
}

// A preview that has as many pixels as its photo and no fewer bytes is not made: the
// photo is shown. Its address leads to the photo's.
func TestPhotoPage_previewSavesNothing(t *testing.T) {
	dir := t.TempDir()
	noise := func(quality int) []byte {
		m := image.NewNRGBA(image.Rect(0, 0, 1500, 1200))
		v := uint32(1)
		for i := range m.Pix {
			v = v*1664525 + 1013904223
			m.Pix[i] = uint8(v>>24) | -uint8(i%4/3)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	coarse, fine := noise(60), noise(95)
	if len(coarse) < 600<<10 {
		t.Fatalf("%d bytes are too few for the test", len(coarse))
	}
	writeFile(t, filepath.Join(dir, "coarse.jpg"), coarse)
	writeFile(t, filepath.Join(dir, "fine.jpg"), fine)
	write(t, filepath.Join(dir, "small.jpg"), 1000, 700, 1)
	s := newSite(t, dir)
	for name, want := range map[string]string{"coarse.jpg": "/coarse.jpg", "fine.jpg": "/_thumbs/1600/fine.jpg", "small.jpg": "/small.jpg"} {
		page := s.page("/" + name + "/")
		if got, _, _ := strings.Cut(values(page, "#photo", "src")[0], "?"); got != want {
			t.Errorf("the page of %s shows %s, want %s", name, got, want)
		}
	}
	if got := s.get("/_thumbs/1600/coarse.jpg"); got.StatusCode != 302 || got.Header.Get("Location") != "/coarse.jpg" || got.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("the preview is answered with %d, Location: %q", got.StatusCode, got.Header.Get("Location"))
	}
	if got := len(find(s.page("/"), "figure.photo a[data-itself]")); got != 2 {
		t.Errorf("the album says of %d photos that they are shown themselves, want 2", got)
	}
	warmUp(t, []string{dir}, "3 photos: 3 made in")
	for name, want := range map[string]bool{"coarse.jpg": false, "fine.jpg": true, "small.jpg": false} {
		if got := there(filepath.Join(dir, album.ThumbsDir, "1600", name)); got != want {
			t.Errorf("warm made the preview of %s: %t, want %t", name, got, want)
		}
	}
}

// A photo's page shows what moves itself, whatever its size, and never what a browser
// does not turn upright.
func TestPhotoPage_showsSource(t *testing.T) {
	dir := t.TempDir()
	var moving gif.GIF
	noise := rand.New(rand.NewPCG(1, 2))
	for range 2 {
		m := image.NewPaletted(image.Rect(0, 0, 700, 600), palette.WebSafe)
		for i := range m.Pix {
			m.Pix[i] = byte(noise.IntN(200))
		}
		moving.Image, moving.Delay = append(moving.Image, m), append(moving.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &moving); err != nil {
		t.Fatal(err)
	}
	if b.Len() < 512<<10 {
		t.Fatalf("the animation has only %d bytes", b.Len())
	}
	writeFile(t, filepath.Join(dir, "moving.gif"), b.Bytes())
	write(t, filepath.Join(dir, "small.png"), 60, 40, 1)
	// The Exif of a PNG behind its pixels, which browsers do not heed: turned to the right.
	png, err := os.ReadFile(filepath.Join(dir, "small.png"))
	if err != nil {
		t.Fatal(err)
	}
	exif := []byte("eXIfMM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(exif)-4))
	chunk = binary.BigEndian.AppendUint32(append(chunk, exif...), crc32.ChecksumIEEE(exif))
	end := len(png) - 12 // IEND
	writeFile(t, filepath.Join(dir, "turned.png"), slices.Concat(png[:end], chunk, png[end:]))
	s := newSite(t, dir)
	for file, want := range map[string]string{
		"moving.gif": "/moving.gif", "small.png": "/small.png", "turned.png": "/_thumbs/1600/turned.png",
	} {
		doc := s.page("/" + file + "/")
		src, _, _ := strings.Cut(strings.Join(values(doc, "#photo", "src"), " "), "?")
		if src != want {
			t.Errorf("the page of %s shows %s, want %s", file, src, want)
		}
	}
	if got := values(s.page("/turned.png/"), "#photo", "height"); !slices.Equal(got, []string{"60"}) {
		t.Errorf("what is turned has the height %q, want 60", got)
	}
}
