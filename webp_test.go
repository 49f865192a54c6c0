package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	xwebp "golang.org/x/image/webp"

	"gallery/internal/album"
	"gallery/internal/photo"
	"gallery/internal/rendition"
	"gallery/internal/webp"
)

// needWebP ends the test where the encoder cannot run.
func needWebP(t *testing.T) {
	t.Helper()
	if err := webp.Supported(); err != nil {
		lacks(t, "WebP cannot be made: %v", err)
	}
}

// warmUp runs "gallery warm" and fails the test unless it says all of the texts.
func warmUp(t *testing.T, args []string, texts ...string) {
	t.Helper()
	var out bytes.Buffer
	if err := runWarm(t.Context(), args, &out, &out); err != nil {
		t.Fatalf("gallery warm %q: %v\n%s", args, err, out.String())
	}
	for _, text := range texts {
		if !strings.Contains(out.String(), text) {
			t.Errorf("gallery warm %q says %q, want %q", args, out.String(), text)
		}
	}
}

// check fails the test unless a thumbnail is answered in the given type,
// depending on Accept.
func (s *site) checkThumb(path, accept, want string) response {
	s.t.Helper()
	a := s.get(path, "Accept", accept)
	if a.StatusCode != 200 || a.Header.Get("Content-Type") != want || a.Header.Get("Vary") != "Accept" {
		s.t.Errorf("GET %s, Accept: %s = %d %s, Vary: %q, want %s", path, accept, a.StatusCode, a.Header.Get("Content-Type"), a.Header.Get("Vary"), want)
	}
	return a
}

const chromium = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"

func TestWebP_byAccept(t *testing.T) {
	needWebP(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 1000, 700, 1)
	s := newSite(t, dir) // without -webp: what is there is served all the same
	s.checkThumb("/a/_thumbs/1.jpg", chromium, "image/jpeg")
	warmUp(t, []string{"-webp", dir}, "1 made")
	warmUp(t, []string{"-webp", dir}, "0 made", "1 were warm")

	asJPEG := s.checkThumb("/a/_thumbs/1.jpg?v=1", "image/*", "image/jpeg")
	asWebP := s.checkThumb("/a/_thumbs/1.jpg?v=1", chromium, "image/webp")
	if c, err := xwebp.DecodeConfig(bytes.NewReader(asWebP.body)); err != nil || c.Width != 400 || c.Height != 280 {
		t.Errorf("the WebP is %d x %d, %v", c.Width, c.Height, err)
	}
	if len(asWebP.body) >= len(asJPEG.body) {
		t.Errorf("the WebP has %d bytes, the JPEG %d", len(asWebP.body), len(asJPEG.body))
	}
	if asWebP.Header.Get("ETag") == asJPEG.Header.Get("ETag") || asWebP.Header.Get("Last-Modified") != asJPEG.Header.Get("Last-Modified") {
		t.Errorf("validators are %v and %v", asWebP.Header, asJPEG.Header)
	}
	s.checkThumb("/a/_thumbs/1.jpg", "image/webp;q=0,image/*", "image/jpeg")
	for _, of := range []response{asJPEG, asWebP} {
		for accept, want := range map[string]int{chromium: 200, "image/jpeg": 200} {
			if accept == chromium == (of.Header.Get("Content-Type") == "image/webp") {
				want = 304
			}
			a := s.get("/a/_thumbs/1.jpg", "Accept", accept, "If-None-Match", of.Header.Get("ETag"))
			if a.StatusCode != want || a.Header.Get("Vary") != "Accept" {
				t.Errorf("whether a %s is valid for one who accepts %s: %d, Vary: %q, want %d", of.Header.Get("Content-Type"), accept, a.StatusCode, a.Header.Get("Vary"), want)
			}
		}
	}
	if a := s.do("HEAD", "/a/_thumbs/1.jpg", "Accept", chromium); a.Header.Get("Content-Type") != "image/webp" {
		t.Errorf("HEAD answers with %v", a.Header)
	}
	if a := s.get("/a/_thumbs/1.jpg", "Accept", chromium, "Range", "bytes=0-3"); a.StatusCode != 206 || string(a.body) != "RIFF" {
		t.Errorf("a part of the WebP = %d %q", a.StatusCode, a.body)
	}
	// Other renditions, and the folder itself, know nothing of it.
	if a := s.get("/a/_thumbs/800/1.jpg", "Accept", chromium); a.Header.Get("Content-Type") != "image/jpeg" || a.Header.Get("Vary") != "" {
		t.Errorf("another rendition answers with %v", a.Header)
	}
	if a := s.get("/a/_thumbs/webp/1.jpg", "Accept", chromium); a.StatusCode != 404 {
		t.Errorf("GET /a/_thumbs/webp/1.jpg = %d", a.StatusCode)
	}
}

// A WebP never shows another state of the photo than the JPEG.
func TestWebP_freshness(t *testing.T) {
	needWebP(t)
	dir := t.TempDir()
	original := filepath.Join(dir, "changing.jpg")
	stored := filepath.Join(dir, album.ThumbsDir, "webp", "changing.jpg")
	write(t, original, 1000, 700, 1)
	s := newSite(t, dir, func(c *config) { c.webp = true })
	warmUp(t, []string{"-webp", dir})
	s.checkThumb("/_thumbs/changing.jpg", chromium, "image/webp")

	// The photo changes: the JPEG is made anew, and the WebP goes.
	write(t, original, 700, 1000, 2)
	s.checkThumb("/_thumbs/changing.jpg", chromium, "image/jpeg")
	if there(stored) {
		t.Error("the stale WebP is still there, and nginx serves it")
	}
	// A WebP whose JPEG was made by something else is not served.
	warmUp(t, []string{"-webp", dir}, "1 made")
	s.checkThumb("/_thumbs/changing.jpg", chromium, "image/webp")
	when := time.Now().Add(-time.Hour)
	if err := os.Chtimes(stored, when, when); err != nil {
		t.Fatal(err)
	}
	s.checkThumb("/_thumbs/changing.jpg", chromium, "image/jpeg")
	// In the background it is made anew.
	s.inBackground()
	s.get("/")
	await(t, "the WebP", func() bool { return there(stored) })
	// The photo goes: so does the WebP.
	os.Remove(original)
	s.later()
	s.get("/")
	if there(stored) {
		t.Error("the WebP outlives its photo")
	}
}

// Where the JPEG is smaller there is no WebP, and none is tried again.
func TestWebP_notSmaller(t *testing.T) {
	needWebP(t)
	dir := t.TempDir()
	m := image.NewNRGBA(image.Rect(0, 0, 400, 300))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = uint8(random.IntN(256)) | uint8(i%4/3*255)
	}
	var noise bytes.Buffer
	if err := png.Encode(&noise, m); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("n", 251) + ".png" // no name may be longer
	writeFile(t, filepath.Join(dir, "noise.png"), noise.Bytes())
	writeFile(t, filepath.Join(dir, long), noise.Bytes())
	s := newSite(t, dir, func(c *config) { c.quality, c.webp = 1, true })
	warmUp(t, []string{"-webp", "-quality", "1", dir}, "2 made")
	// That of the long name cannot be noted, and is tried once more.
	warmUp(t, []string{"-webp", "-quality", "1", dir}, "1 made", "1 were warm")
	for _, name := range []string{"noise.png", long} {
		s.checkThumb("/_thumbs/"+name, chromium, "image/jpeg")
		if there(filepath.Join(dir, album.ThumbsDir, "webp", name)) {
			t.Errorf("a WebP of %.10s was kept although it is larger", name)
		}
	}
	if out, err := cleaned(t, "-quality", "1", dir); err != nil || !strings.Contains(out, "freed 0 files") {
		t.Errorf("clean says %q, %v", out, err)
	}
	// A photo that is gone leaves nothing.
	os.Remove(filepath.Join(dir, "noise.png"))
	s.later()
	s.get("/")
	if there(filepath.Join(dir, album.ThumbsDir, "webp", rendition.NoAlternative("noise.png"))) {
		t.Error("what says that there is to be no WebP outlives the photo")
	}
}

// The colour profile is in the WebP, too.
func TestWebP_profile(t *testing.T) {
	needWebP(t)
	dir := t.TempDir()
	profile := bytes.Repeat([]byte("profile "), 40)
	binary.BigEndian.PutUint32(profile, uint32(len(profile)))
	copy(profile[16:], "RGB ")
	copy(profile[36:], "acsp")
	var file bytes.Buffer
	m := image.NewYCbCr(image.Rect(0, 0, 500, 400), image.YCbCrSubsampleRatio444)
	for i := range m.Y {
		m.Y[i], m.Cb[i], m.Cr[i] = uint8(i), uint8(i/500), 128
	}
	if err := photo.Encode(&file, m, 90, nil, profile); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "1.jpg"), file.Bytes())
	s := newSite(t, dir)
	warmUp(t, []string{"-webp", dir}, "1 made")
	if jpeg := s.checkThumb("/_thumbs/1.jpg", "image/jpeg", "image/jpeg"); !bytes.Contains(jpeg.body, profile) {
		t.Fatal("the JPEG has no profile")
	}
	if a := s.checkThumb("/_thumbs/1.jpg", chromium, "image/webp"); !bytes.Contains(a.body, profile) {
		t.Error("the WebP has no profile")
	}
}

// What clean does with WebPs.
func TestClean_webp(t *testing.T) {
	needWebP(t)
	dir := t.TempDir()
	for _, name := range []string{"keep.jpg", "gone.jpg", "lonely.jpg", "torn.jpg"} {
		write(t, filepath.Join(dir, name), 1000, 700, 1) // of which a WebP saves much
	}
	warmUp(t, []string{"-webp", dir}, "4 made")
	at := func(name string) string { return filepath.Join(dir, album.ThumbsDir, "webp", name) }
	os.Remove(filepath.Join(dir, "gone.jpg"))
	os.Remove(filepath.Join(dir, album.ThumbsDir, "lonely.jpg"))
	writeFile(t, at("torn.jpg"), nil)
	writeFile(t, at(".noise.jpg"), nil)
	writeFile(t, at(".tmp-01234567"), nil)
	writeFile(t, at("notes.txt"), nil)
	writeFile(t, at("sub/1.jpg"), nil)
	want := map[string]string{"keep.jpg": "", "gone.jpg": "of photos that are gone", "lonely.jpg": "older than their photos", "torn.jpg": "older than their photos",
		".noise.jpg": "of photos that are gone", ".tmp-01234567": "left unfinished", "notes.txt": "not the gallery's", "sub/": "not the gallery's"}
	dry, err := cleaned(t, "-dry-run", dir)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := cleaned(t, dir); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, reason := range want {
		if line := `"_thumbs/webp/` + name + `": ` + reason; strings.Contains(dry, line) != (reason != "") {
			t.Errorf("a dry run does not say %s:\n%s", line, dry)
		}
		if there(at(name)) != (reason == "") {
			t.Errorf("after clean %s is there: %v (%s)", name, there(at(name)), reason)
		}
	}
	if out, err := cleaned(t, "-max-size", "1B", dir); err != nil || there(filepath.Join(dir, album.ThumbsDir, "keep.jpg")) || there(at("keep.jpg")) {
		t.Errorf("clean -max-size leaves a thumbnail: %q, %v", out, err)
	}
}
