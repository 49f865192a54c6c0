package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/photo"
	"gallery/internal/rendition"
)

func unescape(t *testing.T, path string) string {
	t.Helper()
	p, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThumbnail_onDisk(t *testing.T) {
	s := smallSite(t)
	s.get("/Trip/")
	path := filepath.Join(s.dir, "Trip", album.ThumbsDir, "2.PNG")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width != 240 || c.Height != 400 {
		t.Errorf("the thumbnail is %d x %d, %v, want 240 x 400", c.Width, c.Height, err)
	}
	if !bytes.HasPrefix(data[6:], []byte(`gallery 1 {"`)) || data[2] != 0xFF || data[3] != 0xFE {
		t.Errorf("the thumbnail begins with %q, want a COM segment with the record", data[:20])
	}
	src, err := os.Stat(filepath.Join(s.dir, "Trip", "2.PNG"))
	if err != nil {
		t.Fatal(err)
	}
	r, ok := rendition.ReadRecord(bytes.NewReader(data))
	want := rendition.Record{
		Size: src.Size(), MTime: src.ModTime().UnixNano(), CTime: album.ChangeTime(src), Width: 300, Height: 500,
		Read: r.Read, Digest: r.Digest, Color: r.Color, Options: "400px q82 r6",
	}
	if !ok || !reflect.DeepEqual(r, want) || len(r.Color) != 7 || len(r.Digest) != 16 || r.Read < src.ModTime().UnixNano() {
		t.Errorf("the record is %+v, %v, want %+v", r, ok, want)
	}
	if info, _ := os.Stat(path); time.Since(info.ModTime()) > time.Minute || info.Mode().Perm() != 0o644 {
		t.Errorf("the thumbnail has mtime %v and mode %v", info.ModTime(), info.Mode())
	}
	// Never enlarged.
	small, err := os.ReadFile(filepath.Join(s.dir, "Trip", album.ThumbsDir, "10.gif"))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := jpeg.DecodeConfig(bytes.NewReader(small)); err != nil || c.Width != 90 || c.Height != 60 {
		t.Errorf("the small picture's thumbnail is %d x %d, %v, want 90 x 60", c.Width, c.Height, err)
	}
}

// A thumbnail is made anew when size, mtime or options change, or when another
// program made it; otherwise never.
func TestThumbnail_freshness(t *testing.T) {
	dir := t.TempDir()
	original := filepath.Join(dir, "changing.jpg")
	thumb := filepath.Join(dir, album.ThumbsDir, "changing.jpg")
	write(t, original, 500, 400, 1)
	write(t, thumb, 400, 300, 2) // as the predecessor left it
	steps := []struct {
		name   string
		change func(*site)
		made   int
	}{
		{"the predecessor's", func(*site) {}, 1},
		{"nothing", func(*site) {}, 0},
		{"mtime", func(*site) { os.Chtimes(original, time.Now(), time.Unix(1e9, 5)) }, 1},
		{"mtime by 1 ns", func(*site) { os.Chtimes(original, time.Now(), time.Unix(1e9, 6)) }, 1},
		{"size, not mtime", func(*site) {
			write(t, original, 600, 400, 1)
			os.Chtimes(original, time.Now(), time.Unix(1e9, 6))
		}, 1},
		{"quality", func(s *site) { s.config.quality = 60; s.restart() }, 1},
		{"side", func(s *site) { s.config.thumbSize = 200; s.restart() }, 1},
		{"thumbnail gone", func(*site) { os.Remove(thumb) }, 1},
		{"thumbnail torn", func(*site) { os.Truncate(thumb, 100) }, 1},
		{"thumbnail empty", func(*site) { os.Truncate(thumb, 0) }, 1},
	}
	s := newSite(t, dir)
	for _, step := range steps {
		step.change(s)
		for _, path := range []string{"/_thumbs/changing.jpg", "/"} {
			before := s.made()
			s.later()
			if got := s.get(path); got.StatusCode != 200 {
				t.Fatalf("%s: GET %s = %d", step.name, path, got.StatusCode)
			}
			if got := s.made() - before; got != step.made {
				t.Errorf("after a change of %s GET %s made %d thumbnails, want %d", step.name, path, got, step.made)
			}
			step.made = 0
		}
	}
}

// Thumbnails of photos that are gone go with the next view; what is not ours stays.
func TestThumbnail_orphans(t *testing.T) {
	s := smallSite(t)
	thumbs := filepath.Join(s.dir, "Trip", album.ThumbsDir)
	s.get("/Trip/")
	s.get("/Trip/_thumbs/1600/1.jpg")
	write(t, filepath.Join(thumbs, "left by flask.jpg"), 400, 300, 1)
	write(t, filepath.Join(thumbs, "full size.jpg"), 1000, 800, 1)
	writeFile(t, filepath.Join(thumbs, "notes.txt"), []byte("mine"))
	data, err := os.ReadFile(filepath.Join(s.dir, "Trip", "1.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.dir, "Trip", "1.jpg")); err != nil {
		t.Fatal(err)
	}
	s.get("/Trip/")
	for name, want := range map[string]bool{
		"1.jpg": false, "1600/1.jpg": false, "left by flask.jpg": false,
		"2.PNG": true, "full size.jpg": true, "notes.txt": true,
	} {
		if _, err := os.Stat(filepath.Join(thumbs, name)); (err == nil) != want {
			t.Errorf("after its photo was removed: _thumbs/%s is there: %v, want %v", name, err == nil, want)
		}
	}
	for _, path := range []string{"/Trip/_thumbs/1.jpg", "/Trip/_thumbs/1600/1.jpg", "/Trip/1.jpg"} {
		if got := s.get(path); got.StatusCode != 404 {
			t.Errorf("GET %s = %d after its photo was removed", path, got.StatusCode)
		}
	}
	writeFile(t, filepath.Join(s.dir, "Trip", "1 new.jpg"), data)
}

// Where _thumbs leads back to the photos, writing a thumbnail under the
// photo's own name would destroy the photo. The originals are compared when
// the test ends.
func TestThumbnail_thumbsIsNotAFolder(t *testing.T) {
	tests := map[string]func(dir string) error{
		"link to .":       func(dir string) error { return os.Symlink(".", filepath.Join(dir, album.ThumbsDir)) },
		"link to sibling": func(dir string) error { return os.Symlink("../other", filepath.Join(dir, album.ThumbsDir)) },
		"link to nothing": func(dir string) error { return os.Symlink("missing", filepath.Join(dir, album.ThumbsDir)) },
		"file":            func(dir string) error { return os.WriteFile(filepath.Join(dir, album.ThumbsDir), nil, 0o644) },
		"link below": func(dir string) error {
			if err := os.Mkdir(filepath.Join(dir, album.ThumbsDir), 0o755); err != nil {
				return err
			}
			return os.Symlink("..", filepath.Join(dir, album.ThumbsDir, "1600"))
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a", "1.jpg"), 500, 400, 1)
			write(t, filepath.Join(dir, "other", "1.jpg"), 500, 400, 2)
			if err := prepare(filepath.Join(dir, "a")); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "link to .") {
				// Without a defence it would have succeeded.
				if _, err := os.Stat(filepath.Join(dir, "a", album.ThumbsDir, "1.jpg")); err != nil {
					t.Fatal("the link does not lead to the photo")
				}
			}
			s := newSite(t, dir)
			for range 2 {
				doc := s.page("/a/")
				if got := values(doc, ".photo img", "src"); len(got) != 1 {
					t.Errorf("the page shows %d pictures, want 1", len(got))
				}
				for _, path := range []string{"/a/_thumbs/1.jpg", "/a/_thumbs/1600/1.jpg"} {
					got := s.get(path)
					if c, err := jpeg.DecodeConfig(bytes.NewReader(got.body)); err != nil || got.StatusCode != 200 || c.Width > 500 {
						t.Errorf("GET %s = %d, %v", path, got.StatusCode, err)
					}
				}
			}
			if n := s.log.count("cannot be stored"); n != 1 {
				t.Errorf("it is logged %d times, want once", n)
			}
			if n := s.made(); n != 2 {
				t.Errorf("%d renditions were made, want 2, kept in memory", n)
			}
		})
	}
}

// One bad file costs a placeholder and one line in the log, until it changes.
func TestThumbnail_badFile(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "1.jpg"), 50, 40, 1)
	bad := filepath.Join(dir, "2 changing.jpg")
	writeFile(t, bad, []byte("<script>alert(1)</script>"))
	write(t, filepath.Join(dir, "3.jpg"), 50, 40, 3)
	s := newSite(t, dir)
	for range 3 {
		doc := s.page("/")
		if n, m := len(find(doc, ".photo img")), len(find(doc, ".photo .placeholder")); n != 2 || m != 1 {
			t.Errorf("the page shows %d pictures and %d placeholders, want 2 and 1", n, m)
		}
		if got := s.get("/_thumbs/2%20changing.jpg"); got.StatusCode != 404 {
			t.Errorf("its thumbnail = %d, want 404", got.StatusCode)
		}
	}
	if n := s.log.count("no thumbnail", "2 changing.jpg"); n != 1 {
		t.Errorf("it is logged %d times, want once", n)
	}
	write(t, bad, 50, 40, 2)
	s.later()
	if n := len(find(s.page("/"), ".photo img")); n != 3 {
		t.Errorf("after it was mended the page shows %d pictures, want 3", n)
	}
}

// A file of 70 bytes that claims 4 gigapixels takes no memory.
func TestThumbnail_budget(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	if err := png.Encode(&b, draw(1, 1, 1)); err != nil {
		t.Fatal(err)
	}
	lie := b.Bytes()
	binary.BigEndian.PutUint32(lie[16:], 65535)
	binary.BigEndian.PutUint32(lie[20:], 65535)
	binary.BigEndian.PutUint32(lie[29:], crc32.ChecksumIEEE(lie[12:29]))
	writeFile(t, filepath.Join(dir, "lie.png"), lie)
	write(t, filepath.Join(dir, "truth.png"), 30, 20, 1)
	s := newSite(t, dir)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	doc := s.page("/")
	runtime.ReadMemStats(&after)
	if n, m := len(find(doc, ".photo img")), len(find(doc, ".photo .placeholder")); n != 1 || m != 1 {
		t.Errorf("the page shows %d pictures and %d placeholders, want one of each", n, m)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 16<<20 {
		t.Errorf("it took %d MiB", took>>20)
	}
	if n := s.log.count("no thumbnail", "lie.png", "pixels are too many for"); n != 1 {
		t.Errorf("the log says %d times why there is none, want once", n)
	}
}

// With -cache nothing is written beside the photos.
func TestThumbnail_cacheElsewhere(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	write(t, filepath.Join(dir, "a", "b", "1.jpg"), 500, 400, 1)
	s := newSite(t, dir, func(c *config) { c.cache = cache })
	s.get("/a/b/")
	if _, err := os.Stat(filepath.Join(cache, "a", "b", album.ThumbsDir, "1.jpg")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a", "b", album.ThumbsDir)); err == nil {
		t.Error("there is a _thumbs beside the photos")
	}
	if got := s.get("/a/b/_thumbs/1.jpg"); got.StatusCode != 200 {
		t.Errorf("the thumbnail = %d", got.StatusCode)
	}
	if got := s.get("/a/b/"); got.Header.Get("ETag") == "" {
		t.Error("the second page is not warm")
	}
}

func TestSweep_wholeTree(t *testing.T) {
	s := smallSite(t)
	s.get("/Trip/Day%201/")
	litter := []string{
		filepath.Join(s.dir, "Trip", "Day 1", album.ThumbsDir, ".tmp-0badcafe"),
		filepath.Join(s.dir, "Trip", "Day 1", album.ThumbsDir, "1600", ".tmp-0badcafe"),
	}
	for _, path := range litter {
		writeFile(t, path, []byte("half a thumbnail"))
	}
	s.store.Sweep(t.Context(), ".")
	for _, path := range litter {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, "Trip", "Day 1", album.ThumbsDir, "a b.jpeg")); err != nil {
		t.Error(err)
	}
}

func TestReadRecord_damaged(t *testing.T) {
	whole := []byte("\xFF\xD8\xFF\xFE\x00\x0egallery 1 {}\xFF\xD9")
	if _, ok := rendition.ReadRecord(bytes.NewReader(whole)); !ok {
		t.Fatal("the whole record is not read")
	}
	for n := range len(whole) - 2 {
		if _, ok := rendition.ReadRecord(bytes.NewReader(whole[:n])); ok {
			t.Errorf("a record is read from the first %d bytes", n)
		}
	}
	for _, other := range []string{
		"\xFF\xD8\xFF\xFE\x00\x00gallery 1 {}", "\xFF\xD8\xFF\xFE\xFF\xFFgallery 1 {}",
		"\xFF\xD8\xFF\xFE\x00\x0egallery 2 {}", "\xFF\xD8\xFF\xE0\x00\x0egallery 1 {}",
	} {
		if _, ok := rendition.ReadRecord(strings.NewReader(other)); ok {
			t.Errorf("a record is read from %q", other)
		}
	}
}

func FuzzReadRecord(f *testing.F) {
	f.Add([]byte("\xFF\xD8\xFF\xFE\x00\x0egallery 1 {}\xFF\xD9"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, ok := rendition.ReadRecord(bytes.NewReader(data))
		if !ok {
			return
		}
		// What was read can be written and read again.
		comment := r.Comment()
		file := append([]byte("\xFF\xD8\xFF\xFE"), byte((len(comment)+2)>>8), byte(len(comment)+2))
		again, ok := rendition.ReadRecord(bytes.NewReader(append(file, comment...)))
		if len(comment)+2 <= 0xFFFF && (!ok || !reflect.DeepEqual(again, r)) {
			t.Errorf("%+v comes back as %+v, %v", r, again, ok)
		}
	})
}

// Where a large preview takes more memory than there is, its address leads to the usual one.
func TestThumbnail_largeBeyondBudget(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 5000, 3000)), nil); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "1.jpg"), append(b.Bytes(), make([]byte, 600<<10)...))
	info, err := photo.Inspect(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, dir, func(c *config) { c.memory = info.Cost(4096) - 1 })
	a := s.get("/_thumbs/4096/1.jpg")
	if a.StatusCode != 302 || a.Header.Get("Location") != "/_thumbs/1600/1.jpg" || a.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("the large preview = %d, Location: %q", a.StatusCode, a.Header.Get("Location"))
	}
	if a := s.get("/_thumbs/1600/1.jpg"); a.StatusCode != 200 {
		t.Errorf("the usual one = %d", a.StatusCode)
	}
}
