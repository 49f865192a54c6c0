package e2e

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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
	t.Parallel()
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
	n = startNginx(t, p, dir, "gallery.conf", append(asWWW, noLimit...)...)
	p.stop()
	for target, want := range map[string]int{"/files/1.jpg": 502, "/files/_thumbs/1.jpg": 502, "/thumbs/1.jpg": 200, "/thumbs/_thumbs/1.jpg": 502, "/folder/1.jpg": 502} {
		if got := n.send("GET", target).StatusCode; got != want {
			t.Errorf("without the program GET %s = %d, want %d: nginx is to read what it may", target, got, want)
		}
	}
}

// Limits count an IPv4 address, and the /64 of an IPv6 address. nginx takes the address
// from a header here, as behind a proxy that it trusts.
func TestNginx_limitCountsNetworks(t *testing.T) {
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf",
		"limit_req_status    429;", "limit_req_status 429; set_real_ip_from 127.0.0.1; real_ip_header X-Visitor;")
	const requests = 150
	for _, test := range []struct {
		what, form string
		one        bool // they count as one visitor
	}{
		{"addresses of one /64", "2001:db8:1:2::%x", true},
		{"addresses of one /64, far apart", "2001:db8:1:3:%x:ffff:a:b", true},
		{"addresses of as many /64", "2001:db8:2:%x::1", false},
		{"IPv4 addresses", "192.0.2.%d", false},
		{"IPv4 addresses written as IPv6", "::ffff:198.51.100.%d", false},
	} {
		got := n.counts(requests, func(int) string { return "/a/" }, func(i int) []string {
			return []string{"X-Visitor", fmt.Sprintf(test.form, i+1)}
		})
		if test.one && (got[200] < 60 || got[429] < requests/4) || !test.one && got[200] != requests {
			t.Errorf("%d %s: %v", requests, test.what, got)
		}
	}
}

// A port in the address reaches the program: shared links name it, and forms that
// were sent from there are taken, from browsers too that say no more than Origin.
func TestNginx_portInTheAddress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	users, signIn := addUser(t, "ann")
	p := start(t, []string{"GALLERY_TRUST_PROXY=true", "GALLERY_UPLOAD=true", "GALLERY_USERS=" + users}, dir)
	for site, address := range map[string]func(n *nginx) string{
		"gallery.conf":        func(n *nginx) string { return "https://" + n.tls },
		"gallery-simple.conf": func(n *nginx) string { return "http://" + n.plain },
	} {
		n := startNginx(t, p, dir, site, noLimit...)
		at := address(n)
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		fetch := func(method, target, origin, contentType string, body io.Reader) answer {
			t.Helper()
			r, err := http.NewRequest(method, at+target, body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", signIn)
			if origin != "" {
				r.Header.Set("Origin", origin)
				r.Header.Set("Content-Type", contentType)
			}
			resp, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			data, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return answer{resp, data}
		}
		if page := fetch("GET", "/a/1.jpg/", "", "", nil); !bytes.Contains(page.body, []byte(`href="`+at+`/a/1.jpg/"`)) {
			t.Errorf("%s: a photo's page does not name %s/a/1.jpg/", site, at)
		}
		for origin, want := range map[string]bool{at: true, "https://evil.example": false, strings.TrimRight(at, "0123456789") + "1": false} {
			form, contentType := uploadForm(t, "a", map[string][]byte{site + ".jpg": photoData(t, 2, 0)})
			if got := fetch("POST", "/a/", origin, contentType, bytes.NewReader(form)).StatusCode; (got != 403) != want {
				t.Errorf("%s: a form from %s = %d, want it taken: %v", site, origin, got, want)
			}
		}
		// HTTP/1.0 may come without any Host.
		if got, ok := ask(t, strings.SplitAfter(at, "//")[1], site == "gallery.conf", "GET /a/ HTTP/1.0\r\n\r\n"); !ok || got.StatusCode != 200 {
			t.Errorf("%s: GET by HTTP/1.0 without Host: %v, %v", site, got.Response, ok)
		}
	}
}

// A thumbnail is as readable as its photo, and the folders it lies in are as open as
// the album, whatever the umask: nginx serves both or, as another user, neither.
func TestNginx_thumbnailsAsReadableAsPhotos(t *testing.T) {
	if os.Geteuid() != 0 {
		lacks(t, "nginx is to run as another user than the photos' owner, which takes root")
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // the folder of all of the test's
		t.Fatal(err)
	}
	photos := map[string]fs.FileMode{"1.jpg": 0o644, "2.jpg": 0o640, "3.jpg": 0o600, "4.jpg": 0o444, "5.jpg": 0o604, "6.jpg": 0o755}
	albums := map[string]fs.FileMode{"open": 0o755, "group": 0o750 | fs.ModeSetgid, "own": 0o700, "shared": 0o775 | fs.ModeSetgid}
	for album, mode := range albums {
		for photo, mode := range photos {
			path := filepath.Join(dir, album, photo)
			drawLarge(t, path, 850, 100, 1) // so that there is a preview
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(filepath.Join(dir, album), mode); err != nil {
			t.Fatal(err)
		}
	}
	guard(t, dir)
	usual := syscall.Umask(0o077)
	warm(t, "-webp", dir)
	p := start(t, nil, dir)
	syscall.Umask(usual)
	n := startNginx(t, p, dir, "gallery.conf", append(asWWW, noLimit...)...)
	p.stop()
	for album, folder := range albums {
		for _, rendition := range []string{"", "800", "1600", "webp"} {
			in := filepath.Join(dir, album, "_thumbs", rendition)
			info, err := os.Stat(in)
			if err != nil {
				t.Fatal(err)
			}
			if want := folder &^ 0o022; info.Mode()&(fs.ModePerm|fs.ModeSetgid) != want {
				t.Errorf("%s in an album with the permissions %v has %v, want %v", in, folder, info.Mode(), want)
			}
			for photo, mode := range photos {
				info, err := os.Stat(filepath.Join(in, photo))
				if err != nil {
					t.Fatal(err)
				}
				if want := 0o600 | mode&0o444; info.Mode() != want {
					t.Errorf("%s of a photo with the permissions %v has %v, want %v", filepath.Join(in, photo), mode, info.Mode(), want)
				}
			}
		}
		for photo, mode := range photos {
			want := 502
			if mode&0o004 != 0 && folder&0o001 != 0 {
				want = 200
			}
			for _, below := range []string{"", "_thumbs/", "_thumbs/800/", "_thumbs/1600/"} {
				target := "/" + album + "/" + below + photo
				if got := n.send("GET", target, "Accept", "image/webp").StatusCode; got != want {
					t.Errorf("without the program GET %s = %d, want %d", target, got, want)
				}
			}
		}
	}
}
