package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// counts sends GET requests one after the other and returns how often which status came.
func (n *nginx) counts(requests int, target func(i int) string, header func(i int) []string) map[int]int {
	n.t.Helper()
	statuses := map[int]int{}
	for i := range requests {
		var fields []string
		if header != nil {
			fields = header(i)
		}
		statuses[n.send("GET", target(i), fields...).StatusCode]++
	}
	return statuses
}

// asWWW has nginx's workers run as a user who is in no group of the photos.
var asWWW = []string{"user root;", "user nobody nogroup;"}

// What nginx may not read is no miss: all thumbnails and photos of a page come, by way
// of the program, whether it is the file or a folder that keeps nginx out. Names that
// are not there stay limited.
func TestNginx_unreadable(t *testing.T) {
	if os.Geteuid() != 0 {
		lacks(t, "nginx is to run as another user than the photos' owner, which takes root")
	}
	const photos = 120
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // the folder of all of the test's
		t.Fatal(err)
	}
	for _, album := range []string{"files", "thumbs", "folder"} {
		fill(t, filepath.Join(dir, album), photos, [2]int{60, 40}, [2]int{40, 60})
	}
	p := start(t, nil, dir)
	for _, album := range []string{"files", "thumbs", "folder"} {
		p.shows("/" + album + "/")
	}
	closed, err := filepath.Glob(filepath.Join(dir, "files", "_thumbs", "*.jpg"))
	if err != nil || len(closed) != photos {
		t.Fatalf("%d thumbnails, %v, want %d", len(closed), err, photos)
	}
	for i := range photos {
		closed = append(closed, filepath.Join(dir, "files", fmt.Sprintf("%d.jpg", i+1)))
	}
	for _, path := range append(closed, filepath.Join(dir, "thumbs", "_thumbs"), filepath.Join(dir, "folder")) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, info.Mode().Perm()&0o700); err != nil {
			t.Fatal(err)
		}
	}
	guard(t, dir)
	n := startNginx(t, p, dir, "gallery.conf", asWWW...)
	for _, form := range []string{"/files/_thumbs/%d.jpg?v=1", "/files/%d.jpg", "/thumbs/_thumbs/%d.jpg", "/folder/_thumbs/%d.jpg", "/folder/%d.jpg"} {
		target := func(i int) string { return fmt.Sprintf(form, i+1) }
		if got := n.counts(photos, target, nil); got[200] != photos {
			t.Errorf("%d times GET %s: %v, want only 200", photos, form, got)
		}
		alike(t, target(0), n.send("GET", target(0)), p.send("GET", target(0)), true)
	}
	if got := n.counts(200, func(i int) string { return fmt.Sprintf("/files/_thumbs/none%d.jpg", i) }, nil); got[429] == 0 || got[404] == 0 {
		t.Errorf("200 thumbnails of no photos: %v, want some 404 and then 429", got)
	}
	p.stop()
	for target, want := range map[string]int{"/files/1.jpg": 502, "/files/_thumbs/1.jpg": 502, "/thumbs/1.jpg": 200, "/thumbs/_thumbs/1.jpg": 502, "/folder/1.jpg": 502} {
		if got := n.send("GET", target).StatusCode; got != want {
			t.Errorf("without the program GET %s = %d, want %d: nginx is to read what it may", target, got, want)
		}
	}
}
