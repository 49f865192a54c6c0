package main

import (
	"gallery/internal/album"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rename moves a file or folder.
func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// soon waits until what is asked for holds: directories are looked at every 0.2 s.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 100 {
		if holds() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("after two seconds still not so: %s", what)
}

// While the photos' disk is away, every address says so with 503, what watches the program
// can tell, and nothing is lost of what was made; when it is back, so is everything.
func TestStorage_away(t *testing.T) {
	base := t.TempDir()
	dir, off, cache := filepath.Join(base, "p"), filepath.Join(base, "off"), filepath.Join(base, "c")
	write(t, filepath.Join(dir, "1.jpg"), 600, 400, 1)
	write(t, filepath.Join(dir, "b", "2.jpg"), 600, 400, 2)
	s := newSite(t, dir, func(c *config) { c.cache = cache })
	guarded := func() { s.get("/"); s.get("/b/") }
	guarded()
	soon(t, "both thumbnails are made", func() bool { guarded(); return kept(t, cache) == 2 })
	if got := s.get("/.ready"); got.StatusCode != http.StatusOK || string(got.body) != "ready\n" {
		t.Fatalf("/.ready = %d %q", got.StatusCode, string(got.body))
	}
	for what, lose := range map[string]func(){
		"no folder":       func() {},
		"an empty folder": func() { os.Mkdir(dir, 0o755) },
	} {
		rename(t, dir, off)
		lose()
		soon(t, what+": 503", func() bool { return s.get("/").StatusCode == http.StatusServiceUnavailable })
		for _, path := range []string{"/", "/b/", "/b/2.jpg", "/b/2.jpg/", "/_thumbs/1.jpg", "/b/_thumbs/2.jpg", "/nothing"} {
			got := s.do(http.MethodGet, path)
			if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" || !strings.Contains(string(got.body), "away") || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %s = %d %v", what, path, got.StatusCode, got.Header)
			}
		}
		if got := s.get("/.health"); got.StatusCode != http.StatusOK {
			t.Errorf("%s: /.health = %d", what, got.StatusCode)
		}
		if got := s.get("/.ready"); got.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: /.ready = %d", what, got.StatusCode)
		}
		if n := kept(t, cache); n != 2 {
			t.Errorf("%s: %d thumbnails are left, want 2", what, n)
		}
		os.Remove(dir)
		rename(t, off, dir)
		soon(t, what+": back", func() bool { return s.get("/b/").StatusCode == http.StatusOK })
		if got := s.get("/.ready"); got.StatusCode != http.StatusOK {
			t.Errorf("%s and back: /.ready = %d", what, got.StatusCode)
		}
	}
	if n := s.log.count("the directory is away"); n != 2 {
		t.Errorf("the log says %d times that it is away, want 2", n)
	}
}

// A directory that is switched under its name is the one that is served.
func TestStorage_switched(t *testing.T) {
	base := t.TempDir()
	dir, other := filepath.Join(base, "p"), filepath.Join(base, "other")
	write(t, filepath.Join(dir, "1.jpg"), 600, 400, 1)
	write(t, filepath.Join(other, "2.jpg"), 600, 400, 2)
	s := newSite(t, dir)
	if got := s.get("/1.jpg"); got.StatusCode != http.StatusOK {
		t.Fatalf("before: %d", got.StatusCode)
	}
	rename(t, dir, filepath.Join(base, "off"))
	rename(t, other, dir)
	defer func() { // as newSite wants to find it
		rename(t, dir, other)
		rename(t, filepath.Join(base, "off"), dir)
	}()
	soon(t, "the other is served", func() bool { return s.get("/2.jpg").StatusCode == http.StatusOK })
	if got := s.get("/1.jpg"); got.StatusCode != http.StatusNotFound {
		t.Errorf("what is gone = %d", got.StatusCode)
	}
	if got := s.get("/"); !strings.Contains(string(got.body), "2.jpg") || strings.Contains(string(got.body), "1.jpg") {
		t.Errorf("the page shows what was there before")
	}
}

// gallery health asks what a container's health check wants to know.
func TestHealth(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p", "1.jpg"), 60, 40, 1)
	s := newSite(t, filepath.Join(dir, "p"), func(c *config) { c.private = true })
	web := httptest.NewServer(s.server)
	defer web.Close()
	address := web.Listener.Addr().String()
	var out strings.Builder
	if err := runHealth(t.Context(), []string{address}, &out); err != nil || out.String() != "ready\n" {
		t.Errorf("health = %v, %q", err, out.String())
	}
	t.Setenv("GALLERY_LISTEN", address)
	if err := runHealth(t.Context(), nil, &out); err != nil {
		t.Errorf("health at GALLERY_LISTEN = %v", err)
	}
	rename(t, filepath.Join(dir, "p"), filepath.Join(dir, "off"))
	if err := runHealth(t.Context(), []string{address}, &out); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("health while the disk is away = %v", err)
	}
	rename(t, filepath.Join(dir, "off"), filepath.Join(dir, "p"))
	web.Close()
	if err := runHealth(t.Context(), []string{address}, &out); err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("health of nobody = %v", err)
	}
}

// A photo that is deleted takes its thumbnail along, from whatever place; one whose disk is
// away does not, nor does one whose folder is gone, whoever looks and after any restart.
func TestStorage_nothingGoesBecauseItIsMissing(t *testing.T) {
	base := t.TempDir()
	dir, cache, off := filepath.Join(base, "p"), filepath.Join(base, "c"), filepath.Join(base, "off")
	for _, name := range []string{"1.jpg", "a/1.jpg", "a/2.jpg", "b/1.jpg", "b/deep/2.jpg"} {
		write(t, filepath.Join(dir, name), 300, 200, 1)
	}
	s := newSite(t, dir, func(c *config) { c.cache = cache })
	views := func() {
		for _, path := range []string{"/", "/a/", "/b/", "/b/deep/"} {
			s.get(path)
		}
		s.store.Sweep(t.Context(), ".")
	}
	soon(t, "all five are made", func() bool { views(); return kept(t, cache) == 5 })
	for _, restarted := range []bool{false, true} {
		for what, lose := range map[string]func(){
			"the folder gone":      func() {},
			"an empty mount point": func() { os.Mkdir(filepath.Join(dir, "b"), 0o755) },
			"other photos":         func() { write(t, filepath.Join(dir, "b", "other.jpg"), 300, 200, 1) },
		} {
			rename(t, filepath.Join(dir, "b"), off)
			lose()
			if restarted {
				s.restart()
			}
			for range 3 {
				views()
				s.later()
			}
			if n := kept(t, filepath.Join(cache, "b")); n < 2 {
				t.Errorf("restarted %v, %s: %d thumbnails are left of 2", restarted, what, n)
			}
			if got := s.get("/b/"); what == "an empty mount point" && got.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("restarted %v: the page of an album whose disk is away = %d", restarted, got.StatusCode)
			}
			os.RemoveAll(filepath.Join(dir, "b"))
			rename(t, off, filepath.Join(dir, "b"))
			os.Remove(filepath.Join(cache, "b", album.ThumbsDir, "other.jpg"))
		}
		for _, name := range []string{"a/2.jpg", "b/1.jpg"} {
			rename(t, filepath.Join(dir, name), off)
			soon(t, "the thumbnail of "+name+" goes with it", func() bool { views(); return kept(t, cache) == 4 })
			rename(t, off, filepath.Join(dir, name))
			soon(t, "it is made again", func() bool { views(); return kept(t, cache) == 5 })
		}
	}
}

// kept is how many thumbnails there are below a directory.
func kept(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".jpg" && filepath.Base(filepath.Dir(path)) == album.ThumbsDir {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
