package e2e

import (
	"path/filepath"
	"testing"
)

// Other files come alike from nginx and the program, where the administrator has switched
// them on; what nginx leaves out elsewhere it leaves out here; and they come from nginx
// itself.
func TestNginx_others(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "Trip", "1.jpg"), 90, 60, 1)
	draw(t, filepath.Join(dir, "clip.mov", "1.jpg"), 50, 50, 1)
	for _, name := range []string{"Trip/notes.txt", "Trip/IMG 1.HEIC", "Trip/ü.mov", "Trip/_thumbs.mov", "Trip/.hidden.mov", "@eaDir/x.mov", "left/.nomedia", "left/x.mov", "Trip/x.svg", "a/b/c/d/e/f/deep.mp3"} {
		put(t, filepath.Join(dir, name), []byte("content of "+name))
	}
	guard(t, dir)
	targets := map[string]int{
		"/Trip/IMG%201.HEIC": 200, "/Trip/%C3%BC.mov": 200, "/Trip/_thumbs.mov": 200, "/Trip/IMG%201.HEIC/": 404, "/Trip/.hidden.mov": 404,
		"/@eaDir/x.mov": 404, "/left/x.mov": 404, "/Trip/x.svg": 404, "/Trip/notes.txt": 404, "/Trip/4.mov": 404, "/Trip/_thumbs/IMG%201.HEIC": 404,
		"/clip.mov": 301, "/clip.mov/": 200, "/a/b/c/d/e/f/deep.mp3": 200, "/Trip/1.jpg": 200, "/_Thumbs/x.mov": 404,
	}
	p := start(t, []string{"GALLERY_OTHERS=1"}, dir)
	n := startNginx(t, p, dir, "gallery.conf", append([]string{"#include /etc/nginx/sites-available/gallery-others.conf", "include gallery-others.conf"}, noLimit...)...)
	for target, status := range targets {
		n.send("GET", target) // which makes what a page shows
		byNginx, byProgram := n.send("GET", target), p.send("GET", target)
		if byProgram.StatusCode != status {
			t.Errorf("the program answers GET %s with %d, want %d", target, byProgram.StatusCode, status)
		}
		alike(t, "GET "+target, byNginx, byProgram, true)
		alike(t, "HEAD "+target, n.send("HEAD", target), p.send("HEAD", target), true)
	}
	for _, target := range []string{"/Trip/IMG%201.HEIC", "/Trip/%C3%BC.mov"} {
		alike(t, "a part of "+target, n.send("GET", target, "Range", "bytes=3-9"), p.send("GET", target, "Range", "bytes=3-9"), true)
	}
	p.stop()
	for _, target := range []string{"/Trip/IMG%201.HEIC", "/Trip/%C3%BC.mov"} {
		if got := n.send("GET", target); got.StatusCode != 200 {
			t.Errorf("without the program, GET %s = %d, want 200", target, got.StatusCode)
		}
	}
}

// Where neither is told otherwise, neither sends any.
func TestNginx_othersOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "Trip", "IMG 1.HEIC"), []byte("not for the web"))
	guard(t, dir)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	byNginx, byProgram := n.send("GET", "/Trip/IMG%201.HEIC"), p.send("GET", "/Trip/IMG%201.HEIC")
	alike(t, "GET", byNginx, byProgram, true)
	if byNginx.StatusCode != 404 {
		t.Errorf("nginx answers %d, want 404", byNginx.StatusCode)
	}
}
