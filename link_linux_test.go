package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gallery/internal/album"
)

// outsideTree is a directory with an album of blue photos in it and one of red
// ones beside it, of the same names, which no answer may show.
func outsideTree(t *testing.T) (dir, outside string) {
	t.Helper()
	base := t.TempDir()
	dir, outside = filepath.Join(base, "photos"), filepath.Join(base, "outside")
	for path, c := range map[string]color.RGBA{
		filepath.Join(dir, "a", "1.jpg"):        {0, 0, 200, 255},
		filepath.Join(dir, "a", "sub", "1.jpg"): {0, 0, 200, 255},
		filepath.Join(dir, ".hidden", "1.jpg"):  {200, 0, 0, 255},
		filepath.Join(outside, "1.jpg"):         {200, 0, 0, 255},
		filepath.Join(outside, "sub", "1.jpg"):  {200, 0, 0, 255},
	} {
		m := image.NewRGBA(image.Rect(0, 0, 500, 400))
		for i := 0; i < len(m.Pix); i += 4 {
			copy(m.Pix[i:], []uint8{c.R, c.G, c.B, c.A})
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, b.Bytes())
	}
	guardOriginals(t, outside)
	return dir, outside
}

// red reports whether a JPEG is one of those outside.
func red(data []byte) bool {
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return false
	}
	r, _, b, _ := m.At(0, 0).RGBA()
	return r > b
}

// Links stand in every place where one can; the tests of the whole program
// and TestThumbnail_thumbsIsNotAFolder have more. unsafe is a path through
// which one who followed links would read, or overwrite, what he must not.
func TestLinks_notFollowed(t *testing.T) {
	tests := []struct {
		name   string
		link   string // below the directory above the photos
		to     string
		unsafe string // likewise
	}{
		{"photo to outside", "photos/a/2.jpg", "../../outside/1.jpg", "photos/a/2.jpg"},
		{"photo to another", "photos/a/2.jpg", "1.jpg", "photos/a/2.jpg"},
		{"album to outside", "photos/b", "../outside", "photos/b/1.jpg"},
		{"album to outside, absolute", "photos/b", "{base}/outside", "photos/b/1.jpg"},
		{"album to an album", "photos/b", "a", "photos/b/1.jpg"},
		{"album to itself", "photos/b", ".", "photos/b/b/b/a/1.jpg"},
		{"album to the root", "photos/a/b", "..", "photos/a/b/a/1.jpg"},
		{"album to above the root", "photos/b", "..", "photos/b/outside/1.jpg"},
		{"ancestor", "photos/b", "../outside", "photos/b/sub/1.jpg"},
		{"album to the system", "photos/b", "/", "photos/b/etc/hostname"},
		{"thumbnails to the photos", "photos/a/_thumbs", ".", "photos/a/_thumbs/1.jpg"},
		{"thumbnails to outside", "photos/a/_thumbs", "../../outside", "photos/a/_thumbs/1.jpg"},
		{"renditions to the photos", "photos/a/_thumbs/1600", "..", "photos/a/_thumbs/1600/1.jpg"},
		{"renditions to outside", "photos/a/_thumbs/1600", "../../../outside", "photos/a/_thumbs/1600/1.jpg"},
		{"thumbnail to its photo", "photos/a/_thumbs/1.jpg", "../1.jpg", "photos/a/_thumbs/1.jpg"},
		{"thumbnail to outside", "photos/a/_thumbs/1.jpg", "../../../outside/1.jpg", "photos/a/_thumbs/1.jpg"},
		{"cache: thumbnails to the photos", "cache/a/_thumbs", "../../photos/a", "cache/a/_thumbs/1.jpg"},
		{"cache: album to the photos", "cache/a", "../photos/a", "cache/a/1.jpg"},
		{"cache: album to outside", "cache/a", "../outside", "cache/a/1.jpg"},
		{"cache: thumbnail to its photo", "cache/a/_thumbs/1.jpg", "../../../photos/a/1.jpg", "cache/a/_thumbs/1.jpg"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir, outside := outsideTree(t)
			base := filepath.Dir(dir)
			link := filepath.Join(base, test.link)
			if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
				t.Fatal(err)
			}
			to := string(bytes.ReplaceAll([]byte(test.to), []byte("{base}"), []byte(base)))
			if err := os.Symlink(to, link); err != nil {
				t.Fatal(err)
			}
			if data, err := os.ReadFile(base + "/" + test.unsafe); err != nil || len(data) == 0 {
				t.Fatalf("one who follows links is not led anywhere: %v", err)
			}
			s := newSite(t, dir, func(c *config) {
				if strings.HasPrefix(test.link, "cache/") {
					c.cache = filepath.Join(base, "cache")
				}
			})
			for range 2 {
				for _, path := range []string{
					"/", "/a/", "/a/1.jpg/", "/a/1.jpg", "/a/_thumbs/1.jpg", "/a/_thumbs/1600/1.jpg", "/a/2.jpg", "/a/_thumbs/2.jpg",
					"/b/", "/b", "/b/1.jpg", "/b/1.jpg/", "/b/_thumbs/1.jpg", "/b/sub/", "/b/sub/1.jpg", "/b/sub/_thumbs/1.jpg", "/b/a/1.jpg",
					"/b/b/b/a/1.jpg", "/a/b/a/1.jpg", "/b/outside/1.jpg", "/b/outside/_thumbs/1.jpg", "/b/etc/hostname", "/a/_thumbs/1600/1600/1.jpg",
				} {
					a := s.get(path)
					if red(a.body) {
						t.Errorf("GET %s = %d shows a photo from outside", path, a.StatusCode)
					}
					if a.StatusCode >= 500 {
						t.Errorf("GET %s = %d", path, a.StatusCode)
					}
					if strings.Contains(path, "_thumbs") && a.StatusCode == 200 && !bytes.HasPrefix(a.body, []byte("\xff\xd8\xff\xfe")) {
						t.Errorf("GET %s gives what is no thumbnail of ours", path)
					}
					if strings.HasSuffix(test.link, "2.jpg") && strings.HasSuffix(path, "2.jpg") && a.StatusCode != 404 {
						t.Errorf("GET %s = %d, which is a link", path, a.StatusCode)
					}
					if strings.HasPrefix(path, "/b") && a.StatusCode != 404 {
						t.Errorf("GET %s = %d by way of a link", path, a.StatusCode)
					}
				}
			}
			s.store.Sweep(t.Context(), ".")
			if _, err := os.Stat(filepath.Join(outside, album.ThumbsDir)); err == nil {
				t.Error("thumbnails were written outside")
			}
		})
	}
}

// What is swapped for a link, a thousand times while visitors come, lets
// nobody see what is outside and lets no original be overwritten.
func TestLinks_swapped(t *testing.T) {
	swaps := 150 // of each of the seven kinds, and even, so that in the end all is as it was
	if testing.Short() {
		swaps = 20
	}
	tests := []struct{ name, path, link, victim string }{
		{"photo", "a/1.jpg", "../../outside/1.jpg", "a/1.jpg"},
		{"album", "a", "../outside", "a/1.jpg"},
		{"photo to a hidden one", "a/1.jpg", "../.hidden/1.jpg", "a/1.jpg"},
		{"album to a hidden one", "a", ".hidden", "a/1.jpg"},
		{"sub-album", "a/sub", "../../outside/sub", "a/sub/1.jpg"},
		{"thumbnails", "a/_thumbs", ".", "a/_thumbs/1.jpg"},
		{"thumbnails to outside", "a/_thumbs", "../../outside", "a/_thumbs/1.jpg"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir, outside := outsideTree(t)
			if err := os.MkdirAll(filepath.Join(dir, "a", album.ThumbsDir), 0o755); err != nil {
				t.Fatal(err)
			}
			other := filepath.Join(dir, ".other")
			if err := os.Symlink(test.link, other); err != nil {
				t.Fatal(err)
			}
			s := newSite(t, dir)
			var visitors sync.WaitGroup
			var done atomic.Bool
			var asked, led atomic.Int64
			for _, path := range []string{"/a/1.jpg", "/a/_thumbs/1.jpg", "/a/sub/_thumbs/1600/1.jpg", "/a/", "/a/sub/1.jpg"} {
				visitors.Go(func() {
					for !done.Load() {
						if strings.Contains(path, "1600") { // to be made anew each time
							os.RemoveAll(filepath.Join(dir, "a", "sub", album.ThumbsDir))
						}
						resp, err := http.Get(s.URL + path)
						if err != nil {
							t.Error(err)
							return
						}
						body, _ := io.ReadAll(resp.Body) // an error is a photo that went meanwhile
						resp.Body.Close()
						asked.Add(1)
						if red(body) {
							t.Errorf("GET %s = %d shows a photo from outside", path, resp.StatusCode)
						}
						if resp.StatusCode >= 500 {
							t.Errorf("GET %s = %d", path, resp.StatusCode)
						}
					}
				})
			}
			visitors.Go(func() {
				for !done.Load() { // one who follows links
					if data, err := os.ReadFile(filepath.Join(dir, test.victim)); err == nil && !bytes.HasPrefix(data, []byte("\xff\xd8\xff\xfe")) &&
						(red(data) || test.link == ".") {
						led.Add(1)
					}
				}
			})
			path := filepath.Join(dir, test.path)
			for range swaps {
				// At no moment is there nothing under the name.
				if err := unix.Renameat2(unix.AT_FDCWD, other, unix.AT_FDCWD, path, unix.RENAME_EXCHANGE); err != nil {
					t.Error(err)
					break
				}
				for before := asked.Load(); asked.Load() == before && !t.Failed(); { // somebody has met it
					s.get("/.health")
				}
			}
			done.Store(true)
			visitors.Wait()
			if led.Load() == 0 {
				t.Error("one who follows links was not led astray once")
			}
			t.Logf("%d swaps, %d requests, one who follows links led astray %d times", swaps, asked.Load(), led.Load())
			if left, _ := os.ReadDir(outside); len(left) != 2 {
				t.Errorf("outside there are now %v", left)
			}
			// An album whose folder was a link is closed for as long as its rule is remembered.
			for end := time.Now().Add(10 * time.Second); s.get("/a/").StatusCode != http.StatusOK && time.Now().Before(end); {
				time.Sleep(20 * time.Millisecond)
			}
			if len(find(s.page("/a/"), ".photo img")) != 1 {
				t.Error("afterwards the page does not show its photo")
			}
		})
	}
}
