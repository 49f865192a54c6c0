package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/zipstream"
)

func withZip(c *config) { c.zip = true }

// zipSite has an album with photos of hostile names.
func zipSite(t *testing.T) (s *site, files map[string][]byte) {
	dir := t.TempDir()
	files = map[string][]byte{}
	for i, name := range append([]string{"CON.jpg", "a:b.jpg", "a?b.jpg", "A_B.JPG", "größe.jpg", "changing.jpg"}, hostileNames...) {
		write(t, filepath.Join(dir, "Größe, \"x\"", name), 40+i, 30, i)
		data, err := os.ReadFile(filepath.Join(dir, "Größe, \"x\"", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	write(t, filepath.Join(dir, "Größe, \"x\"", "below", "not in it.jpg"), 40, 30, 1)
	writeFile(t, filepath.Join(dir, "Größe, \"x\"", "notes.txt"), []byte("not in it"))
	return newSite(t, dir, withZip), files
}

const zipAddress = "/Gr%C3%B6%C3%9Fe%2C%20%22x%22/?zip"

func TestZip_whole(t *testing.T) {
	s, files := zipSite(t)
	a := s.get(zipAddress)
	if a.StatusCode != 200 || a.Header.Get("Content-Type") != "application/zip" || a.ContentLength != int64(len(a.body)) || a.Header.Get("Accept-Ranges") != "bytes" {
		t.Fatalf("GET %s = %d %v", zipAddress, a.StatusCode, a.Header)
	}
	disposition, params, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
	if err != nil || disposition != "attachment" || params["filename"] != "Größe, _x_.zip" {
		t.Errorf("Content-Disposition: %s means %s, %q, %v", a.Header.Get("Content-Disposition"), disposition, params, err)
	}
	z, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != len(files) {
		t.Errorf("the archive has %d files, want %d", len(z.File), len(files))
	}
	var contents [][]byte
	seen := map[string]bool{}
	for _, f := range z.File {
		if seen[strings.ToLower(f.Name)] || zipstream.SafeName(f.Name) != f.Name || f.NonUTF8 {
			t.Errorf("the archive has the name %q", f.Name)
		}
		seen[strings.ToLower(f.Name)] = true
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r) // which compares the checksum
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if since := time.Since(f.Modified); since < -time.Minute || since > time.Hour {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
		contents = append(contents, data)
	}
	for name, data := range files {
		if !slices.ContainsFunc(contents, func(c []byte) bool { return bytes.Equal(c, data) }) {
			t.Errorf("the archive lacks %q", name)
		}
	}
	head := s.do("HEAD", zipAddress)
	if head.StatusCode != 200 || head.ContentLength != a.ContentLength || head.Header.Get("ETag") != a.Header.Get("ETag") {
		t.Errorf("HEAD %s = %d %v", zipAddress, head.StatusCode, head.Header)
	}
	if tool, err := exec.LookPath("unzip"); err == nil {
		file := filepath.Join(t.TempDir(), "x.zip")
		writeFile(t, file, a.body)
		if out, err := exec.Command(tool, "-tqq", file).CombinedOutput(); err != nil {
			t.Errorf("unzip -t: %v\n%s", err, out)
		}
	}
}

// Any range is that of the whole, on a server that knows no checksum yet.
func TestZip_ranges(t *testing.T) {
	s, _ := zipSite(t)
	whole := s.get(zipAddress)
	var bounds []int64 // of every header and descriptor, and within the photos
	for _, signature := range []string{"PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x07\x08"} {
		for at := 0; ; at++ {
			next := bytes.Index(whole.body[at:], []byte(signature))
			if next < 0 {
				break
			}
			at += next
			bounds = append(bounds, int64(at), int64(at+16), int64(at+30), int64(at+46), int64(at+200))
		}
	}
	size := int64(len(whole.body))
	bounds = append(bounds, size-1)
	for i, from := range bounds {
		for _, from := range []int64{max(0, from-1), from, from + 1} {
			to := min(size-1, from+[]int64{0, 40, 3000}[i%3])
			if from > to {
				continue
			}
			if i%2 == 0 {
				s.server.archives.sums.Clear()
			}
			got := s.get(zipAddress, "Range", fmt.Sprintf("bytes=%d-%d", from, to))
			if got.StatusCode != 206 || !bytes.Equal(got.body, whole.body[from:to+1]) {
				t.Fatalf("bytes %d to %d: %d, %d bytes, or others than in the whole", from, to, got.StatusCode, len(got.body))
			}
		}
	}
	middle := fmt.Sprintf("bytes=%d-", size/2)
	for name, test := range map[string]struct {
		header []string
		status int
		body   []byte
	}{
		"the same":          {[]string{"Range", middle, "If-Range", whole.Header.Get("ETag")}, 206, whole.body[size/2:]},
		"another":           {[]string{"Range", middle, "If-Range", `"other"`}, 200, whole.body},
		"the end":           {[]string{"Range", "bytes=-100"}, 206, whole.body[size-100:]},
		"beyond":            {[]string{"Range", fmt.Sprintf("bytes=%d-", size)}, 416, nil},
		"have it":           {[]string{"If-None-Match", whole.Header.Get("ETag")}, 304, []byte{}},
		"no such condition": {[]string{"If-Match", `"other"`}, 412, nil},
	} {
		got := s.get(zipAddress, test.header...)
		if got.StatusCode != test.status || test.body != nil && !bytes.Equal(got.body, test.body) {
			t.Errorf("%s: %d with %d bytes, want %d with %d", name, got.StatusCode, len(got.body), test.status, len(test.body))
		}
		if got.StatusCode >= 400 && (got.Header.Get("ETag") != "" || got.Header.Get("Content-Disposition") != "") {
			t.Errorf("%s: an error has %v", name, got.Header)
		}
	}
}

// An album that changes is another archive; one that changes while it is sent
// is cut short.
func TestZip_changes(t *testing.T) {
	s, _ := zipSite(t)
	first := s.get(zipAddress).Header.Get("ETag")
	changing := filepath.Join(s.dir, `Größe, "x"`, "changing.jpg")
	if err := os.Chtimes(changing, time.Now(), time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.later()
	if second := s.get(zipAddress).Header.Get("ETag"); second == first || second == "" {
		t.Errorf("a changed album has the ETag %s, had %s", second, first)
	}
	s.get(zipAddress) // the album is listed now
	if err := os.WriteFile(changing, []byte("short"), 0o644); err != nil {
		t.Fatal(err)
	}
	l, _ := s.server.library.listings.Get(`Größe, "x"`)
	l.listed = time.Now().Add(time.Hour)
	s.server.library.listings.Put(l.Name, l)
	s.server.archives.sums.Clear()
	resp, err := http.Get(s.URL + zipAddress)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("an archive of a photo that changed came whole: %d of %d bytes", n, resp.ContentLength)
	}
}

// Without -zip there is no such address, nor a link to it; an album without
// photos has no archive.
func TestZip_offered(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	for _, offered := range []bool{false, true} {
		s := newSite(t, dir, func(c *config) { c.zip = offered })
		var want []string
		if offered {
			want = []string{"/a/?zip"}
		}
		if got := values(s.page("/a/"), ".zip a[download]", "href"); !slices.Equal(got, want) {
			t.Errorf("-zip=%v: the album offers %q, want %q", offered, got, want)
		}
		if got := s.get("/a/?zip").Header.Get("Content-Type") == "application/zip"; got != offered {
			t.Errorf("-zip=%v: /a/?zip is an archive: %v", offered, got)
		}
		if got := s.get("/?zip"); offered && got.StatusCode != 404 {
			t.Errorf("an archive of nothing = %d, want 404", got.StatusCode)
		}
	}
}
