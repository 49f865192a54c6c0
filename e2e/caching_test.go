package e2e

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const forever = "max-age=31536000, immutable"

// renditionAddress matches what a page shows, not the whole address that it has for links.
var renditionAddress = regexp.MustCompile(`["\s]/a/_thumbs/[^"\s]*\?v=[^"\s]*`)

// renditionsOf returns the addresses of renditions that the album's and a photo's page
// name, which holds their states.
func renditionsOf(n *nginx, photo string) []string {
	n.t.Helper()
	var all []string
	seen := map[string]bool{}
	for _, page := range []string{"/a/", "/a/" + photo + "/"} {
		for _, address := range renditionAddress.FindAllString(html.UnescapeString(string(n.send("GET", page).body)), -1) {
			if address = strings.Trim(address, ", \""); !seen[address] && strings.Contains(address, "/"+photo+"?") {
				all = append(all, address)
			}
			seen[address] = true
		}
	}
	return all
}

// What a page names may be kept for good, from nginx and from the program, as a JPEG or
// WebP; and only while the file there is the one that the page meant.
func TestNginx_forever(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	drawLarge(t, filepath.Join(dir, "a", "1.jpg"), 1700, 1100, 1)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	warm(t, "-webp", dir)
	addresses := renditionsOf(n, "1.jpg")
	if len(addresses) != 4 {
		t.Fatalf("the pages name %q, want the thumbnail, the sharp one and two previews", addresses)
	}
	// both asks both of them for an address, as every kind of browser.
	both := func(address, want string) {
		t.Helper()
		for _, accept := range []string{"image/jpeg", "image/webp", "image/webp;q=0.9"} {
			byNginx, byProgram := n.send("GET", address, "Accept", accept), p.send("GET", address, "Accept", accept)
			what := fmt.Sprintf("GET %s, Accept: %s", address, accept)
			alike(t, what, byNginx, byProgram, true)
			if got := byNginx.Header.Get("Cache-Control"); got != want || byNginx.StatusCode != 200 {
				t.Errorf("%s = %d, Cache-Control: %q, want %q", what, byNginx.StatusCode, got, want)
			}
			again := n.send("GET", address, "Accept", accept, "If-None-Match", byNginx.Header.Get("ETag"))
			if got := again.Header.Get("Cache-Control"); got != want || again.StatusCode != 304 {
				t.Errorf("%s again = %d, Cache-Control: %q, want %q", what, again.StatusCode, got, want)
			}
		}
	}
	// promise is what an address of a page is answered with. A preview's names the
	// thumbnail's state, which is all that a cell knows of it.
	promise := func(address string) string {
		if strings.Contains(address, "/1600/") || strings.Contains(address, "/2560/") {
			return "no-cache"
		}
		return forever
	}
	for _, address := range addresses {
		both(address, promise(address))
		path, state, _ := strings.Cut(address, "?v=")
		made, _, _ := strings.Cut(state, "-")
		for _, query := range []string{"", "?", "?v", "?v=", "?v=1", "?v=" + made, "?v=0" + state, "?v=1-2", "?V=" + state, "?v=%22" + state, "?x&v=" + state, "?v=" + state + "&v=1", "?v=1&v=" + state} {
			both(path+query, "no-cache")
		}
	}

	// Another's files in their places, with times of their own: nothing nginx sends is
	// what the page meant.
	for _, address := range addresses {
		path, _, _ := strings.Cut(address, "?")
		file := filepath.Join(dir, path)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		draw(t, file, 300, 200, 9)
		yesterday := time.Now().Add(-24 * time.Hour)
		if err := os.Chtimes(file, yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	webp := filepath.Join(dir, "a", "_thumbs", "webp", "1.jpg")
	if err := os.Chtimes(webp, time.Time{}, time.Now().Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		for _, accept := range []string{"image/jpeg", "image/webp"} {
			if got := n.send("GET", address, "Accept", accept); got.StatusCode != 200 || got.Header.Get("Cache-Control") != "no-cache" {
				t.Errorf("after another took its place GET %s, Accept: %s = %d, Cache-Control: %q", address, accept, got.StatusCode, got.Header.Get("Cache-Control"))
			}
		}
	}
	// Once the album is viewed they are ours again, at addresses of their own. (It takes
	// the sharp ones for what they were.)
	p.shows("/a/")
	for _, address := range renditionsOf(n, "1.jpg") {
		if strings.Contains(address, "/800/") {
			continue
		}
		if strings.Contains(strings.Join(addresses, " "), address) {
			t.Errorf("%s was promised for a file that is gone", address)
		}
		both(address, promise(address))
	}
}

// Thumbnails that an application before this one left, and that may not be replaced, are
// never promised: whatever address a page has for them.
func TestNginx_thumbnailsOfAnotherOwner(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		lacks(t, "files of another owner take root")
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // the folder of all of the test's
		t.Fatal(err)
	}
	draw(t, filepath.Join(dir, "a", "1.jpg"), 900, 600, 1)
	draw(t, filepath.Join(dir, "a", "_thumbs", "1.jpg"), 400, 267, 2)
	const nobody = 65534
	p := startAs(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	for range 2 {
		page := html.UnescapeString(string(n.send("GET", "/a/").body))
		shown := regexp.MustCompile(`/a/_thumbs/1\.jpg[^"\s]*`).FindAllString(page, -1)
		if len(shown) == 0 {
			t.Fatal("the page shows no thumbnail")
		}
		for _, address := range append(shown, "/a/_thumbs/1.jpg?v=1") {
			if got := n.send("GET", address); got.StatusCode != 200 || got.Header.Get("Cache-Control") != "private, no-cache" {
				t.Errorf("GET %s = %d, Cache-Control: %q, want no-cache, and private where nothing says that photos are public", address, got.StatusCode, got.Header.Get("Cache-Control"))
			}
		}
	}
}
